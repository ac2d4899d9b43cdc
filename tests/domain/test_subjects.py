"""Subjects: what they leave alone, and what a record says to them."""

from datetime import timedelta

import msgspec
import pytest

from ledger.domain.facts import content as encoding
from ledger.domain.facts import tagging
from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.content import UnknownFact
from ledger.domain.facts.record import Record, Recorder, Stamp, Verdict
from ledger.domain.facts.values import Identifier, Quantity
from ledger.domain.finding import Outcome
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules.case import Case
from ledger.domain.rules.catalogue import RULES, rules_for
from ledger.domain.subjects import amount
from ledger.domain.subjects.catalogue import SUBJECTS
from ledger.domain.subjects.subject import AnySubject, Entry, statement
from tests.support import samples, world
from tests.support.judged import Asked, bar, given
from tests.support.world import HTA, tag

OTHERS = (world.rulebook(), world.consent(), world.release())


@pytest.mark.parametrize("subject", SUBJECTS, ids=[subject.name for subject in SUBJECTS])
def test_a_subject_leaves_its_state_as_it_was_for_a_type_that_it_does_not_fold(subject: AnySubject) -> None:
    draft = next(draft for draft in OTHERS if draft.content.type not in subject.types)
    entry = Entry(
        tag=f"{subject.kinds[0]}:x:1", position=1, at=draft.content.envelope.occurred_at.time, content=draft.content
    )
    assert subject.fold(subject.empty, entry) == subject.empty


@pytest.mark.parametrize("subject", SUBJECTS, ids=[subject.name for subject in SUBJECTS])
def test_an_empty_subject_leads_nowhere(subject: AnySubject) -> None:
    assert list(subject.links(subject.empty)) == []


@pytest.mark.parametrize(
    ("fact_type", "owner"),
    [("LabelApplied", "Labels"), ("ShelfLifeExtended", "Extended"), ("RouteConfirmed", "ChainRoute")],
)
def test_one_subject_owns_what_a_label_an_extension_or_a_route_says(fact_type: str, owner: str) -> None:
    assert {subject.name for subject in SUBJECTS if fact_type in subject.types} == {owner}


MOST = 256
"""Of anything that a fact adds to each time that it is said again."""


def _longest(state: object) -> int:
    """Length of the longest tuple in a state."""
    if isinstance(state, tuple):
        return max((len(state), *(_longest(item) for item in state)))
    if isinstance(state, msgspec.Struct):
        return max((0, *(_longest(getattr(state, name)) for name in state.__struct_fields__)))
    return 0


@pytest.mark.parametrize("subject", SUBJECTS, ids=[subject.name for subject in SUBJECTS])
def test_a_subject_does_not_grow_with_every_fact_that_is_said_again(subject: AnySubject) -> None:
    for fact_type in sorted(subject.types & set(samples.SENT)):
        said = encoding.decode(samples.of(fact_type))
        for tag_of_subject in sorted(item for item in tagging.named(said) if kind_of(item) in subject.kinds):
            state = subject.empty
            for number in range(1, MOST + 2):
                at = said.envelope.occurred_at.time + timedelta(minutes=number)
                state = subject.fold(state, Entry(tag=tag_of_subject, position=number, at=at, content=said))
            assert _longest(state) <= MOST, fact_type


def test_subjects_have_names_of_their_own_and_fold_types_that_there_are() -> None:
    assert len({subject.name for subject in SUBJECTS}) == len(SUBJECTS)
    assert {name for subject in SUBJECTS for name in subject.types} <= set(TYPES)


def test_a_register_is_folded_into_what_it_is_about_and_not_into_what_its_envelope_names() -> None:
    granted = world.central_licence(envelope={"licence": HTA, "organisation": world.COLLECTING})
    given(*world.until("apheresis"), granted).when(world.apheresis()).then_recorded()


def test_a_person_who_registers_another_is_not_that_other() -> None:
    ledger = given(*world.until("chain"), world.person(world.name("staff.X", "1"), by=world.CONSULTANT))
    ledger.when(world.chain(checked_by=[world.name("staff.X", "1")])).then_recorded()


# What a record says


