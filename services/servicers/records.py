"""Records facts, one handler for all rpcs that do, and tells what became of a request."""

from collections.abc import AsyncGenerator, AsyncIterator

from google.protobuf.message import Message

from coi.ledger.v1 import records_pb2 as wire
from coi.ledger.v1.administration_pb2 import IssueBedsidePackRequest, IssueBedsidePackResponse
from coi.ledger.v1.enrolment_pb2 import IssueIdentifiersRequest, IssueIdentifiersResponse
from coi.ledger.v1.receipt_pb2 import Receipt as ReceiptMessage
from ledger.api import Ledger, awaited
from ledger.domain import pack
from ledger.domain.facts.clinical_area import BedsidePackIssued
from ledger.domain.facts.patients import IdentifiersIssued
from services.mapping import batches, incoming, outgoing
from services.servicers.reads import Reads
from services.servicers.streaming import Streaming


class RecordsServicer:
    """Every Record… rpc, and GetReceipt."""

    def __init__(self, ledger: Ledger, reads: Reads, streaming: Streaming) -> None:
        """Ledger and reads are shared with the other servicers; the streams are ended by the server."""
        self._ledger = ledger
        self._reads = reads
        self._streaming = streaming

    async def record(self, request: Message) -> ReceiptMessage:
        """Records one fact. A caller that leaves does not take the commit with it."""
        draft = incoming.draft(request)
        return outgoing.receipt(await awaited(self._ledger.submit(draft)))

    async def IssueIdentifiers(self, request: IssueIdentifiersRequest) -> IssueIdentifiersResponse:
        """Gives out a block of Chain of Identity identifiers; a retry with the same key gets the same block."""
        receipt = await awaited(self._ledger.submit(incoming.issue(request, IdentifiersIssued)))
        found = {item.name: item.value for item in receipt.resolved}
        return IssueIdentifiersResponse(receipt=outgoing.receipt(receipt), first=found["first"], last=found["last"])

    async def IssueBedsidePack(self, request: IssueBedsidePackRequest) -> IssueBedsidePackResponse:
        """Issues a pack for the bedside; a retry with the same key gets the same pack."""
        receipt = await awaited(self._ledger.submit(incoming.issue(request, BedsidePackIssued)))
        octets, seal = pack.of(receipt)
        return IssueBedsidePackResponse(receipt=outgoing.receipt(receipt), pack=octets, sha256=seal)

    async def RecordBatch(self, request: wire.RecordBatchRequest) -> wire.RecordBatchResponse:
        """Records several facts, all or none. A caller that leaves does not take the commit with it."""
        drafts = batches.drafts(request)
        receipts = await awaited(self._ledger.submit_batch(drafts))
        return wire.RecordBatchResponse(receipts=[outgoing.receipt(one) for one in receipts])

    def RecordStream(self, requests: AsyncIterator[wire.RecordStreamRequest]) -> AsyncGenerator[Message, None]:
        """Records facts as they come, each on its own."""
        return self._streaming.answers(requests)

    async def GetReceipt(self, request: wire.GetReceiptRequest) -> wire.GetReceiptResponse:
        """Gives the answer of an earlier request again: its receipts, or the status of its refusal."""
        incoming.check(request)
        key = incoming.key(request.request_id)
        recorder = incoming.organisation(request.organisation, "organisation")
        found = await self._reads.short(self._ledger.receipts, recorder, key)
        receipts = [outgoing.receipt(one) for one in found]
        if found[0].request_id != key:
            return wire.GetReceiptResponse(receipts=receipts)
        return wire.GetReceiptResponse(receipt=receipts[0])
