"""Rule E9: is it recorded in its time, or is there a reason and a source for its being late?"""

import pytest

from tests.support import world
from tests.support.judged import Asked, bar, given, note
from tests.support.world import NURSE, tag

ME = tag("person", NURSE)
LATE = {"code": "LATE_CODE_NO_SIGNAL", "text": "two hours without signal"}


def unexcused(*told: world.Draft) -> Asked:
    """A ledger to which a late fact comes without a reason."""
    ledger = given(*told)
    ledger.excused = False
    return ledger


@pytest.mark.parametrize("recorded", ["2026-04-14T10:20:30Z", "2026-04-15T10:20Z"], ids=["at once", "a day later"])
def test_E9_accepts_what_is_recorded_within_the_limit(recorded: str) -> None:
    unexcused(*world.until("check")).when(world.check(), recorded=recorded).then_recorded()


def test_E9_notes_what_comes_later_without_a_reason() -> None:
    ledger = unexcused(*world.until("check"))
    ledger.when(world.check(), recorded="2026-04-15T10:20:01Z").then_noted(note("E9", ME))


@pytest.mark.parametrize(
    "told",
    [
        {"envelope": {"late_reason": LATE}},
        {"exceptions": [{"kind": "EXCEPTION_KIND_LATE", "reason_code": "DEVIATION_REASON_SYSTEM_DOWN", "reason": "x"}]},
    ],
    ids=["reason", "exception"],
)
def test_E9_accepts_a_late_entry_that_says_why(told: world.Data) -> None:
    unexcused(*world.until("check")).when(world.check(**told), recorded="2026-04-17T10:20Z").then_recorded()


def test_E9_counts_from_the_end_of_an_activity_that_lasts() -> None:
    ledger = unexcused(*world.until("modification"))
    long = world.modification(ended_at=world.time("2026-04-11T08:00Z"))
    ledger.when(long, recorded="2026-04-12T07:59Z").then_recorded()


def test_E9_refuses_a_decision_that_is_dated_after_its_recording() -> None:
    ledger = unexcused(*world.until("release"))
    ledger.when(world.release(at="2026-04-14T12:00Z"), recorded="2026-04-14T09:58Z").then_refused("E9")


def test_E9_accepts_a_decision_dated_ahead_by_no_more_than_its_clock_may_err() -> None:
    ledger = unexcused(*world.until("release"))
    ahead = world.release(at="2026-04-14T09:59Z", uncertainty_ms=60_000)
    ledger.when(ahead, recorded="2026-04-14T09:58Z").then_recorded()


def test_E9_notes_a_copy_of_which_nobody_says_who_made_it_and_a_critical_one_that_nobody_checked() -> None:
    paper = {"source": "TRANSCRIBED"}
    ledger = unexcused(*world.until("check"))
    ledger.when(world.check(**paper, envelope={"transcription": None})).then_noted(note("E9", ME))
    ledger.when(world.check(**paper, envelope={"transcription": {"transcribed_by": NURSE}})).then_noted("E9")
    ledger.when(world.check(**paper)).then_recorded()


def test_E9_is_not_cured_by_an_earlier_fact_that_comes_late() -> None:
    ledger = unexcused(*world.until("second_dispatch"))
    ledger.when(world.second_receipt(exceptions=[world.DEVIATION]), recorded="2026-04-16T10:00Z")
    assert {(item.rule, item.weight) for item in ledger.receipt.findings} == {
        ("C1", bar("C1").weight),
        ("E9", note("E9").weight),
    }
    ledger.when(world.second_dispatch())
    assert [cure.rule for cure in ledger.receipt.cures] == ["C1"]
