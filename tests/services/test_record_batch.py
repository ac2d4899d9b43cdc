"""Several facts in one request, on the ledger itself in memory: all or none, and every fault named by its place."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid5

import grpc
import pytest

from coi.ledger.v1 import receipt_pb2
from coi.ledger.v1.inspection_pb2 import GetFactRequest, GetLedgerRequest
from coi.ledger.v1.records_pb2 import GetReceiptRequest, RecordBatchItem, RecordBatchRequest
from coi.ledger.v1.values_pb2 import Identifier
from ledger import api
from services.server import ServerThread
from tests.services.calls import Caller, ended
from tests.support import samples
from tests.support.wire import AnyMessage

KEY = UUID("019d6b00-0045-7000-8000-00000000abcd")
RR8 = Identifier(scheme="ods", value="RR8")
WITHDRAWN, BARRED = "ConsentWithdrawn", "ApheresisPerformed"
"""A safety act, which is never refused; and a collection that nobody consented to."""


@pytest.fixture
def caller() -> Iterator[Caller]:
    """A caller of the real ledger."""
    ledger = api.in_memory(clock=lambda: datetime(2026, 6, 1, 12, 0, tzinfo=UTC))
    try:
        with ServerThread(ledger) as server, grpc.insecure_channel(server.address) as channel:
            yield Caller(channel)
    finally:
        ledger.close()


def item(fact_type: str = WITHDRAWN, reference: str = "") -> RecordBatchItem:
    """An item, which a reference tells from another."""
    sent = samples.unsigned(samples.any_request(fact_type))
    sent.envelope.organisation.CopyFrom(RR8)
    if reference:
        sent.envelope.sender_reference = reference
    return RecordBatchItem(envelope=sent.envelope, fact=sent.fact)


def batch(*items: RecordBatchItem, validate_only: bool = False) -> RecordBatchRequest:
    """A request."""
    return RecordBatchRequest(request_id=str(KEY), items=items, validate_only=validate_only)


def size(caller: Caller) -> int:
    """How many facts there are."""
    return int(caller("GetLedger", GetLedgerRequest()).size)


def status_of(caller: Caller, rpc: str, request: AnyMessage) -> tuple[grpc.StatusCode, dict[str, AnyMessage]]:
    """How a call ends that fails."""
    with pytest.raises(grpc.RpcError) as caught:
        caller(rpc, request)
    return ended(caught.value)


def own_id(number: int) -> str:
    """The id of an item, as anybody can make it from the contract's comment."""
    return str(uuid5(KEY, f"items[{number}]"))


def test_every_item_gets_its_receipt_and_is_stored_under_an_id_that_anybody_can_make(caller: Caller) -> None:
    receipts = caller("RecordBatch", batch(*(item(reference=f"{n}") for n in range(3)))).receipts
    assert [(one.position, one.request_id) for one in receipts] == [(n + 1, own_id(n)) for n in range(3)]
    stored = [caller("GetFact", GetFactRequest(position=one.position)).fact for one in receipts]
    assert [one.request_id for one in stored] == [own_id(n) for n in range(3)]
    assert [one.envelope.sender_reference for one in stored] == ["0", "1", "2"]


def test_the_same_request_gets_the_same_receipts_and_its_key_knows_them(caller: Caller) -> None:
    sent = batch(item(reference="a"), item(reference="b"))
    first = caller("RecordBatch", sent).receipts
    again = caller("RecordBatch", sent).receipts
    told = caller("GetReceipt", GetReceiptRequest(request_id=str(KEY), organisation=RR8))
    assert not told.HasField("receipt")
    assert [*told.receipts] == [*again]
    assert [one.repeated_call for one in again] == [True, True]
    assert [one.leaf_hash for one in again] == [one.leaf_hash for one in first]
    one = caller("GetReceipt", GetReceiptRequest(request_id=own_id(1), organisation=RR8))
    assert one.receipt == again[1]
    assert size(caller) == 2


def test_a_batch_of_one_has_receipts_and_no_receipt_of_its_own(caller: Caller) -> None:
    caller("RecordBatch", batch(item()))
    told = caller("GetReceipt", GetReceiptRequest(request_id=str(KEY), organisation=RR8))
    assert (told.HasField("receipt"), len(told.receipts)) == (False, 1)


def test_a_barred_item_is_kept_as_refused_and_named_for_ever(caller: Caller) -> None:
    sent = batch(item(), item(BARRED), item(reference="c"))
    code, parts = status_of(caller, "RecordBatch", sent)
    told = parts["ErrorInfo"].metadata
    assert (code, told["item"], told["position"]) == (grpc.StatusCode.FAILED_PRECONDITION, "1", "1")
    assert size(caller) == 1
    kept = caller("GetFact", GetFactRequest(position=1)).fact
    assert (kept.outcome, kept.type, kept.request_id) == (receipt_pb2.OUTCOME_REFUSED, BARRED, own_id(1))
    repeated = dict(told) | {"repeated_call": "true"}
    asked = GetReceiptRequest(request_id=str(KEY), organisation=RR8)
    for rpc, request in (("RecordBatch", sent), ("GetReceipt", asked)):
        code, again = status_of(caller, rpc, request)
        assert (code, dict(again["ErrorInfo"].metadata)) == (grpc.StatusCode.FAILED_PRECONDITION, repeated)
        assert again["PreconditionFailure"] == parts["PreconditionFailure"]


