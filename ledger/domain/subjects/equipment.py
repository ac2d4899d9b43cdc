"""The subject of an instrument, device, store or shipper: what it is qualified for, until when, with which software."""

from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.batches import DeviceRunImported
from ledger.domain.facts.equipment import (
    EquipmentKind,
    EquipmentQualified,
    EquipmentRegistered,
    QualificationKind,
    QualificationOutcome,
)
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.transport import ShipperRecharged, ShipperReturned
from ledger.domain.subjects.subject import Entry, Subject

_OUTCOMES: Final = {
    QualificationOutcome.FAILED: "failed",
    QualificationOutcome.WITHDRAWN: "was withdrawn from",
}


class Qualification(Struct, frozen=True, kw_only=True):
    """The newest result of one kind of qualification.

    Attributes:
        position: Of the fact.
        failed: In words, when it was not passed.
        software_version: Version that was qualified.
        hold_seconds: How long a shipper holds its temperature.
        effective_to: Last day; None means until the next result.
    """

    what: QualificationKind
    position: int
    failed: str
    software_version: str
    hold_seconds: int | None
    effective_from: str
    effective_to: str | None


class Equipment(Struct, frozen=True, kw_only=True):
    """One instrument.

    Attributes:
        registered: Position of its registration.
        site: Where it belongs, or where it came back to.
        effective_to: Last day in service.
        qualifications: The newest of each kind.
        software_version: The version that its last imported run had.
        hold_until: A dry shipper: how long it holds since it was last recharged.
    """

    registered: int = 0
    site: str = ""
    kind: EquipmentKind | None = None
    effective_to: str | None = None
    qualifications: tuple[Qualification, ...] = ()
    software_version: str = ""
    hold_until: datetime | None = None


def _equipment(state: Equipment, entry: Entry) -> Equipment:
    fact = entry.content.fact
    if isinstance(fact, EquipmentRegistered) and tag_of("equipment", fact.equipment) == entry.tag:
        return msgspec.structs.replace(
            state,
            registered=entry.position,
            site=tag_of("site", fact.site),
            kind=fact.kind,
            effective_to=fact.effective_to,
        )
    if isinstance(fact, EquipmentQualified) and tag_of("equipment", fact.equipment) == entry.tag:
        new = Qualification(
            what=fact.what,
            position=entry.position,
            failed=_OUTCOMES.get(fact.outcome, ""),
            software_version=fact.software_version or "",
            hold_seconds=fact.hold_seconds,
            effective_from=fact.effective_from,
            effective_to=fact.effective_to,
        )
        others = tuple(item for item in state.qualifications if item.what != fact.what)
        return msgspec.structs.replace(state, qualifications=(*others, new))
    if isinstance(fact, DeviceRunImported) and tag_of("equipment", fact.equipment) == entry.tag:
        return msgspec.structs.replace(state, software_version=fact.software_version or state.software_version)
    if isinstance(fact, ShipperRecharged) and tag_of("equipment", fact.shipper) == entry.tag:
        return msgspec.structs.replace(state, hold_until=fact.hold_until)
    if isinstance(fact, ShipperReturned) and tag_of("equipment", fact.shipper) == entry.tag:
        return msgspec.structs.replace(state, site=tag_of("site", fact.destination), hold_until=None)
    return state


EQUIPMENT = Subject(
    name="Equipment",
    kinds=("equipment",),
    types=frozenset(
        ("EquipmentRegistered", "EquipmentQualified", "DeviceRunImported", "ShipperRecharged", "ShipperReturned")
    ),
    empty=Equipment(),
    fold=_equipment,
)
