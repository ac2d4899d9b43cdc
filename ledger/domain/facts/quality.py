"""Results of quality tests, and what is made of those out of specification."""

from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind
from ledger.domain.facts.shape import (
    ANY,
    SOME,
    Code,
    Decimal,
    OneOf,
    Position,
    Text,
    Time,
    Word,
)
from ledger.domain.facts.terms import TestStage
from ledger.domain.facts.values import (
    BatchId,
    LotId,
    MaterialId,
    OrganisationId,
    Quantity,
    SignatureMeaning,
    SpecificationId,
    ZoneId,
)


class TestOutcome(Word):
    """Whether a result meets its limits."""

    MEETS = "TEST_OUTCOME_MEETS"
    FAILS = "TEST_OUTCOME_FAILS"
    INVALID = "TEST_OUTCOME_INVALID"


class InvestigationOutcome(Word):
    """What an investigation found."""

    CONFIRMED = "INVESTIGATION_OUTCOME_CONFIRMED"
    INVALIDATED = "INVESTIGATION_OUTCOME_INVALIDATED"
    RETEST = "INVESTIGATION_OUTCOME_RETEST"


class QualityTestResulted(Fact, frozen=True, kw_only=True):
    """A quality test gave a result."""

    about: ClassVar[About] = About(
        no=112,
        stage="manufacture",
        inherits="mb",
        kind=Kind.HAPPENING,
        signs=(SignatureMeaning.PERFORMED, SignatureMeaning.REVIEWED),
    )
    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("subject", ("material", "batch", "zone"), required=True),)

    material: MaterialId | None = None
    """A container."""
    batch: BatchId | None = None
    """A batch."""
    zone: ZoneId | None = None
    """A work zone."""
    test: Code
    """Name of the test, as the specification gives it."""
    stage: TestStage
    """At which stage."""
    outcome: TestOutcome
    """Whether it meets its limits."""
    specification: SpecificationId | None = None
    """Specification."""
    method: Code | None = None
    """Method."""
    result: Quantity | None = None
    """Result."""
    words: Text | None = None
    """Result, when it is no number."""
    low: Decimal | None = None
    """Lower limit."""
    high: Decimal | None = None
    """Upper limit."""
    lots: Annotated[tuple[LotId, ...], ANY] = ()
    """Lots of kits."""
    laboratory: OrganisationId | None = None
    """Laboratory."""
    sampled_at: Time | None = None
    """When the sample was taken."""


class OutOfSpecificationInvestigated(Fact, frozen=True, kw_only=True):
    """A result out of specification was investigated."""

    about: ClassVar[About] = About(
        no=113,
        stage="manufacture",
        inherits="mb",
        kind=Kind.DECISION,
        signs=(SignatureMeaning.REVIEWED, SignatureMeaning.APPROVED),
    )
    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("subject", ("material", "batch"), required=True),)

    material: MaterialId | None = None
    """A container."""
    batch: BatchId | None = None
    """A batch."""
    results: Annotated[tuple[Position, ...], SOME]
    """The results."""
    outcome: InvestigationOutcome
    """Confirmed, invalidated, to be tested again."""
    cause: Text | None = None
    """Cause."""
