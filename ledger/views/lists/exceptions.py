"""What an audit trail review goes through: overrides, notes, late and transcribed entries, corrections.

EU GMP Annex 11 paragraph 9; each can be asked for by rule, person, site and period.
"""

from collections.abc import Iterator
from typing import Final

from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.record import Record
from ledger.domain.facts.records import Corrected, DidNotHappen
from ledger.domain.finding import Outcome, Weight
from ledger.views.listing import Cell, CellKind, Column, Listing, Row, Seen, position_of
from ledger.views.lists import telling

_RULE: Final = Column("rule", CellKind.TEXT, "The rule.")
_TAG: Final = Column("tag", CellKind.TAG, "What the rule found it about.")
_FOUND: Final = Column("found", CellKind.TEXT, "What the rule found.")
_LATE_RULE: Final = "E9"


def _has(record: Record, weight: Weight) -> bool:
    return any(one.weight is weight for one in record.verdict.findings)


def _findings(record: Record, weight: Weight) -> Iterator[Row]:
    taken: dict[str, int] = {}
    for one in record.verdict.findings:
        if one.weight is not weight:
            continue
        number = taken[one.rule] = taken.get(one.rule, 0) + 1
        cells: dict[str, Cell] = {
            **telling.of_a_fact(record),
            "rule": one.rule,
            "tag": one.tag,
            "found": one.found,
        }
        if weight is Weight.OVERRIDDEN:
            cells |= _approved(record, one.rule)
        yield Row(
            part=f"{one.rule} {number}",
            at=record.stamp.recorded_at,
            cells=cells,
            labels=[one.tag, *telling.labels(record, [one.rule])],
        )


def _approved(record: Record, rule: str) -> dict[str, Cell]:
    """Who took the risk on, and why."""
    for one in record.content.exceptions:
        if one.rule in (None, rule):
            return {
                "approver": tag_of("person", one.approver) or None,
                "reason": one.reason,
                "reference": one.reference,
            }
    return {}


def _overrides(seen: Seen, root: str) -> Iterator[Row]:
    versions = seen.filed(position_of(root))
    if versions is not None:
        yield from _findings(versions.record, Weight.OVERRIDDEN)


OVERRIDES: Final = Listing(
    name="overrides",
    means="Rules that would have barred a fact and whose risk its owner took on, with who did and why.",
    columns=(
        *telling.OF_A_FACT,
        _RULE,
        _TAG,
        _FOUND,
        Column("approver", CellKind.TAG, "Who took the risk on."),
        Column("reason", CellKind.TEXT, "Why, in their words."),
        Column("reference", CellKind.TEXT, "The site's own reference."),
    ),
    rows=_overrides,
    concerns=lambda record: _has(record, Weight.OVERRIDDEN),
    shown=("position", "type", "rule", "approver", "reason"),
    time="when it was recorded",
)


def _notes(seen: Seen, root: str) -> Iterator[Row]:
    versions = seen.filed(position_of(root))
    if versions is not None and versions.record.verdict.outcome is not Outcome.REFUSED:
        yield from _findings(versions.record, Weight.NOTE)


NOTES: Final = Listing(
    name="notes",
    means="What rules found and did not bar: one row for each note on a recorded fact.",
    columns=(*telling.OF_A_FACT, _RULE, _TAG, _FOUND),
    rows=_notes,
    concerns=lambda record: record.verdict.outcome is not Outcome.REFUSED and _has(record, Weight.NOTE),
    shown=("position", "type", "rule", "found"),
    time="when it was recorded",
)


def _late(record: Record) -> bool:
    if record.verdict.outcome is Outcome.REFUSED or record.verdict.effect is not None:
        return False
    envelope = record.content.envelope
    found = any(one.rule == _LATE_RULE for one in record.verdict.findings)
    return found or envelope.late_reason is not None or envelope.transcription is not None


