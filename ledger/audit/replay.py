"""Replay: the story of one thing on two axes, joined by walking the edges as known at the position.

A coi tag row alone is never the answer: links can be known later than the facts that they join.
"""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

import msgspec
from msgspec import Struct

from ledger.audit.asked import AsOf, StoredFact, counted_tags, own_tags, stored_fact, through
from ledger.audit.condition_at import Container, pictured
from ledger.audit.kept import kept
from ledger.domain.facts import counting
from ledger.domain.facts.administration import AdministrationStarted
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.content import Content
from ledger.domain.facts.procurement import ApheresisPerformed
from ledger.domain.facts.record import Record
from ledger.domain.finding import Outcome
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules.retention import Retention
from ledger.domain.subjects.subject import Statement
from ledger.store.log import Reading
from ledger.store.rows import Stored

MOST_FACTS: Final = 10_000
"""Facts of one story."""

_ROUNDS: Final = 12
_NEVER: Final = datetime.max.replace(tzinfo=UTC)

_PEOPLE: Final = frozenset(("patient", "donor"))

_OWNING: Final = frozenset(("CoiAssigned", "ApheresisPerformed"))
"""Types that say whose a chain is."""

_JOINED: Final = frozenset(("coi", "material", "batch", "consignment", "donation", "deviation"))
"""Kinds of things that belong to a story, its deviations too; a site or a lot has stories of its own."""


class Step(Struct, frozen=True, kw_only=True):
    """One fact of a replayed story.

    Attributes:
        fact: The fact.
        effective: When it takes effect, given what was known.
        standing: `recorded`, `deviation`, `reported, refused`, `corrected`, `did not happen`, or `about N` for a record
            about the fact at N.
        corrected_by: Positions of the records about it that were known.
        cured: Rules that a later fact cured.
        containers: Containers as they stand after it: those that it changed, or a fact outside the story before it.
    """

    fact: StoredFact
    effective: datetime
    standing: str
    corrected_by: tuple[int, ...] = ()
    cured: tuple[str, ...] = ()
    containers: tuple[Container, ...] = ()


class Story(Struct, frozen=True, kw_only=True):
    """A replay: the steps in order of effective time, and through which position it is complete.

    Attributes:
        subject: Tag asked for.
        steps: The facts.
        through: Complete through this position.
        as_of: The axes as they were used; nothing is left to guess.
        vein_to_vein_seconds: From the first collection's end to the first administration's start, if both are there.
        retention: How long the records are kept; of a chain of identity only.
    """

    subject: str
    steps: tuple[Step, ...]
    through: int
    as_of: AsOf
    vein_to_vein_seconds: int | None = None
    retention: Retention | None = None


def replay(reading: Reading, subject: str, as_of: AsOf) -> Story:
    """Collects the story of a thing: its own facts, and those of every container, batch and consignment it leads to."""
    last = through(reading, as_of)
    person = kind_of(subject) in _PEOPLE
    found = _of_the_person(reading, subject, last) if person else _collect(reading, subject, last)
    steps = _steps(found)
    known = [step.fact.record for step in steps if step.fact.record is not None]
    if as_of.occurred is not None:
        limit = as_of.occurred
        steps = [step for step in steps if step.effective <= limit]
    steps = _with_containers(steps, pictured(reading, known, last, as_of.occurred))
    return Story(
        subject=subject,
        steps=tuple(steps),
        through=last,
        as_of=AsOf(occurred=as_of.occurred, recorded=as_of.recorded, position=last),
        vein_to_vein_seconds=None if person else _vein_to_vein(steps, found),
        retention=kept(reading, subject, known, last, as_of.occurred) if kind_of(subject) == "coi" and known else None,
    )


def retained(reading: Reading, chain: str, last: int, day: datetime | None) -> Retention | None:
    """Returns how long the records of a chain are kept, as its replay tells it; None where nothing of it is known."""
    records = [fact.record for fact in _collect(reading, chain, last).values() if fact.record is not None]
    return kept(reading, chain, records, last, day) if records else None


def positions(reading: Reading, subject: str, through: int) -> tuple[int, ...]:
    """Returns the positions of the story of a thing as known at a position, in the order of their recording."""
    person = kind_of(subject) in _PEOPLE
    found = _of_the_person(reading, subject, through) if person else _collect(reading, subject, through)
    return tuple(sorted(found))


