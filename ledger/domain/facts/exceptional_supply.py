"""Supply of a product out of specification at the request of the treating physician."""

from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind
from ledger.domain.facts.shape import (
    ANY,
    SOME,
    Code,
    Text,
)
from ledger.domain.facts.values import BatchId, CoiId, Document, MaterialId, PatientId, SignatureMeaning


class OutOfSpecificationSupplyRequested(Fact, frozen=True, kw_only=True):
    """The treating physician asked for a product that is out of specification (EU GMP Part IV 11.53)."""

    about: ClassVar[About] = About(
        no=126, stage="release", inherits="mb", kind=Kind.HAPPENING, signs=(SignatureMeaning.PERFORMED,)
    )

    batch: BatchId
    """Batch."""
    materials: Annotated[tuple[MaterialId, ...], ANY] = ()
    """Containers; absent means the whole batch."""
    coi: CoiId
    """Chain."""
    patient: PatientId
    """Pseudonym of the patient."""
    hazard: Text
    """Immediate significant hazard to the patient without it."""
    alternatives: Text
    """Alternatives considered."""


class OutOfSpecificationRiskEvaluated(Fact, frozen=True, kw_only=True):
    """The manufacturer evaluated the risk of a product that is out of specification."""

    about: ClassVar[About] = About(
        no=127, stage="release", inherits="b", kind=Kind.DECISION, signs=(SignatureMeaning.APPROVED,)
    )

    batch: BatchId
    """Batch."""
    coi: CoiId
    """Chain."""
    failing_tests: Annotated[tuple[Code, ...], SOME]
    """Tests that fail."""
    evaluation: Document
    """The evaluation."""
    statement: Text | None = None
    """In one sentence."""


class OutOfSpecificationSupplyAccepted(Fact, frozen=True, kw_only=True):
    """The treating physician accepted the evaluated risk for this patient."""

    about: ClassVar[About] = About(
        no=128, stage="release", inherits="b", kind=Kind.DECISION, signs=(SignatureMeaning.ACCEPTED,)
    )

    batch: BatchId
    """Batch."""
    coi: CoiId
    """Chain."""
    patient: PatientId
    """Pseudonym of the patient."""
    evaluation_read: bool
    """The evaluation was read."""
    patient_informed: bool
    """The patient was informed."""
    local_approval: Code | None = None
    """Local approval."""
