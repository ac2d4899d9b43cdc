"""Answers made from stored records: the same record gives the same answer, for ever."""

from typing import TypeVar

import msgspec

from ledger.domain.decision import Command, Decision
from ledger.domain.facts import content as contents
from ledger.domain.facts import tagging
from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.record import Record
from ledger.domain.finding import Outcome
from ledger.domain.receipt import Receipt, Refused, State

A = TypeVar("A")


def answer(record: Record, leaf: bytes, *, repeated: bool) -> Receipt | Refused:
    """Returns the receipt of a record, or its refusal."""
    content, stamp, verdict = record.content, record.stamp, record.verdict
    if verdict.outcome is Outcome.REFUSED:
        return Refused(
            position=stamp.position,
            fact_type=content.type,
            findings=verdict.findings,
            rulebook=verdict.rulebook,
            unresolved=_unresolved(content.type),
            repeated_call=repeated,
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


def _unresolved(fact_type: str) -> bool:
    return fact_type in TYPES and TYPES[fact_type].about.kind is Kind.HAPPENING


def repeated(before: A) -> A | Receipt | Refused:
    """Returns an answer given earlier in the same batch, marked as a repeated call."""
    if isinstance(before, Receipt):
        return msgspec.structs.replace(before, repeated_call=True)
    if isinstance(before, Refused):
        return Refused(
            position=before.position,
            fact_type=before.type,
            findings=before.findings,
            rulebook=before.rulebook,
            unresolved=before.unresolved,
            repeated_call=True,
        )
    return before


def judged_only(command: Command, decided: Decision) -> Receipt | Refused:
    """Returns the answer that the real call would have got, with the content that signatures cover."""
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
