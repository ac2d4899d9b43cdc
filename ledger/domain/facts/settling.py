"""Facts that settle a refusal, a deviation or a second name."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind, Link, Second
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.shape import (
    SOME,
    Code,
    OneOf,
    Position,
    Text,
    Value,
    Word,
)
from ledger.domain.facts.values import (
    BatchId,
    ConsignmentId,
    DeviationId,
    DeviationReason,
    DonationId,
    LotId,
    MaterialId,
    PatientId,
    PatientRef,
    SignatureMeaning,
)


class DeviationOutcome(Word):
    """What a deviation means."""

    USE = "DEVIATION_OUTCOME_USE"
    USE_FOR_THIS_PATIENT_ONLY = "DEVIATION_OUTCOME_USE_FOR_THIS_PATIENT_ONLY"
    REJECT = "DEVIATION_OUTCOME_REJECT"


class RiskOwner(Word):
    """Whose risk: treating physician; QP, QA or quality controller; Designated Individual."""

    CLINICAL = "RISK_OWNER_CLINICAL"
    QUALITY = "RISK_OWNER_QUALITY"
    TISSUE = "RISK_OWNER_TISSUE"


class ProceedingAgainstRefusal(Fact, frozen=True, kw_only=True):
    """The treating physician decided to go on although the answer was no.

    It permits nothing; the act that follows is a deviation.
    """

    about: ClassVar[About] = About(
        no=171, stage="records", kind=Kind.RECORD, settles=True, signs=(SignatureMeaning.PERFORMED,)
    )

    position: Position
    """Position of the refusal."""
    rules: Annotated[tuple[Code, ...], SOME]
    """Rules that were shown."""
    reason_code: DeviationReason
    """The class of reason."""
    reason: Text
    """In words."""
    material: MaterialId
    """This container."""
    patient: PatientId
    """This patient."""


class DeviationConfirmed(Fact, frozen=True, kw_only=True):
    """A second person confirmed a deviation and gave the site's own reference."""

    about: ClassVar[About] = About(
        no=172, stage="records", inherits="d", kind=Kind.RECORD, settles=True, signs=(SignatureMeaning.VERIFIED,)
    )

    deviation: DeviationId
    """Which."""
    reference: Code | None = None
    """The site's own reference."""


class DeviationAssessed(Fact, frozen=True, kw_only=True):
    """The owner of the risk decided what a deviation means for what depends on it."""

    about: ClassVar[About] = About(
        no=173, stage="records", inherits="d", kind=Kind.RECORD, settles=True, signs=(SignatureMeaning.APPROVED,)
    )

    deviation: DeviationId
    """Which."""
    outcome: DeviationOutcome
    """Use, use for this patient only, reject."""
    owner: RiskOwner
    """Whose risk."""
    for_patient: PatientRef | None = None
    """The patient, for use for this patient only."""
    reason: Text
    """Why."""


class LinkedMaterials(Value, frozen=True, kw_only=True):
    """Two names of one container."""

    first: MaterialId
    """The name under which it was recorded first."""
    other: MaterialId
    """The other name."""


class LinkedDonations(Value, frozen=True, kw_only=True):
    """Two names of one donation."""

    first: DonationId
    """The name under which it was recorded first."""
    other: DonationId
    """The other name."""


class LinkedBatches(Value, frozen=True, kw_only=True):
    """Two names of one batch."""

    first: BatchId
    """The name under which it was recorded first."""
    other: BatchId
    """The other name."""


class LinkedLots(Value, frozen=True, kw_only=True):
    """Two names of one lot."""

    first: LotId
    """The name under which it was recorded first."""
    other: LotId
    """The other name."""


class LinkedConsignments(Value, frozen=True, kw_only=True):
    """Two names of one consignment."""

    first: ConsignmentId
    """The name under which it was recorded first."""
    other: ConsignmentId
    """The other name."""


class IdentifierLinked(Fact, frozen=True, kw_only=True):
    """Two names are the same thing; it keeps the first."""

    about: ClassVar[About] = About(
        no=174,
        stage="records",
        inherits="m",
        kind=Kind.RECORD,
        settles=True,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.PERFORMED,),
    )
    one_of: ClassVar[tuple[OneOf, ...]] = (
        OneOf("kind", ("materials", "donations", "batches", "lots", "consignments"), required=True),
    )

    materials: LinkedMaterials | None = None
    """Containers."""
    donations: LinkedDonations | None = None
    """Donations."""
    batches: LinkedBatches | None = None
    """Batches."""
    lots: LinkedLots | None = None
    """Lots."""
    consignments: LinkedConsignments | None = None
    """Consignments."""
    label: Text | None = None
    """Where the other name was read."""

    def names(self) -> tuple[str, str]:
        """Tags of the first name and of the other one."""
        for kind, pair in (
            ("material", self.materials),
            ("donation", self.donations),
            ("batch", self.batches),
            ("lot", self.lots),
            ("consignment", self.consignments),
        ):
            if pair is not None:
                return tag_of(kind, pair.first), tag_of(kind, pair.other)
        return "", ""

    def lineage(self) -> Iterator[Link]:
        """Both names are one thing."""
        first, other = self.names()
        yield Link(other, first, "named")
