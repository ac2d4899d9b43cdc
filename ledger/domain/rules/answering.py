"""Days that people set themselves: until when a notice is to be answered and a deviation closed. Never stored.

A pure function of what was asked and what was done: the last day is included, in UK civil time. Where nobody set a day
there is none, and nothing is late. What the law itself sets is in `rules/clocks.py`.
"""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from ledger.domain import civil_time
from ledger.domain.subjects.cases import Answer, Notice, SafetyCase
from ledger.domain.subjects.settlement import Deviation


class Owed(Struct, frozen=True, kw_only=True):
    """Something that somebody is to do by a day.

    Attributes:
        by: Position of the fact that asks for it.
        owner: Tag of who owes it; empty where nobody was named.
        due: First moment at which it is late; None where no day was set.
        met: When it was done; None while it was not.
        met_by: Position of the fact that did it.
    """

    by: int
    owner: str = ""
    due: datetime | None = None
    met: datetime | None = None
    met_by: int = 0

    def late(self, moment: datetime) -> bool:
        """Whether it was done too late, or is not done although its time has passed."""
        return self.due is not None and (moment if self.met is None else self.met) >= self.due


def deviation_owed(state: Deviation) -> Owed | None:
    """Returns by when a deviation that somebody raised is to be closed, and by whom; None for one nobody raised."""
    if not state.raised:
        return None
    return Owed(
        by=state.raised,
        owner=state.owner,
        due=_after(state.due),
        met=state.closed_at,
        met_by=state.closed,
    )


class Told(Struct, frozen=True, kw_only=True):
    """One notice with its answer.

    Attributes:
        notice: Who was told, of what.
        answer: What was answered; None while nobody did.
        owed: By when, and whether it was in time.
    """

    notice: Notice
    answer: Answer | None
    owed: Owed


def _same(organisation: str) -> str:
    return organisation


def told(state: SafetyCase, successor: Callable[[str], str] = _same) -> tuple[Told, ...]:
    """Returns every notice of a case with its answer, oldest first.

    Args:
        state: The case.
        successor: Who answers for an organisation now; itself by default.
    """
    found = []
    for notice in state.notices:
        now = successor(notice.organisation)
        answer = state.answer_to(notice, now)
        owed = Owed(
            by=notice.position,
            owner=now,
            due=_after(notice.answer_by),
            met=None if answer is None else answer.at,
            met_by=0 if answer is None else answer.position,
        )
        found.append(Told(notice=notice, answer=answer, owed=owed))
    return tuple(found)


def _after(day: str) -> datetime | None:
    return civil_time.day_end(day) if day else None
