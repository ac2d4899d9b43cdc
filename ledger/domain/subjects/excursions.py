"""Excursions: times at which a container, consignment or storage position was outside its limits, or not watched."""

from datetime import datetime, timedelta
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from ledger.domain import civil_time
from ledger.domain.facts.excursions import TemperatureExcursionDetected
from ledger.domain.subjects.subject import Entry

T = TypeVar("T")

MOST: Final = 32
"""What one thing remembers of each sort (excursions, stays, journeys, fillings, uses and so on): the newest."""


def newest(known: tuple[T, ...], item: T) -> tuple[T, ...]:
    """Adds one to the newest that are remembered."""
    return (*known, item)[-MOST:]


class Excursion(Struct, frozen=True, kw_only=True):
    """A temperature outside its limits, a gap in its data, or a time of which nobody knows how it was kept.

    Attributes:
        positions: Facts that say so; an assessment names one of them.
        at: When it began.
        until: When it ended; the same moment when nobody said how long it lasted.
        what: `excursion`, `loss` of a consignment, `unexpected arrival`.
    """

    positions: tuple[int, ...]
    at: datetime
    until: datetime
    what: str = "excursion"


def of_fact(known: tuple[Excursion, ...], entry: Entry, fact: TemperatureExcursionDetected) -> tuple[Excursion, ...]:
    """Adds an excursion that was detected."""
    until = civil_time.moved(entry.at, timedelta(seconds=fact.duration_seconds or 0))
    return newest(known, Excursion(positions=(entry.position,), at=entry.at, until=until))


def lost(known: tuple[Excursion, ...], entry: Entry, *, found: bool = False) -> tuple[Excursion, ...]:
    """Adds a loss, or the finding that ends the newest one: nobody knows the temperature between the two."""
    if found and known and known[-1].what == "loss":
        last = known[-1]
        ended = msgspec.structs.replace(last, positions=(*last.positions[:1], entry.position), until=entry.at)
        return (*known[:-1], ended)
    return newest(known, Excursion(positions=(entry.position,), at=entry.at, until=entry.at, what="loss"))


def unannounced(known: tuple[Excursion, ...], entry: Entry) -> tuple[Excursion, ...]:
    """Adds an unexpected arrival: nobody knows how it was kept on the way."""
    arrival = Excursion(positions=(entry.position,), at=entry.at, until=entry.at, what="unexpected arrival")
    return newest(known, arrival)
