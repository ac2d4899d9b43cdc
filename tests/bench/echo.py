"""Durable records over gRPC, one by one and on streams, against an empty echo of the same facts; one client process.

`unary_vs_echo`, `stream_vs_echo`, and how throughput and lateness go with the number of callers.
"""

import asyncio
import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any, Final, Self

import grpc
import uvloop

from coi.ledger.v1.envelope_pb2 import Envelope
from coi.ledger.v1.receipt_pb2 import Receipt
from coi.ledger.v1.records_pb2 import RecordStreamRequest, RecordStreamResponse
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.receipt import Draft
from services.mapping.outgoing import message
from services.server import ServerThread
from tests.bench.row import Point, Row, median_of, median_ratio, percentile, rounded
from tests.bench.stage import Chains, Stage

STREAMS: Final = 8
"""Streams that carry what the callers would send."""

STREAM: Final = "/coi.ledger.v1.RecordsService/RecordStream"
ECHO: Final = "/coi.bench.Echo/Echo"


class EchoThread:
    """An empty server of the same kind, in a thread with a loop of its own."""

    def __init__(self) -> None:
        """Nothing listens yet."""
        self.address = ""
        self._up = threading.Event()
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        """Starts."""
        self._thread.start()
        self._up.wait()
        return self

    def __exit__(self, *_: object) -> None:
        """Stops."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(self._started())
        self._loop.run_forever()
        self._loop.run_until_complete(server.stop(None))

    async def _started(self) -> grpc.aio.Server:
        server = grpc.aio.server()
        server.add_generic_rpc_handlers((_Echo(),))
        self.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        await server.start()
        self._up.set()
        return server


class _Echo(grpc.GenericRpcHandler):
    """Parses nothing, stores nothing, answers an empty receipt."""

    def service(self, details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        async def answer(_request: bytes, _context: Any) -> bytes:  # noqa: ANN401 - grpc's own
            return Receipt().SerializeToString()

        return grpc.unary_unary_rpc_method_handler(answer) if details.method == ECHO else None


Call = tuple[str, bytes]
Rate = tuple[float, float]
"""Calls a second, and the 99th percentile of their times in ms."""


def client(pipe: Connection) -> None:
    """Runs in its own process: takes (streamed?, address, phases of chains of calls), gives the times of each phase.

    Before each phase it waits to be told: the clock of the ledger moves on between them.
    """
    while (work := pipe.recv()) is not None:
        streamed, address, phases = work
        uvloop.run(_play(pipe, address, phases, _stream if streamed else _tell))


async def _play(pipe: Connection, address: str, phases: Sequence[Sequence[Sequence[Call]]], tell: Any) -> None:  # noqa: ANN401 - one of two
    async with grpc.aio.insecure_channel(address) as channel:
        await channel.channel_ready()
        for phase in phases:
            pipe.recv()
            times: list[float] = []
            started = time.perf_counter()
            await tell(channel, phase, times)
            pipe.send((time.perf_counter() - started, times))


async def _stream(channel: grpc.aio.Channel, chains: Sequence[Sequence[Call]], times: list[float]) -> None:
    """The same chains, some after the other on each of a few streams; no time is taken of a single item."""

    async def one(number: int) -> None:
        items = [item for chain in chains[number::STREAMS] for _, item in chain]
        async for result in channel.stream_stream(STREAM, bytes, RecordStreamResponse.FromString)(iter(items)):
            assert result.HasField("receipt"), result
            times.append(0.0)

    await asyncio.gather(*(one(number) for number in range(STREAMS)))


async def _tell(channel: grpc.aio.Channel, chains: Sequence[Sequence[Call]], times: list[float]) -> None:
    async def one(chain: Sequence[Call]) -> None:
        for method, request in chain:
            started = time.perf_counter()
            while not await _answered(channel, method, request):
                pass
            times.append(time.perf_counter() - started)

    await asyncio.gather(*(one(chain) for chain in chains))


async def _answered(channel: grpc.aio.Channel, method: str, request: bytes) -> bool:
    """Calls once; a caller beyond those who are served at once comes back when told, and the waiting counts as ours."""
    try:
        await channel.unary_unary(method, bytes, bytes)(request)
    except grpc.aio.AioRpcError as error:
        told = dict(error.trailing_metadata() or ())
        if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED or "grpc-retry-pushback-ms" not in told:
            raise
        await asyncio.sleep(int(told["grpc-retry-pushback-ms"]) / 1_000)
        return False
    return True


def request_of(draft: Draft) -> Call:
    """The wire request of a draft, with its method."""
    content = draft.content
    stage = TYPES[content.type].about.stage
    module = import_module(f"coi.ledger.v1.{stage}_pb2")
    request = getattr(module, f"Record{content.type}Request")(
        request_id=str(content.id),
        envelope=message(Envelope, content.envelope),
        fact=message(getattr(module, content.type), content.fact),
    )
    return f"/coi.ledger.v1.{stage.capitalize()}Service/Record{content.type}", request.SerializeToString()


def item_of(draft: Draft) -> Call:
    """A draft as an item of a stream, by its content."""
    return STREAM, RecordStreamRequest(request_id=str(draft.content.id), content=draft.octets).SerializeToString()


def _echoed(draft: Draft) -> Call:
    return ECHO, request_of(draft)[1]


class Wire:
    """A server on a stage, an echo beside it, and the client process that calls both."""

    def __init__(self, stage: Stage, recording: str, echoing: str, pipe: Connection) -> None:
        """Knows where they are."""
        self._stage, self._recording, self._echoing, self._pipe = stage, recording, echoing, pipe

    def recorded(self, chains: Chains, *, streamed: bool = False) -> Rate:
        """The chains recorded."""
        return self._called(self._recording, chains, item_of if streamed else request_of, streamed=streamed)

    def echoed(self, chains: Chains) -> Rate:
        """The chains echoed."""
        return self._called(self._echoing, chains, _echoed, streamed=False)

    def _called(self, address: str, chains: Chains, call: Callable[[Draft], Call], *, streamed: bool) -> Rate:
        phases = list(zip(*chains, strict=True))
        calls = [[[call(draft) for draft in part.drafts] for part in phase] for phase in phases]
        self._pipe.send((streamed, address, calls))
        elapsed, times = 0.0, list[float]()
        for phase in phases:
            self._stage.clock.now = phase[0].clock
            self._pipe.send("go")
            took, each = self._pipe.recv()
            elapsed += took
            times += each
        return len(times) / elapsed, percentile(times, 0.99) * 1e3


@contextmanager
def wired(stage: Stage) -> Iterator[Wire]:
    """Serves a stage and an echo, and starts the client."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=client, args=(there,), daemon=True)
    process.start()
    there.close()  # so that the end of the client is noticed here
    with ServerThread(stage.ledger) as server, EchoThread() as echoing:
        yield Wire(stage, server.address, echoing.address, here)
        here.send(None)
        process.join()


