"""Reporting clocks, as a pure function: start, due, met and late, of every report that the law gives a number for."""

from datetime import datetime

import pytest

from ledger.domain.facts.terms import Route
from ledger.domain.facts.vigilance import ReportKind
from ledger.domain.rules.case import DEFAULTS
from ledger.domain.rules.clocks import Clock, clock, clocks
from ledger.domain.rules.parameters import LIMITS
from ledger.domain.subjects.reporting import Learnt, Reporting, Submitted
from tests.support.world import time

NOON = time("2026-02-02T12:00Z")
WINTER, SUMMER = time("2026-02-03T00:00Z"), time("2026-06-02T23:00Z")


def learnt(report: ReportKind, *, serious: bool = True, fatal: bool = False, at: datetime = NOON) -> Learnt:
    """Something to be reported, known at noon in winter."""
    return Learnt(report=report, at=at, serious=serious, fatal=fatal)


@pytest.mark.parametrize(
    ("item", "start", "due"),
    [
        (learnt(ReportKind.SERIOUS_ADVERSE_EVENT_OR_REACTION), NOON, "2026-02-03T12:00Z"),
        (learnt(ReportKind.OUT_OF_SPECIFICATION), NOON, "2026-02-04T12:00Z"),
        (learnt(ReportKind.SERIOUS_ADVERSE_FOLLOW_UP), WINTER, "2026-05-03T23:00Z"),
        (learnt(ReportKind.SUSPECTED_ADVERSE_REACTION), WINTER, "2026-02-18T00:00Z"),
        (learnt(ReportKind.SUSPECTED_ADVERSE_REACTION, serious=False), WINTER, "2026-05-03T23:00Z"),
        (learnt(ReportKind.SUSAR), WINTER, "2026-02-18T00:00Z"),
        (learnt(ReportKind.SUSAR, fatal=True), WINTER, "2026-02-10T00:00Z"),
        (learnt(ReportKind.SERIOUS_BREACH), WINTER, "2026-02-10T00:00Z"),
    ],
    ids=["hours", "oos", "follow-up", "serious", "not serious", "susar", "fatal", "breach"],
)
def test_hours_run_from_the_knowledge_and_days_from_the_day_after_it(item: Learnt, start: datetime, due: str) -> None:
    assert clock(item, None, DEFAULTS) == Clock(report=item.report, start=start, due=time(due))


@pytest.mark.parametrize(
    "report",
    [
        ReportKind.DEFECT,
        ReportKind.REPORTABLE_ISSUE,
        ReportKind.URGENT_SAFETY_MEASURE,
        ReportKind.BLOOD_SERIOUS_ADVERSE,
        ReportKind.CONTROL_SITE_ANNUAL,
    ],
)
def test_where_the_law_gives_no_number_nothing_is_due_and_nothing_late(report: ReportKind) -> None:
    found = clock(learnt(report), None, DEFAULTS)
    assert found == Clock(report=report, start=NOON, due=None)
    assert not found.late(datetime.max.replace(tzinfo=NOON.tzinfo))


@pytest.mark.parametrize(
    ("route", "due"),
    [
        (None, "2026-05-03T23:00Z"),
        (Route.MARKETING_AUTHORISATION, "2026-05-03T23:00Z"),
        (Route.HOSPITAL_EXEMPTION, "2026-02-18T00:00Z"),
        (Route.SPECIAL, "2026-05-03T23:00Z"),
        (Route.CLINICAL_TRIAL, None),
        (Route.EARLY_ACCESS, None),
    ],
)
def test_a_reaction_that_is_not_serious_has_the_time_of_its_route(route: Route | None, due: str | None) -> None:
    found = clock(learnt(ReportKind.SUSPECTED_ADVERSE_REACTION, serious=False), route, DEFAULTS)
    assert found.due == (None if due is None else time(due))


