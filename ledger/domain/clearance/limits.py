"""Judging a step that has not happened: by the very rules that will judge it, now and at later moments.

How long it stays lawful is not read off any field: the rules are asked again later. A rule that bars the step far in
the future and not now has a moment in between from which on it does, and halving finds it, to the second. So a limit
that a rule gains is found without a line here. A rule that held and did not so much as look at the time is not asked
again until a subject changes: the case sees who looks. Registers that are known to change later cut time into pieces.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from math import isqrt
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain import civil_time
from ledger.domain.clearance.next_step import Step, made_up
from ledger.domain.facts import tagging
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.content import Content
from ledger.domain.facts.record import Recorder
from ledger.domain.finding import Finding, Weight
from ledger.domain.rules import judging
from ledger.domain.rules.case import Case, Watched, moved
from ledger.domain.rules.catalogue import rules_for
from ledger.domain.rules.context import Later, Lookup, Missing, gather
from ledger.domain.rules.rule import Rule
from ledger.domain.subjects.subject import Statement

HORIZON: Final = timedelta(days=40 * 366)
"""How far limits are looked for: longer than anything has to be kept."""

MOST_CHANGES: Final = 16
"""Changes to come that are looked at; the next one then ends the clearance."""

_SECOND: Final = timedelta(seconds=1)


class Asking(Struct, frozen=True, kw_only=True):
    """What a step is judged with.

    Attributes:
        position: Of the fact that it follows.
        at: When that was recorded.
        recorder: Who recorded it.
        parameters: Numbers of the rulebook.
        look: The subjects at hand, the fact included.
        missing: Takes up what is not.
    """

    position: int
    at: datetime
    recorder: Recorder
    parameters: Mapping[str, str]
    look: Lookup
    missing: Missing

    def first(self, step: Step) -> Watched:
        """Puts a step before the rules, now."""
        asked = self.given(step.before)
        return asked.case(step.content, self.at)

    def until(self, step: Step, case: Watched) -> datetime | None:
        """Returns the last whole second at which a step that nothing bars now may follow; None for no limit."""
        asked = self.given(step.before)
        ends = [asked.limit(case, _barring(rules_for(step.content.type, self.parameters), case, step.awaited))]
        if step.after is not None:
            asked = asked.given(step.content)
            timed = tuple(rule for rule in rules_for(step.after.type, self.parameters) if rule.timed)
            after = asked.case(step.after, self.at)
            waiting = _barring(timed, after, step.awaited)
            ends.append(asked.limit(after, tuple(rule for rule in waiting if not _broken(rule, after))))
        return min(filter(None, ends), default=None)

    def given(self, content: Content | None) -> "Asking":
        """Returns the same question, as if one more fact were on record."""
        if content is None:
            return self
        position = self.position + 1
        stated = Statement(
            known=position,
            target=position,
            type=content.type,
            effective=self.at,
            content=content,
            tags=tagging.own(content),
            recorder=self.recorder,
        )
        return msgspec.structs.replace(self, position=position, look=Later(self.look, stated))

    def case(self, content: Content, at: datetime) -> Watched:
        """Puts a made-up fact before the rules, with the subjects as they will stand then."""
        around = gather(content, (at, self.position + 1), 0, self.look, self.missing)
        return Watched(
            content=content,
            kind=TYPES[content.type].about.kind,
            position=self.position + 1,
            at=at,
            recorded_at=at,
            recorder=self.recorder,
            states=around.states,
            histories=around.histories,
            ancestors=around.ancestors,
            parameters=self.parameters,
            validate_only=True,
        )

    def limit(self, start: Watched, waiting: tuple[Rule, ...]) -> datetime | None:
        """Returns the last lawful whole second of one fact, going from one known change to the next; None for none.

        Args:
            start: The fact now.
            waiting: Rules that hold now and would bar it.
        """
        begin, case = self.at, start
        for end in self._ends(start):
            if begin != self.at:
                case = self.case(start.content, begin)
                if any(_broken(rule, case) for rule in waiting):
                    return max(begin - _SECOND, self.at)
            timely = [rule for rule in waiting if rule.id not in case.watch.steady]
            if breaking := _breaking(timely, _moved(case, end)):
                return _last_lawful(case, breaking, end)
            begin = end
        return None if begin >= self._horizon else begin

    @property
    def _horizon(self) -> datetime:
        return civil_time.moved(self.at, HORIZON)

    def _ends(self, case: Watched) -> list[datetime]:
        """Ends of the pieces of time in which nothing known changes."""
        key = (self.at, self.position + 1)
        moving = (history for history in case.histories.values() if not history.ends_before(key))
        changes = {item.effective for history in moving for item in history.later(key)}
        known = sorted(change for change in changes if self.at < change < self._horizon)
        return known[:MOST_CHANGES] + ([self._horizon] if len(known) <= MOST_CHANGES else [])


def _barring(rules: tuple[Rule, ...], case: Case, awaited: frozenset[str]) -> tuple[Rule, ...]:
    """Rules that would bar a fact, without those that a step in between will answer.

    What is no more than how the fact will be recorded, and so never cured, is no limit of the step itself.
    """
    weights = ((rule, rule.weights.get(case.content.type, Weight.BAR)) for rule in rules if rule.curable)
    return tuple(rule for rule, weight in weights if weight is Weight.BAR and rule.id not in awaited)


def _moved(case: Case, at: datetime) -> Case:
    return moved(case, at, at)


def bars(step: Step, case: Case) -> list[Finding]:
    """What bars a step, without what is found about things that only the real one will name, or that is awaited."""
    return [
        one
        for one in judging.judge(case)
        if one.weight is Weight.BAR and one.rule not in step.awaited and not made_up(one.tag) and not made_up(one.found)
    ]


def _breaking(rules: Iterable[Rule], case: Case) -> list[Rule]:
    return [rule for rule in rules if _broken(rule, case)]


def _broken(rule: Rule, case: Case) -> bool:
    found = (broken for broken, _ in judging.ask(rule, case, (case.at,)))
    return any(not one.note and not made_up(one.tag) and not made_up(one.found) for one in found)


def _last_lawful(case: Case, rules: list[Rule], end: datetime) -> datetime:
    """Halves the time until it has found the last whole second before the first of these rules bars.

    By ratio first, since most limits are minutes away and few are years; and what still holds where another rule bars
    cannot be the first, so it is not asked again.
    """
    base = case.at.replace(microsecond=0)
    lawful, barred = 0, int((end - base) / _SECOND) + 1
    while barred - lawful > 1:
        middle = isqrt(max(lawful, 1) * barred) if barred > 4 * max(lawful, 1) else (lawful + barred) // 2
        at = _moved(case, base + middle * _SECOND)
        if broken := _breaking(rules, at):
            barred, rules = middle, broken
        else:
            lawful = middle
    return max(base + lawful * _SECOND, case.at)