def _with_containers(steps: list[Step], picture: Iterable[tuple[Statement, tuple[Container, ...]]]) -> list[Step]:
    """Adds to each step what changed since the one before it; what changed after the last one is the last one's."""
    changed: dict[int, dict[str, Container]] = {}
    places = [((step.effective, step.fact.position), step.fact.position) for step in steps]
    for item, containers in picture:
        found = bisect_left(places, (item.key, 0))
        if containers and places:
            known = changed.setdefault(places[min(found, len(places) - 1)][1], {})
            known.update({container.container: container for container in containers})
    return [
        msgspec.structs.replace(step, containers=tuple(changed.get(step.fact.position, {}).values())) for step in steps
    ]


def _of_the_person(reading: Reading, person: str, last: int) -> dict[int, StoredFact]:
    """Every fact that names a person, and the whole of each chain that is theirs.

    A fact that names them beside somebody else's container (a check at the wrong bed) is shown and not walked further:
    what it leads to is not their story.
    """
    named = map(stored_fact, reading.search([person], [], 0, last, MOST_FACTS))
    own = {fact.position: fact for fact in named if _names(fact, person, set())}
    counted = [fact.record for fact in own.values() if fact.record is not None]
    theirs = counted_tags(record for record in counted if counting.inside(record.content).type in _OWNING)
    found = dict(own)
    for chain in sorted({tag for tags in theirs.values() for tag in tags if kind_of(tag) == "coi"}):
        found.update(_collect(reading, chain, last))
    return found


def _collect(reading: Reading, subject: str, last: int) -> dict[int, StoredFact]:
    """Finds facts by tag, then things named by those facts, until nothing new is found: one query for each round."""
    found: dict[int, StoredFact] = {}
    todo, seen = {subject}, {subject}
    chain = subject if kind_of(subject) == "coi" else ""
    for _ in range(_ROUNDS):
        fresh: dict[int, StoredFact] = {}
        for tag, rows in _borne(reading, sorted(todo), last):
            for row in rows:
                if row.position not in found and row.position not in fresh:
                    fact = stored_fact(row)
                    if _names(fact, tag, {*found, *fresh}):
                        fresh[row.position] = fact
        found.update(fresh)
        fresh.update(_of_the_patient(reading, fresh, found, last) if chain else {})
        found.update(fresh)
        counted = counted_tags(fact.record for fact in found.values() if fact.record is not None)
        todo = {tag for tags in counted.values() for tag in _things(tags, chain)} | _deviations(found)
        todo -= seen
        seen |= todo
        if not todo or len(found) > MOST_FACTS:
            break
    return found


def _borne(reading: Reading, tags: list[str], last: int) -> Iterable[tuple[str, list[Stored]]]:
    """The facts that bear each tag; the thing asked for may be a site or a device that very many facts name."""
    if len(tags) == 1:
        return [(tags[0], reading.search(tags, [], 0, last, MOST_FACTS))]
    return zip(tags, reading.borne(tags, last, MOST_FACTS), strict=True)


def _deviations(found: dict[int, StoredFact]) -> set[str]:
    """Deviations as which facts of a story were recorded: what was said of them afterwards names nothing else."""
    records = (fact.record for fact in found.values() if fact.record is not None)
    deviating = (record for record in records if record.verdict.outcome is Outcome.RECORDED_AS_DEVIATION)
    return {tag for record in deviating for tag in record.verdict.tags if kind_of(tag) == "deviation"}


def _of_the_patient(
    reading: Reading, fresh: dict[int, StoredFact], found: dict[int, StoredFact], last: int
) -> dict[int, StoredFact]:
    """Prescription, consent: facts about the patient that name no chain belong to each of the patient's chains."""
    facts = [fact.record for fact in fresh.values() if fact.record is not None]
    patients = {
        tag for record in facts if counting.inside(record.content).type == "CoiAssigned" for tag in record.verdict.tags
    }
    more: dict[int, StoredFact] = {}
    for patient in sorted(tag for tag in patients if kind_of(tag) == "patient"):
        for row in reading.search([patient], [], 0, last, MOST_FACTS):
            if row.position not in found:
                fact = stored_fact(row)
                if fact.record is None or not any(kind_of(tag) in _JOINED for tag in fact.record.verdict.tags):
                    more[row.position] = fact
    return more


