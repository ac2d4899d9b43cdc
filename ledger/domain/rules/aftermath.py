"""What a fact does to facts that stand later in time: those it makes impossible, and the deviations it cures.

A late fact never refuses itself on their account: what it makes impossible is a note that names the positions.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from ledger.domain.facts import counting, tagging
from ledger.domain.facts.record import Cure
from ledger.domain.finding import Finding, Weight
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules import judging
from ledger.domain.rules.case import Versions
from ledger.domain.rules.catalogue import REVISIONS, later_rules, rules_for, rules_of
from ledger.domain.rules.context import Context, Later, Lookup, Missing, again, gather, subjects_for
from ledger.domain.rules.reaching import reach
from ledger.domain.rules.rule import Rule
from ledger.domain.subjects.history import MOST_OPEN, History, Open
from ledger.domain.subjects.settlement import DEVIATION
from ledger.domain.subjects.subject import AnySubject, Statement

MOST_LATER: Final = 1_000
"""Later facts that are looked at inside the transaction; beyond, a note says that they were not."""

_LEFT_OUT: Final = f"more than {MOST_LATER} later facts: not checked with this one"
"""They are looked at after the commit, outside of every lock."""


def impossible(
    stated: Statement,
    target: Versions | None,
    parameters: Mapping[str, str],
    look: Lookup,
    missing: Missing,
    *,
    most: int = MOST_LATER,
) -> list[Finding]:
    """Runs the counting and custody rules over the later history of every subject that a fact changes.

    One pass with two states, with and without the fact, that stops when they are equal. Of a thing with more than
    `most` later facts it only says that they were not looked at (`left_out`).
    """
    reached = reach(stated, target, parameters, look, missing)
    found, notes = reached.found, [_unreached(tag) for tag in reached.unchecked]
    for subject, tag in _changed(stated, target, parameters):
        history = look.history(subject, tag)
        if history is None:
            missing.histories.add((subject, tag))
            continue
        if target is None and history.ends_before(stated.key):
            continue
        start = _start(history, stated)
        if not history.reaches(start, stated.target if stated.known != stated.target else 0):
            missing.whole.add((subject, tag))
            continue
        later = history.later(start)
        if len(later) > most:
            notes.append(_unchecked(subject, tag, parameters))
            continue
        asked = _Pass(history=history, stated=stated, parameters=parameters, look=look, missing=missing)
        for rule, position in asked.walk(later):
            found.setdefault((rule, tag), set()).add(position)
    return [*notes, *(_note(rule, tag, positions) for (rule, tag), positions in sorted(found.items()))]


def left_out(findings: Iterable[Finding]) -> bool:
    """Whether later facts were too many to be looked at while a fact was recorded."""
    return any(finding.found == _LEFT_OUT for finding in findings)


def _changed(stated: Statement, target: Versions | None, parameters: Mapping[str, str]) -> list[tuple[AnySubject, str]]:
    """The subjects that a statement changes and that are asked again, under its tags old and new."""
    tags = set(stated.tags)
    if target is not None:
        tags |= set(target.effect.tags if target.effect is not None else target.record.verdict.tags)
    fact_type = counting.inside(target.record.content).type if target is not None else stated.type
    return [
        (subject, tag)
        for subject in _later_subjects(fact_type, parameters)
        for tag in sorted(tags)
        if kind_of(tag) in subject.kinds
    ]


def _later_subjects(fact_type: str, parameters: Mapping[str, str]) -> list[AnySubject]:
    subjects = {subject.name: subject for _, subject in later_rules(parameters)}
    return [subject for _, subject in sorted(subjects.items()) if fact_type in subject.types]


def _start(history: History, stated: Statement) -> tuple[Any, int]:
    old = history.statement_of(stated.target)
    return min(stated.key, old.key) if old is not None else stated.key


def _note(rule: str, tag: str, positions: set[int]) -> Finding:
    named = tuple(sorted(positions))
    return Finding(
        rule=rule,
        tag=tag,
        weight=Weight.NOTE,
        found=f"makes {len(named)} later fact{'s' if len(named) > 1 else ''} impossible",
        must="look at them: correct what is wrong, or assess it",
        positions=named,
    )


def _unchecked(subject: AnySubject, tag: str, parameters: Mapping[str, str]) -> Finding:
    rule = next(rule for rule, read in later_rules(parameters) if read.name == subject.name)
    return Finding(
        rule=rule,
        tag=tag,
        weight=Weight.NOTE,
        found=_LEFT_OUT,
        must="see what was found since, in this fact as it is shown",
    )


def _unreached(tag: str) -> Finding:
    return Finding(
        rule="I1",
        tag=tag,
        weight=Weight.NOTE,
        found="more rests on this than could be looked at: not checked with this one",
        must="check what was made of it with a trace",
    )


class _Pass(Struct, frozen=True, kw_only=True):
    """One pass over the later facts of one subject."""

    history: History
    stated: Statement
    parameters: Mapping[str, str]
    look: Lookup
    missing: Missing

    def walk(self, later: list[Statement]) -> Iterator[tuple[str, int]]:
        """Walks the later facts with two states; yields what only the state with the fact finds broken."""
        history, stated = self.history, self.stated
        start = _start(history, stated)
        with_, without = history.state(start), history.state(start)
        others = [item for item in later if item.target != stated.target]
        mine = [item for item in later if item.target == stated.target]
        if stated.content is not None and history.tag in stated.tags:
            mine.append(stated)
        todo = len(mine)
        for item in sorted([*others, *mine], key=lambda entry: (*entry.key, entry.known)):
            if item is stated:
                todo, with_ = todo - 1, history.step(with_, item)
            elif item.target == stated.target:
                todo, without = todo - 1, history.step(without, item)
            elif with_ != without:
                yield from self._only_with(item, with_, without)
                with_, without = history.step(with_, item), history.step(without, item)
            elif todo == 0:
                return
            else:
                with_ = without = history.step(with_, item)

    def _only_with(self, item: Statement, with_: object, without: object) -> Iterator[tuple[str, int]]:
        for rule in rules_for(item.type, self.parameters):
            if rule.later is None or rule.later[1].name != self.history.subject.name:
                continue
            if self._breaks(rule, item, with_) - self._breaks(rule, item, without):
                yield rule.id, item.target

    def _breaks(self, rule: Rule, item: Statement, state: object) -> set[tuple[str, str]]:
        if item.content is None:
            return set()
        case = again(item, item.content, Context(), self.parameters, _States(self, item, state))
        return {(broken.tag, broken.must) for broken in rule.judge(case) if not broken.note}


class _States(Mapping[tuple[str, str], Any]):
    """One subject's state as given, the others as they stood at the later fact: the pass varies one subject only."""

    def __init__(self, asked: _Pass, item: Statement, state: object) -> None:
        self._look, self._missing, self._item = asked.look, asked.missing, item
        self._place, self._state = (asked.history.subject.name, asked.history.tag), state

    def __getitem__(self, place: tuple[str, str]) -> Any:  # noqa: ANN401 - each subject has its own state
        if place == self._place:
            return self._state
        subject = _SUBJECTS[place[0]]
        history = self._look.history(subject, place[1]) if place[1] else None
        if history is not None and history.reaches(self._item.key):
            return history.state(self._item.key)
        if place[1]:
            wanted = self._missing.histories if history is None else self._missing.whole
            wanted.add((subject, place[1]))
        return subject.empty

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter((self._place,))

    def __len__(self) -> int:
        return 1


