"""From when to when a register entry holds: UK civil days, both included, or moments, half-open."""

from datetime import datetime

from ledger.domain import civil_time


def in_force(moment: datetime, effective_from: str, effective_to: str | None) -> bool:
    """Whether a moment lies between two UK civil days, both included."""
    if moment < civil_time.day_start(effective_from):
        return False
    return effective_to is None or moment < civil_time.day_end(effective_to)


def between(moment: datetime, since: datetime, until: datetime | None) -> bool:
    """Whether a moment lies in a half-open interval; no end means still."""
    return since <= moment and (until is None or moment < until)
