"""Everything that the client does, as conversations: generators that say what to do next and are told what came of it.

Written once for both faces of the client: they perform the steps, one blocking, one in an event loop.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeVar, cast
from uuid import UUID

import grpc
from google.protobuf.message import Message

from coi.ledger.v1 import feed_pb2 as feed
from coi.ledger.v1 import inspection_pb2 as wire
from coi.ledger.v1.administration_pb2 import (
    BedsidePackIssued,
    IssueBedsidePackRequest,
    IssueBedsidePackResponse,
)
from coi.ledger.v1.enrolment_pb2 import IdentifiersIssued, IssueIdentifiersRequest, IssueIdentifiersResponse
from coi.ledger.v1.envelope_pb2 import Envelope, FactException
from coi.ledger.v1.receipt_pb2 import Receipt
from coi.ledger.v1.records_pb2 import (
    GetReceiptRequest,
    RecordBatchResponse,
    RecordStreamRequest,
    RecordStreamResponse,
    Skipped,
)
from coi.ledger.v1.values_pb2 import Identifier, Signature
from coi_client import contract, errors, following
from coi_client.answers import FeedPage, Judged, Replayed, Scoped, Searched, Traced
from coi_client.contract import Method
from coi_client.errors import ClientError, Failure
from coi_client.following import Following, Wanted
from coi_client.items import Item, batched, streamed
from coi_client.journal import Unsettled
from coi_client.keys import time_ordered
from coi_client.retrying import Retrying
from coi_client.streams import read

T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """Send this, and tell me the answer: a message, a list of them for a stream, or a Failure."""

    method: Method
    request: Message
    timeout: float


@dataclass(frozen=True)
class Pause:
    """Wait so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Save:
    """Keep this in the journal."""

    entry: Unsettled


@dataclass(frozen=True)
class Settle:
    """The answer to this key is known."""

    key: str


@dataclass(frozen=True)
class Recall:
    """Tell me what the journal keeps: a list of Unsettled."""


Answer = Receipt | tuple[Receipt, ...] | IssueIdentifiersResponse | IssueBedsidePackResponse | Skipped | ClientError
"""What became of a request that was kept in the journal."""

Step = Call | Pause | Save | Settle | Recall
Conversation = Generator[Step, Any, T]

_CUT_OFF = Failure(grpc.StatusCode.UNAVAILABLE, "the answer was cut off before its summary")


