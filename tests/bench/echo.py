"""`unary_vs_echo` and `stream_vs_echo`: durable records over gRPC, one by one and on streams.

Both against an empty echo of the same facts, called one by one, from one client process.
"""

import asyncio
import multiprocessing
import statistics
import threading
import time
from collections.abc import Callable, Sequence
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
from tests.bench.rows import CALLERS, ROUNDS, Bench, Row

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


def client(pipe: Connection) -> None:
    """Runs in its own process: takes (streamed?, address, chains of calls), gives (calls per second, p99 in ms)."""
    while (work := pipe.recv()) is not None:
        streamed, address, chains = work
        pipe.send(uvloop.run(_stream(address, chains) if streamed else _tell(address, chains)))


async def _stream(address: str, chains: Sequence[Sequence[Call]]) -> tuple[float, float]:
    """The same chains, some after the other on each of a few streams; no time is taken of a single item."""
    answered = 0
    async with grpc.aio.insecure_channel(address) as channel:
        await channel.channel_ready()

        async def one(number: int) -> None:
            nonlocal answered
            items = [item for chain in chains[number::STREAMS] for _, item in chain]
            async for result in channel.stream_stream(STREAM, bytes, RecordStreamResponse.FromString)(iter(items)):
                assert result.HasField("receipt"), result
                answered += 1

        started = time.perf_counter()
        await asyncio.gather(*(one(number) for number in range(STREAMS)))
        elapsed = time.perf_counter() - started
    return answered / elapsed, 0.0


async def _tell(address: str, chains: Sequence[Sequence[Call]]) -> tuple[float, float]:
    times: list[float] = []
    async with grpc.aio.insecure_channel(address) as channel:
        await channel.channel_ready()

        async def one(chain: Sequence[Call]) -> None:
            for method, request in chain:
                started = time.perf_counter()
                await channel.unary_unary(method, bytes, bytes)(request)
                times.append(time.perf_counter() - started)

        started = time.perf_counter()
        await asyncio.gather(*(one(chain) for chain in chains))
        elapsed = time.perf_counter() - started
    times.sort()
    return len(times) / elapsed, times[int(len(times) * 0.99)] * 1e3


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


def _pairs(
    bench: Bench, ours: Callable[[Draft], Call], *, streamed: bool
) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Alternating pairs over one server and the echo: the same facts, recorded and echoed."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=client, args=(there,), daemon=True)
    process.start()

    def run(address: str, chains: list[list[Call]], *, streaming: bool = False) -> tuple[float, float]:
        here.send((streaming, address, chains))
        answer: tuple[float, float] = here.recv()
        return answer

    with ServerThread(bench.ledger) as server, EchoThread() as echoing:
        pairs = []
        for _ in range(ROUNDS):
            chains = bench.chains(CALLERS)
            told = run(server.address, [[ours(draft) for draft in chain] for chain in chains], streaming=streamed)
            echoed = [[(ECHO, request_of(draft)[1]) for draft in chain] for chain in chains]
            pairs.append((told, run(echoing.address, echoed)))
    here.send(None)
    process.join()
    return pairs


def streams_against_the_echo(bench: Bench) -> Row:
    """Streamed records against the unary echo, median of seven ratios."""
    pairs = _pairs(bench, item_of, streamed=True)
    ratio = statistics.median(ours[0] / echo[0] for ours, echo in pairs[1:])
    rate = [round(statistics.median(pair[side][0] for pair in pairs[1:])) for side in (0, 1)]
    how = f"{STREAMS} streams of content {rate[0]}/s against {CALLERS} callers of the echo {rate[1]}/s"
    return Row("stream_vs_echo", round(ratio, 2), ">= 0.5", ratio >= 0.5, how)


def against_the_echo(bench: Bench) -> Row:
    """Alternating pairs over one server, median of seven ratios."""
    pairs = _pairs(bench, request_of, streamed=False)
    ratio = statistics.median(ours[0] / echo[0] for ours, echo in pairs[1:])
    late = statistics.median(ours[1] / echo[1] for ours, echo in pairs[1:])
    rate = [round(statistics.median(pair[side][0] for pair in pairs[1:])) for side in (0, 1)]
    how = f"{CALLERS} callers, {rate[0]}/s against {rate[1]}/s; p99 {late:.1f} times the echo's (promised <= 5)"
    return Row("unary_vs_echo", round(ratio, 2), ">= 0.35", ratio >= 0.35 and late <= 5, how)