def _late_entries(seen: Seen, root: str) -> Iterator[Row]:
    versions = seen.filed(position_of(root))
    if versions is None or not _late(versions.record):
        return
    record = versions.record
    envelope = record.content.envelope
    seconds = int((record.stamp.recorded_at - envelope.occurred_at.time).total_seconds())
    reason, copied = envelope.late_reason, envelope.transcription
    what = "transcribed" if copied is not None else "late"
    yield Row(
        at=record.stamp.recorded_at,
        cells={
            **telling.of_a_fact(record),
            "what": what,
            "late_seconds": seconds,
            "reason_code": None if reason is None else reason.code.name.lower().replace("_", " "),
            "reason": None if reason is None else reason.text,
            "transcribed_by": None if copied is None else tag_of("person", copied.transcribed_by) or None,
        },
        labels=[*telling.labels(record, [_LATE_RULE]), f"what:{what}"],
        measure=seconds,
    )


LATE_ENTRIES: Final = Listing(
    name="late-entries",
    means="Facts that came late and say so, or were copied from paper: how late, why, and by whom.",
    columns=(
        *telling.OF_A_FACT,
        Column("what", CellKind.TEXT, "Late, or transcribed from paper."),
        Column("late_seconds", CellKind.SECONDS, "From when it happened, as claimed, to its recording."),
        Column("reason_code", CellKind.TEXT, "The class of reason."),
        Column("reason", CellKind.TEXT, "Why it came late."),
        Column("transcribed_by", CellKind.TAG, "Who copied it from paper."),
    ),
    rows=_late_entries,
    concerns=_late,
    shown=("position", "type", "site", "late_seconds", "reason"),
    time="when it was recorded",
    measure="seconds from the happening to its recording",
)


def _is_correction(record: Record) -> bool:
    return isinstance(record.content.fact, Corrected | DidNotHappen) and record.verdict.effect is not None


def _corrections(seen: Seen, root: str) -> Iterator[Row]:
    versions = seen.filed(position_of(root))
    if versions is None or not _is_correction(versions.record):
        return
    record = versions.record
    fact = record.content.fact
    target = seen.filed(telling.target_of(record))
    if not isinstance(fact, Corrected | DidNotHappen) or target is None:
        return
    what = "corrected" if isinstance(fact, Corrected) else "did not happen"
    corrected = target.record
    apart = int((record.stamp.recorded_at - corrected.stamp.recorded_at).total_seconds())
    same = corrected.content.envelope.performed_by == record.content.envelope.performed_by
    yield Row(
        at=record.stamp.recorded_at,
        cells={
            **telling.of_a_fact(record),
            "what": what,
            "target": corrected.stamp.position,
            "target_type": corrected.content.type,
            **_why(fact),
            "after_seconds": apart,
            "same_person": "yes" if same else "no",
        },
        labels=[*telling.labels(record), *telling.labels(corrected), f"what:{what}"],
        measure=apart,
    )


def _why(fact: Corrected | DidNotHappen) -> dict[str, Cell]:
    code, words = (fact.reason_code, fact.reason) if isinstance(fact, Corrected) else (fact.reason, fact.explanation)
    return {"reason": code.name.lower().replace("_", " "), "explanation": words}


CORRECTIONS: Final = Listing(
    name="corrections",
    means="Every correction of a recorded fact and every fact taken back: which, by whom, why, and how long after.",
    columns=(
        *telling.OF_A_FACT,
        Column("what", CellKind.TEXT, "Corrected, or did not happen."),
        Column("target", CellKind.POSITION, "Position of the fact that was wrong."),
        Column("target_type", CellKind.TEXT, "Its type."),
        Column("reason", CellKind.TEXT, "The class of reason."),
        Column("explanation", CellKind.TEXT, "Why, in their words."),
        Column("after_seconds", CellKind.SECONDS, "From the recording of that fact to its correction."),
        Column("same_person", CellKind.TEXT, "Whether who did the one also did the other."),
    ),
    rows=_corrections,
    concerns=_is_correction,
    shown=("position", "what", "target", "target_type", "explanation"),
    time="when it was recorded",
    measure="seconds from the recording to the correction",
)
