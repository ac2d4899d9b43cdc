"""The two faces of the client. They perform the steps of the conversations and decide nothing."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Self, TypeVar
from uuid import UUID

import grpc
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status

from coi.ledger.v1 import inspection_pb2 as wire
from coi.ledger.v1.envelope_pb2 import Envelope, FactException
from coi.ledger.v1.receipt_pb2 import Receipt
from coi.ledger.v1.values_pb2 import Identifier, Signature
from coi_client import errors
from coi_client.answers import Judged, Replayed, Searched, Traced
from coi_client.contract import Method
from coi_client.conversations import Call, Conversation, Conversations, Pause, Recall, Save, Settle, Step
from coi_client.errors import ClientError, Failure
from coi_client.journal import KeyJournal, MemoryJournal
from coi_client.retrying import Retrying

T = TypeVar("T")

OPTIONS: Final = (("grpc.enable_retries", 0),)
"""Options for channels that are handed in: gRPC's own retrying would double ours."""

_DETAILS: Final = "grpc-status-details-bin"
_BOTH: Final = wire.TRACE_DIRECTION_BOTH


class Client:
    """The ledger, for programs that block.

    Args:
        ledger: Where it is, `host:port` without encryption, or a channel that you opened (see OPTIONS) and close.
        journal: Where requests are kept until they are answered; in memory when left out.
        retrying: How patient it is.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        ledger: str | grpc.Channel,
        *,
        journal: KeyJournal | None = None,
        retrying: Retrying | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Nothing is sent yet."""
        self._own = grpc.insecure_channel(ledger, options=OPTIONS) if isinstance(ledger, str) else None
        self._channel = self._own or ledger
        self._journal = journal or MemoryJournal()
        self._conversations = Conversations(retrying or Retrying())
        self._sleep = sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the channel, if the client opened it."""
        if self._own is not None:
            self._own.close()

    def record(
        self, fact: Message, envelope: Envelope, *, exceptions: Iterable[FactException] = (), key: UUID | None = None
    ) -> Receipt:
        """Records a fact, once, however often the line breaks.

        Raises:
            ClientError: One of its kinds.
            TypeError: The message is no fact.
        """
        return self._hold(self._conversations.record(fact, envelope, exceptions, key))

    def judge(
        self, fact: Message, envelope: Envelope, *, exceptions: Iterable[FactException] = (), key: UUID | None = None
    ) -> Judged:
        """Asks what would be answered, and what signers would sign. Nothing is recorded."""
        return self._hold(self._conversations.judge(fact, envelope, exceptions, key))

    def record_signed(self, judged: Judged, signatures: Sequence[Signature]) -> Receipt:
        """Records what was judged, with signatures; each gets the hash of the content that was shown."""
        return self._hold(self._conversations.record_signed(judged, signatures))

    def resume(self) -> list[Receipt | ClientError]:
        """Sends again everything in the journal whose answer is not known; for the start of a program."""
        return self._hold(self._conversations.resume())

    def get_receipt(self, key: UUID, organisation: Identifier) -> Receipt:
        """Asks what became of a request. Raises FactRefused or NotFound too."""
        return self._hold(self._conversations.get_receipt(key, organisation))

    def get_fact(self, position: int, *, at_least_position: int | None = None) -> wire.StoredFact:
        """Reads one fact as it is stored; waits for a position if one is given."""
        return self._hold(self._conversations.get_fact(position, at_least_position))

    def look_up(
        self, text: str = "", *, scans: Iterable[wire.Scan | str] = (), as_of: wire.AsOf | None = None
    ) -> wire.LookUpResponse:
        """Asks what the bar codes of a label, or a text, name, with the card of each thing that is known."""
        return self._hold(self._conversations.look_up(text, scans, as_of))

    def search_facts(self, request: wire.SearchFactsRequest) -> wire.SearchFactsResponse:
        """Asks for one page of a search."""
        return self._hold(self._conversations.search_facts(request))

    def search_all(self, request: wire.SearchFactsRequest, *, most: int | None = None) -> Searched:
        """Searches page after page, on one position, until there is no more or there are as many as wanted."""
        return self._hold(self._conversations.search_all(request, most))

    def get_ledger(self) -> wire.GetLedgerResponse:
        """Asks the ledger for its origin, clock, size and limits."""
        return self._hold(self._conversations.get_ledger())

    def replay(self, subject: str, *, as_of: wire.AsOf | None = None, with_record: bool = False) -> Replayed:
        """Reads the whole story of one thing."""
        return self._hold(self._conversations.replay(subject, as_of, with_record=with_record))

    def trace(
        self, start: str, *, direction: wire.TraceDirection.ValueType = _BOTH, as_of: wire.AsOf | None = None
    ) -> Traced:
        """Reads the whole lineage of one thing."""
        return self._hold(self._conversations.trace(start, direction, as_of))

    def _hold(self, conversation: Conversation[T]) -> T:
        told: Any = None
        while True:
            try:
                step = conversation.send(told)
            except StopIteration as end:
                value: T = end.value
                return value
            told = self._do(step)

    def _do(self, step: Step) -> Any:  # noqa: ANN401 - whatever the step asks for
        match step:
            case Call():
                return self._call(step)
            case Pause(seconds):
                return self._sleep(seconds)
            case Save(entry):
                return self._journal.save(entry)
            case Settle(key):
                return self._journal.settle(key)
            case Recall():
                return self._journal.unsettled()

    def _call(self, call: Call) -> Any:  # noqa: ANN401 - any answer
        try:
            answer = _method(self._channel, call.method)(call.request, timeout=call.timeout)
            return list(answer) if call.method.streams else answer
        except grpc.RpcError as error:
            return failure(error)


class AsyncClient:
    """The ledger, for programs with an event loop. The same as Client, awaited.

    Args:
        ledger: Where it is, `host:port` without encryption, or a channel that you opened (see OPTIONS) and close.
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

    async def resume(self) -> list[Receipt | ClientError]:
        """Sends again everything in the journal whose answer is not known; for the start of a program."""
        return await self._hold(self._conversations.resume())

    async def get_receipt(self, key: UUID, organisation: Identifier) -> Receipt:
        """Asks what became of a request. Raises FactRefused or NotFound too."""
        return await self._hold(self._conversations.get_receipt(key, organisation))

    async def get_fact(self, position: int, *, at_least_position: int | None = None) -> wire.StoredFact:
        """Reads one fact as it is stored; waits for a position if one is given."""
        return await self._hold(self._conversations.get_fact(position, at_least_position))

    async def look_up(
        self, text: str = "", *, scans: Iterable[wire.Scan | str] = (), as_of: wire.AsOf | None = None
    ) -> wire.LookUpResponse:
        """Asks what the bar codes of a label, or a text, name, with the card of each thing that is known."""
        return await self._hold(self._conversations.look_up(text, scans, as_of))

    async def search_facts(self, request: wire.SearchFactsRequest) -> wire.SearchFactsResponse:
        """Asks for one page of a search."""
        return await self._hold(self._conversations.search_facts(request))

    async def search_all(self, request: wire.SearchFactsRequest, *, most: int | None = None) -> Searched:
        """Searches page after page, on one position, until there is no more or there are as many as wanted."""
        return await self._hold(self._conversations.search_all(request, most))

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
            answering = _method(self._channel, call.method)(call.request, timeout=call.timeout)
            return [answer async for answer in answering] if call.method.streams else await answering
        except grpc.RpcError as error:
            return failure(error)


def _method(channel: Any, method: Method) -> Any:  # noqa: ANN401 - a channel of either face
    make = channel.unary_stream if method.streams else channel.unary_unary
    return make(
        method.path,
        request_serializer=method.request.SerializeToString,
        response_deserializer=method.response.FromString,
    )


def failure(error: Any) -> Failure:  # noqa: ANN401 - the errors of the two faces share no type
    """Reads the end of a call that was not answered."""
    trailers = dict(error.trailing_metadata() or ())
    packed = Status.FromString(trailers[_DETAILS]).details if _DETAILS in trailers else ()
    return Failure(error.code(), error.details() or error.code().name, errors.details(packed))