class Conversations:
    """What a client can do."""

    def __init__(self, retrying: Retrying, new_key: Callable[[], UUID] = time_ordered) -> None:
        """Holds how patient the client is and where its keys come from."""
        self.retrying = retrying
        self._new_key = new_key

    def record(
        self, fact: Message, envelope: Envelope, exceptions: Iterable[FactException], key: UUID | None
    ) -> Conversation[Receipt]:
        """Saves the key, sends the fact until it is answered, forgets the key."""
        method, request = self._request(fact, envelope, exceptions, key)
        return cast("Receipt", (yield from self._send(method, request)))

    def record_batch(self, items: Iterable[Item], key: UUID | None) -> Conversation[tuple[Receipt, ...]]:
        """Saves the key, sends the batch until it is answered, forgets the key."""
        request = batched(items, key or self._new_key())
        answer = yield from self._send(contract.METHODS["RecordBatch"], request)
        return tuple(answer.receipts)

    def issue_identifiers(
        self, block: IdentifiersIssued, envelope: Envelope, key: UUID | None
    ) -> Conversation[IssueIdentifiersResponse]:
        """Saves the key, asks for the block until it is given, forgets the key."""
        request = IssueIdentifiersRequest(request_id=str(key or self._new_key()), envelope=envelope, fact=block)
        answer = yield from self._send(contract.METHODS["IssueIdentifiers"], request)
        return cast("IssueIdentifiersResponse", answer)

    def issue_bedside_pack(
        self, fact: BedsidePackIssued, envelope: Envelope, key: UUID | None
    ) -> Conversation[IssueBedsidePackResponse]:
        """Saves the key, asks for the pack until it is given, forgets the key."""
        request = IssueBedsidePackRequest(request_id=str(key or self._new_key()), envelope=envelope, fact=fact)
        answer = yield from self._send(contract.METHODS["IssueBedsidePack"], request)
        return cast("IssueBedsidePackResponse", answer)

    def streamed(self, item: Item) -> tuple[Unsettled, RecordStreamRequest]:
        """Makes the request of an item of a stream, and what the journal keeps of it."""
        request = streamed(item, self._new_key)
        path = contract.METHODS["RecordStream"].path
        return Unsettled(request.request_id, path, request.SerializeToString()), request

    def judge(
        self, fact: Message, envelope: Envelope, exceptions: Iterable[FactException], key: UUID | None
    ) -> Conversation[Judged]:
        """Asks what would be answered. Nothing is stored and the key stays unused: it is that of the real call."""
        method, request = self._request(fact, envelope, exceptions, key)
        asking: Any = type(request)()
        asking.CopyFrom(request)
        asking.validate_only = True
        receipt = yield from self._persist(method, asking)
        return Judged(method.path, request, receipt)

    def record_signed(self, judged: Judged, signatures: Sequence[Signature]) -> Conversation[Receipt]:
        """Sends what was judged, with signatures over the content that was shown."""
        request: Any = type(judged.request)()
        request.CopyFrom(judged.request)
        for signature in signatures:
            added = request.envelope.signatures.add()
            added.CopyFrom(signature)
            added.content_hash = judged.content_hash
        return cast("Receipt", (yield from self._send(contract.at(judged.method), request)))

    def resume(self) -> Conversation[list[Answer]]:
        """Sends again everything whose answer is not known, oldest first, each with its own key.

        An item that waits for one whose answer is still not known is left in the journal.
        """
        kept: list[Unsettled] = yield Recall()
        answers: list[Answer] = []
        unknown: set[str] = set()
        for entry in kept:
            method = contract.at(entry.method)
            request: Any = method.request.FromString(entry.request)
            if method.converses and request.only_after in unknown:
                unknown.add(entry.key)
                continue
            try:
                answer = yield from self._send(method, request)
                answers.append(tuple(answer.receipts) if isinstance(answer, RecordBatchResponse) else answer)
            except ClientError as error:
                answers.append(error)
                unknown |= set() if isinstance(error, errors.FINAL) else {entry.key}
        return answers

    def get_receipts(self, key: UUID, organisation: Identifier) -> Conversation[tuple[Receipt, ...]]:
        """Asks what became of a request."""
        request = GetReceiptRequest(request_id=str(key), organisation=organisation)
        answer = yield from self._persist(contract.METHODS["GetReceipt"], request)
        return tuple(answer.receipts) or (answer.receipt,)

    def get_fact(self, position: int, at_least_position: int | None) -> Conversation[wire.StoredFact]:
        """Reads one fact."""
        request = wire.GetFactRequest(position=position, at_least_position=at_least_position)
        answer = yield from self._persist(contract.METHODS["GetFact"], request)
        return cast("wire.StoredFact", answer.fact)

    def look_up(
        self, text: str, scans: Iterable[wire.Scan | str], as_of: wire.AsOf | None
    ) -> Conversation[wire.LookUpResponse]:
        """Asks what bar codes or a text name."""
        read = [wire.Scan(content=one) if isinstance(one, str) else one for one in scans]
        request = wire.LookUpRequest(text=text or None, scans=read, as_of=as_of)
        answer = yield from self._persist(contract.METHODS["LookUp"], request)
        return cast("wire.LookUpResponse", answer)

    def search_facts(self, request: wire.SearchFactsRequest) -> Conversation[wire.SearchFactsResponse]:
        """Asks for one page."""
        answer = yield from self._persist(contract.METHODS["SearchFacts"], request)
        return cast("wire.SearchFactsResponse", answer)

    def search_all(self, question: wire.SearchFactsRequest, most: int | None) -> Conversation[Searched]:
        """Asks for page after page, until there is no more or there is enough."""
        request = wire.SearchFactsRequest()
        request.CopyFrom(question)
        facts: list[wire.StoredFact] = []
        while True:
            page = yield from self.search_facts(request)
            facts += page.facts
            request.page_token = page.next_page_token
            if not page.next_page_token or (most is not None and len(facts) >= most):
                complete = not page.next_page_token and (most is None or len(facts) <= most)
                return Searched(tuple(facts[:most]), page.through_position, complete)

    def list_lists(self) -> Conversation[wire.ListListsResponse]:
        """Asks which reading lists there are."""
        answer = yield from self._persist(contract.METHODS["ListLists"], wire.ListListsRequest())
        return cast("wire.ListListsResponse", answer)

    def read_list(self, request: wire.ReadListRequest) -> Conversation[wire.ReadListResponse]:
        """Asks for one page of a reading list."""
        answer = yield from self._persist(contract.METHODS["ReadList"], request)
        return cast("wire.ReadListResponse", answer)

    def count_list(self, request: wire.CountListRequest) -> Conversation[wire.CountListResponse]:
        """Asks for the rows of a reading list, counted."""
        answer = yield from self._persist(contract.METHODS["CountList"], request)
        return cast("wire.CountListResponse", answer)

    def rejudge(self, request: wire.RejudgeRequest) -> Conversation[wire.RejudgeResponse]:
        """Asks for one page of verdicts worked out again."""
        answer = yield from self._persist(contract.METHODS["Rejudge"], request)
        return cast("wire.RejudgeResponse", answer)

    def get_ledger(self) -> Conversation[wire.GetLedgerResponse]:
        """Asks the ledger for itself."""
        answer = yield from self._persist(contract.METHODS["GetLedger"], wire.GetLedgerRequest())
        return cast("wire.GetLedgerResponse", answer)

    def replay(self, subject: str, as_of: wire.AsOf | None, *, with_record: bool) -> Conversation[Replayed]:
        """Reads the story of one thing."""
        request = wire.ReplayRequest(subject=subject, as_of=as_of, with_record=with_record)
        steps = yield from self._persist(contract.METHODS["Replay"], request)
        return Replayed(tuple(step.fact for step in steps[:-1]), steps[-1].summary)

    def trace(
        self, start: str, direction: wire.TraceDirection.ValueType, as_of: wire.AsOf | None
    ) -> Conversation[Traced]:
        """Reads the lineage of one thing."""
        request = wire.TraceRequest(start=start, direction=direction, as_of=as_of)
        pieces = yield from self._persist(contract.METHODS["Trace"], request)
        nodes = tuple(piece.node for piece in pieces if piece.HasField("node"))
        edges = tuple(piece.edge for piece in pieces if piece.HasField("edge"))
        return Traced(nodes, edges, pieces[-1].summary)

    def recall_scope(self, subject: str, as_of: wire.AsOf | None) -> Conversation[Scoped]:
        """Reads the scope of a recall, a look-back or a drill."""
        request = wire.RecallScopeRequest(subject=subject, as_of=as_of)
        pieces = yield from self._persist(contract.METHODS["RecallScope"], request)
        return Scoped(
            tuple(piece.thing for piece in pieces if piece.HasField("thing")),
            tuple(piece.patient for piece in pieces if piece.HasField("patient")),
            tuple(piece.place for piece in pieces if piece.HasField("place")),
            pieces[-1].summary,
        )

    def list_feed(self, request: feed.ListFeedRequest) -> Conversation[FeedPage]:
        """Reads one page of a feed, waiting for it as long as it may take."""
        page = yield from self._persist(contract.METHODS["ListFeed"], request, request.wait_seconds)
        return FeedPage(tuple(following.heard(event) for event in page.events), page.through_position, page.more)

    def follow(self, after: int, wanted: Wanted, *, until_head: bool) -> Following:
        """Starts to follow a feed."""
        return Following(self.retrying, after, wanted, until_head=until_head)

    def _request(
        self, fact: Message, envelope: Envelope, exceptions: Iterable[FactException], key: UUID | None
    ) -> tuple[Method, Message]:
        method = contract.recording(fact)
        parts = {"envelope": envelope, "fact": fact, "exceptions": exceptions}
        return method, method.request(request_id=str(key or self._new_key()), **parts)

    def _send(self, method: Method, request: Any) -> Conversation[Any]:  # noqa: ANN401 - any request with a key
        yield Save(Unsettled(request.request_id, method.path, request.SerializeToString()))
        try:
            answer = yield from self._persist(method, request)
        except errors.FINAL:
            yield Settle(request.request_id)
            raise
        yield Settle(request.request_id)
        return answer

    def _persist(self, method: Method, request: Message, longer: float = 0.0) -> Conversation[Any]:
        """Sends the very same request until it is answered or patience ends; each attempt may take so much longer."""
        for attempt in count(1):
            answer = yield Call(method, request, self.retrying.timeout + longer)
            if method.converses:
                answer = _of_one(answer)
            elif method.streams and not isinstance(answer, Failure) and not (answer and answer[-1].HasField("summary")):
                answer = _CUT_OFF
            if not isinstance(answer, Failure):
                return answer
            seconds = self.retrying.pause(answer, attempt)
            if seconds is None:
                raise errors.of(answer)
            yield Pause(seconds)
        raise AssertionError("counting never ends")


def _of_one(answer: list[RecordStreamResponse] | Failure) -> Receipt | Skipped | Failure:
    """The answer to an item that was sent on a stream of its own."""
    if isinstance(answer, Failure):
        return answer
    if not answer:
        return _CUT_OFF
    result = read(answer[0])
    return result.failure if isinstance(result, ClientError) else result
