"""Subjects of custody: who has a container and where, and how a consignment goes from hand to hand."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.catalogue import TYPES, WORKS
from ledger.domain.facts.clinical_area import ClinicalAreaReceived, MaterialReturned
from ledger.domain.facts.custody import ConsignmentDispatched, ConsignmentReceived
from ledger.domain.facts.excursions import TemperatureExcursionDetected
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.storage import MaterialRetrieved, MaterialStored
from ledger.domain.facts.transport import (
    ConsignmentArrivedUnexpectedly,
    ConsignmentFound,
    ConsignmentLost,
    ConsignmentPacked,
    ConsignmentRedirected,
    CustodyTransferred,
)
from ledger.domain.subjects.excursions import Excursion, lost, newest, of_fact
from ledger.domain.subjects.subject import Entry, Subject

MOST_HANDS: Final = 32
"""Hand-overs, losses and arrivals that a consignment remembers: the newest."""


class Custody(Struct, frozen=True, kw_only=True):
    """Who has a container: a site, an organisation that took it over, or the consignment in which it travels.

    Attributes:
        site: Site where it was last filled, received, handed over, stored or taken out; empty when only its consignment
            knows.
        consignment: Its last consignment; its holder is the consignment's while `site` is empty.
        organisation: Who took it over; empty means that the site's organisation has it.
        zone: Storage position in which it lies.
        since: When that began.
    """

    site: str = ""
    consignment: str = ""
    organisation: str = ""
    zone: str = ""
    since: datetime | None = None


def _custody(state: Custody, entry: Entry) -> Custody:
    fact, at = entry.content.fact, entry.at
    site, consignment = tag_of("site", entry.content.envelope.place.site), state.consignment
    if isinstance(fact, ConsignmentPacked | ConsignmentDispatched):
        return Custody(consignment=tag_of("consignment", fact.consignment), since=at)
    if isinstance(fact, ConsignmentReceived | ConsignmentArrivedUnexpectedly):
        return Custody(site=site, consignment=tag_of("consignment", fact.consignment) or consignment, since=at)
    if isinstance(fact, CustodyTransferred):
        taker = tag_of("organisation", fact.taker)
        return Custody(site=site, consignment=consignment, organisation=taker, since=at)
    if isinstance(fact, MaterialReturned):
        if fact.consignment is not None:
            return Custody(consignment=tag_of("consignment", fact.consignment), since=at)
        return Custody(site=tag_of("site", fact.destination), consignment=consignment, since=at)
    if isinstance(fact, MaterialStored):
        return Custody(site=site, consignment=consignment, zone=tag_of("zone", fact.zone), since=at)
    if isinstance(fact, MaterialRetrieved | ClinicalAreaReceived) or filled(entry):
        return Custody(site=site, consignment=consignment, since=at)
    return state


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
    | frozenset(
        (
            "ConsignmentPacked",
            "ConsignmentDispatched",
            "ConsignmentReceived",
            "ConsignmentArrivedUnexpectedly",
            "CustodyTransferred",
            "MaterialStored",
            "MaterialRetrieved",
            "ClinicalAreaReceived",
            "MaterialReturned",
        )
    ),
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
        excursions: Excursions, gaps in data and losses, which wait for an assessment of each container.
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
    fact = entry.content.fact
    site = tag_of("site", entry.content.envelope.place.site)
    if isinstance(fact, ConsignmentPacked):
        return msgspec.structs.replace(
            state,
            packings=newest(state.packings, entry.position),
            packed_at=entry.at,
            materials=_with(state.materials, fact),
            site=site,
        )
    if isinstance(fact, ConsignmentDispatched):
        return _dispatched(state, entry, fact, site)
    if isinstance(fact, ConsignmentReceived):
        return msgspec.structs.replace(
            state,
            receipts=(*state.receipts, entry.position),
            received_at=entry.at,
            materials=_with(state.materials, fact),
            lost=0,
            site=site,
        )
    if isinstance(fact, ConsignmentArrivedUnexpectedly):
        unexpected, materials = newest(state.unexpected, entry.position), _with(state.materials, fact)
        return msgspec.structs.replace(state, unexpected=unexpected, materials=materials, lost=0, site=site)
    return _on_the_way(state, entry)


def _dispatched(state: Consignment, entry: Entry, fact: ConsignmentDispatched, site: str) -> Consignment:
    again = bool(state.dispatches)
    return msgspec.structs.replace(
        state,
        dispatches=(*state.dispatches, entry.position),
        dispatched_at=entry.at,
        origin=site,
        destination=tag_of("site", fact.destination),
        carrier=tag_of("organisation", fact.carrier),
        materials=_with(state.materials, fact),
        hands=() if again else state.hands,
        site=state.site if (state.receipts or state.unexpected) and not again else "",
    )


def _on_the_way(state: Consignment, entry: Entry) -> Consignment:
    fact = entry.content.fact
    if isinstance(fact, CustodyTransferred):
        giver, taker = tag_of("organisation", fact.giver), tag_of("organisation", fact.taker)
        hand = HandOver(giver=giver, taker=taker, at=entry.at, position=entry.position)
        return msgspec.structs.replace(state, hands=(*state.hands, hand)[-MOST_HANDS:])
    if isinstance(fact, ConsignmentRedirected):
        redirections = newest(state.redirections, entry.position)
        return msgspec.structs.replace(state, destination=tag_of("site", fact.destination), redirections=redirections)
    if isinstance(fact, ConsignmentLost):
        excursions = lost(state.excursions, entry)
        return msgspec.structs.replace(state, lost=entry.position, excursions=excursions, site="")
    if isinstance(fact, ConsignmentFound):
        return msgspec.structs.replace(state, lost=0, excursions=lost(state.excursions, entry, found=True))
    if isinstance(fact, TemperatureExcursionDetected):
        return msgspec.structs.replace(state, excursions=of_fact(state.excursions, entry, fact))
    return state


def _with(
    known: tuple[str, ...],
    fact: ConsignmentPacked | ConsignmentDispatched | ConsignmentReceived | ConsignmentArrivedUnexpectedly,
) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *(tag_of("material", item) for item in fact.materials))))


def _consignment_links(state: Consignment) -> Iterable[str]:
    takers = (hand.taker for hand in state.hands)
    return filter(None, (*state.materials, state.origin, state.destination, state.site, state.carrier, *takers))


CONSIGNMENT = Subject(
    name="Consignment",
    kinds=("consignment",),
    types=frozenset(
        (
            *(name for name in TYPES if name.startswith("Consignment")),
            "CustodyTransferred",
            "TemperatureExcursionDetected",
        )
    ),
    empty=Consignment(),
    fold=_consignment,
    links=_consignment_links,
)
