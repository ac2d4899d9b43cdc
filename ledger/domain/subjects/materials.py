"""Subjects of things: what a container holds, where it came from, who has it, in which batch it was made."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from ledger.domain import civil_time
from ledger.domain.facts.administration import AdministrationEnded, AdministrationStarted, RemainderDisposition
from ledger.domain.facts.custody import ConsignmentDispatched, ConsignmentReceived
from ledger.domain.facts.manufacture import CellsModified, ManufactureCompleted
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.procurement import ApheresisPerformed
from ledger.domain.facts.values import MaterialIn, MaterialOut
from ledger.domain.subjects import amount
from ledger.domain.subjects.amount import Amounts
from ledger.domain.subjects.subject import Entry, Subject


class Material(Struct, frozen=True, kw_only=True):
    """One container: origin, contents, use.

    Attributes:
        origins: Positions of the facts that filled it; more than one means that its id was used twice.
        made_at: End of the activity that filled it.
        completed_at: Completion of manufacture, for a final container.
        expires_at: Last moment at which it may be used, where an expiry is given.
        coi: Chain of the collection, for collected cells.
        donation: Donation, for collected cells.
        batch: Batch that made it.
        parents: Containers that it was made from.
        into: Containers that were made from it.
        remaining: What is left, per unit; a negative number is held and shown.
        emptied_by: Facts after which nothing is left.
        starts: (position, patient) of each administration begun.
        under_way: Administrations begun and not ended; an end that had no start ends nothing.
        ends: Positions of administrations ended.
    """

    origins: tuple[int, ...] = ()
    made_at: datetime | None = None
    completed_at: datetime | None = None
    expires_at: datetime | None = None
    coi: str = ""
    donation: str = ""
    batch: str = ""
    parents: tuple[str, ...] = ()
    into: tuple[str, ...] = ()
    remaining: Amounts = amount.NOTHING
    emptied_by: tuple[int, ...] = ()
    starts: tuple[tuple[int, str], ...] = ()
    under_way: int = 0
    ends: tuple[int, ...] = ()


def _expiry(out: MaterialOut) -> datetime | None:
    if out.expires_at is not None:
        return out.expires_at
    return civil_time.day_end(out.expiry) - timedelta(microseconds=1) if out.expiry else None


def _filled(state: Material, entry: Entry, out: MaterialOut, made_at: datetime) -> Material:
    return msgspec.structs.replace(
        state,
        origins=(*state.origins, entry.position),
        made_at=made_at,
        expires_at=_expiry(out),
        remaining=amount.plus(state.remaining, amount.total(out.contents)),
    )


def _taken(state: Material, entry: Entry, item: MaterialIn) -> Material:
    if not item.taken:
        nothing = amount.minus(state.remaining, state.remaining)
        return msgspec.structs.replace(state, remaining=nothing, emptied_by=(*state.emptied_by, entry.position))
    return msgspec.structs.replace(state, remaining=amount.minus(state.remaining, amount.total(item.taken)))


def _material(state: Material, entry: Entry) -> Material:
    fact = entry.content.fact
    if isinstance(fact, ApheresisPerformed):
        return _collected(state, entry, fact)
    if isinstance(fact, CellsModified):
        return _worked(state, entry, tag_of("batch", fact.batch), fact.inputs, fact.outputs, fact.ended_at)
    if isinstance(fact, ManufactureCompleted):
        batch = tag_of("batch", fact.batch)
        after = _worked(state, entry, batch, fact.inputs, fact.containers, fact.completed_at)
        filled = any(tag_of("material", out.material) == entry.tag for out in fact.containers)
        return msgspec.structs.replace(after, completed_at=fact.completed_at) if filled else after
    if isinstance(fact, AdministrationStarted):
        start = (entry.position, tag_of("patient", fact.patient))
        return msgspec.structs.replace(state, starts=(*state.starts, start), under_way=state.under_way + 1)
    if isinstance(fact, AdministrationEnded):
        return _given(state, entry, fact)
    return state


def _collected(state: Material, entry: Entry, fact: ApheresisPerformed) -> Material:
    for bag in fact.bags:
        if tag_of("material", bag.material) == entry.tag:
            after = _filled(state, entry, bag, fact.ended_at)
            state = msgspec.structs.replace(
                after, coi=tag_of("coi", fact.coi), donation=tag_of("donation", fact.donation)
            )
    return state


def _worked(
    state: Material,
    entry: Entry,
    batch: str,
    inputs: tuple[MaterialIn, ...],
    outputs: tuple[MaterialOut, ...],
    ended: datetime,
) -> Material:
    for item in inputs:
        if tag_of("material", item.material) == entry.tag:
            made = {tag_of("material", out.material) for out in outputs} - {entry.tag}
            state = _taken(state, entry, item)
            state = msgspec.structs.replace(state, into=tuple(sorted({*state.into, *made})))
    for out in outputs:
        if tag_of("material", out.material) == entry.tag:
            parents = tuple(tag_of("material", item.material) for item in inputs)
            after = _filled(state, entry, out, ended)
            state = msgspec.structs.replace(after, batch=batch, parents=parents)
    return state


def _given(state: Material, entry: Entry, fact: AdministrationEnded) -> Material:
    gone = amount.total(fact.given)
    after = msgspec.structs.replace(
        state,
        remaining=amount.minus(state.remaining, gone),
        under_way=max(state.under_way - 1, 0),
        ends=(*state.ends, entry.position),
    )
    if fact.remainder in (RemainderDisposition.NONE_LEFT, RemainderDisposition.DESTROYED):
        return msgspec.structs.replace(after, emptied_by=(*after.emptied_by, entry.position))
    return after


def _material_links(state: Material) -> Iterable[str]:
    return filter(None, (state.coi, state.batch, state.donation))


MATERIAL = Subject(
    name="Material",
    kinds=("material",),
    types=frozenset(
        ("ApheresisPerformed", "CellsModified", "ManufactureCompleted", "AdministrationStarted", "AdministrationEnded")
    ),
    empty=Material(),
    fold=_material,
    links=_material_links,
)


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
    made: tuple[MaterialOut, ...] = ()
    if isinstance(fact, ApheresisPerformed):
        made = fact.bags
    elif isinstance(fact, CellsModified):
        made = fact.outputs
    elif isinstance(fact, ManufactureCompleted):
        made = fact.containers
    if any(tag_of("material", out.material) == entry.tag for out in made):
        return Custody(site=site, since=entry.at)
    return state


def _custody_links(state: Custody) -> Iterable[str]:
    return filter(None, (state.site, state.consignment))


CUSTODY = Subject(
    name="Custody",
    kinds=("material",),
    types=frozenset(("ApheresisPerformed", "CellsModified", "ManufactureCompleted", "ConsignmentDispatched")),
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
    if not isinstance(fact, ApheresisPerformed):
        return state
    return Donation(
        collections=(*state.collections, entry.position),
        coi=tag_of("coi", fact.coi),
        person=fact.person,
        autologous=fact.autologous is not None,
    )


def _donation_links(state: Donation) -> Iterable[str]:
    return filter(None, (state.coi,))


DONATION = Subject(
    name="Donation",
    kinds=("donation",),
    types=frozenset(("ApheresisPerformed",)),
    empty=Donation(),
    fold=_donation,
    links=_donation_links,
)
