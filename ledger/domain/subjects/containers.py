"""A container: where it came from, what is in it, what became of it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

import msgspec
from msgspec import Struct

from ledger.domain import civil_time
from ledger.domain.facts.about import Work
from ledger.domain.facts.administration import AdministrationEnded, AdministrationStarted, RemainderDisposition
from ledger.domain.facts.catalogue import WORKS
from ledger.domain.facts.certification import ProductDispensed
from ledger.domain.facts.clinical_area import (
    AdministrationPaused,
    AdministrationResumed,
    MaterialDestroyed,
    MaterialReturned,
)
from ledger.domain.facts.collection import CollectionAbandoned, ProcurementPerformed
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.processing import MaterialSplit, QuantityRecounted, SamplePurpose, SampleTaken
from ledger.domain.facts.procurement import ApheresisPerformed
from ledger.domain.facts.values import MaterialIn, MaterialOut
from ledger.domain.subjects import amount
from ledger.domain.subjects.amount import Amounts
from ledger.domain.subjects.excursions import newest
from ledger.domain.subjects.subject import Entry, Subject

MOST_PARTS: Final = 256
"""Numbers of parts, and dispensings, that one container remembers."""


class Material(Struct, frozen=True, kw_only=True):
    """One container: origin, contents, use.

    Attributes:
        origins: Positions of the facts that filled it; more than one means that its id was used twice. What is worked
            on and kept in its container does not fill it again.
        used_by: First fact that took of it, gave it or destroyed it before anything had filled it; 0 when none did.
        made_at: End of the activity that filled it.
        completed_at: Completion of manufacture, for a final container.
        expires_at: Last moment at which it may be used, where an expiry is given.
        coi: Chain of the collection, for collected cells.
        donation: Donation, for collected cells.
        batch: Batch that made it.
        parents: Containers that it was made from.
        into: Containers that were made from it, and batches that took it.
        contents: What was put into it, per unit; a new count takes its place.
        remaining: What is left, per unit; a negative number is held and shown.
        emptied_by: Facts after which nothing is left.
        destroyed_by: Facts that destroyed it.
        returned_by: Facts that sent it back.
        retained: It is a retained or reference sample.
        parts: Numbers that were given to its parts.
        dispensed: (position, patient) of each time it was dispensed.
        starts: (position, patient) of each administration begun.
        used: When the first of them began.
        under_way: Administrations begun and not ended; an end that had no start ends nothing.
        paused: The one under way is interrupted; given so far is in `given`, and counts when it ends.
        given: What was given when it was last interrupted.
        ends: Positions of administrations ended.
    """

    origins: tuple[int, ...] = ()
    used_by: int = 0
    made_at: datetime | None = None
    completed_at: datetime | None = None
    expires_at: datetime | None = None
    coi: str = ""
    donation: str = ""
    batch: str = ""
    parents: tuple[str, ...] = ()
    into: tuple[str, ...] = ()
    contents: Amounts = amount.NOTHING
    remaining: Amounts = amount.NOTHING
    emptied_by: tuple[int, ...] = ()
    destroyed_by: tuple[int, ...] = ()
    returned_by: tuple[int, ...] = ()
    retained: bool = False
    parts: tuple[str, ...] = ()
    dispensed: tuple[tuple[int, str], ...] = ()
    starts: tuple[tuple[int, str], ...] = ()
    used: datetime | None = None
    under_way: int = 0
    paused: bool = False
    given: Amounts = amount.NOTHING
    ends: tuple[int, ...] = ()


def _expiry(out: MaterialOut) -> datetime | None:
    if out.expires_at is not None:
        return out.expires_at
    return civil_time.day_end(out.expiry) - timedelta(microseconds=1) if out.expiry else None


def completes(state: Material, work: Work) -> bool:
    """Whether a completion only says that a container filled before, or worked in, in its batch, is finished."""
    filled = bool(state.origins or (state.used_by and state.contents)) and state.batch == tag_of("batch", work.batch)
    return work.final and filled and state.completed_at is None and not work.inputs


def _material(state: Material, entry: Entry) -> Material:
    work = entry.content.fact.work()
    if work is not None:
        return _named(_worked(state, entry, work), entry)
    step = _STEPS.get(entry.content.type)
    if entry.content.type in _USES:
        state = _used(state, entry)
    return state if step is None else step(state, entry, entry.content.fact)


def _used(state: Material, entry: Entry) -> Material:
    if state.origins or state.used_by:
        return state
    return msgspec.structs.replace(state, used_by=entry.position)


def _worked(state: Material, entry: Entry, work: Work) -> Material:
    used = [item for item in work.inputs if tag_of("material", item.material) == entry.tag]
    filled = [out for out in work.outputs if tag_of("material", out.material) == entry.tag]
    for item in used:
        state = _taken(_used(state, entry), entry, item, kept=bool(filled))
    if used:
        made = {tag_of("material", out.material) for out in work.outputs} - {entry.tag}
        took = {tag_of("batch", work.batch)} - {""} if not work.outputs else set()
        state = msgspec.structs.replace(state, into=tuple(sorted({*state.into, *made, *took})))
    for out in filled:
        state = _finished(state, work, out) if completes(state, work) else _filled(state, entry, work, out)
    return state


def _taken(state: Material, entry: Entry, item: MaterialIn, *, kept: bool) -> Material:
    """Takes from a container; all that was left, and put back into the same container, leaves what is put back."""
    if item.taken:
        return msgspec.structs.replace(state, remaining=amount.minus(state.remaining, amount.total(item.taken)))
    if kept:
        return msgspec.structs.replace(state, remaining=amount.NOTHING, contents=amount.NOTHING)
    nothing = amount.minus(state.remaining, state.remaining)
    return msgspec.structs.replace(state, remaining=nothing, emptied_by=newest(state.emptied_by, entry.position))


def _finished(state: Material, work: Work, out: MaterialOut) -> Material:
    expires = _expiry(out) or state.expires_at
    return msgspec.structs.replace(state, completed_at=work.ended_at, expires_at=expires)


def _filled(state: Material, entry: Entry, work: Work, out: MaterialOut) -> Material:
    """Fills a container; one that also went in stays the container that it was."""
    sources = tuple(dict.fromkeys(tag_of("material", item.material) for item in work.inputs))
    kept, parents = entry.tag in sources, tuple(tag for tag in sources if tag != entry.tag)
    put = amount.total(out.contents)
    return msgspec.structs.replace(
        state,
        origins=state.origins if kept else newest(state.origins, entry.position),
        made_at=state.made_at if kept else work.ended_at or entry.at,
        completed_at=work.ended_at if work.final else state.completed_at,
        expires_at=_expiry(out) or (state.expires_at if kept else None),
        batch=tag_of("batch", work.batch) or state.batch,
        parents=tuple(dict.fromkeys((*state.parents, *parents))) if kept else parents,
        contents=amount.plus(state.contents, put),
        remaining=amount.plus(state.remaining, put),
    )


def _named(state: Material, entry: Entry) -> Material:
    """Adds what only one kind of work says of a container: whose it is, its number, what the sample is for."""
    fact = entry.content.fact
    if isinstance(fact, ApheresisPerformed | ProcurementPerformed | CollectionAbandoned):
        if any(tag_of("material", bag.material) == entry.tag for bag in fact.bags):
            coi, donation = tag_of("coi", fact.coi), tag_of("donation", fact.donation)
            return msgspec.structs.replace(state, coi=coi, donation=donation)
    elif isinstance(fact, MaterialSplit) and tag_of("material", fact.source.material) == entry.tag:
        numbers = (*state.parts, *(item.number for item in fact.divisions))[-MOST_PARTS:]
        return msgspec.structs.replace(state, parts=numbers)
    elif isinstance(fact, SampleTaken) and tag_of("material", fact.sample.material) == entry.tag:
        return msgspec.structs.replace(state, retained=fact.purpose is not SamplePurpose.TEST)
    return state


def _recounted(state: Material, _entry: Entry, fact: QuantityRecounted) -> Material:
    """A new count is the basis from here on, for what it counts; something found in an emptied container is there."""
    counted = amount.total(fact.counted)
    places = {item[:2] for item in counted}
    contents = tuple(item for item in state.contents if item[:2] not in places)
    remaining = tuple(item for item in state.remaining if item[:2] not in places)
    found = any(number > 0 for _, _, number in counted)
    return msgspec.structs.replace(
        state,
        contents=amount.plus(contents, counted),
        remaining=amount.plus(remaining, counted),
        emptied_by=() if found else state.emptied_by,
    )


def _destroyed(state: Material, entry: Entry, _fact: MaterialDestroyed) -> Material:
    return msgspec.structs.replace(
        state,
        emptied_by=newest(state.emptied_by, entry.position),
        destroyed_by=newest(state.destroyed_by, entry.position),
    )


def _returned(state: Material, entry: Entry, _fact: MaterialReturned) -> Material:
    return msgspec.structs.replace(state, returned_by=newest(state.returned_by, entry.position))


def _dispensed(state: Material, entry: Entry, fact: ProductDispensed) -> Material:
    dispensed = (*state.dispensed, (entry.position, tag_of("patient", fact.patient)))
    return msgspec.structs.replace(state, dispensed=dispensed[-MOST_PARTS:])


def _started(state: Material, entry: Entry, fact: AdministrationStarted) -> Material:
    start = (entry.position, tag_of("patient", fact.patient))
    return msgspec.structs.replace(
        state,
        starts=newest(state.starts, start),
        used=state.used or entry.at,
        under_way=state.under_way + 1,
        paused=False,
    )


def _paused(state: Material, _entry: Entry, fact: AdministrationPaused) -> Material:
    return msgspec.structs.replace(state, paused=True, given=amount.total(fact.given))


def _resumed(state: Material, _entry: Entry, _fact: AdministrationResumed) -> Material:
    return msgspec.structs.replace(state, paused=False)


def _given(state: Material, entry: Entry, fact: AdministrationEnded) -> Material:
    """What was given in all; what was given before a pause is part of it. What nobody got of an emptied one is gone."""
    gone = (*fact.given, *(fact.not_given if fact.remainder is RemainderDisposition.NONE_LEFT else ()))
    after = msgspec.structs.replace(
        state,
        remaining=amount.minus(state.remaining, amount.total(gone)),
        under_way=max(state.under_way - 1, 0),
        paused=False,
        given=amount.NOTHING,
        ends=newest(state.ends, entry.position),
    )
    if fact.remainder is RemainderDisposition.RETURNED:
        after = msgspec.structs.replace(after, returned_by=newest(after.returned_by, entry.position))
    if fact.remainder is RemainderDisposition.DESTROYED:
        after = msgspec.structs.replace(after, destroyed_by=newest(after.destroyed_by, entry.position))
    if fact.remainder in (RemainderDisposition.NONE_LEFT, RemainderDisposition.DESTROYED):
        return msgspec.structs.replace(after, emptied_by=newest(after.emptied_by, entry.position))
    return after


_USES: Final = frozenset(("AdministrationStarted", "AdministrationEnded", "MaterialDestroyed"))
"""Uses of a container that are no work."""

_STEPS: Final[Mapping[str, Callable[[Material, Entry, Any], Material]]] = MappingProxyType(
    {
        "QuantityRecounted": _recounted,
        "MaterialDestroyed": _destroyed,
        "MaterialReturned": _returned,
        "ProductDispensed": _dispensed,
        "AdministrationStarted": _started,
        "AdministrationPaused": _paused,
        "AdministrationResumed": _resumed,
        "AdministrationEnded": _given,
    }
)


def _material_links(state: Material) -> Iterable[str]:
    """Where it belongs: its chain and batch; of what has neither, the containers that it came from."""
    if state.coi or state.batch:
        return filter(None, (state.coi, state.batch, state.donation))
    return (*filter(None, (state.donation,)), *state.parents)


MATERIAL = Subject(
    name="Material",
    kinds=("material",),
    types=WORKS | frozenset(_STEPS),
    empty=Material(),
    fold=_material,
    links=_material_links,
)
