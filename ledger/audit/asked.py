"""The two axes of a question, how a reading is bounded by them, and what answers say of a fact and of the ledger."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, TypeVar

from msgspec import Struct

from ledger.domain.facts import record as records
from ledger.domain.facts.record import Record
from ledger.domain.finding import Finding, Outcome
from ledger.store import filing
from ledger.store.log import Reading
from ledger.store.moments import microseconds
from ledger.store.rows import Stored

T = TypeVar("T")

AT_ONCE: Final = 500
"""Facts or things that a long answer reads at once."""


def stretches(items: Sequence[T], size: int = AT_ONCE) -> Iterator[Sequence[T]]:
    """Yields a long sequence in pieces, for who must not hold all that belongs to it at once."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


class AsOf(Struct, frozen=True, kw_only=True):
    """The two axes of a question. Empty: everything known now.

    Attributes:
        occurred: Only what took effect up to here ("as it was on D").
        recorded: Only what was recorded up to here ("as we knew it on K").
        position: The exact form of `recorded`; wins over it.
        at_least: Wait until the store has this position.
    """

    occurred: datetime | None = None
    recorded: datetime | None = None
    position: int | None = None
    at_least: int | None = None


class StoredFact(Struct, frozen=True, kw_only=True):
    """A fact as stored: the very bytes, and the same thing read.

    Attributes:
        position: Gapless.
        type: Leaf type: the fact's own type, also for a refusal.
        octets: The stored record, canonical JSON, byte for byte.
        salt: Salt of the leaf.
        leaf_hash: Leaf of the log.
        record: The record read; None when these bytes are no record of ours.
        late_effects: What it makes impossible among later facts that were too many to be looked at while it was
            recorded. Where one fact is read by its position.
    """

    position: int
    type: str
    octets: bytes
    salt: bytes
    leaf_hash: bytes
    record: Record | None
    late_effects: tuple[Finding, ...] = ()


def read(row: Stored) -> Record | None:
    """Reads the record of a row; None for what was never judged here, whatever it looks like, and for other bytes."""
    if row.type.startswith(filing.UNJUDGED):
        return None
    try:
        return records.decode(row.record)
    except Exception:  # noqa: BLE001 - whatever is stored there, it is shown
        return None


def own_tags(record: Record) -> frozenset[str]:
    """Returns the tags that a record's own fields name, those of its effect included; inherited ones are no answer."""
    effect = record.verdict.effect
    return frozenset((*record.verdict.tags, *(effect.tags if effect is not None else ())))


def counted_tags(found: Iterable[Record]) -> dict[int, frozenset[str]]:
    """Returns the tags of each original as it counts by the newest record about it among those found."""
    tags: dict[int, frozenset[str]] = {}
    for record in sorted(found, key=lambda one: one.stamp.position):
        effect = record.verdict.effect
        if effect is not None:
            tags[effect.target] = frozenset(effect.tags)
        elif record.verdict.outcome is not Outcome.REFUSED:
            tags[record.stamp.position] = frozenset(record.verdict.tags)
    return tags


def stored_fact(row: Stored) -> StoredFact:
    """Reads a row; bytes that are no record of ours are shown as they are."""
    record = read(row)
    return StoredFact(
        position=row.position,
        type=record.content.type if record is not None else row.type,
        octets=row.record,
        salt=row.salt,
        leaf_hash=row.leaf,
        record=record,
    )


def through(reading: Reading, as_of: AsOf) -> int:
    """Returns the last position that was known as of a question."""
    size = reading.head().size
    if as_of.position is not None:
        return min(as_of.position, size)
    if as_of.recorded is None:
        return size
    return last_recorded(reading, microseconds(as_of.recorded), size)


def last_recorded(reading: Reading, moment: int, size: int) -> int:
    """Returns the last position recorded up to a moment, by halves: recorded_at never falls from one to the next."""
    low, high = 0, size
    while low < high:
        middle = (low + high + 1) // 2
        rows = reading.facts([middle])
        if rows and rows[0].recorded_at <= moment:
            low = middle
        else:
            high = middle - 1
    return low


class LedgerInfo(Struct, frozen=True, kw_only=True):
    """This ledger.

    Attributes:
        origin: Log origin; clients pin it.
        server_time: Our clock, for a device to measure its own.
        size: Last position.
        root: Root of the log's tree at that size.
        rulebook: Number of the rulebook in force.
        software: Version of the program.
    """

    origin: str
    server_time: datetime
    size: int
    root: bytes
    rulebook: int
    software: str
