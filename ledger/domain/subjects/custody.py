"""Subjects of custody: who has a container and where, and how a consignment goes from hand to hand."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.catalogue import WORKS
from ledger.domain.facts.clinical_area import MaterialReturned
from ledger.domain.facts.custody import ConsignmentDispatched, ConsignmentReceived
from ledger.domain.facts.donors import DonorTestsSampled
from ledger.domain.facts.excursions import TemperatureExcursionDetected
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.storage import MaterialStored, StockCounted
from ledger.domain.facts.transport import (
    ConsignmentArrivedUnexpectedly,
    ConsignmentFound,
    ConsignmentLost,
    ConsignmentPacked,
    ConsignmentRedirected,
    CustodyTransferred,
)
from ledger.domain.subjects.excursions import Excursion, lost, newest, of_fact, unannounced
from ledger.domain.subjects.subject import Entry, Subject

_HERE: Final = frozenset(
    (
        "ConsignmentReceived",
        "ConsignmentArrivedUnexpectedly",
        "MaterialRetrieved",
        "ClinicalAreaReceived",
        "DonorTestsSampled",
    )
)
"""Facts by which a container is where they happened."""


class Custody(Struct, frozen=True, kw_only=True):
    """Who has a container: a site, an organisation that took it over, or the consignment in which it travels.

    Attributes:
        site: Site where it was last filled, found in a box, handed over, stored or taken out; empty when only its
            consignment knows: what was sent in it arrives with it, named by the receiver or not.
        consignment: Its last consignment; its holder is the consignment's while `site` is empty.
        organisation: Who took it over; empty means that the site's organisation has it.
        zone: Storage position in which it lies.
        since: When that began.
        missing: Position of the stock count at which it was not where it lies by the records; 0 once it is seen again.
        sampled: A tube for the donor's tests, still where it was taken by this record: how it came to the laboratory
            is often on none.
    """

    site: str = ""
    consignment: str = ""
    organisation: str = ""
    zone: str = ""
    since: datetime | None = None
    missing: int = 0
    sampled: bool = False


def _custody(state: Custody, entry: Entry) -> Custody:
    fact, at = entry.content.fact, entry.at
    site = tag_of("site", entry.content.envelope.place.site)
    last = tag_of("consignment", getattr(fact, "consignment", None)) or state.consignment
    here = Custody(site=site, consignment=last, since=at)
    if isinstance(fact, ConsignmentPacked | ConsignmentDispatched):
        return Custody(consignment=last, since=at)
    if isinstance(fact, DonorTestsSampled):
        return msgspec.structs.replace(here, sampled=True)
    if isinstance(fact, MaterialReturned):
        return here if site == tag_of("site", fact.destination) else state
    if isinstance(fact, CustodyTransferred):
        return msgspec.structs.replace(here, organisation=tag_of("organisation", fact.taker))
    if isinstance(fact, MaterialStored | StockCounted):
        return _in_a_zone(state, here, entry, fact)
    return here if entry.content.type in _HERE or filled(entry) else state


def _in_a_zone(state: Custody, here: Custody, entry: Entry, fact: MaterialStored | StockCounted) -> Custody:
    """What was put or found there is there; what was not found is missing, unless the records have it elsewhere."""
    zone = tag_of("zone", fact.zone)
    if isinstance(fact, MaterialStored) or entry.tag in {tag_of("material", item) for item in fact.unexpected}:
        return msgspec.structs.replace(here, zone=zone)
    return msgspec.structs.replace(state, missing=entry.position) if state.zone in ("", zone) else state


def filled(entry: Entry) -> bool:
    """Whether a fact filled the container that an entry is about."""
    work = entry.content.fact.work()
    return work is not None and any(tag_of("material", out.material) == entry.tag for out in work.outputs)


def _custody_links(state: Custody) -> Iterable[str]:
    return filter(None, (state.site, state.consignment))


CUSTODY = Subject(
    name="Custody",
    kinds=("material",),
    types=WORKS
    | _HERE
    | {
        "ConsignmentPacked",
        "ConsignmentDispatched",
        "CustodyTransferred",
        "MaterialStored",
        "MaterialReturned",
        "StockCounted",
    },
    empty=Custody(),
    fold=_custody,
    links=_custody_links,
)


class HandOver(Struct, frozen=True, kw_only=True):
    """One hand-over: who gave, who took, when, by which fact."""

    giver: str
    taker: str
    at: datetime
    position: int


class Gap(Struct, frozen=True, kw_only=True):
    """Custody that nobody recorded between two hands: who had it last, who gave it next, and which fact says so."""

    last: str
    next: str
    position: int


class Consignment(Struct, frozen=True, kw_only=True):
    """A consignment on its way.

    Attributes:
        packings: Positions of its packing.
        packed_at: When it was packed last.
        dispatches: Positions of its dispatch; more than one is a second use of the number.
        dispatched_at: When it left.
        origin: Site that it left.
        destination: Site that it goes to, after the newest redirection.
        carrier: Carrier to whom it was given.
        materials: Containers in it.
        hands: Hand-overs on the way, in the order of time.
        redirections: Positions of its redirections.
        receipts: Positions of its receipt.
        received_at: When it arrived.
        unexpected: Positions at which it arrived unannounced.
        lost: Position of the report that it is lost; 0 when it is not, or was found or received since.
        excursions: Excursions, gaps in data, losses, unexpected arrivals: each waits to be assessed for each container.
        site: Where it stands, packed or received; empty while it travels, under a number used again too.
    """

    packings: tuple[int, ...] = ()
    packed_at: datetime | None = None
    dispatches: tuple[int, ...] = ()
    dispatched_at: datetime | None = None
    origin: str = ""
    destination: str = ""
    carrier: str = ""
    materials: tuple[str, ...] = ()
    hands: tuple[HandOver, ...] = ()
    redirections: tuple[int, ...] = ()
    receipts: tuple[int, ...] = ()
    received_at: datetime | None = None
    unexpected: tuple[int, ...] = ()
    lost: int = 0
    excursions: tuple[Excursion, ...] = ()
    site: str = ""

    def holder(self) -> str:
        """The organisation that has it on the way: who took it over last, else the carrier; empty when not known."""
        return self.hands[-1].taker if self.hands else self.carrier

    def gaps(self, sender: str) -> tuple[Gap, ...]:
        """Hands between which custody is not on record.

        Args:
            sender: Organisation of the site that it left, as registered; empty when not known.
        """
        found: list[Gap] = []
        holders = {sender, self.carrier} - {""}
        for hand in self.hands:
            if holders and hand.giver not in holders:
                last = self.carrier if self.carrier in holders else min(holders)
                found.append(Gap(last=last, next=hand.giver, position=hand.position))
            holders = {hand.taker}
        return tuple(found)


def _consignment(state: Consignment, entry: Entry) -> Consignment:
    change = _CHANGES.get(entry.content.type)
    return state if change is None else msgspec.structs.replace(state, **change(state, entry, entry.content.fact))


def _place(entry: Entry) -> str:
    return tag_of("site", entry.content.envelope.place.site)


def _packed(state: Consignment, entry: Entry, fact: ConsignmentPacked) -> dict[str, Any]:
    packings, materials = newest(state.packings, entry.position), _with(state.materials, fact)
    return {"packings": packings, "packed_at": entry.at, "materials": materials, "site": _place(entry)}


def _dispatched(state: Consignment, entry: Entry, fact: ConsignmentDispatched) -> dict[str, Any]:
    again, arrived = bool(state.dispatches), bool(state.receipts or state.unexpected)
    return {
        "dispatches": newest(state.dispatches, entry.position),
        "dispatched_at": entry.at,
        "origin": _place(entry),
        "destination": tag_of("site", fact.destination),
        "carrier": tag_of("organisation", fact.carrier),
        "materials": _with(state.materials, fact),
        "hands": () if again else state.hands,
        "site": state.site if arrived and not again else "",
    }


def _received(state: Consignment, entry: Entry, _fact: ConsignmentReceived) -> dict[str, Any]:
    receipts = newest(state.receipts, entry.position)
    return {"receipts": receipts, "received_at": entry.at, "lost": 0, "site": _place(entry)}


def _unexpected(state: Consignment, entry: Entry, fact: ConsignmentArrivedUnexpectedly) -> dict[str, Any]:
    unexpected, materials = newest(state.unexpected, entry.position), _with(state.materials, fact)
    known = unannounced(state.excursions, entry)
    return {"unexpected": unexpected, "materials": materials, "lost": 0, "excursions": known, "site": _place(entry)}


def _handed_over(state: Consignment, entry: Entry, fact: CustodyTransferred) -> dict[str, Any]:
    giver, taker = tag_of("organisation", fact.giver), tag_of("organisation", fact.taker)
    hand = HandOver(giver=giver, taker=taker, at=entry.at, position=entry.position)
    return {"hands": newest(state.hands, hand)}


def _redirected(state: Consignment, entry: Entry, fact: ConsignmentRedirected) -> dict[str, Any]:
    redirections = newest(state.redirections, entry.position)
    return {"destination": tag_of("site", fact.destination), "redirections": redirections}


def _lost(state: Consignment, entry: Entry, _fact: ConsignmentLost) -> dict[str, Any]:
    return {"lost": entry.position, "excursions": lost(state.excursions, entry), "site": ""}


def _found(state: Consignment, entry: Entry, _fact: ConsignmentFound) -> dict[str, Any]:
    return {"lost": 0, "excursions": lost(state.excursions, entry, found=True)}


def _excursion(state: Consignment, entry: Entry, fact: TemperatureExcursionDetected) -> dict[str, Any]:
    return {"excursions": of_fact(state.excursions, entry, fact)}


_CHANGES: Final[Mapping[str, Callable[[Consignment, Entry, Any], dict[str, Any]]]] = MappingProxyType(
    {
        "ConsignmentPacked": _packed,
        "ConsignmentDispatched": _dispatched,
        "ConsignmentReceived": _received,
        "ConsignmentArrivedUnexpectedly": _unexpected,
        "CustodyTransferred": _handed_over,
        "ConsignmentRedirected": _redirected,
        "ConsignmentLost": _lost,
        "ConsignmentFound": _found,
        "TemperatureExcursionDetected": _excursion,
    }
)


def _with(
    known: tuple[str, ...],
    fact: ConsignmentPacked | ConsignmentDispatched | ConsignmentArrivedUnexpectedly,
) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *(tag_of("material", item) for item in fact.materials))))


def _consignment_links(state: Consignment) -> Iterable[str]:
    takers = (hand.taker for hand in state.hands)
    return filter(None, (*state.materials, state.origin, state.destination, state.site, state.carrier, *takers))


CONSIGNMENT = Subject(
    name="Consignment",
    kinds=("consignment",),
    types=frozenset(_CHANGES),
    empty=Consignment(),
    fold=_consignment,
    links=_consignment_links,
)
