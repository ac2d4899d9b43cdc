"""Strict ProtoJSON: what is a message is read, everything else is malformed with its places and not one sent word."""

import json
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st

from coi.ledger.v1 import procurement_pb2 as wire
from coi.ledger.v1 import records_pb2, values_pb2
from ledger.domain.facts.birth import Malformed, Violation
from services.connect import proto_json
from services.mapping import incoming
from tests.services.random_messages import Maker
from tests.support import samples
from tests.support.wire import AnyMessage

SECRET = "Mrs Miggins"
KIND = wire.RecordApheresisPerformedRequest
FIELDS = ("request_id", "envelope", "fact", "exceptions", "validate_only")
MOMENT = {"time": "2026-04-07T09:05:00Z", "utc_offset": "+01:00", "source": "TIME_SOURCE_OPERATOR"}


def wrong(data: object, kind: AnyMessage = KIND) -> list[tuple[str, str]]:
    """The violations of some JSON, as path and sentence."""
    octets = data if isinstance(data, bytes) else json.dumps(data).encode()
    with pytest.raises(Malformed) as caught:
        proto_json.read(octets, kind)
    assert SECRET not in str(caught.value.violations)
    return [(one.path, one.description) for one in caught.value.violations]


@pytest.mark.parametrize("minimal", [False, True])
@pytest.mark.parametrize("name", samples.SENT)
def test_every_example_is_read_as_the_stock_parser_reads_it_in_both_spellings(name: str, minimal: bool) -> None:
    request = samples.request(name, minimal=minimal)
    for snake in (False, True):
        text = json_format.MessageToJson(request, preserving_proto_field_name=snake)
        assert proto_json.read(text.encode(), type(request)) == request
    assert proto_json.read(proto_json.write(request), type(request)) == request


@pytest.mark.parametrize("seed", range(40))
def test_any_message_is_written_and_read_back(seed: int) -> None:
    message = Maker(seed, 0).fill(records_pb2.RecordRequest())
    assert proto_json.read(proto_json.write(message), records_pb2.RecordRequest) == message


@pytest.mark.parametrize(
    ("octets", "sentence"),
    [
        (b"", "is not JSON from line 1, column 1"),
        (b'{"fact": \n Mrs Miggins}', "is not JSON from line 2, column 2"),
        (b'{"request_id": "Mrs Miggins\xff"}', "is not UTF-8 from byte 27"),
        (b"\xff\xfe{\x00}\x00", "is not UTF-8 from byte 0"),
        (b'{"fact": NaN}', "is not JSON: it holds a number that is none"),
        (b'{"fact": ' + b"9" * 5000 + b"}", "is not JSON: it holds a number that is none"),
        (b"[" * 100_000, "is nested deeper than 64 objects"),
        (b"[]", "must be an object with the fields of RecordApheresisPerformedRequest"),
        (b'"Mrs Miggins"', "must be an object with the fields of RecordApheresisPerformedRequest"),
        (b"null", "must be an object with the fields of RecordApheresisPerformedRequest"),
    ],
)
def test_what_is_no_object_in_json_is_told_by_its_place(octets: bytes, sentence: str) -> None:
    assert wrong(octets) == [("request", sentence)]