def unary_row(wire: Wire, stage: Stage, rounds: int) -> Row:
    """`unary_vs_echo`: alternating pairs, the median of their ratios."""
    pairs = [(wire.recorded(chains), wire.echoed(chains)) for chains in _fresh(stage, rounds)][1:]
    rates = [(ours[0], echo[0]) for ours, echo in pairs]
    late = median_ratio([(ours[1], echo[1]) for ours, echo in pairs])
    ratio = median_ratio(rates)
    how = (
        f"{stage.callers} callers, {median_of(rates, 0):.0f}/s against {median_of(rates, 1):.0f}/s; "
        f"p99 {late:.1f} times the echo's (promised <= 5)"
    )
    return Row("unary_vs_echo", rounded(ratio), ">= 0.35", ratio >= 0.35 and late <= 5, how)


def stream_row(wire: Wire, stage: Stage, rounds: int) -> Row:
    """`stream_vs_echo`: the same facts on streams, against the unary echo."""
    pairs = [(wire.recorded(chains, streamed=True)[0], wire.echoed(chains)[0]) for chains in _fresh(stage, rounds)][1:]
    ratio = median_ratio(pairs)
    how = (
        f"{STREAMS} streams of content {median_of(pairs, 0):.0f}/s against {stage.callers} callers of the echo "
        f"{median_of(pairs, 1):.0f}/s"
    )
    return Row("stream_vs_echo", rounded(ratio), ">= 0.5", ratio >= 0.5, how)


def _fresh(stage: Stage, rounds: int) -> Iterator[Chains]:
    """Chains for one pair more than counts: the first warms both sides up."""
    return (stage.chains() for _ in range(rounds + 1))


def by_callers(wire: Wire, stage: Stage, callers: Sequence[int]) -> dict[str, list[Point]]:
    """Throughput and the 99th percentile of times, by the number of callers."""
    found: dict[str, list[Point]] = {"rate": [], "rate_echo": [], "p99_ms": [], "p99_ms_echo": []}
    for count in callers:
        chains = stage.chains(count)
        for (rate, late), side in ((wire.recorded(chains), ""), (wire.echoed(chains), "_echo")):
            found[f"rate{side}"].append(Point(count, rounded(rate)))
            found[f"p99_ms{side}"].append(Point(count, rounded(late)))
    return found
