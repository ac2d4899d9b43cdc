"""Days that people set themselves: a notice answered, a deviation closed, in time or late; told by pure functions."""

from ledger.domain.rules.answering import Owed, deviation_owed, told
from ledger.domain.subjects.cases import CASE, SafetyCase
from ledger.domain.subjects.history import History
from ledger.domain.subjects.settlement import DEVIATION, Deviation
from ledger.domain.subjects.subject import AnySubject, statement
from ledger.store import filing
from tests.support import making, vigilance, world
from tests.support.judged import Asked, given
from tests.support.world import CENTRAL, CHAIN, CONTROL, OTHER_CHAIN, QUALITY, tag, time

CASE_TAG = tag("case", vigilance.CASE)
JULY = time("2026-07-01T00:00Z")


def folded(asked: Asked, subject: AnySubject, of: str) -> History:
    """A subject's history, folded from what is stored."""
    history = History(subject, of)
    for row in asked.rows():
        record = filing.readable(row)
        stated = statement(record) if record is not None else None
        if stated is not None and subject.folds(stated, of):
            history.add(stated)
    return history


def case(*drafts: world.Draft) -> SafetyCase:
    """A case after some facts."""
    found: SafetyCase = folded(given(*world.registers(), *drafts), CASE, CASE_TAG).newest
    return found


def test_a_notice_is_due_at_the_end_of_its_day_and_met_by_the_first_answer_of_who_was_told() -> None:
    (one,) = told(case(vigilance.notice(answer_by="2026-04-15"), vigilance.answer()))
    assert one.owed == Owed(
        by=one.notice.position,
        owner=tag("organisation", CENTRAL),
        due=time("2026-04-15T23:00Z"),
        met=time("2026-04-15T11:00Z"),
        met_by=one.notice.position + 1,
    )
    assert (one.answer is not None and one.answer.used, one.owed.late(JULY)) == (1, False)


def test_an_answer_after_its_day_is_late_and_so_is_none_while_without_a_day_nothing_is() -> None:
    late = vigilance.answer(at="2026-04-15T23:00Z")
    (answered,) = told(case(vigilance.notice(answer_by="2026-04-15"), late))
    (silent,) = told(case(vigilance.notice(answer_by="2026-04-15")))
    (free,) = told(case(vigilance.notice()))
    assert [one.owed.late(JULY) for one in (answered, silent, free)] == [True, True, False]


def test_an_answer_about_one_patient_does_not_answer_for_another_of_the_same_hospital() -> None:
    both = (vigilance.notice(), vigilance.notice(coi=OTHER_CHAIN))
    for_one = case(*both, vigilance.answer(coi=CHAIN))
    for_all = case(*both, vigilance.answer())
    assert [one.answer is not None for one in told(for_one)] == [True, False]
    assert for_one.silent() == (tag("organisation", CENTRAL),)
    assert ([one.answer is not None for one in told(for_all)], for_all.silent()) == ([True, True], ())


def test_who_took_an_organisation_over_answers_for_it() -> None:
    answered = case(vigilance.notice(), vigilance.answer(CONTROL))
    old, new = tag("organisation", CENTRAL), tag("organisation", CONTROL)
    (by_itself,) = told(answered)
    (by_successor,) = told(answered, lambda one: new if one == old else one)
    assert (by_itself.answer, by_successor.owed.owner) == (None, new)
    assert by_successor.answer is not None


def test_a_recall_keeps_what_it_names_and_the_scope_that_was_taken_for_it() -> None:
    found = case(
        making.recall(case=vigilance.CASE, lot=world.VECTOR_LOT, scope_position=3, scope_hash=bytes(range(32)))
    )
    (taken,) = found.taken
    lot = (tag("lot", world.VECTOR_LOT),)
    assert (found.covers, taken.covers, taken.scope_position, taken.scope_hash) == (lot, lot, 3, bytes(range(32)))


def test_a_deviation_has_the_owner_and_the_day_that_it_was_raised_with_and_ends_when_it_is_closed() -> None:
    raised = world.sample("DeviationRaised", owner=QUALITY, due="2026-05-01", at="2026-04-15T10:00Z")
    ledger = given(*world.registers()).when(raised)
    number = ledger.position
    of = f"deviation:ledger:{number}"
    state: Deviation = folded(ledger, DEVIATION, of).newest
    open_ = deviation_owed(state)
    assert open_ == Owed(by=number, owner=tag("person", QUALITY), due=time("2026-05-01T23:00Z"))
    assert (open_.late(time("2026-05-01T22:59Z")), open_.late(time("2026-05-01T23:00Z"))) == (False, True)
    assert deviation_owed(Deviation()) is None
