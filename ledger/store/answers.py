"""Answers made from stored records: the same record gives the same answer, for ever."""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

import msgspec

from ledger.domain.decision import Command, Decision
from ledger.domain.facts import content as contents
from ledger.domain.facts import tagging
from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.record import Record
from ledger.domain.finding import Outcome
from ledger.domain.receipt import MOST_ITEMS, Receipt, Refused, State, Unavailable
from ledger.store import filing
from ledger.store.rows import Stored

A = TypeVar("A")


def of_key(key: UUID, rows: Sequence[Stored]) -> tuple[Receipt, ...] | Refused | Unavailable:
    """Returns again what was answered to a spent key: one receipt for each fact stored for it, or the refusal.

    Args:
        key: The key.
        rows: What is stored for it, in order.
    """
    receipts = []
    for row in rows:
        record = filing.readable(row)
        if record is None:
            return Unavailable(f"the answer at {row.position} was stored by a program newer than this one: ask that")
        given = answer(record, row.leaf, repeated=True, key=key)
        if isinstance(given, Refused):
            return given
        receipts.append(given)
    return tuple(receipts)


def answer(record: Record, leaf: bytes, *, repeated: bool, key: UUID | None = None) -> Receipt | Refused:
    """Returns the receipt of a record, or its refusal.

    Args:
        record: The record.
        leaf: Its leaf hash.
        repeated: It is given again.
        key: The key that was sent, where it may be that of a batch.
    """
    content, stamp, verdict = record.content, record.stamp, record.verdict
    if verdict.outcome is Outcome.REFUSED:
        return Refused(
            position=stamp.position,
            fact_type=content.type,
            findings=verdict.findings,
            rulebook=verdict.rulebook,
            unresolved=_unresolved(content.type),
            repeated_call=repeated,
            item=_place(content.id, key or content.id),
        )
    deviation = verdict.outcome is Outcome.RECORDED_AS_DEVIATION
    return Receipt(
        state=State.RECORDED_AS_DEVIATION if deviation else State.RECORDED,
        position=stamp.position,
        recorded_at=stamp.recorded_at,
        type=content.type,
        request_id=content.id,
        rulebook=verdict.rulebook,
        findings=verdict.findings,
        cures=verdict.cures,
        resolved=verdict.resolved,
        tags=tuple(sorted({*verdict.tags, *verdict.inherited})),
        leaf_hash=leaf,
        deviation=tagging.deviation(stamp.position) if deviation else "",
        repeated_call=repeated,
        clearance=verdict.clearance,
    )


def _place(item: UUID, key: UUID) -> int | None:
    """Place in its batch of the item with this id; None when it came alone."""
    if item == key:
        return None
    return next((number for number in range(MOST_ITEMS) if contents.item_id(key, number) == item), None)


def _unresolved(fact_type: str) -> bool:
    return fact_type in TYPES and TYPES[fact_type].about.kind is Kind.HAPPENING


def repeated(before: A) -> A | Receipt | Refused | tuple[Receipt, ...]:
    """Returns an answer given earlier in the same commit, marked as a repeated call."""
    if isinstance(before, Receipt):
        return msgspec.structs.replace(before, repeated_call=True)
    if isinstance(before, tuple):
        return tuple(msgspec.structs.replace(one, repeated_call=True) for one in before)
    if isinstance(before, Refused):
        return Refused(
            position=before.position,
            fact_type=before.type,
            findings=before.findings,
            rulebook=before.rulebook,
            unresolved=before.unresolved,
            repeated_call=True,
            item=before.item,
        )
    return before


def judged_only(command: Command, decided: Decision, item: int | None = None) -> Receipt | Refused:
    """Returns the answer that the real call would have got, with the content that signatures cover.

    Args:
        command: What was asked.
        decided: What would become of it.
        item: Its place in a batch.
    """
    verdict = decided.verdict
    octets = contents.signed_octets(command.content)
    if verdict.outcome is Outcome.REFUSED:
        return Refused(
            position=0,
            fact_type=command.content.type,
            findings=verdict.findings,
            rulebook=verdict.rulebook,
            unresolved=False,
            content=octets,
            content_hash=contents.digest(octets),
            item=item,
        )
    return Receipt(
        state=State.JUDGED_ONLY,
        position=0,
        recorded_at=command.recorded_at,
        type=command.content.type,
        request_id=command.content.id,
        rulebook=verdict.rulebook,
        findings=verdict.findings,
        cures=verdict.cures,
        resolved=verdict.resolved,
        tags=tuple(sorted({*verdict.tags, *verdict.inherited})),
        content=octets,
        content_hash=contents.digest(octets),
    )
