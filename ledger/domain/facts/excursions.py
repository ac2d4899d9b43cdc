"""Temperatures outside their limits, and what they mean."""

from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind
from ledger.domain.facts.shape import (
    SOME,
    Decimal,
    OneOf,
    Position,
    Seconds,
    Text,
    Word,
)
from ledger.domain.facts.terms import Materials
from ledger.domain.facts.values import ConsignmentId, Document, EquipmentId, MaterialId, SignatureMeaning, ZoneId


class ExcursionOutcome(Word):
    """What an excursion means."""

    USE = "EXCURSION_OUTCOME_USE"
    QUARANTINE = "EXCURSION_OUTCOME_QUARANTINE"
    REJECT = "EXCURSION_OUTCOME_REJECT"


class TemperatureExcursionDetected(Fact, frozen=True, kw_only=True):
    """A temperature left its limits, or is not known for a time."""

    about: ClassVar[About] = About(no=92, stage="custody", inherits="cm", kind=Kind.SAFETY_ACT)
    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("scope", ("consignment", "zone", "containers"), required=True),)

    consignment: ConsignmentId | None = None
    """A consignment."""
    zone: ZoneId | None = None
    """A storage position."""
    containers: Materials | None = None
    """Containers."""
    logger: EquipmentId | None = None
    """Logger or probe."""
    lowest_celsius: Decimal | None = None
    """Lowest temperature logged."""
    highest_celsius: Decimal | None = None
    """Highest temperature logged."""
    mean_kinetic_celsius: Decimal | None = None
    """Mean kinetic temperature."""
    min_celsius: Decimal | None = None
    """Lowest temperature allowed."""
    max_celsius: Decimal | None = None
    """Highest temperature allowed."""
    duration_seconds: Seconds | None = None
    """How long outside."""
    data_gap: bool | None = None
    """Data are missing."""
    log: Document | None = None
    """Logger download."""


class ExcursionAssessed(Fact, frozen=True, kw_only=True):
    """Somebody entitled decided what an excursion means."""

    about: ClassVar[About] = About(
        no=93, stage="custody", inherits="m", kind=Kind.DECISION, signs=(SignatureMeaning.APPROVED,)
    )

    materials: Annotated[tuple[MaterialId, ...], SOME]
    """Containers concerned."""
    consignment: ConsignmentId | None = None
    """Consignment."""
    zone: ZoneId | None = None
    """Storage position."""
    excursion: Position
    """The excursion."""
    outcome: ExcursionOutcome
    """Use, quarantine, reject."""
    basis: Text
    """Stability data or reasons."""
    evidence: Document | None = None
    """Stability data."""
