"""What judging again came to: for a stretch of the log, and for stretches behind each other."""

from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec import Struct

from ledger.audit.rejudge import Difference
from ledger.domain.facts.record import Verdict
from ledger.domain.finding import Weight

TODAY: Final = "today"
"""Names the rulebook in force at the end of the log."""

MOST_NAMED: Final = 10
"""Positions that are named for each change, and positions that cannot be read."""

_HEAVIEST: Final = (Weight.BAR, Weight.OVERRIDDEN, Weight.NOTE)


class Again(Struct, frozen=True, kw_only=True):
    """What is judged again.

    Attributes:
        subject: Tag of a thing, of which only the story is judged; empty for the whole log.
        under: The rulebook to judge by: `today`, or the number of one that this program has; empty for the one that
            judged each fact.
    """

    subject: str = ""
    under: str = ""


class Change(Struct, frozen=True, kw_only=True):
    """What another rulebook would make different, by one rule or in the outcome.

    Attributes:
        rule: Id of the rule; empty for what would become of the fact.
        stored: The weight of its finding, or the outcome, as stored; empty where it found nothing.
        now: The same by the other rulebook.
        facts: How many facts.
        positions: The first of them.
    """

    rule: str = ""
    stored: str = ""
    now: str = ""
    facts: int
    positions: tuple[int, ...]


class Judgement(Struct, frozen=True, kw_only=True):
    """What judging a stretch again came to.

    Attributes:
        after: It begins after this position.
        through: It is complete through this position.
        end: The end of the log, or of the story, when it began.
        judged: Facts judged again, refusals included.
        refused: Those of them that stand as refused.
        taken: Refusals of items of batches that were judged after others: taken as they stand (of those nothing is on
            record).
        unjudged: Facts that nobody judged, or of a type that this program does not know.
        unreadable: Positions whose bytes are no record.
        first: The first verdict that differs; None for none, and by another rulebook.
        changes: By another rulebook: what it would make different.
    """

    after: int
    through: int
    end: int
    judged: int = 0
    refused: int = 0
    taken: int = 0
    unjudged: int = 0
    unreadable: tuple[int, ...] = ()
    first: Difference | None = None
    changes: tuple[Change, ...] = ()

    @property
    def breaks_at(self) -> int:
        """The first position that is not as it should be; 0 for none."""
        found = [*self.unreadable[:1], *([self.first.position] if self.first is not None else [])]
        return min(found, default=0)

    @property
    def complete(self) -> bool:
        """Whether nothing is left to judge: the end is reached, or a verdict differs."""
        return self.through >= self.end or self.first is not None

    def then(self, later: "Judgement") -> "Judgement":
        """This stretch, and the one behind it, as one."""
        return Judgement(
            after=self.after,
            through=later.through,
            end=later.end,
            judged=self.judged + later.judged,
            refused=self.refused + later.refused,
            taken=self.taken + later.taken,
            unjudged=self.unjudged + later.unjudged,
            unreadable=(*self.unreadable, *later.unreadable)[:MOST_NAMED],
            first=self.first or later.first,
            changes=together((*self.changes, *later.changes)),
        )

    def until(self, end: int) -> "Judgement":
        """The same, as a part of what ends there."""
        return msgspec.structs.replace(self, end=end)


def together(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Adds up changes of the same sort; what would become of facts comes first, then rule by rule."""
    found: dict[tuple[str, str, str], Change] = {}
    for change in changes:
        place = (change.rule, change.stored, change.now)
        before = found.get(place)
        positions = (*before.positions, *change.positions)[:MOST_NAMED] if before is not None else change.positions
        facts = change.facts + (before.facts if before is not None else 0)
        found[place] = Change(rule=change.rule, stored=change.stored, now=change.now, facts=facts, positions=positions)
    return tuple(change for _, change in sorted(found.items()))


def changes_of(position: int, stored: Verdict, now: Verdict) -> tuple[Change, ...]:
    """What another verdict on a fact would make different: the outcome, and of each rule the heaviest finding."""
    found = []
    if stored.outcome is not now.outcome:
        found.append(("", stored.outcome.value, now.outcome.value))
    before, after = _weights(stored), _weights(now)
    told = ((rule, before.get(rule, ""), after.get(rule, "")) for rule in sorted({*before, *after}))
    found += [(rule, was, would) for rule, was, would in told if was != would]
    return tuple(Change(rule=rule, stored=was, now=would, facts=1, positions=(position,)) for rule, was, would in found)


def _weights(verdict: Verdict) -> dict[str, str]:
    """The heaviest weight that each rule was found with."""
    found: dict[str, str] = {}
    for finding in sorted(verdict.findings, key=lambda one: _HEAVIEST.index(one.weight)):
        found.setdefault(finding.rule, finding.weight.value)
    return found
