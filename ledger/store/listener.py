"""Waiting for the head to move: a hint by LISTEN where the server has it, else by asking now and then.

The hint is never the truth: whoever is woken reads the head. One thread, started by the first wait.
"""

import select
import socket
from collections.abc import Callable
from threading import Condition, Thread

import psycopg

from ledger.postgres.connection import Connection
from ledger.store import statements
from ledger.store.errors import StoreError

_POLL_SECONDS = 0.25
_LOOK_SECONDS = 10.0
"""How often it is asked all the same: a line that fell silent brings no hints, and looks like a quiet log."""


class Listener:
    """Knows the largest size heard of, and wakes who waits for more."""

    def __init__(self, channel: str, connect: Callable[[], Connection], size: Callable[[], int]) -> None:
        """Bind to a channel; nothing is opened until the first wait.

        Args:
            channel: of NOTIFY, one per log.
            connect: opens a read-only connection of our own.
            size: reads the head's size.
        """
        self._channel, self._connect, self._size = channel, connect, size
        self._heard = Condition()
        self._seen = 0
        self._thread: Thread | None = None
        self._closed = False
        self._wake, self._woken = socket.socketpair()

    def tell(self, connection: Connection, size: int) -> None:
        """Notify the others when the connection's transaction commits."""
        connection.execute(statements.NOTIFY, (self._channel, str(size)), prepare=True)

    def saw(self, size: int) -> None:
        """Wake who waits in this process."""
        with self._heard:
            self._seen = max(self._seen, size)
            self._heard.notify_all()

    def wait(self, after: int, timeout: float) -> int:
        """Wait until the head has passed `after`, at most `timeout` seconds; return its size.

        Raises:
            StoreError: the head cannot be read.
        """
        size = self._size()
        if size > after:
            return size
        self._start()
        with self._heard:
            self._heard.wait_for(lambda: self._seen > after or self._closed, timeout)
        return self._size()

    def close(self) -> None:
        """Stop the thread and wake everybody."""
        with self._heard:
            self._closed = True
            self._heard.notify_all()
            thread = self._thread
        self._wake.send(b".")
        if thread is not None:
            thread.join()
        self._wake.close()
        self._woken.close()

    def _start(self) -> None:
        with self._heard:
            if self._thread is None and not self._closed:
                self._thread = Thread(target=self._run, name="coi-ledger-listener", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._closed:
            try:
                with self._connect() as connection:
                    self._listen(connection)
            except (psycopg.Error, StoreError, OSError):
                self._pause(_POLL_SECONDS)

    def _listen(self, connection: Connection) -> None:
        """Hear until closed; a standby cannot listen and is asked instead."""
        pause = _LOOK_SECONDS if self._subscribed(connection) else _POLL_SECONDS
        while not self._closed:
            self.saw(_size(connection))
            if self._pause(pause, connection):
                for _ in connection.notifies(timeout=0):
                    pass

    def _subscribed(self, connection: Connection) -> bool:
        try:
            connection.execute(f"listen {self._channel}".encode())
        except psycopg.Error:
            if connection.closed:
                raise
            return False
        return True

    def _pause(self, seconds: float, connection: Connection | None = None) -> bool:
        """Wait for the server, for `close` or for the time to pass; True if the server said something."""
        watched = select.poll()
        watched.register(self._woken, select.POLLIN)
        if connection is not None:
            watched.register(connection, select.POLLIN)
        ready = watched.poll(seconds * 1000)
        return any(which != self._woken.fileno() for which, _ in ready)


def _size(connection: Connection) -> int:
    row = connection.execute(statements.HEAD).fetchone()
    return int(row[0]) if row else 0


def stale(connection: Connection) -> bool:
    """Whether the server has said something to an idle connection: the only news it has is that it is closing."""
    if connection.closed:
        return True
    watched = select.poll()
    watched.register(connection, select.POLLIN)
    return bool(watched.poll(0))