_SUBJECTS: Final = {subject.name: subject for rule in REVISIONS for subject in (*rule.reads, *rule.over)}


def cures(stated: Statement, parameters: Mapping[str, str], look: Lookup, missing: Missing) -> tuple[Cure, ...]:
    """Judges open deviations again that stand later than a fact: the missing earlier fact has arrived.

    What a record about a fact makes of it is asked anew: what that fact cured before counts no more. A deviation that
    rests on another one sees it cured by the same fact.
    """
    if stated.content is None:
        return ()
    found: tuple[Cure, ...] = ()
    as_it_was: Lookup = look if stated.known == stated.target else Later(look, stated)
    for number, (deviation, old) in _open(stated, as_it_was, missing).items():
        history = as_it_was.history(DEVIATION, tagging.deviation(number))
        if history is None:
            missing.histories.add((DEVIATION, tagging.deviation(number)))
            continue
        still = [rule for rule in deviation.rules if rule not in history.newest.cured]
        known = rules_of(parameters)
        rules = [known[rule] for rule in still if rule in known and known[rule].curable]
        later = Later(look, msgspec.structs.replace(stated, cures=found) if found else stated)
        found += tuple(Cure(deviation=number, rule=rule.id) for rule in _cured(old, rules, parameters, later, missing))
    return found[:MOST_OPEN]


def _open(stated: Statement, look: Lookup, missing: Missing) -> dict[int, tuple[Open, Statement]]:
    found: dict[int, tuple[Open, Statement]] = {}
    tags = [(tag, kind_of(tag)) for tag in stated.tags]
    asked = [(subject, tag) for subject in subjects_for(stated.type) for tag, kind in tags if kind in subject.kinds]
    for subject, tag in asked:
        history = look.history(subject, tag)
        if history is None:
            missing.histories.add((subject, tag))
            continue
        for deviation in _later_open(history, stated) if history.deviates else ():
            content = history.statement_of(deviation.target)
            if content is not None:
                found[deviation.number] = (deviation, content)
            elif not history.whole:
                missing.whole.add((subject, tag))
    return dict(sorted(found.items())[:MOST_OPEN])


def _later_open(history: History, stated: Statement) -> Iterator[Open]:
    for deviation in history.open_deviations():
        if (deviation.effective, deviation.target) > stated.key and deviation.target != stated.target:
            yield deviation


def _cured(
    old: Statement, rules: list[Rule], parameters: Mapping[str, str], later: Later, missing: Missing
) -> Iterator[Rule]:
    if old.content is None or not rules:
        return
    context = gather(old.content, old.key, old.target, later, missing)
    if missing:
        return
    case = again(old, old.content, context, parameters)
    yield from (rule for rule in rules if judging.holds(rule, case))
