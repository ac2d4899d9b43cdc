"""What rows of lists say of a fact alike: where, who, what it is about, and the labels by which it is asked for."""

from collections.abc import Iterable
from typing import Final

from ledger.domain.facts import tagging
from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.content import Content
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.record import Record
from ledger.domain.identifiers.tag import kind_of
from ledger.views.listing import Cell, CellKind, Column

POSITION: Final = Column("position", CellKind.POSITION, "Position of the fact.")
TYPE: Final = Column("type", CellKind.TEXT, "Type of the fact.")
OCCURRED: Final = Column("occurred_at", CellKind.TIME, "When it happened, as claimed.")
RECORDED: Final = Column("recorded_at", CellKind.TIME, "When it was recorded, by the ledger's clock.")
SITE: Final = Column("site", CellKind.TAG, "Site where it happened.")
PERSON: Final = Column("person", CellKind.TAG, "Who did it, as the envelope says.")
ORGANISATION: Final = Column("organisation", CellKind.TAG, "Organisation that recorded it.")
ABOUT: Final = Column("about", CellKind.TEXTS, "Chain, containers, batch and other things that it names.")

OF_A_FACT: Final = (POSITION, TYPE, OCCURRED, RECORDED, SITE, PERSON, ORGANISATION, ABOUT)
"""Columns that say which fact it is."""

_THINGS: Final = ("coi", "material", "batch", "consignment", "donation", "lot", "case", "licence", "masterfile")
_LABELLED: Final = frozenset((*_THINGS, "site", "organisation", "person", "product", "deviation"))
_MOST_THINGS: Final = 8
_MOST_LABELS: Final = 64


def of_what_counts(record: Record) -> dict[str, Cell]:
    """As `of_a_fact`, of the fact that counts by a record about another one; position and recorder stay its own."""
    effect = record.verdict.effect
    if effect is None or effect.content is None:
        return of_a_fact(record)
    return _cells(record, effect.content, effect.tags)


def of_a_fact(record: Record) -> dict[str, Cell]:
    """Returns the cells that say which fact it is."""
    return _cells(record, record.content, record.verdict.tags)


def _cells(record: Record, content: Content, tags: Iterable[str]) -> dict[str, Cell]:
    stamp = record.stamp
    return {
        "position": stamp.position,
        "type": content.type,
        "occurred_at": content.envelope.occurred_at.time,
        "recorded_at": stamp.recorded_at,
        "site": site_of(content),
        "person": tag_of("person", content.envelope.performed_by) or None,
        "organisation": recorder_of(record),
        "about": things(tags),
    }


def site_of(content: Content) -> str | None:
    """Returns the tag of the site where it happened."""
    return tag_of("site", content.envelope.place.site) or None


def recorder_of(record: Record) -> str:
    """Returns the tag of the organisation that recorded it."""
    return tag_of("organisation", record.stamp.recorder.organisation)


def things(tags: Iterable[str]) -> tuple[str, ...]:
    """Returns the things among tags, chains first, at most eight."""
    order = {kind: number for number, kind in enumerate(_THINGS)}
    found = sorted((order[kind_of(tag)], tag) for tag in tags if kind_of(tag) in order)
    return tuple(tag for _, tag in found[:_MOST_THINGS])


def labels(record: Record, rules: Iterable[str] = ()) -> list[str]:
    """Returns the labels of a fact: its place, its people, its recorder, what it names or leads to, and rules."""
    content, verdict = record.content, record.verdict
    envelope = content.envelope
    first = [f"rule:{rule}" for rule in rules]
    first += [site_of(content) or "", recorder_of(record)]
    first += [tag_of("person", person) for person in (envelope.performed_by, *envelope.verified_by)]
    first += [found.value for found in verdict.resolved if found.name in ("product", "chain")]
    counted = verdict.effect.tags if verdict.effect is not None else ()
    rest = [tag for tag in (*counted, *verdict.tags, *verdict.inherited) if kind_of(tag) in _LABELLED]
    return list(dict.fromkeys(filter(None, (*first, *rest))))[:_MOST_LABELS]


def is_happening(fact_type: str) -> bool:
    """Whether facts of a type are happenings: what they report is either true or not, whatever the rules say."""
    return fact_type in TYPES and TYPES[fact_type].about.kind is Kind.HAPPENING


def deviation_of(record: Record) -> str:
    """Returns the tag of the deviation that a record is."""
    return tagging.deviation(record.stamp.position)


def target_of(record: Record) -> int:
    """Returns the position of the original that a record speaks of: its own where it is one."""
    effect = record.verdict.effect
    return record.stamp.position if effect is None else effect.target
