"""Reviewed, certified, released, extended, dispensed."""

from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind, Second
from ledger.domain.facts.shape import (
    ANY,
    SOME,
    Code,
    OneOf,
    Position,
    Text,
    Time,
    Word,
)
from ledger.domain.facts.terms import Materials, Route
from ledger.domain.facts.values import (
    AuthorisationId,
    BatchId,
    CoiId,
    Document,
    LicenceId,
    MaterialId,
    PatientId,
    PrescriptionBasis,
    SignatureMeaning,
    SpecificationId,
)


class LimitKind(Word):
    """Which limit."""

    SHELF_LIFE = "LIMIT_KIND_SHELF_LIFE"
    IN_USE = "LIMIT_KIND_IN_USE"
    STORAGE = "LIMIT_KIND_STORAGE"
    HOLD = "LIMIT_KIND_HOLD"


class BatchRecordReviewed(Fact, frozen=True, kw_only=True):
    """The batch record and its audit trail were reviewed."""

    about: ClassVar[About] = About(
        no=117, stage="release", inherits="b", kind=Kind.DECISION, signs=(SignatureMeaning.REVIEWED,)
    )

    batch: BatchId
    """Batch."""
    reviewed_through: Position
    """Position up to which the audit trail was reviewed."""
    exceptions_found: Annotated[tuple[Text, ...], ANY] = ()
    """What was found."""


class QpCertified(Fact, frozen=True, kw_only=True):
    """A Qualified Person certified a batch (HMR Sch 7 para 12)."""

    about: ClassVar[About] = About(
        no=118, stage="release", inherits="mb", kind=Kind.DECISION, signs=(SignatureMeaning.CERTIFIED,)
    )

    batch: BatchId
    """Batch."""
    materials: Annotated[tuple[MaterialId, ...], ANY] = ()
    """Containers certified; absent means the whole batch."""
    licence: LicenceId
    """Licence on which the QP is named."""
    authorisation: AuthorisationId | None = None
    """Marketing or trial authorisation."""
    specification: SpecificationId
    """Specification that it meets."""
    statement: Text | None = None
    """Statement."""
    outstanding_tests: Annotated[tuple[Code, ...], ANY] = ()
    """Tests whose results come later: the certification is conditional."""
    remote: bool | None = None
    """Certified away from the site."""
    register_number: Code | None = None
    """Number in the QP register."""
    certificate: Document | None = None
    """Release-for-infusion certificate."""


class QpCertificationConfirmed(Fact, frozen=True, kw_only=True):
    """A conditional certification was confirmed when the late results were in."""

    about: ClassVar[About] = About(
        no=119, stage="release", inherits="b", kind=Kind.DECISION, signs=(SignatureMeaning.CERTIFIED,)
    )

    batch: BatchId
    """Batch."""
    results: Annotated[tuple[Position, ...], SOME]
    """The late results."""
    statement: Text | None = None
    """Statement."""


class QualityControllerReleased(Fact, frozen=True, kw_only=True):
    """A quality controller released a batch made under hospital exemption or as a special."""

    about: ClassVar[About] = About(
        no=120, stage="release", inherits="mb", kind=Kind.DECISION, signs=(SignatureMeaning.APPROVED,)
    )

    batch: BatchId
    """Batch."""
    materials: Annotated[tuple[MaterialId, ...], ANY] = ()
    """Containers released; absent means the whole batch."""
    specification: SpecificationId
    """Specification that it meets."""
    route: Route
    """Hospital exemption or special."""
    records_complete: bool
    """The records are complete."""
    certificate: Document | None = None
    """Release-for-infusion certificate."""


class ShelfLifeExtended(Fact, frozen=True, kw_only=True):
    """A limit was extended on data, by who may."""

    about: ClassVar[About] = About(
        no=129,
        stage="release",
        inherits="mb",
        kind=Kind.DECISION,
        signs=((SignatureMeaning.CERTIFIED, SignatureMeaning.APPROVED),),
    )
    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("scope", ("batch", "containers"), required=True),)

    batch: BatchId | None = None
    """A batch."""
    containers: Materials | None = None
    """Containers."""
    limit: LimitKind
    """Which limit."""
    until: Time
    """New end."""
    basis: Text
    """Stability data or risk assessment."""
    evidence: Document | None = None
    """The data."""


class ProductDispensed(Fact, frozen=True, kw_only=True):
    """A product was issued for one patient."""

    about: ClassVar[About] = About(
        no=131,
        stage="release",
        inherits="mb",
        kind=Kind.DECISION,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.PERFORMED, SignatureMeaning.VERIFIED),
    )

    materials: Annotated[tuple[MaterialId, ...], SOME]
    """Containers."""
    coi: CoiId | None = None
    """Chain."""
    patient: PatientId
    """Pseudonym of the patient."""
    batch: BatchId
    """Batch."""
    prescription: Position | None = None
    """The prescription."""
    basis: PrescriptionBasis | None = None
    """On which basis, where there is no prescription."""
    handed_to: Text | None = None
    """Ward or courier."""
