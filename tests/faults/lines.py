"""Lines that can be held, dropped, silenced, or cut at one message: from server to Postgres, from caller to server.

Bytes are passed on message by message, as the protocol on the line cuts them, so that the n-th one can be the last that
was on its way.
"""

import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Final, Literal, NamedTuple, Self, TypeAlias

Direction: TypeAlias = Literal["up", "down"]
"""`up` goes to the server."""

Framing: TypeAlias = Callable[[bytes, Direction, bool], int]
"""How many bytes the first message of these has; more than there are when it is not whole. Told if it is the first."""

_PREFACE: Final = 24


def postgres_messages(data: bytes, direction: Direction, first: bool) -> int:
    """A type and a length; the first one of a client has no type."""
    bare = first and direction == "up"
    if len(data) < (4 if bare else 5):
        return len(data) + 1
    length: int = struct.unpack_from("!I", data, 0 if bare else 1)[0]
    return length if bare else length + 1


def http2_frames(data: bytes, direction: Direction, first: bool) -> int:
    """A length of three bytes and six more; a client begins with a preface."""
    if first and direction == "up":
        return _PREFACE
    if len(data) < 9:
        return len(data) + 1
    return 9 + int.from_bytes(data[:3], "big")


class _Connection(NamedTuple):
    """What both directions of one connection know of it.

    Attributes:
        counted: Set when its messages are counted.
        muted: Directions in which whatever comes is lost.
    """

    counted: Event
    muted: set[Direction]


class Line:
    """Everything that goes between those who connect to `listener` and the server."""

    def __init__(
        self, listener: socket.socket, connect: Callable[[], socket.socket], framing: Framing, marked: bytes = b""
    ) -> None:
        """Listen.

        Args:
            listener: Bound.
            connect: Makes a connection to the server.
            framing: How messages are cut.
            marked: Only messages of connections whose first one has this text are counted.
        """
        self._listener, self._connect, self._framing, self._marked = listener, connect, framing, marked
        self._passing, self._lock = Event(), Lock()
        self._passing.set()
        self._open: list[socket.socket] = []
        self._muted: list[set[Direction]] = []
        self._left: list[socket.socket] = []
        self._dark = False
        self._pumps: list[Thread] = []
        self._direction: Direction = "up"
        self._countdown = 0
        listener.listen(128)
        self._accepting = Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        """Pass on what comes."""
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Drop everything."""
        _hang_up(self._listener)
        self._accepting.join()
        self.drop()
        self._listener.close()
        for thread in self._pumps:
            thread.join(10)
        for each in self._left:
            each.close()

    def cut_at(self, direction: Direction, number: int) -> None:
        """Cut the line when the n-th message from now on, from 1, is on its way: it does not arrive."""
        with self._lock:
            self._direction, self._countdown = direction, number

    def was_cut(self) -> bool:
        """Whether it came to that; it will not any more."""
        with self._lock:
            was, self._countdown = self._countdown == 0, 0
        return was

    def hold(self) -> None:
        """Pass nothing down any more; what was passed is still answered, so nobody waits for what has arrived."""
        self._passing.clear()

    def silence(self, *directions: Direction) -> None:
        """Lose whatever comes on the connections that are open now, and leave them open; new ones are well."""
        for muted in self._muted:
            muted.update(directions)

    def darken(self) -> None:
        """The same for new ones: they are accepted, and nothing passes."""
        self._dark = True
        self.silence("up", "down")

    def lighten(self) -> None:
        """New connections are well again; those of before stay silent."""
        self._dark = False

    def drop(self) -> None:
        """Hang up on both sides; what was held never arrives."""
        for each in self._open:
            _hang_up(each)
        self._open.clear()
        self._muted.clear()
        self._passing.set()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = self._connect()
                except OSError:
                    client.close()
                    continue
                muted: set[Direction] = {"up", "down"} if self._dark else set()
                self._open += [client, server]
                self._muted.append(muted)
                connection = _Connection(Event(), muted)
                self._run(client, server, "up", connection)
                self._run(server, client, "down", connection)

    def _run(self, source: socket.socket, sink: socket.socket, direction: Direction, of: _Connection) -> None:
        pump = Thread(target=self._pump, args=(source, sink, direction, of), daemon=True)
        self._pumps.append(pump)
        pump.start()

    def _pump(self, source: socket.socket, sink: socket.socket, direction: Direction, of: _Connection) -> None:
        data, first = b"", True
        with suppress(OSError):
            while received := source.recv(65536):
                data += received
                while data and (length := self._framing(data, direction, first)) <= len(data):
                    message, data = data[:length], data[length:]
                    if first and direction == "up" and self._marked in message:
                        of.counted.set()
                    first = False
                    if direction == "down":
                        self._passing.wait()
                    if of.counted.is_set() and self._is_the_one(direction):
                        _hang_up(source, sink)
                    if direction not in of.muted:
                        sink.sendall(message)
        if direction in of.muted:  # whoever is cut off by silence does not hear that the other one left
            self._left.append(source)
        else:
            _hang_up(source, sink)
            source.close()

    def _is_the_one(self, direction: Direction) -> bool:
        with self._lock:
            if direction != self._direction or self._countdown == 0:
                return False
            self._countdown -= 1
            return self._countdown == 0


def unix(path: Path) -> socket.socket:
    """A connection to a socket in a folder.

    Raises:
        OSError: Nobody listens there.
    """
    line = socket.socket(socket.AF_UNIX)
    try:
        line.connect(str(path))
    except OSError:
        line.close()
        raise
    return line


def _hang_up(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
