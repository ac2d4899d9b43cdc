"""What records about a fact made of it: the fact before and after each of them, and why."""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from ledger.api import Step
from services.cli import wording
from services.cli.wording import Change


class Revision(Struct, frozen=True, kw_only=True):
    """One record about a fact.

    Attributes:
        position: Of the record.
        type: Corrected, RecordedAsDeviation, DidNotHappen.
        target: Position of the fact that it is about.
        changes: What it changed.
        counts: False when the fact does not count from here on.
        why: Its reasons, in words.
        by: Who recorded it.
        record: The record as JSON.
    """

    position: int
    type: str
    target: int
    changes: tuple[Change, ...]
    counts: bool
    why: str
    by: str
    record: dict[str, Any]


def revisions(steps: Iterable[Step]) -> dict[int, Revision]:
    """Every record about a fact among these steps, by its position."""
    records = {step.fact.position: (step.fact.type, wording.stored(step.fact)) for step in steps}
    counts = {position: wording.inside(record, "content") for position, (_, record) in records.items()}
    found = {}
    for position, (name, record) in sorted(records.items()):
        effect = wording.inside(record, "verdict", "effect")
        target = wording.inside(effect, "target")
        if not isinstance(target, int):
            continue
        new = wording.inside(effect, "content")
        old = counts.get(target)
        if new is not None:
            counts[target] = new
        found[position] = Revision(
            position=position,
            type=name,
            target=target,
            changes=tuple(wording.changes(old, new, wording.offset_of(record))) if old and new else (),
            counts=new is not None,
            why=_why(record),
            by=wording.words(wording.inside(record, "content", "envelope", "performed_by")) or "",
            record=record,
        )
    return found


def _why(record: dict[str, Any]) -> str:
    fact = wording.inside(record, "content", "fact")
    given = (wording.inside(fact, name) for name in ("reason_code", "reason", "explanation", "reference"))
    return "; ".join(wording.words(one) or "" for one in given if one is not None)
