"""Long-term follow-up: which visits are to come, due, done, late or missed, and how a patient stands. Never stored.

A pure function of the plan and of what was reported since. A plan counts in UK civil days after the day of the
treatment; a window's last day is included. Periods come from the plan of the product (up to fifteen years after
integrating vectors: FDA guidance of January 2020, followed by EMA CHMP/GTWP/60436/07), never from this program.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain import civil_time
from ledger.domain.facts.follow_up import FollowUpWindow
from ledger.domain.subjects.follow_up import Afterwards, FollowUp, OwnConsent, Seen

_LONGEST: Final = 3_000_000
"""Days that are counted at most: the calendar ends before."""


class VisitState(StrEnum):
    """How one planned visit stands at a moment."""

    TO_COME = "to come"
    """Its window has not begun."""
    OPEN = "in window"
    """Its window has begun, and it is not due yet."""
    DUE = "due"
    """The day on which it is due is over, its window is not."""
    MISSED = "missed"
    """Its window is over, and it did not take place."""
    DONE = "done"
    """It took place within its window."""
    DONE_EARLY = "done early"
    """It took place before its window."""
    DONE_LATE = "done late"
    """It took place after its window."""
    LOST = "lost"
    """Its window ended while the patient was lost to follow-up."""
    ENDED = "not asked any more"
    """The patient died before its window was over, or the follow-up ends before it begins."""


class Standing(StrEnum):
    """How a patient stands in the follow-up of one chain."""

    NO_PLAN = "no plan"
    FOLLOWED = "followed"
    LOST = "lost"
    DIED = "died"
    ENDED = "ended"


class Visit(Struct, frozen=True, kw_only=True):
    """One visit of a plan.

    Attributes:
        name: Its name in the plan.
        opens: First moment of its window.
        due: First moment after the day on which it is due.
        closes: First moment after its window.
        done: When it took place; None while it did not.
        by: Position of the fact that says so.
        state: How it stands at the moment asked about.
    """

    name: str
    opens: datetime
    due: datetime
    closes: datetime
    done: datetime | None = None
    by: int = 0
    state: VisitState = VisitState.TO_COME

    @property
    def late(self) -> bool:
        """Whether it took place after its window, or should have by now."""
        return self.state in (VisitState.MISSED, VisitState.DONE_LATE, VisitState.LOST)


class Asked(Struct, frozen=True, kw_only=True):
    """Own consent that is due of somebody who was treated as a child.

    Attributes:
        due: First moment of the day from which own consent is needed.
        by: Position of the consent that says so.
        met: When own consent was given; None while it was not.
    """

    due: datetime
    by: int
    met: datetime | None = None

    def late(self, moment: datetime) -> bool:
        """Whether it was given after it was due, or is owed at a moment."""
        return (moment if self.met is None else self.met) >= self.due


class Followed(Struct, frozen=True, kw_only=True):
    """The follow-up of one chain at a moment.

    Attributes:
        standing: How the patient stands.
        visits: Visits of the plan, by their windows.
        until: First moment after the follow-up; None without a plan.
        own_consent: Own consents that are due or were given, of who was treated as a child.
    """

    standing: Standing
    visits: tuple[Visit, ...] = ()
    until: datetime | None = None
    own_consent: tuple[Asked, ...] = ()

    @property
    def next(self) -> Visit | None:
        """The first visit that is still to be made."""
        waiting = (VisitState.TO_COME, VisitState.OPEN, VisitState.DUE)
        return next((one for one in self.visits if one.state in waiting), None)

    @property
    def missed(self) -> tuple[Visit, ...]:
        """Visits that did not take place although their windows are over."""
        return tuple(one for one in self.visits if one.state in (VisitState.MISSED, VisitState.LOST))


def followed(state: FollowUp, after: Afterwards, own: OwnConsent, moment: datetime) -> Followed:
    """Works out the follow-up of one chain.

    Args:
        state: Plan and visits of the chain.
        after: What became of its patient.
        own: Consents given for its patient as a child.
        moment: The moment asked about.
    """
    until, end = _until(state), died(after)
    return Followed(
        standing=_standing(state, after, until, moment),
        visits=tuple(sorted(_visits(state, until, end, moment), key=lambda one: (one.due, one.name))),
        until=until,
        own_consent=own_consents(own),
    )


def own_consents(own: OwnConsent) -> tuple[Asked, ...]:
    """Returns the own consents that are due of somebody treated as a child: the earliest first."""
    found = [Asked(due=civil_time.day_start(one.day), by=one.position, met=one.met_at) for one in own.dues]
    return tuple(sorted(found, key=lambda one: (one.due, one.by)))


def died(after: Afterwards) -> datetime | None:
    """Returns the first moment after a patient's day of death, or when it was reported where that is not known."""
    return civil_time.day_end(after.died_on) if after.died_on else after.died_by


def _standing(state: FollowUp, after: Afterwards, until: datetime | None, moment: datetime) -> Standing:
    if after.died:
        return Standing.DIED
    if state.lost:
        return Standing.LOST
    if not state.scheduled:
        return Standing.NO_PLAN
    return Standing.ENDED if until is not None and moment >= until else Standing.FOLLOWED


def _until(state: FollowUp) -> datetime | None:
    if not state.scheduled:
        return None
    return ends(state.treated_on, state.windows, state.until)


def ends(treated_on: str, windows: Iterable[FollowUpWindow], until: str = "") -> datetime | None:
    """Returns the first moment after the follow-up that a plan asks for.

    Args:
        treated_on: Day of the treatment.
        windows: Visits of the plan.
        until: Last day that the plan names; empty for the end of the last window.
    """
    if until:
        return civil_time.day_end(until)
    return max((_after(treated_on, window.closes_day) for window in windows), default=None)


def _visits(state: FollowUp, until: datetime | None, end: datetime | None, moment: datetime) -> Iterable[Visit]:
    for window in state.windows:
        seen = min((one for one in state.seen if one.visit == window.visit), key=_moment, default=None)
        closes = _after(state.treated_on, window.closes_day)
        opens = _before(state.treated_on, window.opens_day)
        gone = (until is not None and opens >= until) or (end is not None and end <= closes)
        visit = Visit(name=window.visit, opens=opens, due=_after(state.treated_on, window.due_day), closes=closes)
        if seen is not None:
            visit = msgspec.structs.replace(visit, done=seen.at, by=seen.position)
        lost = state.lost_since is not None and state.lost_since < closes
        yield msgspec.structs.replace(visit, state=_state(visit, moment, gone=gone, lost=lost))


def _moment(one: Seen) -> tuple[datetime, int]:
    return (one.at, one.position)


def _state(visit: Visit, moment: datetime, *, gone: bool, lost: bool) -> VisitState:
    if visit.done is not None:
        late = VisitState.DONE_LATE if visit.done >= visit.closes else VisitState.DONE
        return VisitState.DONE_EARLY if visit.done < visit.opens else late
    if gone:
        return VisitState.ENDED
    if moment >= visit.closes:
        return VisitState.LOST if lost else VisitState.MISSED
    if moment >= visit.due:
        return VisitState.DUE
    return VisitState.OPEN if moment >= visit.opens else VisitState.TO_COME


def _before(day: str, days: int) -> datetime:
    """The first moment of the day that is so many days after a day."""
    return civil_time.day_start(day) if days == 0 else _after(day, days - 1)


def _after(day: str, days: int) -> datetime:
    """The first moment after the day that is so many days after a day."""
    return civil_time.days_after(civil_time.day_start(day), min(days, _LONGEST))
