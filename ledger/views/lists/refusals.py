"""Refusals: those that nobody settled, and those that were followed by the act all the same."""

from collections.abc import Iterator
from typing import Final

from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.content import Content
from ledger.domain.facts.record import Record
from ledger.domain.facts.records import RecordedAsDeviation
from ledger.domain.facts.repeating import same_act
from ledger.domain.finding import Outcome, Weight
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules.case import Versions
from ledger.domain.subjects.settlement import PROCEEDING
from ledger.views.listing import Cell, CellKind, Column, Listing, Row, Seen, position_of
from ledger.views.lists import telling

_RULES: Final = Column("rules", CellKind.TEXTS, "Rules that refused it.")
_FOUND: Final = Column("found", CellKind.TEXT, "What the first of them found.")
_MOST: Final = 4
"""Things of one refusal that are watched: the most particular."""

_PARTICULAR: Final = ("material", "consignment", "donation", "batch", "case", "coi", "site")


def _refused(record: Record) -> bool:
    return record.verdict.outcome is Outcome.REFUSED and record.content.type in TYPES


def _refused_happening(record: Record) -> bool:
    return _refused(record) and telling.is_happening(record.content.type)


def _bars(record: Record) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.rule for one in record.verdict.findings if one.weight is Weight.BAR))


def _unresolved(seen: Seen, root: str) -> Iterator[Row]:
    versions = seen.filed(position_of(root))
    if versions is None or not _refused_happening(versions.record) or versions.by:
        return
    record = versions.record
    if _told_again(seen, record):
        return
    found = next((one.found for one in record.verdict.findings if one.weight is Weight.BAR), None)
    yield Row(
        at=record.stamp.recorded_at,
        cells={**telling.of_a_fact(record), "rules": _bars(record), "found": found},
        labels=telling.labels(record, _bars(record)),
    )


def _told_again(seen: Seen, record: Record) -> bool:
    """Whether the same act was sent again and recorded: with the reason that was missing, or signed."""
    for tag in _particular(record) or record.verdict.tags[:_MOST]:
        for target, _, _ in seen.acts(tag, record.content.type):
            other = seen.filed(target) if target > record.stamp.position else None
            counts = _counts(other) if other is not None else None
            if counts is not None and same_act(record.content, counts):
                return True
    return False


def _counts(versions: Versions) -> Content | None:
    """A fact as it counts; nothing when it did not happen."""
    return versions.effect.content if versions.effect is not None else versions.record.content


UNRESOLVED: Final = Listing(
    name="unresolved-refusals",
    means="Happenings that were reported and refused, and that nobody has settled: each either happened, and is to be "
    "recorded as a deviation, or did not. The same act sent again and recorded settles it.",
    columns=(*telling.OF_A_FACT, _RULES, _FOUND),
    rows=_unresolved,
    concerns=_refused_happening,
    shown=("position", "type", "site", "rules", "found"),
    time="when it was refused",
)


def _particular(record: Record) -> list[str]:
    """The things of a refusal, the most particular kind first: an act on one of these is the act refused."""
    for kind in _PARTICULAR:
        if found := [tag for tag in record.verdict.tags if kind_of(tag) == kind]:
            return found[:_MOST]
    return []


def _followed(seen: Seen, root: str) -> Iterator[Row]:
    position = position_of(root)
    versions = seen.filed(position)
    if versions is None or not _refused(versions.record):
        return
    record = versions.record
    for how, act in _acts(seen, record, versions.by):
        by = seen.filed(act)
        if by is None:
            continue
        after = by.record.stamp.recorded_at - record.stamp.recorded_at
        cells: dict[str, Cell] = {
            **telling.of_a_fact(record),
            "rules": _bars(record),
            "act": act,
            "how": how,
            "act_at": by.record.content.envelope.occurred_at.time,
            "after_seconds": int(after.total_seconds()),
        }
        yield Row(
            at=record.stamp.recorded_at,
            cells=cells,
            labels=telling.labels(record, _bars(record)),
            measure=int(after.total_seconds()),
        )
        return


def _acts(seen: Seen, record: Record, by: int) -> Iterator[tuple[str, int]]:
    """How a refusal was followed by the act; the first that is found counts."""
    position = record.stamp.position
    settled = seen.filed(by) if by else None
    if settled is not None and isinstance(settled.record.content.fact, RecordedAsDeviation):
        yield "recorded as deviation", by
    for tag in _particular(record):
        decided = [one for one in seen.state(PROCEEDING, tag).decisions if one.refusal == position]
        acts = [known for target, known, _ in seen.acts(tag, record.content.type) if target > position]
        if acts:
            yield ("recorded after a decision to proceed" if decided else "recorded later"), min(acts)


FOLLOWED: Final = Listing(
    name="refusals-followed-by-the-act",
    means="Acts that were refused and were done all the same: recorded as a deviation, recorded after a decision to "
    "proceed, or recorded later once nothing barred them.",
    columns=(
        *telling.OF_A_FACT,
        _RULES,
        Column("act", CellKind.POSITION, "Position of the record of the act."),
        Column("how", CellKind.TEXT, "How it came to be recorded."),
        Column("act_at", CellKind.TIME, "When the act was done, as claimed."),
        Column("after_seconds", CellKind.SECONDS, "From the refusal to the record of the act."),
    ),
    rows=_followed,
    concerns=_refused,
    shown=("position", "type", "rules", "how", "act", "after_seconds"),
    time="when it was refused",
    measure="seconds from the refusal to the record of the act",
)
