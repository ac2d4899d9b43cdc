"""Work zones: which batches stand in them, and for which they were cleared."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.manufacture import BatchOpened
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.processing import LineCleared
from ledger.domain.subjects.subject import Entry, Subject

MOST_BATCHES: Final = 32
"""Batches and clearances that one zone remembers: the newest."""


class Zone(Struct, frozen=True, kw_only=True):
    """One work zone, device chamber or storage position.

    Attributes:
        batches: (batch, when it came) of the batches opened in it and not ended by a fact that names the zone. One that
            was ended elsewhere is ended all the same: that is in its own record.
        clearances: (batch, when) of each line clearance that found it clear, for the batch that came.
    """

    batches: tuple[tuple[str, datetime], ...] = ()
    clearances: tuple[tuple[str, datetime], ...] = ()

    def cleared(self, batch: str) -> datetime | None:
        """When it was last cleared for a batch."""
        return max((at for cleared, at in self.clearances if cleared == batch), default=None)


def _zone(state: Zone, entry: Entry) -> Zone:
    fact = entry.content.fact
    if isinstance(fact, LineCleared):
        clearance = (tag_of("batch", fact.batch), entry.at)
        return msgspec.structs.replace(state, clearances=_last(state.clearances, clearance)) if fact.clear else state
    batch = tag_of("batch", getattr(fact, "batch", None))
    others = tuple(item for item in state.batches if item[0] != batch)
    if isinstance(fact, BatchOpened):
        return msgspec.structs.replace(state, batches=_last(others, (batch, entry.at)))
    return msgspec.structs.replace(state, batches=others)


def _last(known: tuple[tuple[str, datetime], ...], item: tuple[str, datetime]) -> tuple[tuple[str, datetime], ...]:
    return (*known, item)[-MOST_BATCHES:]


def _zone_links(state: Zone) -> Iterable[str]:
    return (batch for batch, _ in state.batches)


ZONE = Subject(
    name="Zone",
    kinds=("zone",),
    types=frozenset(("LineCleared", "BatchOpened", "ManufactureCompleted", "BatchTerminated", "BatchClosed")),
    empty=Zone(),
    fold=_zone,
    links=_zone_links,
)
