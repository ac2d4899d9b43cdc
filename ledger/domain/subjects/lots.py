"""Lots: what they are, whether they may be used, and until when."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.holding import QuarantineImposed, QuarantineLifted
from ledger.domain.facts.lots import EmbryonicOrigin, LotRegistered, LotReleased
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.values import LotKind
from ledger.domain.subjects.subject import Entry, Subject

MOST_RELEASES: Final = 256
"""Releases and quarantines that one lot remembers: the newest."""


class LotRelease(Struct, frozen=True, kw_only=True):
    """One release of a lot for use; no site and no products means everywhere and for all.

    Attributes:
        position: Where it is on record.
        claimed: When it was decided by its own account; it counts from its recording.
        site: For one site.
        products: For these products.
        until: Last day.
    """

    position: int
    claimed: datetime
    site: str = ""
    products: tuple[str, ...] = ()
    until: str | None = None


class Held(Struct, frozen=True, kw_only=True):
    """One quarantine that stands, and the patients for whom alone it was lifted."""

    position: int
    lifted_for: tuple[str, ...] = ()


class Lot(Struct, frozen=True, kw_only=True):
    """One lot of a raw, ancillary or consumable material, a vector, a cell bank or a device part.

    Attributes:
        registered: Position of its newest registration; 0: the ledger never met it.
        kind: Which class of material.
        expiry: Expiry printed on it; a month means its last day.
        made_from: Lots that it was made from.
        undeposited: A line derived from human embryonic stem cells, of which a deposit is owed and not said.
        releases: Releases for use.
        quarantines: Quarantines that stand.
        rejected: Position of its rejection; 0: none.
    """

    registered: int = 0
    kind: LotKind | None = None
    expiry: str | None = None
    made_from: tuple[str, ...] = ()
    undeposited: bool = False
    releases: tuple[LotRelease, ...] = ()
    quarantines: tuple[Held, ...] = ()
    rejected: int = 0


def owes_deposit(origin: EmbryonicOrigin | None) -> bool:
    """Whether a line was derived here under a research licence, and its deposit is neither done nor pending."""
    if origin is None or origin.research_licence is None:
        return False
    return origin.deposit is None and not origin.deposit_pending


def _lot(state: Lot, entry: Entry) -> Lot:
    step = _STEPS.get(entry.content.type)
    return state if step is None else step(state, entry, entry.content.fact)


def _registered(state: Lot, entry: Entry, fact: LotRegistered) -> Lot:
    if tag_of("lot", fact.lot) != entry.tag:
        return state
    return msgspec.structs.replace(
        state,
        registered=entry.position,
        kind=fact.kind,
        expiry=fact.expiry,
        made_from=tuple(tag_of("lot", item) for item in fact.made_from),
        undeposited=owes_deposit(fact.embryonic),
    )


def _released(state: Lot, entry: Entry, fact: LotReleased) -> Lot:
    release = LotRelease(
        position=entry.position,
        claimed=entry.content.envelope.occurred_at.time,
        site=tag_of("site", fact.site),
        products=tuple(tag_of("product", item) for item in fact.products),
        until=fact.until,
    )
    return msgspec.structs.replace(state, releases=(*state.releases, release)[-MOST_RELEASES:])


def _held(state: Lot, entry: Entry, _fact: QuarantineImposed) -> Lot:
    held = (*state.quarantines, Held(position=entry.position))[-MOST_RELEASES:]
    return msgspec.structs.replace(state, quarantines=held)


def _lifted(state: Lot, _entry: Entry, fact: QuarantineLifted) -> Lot:
    patient = tag_of("patient", fact.for_patient)
    left = []
    for held in state.quarantines:
        if held.position != fact.quarantine:
            left.append(held)
        elif patient:
            lifted = (*held.lifted_for, patient)[-MOST_RELEASES:]
            left.append(Held(position=held.position, lifted_for=lifted))
    return msgspec.structs.replace(state, quarantines=tuple(left))


def _rejected(state: Lot, entry: Entry, _fact: object) -> Lot:
    return msgspec.structs.replace(state, rejected=entry.position)


_STEPS: Final[Mapping[str, Callable[[Lot, Entry, Any], Lot]]] = MappingProxyType(
    {
        "LotRegistered": _registered,
        "LotReleased": _released,
        "QuarantineImposed": _held,
        "QuarantineLifted": _lifted,
        "RejectionDecided": _rejected,
    }
)


LOT = Subject(name="Lot", kinds=("lot",), types=frozenset(_STEPS), empty=Lot(), fold=_lot)
