"""Quarantine and rejection: what may not be used."""

from typing import ClassVar

from ledger.domain.facts.about import About, Fact, Kind
from ledger.domain.facts.shape import OneOf, Position, Text
from ledger.domain.facts.terms import Materials
from ledger.domain.facts.values import (
    BatchId,
    CaseId,
    CaseRef,
    ConsignmentId,
    DeviationId,
    DonationId,
    LotId,
    PatientRef,
    SignatureMeaning,
    ZoneId,
)


class QuarantineImposed(Fact, frozen=True, kw_only=True):
    """Something may not be used until somebody entitled lifts it. Exactly one scope."""

    about: ClassVar[About] = About(no=123, stage="release", inherits="mbc", kind=Kind.SAFETY_ACT)
    one_of: ClassVar[tuple[OneOf, ...]] = (
        OneOf("scope", ("containers", "batch", "lot", "donation", "consignment", "zone"), required=True),
    )

    containers: Materials | None = None
    """Containers."""
    batch: BatchId | None = None
    """A batch."""
    lot: LotId | None = None
    """A lot."""
    donation: DonationId | None = None
    """A donation."""
    consignment: ConsignmentId | None = None
    """A consignment."""
    zone: ZoneId | None = None
    """A storage position or work zone."""
    reason: Text
    """Why."""
    case: CaseRef | None = None
    """Case that it belongs to."""


class QuarantineLifted(Fact, frozen=True, kw_only=True):
    """A quarantine was lifted by the owner of the risk."""

    about: ClassVar[About] = About(
        no=124, stage="release", inherits="mbc", kind=Kind.DECISION, signs=(SignatureMeaning.APPROVED,)
    )
    one_of: ClassVar[tuple[OneOf, ...]] = (
        OneOf("scope", ("containers", "batch", "lot", "donation", "consignment", "zone"), required=True),
    )

    containers: Materials | None = None
    """Containers."""
    batch: BatchId | None = None
    """A batch."""
    lot: LotId | None = None
    """A lot."""
    donation: DonationId | None = None
    """A donation."""
    consignment: ConsignmentId | None = None
    """A consignment."""
    zone: ZoneId | None = None
    """A storage position or work zone."""
    quarantine: Position
    """The fact that imposed it."""
    basis: Text
    """Why it may be used."""
    for_patient: PatientRef | None = None
    """For this patient only."""
    deviation: DeviationId | None = None
    """Deviation that is settled."""
    case: CaseId | None = None
    """Case that is settled."""


class RejectionDecided(Fact, frozen=True, kw_only=True):
    """Something is rejected for good. Exactly one scope."""

    about: ClassVar[About] = About(
        no=125, stage="release", inherits="mbc", kind=Kind.DECISION, signs=(SignatureMeaning.APPROVED,)
    )
    one_of: ClassVar[tuple[OneOf, ...]] = (
        OneOf("scope", ("containers", "batch", "lot", "donation", "consignment"), required=True),
    )

    containers: Materials | None = None
    """Containers."""
    batch: BatchId | None = None
    """A batch."""
    lot: LotId | None = None
    """A lot."""
    donation: DonationId | None = None
    """A donation."""
    consignment: ConsignmentId | None = None
    """A consignment."""
    reason: Text
    """Why."""
    disposal: Text | None = None
    """What becomes of it."""
