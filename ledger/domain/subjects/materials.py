"""Subjects of things: what a container holds, where it came from, in which batch it was made; donations."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from ledger.domain import civil_time
from ledger.domain.facts.administration import AdministrationEnded, AdministrationStarted, RemainderDisposition
from ledger.domain.facts.manufacture import CellsModified, ManufactureCompleted
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.procurement import ApheresisPerformed
from ledger.domain.facts.values import MaterialIn, MaterialOut
from ledger.domain.subjects import amount
from ledger.domain.subjects.amount import Amounts
from ledger.domain.subjects.custody import CONSIGNMENT as CONSIGNMENT  # noqa: PLC0414 - read with MATERIAL
from ledger.domain.subjects.custody import CUSTODY as CUSTODY  # noqa: PLC0414 - read with MATERIAL
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
