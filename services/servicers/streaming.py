"""Streams of facts: each item on its own, answered in order when it is durable, and never more than so many unanswered.

What is not read is not here: an item is taken from the line only when there is a place for its answer, so a caller that
sends faster than the ledger commits, or that does not read its results, is slowed down by the line itself.
"""

import asyncio
from asyncio import Future, Queue, Semaphore, Task
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, TypeAlias

import grpc
import structlog
from google.protobuf.message import Message

from coi.ledger.v1 import records_pb2 as wire
from ledger.api import Ledger, awaited
from ledger.domain.receipt import Draft, NotFound, Receipt, Refused, State
from services import status
from services.mapping import incoming, outgoing
from services.outline import outline
from services.servicers.reads import Reads
from services.status import cut

MOST_UNANSWERED: Final = 256
"""Items of one stream that were read and whose result is not written."""
MOST_TOGETHER: Final = 1_024
"""The same, over all streams: a quarter of the ledger's queue, so that streams never fill it."""
LONGEST: Final = 1_800.0
"""Seconds after which a stream ends and is to be opened again."""
_LONGEST_KEY: Final = 64
_PATH: Final = "/coi.ledger.v1.RecordsService/RecordStream"
_REMEMBERED: Final = 512
"""Items of a stream that `only_after` finds without asking the store; more than can be unanswered."""


@dataclass(frozen=True, kw_only=True)
class StreamLimits:
    """The limits, so that tests can shorten them."""

    unanswered: int = MOST_UNANSWERED
    together: int = MOST_TOGETHER
    longest: float = LONGEST


class Streaming:
    """All streams of a server. It needs a running event loop."""

    def __init__(self, ledger: Ledger, reads: Reads, limits: StreamLimits) -> None:
        """Ledger and reads are shared with the servicers."""
        self._ledger, self._reads, self._limits = ledger, reads, limits
        self._together = Semaphore(limits.together)
        self._reading: set[Task[None]] = set()
        self._closing = False

    def end(self) -> None:
        """Reads nothing more: every stream answers what it has read, and ends."""
        self._closing = True
        for reading in self._reading:
            reading.cancel()

    async def answers(self, requests: AsyncIterator[wire.RecordStreamRequest]) -> AsyncGenerator[Message, None]:
        """Yields one result per item, in their order.

        Raises:
            StreamOver: Time is up, or the server stops.
        """
        stream = _Stream(self._ledger, self._reads, self._together, self._limits.unanswered)
        reading = asyncio.create_task(stream.read(requests))
        self._reading.add(reading)
        reading.add_done_callback(self._reading.discard)
        reading.add_done_callback(stream.said_everything)
        timer = asyncio.get_running_loop().call_later(self._limits.longest, reading.cancel)
        if self._closing:
            reading.cancel()
        try:
            async with aclosing(stream.results()) as results:
                async for result in results:
                    yield result
        finally:
            timer.cancel()
            reading.cancel()
            stream.leave()
        if reading.cancelled():
            raise status.StreamOver
        reading.result()


class _Stream:
    """One stream: a reader that submits items in their order, and a queue of what is to be answered."""

    def __init__(self, ledger: Ledger, reads: Reads, together: Semaphore, unanswered: int) -> None:
        self._ledger, self._reads, self._together = ledger, reads, together
        self._places = Semaphore(unanswered)
        self._waiting: Queue[_Item | None] = Queue()  # as long as there are places
        self._items: OrderedDict[str, _Item] = OrderedDict()

    async def read(self, requests: AsyncIterator[wire.RecordStreamRequest]) -> None:
        """Takes items from the line while there are places for their results."""
        await self._places.acquire()
        async for request in requests:
            await self._together.acquire()
            try:
                item = await self._begun(request)
            except BaseException:
                self._together.release()
                raise
            self._items[item.key] = item
            while len(self._items) > _REMEMBERED:
                self._items.popitem(last=False)
            self._waiting.put_nowait(item)
            await self._places.acquire()

    def said_everything(self, _: Task[None]) -> None:
        """Nothing more will be read."""
        self._waiting.put_nowait(None)

    async def results(self) -> AsyncGenerator[Message, None]:
        """Yields results in the order of the items; a place is free once its result was taken."""
        while (item := await self._waiting.get()) is not None:
            try:
                yield await item.result()
            finally:
                self._together.release()
            self._places.release()

    def leave(self) -> None:
        """Gives back the places of items whose results nobody takes. What was submitted is recorded all the same."""
        while not self._waiting.empty():
            if self._waiting.get_nowait() is not None:
                self._together.release()

    async def _begun(self, request: wire.RecordStreamRequest) -> "_Item":
        """Submits an item, once it is known that it may be."""
        try:
            draft = incoming.draft(request)
            if request.HasField("only_after") and not await self._recorded(request.only_after, draft):
                return _Item(request.request_id, wire.Skipped(only_after=request.only_after))
            return _Item(request.request_id, awaited(self._ledger.submit(draft)))
        except Exception as error:  # noqa: BLE001 - what goes wrong with one item never ends the stream
            return _Item(cut(request.request_id, _LONGEST_KEY), error)

    async def _recorded(self, named: str, draft: Draft) -> bool:
        """Whether an earlier item is recorded; one of an earlier stream is found by its key."""
        key = incoming.key(named, "only_after")
        item = self._items.get(named)
        if item is not None:
            return await item.recorded()
        try:
            return bool(await self._reads.short(self._ledger.receipts, draft.recorder, key))
        except (NotFound, Refused):
            return False


Outcome: TypeAlias = "Future[Receipt] | wire.Skipped | Exception"


class _Item:
    """One item, and what becomes of it: a receipt to come, nothing when it is skipped, or an error."""

    def __init__(self, key: str, outcome: Outcome) -> None:
        self.key, self._outcome = key, outcome
        if isinstance(outcome, Future):
            outcome.add_done_callback(_seen)

    async def result(self) -> wire.RecordStreamResponse:
        """What the caller is told, once it is known."""
        if isinstance(self._outcome, wire.Skipped):
            return wire.RecordStreamResponse(request_id=self.key, skipped=self._outcome)
        try:
            return wire.RecordStreamResponse(request_id=self.key, receipt=outgoing.receipt(await self._receipt()))
        except Exception as error:  # noqa: BLE001 - the very status that the unary call would end with
            told = status.of(error)
            if status.code(told) is grpc.StatusCode.INTERNAL:
                structlog.get_logger("coi.server").error("an item failed", method=_PATH, error=outline(error))
            return wire.RecordStreamResponse(request_id=self.key, status=told)

    async def recorded(self) -> bool:
        """Whether it is recorded, once that is known."""
        try:
            return (await self._receipt()).state is not State.JUDGED_ONLY
        except Exception:  # noqa: BLE001 - whatever it was, it is not known to be recorded
            return False

    async def _receipt(self) -> Receipt:
        if isinstance(self._outcome, Future):
            return await asyncio.shield(self._outcome)
        raise self._outcome if isinstance(self._outcome, Exception) else NotFound("it was skipped")


def _seen(outcome: Future[Receipt]) -> None:
    """An error that nobody waits for any more is no error of the loop's."""
    if not outcome.cancelled():
        outcome.exception()
