"""The subject of what stands against using a thing: quarantined, returned, damaged, rejected, destroyed.

A container's own state only. That of its batch, its consignment, its donation reaches it when a rule asks, so nothing
is fanned out and a lifting of one is a lifting of that one.
"""

from collections.abc import Callable, Mapping
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
        lifted_for: Patients for whom alone it was lifted.
    """

    position: int
    why: Why
    lifted_for: tuple[str, ...] = ()


class Holding(Struct, frozen=True, kw_only=True):
    """What stands against using one thing.

    Attributes:
        holds: What a decision can lift.
        beyond: Position of the first hold that could not be kept beside them: nothing lifts that any more.
        rejected: Position of the rejection.
        destroyed: Position of the destruction.
    """

    holds: tuple[Hold, ...] = ()
    beyond: int = 0
    rejected: int = 0
    destroyed: int = 0


def _held(state: Holding, entry: Entry, why: Why) -> Holding:
    if len(state.holds) >= _MOST:
        return msgspec.structs.replace(state, beyond=state.beyond or entry.position)
    return msgspec.structs.replace(state, holds=(*state.holds, Hold(position=entry.position, why=why)))


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
    kept = tuple(_for_one(hold, fact, patient) for hold in state.holds if patient or hold.position != fact.quarantine)
    return msgspec.structs.replace(state, holds=kept)


def _for_one(hold: Hold, fact: QuarantineLifted, patient: str) -> Hold:
    if hold.position != fact.quarantine or patient in hold.lifted_for:
        return hold
    return msgspec.structs.replace(hold, lifted_for=(*hold.lifted_for, patient)[-_MOST:])


def _rejected(state: Holding, entry: Entry, _fact: RejectionDecided) -> Holding:
    return msgspec.structs.replace(state, rejected=entry.position)


def _destroyed(state: Holding, entry: Entry, _fact: MaterialDestroyed) -> Holding:
    return msgspec.structs.replace(state, destroyed=entry.position)


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
