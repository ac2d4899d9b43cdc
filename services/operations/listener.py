"""The operator's own small listener: `/metrics`, `/livez`, `/readyz`, and nothing else; in threads beside the server.

It has no access control and needs none of a patient's: it says numbers, and how the server stands.
"""

import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from services.operations.health import Health

STOOD_STILL: Final = 30.0
"""Seconds without a turn of the event loop after which a server is not alive."""

_TEXT: Final = "text/plain; charset=utf-8"

Page = tuple[HTTPStatus, str, bytes]
"""Status, media type and body of an answer."""


class OperatorListener:
    """Answers an operator's instruments.

    Attributes:
        address: Where it listens, with the port that was given.
    """

    def __init__(self, asked: str, registry: CollectorRegistry, health: Health) -> None:
        """Listens at once.

        Args:
            asked: Host and port; port 0 for any free one.
            registry: What `/metrics` tells.
            health: What `/livez` and `/readyz` tell.

        Raises:
            OSError: The address cannot be had.
        """
        host, _, port = asked.rpartition(":")
        pages: dict[str, Callable[[str], Page]] = {
            "/metrics": lambda accept: _metrics(registry, accept),
            "/livez": lambda _: _alive(health),
            "/readyz": lambda _: _ready(health),
        }
        self._server = _server_of(host)((host.strip("[]"), int(port)), _handler(pages))
        self.address = f"{host}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="coi-operator", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Answers no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _server_of(host: str) -> type[ThreadingTCPServer]:
    class Server(ThreadingTCPServer):
        """One thread for each connection, none of which keeps the program from ending."""

        daemon_threads = True
        allow_reuse_address = True
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

    return Server


def _handler(pages: dict[str, Callable[[str], Page]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers GET and HEAD, and writes no log."""

        timeout = 5.0
        server_version = "coi"
        sys_version = ""

        def do_GET(self) -> None:
            page = pages.get(self.path.partition("?")[0])
            status, media, body = (
                page(self.headers.get("Accept", ""))
                if page is not None
                else (HTTPStatus.NOT_FOUND, _TEXT, f"ask for {', '.join(pages)}\n".encode())
            )
            self.send_response(status)
            self.send_header("Content-Type", media)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 - the name by which the library finds it

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the library
            """Write nothing: what is asked every few seconds fills a log."""

    return Handler


def _metrics(registry: CollectorRegistry, accept: str) -> Page:
    encode, media = choose_encoder(accept)
    return HTTPStatus.OK, media, encode(registry)


def _alive(health: Health) -> Page:
    still = health.still_for()
    if still <= STOOD_STILL:
        return HTTPStatus.OK, _TEXT, b"alive\n"
    return HTTPStatus.SERVICE_UNAVAILABLE, _TEXT, f"the event loop has stood still for {still:.0f} s\n".encode()


def _ready(health: Health) -> Page:
    now = health.standing
    if now.serving:
        return HTTPStatus.OK, _TEXT, f"serving, {now.size} facts\n".encode()
    return HTTPStatus.SERVICE_UNAVAILABLE, _TEXT, f"not serving ({now.kind}): {now.reason}\n".encode()
