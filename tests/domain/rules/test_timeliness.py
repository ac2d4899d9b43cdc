"""Rule E9: is it recorded in its time, or is there a reason and a source for its being late?"""

import pytest

from tests.support import world
from tests.support.judged import Asked, bar, given
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


def test_E9_refuses_what_comes_later_without_a_reason() -> None:
    ledger = unexcused(*world.until("check"))
    ledger.when(world.check(), recorded="2026-04-15T10:20:01Z").then_refused(bar("E9", ME))
    assert [finding.found for finding in ledger.answer.findings] == ["recorded 1 d 0 h after it happened"]


def test_E9_notes_a_late_safety_act_as_that_is_never_refused() -> None:
    ledger = unexcused(*world.until("check"))
    ledger.when(world.withdrawal(), recorded="2026-06-15T10:20Z").then_noted("E9")


def test_E9_takes_the_limit_that_a_rulebook_sets_for_a_type_alone() -> None:
    hour = [{"name": "late-entry-seconds.BedsideIdentityChecked", "value": "3600"}]
    ledger = unexcused(*world.until("check"), world.rulebook(parameters=hour, at="2026-04-01T09:00Z"))
    ledger.when(world.check(), recorded="2026-04-14T11:20:00Z").then_recorded()
    ledger.when(world.check(), recorded="2026-04-14T11:20:01Z").then_refused(bar("E9", ME))
    ledger.when(world.start(), recorded="2026-04-14T12:20:00Z").then_recorded()


def test_E9_lets_a_late_fact_that_was_refused_count_as_a_deviation_with_nothing_typed_again() -> None:
    ledger = unexcused(*world.until("check"))
    ledger.when(world.check(), recorded="2026-04-15T10:20:01Z").then_refused("E9")
    ledger.when(world.as_deviation(ledger.position)).then_deviation(bar("E9", ME))


def test_E9_lets_a_late_fact_that_says_that_it_is_a_deviation_count_at_once() -> None:
    ledger = unexcused(*world.until("check"))
    late = world.check(exceptions=[world.DEVIATION])
    ledger.when(late, recorded="2026-04-15T10:20:01Z").then_deviation(bar("E9", ME))


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


@pytest.mark.parametrize(("ahead", "refused"), [("02", False), ("02.000001", True)], ids=["as much", "more"])
def test_E9_allows_a_decision_the_two_seconds_by_which_right_clocks_may_differ(ahead: str, refused: bool) -> None:
    ledger = unexcused(*world.until("release"))
    ledger.when(world.release(at=f"2026-04-14T09:58:{ahead}Z", uncertainty_ms=0), recorded="2026-04-14T09:58:00Z")
    assert {finding.rule for finding in ledger.answer.findings} == ({"E9"} if refused else set())


PAPER: world.Data = {"source": "TRANSCRIBED"}


@pytest.mark.parametrize(
    "copied",
    [None, {"transcribed_by": NURSE}, {"transcribed_by": NURSE, "verified_by": NURSE}],
    ids=["by nobody", "unchecked", "checked by who copied it"],
)
def test_E9_refuses_a_critical_copy_that_no_second_person_checked(copied: world.Data | None) -> None:
    ledger = unexcused(*world.until("check"))
    ledger.when(world.check(**PAPER, envelope={"transcription": copied})).then_refused(bar("E9", ME))


@pytest.mark.parametrize(
    "envelope",
    [
        {},
        {
            "transcription": {"transcribed_by": NURSE, "scanned_form": world.FORM},
            "electronic_check": {"equipment": world.SCANNER, "evidence": None},
        },
    ],
    ids=["second person", "validated electronic check"],
)
def test_E9_accepts_a_critical_copy_that_was_checked(envelope: world.Data) -> None:
    unexcused(*world.until("check")).when(world.check(**PAPER, envelope=envelope)).then_recorded()


@pytest.mark.parametrize(
    ("said", "noted"),
    [({}, True), ({"source": "TRANSCRIPTION_SOURCE_PAPER"}, True), ({"source": "TRANSCRIPTION_SOURCE_MEMORY"}, False)],
    ids=["nothing said", "paper", "memory"],
)
def test_E9_notes_a_critical_copy_without_the_hash_of_what_it_was_copied_from(said: world.Data, noted: bool) -> None:
    copied = {"transcribed_by": NURSE, "verified_by": world.SECOND_NURSE, **said}
    ledger = unexcused(*world.until("check")).when(world.check(**PAPER, envelope={"transcription": copied}))
    ledger.then_recorded(*(["E9"] if noted else []))


def test_two_hours_of_paper_are_judged_on_their_own_times_and_not_on_that_of_their_recording() -> None:
    ledger = unexcused(*world.until("check"))
    paper = {"source": "TRANSCRIBED", "uncertainty_ms": 0, "envelope": {"late_reason": LATE}}
    ledger.when(world.check(**paper), recorded="2026-04-14T18:00Z").then_recorded()
    ledger.when(world.start(**paper), recorded="2026-04-14T18:02Z").then_recorded()
    ledger.when(world.end(**paper), recorded="2026-04-14T18:04Z").then_recorded()
    stale = unexcused(*world.until("check"))
    stale.when(world.check(**paper), recorded="2026-04-14T18:00Z").then_recorded()
    hours_later = world.start(**{**paper, "at": "2026-04-14T12:00Z"})
    stale.when(hours_later, recorded="2026-04-14T18:02Z").then_refused("I8", "R5")


def test_E9_notes_a_copy_that_is_not_critical_and_refuses_it_late_when_nobody_says_who_made_it() -> None:
    ledger = unexcused(*world.until("consent"))
    unsaid = {"transcription": None}
    ledger.when(world.consent(**PAPER, envelope=unsaid)).then_noted("E9")
    late = world.consent(**PAPER, envelope={**unsaid, "late_reason": LATE})
    ledger.when(late, recorded="2026-05-15T10:20Z").then_refused("E9")


def test_E9_notes_a_safety_act_copied_by_nobody() -> None:
    ledger = unexcused(*world.until("check"))
    ledger.when(world.withdrawal(**PAPER, envelope={"transcription": None})).then_noted("E9")


def test_E9_is_not_cured_by_an_earlier_fact_that_comes_late() -> None:
    ledger = unexcused(*world.until("second_dispatch"))
    ledger.when(world.second_receipt(exceptions=[world.DEVIATION]), recorded="2026-04-16T10:00Z")
    assert {(item.rule, item.weight) for item in ledger.receipt.findings} == {
        ("C1", bar("C1").weight),
        ("E9", bar("E9").weight),
    }
    ledger.when(world.second_dispatch(envelope={"late_reason": LATE}))
    assert [cure.rule for cure in ledger.receipt.cures] == ["C1"]
