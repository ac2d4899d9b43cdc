"""The subject of a consignment's packing: in which shippers, within which limits, for how long."""

from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.transport import ConsignmentPacked, ShipperRecharged
from ledger.domain.subjects.subject import Entry, Subject

MOST: Final = 64
"""Shippers and loggers of one consignment that are kept."""


class Packing(Struct, frozen=True, kw_only=True):
    """How a consignment was packed.

    Attributes:
        packed: Position of the packing; 0 means that none is known.
        materials: Containers in it.
        shippers: Shippers and loggers.
        limits: Temperature limits were stated.
        hold_until: How long the shipper holds.
    """

    packed: int = 0
    materials: tuple[str, ...] = ()
    shippers: tuple[str, ...] = ()
    limits: bool = False
    hold_until: datetime | None = None


def _packing(state: Packing, entry: Entry) -> Packing:
    fact = entry.content.fact
    if isinstance(fact, ConsignmentPacked):
        return Packing(
            packed=entry.position,
            materials=tuple(tag_of("material", item) for item in fact.materials),
            shippers=tuple(tag_of("equipment", item) for item in fact.shippers)[-MOST:],
            limits=fact.min_celsius is not None or fact.max_celsius is not None,
            hold_until=fact.hold_until,
        )
    if isinstance(fact, ShipperRecharged):
        return msgspec.structs.replace(state, hold_until=fact.hold_until or state.hold_until)
    return state


def _packing_links(state: Packing) -> tuple[str, ...]:
    return state.shippers


PACKING = Subject(
    name="Packing",
    kinds=("consignment",),
    types=frozenset(("ConsignmentPacked", "ShipperRecharged")),
    empty=Packing(),
    fold=_packing,
    links=_packing_links,
)
