"""Recording over a real port: every type, refusals, keys, and what became of a request."""

import grpc
import pytest

from coi.ledger.v1 import inspection_pb2, receipt_pb2, records_pb2
from coi.ledger.v1.values_pb2 import Identifier
from ledger.domain.finding import Finding, Weight
from tests.services.calls import Caller, ended
from tests.services.fakes import FakeLedger
from tests.support import samples

RR8 = Identifier(scheme="ods", value="RR8")
LONG = "µ–" * 200


def bar(number: int, text: str = "found") -> Finding:
    """One bar."""
    return Finding(rule=f"I{number}", tag=f"coi:isbt128-coi:{number}", weight=Weight.BAR, found=text, must="right")


@pytest.mark.parametrize("name", samples.SENT)
def test_every_type_is_recorded_by_its_own_rpc_as_it_was_sent(caller: Caller, ledger: FakeLedger, name: str) -> None:
    receipt = caller.record(samples.request(name))
    assert (receipt.state, receipt.position, receipt.type) == (receipt_pb2.RECEIPT_STATE_RECORDED, 1, name)
    assert ledger.stored[0].record is not None
    assert samples.of(name) in ledger.stored[0].octets


def test_any_fact_is_recorded_by_one_rpc_and_the_key_knows_both_roads(caller: Caller) -> None:
    first = caller("Record", samples.any_request("DidNotHappen"))
    again = caller.record(samples.request("DidNotHappen"))
    assert first == again


def test_a_malformed_request_gets_all_violations_and_stores_nothing(caller: Caller, ledger: FakeLedger) -> None:
    request = samples.apheresis()
    request.fact.bags[1].contents[0].value = "1_0"
    request.fact.ClearField("ended_at")
    with pytest.raises(grpc.RpcError) as caught:
        caller.record(request)
    code, parts = ended(caught.value)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert {one.field for one in parts["BadRequest"].field_violations} == {
        "fact.bags[1].contents[0].value",
        "fact.ended_at",
    }
    assert ledger.stored == []


@pytest.mark.parametrize("text", ["short", LONG])
@pytest.mark.parametrize("count", [1, 12, 40])
def test_a_refusal_arrives_as_what_it_is_however_much_it_says(
    caller: Caller, ledger: FakeLedger, count: int, text: str
) -> None:
    ledger.bars = tuple(bar(number, text) for number in range(count))
    for number in range(5):
        request = samples.apheresis()
        request.request_id = f"019d6b00-0045-7000-8000-{number:012}"
        with pytest.raises(grpc.RpcError) as caught:
            caller.record(request)
        code, parts = ended(caught.value)
        assert code is grpc.StatusCode.FAILED_PRECONDITION
        assert parts["ErrorInfo"].metadata["total"] == str(count)
        assert parts["ErrorInfo"].metadata["position"] == str(number + 1)
        assert [one.type for one in parts["PreconditionFailure"].violations][:1] == ["I0"]


def test_the_whole_refusal_is_read_with_its_position(caller: Caller, ledger: FakeLedger) -> None:
    ledger.bars = tuple(bar(number, LONG) for number in range(40))
    with pytest.raises(grpc.RpcError):
        caller.record(samples.apheresis())
    told = caller("GetFact", inspection_pb2.GetFactRequest(position=1)).fact
    assert told.outcome == receipt_pb2.OUTCOME_REFUSED
    assert [one.found for one in told.findings] == [LONG] * 40


def test_the_same_key_with_other_content_is_refused(caller: Caller) -> None:
    caller.record(samples.apheresis())
    other = samples.apheresis()
    other.fact.cycles += 1
    with pytest.raises(grpc.RpcError) as caught:
        caller.record(other)
    code, parts = ended(caught.value)
    assert code is grpc.StatusCode.ALREADY_EXISTS
    assert parts["ErrorInfo"].metadata["request_id"] == other.request_id


def test_the_receipt_of_a_request_is_given_again(caller: Caller) -> None:
    receipt = caller.record(samples.apheresis())
    asked = records_pb2.GetReceiptRequest(request_id=receipt.request_id, organisation=RR8)
    assert caller("GetReceipt", asked).receipt == receipt


def test_the_refusal_of_a_request_is_given_again(caller: Caller, ledger: FakeLedger) -> None:
    ledger.bars = (bar(1),)
    request = samples.apheresis()
    with pytest.raises(grpc.RpcError) as first:
        caller.record(request)
    asked = records_pb2.GetReceiptRequest(request_id=request.request_id, organisation=RR8)
    with pytest.raises(grpc.RpcError) as again:
        caller("GetReceipt", asked)
    assert ended(first.value) == ended(again.value)


def test_a_request_that_was_never_recorded_is_not_found(caller: Caller) -> None:
    asked = records_pb2.GetReceiptRequest(request_id="019d6b00-0045-7000-8000-000000000009", organisation=RR8)
    with pytest.raises(grpc.RpcError) as caught:
        caller("GetReceipt", asked)
    assert ended(caught.value)[0] is grpc.StatusCode.NOT_FOUND


def test_keys_belong_to_an_organisation(caller: Caller) -> None:
    receipt = caller.record(samples.apheresis())
    asked = records_pb2.GetReceiptRequest(
        request_id=receipt.request_id, organisation=Identifier(scheme="ods", value="RXK")
    )
    with pytest.raises(grpc.RpcError) as caught:
        caller("GetReceipt", asked)
    assert ended(caught.value)[0] is grpc.StatusCode.NOT_FOUND


def test_a_question_without_its_parts_is_malformed(caller: Caller) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        caller("GetReceipt", records_pb2.GetReceiptRequest())
    code, parts = ended(caught.value)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert {one.field for one in parts["BadRequest"].field_violations} == {"request_id", "organisation"}


def test_what_is_judged_only_brings_the_content_to_sign_and_stores_nothing(caller: Caller, ledger: FakeLedger) -> None:
    request = samples.unsigned(samples.request("PointOfCareReleased"))
    request.validate_only = True
    receipt = caller.record(request)
    assert (receipt.state, receipt.position) == (receipt_pb2.RECEIPT_STATE_JUDGED_ONLY, 0)
    assert ledger.stored == []
    signed = samples.request("PointOfCareReleased")
    assert receipt.content_hash == signed.envelope.signatures[0].content_hash
    assert caller.record(signed).position == 1
