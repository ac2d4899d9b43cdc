"""What is owed to whom: clocks that only a report to their own authority meets, and the years of a control site."""

from datetime import datetime

import msgspec
import pytest

from ledger.domain.facts import quality, terms
from ledger.domain.facts.licensing import Authority
from ledger.domain.facts.terms import Route
from ledger.domain.facts.vigilance import ReportKind
from ledger.domain.rules.case import DEFAULTS
from ledger.domain.rules.clocks import Clock
from ledger.domain.rules.duties import OWED, after_use, duties, owed_to
from ledger.domain.subjects import testing
from ledger.domain.subjects.reporting import Learnt, Reporting, Submitted
from tests.support.world import time

NOON = time("2026-02-02T12:00Z")
ANNUAL = ReportKind.CONTROL_SITE_ANNUAL


def sent(
    report: ReportKind,
    at: str = "2026-02-02T15:00Z",
    *,
    to: Authority | None = None,
    number: int = 9,
    until: str = "",
    own: bool = False,
) -> Submitted:
    """A report that was sent."""
    return Submitted(report=report, at=time(at), position=number, own=own, authority=to, period_to=until)


def learnt(report: ReportKind, at: datetime = NOON) -> Learnt:
    """Something to be reported."""
    return Learnt(report=report, at=at, serious=True)


def test_every_sort_of_report_is_owed_to_an_authority_but_those_of_no_name() -> None:
    assert set(ReportKind) - set(OWED) == {ReportKind.OTHER}


@pytest.mark.parametrize("report", sorted(OWED))
def test_a_clock_is_met_by_what_its_authority_got_and_by_nothing_else(report: ReportKind) -> None:
    if report in (ANNUAL, ReportKind.TISSUE_ESTABLISHMENT_ANNUAL):
        return
    state, owed = Reporting(learnt=(learnt(report),)), OWED[report]
    for to in (None, *(set(Authority) - {owed})):
        (found,) = duties(msgspec.structs.replace(state, submitted=(sent(report, to=to),)), None, DEFAULTS)
        assert (found.met, found.by) == (None, 0), to
    own = sent(report, to=owed, own=True, number=8)
    right = sent(report, "2026-02-02T16:00Z", to=owed, number=11)
    (found,) = duties(msgspec.structs.replace(state, submitted=(own, right)), None, DEFAULTS)
    assert (found.met, found.by) == (right.at, 11)


def test_in_a_trial_the_sponsor_is_told_of_what_is_out_of_specification() -> None:
    report = ReportKind.OUT_OF_SPECIFICATION
    state = Reporting(learnt=(learnt(report),), submitted=(sent(report),))
    assert owed_to(report, Route.CLINICAL_TRIAL) is None
    assert [duties(state, route, DEFAULTS)[0].by for route in (Route.CLINICAL_TRIAL, Route.SPECIAL)] == [9, 0]


def test_a_serious_reaction_to_a_blood_product_is_told_to_the_mhra_too_as_soon_as_it_is_known() -> None:
    event, blood = ReportKind.SERIOUS_ADVERSE_EVENT_OR_REACTION, ReportKind.BLOOD_SERIOUS_ADVERSE
    state = Reporting(learnt=(learnt(event),), submitted=(sent(blood, to=Authority.MHRA),))
    assert [one.report for one in duties(state, None, DEFAULTS)] == [event]
    found = {one.report: one for one in duties(state, None, DEFAULTS, blood=True)}
    assert (found[blood].start, found[blood].due, found[blood].by, found[event].by) == (NOON, None, 9, 0)
    known = msgspec.structs.replace(state, learnt=(learnt(event), learnt(blood)))
    assert len(duties(known, None, DEFAULTS, blood=True)) == 2


def yearly(*reports: Submitted, ended: datetime | None = None, since: str = "2026-03-02") -> list[tuple[object, ...]]:
    """Each clock of a master file: start, due, met, whether late."""
    state = Reporting(since=time(f"{since}T00:00Z"), submitted=reports)
    found = duties(state, None, DEFAULTS, ended=ended)
    assert {one.report for one in found} <= {ANNUAL}
    return [(one.start, one.due, one.by, one.met is not None and one.late(one.met)) for one in found]


def test_a_year_of_a_master_file_is_reported_on_within_its_time_and_the_next_one_follows() -> None:
    first = (time("2027-03-02T00:00Z"), time("2027-04-30T23:00Z"))
    assert yearly() == [(*first, 0, False)]
    met = sent(ANNUAL, "2027-04-30T22:59Z", to=Authority.MHRA)
    assert yearly(met) == [(*first, 9, False), (time("2028-03-02T00:00Z"), time("2028-04-30T23:00Z"), 0, False)]
    late = sent(ANNUAL, "2027-04-30T23:00Z", to=Authority.MHRA)
    assert yearly(late)[0] == (*first, 9, True)


def test_the_next_year_begins_after_what_a_report_covers() -> None:
    report = sent(ANNUAL, "2027-01-20T09:00Z", to=Authority.MHRA, until="2026-12-31")
    again = sent(ANNUAL, "2027-01-25T09:00Z", to=Authority.MHRA, until="2026-12-31", number=12)
    found = yearly(report, again)
    assert [one[2] for one in found] == [9, 0]
    assert found[1][:2] == (time("2028-01-01T00:00Z"), time("2028-03-01T00:00Z"))


def test_a_report_of_a_year_to_another_authority_meets_no_year() -> None:
    assert [one[2] for one in yearly(sent(ANNUAL, "2027-03-20T09:00Z", to=Authority.HTA))] == [0]


def test_no_year_is_owed_that_begins_after_the_licence_ended() -> None:
    report = sent(ANNUAL, "2027-03-20T09:00Z", to=Authority.MHRA)
    assert [one[2] for one in yearly(report, ended=time("2027-02-01T00:00Z"))] == [9]
    assert [one[2] for one in yearly(report, ended=time("2027-06-01T00:00Z"))] == [9, 0]


def test_what_is_no_master_file_owes_no_year() -> None:
    assert duties(Reporting(submitted=(sent(ANNUAL, to=Authority.MHRA),)), None, DEFAULTS) == ()


LATE = testing.Result(
    position=7,
    at=time("2026-04-20T09:00Z"),
    test="sterility",
    stage=terms.TestStage.LATE,
    outcome=quality.TestOutcome.FAILS,
)


def test_a_test_that_fails_after_use_starts_forty_eight_hours_that_a_report_about_the_batch_meets() -> None:
    used, due = time("2026-04-14T10:00Z"), time("2026-04-22T09:00Z")
    report = ReportKind.OUT_OF_SPECIFICATION
    running = Clock(report=report, start=LATE.at, due=due)
    assert after_use(testing.Tests(results=(LATE,)), used, Reporting(), None, DEFAULTS) == (running,)
    assert running.late(due)
    state = Reporting(submitted=(sent(report, "2026-04-21T09:00Z", to=Authority.MHRA),))
    (met,) = after_use(testing.Tests(results=(LATE,)), used, state, None, DEFAULTS)
    assert (met.met, met.by, met.late(due)) == (state.submitted[0].at, 9, False)


def test_a_result_before_use_one_that_was_invalidated_and_what_was_never_used_start_no_clock_after_use() -> None:
    gone = msgspec.structs.replace(LATE, investigated=quality.InvestigationOutcome.INVALIDATED)
    for result, used in ((LATE, None), (LATE, time("2026-04-21T09:00Z")), (gone, NOON)):
        assert after_use(testing.Tests(results=(result,)), used, Reporting(), None, DEFAULTS) == ()
