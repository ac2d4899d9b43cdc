"""In the clinical area: received, ready, paused, resumed, not given, returned, destroyed; the pack for it."""

from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind, Second
from ledger.domain.facts.shape import (
    ANY,
    SOME,
    Decimal,
    Text,
    Time,
)
from ledger.domain.facts.values import (
    CoiId,
    ConsignmentId,
    Identifier,
    MaterialId,
    PatientId,
    PersonRef,
    Quantity,
    SignatureMeaning,
    SiteId,
)


class ClinicalAreaReceived(Fact, frozen=True, kw_only=True):
    """The product arrived in the clinical area."""

    about: ClassVar[About] = About(
        no=132, stage="administration", inherits="m", kind=Kind.HAPPENING, second=Second.PERSON_OR_CHECK
    )

    materials: Annotated[tuple[MaterialId, ...], SOME]
    """Containers."""
    celsius: Decimal | None = None
    """Temperature on arrival."""
    condition: Text | None = None
    """Condition."""
    use_by: Time | None = None
    """Use-by on the paperwork."""


class ReadyToTreatConfirmed(Fact, frozen=True, kw_only=True):
    """A clinician confirmed that the patient can be treated now."""

    about: ClassVar[About] = About(
        no=133, stage="administration", inherits="k", kind=Kind.DECISION, signs=(SignatureMeaning.APPROVED,)
    )

    coi: CoiId
    """Chain."""
    patient: PatientId
    """Pseudonym of the patient."""
    conditioned: bool | None = None
    """Conditioning done."""
    fit: bool
    """Fit to be treated."""
    consent_confirmed: bool | None = None
    """Consent still stands."""
    emergency_drugs: bool | None = None
    """Emergency medicines are at hand."""
    safety_materials: bool | None = None
    """Patient card and safety materials were given."""
    valid_until: Time | None = None
    """Until when."""


class AdministrationPaused(Fact, frozen=True, kw_only=True):
    """Giving was interrupted."""

    about: ClassVar[About] = About(no=136, stage="administration", inherits="m", kind=Kind.SAFETY_ACT)

    material: MaterialId
    """The container."""
    patient: PatientId
    """The patient."""
    coi: CoiId | None = None
    """Chain."""
    reason: Text
    """Why."""
    given: Annotated[tuple[Quantity, ...], ANY] = ()
    """Given so far."""


class AdministrationResumed(Fact, frozen=True, kw_only=True):
    """Giving went on."""

    about: ClassVar[About] = About(
        no=137, stage="administration", inherits="m", kind=Kind.HAPPENING, signs=(SignatureMeaning.PERFORMED,)
    )

    material: MaterialId
    """The container."""
    patient: PatientId
    """The patient."""
    coi: CoiId | None = None
    """Chain."""
    decided_by: PersonRef | None = None
    """Who decided."""
    reason: Text | None = None
    """Why."""


class ProductNotAdministered(Fact, frozen=True, kw_only=True):
    """A product meant for a patient was not given."""

    about: ClassVar[About] = About(no=139, stage="administration", inherits="m", kind=Kind.SAFETY_ACT)

    materials: Annotated[tuple[MaterialId, ...], SOME]
    """Containers."""
    patient: PatientId | None = None
    """The patient."""
    coi: CoiId | None = None
    """Chain."""
    reason: Text
    """Why."""
    location: Text | None = None
    """Where it is now."""


class MaterialReturned(Fact, frozen=True, kw_only=True):
    """Containers went back to a licensed store or the control site; they are quarantined."""

    about: ClassVar[About] = About(no=140, stage="administration", inherits="mc", kind=Kind.SAFETY_ACT)

    materials: Annotated[tuple[MaterialId, ...], SOME]
    """Containers."""
    destination: SiteId
    """Where to."""
    consignment: ConsignmentId | None = None
    """Consignment in which they travel."""
    condition: Text | None = None
    """Condition."""


class MaterialDestroyed(Fact, frozen=True, kw_only=True):
    """Containers were destroyed."""

    about: ClassVar[About] = About(
        no=141,
        stage="administration",
        inherits="m",
        kind=Kind.HAPPENING,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.PERFORMED, SignatureMeaning.VERIFIED),
    )

    materials: Annotated[tuple[MaterialId, ...], SOME]
    """Containers."""
    quantity: Annotated[tuple[Quantity, ...], ANY] = ()
    """How much."""
    method: Text
    """How; waste of genetically modified organisms."""
    instruction_honoured: bool | None = None
    """The disposal instruction of the consent was honoured."""

    def handles(self) -> tuple[Identifier, ...]:
        """What was destroyed."""
        return self.materials


class BedsidePackIssued(Fact, frozen=True, kw_only=True):
    """Made by the server: a pack for the bedside was issued before a journey.

    What it says follows from the log and stands in the verdict, with its seal (`pack-sha256`). It permits nothing.
    """

    about: ClassVar[About] = About(
        no=142, stage="administration", inherits="m", kind=Kind.RECORD, settles=True, server_made=True
    )

    coi: CoiId
    """Chain for which it is issued."""
    materials: Annotated[tuple[MaterialId, ...], SOME]
    """Containers that are carried."""