def _names(fact: StoredFact, tag: str, known: set[int]) -> bool:
    """Whether a fact itself names a thing, or is about one that is known to.

    A tag row that was inherited tells only what was linked when it was recorded.
    """
    if fact.record is None or tag in own_tags(fact.record):
        return True
    effect = fact.record.verdict.effect
    return effect is not None and effect.target in known


def _things(tags: frozenset[str], chain: str) -> set[str]:
    """Things that a fact leads to, as it counts. A fact that names another chain is shown and not walked further."""
    others = {tag for tag in tags if kind_of(tag) == "coi" and tag != chain}
    if chain and others:
        return set()
    return {tag for tag in tags if kind_of(tag) in _JOINED}


def _steps(found: dict[int, StoredFact]) -> list[Step]:
    facts = dict(sorted(found.items()))
    about: dict[int, list[StoredFact]] = {}
    cured: dict[int, set[str]] = {}
    for fact in facts.values():
        verdict = fact.record.verdict if fact.record is not None else None
        if verdict is not None and verdict.effect is not None:
            about.setdefault(verdict.effect.target, []).append(fact)
    for position, fact in facts.items():
        if (newest := (about.get(position) or [fact])[-1].record) is not None:
            for cure in newest.verdict.cures:
                cured.setdefault(cure.deviation, set()).add(cure.rule)
    steps = [_step(fact, about.get(position, []), cured) for position, fact in facts.items()]
    return sorted(steps, key=lambda step: (step.effective, step.fact.position))


def _step(fact: StoredFact, about: list[StoredFact], cured: dict[int, set[str]]) -> Step:
    record = fact.record
    if record is None:
        return Step(fact=fact, effective=_NEVER, standing="not a record of this ledger")
    newest = about[-1].record if about else None
    effect = newest.verdict.effect if newest is not None else None
    rules = cured.get(fact.position, set()) | {rule for item in about for rule in cured.get(item.position, set())}
    return Step(
        fact=fact,
        effective=effect.effective if effect is not None else _effective(record),
        standing=_standing(record, newest),
        corrected_by=tuple(item.position for item in about),
        cured=tuple(sorted(rules)),
    )


def _effective(record: Record) -> datetime:
    effect = record.verdict.effect
    if effect is not None:
        return record.stamp.recorded_at
    if record.content.type not in TYPES:
        return record.stamp.recorded_at
    return counting.effective(record.content, record.stamp.recorded_at)


_OUTCOMES: Final = {
    Outcome.RECORDED: "recorded",
    Outcome.RECORDED_AS_DEVIATION: "deviation",
    Outcome.REFUSED: "reported, refused",
}


def _standing(record: Record, newest: Record | None) -> str:
    own = record.verdict.effect
    if own is not None and newest is None:
        return f"about {own.target}"
    if newest is None:
        return _OUTCOMES[record.verdict.outcome]
    effect = newest.verdict.effect
    if effect is None or effect.content is None:
        return "did not happen"
    if newest.content.type == "RecordedAsDeviation":
        return "deviation" if newest.verdict.outcome is Outcome.RECORDED_AS_DEVIATION else "recorded"
    return "corrected"


def _vein_to_vein(steps: list[Step], found: dict[int, StoredFact]) -> int | None:
    """Seconds from the end of the first collection that counts to the start of the first administration that counts."""
    collected: datetime | None = None
    for step in steps:
        content = _counted(step, found)
        if content is None:
            continue
        if isinstance(content.fact, ApheresisPerformed) and collected is None:
            collected = content.fact.ended_at
        if isinstance(content.fact, AdministrationStarted) and collected is not None:
            return int((content.envelope.occurred_at.time - collected).total_seconds())
    return None


def _counted(step: Step, found: dict[int, StoredFact]) -> Content | None:
    """Returns what the fact of a step says as it counts, by the newest record about it; None for such a record."""
    record = step.fact.record
    if record is None or step.standing == _OUTCOMES[Outcome.REFUSED] or record.verdict.effect is not None:
        return None
    newest = found[step.corrected_by[-1]].record if step.corrected_by else None
    effect = newest.verdict.effect if newest is not None else None
    return effect.content if effect is not None else counting.inside(record.content)
