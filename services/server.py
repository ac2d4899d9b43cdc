"""The gRPC server: all services of the contract on one port, within limits, telling the truth about its health.

It never starts or stops a ledger: it is handed one. Draining stops accepting, answers what is queued, then stops.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final, Self

import grpc
import structlog
import uvloop
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection as reflecting

from coi.ledger.v1.inspection_pb2 import Limits
from ledger.api import Ledger
from ledger.domain.facts.birth import MOST_IDENTIFIERS
from ledger.domain.receipt import MOST_ITEMS
from services.interceptors.admission import Admission
from services.interceptors.deadlines import Deadlines
from services.interceptors.guard import Guard
from services.interceptors.observing import Observer
from services.mapping.incoming import LARGEST_CONTENT
from services.servicers.contract import SERVICES
from services.servicers.handlers import generic_handlers
from services.servicers.reads import Reads
from services.servicers.streaming import Streaming, StreamLimits

LARGEST_REQUEST: Final = 256 * 1024
"""Most bytes of one request."""
MOST_CALLS: Final = 288
"""Calls and streams at once beyond which gRPC itself refuses; admission refuses before, and says when to come back."""
GRACE: Final = 30.0
"""Seconds that queued calls get when the server drains."""

_SERVING: Final = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING: Final = health_pb2.HealthCheckResponse.NOT_SERVING
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", LARGEST_REQUEST),
    ("grpc.max_metadata_size", 8 * 1024),
    ("grpc.absolute_max_metadata_size", 16 * 1024),
    ("grpc.max_concurrent_streams", 1_000),  # gRPC counts a stream until both ends forgot it: 64 callers can pass 100
    ("grpc.max_allowed_incoming_connections", 500),
    ("grpc.server_handshake_timeout_ms", 5_000),
    ("grpc.max_connection_idle_ms", 300_000),
    ("grpc.max_connection_age_ms", 1_800_000),
    ("grpc.max_connection_age_grace_ms", 1_860_000),  # a stream may outlive its connection's age, and ends itself
    ("grpc.http2.max_ping_strikes", 2),
    ("grpc.keepalive_permit_without_calls", 0),
    ("grpc.server_max_unrequested_time_in_server", 2),
    ("grpc.so_reuseport", 0),  # two servers by mistake must fail
    ("grpc.default_compression_algorithm", 0),
)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """On which terms a server works, so that tests can tighten them.

    Attributes:
        deadlines: How long calls may take.
        admission: How many run at once.
        streams: What a stream of facts must stay within.
        observer: Who counts and logs them.
        probe: Seconds between two looks at the ledger.
        grace: Seconds that queued calls get when the server drains.
    """

    deadlines: Deadlines = field(default_factory=Deadlines)
    admission: Admission = field(default_factory=Admission)
    streams: StreamLimits = field(default_factory=StreamLimits)
    observer: Observer = field(default_factory=Observer)
    probe: float = 2.0
    grace: float = GRACE


class Server:
    """All services on one address."""

    def __init__(self, ledger: Ledger, *, reflection: bool = False, terms: Terms | None = None) -> None:
        """Makes a server that does not listen yet. It needs a running event loop."""
        self._ledger = ledger
        self._terms = terms or Terms()
        self._reads = Reads()
        self._health = health.aio.HealthServicer()
        self._log = structlog.get_logger("coi.server")
        guard = Guard(self._terms.admission, self._terms.deadlines, self._terms.observer)
        self._server = grpc.aio.server(interceptors=(guard,), options=_OPTIONS, maximum_concurrent_rpcs=MOST_CALLS)
        self._streaming = Streaming(ledger, self._reads, self._terms.streams)
        told = limits(self._terms)
        self._server.add_generic_rpc_handlers(tuple(generic_handlers(ledger, self._reads, told, self._streaming)))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        if reflection:
            _reflect(self._server)
        self._probing: asyncio.Task[None] | None = None
        self._draining = False

    async def start(self, address: str) -> str:
        """Listens, and returns the address with the port that was given.

        Raises:
            RuntimeError: The address cannot be had.
        """
        await self._tell(serving=False)
        port = self._server.add_insecure_port(address)
        await self._server.start()
        await self._look()
        self._probing = asyncio.create_task(self._keep_looking())
        return f"{address.rpartition(':')[0]}:{port}"

    async def drain(self) -> None:
        """Tells health, accepts nothing more, answers what is under way, stops."""
        self._draining = True
        if self._probing is not None:
            self._probing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._probing
        await self._health.enter_graceful_shutdown()
        self._streaming.end()
        await self._server.stop(self._terms.grace)
        self._reads.close()

    async def _keep_looking(self) -> None:
        while not self._draining:
            await asyncio.sleep(self._terms.probe)
            await self._look()

    async def _look(self) -> None:
        """Asks the ledger for itself, and tells health whether it answered."""
        try:
            async with asyncio.timeout(self._terms.probe * 5):
                await self._reads.short(self._ledger.info)
        except Exception as error:  # noqa: BLE001 - whatever it is, the ledger does not answer
            self._log.warning("the ledger does not answer", cause=type(error).__name__)
            await self._tell(serving=False)
        else:
            await self._tell(serving=True)

    async def _tell(self, *, serving: bool) -> None:
        for service in ("", *SERVICES):
            await self._health.set(service, _SERVING if serving else _NOT_SERVING)


def limits(terms: Terms) -> Limits:
    """Returns what callers must stay within."""
    return Limits(
        request_bytes=LARGEST_REQUEST,
        content_bytes=LARGEST_CONTENT,
        identifiers=MOST_IDENTIFIERS,
        default_deadline_seconds=int(terms.deadlines.missing),
        longest_deadline_seconds=int(terms.deadlines.longest),
        batch_items=MOST_ITEMS,
        stream_unanswered=terms.streams.unanswered,
        stream_seconds=int(terms.streams.longest),
    )


def _reflect(server: Any) -> None:  # noqa: ANN401 - any of grpc's servers
    """Lets tools ask for the contract. For development: it tells everybody what is there."""
    reflecting.enable_server_reflection((*SERVICES, health.SERVICE_NAME, reflecting.SERVICE_NAME), server)


async def serve(
    ledger: Ledger,
    address: str,
    *,
    reflection: bool,
    ready: Callable[[str], None],
    stop: asyncio.Event | None = None,
    terms: Terms | None = None,
) -> None:
    """Serves until `stop` is set or the task is cancelled, then drains.

    Args:
        ledger: What it serves; the caller closes it afterwards.
        address: Host and port; port 0 for any free one.
        reflection: Let tools ask for the contract.
        ready: Called with the address once calls are answered.
        stop: Set it to drain.
        terms: On which terms it works.

    Raises:
        RuntimeError: The address cannot be had.
    """
    server = Server(ledger, reflection=reflection, terms=terms)
    ready(await server.start(address))
    try:
        await (stop or asyncio.Event()).wait()
    finally:
        await asyncio.shield(server.drain())


class ServerThread:
    """A server in a thread with an event loop of its own, for programs that are not asynchronous.

    Attributes:
        address: Where it listens, once entered.
    """

    def __init__(
        self, ledger: Ledger, address: str = "127.0.0.1:0", *, reflection: bool = False, terms: Terms | None = None
    ) -> None:
        """Nothing listens until it is entered."""
        self._ledger = ledger
        self._asked = address
        self._reflection = reflection
        self._terms = terms
        self._ready: Future[str] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="coi-server", daemon=True)
        self.address = ""

    def __enter__(self) -> Self:
        """Starts, and returns when calls are answered."""
        self._thread.start()
        self.address = self._ready.result()
        return self

    def __exit__(self, *_: object) -> None:
        """Drains, and returns when everything queued is answered."""
        self.drain()

    def drain(self) -> None:
        """Drains, and returns when everything queued is answered; a second time it does nothing."""
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # the loop closed in between
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - belongs to whoever entered
            if not self._ready.done():
                self._ready.set_exception(error)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        await serve(
            self._ledger,
            self._asked,
            reflection=self._reflection,
            ready=self._ready.set_result,
            stop=self._stop,
            terms=self._terms,
        )