def recorded(draft: world.Draft, outcome: Outcome = Outcome.RECORDED) -> Record:
    """A record of a draft."""
    stamp = Stamp(
        position=1,
        recorded_at=draft.content.envelope.occurred_at.time,
        recorder=Recorder(organisation=Identifier(**world.TREATING)),
    )
    return Record(content=draft.content, stamp=stamp, verdict=Verdict(outcome=outcome, rulebook=0))


def test_a_refusal_an_unknown_fact_and_a_record_without_effect_say_nothing() -> None:
    start = recorded(world.start())
    unknown_type = msgspec.structs.replace(start.content, type="CellsFrozen")
    unknown_shape = msgspec.structs.replace(start.content, fact=UnknownFact())
    assert statement(recorded(world.start(), Outcome.REFUSED)) is None
    assert statement(msgspec.structs.replace(start, content=unknown_type)) is None
    assert statement(msgspec.structs.replace(start, content=unknown_shape)) is None
    assert statement(recorded(world.did_not_happen(1))) is None


# Amounts


def test_amounts_are_added_per_unit_and_exactly() -> None:
    measured = [
        Quantity(value="0.1", unit="mL"),
        Quantity(value="0.2", unit="mL"),
        Quantity(value="3", unit="g", of="x"),
    ]
    total = amount.total(measured)
    assert [amount.spoken(number, unit, of) for unit, of, number in total] == ["3 g x", "0.3 mL"]
    left = amount.minus(total, amount.total([Quantity(value="1", unit="mL"), Quantity(value="1", unit="L")]))
    assert [amount.spoken(number, unit, of) for unit, of, number in left] == ["3 g x", "-0.7 mL"]
    assert amount.value(left, "L", "") is None


# Rules


@pytest.mark.parametrize("rule", ["E1", "C1", "I1", "I4", "I8", "R1", "R5"])
def test_a_rule_says_nothing_about_a_type_that_it_does_not_judge(rule: str) -> None:
    ledger = Asked().when(world.withdrawal()).then_recorded()
    stamp = ledger.record.stamp
    case = Case(
        content=ledger.record.content,
        kind=Kind.SAFETY_ACT,
        position=1,
        at=stamp.recorded_at,
        recorded_at=stamp.recorded_at,
        recorder=stamp.recorder,
        states={},
    )
    assert list(RULES[rule].judge(case)) == []
    assert [judged.id for judged in rules_for("ConsentWithdrawn")] == ["E2", "E9"]


# Facts decided together


def together(*drafts: world.Draft) -> Asked:
    """Facts that one commit takes, after the first two: a lot is released before it is used, by our clock."""
    ledger = Asked().given(*drafts[:2])
    ledger.now = world.time("2026-04-14T09:00Z")
    with ledger.ledger._log.appending():
        futures = [ledger.ledger.submit(world.excused(draft)) for draft in drafts[2:]]
    ledger.answers += [future.result(30) for future in futures]
    return ledger


def released_before() -> tuple[world.Draft, ...]:
    """Registers and story up to the last step, the lot and its release first."""
    return (world.lot(), world.lot_release(), *world.until("completion", vector_lot=None, vector_release=None))


def test_facts_decided_together_are_judged_as_if_one_after_the_other() -> None:
    told = released_before()
    ledger = together(*told)
    assert {answer.findings for answer in ledger.answers} == {()}
    assert len({row.recorded_at for row in ledger.rows()}) < len(told) / 2
    ledger.when(world.modification(at="2026-04-08T10:00Z", outputs=[world.filled(world.FINAL)])).then_refused(
        "Q5", "Q1"
    )


def test_a_record_about_a_fact_of_the_same_commit_is_judged_by_it() -> None:
    told = released_before()
    consent = 1 + next(number for number, draft in enumerate(told) if draft.content.type == "ConsentRecorded")
    again = world.corrected(consent, world.consent(coi=None))
    ledger = together(*told, again)
    assert {answer.findings for answer in ledger.answers} == {()}
    ledger.when(world.central_batch(batch=world.POC_BATCH, licence=HTA)).then_refused(
        bar("L1", tag("site", world.CENTRAL_SITE))
    )
