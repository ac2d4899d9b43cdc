"""The server: all services of the contract over gRPC, and over HTTP/1.1 if asked, telling the truth about its health.

It never starts or stops a ledger: it is handed one. Draining stops accepting, answers what is queued, then stops.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Self

import grpc
import uvloop
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha import reflection as reflecting

from coi.ledger.v1.inspection_pb2 import Limits
from ledger.api import Ledger
from ledger.domain.facts.birth import MOST_IDENTIFIERS
from ledger.domain.receipt import MOST_ITEMS
from services import collector
from services.connect.application import Application
from services.connect.listener import Listener
from services.interceptors.admission import Admission
from services.interceptors.deadlines import Deadlines
from services.interceptors.gate import Gate
from services.interceptors.guard import Guard
from services.interceptors.observing import Observer
from services.mapping.incoming import LARGEST_CONTENT
from services.operations.figures import Figures
from services.operations.health import Health
from services.operations.listener import OperatorListener
from services.servicers.contract import SERVICES
from services.servicers.feed import Hours
from services.servicers.handlers import Listening, bound, generic_handlers
from services.servicers.news import News
from services.servicers.reads import Reads
from services.servicers.streaming import Streaming, StreamLimits

LARGEST_REQUEST: Final = 256 * 1024
"""Most bytes of one request."""
MOST_CALLS: Final = 352
"""Calls, listeners and streams at once beyond which gRPC itself refuses; admission refuses before, and says when to
come back."""
GRACE: Final = 30.0
"""Seconds that queued calls get when the server drains."""

_GLANCE: Final = 0.05

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


class Addresses(NamedTuple):
    """Where a server listens, each as host and port; asked for with port 0, any free one is given.

    Attributes:
        grpc: For gRPC.
        http: For HTTP/1.1; None for nowhere.
        metrics: For an operator's instruments; None for nowhere.
    """

    grpc: str
    http: str | None = None
    metrics: str | None = None


class CannotListen(RuntimeError):  # noqa: N818 - said of a server
    """An address cannot be had.

    Attributes:
        address: The address.
        wire: `gRPC`, `HTTP` or `metrics`.
    """

    def __init__(self, address: str, wire: str) -> None:
        """Names the address and what was to be spoken there."""
        super().__init__(f"cannot listen on {address} for {wire}")
        self.address = address
        self.wire = wire


@dataclass(frozen=True, kw_only=True)
class Terms:
    """On which terms a server works, so that tests can tighten them.

    Attributes:
        deadlines: How long calls may take.
        admission: How many run at once.
        streams: What a stream of facts must stay within.
        observer: Who counts and logs them.
        figures: What is counted for an operator.
        probe: Seconds between two looks at the ledger.
        grace: Seconds that queued calls get when the server drains.
        notice: Seconds for which a server that drains still takes calls, so that balancers hear of it first.
        hours: How long listeners stay.
    """

    deadlines: Deadlines = field(default_factory=Deadlines)
    admission: Admission = field(default_factory=Admission)
    streams: StreamLimits = field(default_factory=StreamLimits)
    observer: Observer = field(default_factory=Observer)
    figures: Figures = field(default_factory=Figures)
    probe: float = 2.0
    grace: float = GRACE
    notice: float = 0.0
    hours: Hours = field(default_factory=Hours)


class Server:
    """All services, on one address for each wire."""

    def __init__(self, ledger: Ledger, *, reflection: bool = False, terms: Terms | None = None) -> None:
        """Makes a server that does not listen yet. It needs a running event loop."""
        self._ledger = ledger
        self._terms = terms or Terms()
        self._reads = Reads()
        self._news = News(ledger)
        self._health = Health(ledger, self._terms.probe)
        self._gate = Gate(self._terms.admission, self._terms.deadlines, self._terms.observer)
        self._streaming = Streaming(ledger, self._reads, self._terms.streams)
        listening = Listening(self._news, self._terms.hours)
        self._methods = bound(ledger, self._reads, limits(self._terms), listening, self._streaming)
        self._server = grpc.aio.server(
            interceptors=(Guard(self._gate),), options=_OPTIONS, maximum_concurrent_rpcs=MOST_CALLS
        )
        self._server.add_generic_rpc_handlers(tuple(generic_handlers(self._methods)))
        health_pb2_grpc.add_HealthServicer_to_server(self._health.servicer, self._server)
        if reflection:
            _reflect(self._server)
        self._listener: Listener | None = None
        self._operator: OperatorListener | None = None
        self._terms.figures.read_from(
            waiting=lambda: ledger.waiting,
            standing=lambda: self._health.standing,
            behind=self._news.behind,
            calls=(self._terms.observer, self._terms.admission),
        )

    async def start(self, asked: Addresses) -> Addresses:
        """Listens, and returns the addresses with the ports that were given.

        Raises:
            CannotListen: An address cannot be had.
        """
        await self._health.start()
        self._listener = _listener(asked.http)
        try:
            self._operator = self._instruments(asked.metrics)
            port = self._port(asked.grpc)
        except CannotListen:
            await self._close_listener()
            raise
        await self._server.start()
        await self._health.keep_looking()
        if self._listener is not None:
            await self._listener.start(self._application(loopback=self._listener.loopback), self._terms.grace)
        given = f"{asked.grpc.rpartition(':')[0]}:{port}"
        return Addresses(
            given,
            self._listener.address if self._listener is not None else None,
            self._operator.address if self._operator is not None else None,
        )

    async def drain(self) -> None:
        """Tells health and listeners, accepts nothing more, answers what is under way, stops."""
        await self._health.drain()
        await asyncio.sleep(self._terms.notice)
        self._streaming.end()
        stopping = asyncio.gather(self._server.stop(self._terms.grace), self._close_listener())
        if await self._news.close():
            await self._answered()
            await self._server.stop(None)
        await stopping
        self._reads.close()
        if self._operator is not None:
            await asyncio.to_thread(self._operator.stop)

    def _port(self, address: str) -> int:
        try:
            return self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise CannotListen(address, "gRPC") from error

    def _instruments(self, address: str | None) -> OperatorListener | None:
        try:
            return OperatorListener(address, self._terms.figures.registry, self._health) if address else None
        except OSError as error:
            raise CannotListen(str(address), "metrics") from error

    async def _answered(self) -> None:
        """Returns when no call is under way; what is left then is a listener that does not read."""
        places = self._terms.admission
        while places.running or places.streaming:  # noqa: ASYNC110 - admission counts, it wakes nobody
            await asyncio.sleep(_GLANCE)
        await asyncio.sleep(_GLANCE)  # the last answer is on its way

    def _application(self, *, loopback: bool) -> Application:
        return Application(self._methods, self._gate, self._health.of, largest=LARGEST_REQUEST, loopback=loopback)

    async def _close_listener(self) -> None:
        if self._listener is not None:
            await self._listener.stop()


def _listener(address: str | None) -> Listener | None:
    """Takes the address for HTTP.

    Raises:
        CannotListen: It cannot be had.
    """
    if address is None:
        return None
    try:
        return Listener(address)
    except OSError as error:
        raise CannotListen(address, "HTTP") from error


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
    addresses: Addresses,
    *,
    reflection: bool,
    ready: Callable[[Addresses], None],
    stop: asyncio.Event | None = None,
    terms: Terms | None = None,
) -> None:
    """Serves until `stop` is set or the task is cancelled, then drains.

    Args:
        ledger: What it serves; the caller closes it afterwards.
        addresses: Where it listens.
        reflection: Let tools ask for the contract.
        ready: Called with the addresses that were given, once calls are answered.
        stop: Set it to drain.
        terms: On which terms it works.

    Raises:
        CannotListen: An address cannot be had.
    """
    server = Server(ledger, reflection=reflection, terms=terms)
    given = await server.start(addresses)
    with collector.seldom():
        ready(given)
        try:
            await (stop or asyncio.Event()).wait()
        finally:
            await asyncio.shield(server.drain())


class ServerThread:
    """A server in a thread with an event loop of its own, for programs that are not asynchronous.

    Attributes:
        address: Where it listens for gRPC, once entered.
        http: Where it listens for HTTP/1.1, once entered; empty for nowhere.
        metrics: Where it answers an operator's instruments, once entered; empty for nowhere.
    """

    def __init__(
        self,
        ledger: Ledger,
        address: str = "127.0.0.1:0",
        *,
        http: str | None = None,
        metrics: str | None = None,
        reflection: bool = False,
        terms: Terms | None = None,
    ) -> None:
        """Nothing listens until it is entered."""
        self._ledger = ledger
        self._asked = Addresses(address, http, metrics)
        self._reflection = reflection
        self._terms = terms
        self._ready: Future[Addresses] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="coi-server", daemon=True)
        self.address = self.http = self.metrics = ""

    def __enter__(self) -> Self:
        """Starts, and returns when calls are answered."""
        self._thread.start()
        given = self._ready.result()
        self.address, self.http, self.metrics = given.grpc, given.http or "", given.metrics or ""
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
