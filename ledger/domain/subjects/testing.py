"""Subjects of tests and review: what was tested and how it came out, what had to be tested, what was looked through."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain.facts import tagging
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.certification import BatchRecordReviewed
from ledger.domain.facts.lots import SpecificationApproved
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.processing import SampleTaken
from ledger.domain.facts.quality import (
    InvestigationOutcome,
    OutOfSpecificationInvestigated,
    QualityTestResulted,
    TestOutcome,
)
from ledger.domain.facts.safety import DeviationClass, DeviationRaised
from ledger.domain.facts.terms import TestStage
from ledger.domain.subjects.subject import Entry, Subject

_MOST_RESULTS: Final = 256
_MOST_CONTAINERS: Final = 32
"""What one batch or container keeps, newest last."""

_MADE: Final = frozenset(
    name
    for name in (
        "CellsModified",
        "CellsExpanded",
        "ContainersFilled",
        "ManufactureCompleted",
        "MaterialsConsumed",
        "ProcessStepPerformed",
    )
    if name in TYPES
)
"""Acts of making."""


class Result(Struct, frozen=True, kw_only=True):
    """One result of one test.

    Attributes:
        position: The fact that told it.
        at: When it was told.
        stage: At which stage; `LATE` may come after certification.
        investigated: What an investigation found of it.
    """

    position: int
    at: datetime
    test: str
    stage: TestStage
    outcome: TestOutcome
    investigated: InvestigationOutcome | None = None


class Tests(Struct, frozen=True, kw_only=True):
    """Results of one batch, or of one container.

    Attributes:
        results: In order.
        samples: Samples that were taken of the batch: what is found in one holds for the batch.
        batch: For a sample: its batch.
    """

    results: tuple[Result, ...] = ()
    samples: tuple[str, ...] = ()
    batch: str = ""

    def met(self) -> frozenset[str]:
        """Tests with a result that meets its limits."""
        return frozenset(item.test for item in self._standing() if item.outcome is TestOutcome.MEETS)

    def failing(self, stages: frozenset[TestStage]) -> frozenset[str]:
        """Tests of some stages with a failing result that no investigation has taken away.

        A later good result alone takes nothing away: that would be testing into compliance. Only a result that was
        invalidated is gone, and one that was to be tested again once a later result meets its limits.
        """
        return frozenset(
            item.test for item in self._standing() if item.outcome is TestOutcome.FAILS and item.stage in stages
        )

    def failed(self, stages: frozenset[TestStage]) -> tuple[Result, ...]:
        """Failing results of some stages that no investigation has taken away, in order."""
        return tuple(item for item in self._standing() if item.outcome is TestOutcome.FAILS and item.stage in stages)

    def _standing(self) -> Iterable[Result]:
        return (item for item in self.results if not self._gone(item))

    def _gone(self, item: Result) -> bool:
        if item.investigated is InvestigationOutcome.RETEST:
            return any(
                other.test == item.test and other.position > item.position and other.outcome is TestOutcome.MEETS
                for other in self.results
            )
        return item.investigated is InvestigationOutcome.INVALIDATED


def _tests(state: Tests, entry: Entry) -> Tests:
    fact = entry.content.fact
    if isinstance(fact, QualityTestResulted):
        result = Result(position=entry.position, at=entry.at, test=fact.test, stage=fact.stage, outcome=fact.outcome)
        return msgspec.structs.replace(state, results=(*state.results, result)[-_MOST_RESULTS:])
    if isinstance(fact, OutOfSpecificationInvestigated):
        known = tuple(
            msgspec.structs.replace(item, investigated=fact.outcome) if item.position in fact.results else item
            for item in state.results
        )
        return msgspec.structs.replace(state, results=known)
    if not isinstance(fact, SampleTaken) or fact.batch is None:
        return state
    batch, sample = tag_of("batch", fact.batch), tag_of("material", fact.sample.material)
    if entry.tag == sample:
        return msgspec.structs.replace(state, batch=batch)
    if entry.tag != batch:
        return state
    samples = tuple(dict.fromkeys((*state.samples, sample)))
    return msgspec.structs.replace(state, samples=samples[-_MOST_CONTAINERS:])


def _tests_links(state: Tests) -> Iterable[str]:
    return filter(None, (state.batch, *state.samples))


TESTS = Subject(
    name="Tests",
    kinds=("batch", "material"),
    types=frozenset(("QualityTestResulted", "OutOfSpecificationInvestigated", "SampleTaken")),
    empty=Tests(),
    fold=_tests,
    links=_tests_links,
)


class Filled(Struct, frozen=True, kw_only=True):
    """Containers that were filled in a batch: what a test finds in one holds for that one."""

    containers: tuple[str, ...] = ()


def _filled(state: Filled, entry: Entry) -> Filled:
    work = entry.content.fact.work()
    if work is None or tag_of("batch", work.batch) != entry.tag:
        return state
    outputs = tuple(tag_of("material", out.material) for out in work.outputs)
    return Filled(containers=tuple(dict.fromkeys((*state.containers, *outputs)))[-_MOST_CONTAINERS:])


def _filled_links(state: Filled) -> Iterable[str]:
    return state.containers


FILLED = Subject(
    name="Filled",
    kinds=("batch",),
    types=frozenset(("ContainersFilled", "ManufactureCompleted")),
    empty=Filled(),
    fold=_filled,
    links=_filled_links,
)


class Required(Struct, frozen=True, kw_only=True):
    """One test of a specification; `late` when its result may come after certification."""

    name: str
    late: bool
    stage: TestStage


class Specification(Struct, frozen=True, kw_only=True):
    """The version of a specification in force."""

    approved: int = 0
    product: str = ""
    version: str = ""
    tests: tuple[Required, ...] = ()
    effective_from: str = ""
    effective_to: str | None = None


def _specification(state: Specification, entry: Entry) -> Specification:
    fact = entry.content.fact
    if not isinstance(fact, SpecificationApproved):
        return state
    return Specification(
        approved=entry.position,
        product=tag_of("product", fact.product),
        version=fact.version,
        tests=tuple(
            Required(name=item.name, late=item.late is True, stage=item.stage or TestStage.RELEASE)
            for item in fact.tests
        ),
        effective_from=fact.effective_from,
        effective_to=fact.effective_to,
    )


SPECIFICATION = Subject(
    name="Specification",
    kinds=("specification",),
    types=frozenset(("SpecificationApproved",)),
    empty=Specification(),
    fold=_specification,
)


class BatchReview(Struct, frozen=True, kw_only=True):
    """What was looked through of a batch, and what was found grave.

    Attributes:
        made: Newest position of an act of making in it.
        reviewed: Position of the newest review of its record.
        through: Position up to which that review looked.
        critical: Numbers of critical deviations raised on it; whether one is still open is said by itself.
    """

    made: int = 0
    reviewed: int = 0
    through: int = 0
    critical: tuple[int, ...] = ()


def _review(state: BatchReview, entry: Entry) -> BatchReview:
    fact = entry.content.fact
    if isinstance(fact, BatchRecordReviewed):
        through = max(state.through, fact.reviewed_through)
        return msgspec.structs.replace(state, reviewed=entry.position, through=through)
    if isinstance(fact, DeviationRaised):
        if fact.severity is not DeviationClass.CRITICAL:
            return state
        return msgspec.structs.replace(state, critical=(*state.critical, entry.position)[-_MOST_CONTAINERS:])
    if entry.content.type not in _MADE:
        return state
    return msgspec.structs.replace(state, made=max(state.made, entry.position))


def _review_links(state: BatchReview) -> Iterable[str]:
    return (tagging.deviation(number) for number in state.critical)


BATCH_REVIEW = Subject(
    name="BatchReview",
    kinds=("batch",),
    types=_MADE | {"BatchRecordReviewed", "DeviationRaised"},
    empty=BatchReview(),
    fold=_review,
    links=_review_links,
)
