"""Rule C7 for release and use: the order in which a batch is certified and a container is given, paused and resumed."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from ledger.domain.facts.certification import (
    ProductDispensed,
    QpCertificationConfirmed,
    QpCertified,
    QualityControllerReleased,
)
from ledger.domain.facts.clinical_area import AdministrationPaused, AdministrationResumed
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.release import PointOfCareReleased
from ledger.domain.rules.case import Case, tags_of
from ledger.domain.rules.rule import Broken
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.giving import DOSES
from ledger.domain.subjects.materials import MATERIAL


def _completed(
    case: Case, fact: PointOfCareReleased | QpCertified | QpCertificationConfirmed | QualityControllerReleased
) -> Iterator[Broken]:
    tag = tag_of("batch", fact.batch)
    record = case.state(BATCH_RECORD, tag)
    if record.completed_at is None or case.at < record.completed_at:
        found = "manufacture is not completed" if record.openings else "the batch is not known"
        yield Broken(tag=tag, found=found, must="completed before it is released")


def _dispensed(case: Case, fact: ProductDispensed) -> Iterator[Broken]:
    for tag in tags_of("material", fact.materials):
        completed = case.standing(tag).completed_at
        if not case.state(MATERIAL, tag).origins:
            yield Broken(tag=tag, found="the container is not known", must="made before it is dispensed")
        elif completed is None or case.at < completed:
            found = "manufacture of this container is not completed"
            yield Broken(tag=tag, found=found, must="completed before it is dispensed")


def _paused(case: Case, fact: AdministrationPaused) -> Iterator[Broken]:
    tag = tag_of("material", fact.material)
    if not case.state(MATERIAL, tag).under_way:
        yield Broken(tag=tag, found="no administration of it is under way", must="started before it is paused")


def _resumed(case: Case, fact: AdministrationResumed) -> Iterator[Broken]:
    tag = tag_of("material", fact.material)
    if not case.state(MATERIAL, tag).under_way:
        yield Broken(tag=tag, found="no administration of it is under way", must="started before it is resumed")
    elif not case.state(DOSES, tag).paused:
        yield Broken(tag=tag, found="nobody recorded the pause", must="paused before it is resumed", note=True)


ORDER_OF_USE: Final[Mapping[str, Callable[[Case, Any], Iterator[Broken]]]] = MappingProxyType(
    {
        "QpCertified": _completed,
        "QpCertificationConfirmed": _completed,
        "QualityControllerReleased": _completed,
        "PointOfCareReleased": _completed,
        "ProductDispensed": _dispensed,
        "AdministrationPaused": _paused,
        "AdministrationResumed": _resumed,
    }
)
"""Fact type to its check; rule C7 asks them."""