def test_what_is_known_late_on_an_evening_in_summer_is_known_the_next_day() -> None:
    found = clock(learnt(ReportKind.SUSAR, at=time("2026-06-01T23:30Z")), None, DEFAULTS)
    assert (found.start, found.due) == (SUMMER, time("2026-06-17T23:00Z"))


def test_the_last_day_is_included_and_the_midnight_after_it_is_late() -> None:
    found = clock(learnt(ReportKind.SERIOUS_BREACH), None, DEFAULTS)
    assert not found.late(time("2026-02-09T23:59:59Z"))
    assert found.late(time("2026-02-10T00:00Z"))


def test_a_clock_is_met_by_the_first_report_of_its_sort_since_it_was_learnt_of() -> None:
    other = Submitted(report=ReportKind.DEFECT, at=time("2026-02-03T09:00Z"), position=5)
    before = Submitted(report=ReportKind.SUSAR, at=time("2026-02-01T09:00Z"), position=4)
    first = Submitted(report=ReportKind.SUSAR, at=time("2026-02-05T09:00Z"), position=9)
    again = Submitted(report=ReportKind.SUSAR, at=time("2026-03-05T09:00Z"), position=11)
    state = Reporting(learnt=(learnt(ReportKind.SUSAR),), submitted=(before, other, again, first))
    (found,) = clocks(state, None, DEFAULTS)
    assert (found.met, found.by, found.late(time("2026-04-01T00:00Z"))) == (first.at, 9, False)


def test_a_report_to_the_organisation_that_recorded_it_meets_no_clock() -> None:
    item = learnt(ReportKind.SERIOUS_ADVERSE_EVENT_OR_REACTION)
    own = Submitted(report=item.report, at=time("2026-02-02T13:00Z"), position=9, own=True)
    sent = Submitted(report=item.report, at=time("2026-02-02T15:00Z"), position=11)
    (alone,) = clocks(Reporting(learnt=(item,), submitted=(own,)), None, DEFAULTS)
    (both,) = clocks(Reporting(learnt=(item,), submitted=(own, sent)), None, DEFAULTS)
    assert (alone.met, alone.by, both.met, both.by) == (None, 0, sent.at, 11)


def test_a_clock_that_was_met_too_late_stays_late_and_one_that_is_not_met_is_late_in_time() -> None:
    item = learnt(ReportKind.SUSAR)
    late = Submitted(report=ReportKind.SUSAR, at=time("2026-02-18T00:00Z"), position=9)
    (met,) = clocks(Reporting(learnt=(item,), submitted=(late,)), None, DEFAULTS)
    (open_,) = clocks(Reporting(learnt=(item,)), None, DEFAULTS)
    assert met.late(NOON)
    assert [open_.late(time(moment)) for moment in ("2026-02-17T23:59Z", "2026-02-18T00:00Z")] == [False, True]


def test_what_turns_out_graver_starts_a_clock_of_its_own() -> None:
    graver = learnt(ReportKind.SUSAR, fatal=True, at=time("2026-02-12T12:00Z"))
    state = Reporting(learnt=(learnt(ReportKind.SUSAR), graver))
    assert [one.due for one in clocks(state, None, DEFAULTS)] == [time("2026-02-18T00:00Z"), time("2026-02-20T00:00Z")]


def test_a_rulebook_may_shorten_a_period_of_the_law_and_never_lengthen_it() -> None:
    periods = {name: LIMITS[name][1] for name in DEFAULTS if name.startswith("report-")}
    assert periods == {name: int(DEFAULTS[name]) for name in periods}
    assert len(periods) == 8
    shorter = {**DEFAULTS, "report-susar-days": "5"}
    assert clock(learnt(ReportKind.SUSAR), None, shorter).due == time("2026-02-08T00:00Z")


def test_at_the_end_of_time_a_clock_still_has_an_end() -> None:
    last = datetime.max.replace(tzinfo=NOON.tzinfo)
    assert clock(learnt(ReportKind.SUSAR, at=last), None, DEFAULTS).due == last
