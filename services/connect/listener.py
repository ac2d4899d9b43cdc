"""Listens for HTTP/1.1 within the limits that gRPC has too, and stops when everything under way is answered."""

import asyncio
import contextlib
import ipaddress
import math
import socket
from collections.abc import Generator
from typing import Final

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from services.connect.application import Application
from services.connect.requests import LARGEST_HEAD

MOST_CONNECTIONS: Final = 500
"""Connections at once; on further ones requests are told to come back."""
_IDLE: Final = 75
_HEAD_WITHIN: Final = 5.0


class _Prompt(H11Protocol):
    """A connection that is closed when the head of a request, the first or a later one, takes too long to come."""

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its parent has it
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._wait()
        else:
            self._wait_no_more()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._waiting is None:
            self._waiting = self.loop.call_later(_HEAD_WITHIN, self.transport.close)

    def _wait_no_more(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


class _Quiet(uvicorn.Server):
    """Says when it listens, and stops when the program says so: signals are the program's."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class Listener:
    """A port on which an application answers."""

    def __init__(self, address: str) -> None:
        """Takes the address.

        Args:
            address: Host and port; port 0 for any free one.

        Raises:
            OSError: It cannot be had.
        """
        host, _, port = address.rpartition(":")
        bare = host.strip("[]")
        family = socket.AF_INET6 if ":" in bare else socket.AF_INET
        self._socket = socket.create_server((bare, int(port)), family=family)
        self._server: _Quiet | None = None
        self._serving: asyncio.Task[None] | None = None
        self.address = f"{host}:{self._socket.getsockname()[1]}"

    @property
    def loopback(self) -> bool:
        """Nobody outside this machine reaches it."""
        return ipaddress.ip_address(self._socket.getsockname()[0]).is_loopback

    async def start(self, application: Application, grace: float) -> None:
        """Answers, until told to stop.

        Args:
            application: What answers.
            grace: Seconds that requests under way get when it stops.
        """
        self._server = _Quiet(
            uvicorn.Config(
                application,
                http=_Prompt,
                ws="none",
                loop="none",
                lifespan="off",
                log_config=None,
                log_level="critical",  # what there is to say is said by the application
                access_log=False,
                proxy_headers=False,
                server_header=False,
                limit_concurrency=MOST_CONNECTIONS,
                timeout_keep_alive=_IDLE,
                timeout_graceful_shutdown=math.ceil(grace),
                h11_max_incomplete_event_size=LARGEST_HEAD,
            )
        )
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        await self._server.up.wait()

    async def stop(self) -> None:
        """Accepts nothing more, answers what is under way, stops."""
        if self._server is None or self._serving is None:
            self._socket.close()
            return
        self._server.should_exit = True
        await self._serving
