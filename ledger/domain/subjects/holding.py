"""The subject of what stands against using a thing: quarantined, returned, damaged, rejected, destroyed.

A container's own state only. That of its batch, its consignment, its donation, and of the containers that its contents
came from, reaches it when a rule asks, so nothing is fanned out and a lifting of one is a lifting of that one.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.clinical_area import MaterialDestroyed, MaterialReturned
from ledger.domain.facts.holding import QuarantineImposed, QuarantineLifted, RejectionDecided
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.storage import ContainerDamaged
from ledger.domain.subjects.subject import Entry, Subject

_MOST: Final = 32
"""Holds that are kept at once, and patients for whom one is lifted; of a further one, only that it was imposed."""


class Why(StrEnum):
    """Why a thing is held; each is lifted by a decision that names the fact."""

    QUARANTINED = "quarantined"
    RETURNED = "returned, and so quarantined"
    DAMAGED = "damaged, and so quarantined"


class Hold(Struct, frozen=True, kw_only=True):
    """One reason not to use a thing, until it is lifted.

    Attributes:
        position: The fact that imposed it.
        why: What happened.
        at: When.
        lifted_for: Patients for whom alone it was lifted.
    """

    position: int
    why: Why
    at: datetime
    lifted_for: tuple[str, ...] = ()


class Holding(Struct, frozen=True, kw_only=True):
    """What stands against using one thing.

    Attributes:
        holds: What a decision can lift.
        beyond: Position of the first hold that could not be kept beside them: nothing lifts that any more.
        beyond_at: When that was imposed.
        lifted: (position, patient) of holds of other things, from which its contents came, that were lifted for it;
            no patient means for all. The newest: what is forgotten holds again.
        rejected: Position of the rejection.
        rejected_at: When the first was decided.
        destroyed: Position of the destruction.
        destroyed_at: When the first was recorded to have happened.
    """

    holds: tuple[Hold, ...] = ()
    beyond: int = 0
    beyond_at: datetime | None = None
    lifted: tuple[tuple[int, str], ...] = ()
    rejected: int = 0
    rejected_at: datetime | None = None
    destroyed: int = 0
    destroyed_at: datetime | None = None


def _held(state: Holding, entry: Entry, why: Why) -> Holding:
    if len(state.holds) >= _MOST:
        first = {} if state.beyond else {"beyond": entry.position, "beyond_at": entry.at}
        return msgspec.structs.replace(state, **first)
    return msgspec.structs.replace(state, holds=(*state.holds, Hold(position=entry.position, why=why, at=entry.at)))


def _quarantined(state: Holding, entry: Entry, _fact: QuarantineImposed) -> Holding:
    return _held(state, entry, Why.QUARANTINED)


def _returned(state: Holding, entry: Entry, fact: MaterialReturned) -> Holding:
    if entry.tag not in {tag_of("material", item) for item in fact.materials}:
        return state
    return _held(state, entry, Why.RETURNED)


def _damaged(state: Holding, entry: Entry, _fact: ContainerDamaged) -> Holding:
    return _held(state, entry, Why.DAMAGED)


def _lifted(state: Holding, _entry: Entry, fact: QuarantineLifted) -> Holding:
    patient = tag_of("patient", fact.for_patient)
    if fact.quarantine not in {hold.position for hold in state.holds}:
        return msgspec.structs.replace(state, lifted=(*state.lifted, (fact.quarantine, patient))[-_MOST:])
    kept = tuple(_for_one(hold, fact, patient) for hold in state.holds if patient or hold.position != fact.quarantine)
    return msgspec.structs.replace(state, holds=kept)


def _for_one(hold: Hold, fact: QuarantineLifted, patient: str) -> Hold:
    if hold.position != fact.quarantine or patient in hold.lifted_for:
        return hold
    return msgspec.structs.replace(hold, lifted_for=(*hold.lifted_for, patient)[-_MOST:])


def _rejected(state: Holding, entry: Entry, _fact: RejectionDecided) -> Holding:
    return msgspec.structs.replace(state, rejected=entry.position, rejected_at=state.rejected_at or entry.at)


def _destroyed(state: Holding, entry: Entry, _fact: MaterialDestroyed) -> Holding:
    return msgspec.structs.replace(state, destroyed=entry.position, destroyed_at=state.destroyed_at or entry.at)


_STEPS: Final[Mapping[str, Callable[[Holding, Entry, Any], Holding]]] = MappingProxyType(
    {
        "QuarantineImposed": _quarantined,
        "QuarantineLifted": _lifted,
        "RejectionDecided": _rejected,
        "MaterialReturned": _returned,
        "MaterialDestroyed": _destroyed,
        "ContainerDamaged": _damaged,
    }
)


def _holding(state: Holding, entry: Entry) -> Holding:
    step = _STEPS.get(entry.content.type)
    return state if step is None else step(state, entry, entry.content.fact)


HOLDING = Subject(
    name="Holding",
    kinds=("material", "batch", "lot", "donation", "consignment", "zone"),
    types=frozenset(_STEPS),
    empty=Holding(),
    fold=_holding,
)
