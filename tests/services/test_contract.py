"""What two exceptions to the style of the wire contract would let slip: who answers with what, and who takes what."""

from collections import Counter

import pytest
from google.protobuf.descriptor import MethodDescriptor

from ledger.domain.facts.catalogue import TYPES
from tests.support import wire

METHODS = {method.full_name: method for method in wire.methods()}
SEVERAL = ("RecordBatch", "RecordStream")
"""They record more than one fact, and so answer with more than one receipt."""
UNIFORM = {1: "request_id", 2: "envelope", 3: "fact", 4: "exceptions", 5: "validate_only"}
ALSO = {"Record": {7: "content"}, "RecordStream": {7: "content", 8: "only_after"}}
"""What the rpcs that take any fact have besides."""


def records(method: MethodDescriptor) -> bool:
    """Whether the method records one fact."""
    return method.name.startswith("Record") and method.name not in SEVERAL


@pytest.mark.parametrize("name", METHODS)
def test_a_record_rpc_answers_with_a_receipt_and_any_other_with_its_own_response(name: str) -> None:
    method = METHODS[name]
    assert method.output_type.name == ("Receipt" if records(method) else f"{method.name}Response")


@pytest.mark.parametrize("name", METHODS)
def test_a_request_is_named_after_its_rpc(name: str) -> None:
    assert METHODS[name].input_type.name == f"{METHODS[name].name}Request"


def test_no_request_is_used_twice() -> None:
    assert [name for name, times in Counter(m.input_type.name for m in METHODS.values()).items() if times > 1] == []


@pytest.mark.parametrize(
    "name", [name for name, method in METHODS.items() if records(method) and method.name not in ALSO]
)
def test_every_record_rpc_takes_the_one_uniform_request(name: str) -> None:
    request = METHODS[name].input_type
    assert {field.number: field.name for field in request.fields} == UNIFORM
    assert [field.name for field in request.fields if wire.is_required(field)] == ["request_id", "envelope", "fact"]
    assert wire.type_name(request.fields_by_name["envelope"]) == "Envelope"
    assert wire.type_name(request.fields_by_name["exceptions"]) == "FactException"


@pytest.mark.parametrize("rpc", ALSO)
def test_what_takes_any_fact_takes_the_uniform_request_or_its_content(rpc: str) -> None:
    request = wire.messages()[f"{rpc}Request"]
    assert {field.number: field.name for field in request.fields} == UNIFORM | ALSO[rpc]
    assert [field.name for field in request.fields if wire.is_required(field)] == ["request_id"]


def test_an_item_of_a_batch_is_the_uniform_request_without_key_and_question() -> None:
    item = wire.messages()["RecordBatchItem"]
    assert [field.name for field in item.fields] == ["envelope", "fact", "exceptions"]
    assert [field.name for field in item.fields if wire.is_required(field)] == ["envelope", "fact"]


def test_every_type_that_callers_may_send_has_its_rpc_in_the_service_of_its_stage() -> None:
    there = {
        (method.name.removeprefix("Record"), method.containing_service.name)
        for method in METHODS.values()
        if records(method) and method.name != "Record"
    }
    assert there == {
        (name, "FollowUpService" if s.about.stage == "follow_up" else f"{s.about.stage.capitalize()}Service")
        for name, s in TYPES.items()
        if not s.about.server_made
    }


@pytest.mark.parametrize(
    "name", [name for name, method in METHODS.items() if records(method) and method.name != "Record"]
)
def test_a_record_rpc_carries_the_fact_that_it_is_named_after(name: str) -> None:
    assert f"Record{wire.type_name(METHODS[name].input_type.fields_by_name['fact'])}" == METHODS[name].name