WRONG: list[tuple[Any, list[tuple[str, str]]]] = [
    (
        {"request_id": "x", "Mrs Miggins": 1},
        [
            (
                "request",
                f"name 2 in it is no field of {KIND.DESCRIPTOR.name}; it has {', '.join(FIELDS)}",
            )
        ],
    ),
    (
        {"fact": {"donatoin": {}}},
        [("fact", "name 1 in it is no field of ApheresisPerformed; did you mean donation?")],
    ),
    ({"request_id": "x", "requestId": "y"}, [("request_id", "is given under both of its spellings")]),
    (b'{"fact": {"coi": {}, "coi": {}}}', [("fact", "gives a field twice")]),
    ({"fact": ""}, [("fact", "must be an object with the fields of ApheresisPerformed")]),
    ({"fact": []}, [("fact", "must be an object with the fields of ApheresisPerformed")]),
    ({"fact": {"bags": {}}}, [("fact.bags", "must be a list")]),
    ({"fact": {"bags": [{}, None]}}, [("fact.bags[1]", "must be an object with the fields of MaterialOut")]),
    ({"request_id": 7, "validate_only": "Mrs Miggins"}, [("request_id", "must be text"), ("validate_only", "?")]),
    (
        {"envelope": {"occurred_at": {**MOMENT, "time": "Mrs Miggins"}}},
        [("envelope.occurred_at.time", "is no time: write it as 2026-04-07T09:05:00Z")],
    ),
    (
        {"envelope": {"occurred_at": {**MOMENT, "source": "Mrs Miggins"}}},
        [
            (
                "envelope.occurred_at.source",
                f"is no value of TimeSource: choose one of {', '.join(values_pb2.TimeSource.keys()[1:])}",
            )
        ],
    ),
    (
        {"envelope": {"occurred_at": {**MOMENT, "uncertainty_ms": "Mrs Miggins"}}},
        [("envelope.occurred_at.uncertainty_ms", "must be a whole number in the range of its field")],
    ),
    (
        {"envelope": {"occurred_at": {**MOMENT, "uncertainty_ms": 1e999}}},
        [("request", "is not JSON: it holds a number that is none")],
    ),
    (
        {"envelope": {"signatures": [{"content_hash": "Mrs Miggins!"}]}},
        [("envelope.signatures[0].content_hash", "must be bytes in base64")],
    ),
    (
        {"envelope": {"signatures": [{"content_hash": "AAAAA"}]}},
        [("envelope.signatures[0].content_hash", "must be bytes in base64")],
    ),
    (b'{"request_id": "\\ud800"}', [("request_id", "must be text")]),
]


@pytest.mark.parametrize(("data", "expected"), WRONG, ids=[str(number) for number in range(len(WRONG))])
def test_each_fault_is_told_by_its_path(data: object, expected: list[tuple[str, str]]) -> None:
    assert wrong(data) == [(path, "must be true or false" if said == "?" else said) for path, said in expected]


def test_one_fact_only_is_taken_where_any_is() -> None:
    both: dict[str, Any] = {"donor_identified": {}, "coiAssigned": {}}
    assert wrong({"fact": both}, records_pb2.RecordRequest) == [("fact", "must hold one fact only")]
    one = proto_json.read(b'{"fact": {"donor_identified": {}, "coi_assigned": null}}', records_pb2.RecordRequest)
    assert one.fact.WhichOneof("fact") == "donor_identified"


def test_facts_inside_facts_are_read_only_so_deep() -> None:
    octets = b'{"fact": ' + b'{"corrected": {"fact": ' * 40 + b"{}" + b"}}" * 40 + b"}"
    assert wrong(octets, records_pb2.RecordRequest)[0][1] == "is nested deeper than 64 objects"


def test_a_time_finer_than_a_microsecond_is_told_by_the_mapper_as_over_grpc() -> None:
    data = samples.parts(samples.of("ApheresisPerformed"))
    data["envelope"]["occurred_at"]["time"] = "2026-04-07T09:05:00.123456789Z"
    with pytest.raises(Malformed) as caught:
        incoming.draft(proto_json.read(json.dumps(data).encode(), KIND))
    assert "envelope.occurred_at.time" in {one.path for one in caught.value.violations}


NAMES = st.sampled_from(["fact", "envelope", "request_id", "requestId", "bags", "coi", "scheme", "time", SECRET, ""])
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.just(SECRET), st.just([SECRET])
)
ANY_JSON = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner), max_leaves=20)


@settings(max_examples=300, deadline=None)
@given(ANY_JSON | st.dictionaries(NAMES, ANY_JSON))
def test_any_json_is_a_message_or_malformed_without_a_word_of_it(data: object) -> None:
    told = told_of(json.dumps(data).encode())
    assert told is None or len(told) > 0
    assert SECRET not in str(told)


def told_of(octets: bytes) -> tuple[Violation, ...] | None:
    """What is wrong with a request; None when it was read."""
    try:
        proto_json.read(octets, KIND)
    except Malformed as error:
        return error.violations
    return None
