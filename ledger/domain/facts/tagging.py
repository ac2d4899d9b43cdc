"""Own tags: the labels that a fact's own fields, and its envelope's, name. Derived, never sent."""

from datetime import datetime, timedelta
from typing import NamedTuple

from ledger.domain import civil_time
from ledger.domain.facts import anatomy
from ledger.domain.facts.about import Kind
from ledger.domain.facts.content import Content
from ledger.domain.facts.holding import QuarantineLifted
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.safety import DeviationClosed, DeviationRaised
from ledger.domain.facts.settling import DeviationAssessed, DeviationConfirmed, ProceedingAgainstRefusal
from ledger.domain.identifiers import tag


def own(content: Content, position: int = 0) -> tuple[str, ...]:
    """Returns the own tags of a fact, sorted, each once; a deviation that was raised is numbered by its position."""
    found = _derived(content).own
    if isinstance(content.fact, DeviationRaised):
        return tuple(sorted({*found, deviation(position)}))
    return found


def named(content: Content) -> tuple[str, ...]:
    """Returns the tags of everything that a fact names, tagged or only referred to, sorted, each once."""
    return _derived(content).named


class _Derived(NamedTuple):
    """The tags of one content, worked out once."""

    own: tuple[str, ...]
    named: tuple[str, ...]


def _derived(content: Content) -> _Derived:
    known = content.__dict__.get("tagging.tags")
    if not isinstance(known, _Derived):
        found = [*anatomy.identifiers(content.envelope), *anatomy.identifiers(content.fact)]
        tags = [(tag_of(names.kind, identifier), names.tagged) for names, identifier in found]
        own = sorted({tag for tag, tagged in tags if tagged})
        known = content.__dict__["tagging.tags"] = _Derived(tuple(own), tuple(sorted({tag for tag, _ in tags})))
    return known


def deviation(position: int) -> str:
    """Returns the tag of the deviation that the record at a position is; the ledger guarantees that it is unique."""
    return tag.tag("deviation", "ledger", str(position))


def settled(content: Content) -> int:
    """Returns the position of what a fact settles: a refusal, or the record that a deviation is; 0 for none."""
    fact = content.fact
    if isinstance(fact, ProceedingAgainstRefusal):
        return fact.position
    if isinstance(fact, DeviationConfirmed | DeviationAssessed | DeviationClosed | QuarantineLifted):
        told = fact.deviation
        if told is not None and told.scheme == "ledger" and told.value.isascii() and told.value.isdigit():
            return int(told.value)
    return 0


def effective(content: Content, kind: Kind, recorded_at: datetime) -> datetime:
    """Says when a fact takes effect.

    A decision when recorded; a register from the date that it carries; everything else when it happened, and never
    later than its recording.
    """
    if kind in (Kind.DECISION, Kind.RECORD):
        return recorded_at
    if kind is Kind.REGISTER:
        start = getattr(content.fact, "effective_from", None)
        if isinstance(start, str):
            return civil_time.day_start(start)
        if isinstance(start, datetime):
            return start
    return min(content.envelope.occurred_at.time, recorded_at)


_DEFAULT_MS = {"TIME_SOURCE_DEVICE": 1_000, "TIME_SOURCE_OPERATOR": 60_000, "TIME_SOURCE_TRANSCRIBED": 900_000}


def uncertainty(content: Content) -> timedelta:
    """Half width of the claimed time; the default of its source where the caller gave none."""
    moment = content.envelope.occurred_at
    known = moment.uncertainty_ms
    return timedelta(milliseconds=_DEFAULT_MS[moment.source] if known is None else known)
