"""Content that a device built and signed while offline: one and the same request as the message that says the same."""

import json
import random
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import grpc
import msgspec
import pytest

from coi.ledger.v1.records_pb2 import RecordRequest, RecordStreamRequest
from ledger.domain.facts import content as contents
from ledger.domain.facts.birth import Malformed
from services.mapping import incoming
from services.mapping.incoming import LARGEST_CONTENT, MOST_EXCEPTIONS
from tests.services.calls import Caller, ended
from tests.services.fakes import FakeLedger
from tests.services.test_random_requests import made
from tests.support import samples
from tests.support.wire import AnyMessage

EXAMPLES = [(name, minimal) for name in samples.SENT for minimal in (False, True)]
KEY = "019d6b00-0045-7000-8000-000000000001"
Change = Callable[[dict[str, Any]], object]


def sent(octets: bytes, key: str | None = None) -> RecordRequest:
    """A request with content, under its own id unless told otherwise."""
    return RecordRequest(request_id=key or json.loads(octets)["id"], content=octets)


def apheresis() -> dict[str, Any]:
    """An example without signatures, so that tests may change it."""
    return dict(json.loads(incoming.draft(samples.apheresis()).octets))


def written(data: object) -> bytes:
    """Plain data as canonical JSON."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def violations(request: AnyMessage) -> dict[str, str]:
    """The violations of a request by path."""
    with pytest.raises(Malformed) as caught:
        incoming.draft(request)
    return {one.path: one.description for one in caught.value.violations}


@pytest.mark.parametrize(("name", "minimal"), EXAMPLES)
def test_content_gives_the_very_draft_that_the_message_gives(name: str, minimal: bool) -> None:
    octets = samples.of(name, minimal=minimal)
    draft = incoming.draft(sent(octets))
    assert draft.octets == octets
    assert draft == incoming.draft(samples.request(name, minimal=minimal))
    assert draft == incoming.draft(samples.any_request(name, minimal=minimal))


@pytest.mark.parametrize("name", samples.SENT)
def test_whatever_a_random_message_says_its_content_says_too(name: str) -> None:
    for number in range(0, 60, 2):
        request = made(name, number)
        try:
            draft = incoming.draft(request)
        except Malformed:
            continue
        assert incoming.draft(sent(draft.octets)) == draft


@pytest.mark.parametrize("name", samples.SENT)
def test_content_with_any_byte_changed_is_malformed_or_canonical_itself(name: str) -> None:
    chance = random.Random(name)
    octets = incoming.draft(samples.unsigned(samples.request(name))).octets
    for _ in range(150):
        place = chance.randrange(len(octets))
        changed = octets[:place] + bytes([chance.randrange(256)]) + octets[place + 1 :]
        try:
            draft = incoming.draft(sent(changed, json.loads(octets)["id"]))
        except Malformed:
            continue
        assert draft.octets == changed == contents.encode(contents.decode(changed))


def test_content_is_recorded_as_it_was_sent_and_its_key_knows_all_roads(caller: Caller, ledger: FakeLedger) -> None:
    octets = samples.of("ApheresisPerformed")
    receipt = caller("Record", sent(octets))
    assert ledger.stored[0].record is not None
    assert octets in ledger.stored[0].octets
    assert caller.record(samples.request("ApheresisPerformed")) == receipt
    assert caller("Record", samples.any_request("ApheresisPerformed")) == receipt
    stream = [RecordStreamRequest(request_id=receipt.request_id, content=octets)]
    assert [one.receipt for one in caller.streaming(iter(stream))] == [receipt]
    assert len(ledger.stored) == 1
    with pytest.raises(grpc.RpcError) as caught:
        caller("Record", sent(contents.signed_octets(contents.decode(octets))))
    assert ended(caught.value)[0] is grpc.StatusCode.ALREADY_EXISTS


def test_content_stands_alone() -> None:
    request = samples.any_request("DidNotHappen")
    request.exceptions.add()
    request.content = samples.of("DidNotHappen")
    assert set(violations(request)) == {"envelope", "fact", "exceptions"}


def test_only_asked_content_brings_the_hash_to_sign(caller: Caller) -> None:
    bare = contents.signed_octets(contents.decode(samples.of("PointOfCareReleased")))
    request = sent(bare)
    request.validate_only = True
    signed = samples.request("PointOfCareReleased")
    assert caller("Record", request).content_hash == signed.envelope.signatures[0].content_hash


SPELLINGS: dict[str, Callable[[bytes], bytes]] = {
    "spaces": lambda text: json.dumps(json.loads(text)).encode(),
    "a space": lambda text: text.replace(b'"envelope"', b' "envelope"'),
    "unsorted": lambda text: json.dumps(dict(reversed(json.loads(text).items())), separators=(",", ":")).encode(),
    "a line break": lambda text: text + b"\n",
    "an empty list": lambda text: text.replace(b'"fact":', b'"exceptions":[],"fact":'),
    "a key twice": lambda text: text.replace(b'"id":', b'"id":"' + KEY.encode() + b'","id":'),
    "null": lambda text: text.replace(b'"place":', b'"late_reason":null,"place":'),
    "one digit": lambda text: text.replace(b":00Z", b":00.0Z"),
    "six zeros": lambda text: text.replace(b":00Z", b":00.000000Z"),
    "an offset": lambda text: text.replace(b":00Z", b":00+00:00"),
    "a float": lambda text: re.sub(rb'"cycles":([0-9]+)', rb'"cycles":\1.0', text),
    "an escape": lambda text: text.replace(b"ApheresisPerformed", b"\\u0041pheresisPerformed"),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_any_other_spelling_of_the_same_content_is_refused(spelling: Callable[[bytes], bytes]) -> None:
    octets = written(apheresis())
    changed = spelling(octets)
    assert changed != octets
    assert all(path.startswith("content") for path in violations(sent(changed, apheresis()["id"])))


def test_a_time_that_is_not_told_in_utc_is_refused() -> None:
    data = apheresis()
    data["envelope"]["occurred_at"]["time"] = "2026-04-09T09:02:00+01:00"
    assert violations(sent(written(data))) == {
        "content.envelope.occurred_at.time": "must be written in UTC, ending in Z"
    }


@pytest.mark.parametrize("octets", [b"", b"{", b"[]", b"null", b"\xff", b'"x"', b"[" * 50_000, b'{"a":1}' * 2])
def test_what_is_no_object_is_refused(octets: bytes) -> None:
    assert list(violations(sent(octets, KEY))) == ["content"]


def test_every_part_is_asked_for() -> None:
    assert set(violations(sent(b"{}", KEY))) == {f"content.{name}" for name in ("envelope", "fact", "id", "type")}


CHANGES: dict[str, tuple[Change, set[str]]] = {
    "another id": (lambda data: data.update(id="019d6b00-0045-7000-8000-00000000ffff"), {"content.id"}),
    "a number for an id": (lambda data: data.update(id=7), {"content.id"}),
    "a type of ours": (lambda data: data.update(type="Refused"), {"content.type"}),
    "a type nobody knows": (lambda data: data.update(type="CellsFrozen"), {"content.type"}),
    "a list for a type": (lambda data: data.update(type=["x"]), {"content.type"}),
    "a verdict": (lambda data: data.update(verdict={}), {"content"}),
    "no list": (lambda data: data.update(exceptions={}), {"content.exceptions"}),
    "no exception": (lambda data: data.update(exceptions=[1]), {"content.exceptions[0]"}),
    "no fact": (lambda data: data.update(fact=1), {"content.fact"}),
    "a field nobody knows": (lambda data: data["fact"].update(colour="red"), {"content.fact.colour"}),
    "a name for a field": (lambda data: data["fact"].update({"943 476 5919": "red"}), {"content"}),
    "a field missing": (lambda data: data["fact"].pop("donation"), {"content.fact.donation"}),
    "nobody": (lambda data: data["envelope"].pop("organisation"), {"content.envelope.organisation"}),
    "identity": (lambda data: data["envelope"].update(procedure="NHS 943 476 5919"), {"content.envelope.procedure"}),
}


@pytest.mark.parametrize(("change", "paths"), CHANGES.values(), ids=CHANGES)
def test_content_passes_the_checks_that_a_message_passes(change: Change, paths: set[str]) -> None:
    data = apheresis()
    key = data["id"]
    change(data)
    found = violations(sent(written(data), key))
    assert set(found) == paths
    assert "943 476 5919" not in str(found)


def test_a_signature_must_cover_the_content() -> None:
    data = json.loads(samples.of("PointOfCareReleased"))
    data["envelope"]["sender_reference"] = "another"
    assert set(violations(sent(written(data)))) == {"envelope.signatures[0].content_hash"}


def test_content_has_the_limits_of_a_message() -> None:
    data = apheresis()
    data["envelope"]["place"]["spot"] = "x" * LARGEST_CONTENT
    assert set(violations(sent(written(data)))) == {"content"}
    exception = {"kind": "EXCEPTION_KIND_LATE", "reason_code": "DEVIATION_REASON_OTHER", "reason": "late"}
    data = apheresis() | {"exceptions": [exception] * (MOST_EXCEPTIONS + 1)}
    assert set(violations(sent(written(data)))) == {"content.exceptions"}


def test_the_key_beside_content_must_be_one() -> None:
    octets = written(apheresis())
    assert set(violations(RecordRequest(content=octets))) == {"request_id"}
    assert set(violations(sent(octets, "x"))) == {"request_id"}
    assert set(violations(sent(octets, str(UUID(int=9))))) == {"content.id"}


def test_what_was_accepted_is_read_back_as_it_was_sent() -> None:
    octets = samples.of("Corrected")
    assert msgspec.json.decode(incoming.draft(sent(octets)).octets) == json.loads(octets)
