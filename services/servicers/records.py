"""Records facts, one handler for all rpcs that do, and tells what became of a request."""

import asyncio

from google.protobuf.message import Message

from coi.ledger.v1.enrolment_pb2 import IssueIdentifiersRequest, IssueIdentifiersResponse
from coi.ledger.v1.receipt_pb2 import Receipt as ReceiptMessage
from coi.ledger.v1.records_pb2 import GetReceiptRequest, GetReceiptResponse
from ledger.api import Ledger
from services.mapping import incoming, outgoing
from services.servicers.reads import Reads


class RecordsServicer:
    """Every Record… rpc, and GetReceipt."""

    def __init__(self, ledger: Ledger, reads: Reads) -> None:
        """Both are shared with the other servicers."""
        self._ledger = ledger
        self._reads = reads

    async def record(self, request: Message) -> ReceiptMessage:
        """Records one fact. A caller that leaves does not take the commit with it."""
        draft = incoming.draft(request)
        committing = asyncio.wrap_future(self._ledger.submit(draft))
        return outgoing.receipt(await asyncio.shield(committing))

    async def IssueIdentifiers(self, request: IssueIdentifiersRequest) -> IssueIdentifiersResponse:
        """Gives out a block of Chain of Identity identifiers; a retry with the same key gets the same block."""
        committing = asyncio.wrap_future(self._ledger.submit(incoming.issue(request)))
        receipt = await asyncio.shield(committing)
        found = {item.name: item.value for item in receipt.resolved}
        return IssueIdentifiersResponse(receipt=outgoing.receipt(receipt), first=found["first"], last=found["last"])

    async def GetReceipt(self, request: GetReceiptRequest) -> GetReceiptResponse:
        """Gives the answer of an earlier request again: its receipt, or the status of its refusal."""
        incoming.check(request)
        key = incoming.key(request.request_id)
        recorder = incoming.organisation(request.organisation, "organisation")
        receipt = await self._reads.short(self._ledger.receipt, recorder, key)
        return GetReceiptResponse(receipt=outgoing.receipt(receipt))
