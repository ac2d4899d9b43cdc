"""The subject of where a container or batch was made and handled, and with which instruments: what a recall asks."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain.facts import tagging
from ledger.domain.facts.catalogue import HANDLED
from ledger.domain.facts.naming import tag_of
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.subjects.subject import Entry, Subject

MOST: Final = 256
"""Stays, and uses of instruments, that one thing remembers apart; of more, those at one place are taken together."""

_ARRIVES: Final = frozenset(
    ("BatchOpened", "ConsignmentReceived", "ConsignmentArrivedUnexpectedly", "ClinicalAreaReceived")
)
_MEASURED: Final = frozenset(("QualityTestResulted", "DeviceRunImported"))
"""Facts that say with which instrument it was tested, and not that it was there."""

_TYPES: Final = HANDLED | _ARRIVES | _MEASURED


class Span(Struct, frozen=True, kw_only=True):
    """A time at one site, or with one instrument, as it is on record."""

    place: str
    since: datetime
    until: datetime


class Whereabouts(Struct, frozen=True, kw_only=True):
    """Where one thing was, and with what it was handled.

    Attributes:
        stays: At sites, in the order of time.
        uses: Of instruments, in the order of time.
    """

    stays: tuple[Span, ...] = ()
    uses: tuple[Span, ...] = ()

    def spans(self, *, still: bool) -> Iterator[tuple[str, datetime, datetime | None]]:
        """Yields each place or instrument, from when until when; it lies where it was until it is told elsewhere.

        Args:
            still: It lies where it was last, without end; not so for a batch, and for what was emptied or given.
        """
        following: tuple[Span | None, ...] = (*self.stays[1:], None) if self.stays else ()
        for stay, after in zip(self.stays, following, strict=True):
            if after is not None:
                yield stay.place, stay.since, max(stay.until, after.since)
            else:
                yield stay.place, stay.since, None if still else stay.until
        for use in self.uses:
            yield use.place, use.since, use.until


def _whereabouts(state: Whereabouts, entry: Entry) -> Whereabouts:
    if entry.content.type not in _TYPES:
        return state
    work = entry.content.fact.work()
    ended = work.ended_at if work is not None and work.ended_at is not None else entry.at
    until = max(entry.at, ended)
    uses = (
        Span(place=tag, since=entry.at, until=until)
        for tag in tagging.named(entry.content)
        if kind_of(tag) == "equipment"
    )
    state = msgspec.structs.replace(state, uses=_kept((*state.uses, *uses)))
    if entry.content.type in _MEASURED:
        return state
    stay = Span(place=tag_of("site", entry.content.envelope.place.site), since=entry.at, until=until)
    return msgspec.structs.replace(state, stays=_kept(_joined(state.stays, stay)))


def _joined(stays: tuple[Span, ...], stay: Span) -> tuple[Span, ...]:
    """The stay goes on while it is told of the same site."""
    if not stays or stays[-1].place != stay.place:
        return (*stays, stay)
    return (*stays[:-1], msgspec.structs.replace(stays[-1], until=max(stays[-1].until, stay.until)))


def _kept(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """Of too many, those at one place become one that covers them all: a time too many bars, and misses nothing."""
    if len(spans) <= MOST:
        return spans
    whole: dict[str, Span] = {}
    for span in spans:
        before = whole.get(span.place, span)
        whole[span.place] = Span(
            place=span.place, since=min(before.since, span.since), until=max(before.until, span.until)
        )
    return tuple(sorted(whole.values(), key=lambda span: (span.since, span.place)))


def _places(state: Whereabouts) -> Iterable[str]:
    return dict.fromkeys(span.place for span in (*state.stays, *state.uses))


WHEREABOUTS = Subject(
    name="Whereabouts",
    kinds=("material", "batch"),
    types=_TYPES,
    empty=Whereabouts(),
    fold=_whereabouts,
    links=_places,
)
