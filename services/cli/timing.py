"""The times of a story as people read them: when a fact takes effect, on which clock, and what is odd about it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from ledger.api import Step, Story
from ledger.domain import civil_time
from ledger.domain.facts.about import Kind
from ledger.domain.facts.record import Record
from ledger.domain.finding import Outcome
from services.cli import screen

LATE_SECONDS: Final = 3_600
_A_MINUTE: Final = timedelta(minutes=1)
_DECISIONS: Final = "decisions and records count from their recording"
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


def effective(step: Step) -> datetime | None:
    """When a fact takes effect, on the clock on site; None for bytes that say nothing."""
    record = step.fact.record
    if record is None:
        return None if step.effective == _NEVER else step.effective
    return screen.clock(step.effective, record.content.envelope.occurred_at.utc_offset)


def zone(story: Story) -> str:
    """In which zone the times of a story stand: said once, above them."""
    moments = [
        (step.effective, screen.offset(step.fact.record.content.envelope.occurred_at.utc_offset))
        for step in story.steps
        if step.fact.record is not None
    ]
    if all(ahead == civil_time.offset(moment) for moment, ahead in moments):
        return f"Times are as clocks on site showed them, which is UK time; {_DECISIONS}."
    own = "Times are as clocks on site showed them, each with its own offset from UTC (--details)"
    lost = "; in UTC where the offset stored is none" if any(ahead is None for _, ahead in moments) else ""
    return f"{own}{lost}; {_DECISIONS}."


def is_uk(claimed: object, utc_offset: str) -> bool:
    """Tells whether a clock showed UK time at a claimed time, as it is stored."""
    try:
        return screen.offset(utc_offset) == civil_time.offset(screen.parsed(str(claimed)).astimezone(UTC))
    except (ValueError, OverflowError):
        return False


def kind_of(name: str) -> Kind | None:
    """The kind of a fact type; None for a type that this program is too old to know."""
    from ledger.domain.facts.catalogue import TYPES

    return TYPES[name].about.kind if name in TYPES else None


def remarks(step: Step, record: Record) -> Iterator[str]:
    """What is odd about the time of a fact: claimed otherwise, later than its recording, recorded late."""
    claimed = record.content.envelope.occurred_at
    at = _short(claimed.time, claimed.utc_offset)
    if screen.offset(claimed.utc_offset) is None:
        yield f"in UTC: its offset {screen.printable(claimed.utc_offset)!r} is none"
    if any(found.name == "clock" for found in record.verdict.resolved):
        yield f"clock: claimed {at}, after it was recorded"
    elif abs(step.effective - claimed.time) > _A_MINUTE:
        yield from _otherwise(step, record, at)
    yield from _late(record)


def _otherwise(step: Step, record: Record, at: str) -> Iterator[str]:
    kind = kind_of(record.content.type)
    if not record.verdict.judged:
        yield f"copied {at}"
    elif kind is Kind.REGISTER:
        yield f"counts from the date that it carries, entered {at}"
    elif kind in (Kind.DECISION, Kind.RECORD) and record.verdict.outcome is not Outcome.REFUSED:
        yield f"claimed {at}, counts from its recording"
    elif step.corrected_by and kind not in (Kind.DECISION, Kind.RECORD):
        yield f"first claimed {at}"
    else:
        yield f"claimed {at}"


def _short(moment: datetime, utc_offset: str) -> str:
    return screen.clock(moment, utc_offset).strftime("%-d %b %H:%M")


def _late(record: Record) -> Iterator[str]:
    ended = [
        moment
        for name in ("ended_at", "completed_at")
        if isinstance(moment := getattr(record.content.fact, name, None), datetime)
    ]
    happened = max([record.content.envelope.occurred_at.time, *ended])
    seconds = int((record.stamp.recorded_at - happened).total_seconds())
    if kind_of(record.content.type) is Kind.HAPPENING and seconds >= LATE_SECONDS:
        yield f"recorded {screen.duration(seconds)} later"
