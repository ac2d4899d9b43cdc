"""Back to the patient."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind, Link, Second
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.shape import ANY, SOME, Code, Count, Position, Text, Word
from ledger.domain.facts.values import (
    BatchId,
    CoiId,
    FieldCheck,
    Identifier,
    MaterialId,
    PatientId,
    PatientRef,
    PrescriptionBasis,
    ProductId,
    Quantity,
    SignatureMeaning,
)


class IdentityOutcome(Word):
    """Outcome of a whole identity check."""

    MATCH = "IDENTITY_OUTCOME_MATCH"
    MISMATCH = "IDENTITY_OUTCOME_MISMATCH"


class AdministrationIntent(Word):
    """What is meant to be given."""

    ALL = "ADMINISTRATION_INTENT_ALL"
    PART = "ADMINISTRATION_INTENT_PART"
    NONE_RETAINED = "ADMINISTRATION_INTENT_NONE_RETAINED"


class RemainderDisposition(Word):
    """What became of the rest."""

    NONE_LEFT = "REMAINDER_DISPOSITION_NONE_LEFT"
    DESTROYED = "REMAINDER_DISPOSITION_DESTROYED"
    LABELLED = "REMAINDER_DISPOSITION_LABELLED"
    KEPT = "REMAINDER_DISPOSITION_KEPT"
    RETURNED = "REMAINDER_DISPOSITION_RETURNED"


class BedsideIdentityChecked(Fact, frozen=True, kw_only=True):
    """The patient was checked against the container at the bedside. A mismatch is a fact and is always stored."""

    about: ClassVar[About] = About(
        no=134,
        stage="administration",
        inherits="m",
        kind=Kind.HAPPENING,
        second=Second.TWO_PEOPLE,
        signs=(SignatureMeaning.PERFORMED, SignatureMeaning.VERIFIED),
    )

    materials: Annotated[tuple[MaterialId, ...], SOME]
    """Containers in hand."""
    patient: PatientId
    """The patient for whom they were fetched."""
    coi: CoiId | None = None
    """Chain on the label."""
    scanned_patient: PatientRef | None = None
    """Pseudonym that the wristband resolved to, by the hospital's own map."""
    checks: Annotated[tuple[FieldCheck, ...], SOME]
    """One per identifier compared."""
    outcome: IdentityOutcome
    """Match or mismatch."""
    asked_aloud: bool | None = None
    """The patient said them; nobody read them out for a yes."""


class AdministrationStarted(Fact, frozen=True, kw_only=True):
    """Giving began. All gates are judged here."""

    about: ClassVar[About] = About(
        no=135,
        stage="administration",
        inherits="m",
        kind=Kind.HAPPENING,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.PERFORMED, SignatureMeaning.VERIFIED),
    )

    material: MaterialId
    """The container."""
    patient: PatientId
    """The patient."""
    coi: CoiId | None = None
    """Chain."""
    dose_number: Count | None = None
    """Which dose."""
    intent: AdministrationIntent | None = None
    """All of it, a part, or nothing kept; absent claims no label exemption."""
    route: Code
    """Route: intravenous, intrathecal."""
    check: Position | None = None
    """Position of the bedside check."""
    label_exemption_claimed: bool | None = None
    """Given unlabelled and at once."""
    note: Text | None = None
    """Trial arm, off-label note."""
    product: ProductId | None = None
    """Product, where the container is not known to the ledger."""
    batch: BatchId | None = None
    """Batch on the label, where the container is not known to the ledger."""
    basis: PrescriptionBasis | None = None
    """On which basis it is given, where there is no prescription."""
    prescription: Position | None = None
    """Position of the prescription."""

    def handles(self) -> tuple[Identifier, ...]:
        """What was given."""
        return (self.material,)

    def lineage(self) -> Iterator[Link]:
        """The patient received the container."""
        yield Link(tag_of("patient", self.patient), tag_of("material", self.material), "given")


class AdministrationEnded(Fact, frozen=True, kw_only=True):
    """Giving ended; occurred_at is the end."""

    about: ClassVar[About] = About(
        no=138,
        stage="administration",
        inherits="m",
        kind=Kind.HAPPENING,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.PERFORMED,),
    )

    material: MaterialId
    """The container."""
    patient: PatientId
    """The patient."""
    coi: CoiId | None = None
    """Chain."""
    given: Annotated[tuple[Quantity, ...], SOME]
    """What was given."""
    not_given: Annotated[tuple[Quantity, ...], ANY] = ()
    """What was not."""
    remainder: RemainderDisposition
    """What became of the rest."""
    incidents: Text | None = None
    """Incidents; absent says nothing, `no_incidents` says that there were none."""
    no_incidents: bool | None = None
    """True: there were no incidents."""

    def lineage(self) -> Iterator[Link]:
        """The patient received it, even where nobody recorded the start, or took it back."""
        yield Link(tag_of("patient", self.patient), tag_of("material", self.material), "given")
