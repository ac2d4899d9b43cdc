"""The clearance itself: whether the next step may follow, until when, why not, in one sentence."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import unquote

from msgspec import Struct

from ledger.domain import civil_time
from ledger.domain.clearance import next_step
from ledger.domain.clearance.limits import Asking, bars
from ledger.domain.clearance.next_step import Known, Step
from ledger.domain.facts.record import Clearance
from ledger.domain.finding import Finding
from ledger.domain.identifiers import tag as tags
from ledger.domain.rules.case import Watched
from ledger.domain.rules.context import Later, Lookup, Missing
from ledger.domain.subjects.subject import Statement

_WORDS: Final = {
    "ApheresisPerformed": ("Collection may begin", "Do not collect"),
    "AdministrationStarted": ("May be given", "Do not give"),
    "CellsModified": ("May be used", "Do not use"),
}

_TAG: Final = re.compile(rf"\b({'|'.join(sorted(tags.KINDS))}):[^\s:]+:([^\s,;()]+)")
_PEOPLE: Final = frozenset(("patient", "donor"))


class Question(Struct, frozen=True, kw_only=True):
    """What may follow a fact, with what is at hand to answer it.

    Attributes:
        asking: What steps are judged with.
        steps: What would follow, one per container.
        cases: The same before the rules, now; no more than are looked at.
    """

    asking: Asking
    steps: tuple[Step, ...]
    cases: tuple[Watched, ...]


def ask(
    stated: Statement, recorded_at: datetime, parameters: Mapping[str, str], look: Lookup, missing: Missing
) -> Question | None:
    """Asks what may follow a fact, as if it happened when the fact was recorded. Nothing is judged yet.

    Args:
        stated: The fact, as it counts.
        recorded_at: When it is recorded.
        parameters: Numbers of the rulebook.
        look: The subjects at hand, without the fact.
        missing: Takes up what is not at hand; the question is then not to be used.

    Returns:
        The question; None after a fact that leads to no next step.
    """
    if stated.content is None or not next_step.follows(stated.content.fact):
        return None
    around = Later(look, stated)
    steps = next_step.steps(stated, recorded_at, Known(look=around, missing=missing))
    if missing or not steps:
        return None
    asking = Asking(
        position=max(stated.known, stated.target),
        at=recorded_at,
        recorder=stated.recorder,
        parameters=parameters,
        look=around,
        missing=missing,
    )
    cases = tuple(asking.first(step) for step in steps[: next_step.MOST])
    return Question(asking=asking, steps=tuple(steps), cases=cases)


def answer(question: Question) -> Clearance:
    """Judges what was asked; to be used only if nothing was missing, before and after."""
    steps, at = question.steps, question.asking.at
    looked_at = [(step, case, bars(step, case)) for step, case in zip(steps, question.cases, strict=False)]
    refused = [(step, found) for step, _, found in looked_at if step.wrong or found]
    kind, until = steps[0].content.type, None
    if refused:
        sentence = _refusal(kind, refused, several=len(steps) > 1)
    elif len(steps) > next_step.MOST:
        sentence = _too_many(kind)
    else:
        until = min(filter(None, (question.asking.until(step, case) for step, case, _ in looked_at)), default=None)
        sentence = _permission(steps[0], until, at)
    return Clearance(
        next_step=kind,
        may_follow=not refused and len(steps) <= next_step.MOST,
        sentence=sentence,
        until=until,
        rules=tuple(sorted({finding.rule for _, found in refused for finding in found})),
        in_hand=tuple(step.in_hand for step, _, _ in looked_at if step.in_hand is not None),
    )


def _permission(step: Step, until: datetime | None, now: datetime) -> str:
    limit = "" if until is None else f" until {uk_words(until, now)}"
    condition = ", after a bedside check that matches" if step.awaited else ""
    return f"{_WORDS[step.content.type][0]}{limit}{condition}."


def uk_words(moment: datetime, now: datetime) -> str:
    """A moment as UK clocks show it, with the day when it is another; never later than it is."""
    shown, today = (one + civil_time.offset(one) for one in (moment, now))
    day = "" if shown.date() == today.date() else f" on {shown.day} {shown:%B %Y}"
    return f"{shown:%H:%M} UK time{day}"


def _too_many(kind: str) -> str:
    return f"{_WORDS[kind][1]}: there are more than {next_step.MOST} containers; ask again with fewer."


def _refusal(kind: str, refused: Sequence[tuple[Step, list[Finding]]], *, several: bool) -> str:
    """Why not, for the first container that may not, and what is needed."""
    step, found = refused[0]
    which = f" {_value(step.in_hand.material)}" if several and step.in_hand is not None else ""
    why, needed = (step.wrong, step.way_out) if step.wrong else _reason(found[0])
    return f"{_WORDS[kind][1]}{which}: {why}; needed: {needed}." if needed else f"{_WORDS[kind][1]}{which}: {why}."


def _reason(finding: Finding) -> tuple[str, str]:
    """What was found and what must be; where that would name a patient or donor, only what must be."""
    found, must = finding.found, finding.must
    names_somebody = any(match[1] in _PEOPLE for match in _TAG.finditer(found))
    return ("it belongs to somebody else", _plain(must)) if names_somebody else (_plain(found), _plain(must))


def _plain(text: str) -> str:
    """A sentence with the names of things as people read them."""
    return _TAG.sub(lambda match: "somebody" if match[1] in _PEOPLE else f"{match[1]} {unquote(match[2])}", text)


def _value(label: str) -> str:
    return tags.parts(label)[2]
