"""What is owed to whom: every reporting clock of a thing, met by what its authority got, and the report of each year.

The clocks themselves are those of `clocks`. Here a report meets one only where it says that the authority got it to
which it is owed; a report to oneself, to another authority or to nobody knows whom leaves the clock running. Computed
from the facts alone, never stored.

A control site reports each year on each of its master files. That it does is the law; by when, and for which years, was
not to be read (HMR 2012 regs 37A and 37B): years run from the first version, then from the last day that a report
covers, and the time after a year is our safe default, a parameter.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from ledger.domain import civil_time
from ledger.domain.facts.licensing import Authority
from ledger.domain.facts.terms import Route
from ledger.domain.facts.vigilance import ReportKind
from ledger.domain.rules.clocks import Clock, clock
from ledger.domain.rules.exceptional import FINISHED
from ledger.domain.subjects.reporting import Learnt, Reporting, Submitted
from ledger.domain.subjects.testing import Tests

OWED: Final[Mapping[ReportKind, Authority]] = MappingProxyType(
    {
        ReportKind.SERIOUS_ADVERSE_EVENT_OR_REACTION: Authority.HTA,
        ReportKind.SERIOUS_ADVERSE_FOLLOW_UP: Authority.HTA,
        ReportKind.TISSUE_ESTABLISHMENT_ANNUAL: Authority.HTA,
        ReportKind.SUSPECTED_ADVERSE_REACTION: Authority.MHRA,
        ReportKind.SUSAR: Authority.MHRA,
        ReportKind.SERIOUS_BREACH: Authority.MHRA,
        ReportKind.DEFECT: Authority.MHRA,
        ReportKind.OUT_OF_SPECIFICATION: Authority.MHRA,
        ReportKind.REPORTABLE_ISSUE: Authority.MHRA,
        ReportKind.URGENT_SAFETY_MEASURE: Authority.MHRA,
        ReportKind.BLOOD_SERIOUS_ADVERSE: Authority.MHRA,
        ReportKind.CONTROL_SITE_ANNUAL: Authority.MHRA,
    }
)
"""The authority that a report is owed to; a report of another sort is owed to whoever it is sent to."""


def owed_to(report: ReportKind, route: Route | None) -> Authority | None:
    """Returns the authority that a report is owed to; None where any other organisation may get it.

    In a trial it is the sponsor who is told of a product out of specification, and who tells the authority (EU GMP Part
    IV (ATMP) 11.54).
    """
    if report is ReportKind.OUT_OF_SPECIFICATION and route is Route.CLINICAL_TRIAL:
        return None
    return OWED.get(report)


def meets(sent: Submitted, report: ReportKind, route: Route | None) -> bool:
    """Whether a report is one of that sort, and was sent to whom it is owed."""
    wanted = owed_to(report, route)
    return sent.report is report and not sent.own and (wanted is None or sent.authority is wanted)


def duties(
    state: Reporting,
    route: Route | None,
    parameters: Mapping[str, str],
    *,
    ended: datetime | None = None,
    blood: bool = False,
) -> tuple[Clock, ...]:
    """Returns every clock of one case, batch, deviation, site or master file, met or not, the earliest start first.

    Args:
        state: What was learnt, and what was sent.
        route: Legal route of the therapy; None when nobody confirmed one.
        parameters: Numbers of the rulebook.
        ended: When the licence of a master file ended: no year is reported on that begins after it.
        blood: It is about a blood product: what is told to the HTA is told to the MHRA too, as soon as it is known.
    """
    items = [*state.learnt, *(_of_blood(state) if blood else ())]
    found = [_met(clock(item, route, parameters), item, state, route) for item in items]
    found += _years(state, parameters, ended)
    return tuple(sorted(found, key=lambda one: (one.start, one.report)))


def _of_blood(state: Reporting) -> Iterator[Learnt]:
    """Serious adverse events and reactions by the law of blood, which gives no number (BSQR 2005; unverified)."""
    told = [item.at for item in state.learnt if item.report is ReportKind.SERIOUS_ADVERSE_EVENT_OR_REACTION]
    if told and ReportKind.BLOOD_SERIOUS_ADVERSE not in {item.report for item in state.learnt}:
        yield Learnt(report=ReportKind.BLOOD_SERIOUS_ADVERSE, at=min(told), serious=True)


def after_use(
    tests: Tests, used: datetime | None, state: Reporting, route: Route | None, parameters: Mapping[str, str]
) -> tuple[Clock, ...]:
    """Returns the clocks of results that fail after the product was used: holder and authority within the set time.

    Args:
        tests: Results of the batch, or of the container.
        used: When it was first given; None while it was not: no clock runs then.
        state: Reports about the batch.
        route: Legal route of the therapy.
        parameters: Numbers of the rulebook.
    """
    if used is None:
        return ()
    late = (one for one in tests.failed(FINISHED) if one.at >= used)
    items = [Learnt(report=ReportKind.OUT_OF_SPECIFICATION, at=one.at, serious=True) for one in late]
    return tuple(_met(clock(item, None, parameters), item, state, route) for item in items)


def _met(running: Clock, item: Learnt, state: Reporting, route: Route | None) -> Clock:
    """A clock is met by the first report of its sort that was sent to whom it is owed, since it was learnt of."""
    since: Iterable[tuple[datetime, int]] = (
        (sent.at, sent.position) for sent in state.submitted if meets(sent, item.report, route) and sent.at >= item.at
    )
    first = min(since, default=None)
    return running if first is None else _by(running, first)


def _by(running: Clock, first: tuple[datetime, int]) -> Clock:
    return Clock(report=running.report, start=running.start, due=running.due, met=first[0], by=first[1])


def _years(state: Reporting, parameters: Mapping[str, str], ended: datetime | None) -> Iterator[Clock]:
    """The clock of each year of a master file that was reported on, and that of the next one."""
    if state.since is None:
        return
    begins, days = state.since, int(Decimal(parameters["report-control-site-annual-days"]))
    for sent in sorted(state.submitted, key=lambda one: (one.at, one.position)):
        covered = civil_time.day_end(sent.period_to) if sent.period_to else _year_after(begins)
        if meets(sent, ReportKind.CONTROL_SITE_ANNUAL, None) and covered > begins:
            yield _by(_year(begins, days), (sent.at, sent.position))
            begins = covered
    if ended is None or begins < ended:
        yield _year(begins, days)


def _year(begins: datetime, days: int) -> Clock:
    """The clock of the year that begins at a moment: it runs from the day after the year."""
    over = _year_after(begins)
    due = civil_time.days_after(civil_time.moved(over, -_INSTANT), days)
    return Clock(report=ReportKind.CONTROL_SITE_ANNUAL, start=over, due=due)


def _year_after(begins: datetime) -> datetime:
    """The first moment after the year that begins at a moment."""
    return civil_time.years_after(civil_time.moved(begins, -_INSTANT), 1)


_INSTANT: Final = timedelta(microseconds=1)
