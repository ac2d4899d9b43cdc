"""The client for programs with an event loop. It performs the steps of the conversations and decides nothing."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable, Sequence
from typing import Any, Final, Self, TypeVar
from uuid import UUID

import grpc
from google.protobuf.message import Message

from coi.ledger.v1 import inspection_pb2 as wire
from coi.ledger.v1.administration_pb2 import BedsidePackIssued, IssueBedsidePackResponse
from coi.ledger.v1.enrolment_pb2 import IdentifiersIssued, IssueIdentifiersResponse
from coi.ledger.v1.envelope_pb2 import Envelope, FactException
from coi.ledger.v1.receipt_pb2 import Receipt
from coi.ledger.v1.records_pb2 import RecordStreamRequest
from coi.ledger.v1.values_pb2 import Identifier, Signature
from coi_client import errors
from coi_client.answers import FeedPage, Heard, Judged, Replayed, Scoped, Searched, Traced
from coi_client.contract import METHODS
from coi_client.conversations import Answer, Call, Conversation, Conversations, Pause, Recall, Save, Settle, Step
from coi_client.following import Wanted
from coi_client.items import Item
from coi_client.journal import KeyJournal, MemoryJournal
from coi_client.lines import OPTIONS, STREAM_TIMEOUT, calling
from coi_client.retrying import Retrying
from coi_client.streams import AsyncFlow, Result

T = TypeVar("T")

_BOTH: Final = wire.TRACE_DIRECTION_BOTH


class AsyncClient:
    """The ledger, for programs with an event loop. The same as Client, awaited.

    Args:
        ledger: Where it is, `host:port` without encryption, or a channel that you opened (with `lines.OPTIONS`) and
            close.
        journal: Where requests are kept until they are answered; called in a thread; in memory when left out.
        retrying: How patient it is.
    """

    def __init__(
        self,
        ledger: str | grpc.aio.Channel,
        *,
        journal: KeyJournal | None = None,
        retrying: Retrying | None = None,
    ) -> None:
        """Nothing is sent yet."""
        self._own = grpc.aio.insecure_channel(ledger, options=OPTIONS) if isinstance(ledger, str) else None
        self._channel = self._own or ledger
        self._journal = journal
        self._memory = MemoryJournal()
        self._conversations = Conversations(retrying or Retrying())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the channel, if the client opened it."""
        if self._own is not None:
            await self._own.close()

    async def record(
        self, fact: Message, envelope: Envelope, *, exceptions: Iterable[FactException] = (), key: UUID | None = None
    ) -> Receipt:
        """Records a fact, once, however often the line breaks. Raises one of the kinds of ClientError."""
        return await self._hold(self._conversations.record(fact, envelope, exceptions, key))

    async def judge(
        self, fact: Message, envelope: Envelope, *, exceptions: Iterable[FactException] = (), key: UUID | None = None
    ) -> Judged:
        """Asks what would be answered, and what signers would sign. Nothing is recorded."""
        return await self._hold(self._conversations.judge(fact, envelope, exceptions, key))

    async def record_signed(self, judged: Judged, signatures: Sequence[Signature]) -> Receipt:
        """Records what was judged, with signatures; each gets the hash of the content that was shown."""
        return await self._hold(self._conversations.record_signed(judged, signatures))

    async def record_batch(self, items: Iterable[Item], *, key: UUID | None = None) -> tuple[Receipt, ...]:
        """Records 1 to 100 facts, all or none, in order; raises FactRefused with the `item` that is barred."""
        return await self._hold(self._conversations.record_batch(items, key))

    async def issue_identifiers(
        self, block: IdentifiersIssued, envelope: Envelope, *, key: UUID | None = None
    ) -> IssueIdentifiersResponse:
        """Asks for a recorded block of Chain of Identity identifiers, one block however often the line breaks.

        Args:
            block: For whom, of which facility and year, how many.
            envelope: Who asks, where, when.
            key: The key, if the caller made one; the same key gets the same block again.

        Raises:
            ClientError: One of its kinds.
        """
        return await self._hold(self._conversations.issue_identifiers(block, envelope, key))

    async def issue_bedside_pack(
        self, fact: BedsidePackIssued, envelope: Envelope, *, key: UUID | None = None
    ) -> IssueBedsidePackResponse:
        """Asks for a sealed pack for the bedside before a journey, one pack however often the line breaks.

        Args:
            fact: Which chain, which containers.
            envelope: Who asks, where, when.
            key: The key, if the caller made one; the same key gets the same pack again.

        Raises:
            FactRefused: A container is not released (R1).
            ClientError: Another of its kinds.
        """
        return await self._hold(self._conversations.issue_bedside_pack(fact, envelope, key))

    def record_stream(self, items: AsyncIterable[Item] | Iterable[Item]) -> AsyncGenerator[Result, None]:
        """Records facts as they come, each on its own; yields what became of each, in their order.

        Nothing is sent before the first result is asked for.
        After a break the unanswered are sent again with their keys. When patience ends, the journal keeps them.
        """
        open_stream = calling(self._channel, METHODS["RecordStream"])
        flow = AsyncFlow(
            lambda requests: open_stream(requests, timeout=STREAM_TIMEOUT),
            self._begun,
            lambda key: self._kept(lambda journal: journal.settle(key)),
            self._conversations.retrying,
        )
        return flow.results(items)

    async def _begun(self, item: Item) -> RecordStreamRequest:
        entry, request = self._conversations.streamed(item)
        await self._kept(lambda journal: journal.save(entry))
        return request

    async def resume(self) -> list[Answer]:
        """Sends again everything in the journal whose answer is not known; for the start of a program."""
        return await self._hold(self._conversations.resume())

    async def get_receipt(self, key: UUID, organisation: Identifier) -> Receipt:
        """Asks what became of a request. Raises FactRefused or NotFound too."""
        return (await self._hold(self._conversations.get_receipts(key, organisation)))[0]

    async def get_receipts(self, key: UUID, organisation: Identifier) -> tuple[Receipt, ...]:
        """The same for any request: one receipt, or one for each item of a batch."""
        return await self._hold(self._conversations.get_receipts(key, organisation))

    async def get_fact(self, position: int, *, at_least_position: int | None = None) -> wire.StoredFact:
        """Reads one fact as it is stored; waits for a position if one is given."""
        return await self._hold(self._conversations.get_fact(position, at_least_position))

    async def look_up(
        self, text: str = "", *, scans: Iterable[wire.Scan | str] = (), as_of: wire.AsOf | None = None
    ) -> wire.LookUpResponse:
        """Asks what the bar codes of a label, or a text, name, with the card of each thing that is known."""
        return await self._hold(self._conversations.look_up(text, scans, as_of))

    async def list_lists(self) -> tuple[wire.ReadingList, ...]:
        """Asks which reading lists there are, with their columns and what each answers."""
        return tuple((await self._hold(self._conversations.list_lists())).lists)

    async def read_list(self, request: wire.ReadListRequest) -> wire.ReadListResponse:
        """Asks for one page of a reading list."""
        return await self._hold(self._conversations.read_list(request))

    async def count_list(self, request: wire.CountListRequest) -> wire.CountListResponse:
        """Asks for the rows of a reading list, counted by what they have in common."""
        return await self._hold(self._conversations.count_list(request))

    async def search_facts(self, request: wire.SearchFactsRequest) -> wire.SearchFactsResponse:
        """Asks for one page of a search."""
        return await self._hold(self._conversations.search_facts(request))

    async def search_all(self, request: wire.SearchFactsRequest, *, most: int | None = None) -> Searched:
        """Searches page after page, on one position, until there is no more or there are as many as wanted."""
        return await self._hold(self._conversations.search_all(request, most))

    async def rejudge(self, request: wire.RejudgeRequest) -> wire.RejudgeResponse:
        """Has one page of verdicts worked out again; go on after its position until that is its end."""
        return await self._hold(self._conversations.rejudge(request))

    async def get_ledger(self) -> wire.GetLedgerResponse:
        """Asks the ledger for its origin, clock, size and limits."""
        return await self._hold(self._conversations.get_ledger())

    async def replay(self, subject: str, *, as_of: wire.AsOf | None = None, with_record: bool = False) -> Replayed:
        """Reads the whole story of one thing."""
        return await self._hold(self._conversations.replay(subject, as_of, with_record=with_record))

    async def trace(
        self, start: str, *, direction: wire.TraceDirection.ValueType = _BOTH, as_of: wire.AsOf | None = None
    ) -> Traced:
        """Reads the whole lineage of one thing."""
        return await self._hold(self._conversations.trace(start, direction, as_of))

    async def recall_scope(self, subject: str, *, as_of: wire.AsOf | None = None) -> Scoped:
        """Reads the whole scope of a case, or of a thing, as `Client.recall_scope` does."""
        return await self._hold(self._conversations.recall_scope(subject, as_of))

    async def list_feed(
        self, after: int = 0, wanted: Wanted | None = None, *, page_size: int = 100, wait_seconds: int = 0
    ) -> FeedPage:
        """Reads the next page of a feed after a position; waits for it at most so long when there is nothing."""
        asked = (wanted or Wanted()).page(after, page_size, wait_seconds)
        return await self._hold(self._conversations.list_feed(asked))

    async def follow(
        self, after: int = 0, wanted: Wanted | None = None, *, until_head: bool = False
    ) -> AsyncGenerator[Heard, None]:
        """Tells what is recorded after a position, as `Client.follow` does."""
        place = self._conversations.follow(after, wanted or Wanted(), until_head=until_head)
        while not place.done:
            stream = calling(self._channel, METHODS["Follow"])(place.request(), timeout=None)
            try:
                async for event in stream:
                    yield place.take(event)
                pause = place.ended()
            except grpc.RpcError as error:
                pause = place.broken(errors.failure(error))
            finally:
                stream.cancel()
            if not place.done:
                await asyncio.sleep(pause)

    async def _hold(self, conversation: Conversation[T]) -> T:
        told: Any = None
        while True:
            try:
                step = conversation.send(told)
            except StopIteration as end:
                value: T = end.value
                return value
            told = await self._do(step)

    async def _do(self, step: Step) -> Any:  # noqa: ANN401 - whatever the step asks for
        match step:
            case Call():
                return await self._call(step)
            case Pause(seconds):
                return await asyncio.sleep(seconds)
            case Save(entry):
                return await self._kept(lambda journal: journal.save(entry))
            case Settle(key):
                return await self._kept(lambda journal: journal.settle(key))
            case Recall():
                return await self._kept(lambda journal: journal.unsettled())

    async def _kept(self, act: Callable[[KeyJournal], T]) -> T:
        """Asks the journal, in a thread when it may touch a disk."""
        if self._journal is None:
            return act(self._memory)
        return await asyncio.to_thread(act, self._journal)

    async def _call(self, call: Call) -> Any:  # noqa: ANN401 - any answer
        try:
            sent = iter((call.request,)) if call.method.converses else call.request
            answering = calling(self._channel, call.method)(sent, timeout=call.timeout)
            return [answer async for answer in answering] if call.method.streams else await answering
        except grpc.RpcError as error:
            return errors.failure(error)
