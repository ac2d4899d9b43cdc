"""What nobody has settled about a thing: reports that were refused, and deviations of which a rule is still broken."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from ledger.audit.asked import read
from ledger.audit.cards.card import OpenQuestion
from ledger.domain.facts import counting
from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.record import Record
from ledger.domain.facts.repeating import same_act
from ledger.domain.finding import Outcome, Weight
from ledger.domain.identifiers.tag import kind_of
from ledger.store import filing
from ledger.store.log import Reading
from ledger.store.rows import Wanted

MOST_LISTED: Final = 32
"""Open questions that a card lists, the newest."""

_LOOKED_AT: Final = 200
"""Refusals, and deviations, of one thing that are looked at, the newest; beyond, the card says that there are more."""

_MOST_EDGES: Final = 2_000


def open_questions(
    reading: Reading, tag: str, last: int, day: datetime | None
) -> tuple[tuple[OpenQuestion, ...], bool]:
    """Lists what is open about a thing, newest first, and whether there is more.

    Args:
        reading: The log.
        tag: The thing, named by the facts themselves or reached from what they name.
        last: As known through this position.
        day: As it was then: only what had taken effect; None for everything.
    """
    found: list[OpenQuestion] = []
    more = False
    for mark in (filing.WAS_REFUSED, filing.DEVIATION):
        sifted = reading.sift(Wanted(tags=(tag,), marks=(mark,)), 0, last, _LOOKED_AT, newest=True)
        more = more or sifted.after < sifted.through
        records = [record for row in reading.facts(sifted.positions) if (record := read(row)) is not None]
        known = [record for record in records if day is None or _effective(record) <= day]
        settled = _settled(reading, known, last) | told_again(reading, known, last)
        found += [
            question
            for record in known
            if record.stamp.position not in settled and (question := _question(reading, record, last)) is not None
        ]
    found.sort(key=lambda question: -question.position)
    return tuple(found[:MOST_LISTED]), more or len(found) > MOST_LISTED


def _target(record: Record) -> int:
    effect = record.verdict.effect
    return effect.target if effect is not None else record.stamp.position


def _effective(record: Record) -> datetime:
    effect = record.verdict.effect
    if effect is not None:
        return effect.effective
    if record.content.type not in TYPES:
        return record.stamp.recorded_at
    return counting.effective(record.content, record.stamp.recorded_at)


def _settled(reading: Reading, records: Iterable[Record], last: int) -> set[int]:
    """Positions of those about whose fact a later record speaks; what that leaves open is a question of its own."""
    nodes = {filing.fact_node(_target(record)) for record in records}
    newest: dict[str, int] = {}
    for edge, _ in reading.edges(sorted(nodes), "down", last, _MOST_EDGES):
        if edge.kind == filing.ABOUT:
            newest[edge.parent] = max(newest.get(edge.parent, 0), edge.source)
    return {
        record.stamp.position
        for record in records
        if newest.get(filing.fact_node(_target(record)), 0) > record.stamp.position
    }


def told_again(reading: Reading, records: Iterable[Record], last: int) -> set[int]:
    """Positions of the refusals among these whose act was sent again and recorded, and was not taken back."""
    found: set[int] = set()
    for record in records:
        if record.verdict.outcome is not Outcome.REFUSED or record.content.type not in TYPES:
            continue
        position, tags = record.stamp.position, sorted(record.verdict.tags, key=lambda tag: kind_of(tag) != "material")
        rows = reading.search(tags[:1], [record.content.type], position, last, _LOOKED_AT) if tags else []
        others = [other for row in rows if (other := read(row)) is not None and same_act(record.content, other.content)]
        if {other.stamp.position for other in others} - _settled(reading, others, last):
            found.add(position)
    return found


def _question(reading: Reading, record: Record, last: int) -> OpenQuestion | None:
    kind, effect, position = record.content.type, record.verdict.effect, record.stamp.position
    rules = {finding.rule for finding in record.verdict.findings if finding.weight is Weight.BAR}
    if record.verdict.outcome is Outcome.REFUSED:
        if kind not in TYPES or TYPES[kind].about.kind is not Kind.HAPPENING:
            return None
        state, way_out = "reported, refused", "record it as a deviation if it happened, or that it did not happen"
    else:
        rules -= _cured(reading, position, last)
        if not rules:
            return None
        kind = effect.content.type if effect is not None and effect.content is not None else kind
        state, way_out = "deviation", "it stands until the missing fact arrives or the fact is corrected"
    broken = ", ".join(sorted(rules))
    sentence = f"{kind} at position {position}: {state}, against {broken}; {way_out}."
    return OpenQuestion(position=position, type=kind, state=state, rules=tuple(sorted(rules)), sentence=sentence)


def _cured(reading: Reading, deviation: int, last: int) -> set[str]:
    """Rules of a deviation that late facts cured and, as they count now, still do."""
    wanted = Wanted(marks=(f"{filing.CURES}{deviation}",))
    rows = reading.facts(reading.sift(wanted, 0, last, _LOOKED_AT, newest=False).positions)
    records = [record for row in rows if (record := read(row)) is not None]
    taken_back = _settled(reading, records, last)
    return {
        cure.rule
        for record in records
        if record.stamp.position not in taken_back
        for cure in record.verdict.cures
        if cure.deviation == deviation
    }
