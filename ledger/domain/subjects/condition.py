"""Subjects of condition: frozen or thawed, where it was stored, which excursions it met."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct

from ledger.domain.facts.administration import AdministrationStarted
from ledger.domain.facts.catalogue import WORKS
from ledger.domain.facts.clinical_area import MaterialReturned
from ledger.domain.facts.custody import ConsignmentDispatched, ConsignmentReceived
from ledger.domain.facts.equipment import ZoneKind, ZoneRegistered
from ledger.domain.facts.excursions import ExcursionAssessed, ExcursionOutcome, TemperatureExcursionDetected
from ledger.domain.facts.manufacture import ManufactureCompleted
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.storage import (
    ContainerDamaged,
    MaterialCryopreserved,
    MaterialRetrieved,
    MaterialStored,
    MaterialThawed,
    StockCounted,
)
from ledger.domain.facts.terms import SegregationClass, TemperatureClass
from ledger.domain.facts.transport import ConsignmentArrivedUnexpectedly, ConsignmentPacked
from ledger.domain.subjects.custody import filled
from ledger.domain.subjects.excursions import MOST, Excursion, newest, of_fact, unannounced
from ledger.domain.subjects.subject import Entry, Subject

MOST_CONTENTS: Final = 256
"""Containers lying in a storage position that it remembers: the newest."""

_Travelling: TypeAlias = (
    ConsignmentPacked | ConsignmentDispatched | ConsignmentReceived | ConsignmentArrivedUnexpectedly | MaterialReturned
)


class Stay(Struct, frozen=True, kw_only=True):
    """A time in one storage position; `until` is None while it lies there."""

    zone: str
    since: datetime
    until: datetime | None = None

    def met(self, excursion: Excursion) -> bool:
        """Whether an excursion of the position fell into it."""
        return excursion.until >= self.since and (self.until is None or excursion.at < self.until)


class Condition(Struct, frozen=True, kw_only=True):
    """The condition of one container.

    Attributes:
        parents: (container, when) of each that it was filled from; what these met before then it met too.
        frozen_at: End of its freezing.
        thawed_at: End of its last thawing.
        in_use_until: Limit on the instruction by which it was thawed.
        finished: Site where it was filled as a final container.
        stays: Storage positions in which it lay, oldest first.
        temperature: Class that was said to be needed at its last storing; gone once it is frozen or thawed.
        segregation: The same, of its segregation.
        journeys: Consignments in which it travelled.
        excursions: Its own excursions.
        assessed: (fact, outcome) of each excursion assessed for this container.
        damaged: Positions at which it was found damaged.
        returned: Positions at which it was sent back.
        started_at: Start of its last administration.
    """

    parents: tuple[tuple[str, datetime], ...] = ()
    frozen_at: datetime | None = None
    thawed_at: datetime | None = None
    in_use_until: datetime | None = None
    finished: str = ""
    stays: tuple[Stay, ...] = ()
    temperature: TemperatureClass | None = None
    segregation: SegregationClass | None = None
    journeys: tuple[str, ...] = ()
    excursions: tuple[Excursion, ...] = ()
    assessed: tuple[tuple[int, ExcursionOutcome], ...] = ()
    damaged: tuple[int, ...] = ()
    returned: tuple[int, ...] = ()
    started_at: datetime | None = None

    @property
    def frozen(self) -> bool:
        """It was frozen and not thawed since."""
        return self.frozen_at is not None and (self.thawed_at is None or self.thawed_at < self.frozen_at)

    @property
    def zone(self) -> str:
        """Storage position in which it lies; empty when in none."""
        return self.stays[-1].zone if self.stays and self.stays[-1].until is None else ""

    def outcome(self, excursion: Excursion) -> ExcursionOutcome | None:
        """The newest assessment of an excursion for this container."""
        said = (outcome for position, outcome in reversed(self.assessed) if position in excursion.positions)
        return next(said, None)


def _condition(state: Condition, entry: Entry) -> Condition:
    change = _CHANGES.get(entry.content.type)
    if change is not None:
        return msgspec.structs.replace(state, **change(state, entry, entry.content.fact))
    return _worked(state, entry)


def _excursion(state: Condition, entry: Entry, fact: TemperatureExcursionDetected) -> dict[str, Any]:
    return {"excursions": of_fact(state.excursions, entry, fact)}


def _assessed(state: Condition, _entry: Entry, fact: ExcursionAssessed) -> dict[str, Any]:
    return {"assessed": newest(state.assessed, (fact.excursion, fact.outcome))}


def _damaged(state: Condition, entry: Entry, _fact: ContainerDamaged) -> dict[str, Any]:
    return {"damaged": newest(state.damaged, entry.position)}


def _thawed(_state: Condition, _entry: Entry, fact: MaterialThawed) -> dict[str, Any]:
    return {"thawed_at": fact.ended_at, "in_use_until": fact.in_use_until, "temperature": None}


def _started(_state: Condition, entry: Entry, _fact: AdministrationStarted) -> dict[str, Any]:
    return {"started_at": entry.at}


def _stored(state: Condition, entry: Entry, fact: MaterialStored) -> dict[str, Any]:
    return {
        "stays": newest(_left(state.stays, entry.at), Stay(zone=tag_of("zone", fact.zone), since=entry.at)),
        "temperature": fact.temperature,
        "segregation": fact.segregation,
    }


def _retrieved(state: Condition, entry: Entry, _fact: MaterialRetrieved) -> dict[str, Any]:
    return {"stays": _left(state.stays, entry.at)}


def _travels(state: Condition, entry: Entry, fact: _Travelling) -> dict[str, Any]:
    consignment = tag_of("consignment", fact.consignment)
    fresh = consignment and consignment not in state.journeys
    journeys = newest(state.journeys, consignment) if fresh else state.journeys
    return {"stays": _left(state.stays, entry.at), "journeys": journeys}


def _unexpected(state: Condition, entry: Entry, fact: ConsignmentArrivedUnexpectedly) -> dict[str, Any]:
    """An arrival without a number is the container's own question; with one, it is the consignment's."""
    known = state.excursions if fact.consignment is not None else unannounced(state.excursions, entry)
    return {**_travels(state, entry, fact), "excursions": known}


def _returned(state: Condition, entry: Entry, fact: MaterialReturned) -> dict[str, Any]:
    return {**_travels(state, entry, fact), "returned": newest(state.returned, entry.position)}


_CHANGES: Final[Mapping[str, Callable[[Condition, Entry, Any], dict[str, Any]]]] = MappingProxyType(
    {
        "TemperatureExcursionDetected": _excursion,
        "ExcursionAssessed": _assessed,
        "ContainerDamaged": _damaged,
        "MaterialThawed": _thawed,
        "AdministrationStarted": _started,
        "MaterialStored": _stored,
        "MaterialRetrieved": _retrieved,
        "ConsignmentPacked": _travels,
        "ConsignmentDispatched": _travels,
        "ConsignmentReceived": _travels,
        "ConsignmentArrivedUnexpectedly": _unexpected,
        "MaterialReturned": _returned,
    }
)


def _worked(state: Condition, entry: Entry) -> Condition:
    fact = entry.content.fact
    work = fact.work()
    if work is None or not filled(entry):
        return state
    inputs = tuple((tag_of("material", item.material), entry.at) for item in work.inputs)
    parents = tuple(item for item in inputs if item[0] != entry.tag)
    state = msgspec.structs.replace(state, parents=(*state.parents, *parents)[-MOST:])
    if isinstance(fact, MaterialCryopreserved):
        return msgspec.structs.replace(state, frozen_at=fact.ended_at, temperature=None)
    if isinstance(fact, ManufactureCompleted):
        return msgspec.structs.replace(state, finished=tag_of("site", entry.content.envelope.place.site))
    return state


def _left(stays: tuple[Stay, ...], at: datetime) -> tuple[Stay, ...]:
    if not stays or stays[-1].until is not None:
        return stays
    return (*stays[:-1], msgspec.structs.replace(stays[-1], until=at))


def _condition_links(state: Condition) -> Iterable[str]:
    return (*(tag for tag, _ in state.parents), *(stay.zone for stay in state.stays), *state.journeys)


CONDITION = Subject(
    name="Condition",
    kinds=("material",),
    types=WORKS | frozenset(_CHANGES),
    empty=Condition(),
    fold=_condition,
    links=_condition_links,
)


class BatchCondition(Struct, frozen=True, kw_only=True):
    """The containers of a batch, whose condition is asked when it is released."""

    containers: tuple[str, ...] = ()


def _batch_condition(state: BatchCondition, entry: Entry) -> BatchCondition:
    work = entry.content.fact.work()
    if work is None or not work.final:
        return state
    containers = (*state.containers, *(tag_of("material", out.material) for out in work.outputs))
    return msgspec.structs.replace(state, containers=tuple(dict.fromkeys(containers)))


def _containers(state: BatchCondition) -> Iterable[str]:
    return state.containers


BATCH_CONDITION = Subject(
    name="BatchCondition",
    kinds=("batch",),
    types=WORKS,
    empty=BatchCondition(),
    fold=_batch_condition,
    links=_containers,
)


class StoragePosition(Struct, frozen=True, kw_only=True):
    """A storage position as it is registered, and its excursions.

    Attributes:
        registered: Position of the register entry; 0 when nobody registered it.
        site: Where it is.
        kind: What it is for.
        temperature: Its temperature class.
        segregation: What may lie in it.
        excursions: Excursions of the position; they concern what lay in it then.
        contents: Containers that lie in it, the newest 256; gone once they are taken out, or moved elsewhere.
    """

    registered: int = 0
    site: str = ""
    kind: ZoneKind | None = None
    temperature: TemperatureClass | None = None
    segregation: SegregationClass | None = None
    excursions: tuple[Excursion, ...] = ()
    contents: tuple[str, ...] = ()


def _storage_position(state: StoragePosition, entry: Entry) -> StoragePosition:
    fact = entry.content.fact
    if isinstance(fact, ZoneRegistered) and tag_of("zone", fact.zone) == entry.tag:
        return msgspec.structs.replace(
            state,
            registered=entry.position,
            site=tag_of("site", fact.site),
            kind=fact.kind,
            temperature=fact.temperature,
            segregation=fact.segregation,
        )
    if isinstance(fact, TemperatureExcursionDetected) and tag_of("zone", fact.zone) == entry.tag:
        return msgspec.structs.replace(state, excursions=of_fact(state.excursions, entry, fact))
    if isinstance(fact, MaterialStored) and tag_of("zone", fact.zone) == entry.tag:
        put = tuple(dict.fromkeys(tag_of("material", item) for item in fact.materials))
        return msgspec.structs.replace(state, contents=(*_others(state, fact), *put)[-MOST_CONTENTS:])
    if isinstance(fact, MaterialStored | MaterialRetrieved):
        return msgspec.structs.replace(state, contents=_others(state, fact))
    if isinstance(fact, StockCounted) and tag_of("zone", fact.zone) == entry.tag:
        return _recounted(state, fact)
    return state


def _recounted(state: StoragePosition, fact: StockCounted) -> StoragePosition:
    """What a count found there lies there, and what it did not find does not."""
    named = {tag_of("material", item) for item in (*fact.missing, *fact.unexpected)}
    found = tuple(dict.fromkeys(tag_of("material", item) for item in fact.unexpected))
    kept = tuple(item for item in state.contents if item not in named)
    return msgspec.structs.replace(state, contents=(*kept, *found)[-MOST_CONTENTS:])


def _others(state: StoragePosition, fact: MaterialStored | MaterialRetrieved) -> tuple[str, ...]:
    named = {tag_of("material", item) for item in fact.materials}
    return tuple(item for item in state.contents if item not in named)


STORAGE_POSITION = Subject(
    name="StoragePosition",
    kinds=("zone",),
    types=frozenset(
        ("ZoneRegistered", "TemperatureExcursionDetected", "MaterialStored", "MaterialRetrieved", "StockCounted")
    ),
    empty=StoragePosition(),
    fold=_storage_position,
)
