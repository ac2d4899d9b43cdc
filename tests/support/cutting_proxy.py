"""A proxy between client and Postgres that cuts the line at COMMIT: before the server hears it, or before it answers.

What the caller sees is the same both times; what is stored is not.
"""

import socket
import struct
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Literal, Self

COMMIT = b"COMMIT\x00"
Cut = Literal["question", "answer"]


class CuttingProxy:
    """Passes bytes on through a unix socket of its own until it is told to cut."""

    def __init__(self, folder: Path, server: str) -> None:
        """Listen in `folder` for clients of the server whose socket is in the folder `server`."""
        self.cut: Cut | None = None
        self._server = f"{server}/.s.PGSQL.5432"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen()
        self._threads = [self._run(self._accept)]
        self._open: list[socket.socket] = [self._listener]

    def __enter__(self) -> Self:
        """Proxy while the block runs."""
        return self

    def __exit__(self, *_: object) -> None:
        """Cut everything."""
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                self._open += [client, server]
                self._threads += [
                    self._run(lambda c=client, s=server: self._up(c, s)),
                    self._run(lambda c=client, s=server: self._down(s, c)),
                ]

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                if self.cut == "question" and COMMIT in data:
                    self.cut = None
                    _hang_up(client, server)
                    return
                if self.cut == "answer" and COMMIT in data:
                    self._silent = server
                server.sendall(data)
            server.shutdown(socket.SHUT_RDWR)

    def _down(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                if getattr(self, "_silent", None) is server:
                    self.cut = None
                    _hang_up(client, server)
                    return
                client.sendall(data)
            client.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _run(work: "object") -> Thread:
        thread = Thread(target=work, daemon=True)  # type: ignore[arg-type]
        thread.start()
        return thread


def _hang_up(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.shutdown(socket.SHUT_RDWR)
