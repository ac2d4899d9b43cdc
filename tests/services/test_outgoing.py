"""What the ledger answers, as messages: the field names of Structs and messages are the same, and nothing is lost."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from coi.ledger.v1 import inspection_pb2, receipt_pb2
from ledger import api
from ledger.domain.facts import content as contents
from ledger.domain.facts import record as records
from ledger.domain.facts.record import Clearance, Cure, Effect, InHand, Recorder, Resolved, Stamp, Verdict
from ledger.domain.facts.values import Identifier, Quantity
from ledger.domain.finding import Finding, Outcome, Weight
from ledger.domain.receipt import Receipt, State
from services.mapping import outgoing
from tests.support import samples

AT = datetime(2026, 4, 9, 8, 5, 0, 250_001, tzinfo=UTC)
PAIRS = [
    (Receipt, receipt_pb2.Receipt),
    (Finding, receipt_pb2.Finding),
    (Resolved, receipt_pb2.Resolved),
    (Cure, receipt_pb2.Cure),
    (Clearance, receipt_pb2.Clearance),
    (InHand, receipt_pb2.InHand),
    (Recorder, receipt_pb2.Recorder),
    (Effect, inspection_pb2.Effect),
    (api.Node, inspection_pb2.TraceNode),
    (api.Edge, inspection_pb2.TraceEdge),
]
FINDING = Finding(rule="I8", tag="patient:pseudonym:01K", weight=Weight.NOTE, found="a", must="b", positions=(3, 4))
CLEARANCE = Clearance(
    next_step="AdministrationStarted",
    may_follow=True,
    sentence="May be given until 11:50 UK time.",
    until=AT,
    rules=("R5",),
    in_hand=(InHand(material="material:x:1", remaining=(Quantity(value="50", unit="mL"),), expires_at=AT),),
)


@pytest.mark.parametrize(("struct", "message"), PAIRS)
def test_struct_and_message_have_the_same_fields(struct: type[msgspec.Struct], message: type) -> None:
    assert set(struct.__struct_fields__) == set(message.DESCRIPTOR.fields_by_name)  # type: ignore[attr-defined]


def stored(fact_type: str = "ApheresisPerformed", effect: Effect | None = None) -> api.StoredFact:
    """A stored fact with everything that a verdict can hold."""
    stamp = Stamp(position=7, recorded_at=AT, recorder=Recorder(organisation=Identifier(scheme="ods", value="RR8")))
    verdict = Verdict(
        outcome=Outcome.RECORDED_AS_DEVIATION,
        rulebook=3,
        findings=(FINDING,),
        cures=(Cure(deviation=5, rule="C1"),),
        resolved=(Resolved(name="licence", value="licence:hta:99026", position=2),),
        tags=("coi:isbt128-coi:CHA999926000017",),
        inherited=("batch:batch.MPC:26-0042",),
        effect=effect,
        clearance=CLEARANCE,
    )
    octets = records.encode(samples.of(fact_type), stamp, verdict)
    leaf = b"l" * 32
    return api.StoredFact(
        position=7, type=fact_type, octets=octets, salt=b"s" * 32, leaf_hash=leaf, record=records.decode(octets)
    )


@pytest.mark.parametrize("name", samples.SENT)
def test_a_stored_fact_comes_back_as_it_was_sent(name: str) -> None:
    told, sent = outgoing.stored_fact(stored(name)), samples.any_request(name)
    assert (told.envelope, told.fact, [*told.exceptions]) == (sent.envelope, sent.fact, [*sent.exceptions])
    assert told.request_id == sent.request_id
    assert told.content == samples.of(name)


def test_a_stored_fact_shows_its_verdict_and_its_bytes() -> None:
    fact = stored()
    told = outgoing.stored_fact(fact)
    assert (told.position, told.type, told.recorded_at.ToDatetime(UTC)) == (7, "ApheresisPerformed", AT)
    assert (told.record, told.salt, told.leaf_hash) == (fact.octets, fact.salt, fact.leaf_hash)
    assert told.outcome == receipt_pb2.OUTCOME_RECORDED_AS_DEVIATION
    assert (told.rulebook, told.judged, told.recorder.organisation.value) == (3, True, "RR8")
    assert [*told.findings[0].positions] == [3, 4]
    assert told.findings[0].weight == receipt_pb2.WEIGHT_NOTE
    assert (told.cures[0].deviation, told.resolved[0].value) == (5, "licence:hta:99026")
    assert ([*told.tags], [*told.inherited]) == (["coi:isbt128-coi:CHA999926000017"], ["batch:batch.MPC:26-0042"])
    assert not told.HasField("effect")
    assert told.clearance == outgoing.message(receipt_pb2.Clearance, CLEARANCE)


def test_a_clearance_says_what_the_ledger_says() -> None:
    told = outgoing.message(receipt_pb2.Clearance, CLEARANCE)
    assert (told.next_step, told.may_follow, told.sentence) == (
        "AdministrationStarted",
        True,
        "May be given until 11:50 UK time.",
    )
    assert (told.until.ToDatetime(UTC), [*told.rules]) == (AT, ["R5"])
    held = told.in_hand[0]
    assert (held.material, held.remaining[0].value, held.expires_at.ToDatetime(UTC)) == ("material:x:1", "50", AT)


def test_an_effect_brings_the_stored_bytes_of_what_counts_now() -> None:
    now = contents.decode(samples.of("AdministrationEnded"))
    told = outgoing.stored_fact(stored("Corrected", Effect(target=5, effective=AT, content=now, tags=("a:b:c",))))
    assert told.effect.content == samples.of("AdministrationEnded")
    assert (told.effect.target, told.effect.effective.ToDatetime(UTC), [*told.effect.tags]) == (5, AT, ["a:b:c"])


def test_an_effect_that_leaves_nothing_has_no_content() -> None:
    told = outgoing.stored_fact(stored("DidNotHappen", Effect(target=5, effective=AT)))
    assert told.HasField("effect")
    assert told.effect.content == b""


def test_a_fact_of_an_unknown_type_is_shown_without_being_read() -> None:
    octets = stored().octets.replace(b'"type":"ApheresisPerformed"', b'"type":"FromTheFuture"')
    fact = api.StoredFact(
        position=7, type="FromTheFuture", octets=octets, salt=b"", leaf_hash=b"", record=records.decode(octets)
    )
    told = outgoing.stored_fact(fact)
    assert not told.HasField("fact")
    assert told.envelope.performed_by.value == "98I0001E"
    assert b"FromTheFuture" in told.content


def test_bytes_that_are_no_record_are_shown_as_they_are() -> None:
    fact = api.StoredFact(position=7, type="dcb:x", octets=b"\x00", salt=b"s", leaf_hash=b"l", record=None)
    told = outgoing.stored_fact(fact)
    assert (told.record, told.content, told.HasField("envelope")) == (b"\x00", b"", False)


def test_in_a_replay_the_bytes_come_only_if_asked_for() -> None:
    step = api.Step(fact=stored(), effective=AT, standing="corrected", corrected_by=(9,), cured=("C1",))
    told = outgoing.stored_fact(step.fact, with_record=False, step=step)
    assert (told.record, told.content, told.salt) == (b"", b"", b"")
    assert (told.standing, [*told.corrected_by], [*told.cured]) == ("corrected", [9], ["C1"])
    assert told.effective.ToDatetime(UTC) == AT


def test_a_receipt_says_everything() -> None:
    receipt = Receipt(
        state=State.RECORDED_AS_DEVIATION,
        position=7,
        recorded_at=AT,
        type="ConsignmentReceived",
        request_id=UUID("019d6b00-0045-7000-8000-000000000001"),
        rulebook=3,
        findings=(FINDING,),
        cures=(Cure(deviation=5, rule="C1"),),
        resolved=(Resolved(name="nation", value="NATION_ENGLAND"),),
        tags=("coi:isbt128-coi:CHA999926000017",),
        leaf_hash=b"l" * 32,
        deviation="deviation:ledger:7",
        content=b"{}",
        content_hash=b"h" * 32,
        repeated_call=True,
        clearance=CLEARANCE,
    )
    told = outgoing.receipt(receipt)
    assert {field.name for field, _ in told.ListFields()} == set(Receipt.__struct_fields__)
    assert told.request_id == "019d6b00-0045-7000-8000-000000000001"
    assert told.state == receipt_pb2.RECEIPT_STATE_RECORDED_AS_DEVIATION


def test_the_axes_of_a_question_come_back_as_they_were_used() -> None:
    told = outgoing.as_of(api.AsOf(occurred=AT, position=5, at_least=4))
    assert (told.occurred.ToDatetime(UTC), told.position, told.at_least_position) == (AT, 5, 4)
    assert not told.HasField("recorded")
