"""Reporting clocks: when a report is due, whether it was sent, whether it was late. Computed, never stored.

A pure function of what was learnt and what was sent. Where the law counts days, the clock starts on the UK civil day
after the day of knowledge, and its last day is included; where it counts hours, it starts with the knowledge itself.
Where the law says "promptly" and no number, there is a clock without a due date, which is never late.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from ledger.domain import civil_time
from ledger.domain.facts.terms import Route
from ledger.domain.facts.vigilance import ReportKind
from ledger.domain.subjects.reporting import Learnt, Reporting

_SECONDS: Final[Mapping[ReportKind, str]] = MappingProxyType(
    {
        ReportKind.SERIOUS_ADVERSE_EVENT_OR_REACTION: "report-serious-adverse-seconds",
        ReportKind.OUT_OF_SPECIFICATION: "out-of-specification-notice-seconds",
    }
)
"""Clocks that run in hours from the moment of knowledge: HTA guidance on SAEARs; EU GMP Part IV (ATMP) 11.54."""

_DAYS: Final[Mapping[ReportKind, str]] = MappingProxyType(
    {
        ReportKind.SERIOUS_ADVERSE_FOLLOW_UP: "report-serious-adverse-follow-up-days",
        ReportKind.SERIOUS_BREACH: "report-serious-breach-days",
        ReportKind.SUSAR: "report-susar-days",
        ReportKind.SUSPECTED_ADVERSE_REACTION: "report-adverse-reaction-days",
    }
)
"""Clocks in UK civil days after the day of knowledge: HMR 2012 Sch 6 para 2; SI 2025/87 regs 23 and 27; CTR 2004 regs
29A and 33 (unverified)."""

_LONGER: Final = frozenset((None, Route.MARKETING_AUTHORISATION, Route.SPECIAL))
"""Routes by which a reaction that is not serious has the longer time, for a special by SI 2025/87 reg 23 (90 days:
unverified); under an exemption it has the same time as a serious one, and by the other routes there is none."""


class Clock(Struct, frozen=True, kw_only=True):
    """One reporting clock.

    Attributes:
        report: Which report.
        start: From when it runs.
        due: First moment at which it is late; None where the law gives no number.
        met: When the report was sent; None while it was not.
        by: Position of that report.
    """

    report: ReportKind
    start: datetime
    due: datetime | None
    met: datetime | None = None
    by: int = 0

    def late(self, moment: datetime) -> bool:
        """Whether it was met too late, or is not met although its time has passed."""
        return self.due is not None and (moment if self.met is None else self.met) >= self.due

    @property
    def words(self) -> str:
        """The report, in words."""
        name = self.report.name
        return name if name == "SUSAR" else name.lower().replace("_", " ")


def clock(item: Learnt, route: Route | None, parameters: Mapping[str, str]) -> Clock:
    """Starts the clock of one thing that was learnt.

    Args:
        item: What, and when.
        route: Legal route of the therapy; None when nobody confirmed one.
        parameters: Numbers of the rulebook.
    """
    seconds = _SECONDS.get(item.report)
    if seconds is not None:
        after = timedelta(seconds=int(Decimal(parameters[seconds])))
        return Clock(report=item.report, start=item.at, due=civil_time.moved(item.at, after))
    days = _days(item, route)
    if days is None:
        return Clock(report=item.report, start=item.at, due=None)
    return Clock(
        report=item.report,
        start=civil_time.days_after(item.at, 0),
        due=civil_time.days_after(item.at, int(Decimal(parameters[days]))),
    )


def _days(item: Learnt, route: Route | None) -> str | None:
    if item.report is ReportKind.SUSAR and item.fatal:
        return "report-susar-fatal-days"
    if item.report is ReportKind.SUSPECTED_ADVERSE_REACTION and not item.serious:
        if route is Route.HOSPITAL_EXEMPTION:
            return "report-adverse-reaction-days"
        return "report-non-serious-reaction-days" if route in _LONGER else None
    return _DAYS.get(item.report)


def clocks(state: Reporting, route: Route | None, parameters: Mapping[str, str]) -> tuple[Clock, ...]:
    """Returns every clock of one case, batch or site: start, due, met; the earliest start first."""
    found = [_met(clock(item, route, parameters), item, state) for item in state.learnt]
    return tuple(sorted(found, key=lambda one: (one.start, one.report)))


def _met(running: Clock, item: Learnt, state: Reporting) -> Clock:
    """A clock is met by the first report of its sort that was sent to another organisation since it was learnt of."""
    since: Iterable[tuple[datetime, int]] = (
        (sent.at, sent.position)
        for sent in state.submitted
        if sent.report is item.report and sent.at >= item.at and not sent.own
    )
    first = min(since, default=None)
    if first is None:
        return running
    return Clock(report=running.report, start=running.start, due=running.due, met=first[0], by=first[1])