def test_the_same_key_with_other_items_is_refused(caller: Caller) -> None:
    caller("RecordBatch", batch(item(reference="a"), item(reference="b")))
    for other in (batch(item(reference="a")), batch(item(reference="b"), item(reference="a"))):
        code, parts = status_of(caller, "RecordBatch", other)
        assert (code, parts["ErrorInfo"].metadata["request_id"]) == (grpc.StatusCode.ALREADY_EXISTS, str(KEY))
    assert size(caller) == 2


def test_a_malformed_item_stores_nothing_spends_no_key_and_every_fault_is_named(caller: Caller) -> None:
    bad, worse = item(), item(BARRED)
    bad.envelope.ClearField("performed_by")
    worse.fact.apheresis_performed.bags[1].contents[0].value = "1_0"
    worse.ClearField("envelope")
    code, parts = status_of(caller, "RecordBatch", batch(item(), bad, worse))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert {one.field for one in parts["BadRequest"].field_violations} == {
        "items[1].envelope.performed_by",
        "items[2].envelope",
        "items[2].fact.apheresis_performed.bags[1].contents[0].value",
    }
    assert size(caller) == 0
    assert len(caller("RecordBatch", batch(item())).receipts) == 1


def test_a_batch_has_one_to_a_hundred_items(caller: Caller) -> None:
    for count in (0, 101):
        code, parts = status_of(caller, "RecordBatch", batch(*(item() for _ in range(count))))
        assert (code, parts["BadRequest"].field_violations[0].field) == (grpc.StatusCode.INVALID_ARGUMENT, "items")
    assert len(caller("RecordBatch", batch(*(item() for _ in range(100)))).receipts) == 100


def test_a_batch_needs_a_key(caller: Caller) -> None:
    for text, words in ((None, "is required"), ("x", "must be a UUID")):
        request = RecordBatchRequest(request_id=text, items=[item()])
        code, parts = status_of(caller, "RecordBatch", request)
        (told,) = parts["BadRequest"].field_violations
        assert (code, told.field) == (grpc.StatusCode.INVALID_ARGUMENT, "request_id")
        assert words in told.description


def test_a_batch_is_of_one_organisation(caller: Caller) -> None:
    other = item()
    other.envelope.organisation.value = "RXK"
    code, parts = status_of(caller, "RecordBatch", batch(item(), other))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert [one.field for one in parts["BadRequest"].field_violations] == ["items[1].envelope.organisation"]


def test_a_field_that_the_server_does_not_know_is_refused_by_its_place(caller: Caller) -> None:
    octets = item().SerializeToString() + b"\xa2\x06\x01x"
    request = RecordBatchRequest(request_id=str(KEY), items=[item(), RecordBatchItem.FromString(octets)])
    code, parts = status_of(caller, "RecordBatch", request)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert [one.field for one in parts["BadRequest"].field_violations] == ["items[1]"]


def test_only_asked_each_item_brings_the_hash_that_its_signer_signs(caller: Caller) -> None:
    asked = caller("RecordBatch", batch(item(reference="a"), item(reference="b"), validate_only=True)).receipts
    assert [(one.state, one.position) for one in asked] == [(receipt_pb2.RECEIPT_STATE_JUDGED_ONLY, 0)] * 2
    assert len({one.content_hash for one in asked}) == 2
    assert size(caller) == 0
    signature = samples.request("PointOfCareReleased").envelope.signatures[0]
    signed = [item(reference="a"), item(reference="b")]
    for one, judged in zip(signed, asked, strict=True):
        added = one.envelope.signatures.add()
        added.CopyFrom(signature)
        added.content_hash = judged.content_hash
    assert len(caller("RecordBatch", batch(*signed)).receipts) == 2
    signed[1].envelope.signatures[0].content_hash = asked[0].content_hash
    code, parts = status_of(caller, "RecordBatch", batch(*signed))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert [one.field for one in parts["BadRequest"].field_violations] == [
        "items[1].envelope.signatures[0].content_hash"
    ]


def test_only_asked_a_barred_batch_is_refused_and_nothing_is_stored(caller: Caller) -> None:
    code, parts = status_of(caller, "RecordBatch", batch(item(), item(BARRED), validate_only=True))
    assert (code, parts["ErrorInfo"].metadata["item"]) == (grpc.StatusCode.FAILED_PRECONDITION, "1")
    assert (parts["ErrorInfo"].metadata["position"], size(caller)) == ("0", 0)
