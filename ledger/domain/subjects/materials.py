"""Subjects of things: what a container holds, where it came from, who has it, in which batch it was made."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import Struct

from ledger.domain.facts.catalogue import WORKS
from ledger.domain.facts.collection import CollectionAbandoned, ProcurementPerformed
from ledger.domain.facts.custody import ConsignmentDispatched, ConsignmentReceived
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.procurement import ApheresisPerformed
from ledger.domain.subjects.containers import MATERIAL as MATERIAL  # noqa: PLC0414 - rules find it here
from ledger.domain.subjects.subject import Entry, Subject


class Custody(Struct, frozen=True, kw_only=True):
    """Who has a container: the site that last filled it, or the consignment in which it travels.

    Attributes:
        site: Site where it was collected or made.
        consignment: Its last consignment; its holder is then the consignment's.
        since: When that began.
    """

    site: str = ""
    consignment: str = ""
    since: datetime | None = None


def _custody(state: Custody, entry: Entry) -> Custody:
    fact = entry.content.fact
    site = tag_of("site", entry.content.envelope.place.site)
    if isinstance(fact, ConsignmentDispatched):
        return Custody(site=state.site, consignment=tag_of("consignment", fact.consignment), since=entry.at)
    work = fact.work()
    if work is not None and any(tag_of("material", out.material) == entry.tag for out in work.outputs):
        return Custody(site=site, since=entry.at)
    return state


def _custody_links(state: Custody) -> Iterable[str]:
    return filter(None, (state.site, state.consignment))


CUSTODY = Subject(
    name="Custody",
    kinds=("material",),
    types=WORKS | {"ConsignmentDispatched"},
    empty=Custody(),
    fold=_custody,
    links=_custody_links,
)


class Consignment(Struct, frozen=True, kw_only=True):
    """A consignment on its way.

    Attributes:
        dispatches: Positions of its dispatch; more than one is a second use of the number.
        dispatched_at: When it left.
        origin: Site that it left.
        destination: Site that it goes to.
        materials: Containers in it.
        receipts: Positions of its receipt.
        received_at: When it arrived.
        site: Where it was received; empty while it travels, under a number used again too.
    """

    dispatches: tuple[int, ...] = ()
    dispatched_at: datetime | None = None
    origin: str = ""
    destination: str = ""
    materials: tuple[str, ...] = ()
    receipts: tuple[int, ...] = ()
    received_at: datetime | None = None
    site: str = ""


def _consignment(state: Consignment, entry: Entry) -> Consignment:
    fact = entry.content.fact
    site = tag_of("site", entry.content.envelope.place.site)
    if isinstance(fact, ConsignmentDispatched):
        sent = tuple(tag_of("material", item) for item in fact.materials)
        return msgspec.structs.replace(
            state,
            dispatches=(*state.dispatches, entry.position),
            dispatched_at=entry.at,
            origin=site,
            destination=tag_of("site", fact.destination),
            materials=tuple(dict.fromkeys((*state.materials, *sent))),
            site="" if state.dispatches else state.site,
        )
    if isinstance(fact, ConsignmentReceived):
        return msgspec.structs.replace(
            state, receipts=(*state.receipts, entry.position), received_at=entry.at, site=site
        )
    return state


def _consignment_links(state: Consignment) -> Iterable[str]:
    return filter(None, (*state.materials, state.origin, state.destination, state.site))


CONSIGNMENT = Subject(
    name="Consignment",
    kinds=("consignment",),
    types=frozenset(("ConsignmentDispatched", "ConsignmentReceived")),
    empty=Consignment(),
    fold=_consignment,
    links=_consignment_links,
)


class Donation(Struct, frozen=True, kw_only=True):
    """One donation: whose, and for which chain."""

    collections: tuple[int, ...] = ()
    coi: str = ""
    person: str = ""
    autologous: bool = False


def _donation(state: Donation, entry: Entry) -> Donation:
    fact = entry.content.fact
    if isinstance(fact, ApheresisPerformed | ProcurementPerformed):
        autologous = fact.autologous is not None
    elif isinstance(fact, CollectionAbandoned):
        autologous = fact.patient is not None
    else:
        return state
    return Donation(
        collections=(*state.collections, entry.position),
        coi=tag_of("coi", fact.coi),
        person=fact.person,
        autologous=autologous,
    )


def _donation_links(state: Donation) -> Iterable[str]:
    return filter(None, (state.coi,))


DONATION = Subject(
    name="Donation",
    kinds=("donation",),
    types=frozenset(("ApheresisPerformed", "ProcurementPerformed", "CollectionAbandoned")),
    empty=Donation(),
    fold=_donation,
    links=_donation_links,
)
