"""Rules C5 and C6: is it known to be fit, and was it kept where such material belongs?"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from ledger.domain.facts.administration import AdministrationStarted
from ledger.domain.facts.certification import ProductDispensed, QpCertified, QualityControllerReleased
from ledger.domain.facts.collection import AcceptanceDisposition, MaterialAccepted, MaterialReleasedForCirculation
from ledger.domain.facts.excursions import ExcursionAssessed, ExcursionOutcome
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.registry import Role
from ledger.domain.facts.release import PointOfCareReleased
from ledger.domain.facts.storage import MaterialStored
from ledger.domain.facts.terms import SegregationClass, TemperatureClass
from ledger.domain.rules.case import Case, tags_of
from ledger.domain.rules.named_on_licence import may
from ledger.domain.rules.rule import ROLES_OF, Broken, Later, Owner, Rule
from ledger.domain.subjects.condition import BATCH_CONDITION, CONDITION, STORAGE_POSITION
from ledger.domain.subjects.custody import CONSIGNMENT
from ledger.domain.subjects.excursions import Excursion
from ledger.domain.subjects.registers import AGREEMENT, LICENCE, SITE_STATUS
from ledger.domain.subjects.staff import PERSON

_MAKING: Final = (
    "MaterialsConsumed",
    "ProcessStepPerformed",
    "CellsModified",
    "CellsExpanded",
    "ContainersFilled",
    "ManufactureCompleted",
)
"""Acts of making that take material for use; freezing, dividing, sampling and saving are none."""

_RELEASES: Final = (PointOfCareReleased, QpCertified, QualityControllerReleased)

ASSESSORS: Final = ROLES_OF[Owner.QUALITY] | {Role.DESIGNATED_INDIVIDUAL, Role.DESIGNATED_INDIVIDUAL_DELEGATE}
"""Who may say that material is fit for use after an excursion."""

_MOST: Final = 64
"""Containers that one container is followed back through."""


def met(case: Case, material: str) -> Iterator[tuple[str, Excursion]]:
    """Yields what a container met, and what those it was filled from met before: (container, excursion)."""
    todo: list[tuple[str, datetime]] = [(material, case.at)]
    seen = {material}
    while todo and len(seen) <= _MOST:
        tag, before = todo.pop(0)
        yield from ((tag, item) for item in _of_one(case, tag) if item.at <= before)
        parents = [item for item in case.state(CONDITION, tag).parents if item[0] not in seen]
        todo += parents
        seen.update(parent for parent, _ in parents)


def _of_one(case: Case, tag: str) -> Iterator[Excursion]:
    condition = case.state(CONDITION, tag)
    yield from condition.excursions
    for consignment in condition.journeys:
        yield from case.state(CONSIGNMENT, consignment).excursions
    for stay in condition.stays:
        yield from (item for item in case.state(STORAGE_POSITION, stay.zone).excursions if stay.met(item))


def unassessed(case: Case, material: str) -> Iterator[tuple[str, Excursion, ExcursionOutcome | None]]:
    """Yields what stands against use: (container that met it, excursion, what was said of it other than use)."""
    for tag, excursion in met(case, material):
        said = case.state(CONDITION, material).outcome(excursion)
        said = said if said is not None else case.state(CONDITION, tag).outcome(excursion)
        if said is not ExcursionOutcome.USE:
            yield tag, excursion, said


def _used(case: Case) -> tuple[str, ...]:
    """Containers that a fact uses, releases or accepts to use."""
    fact = case.fact
    if isinstance(fact, _RELEASES):
        return (
            tags_of("material", fact.materials) or case.state(BATCH_CONDITION, tag_of("batch", fact.batch)).containers
        )
    if isinstance(fact, MaterialAccepted):
        return tags_of("material", fact.materials) if fact.disposition is AcceptanceDisposition.TO_USE else ()
    if isinstance(fact, MaterialReleasedForCirculation | ProductDispensed):
        return tags_of("material", fact.materials)
    if case.content.type in _MAKING or isinstance(fact, AdministrationStarted):
        return tags_of("material", fact.handles())
    return ()


def _assessed(case: Case) -> Iterator[Broken]:
    """C5: used while an excursion or a gap in its data is unassessed; assessed by somebody who may not."""
    fact = case.fact
    if isinstance(fact, ExcursionAssessed):
        yield from _proper(case, fact)
    for material in _used(case):
        against = list(unassessed(case, material))
        if against:
            tag, excursion, said = against[0]
            state = f"assessed as {said.name.lower()}" if said is not None else "unassessed"
            whose = "" if tag == material else f" of {tag}, from which it was made,"
            found = f"{excursion.what}{whose} at {_numbered(excursion)} is {state}"
            yield Broken(tag=material, found=found, must="assessed as fit for use by QA, the QP or the DI")


def _numbered(excursion: Excursion) -> str:
    return ", ".join(f"fact {position}" for position in excursion.positions)


def _proper(case: Case, fact: ExcursionAssessed) -> Iterator[Broken]:
    for material in tags_of("material", fact.materials):
        if not any(fact.excursion in item.positions for _, item in met(case, material)):
            found = f"fact {fact.excursion} is no excursion that it met"
            yield Broken(
                tag=material, found=found, must="the position of its excursion, data gap, loss or unexpected arrival"
            )
    person = case.performer()
    if fact.outcome is ExcursionOutcome.USE and not may(case, person, ASSESSORS):
        yield Broken(tag=person, found="holds no role that assesses excursions here", must="QA, a QP or the DI")


C5 = Rule(
    id="C5",
    revision=1,
    text="Material is consumed, released, dispensed, given or accepted to use while an excursion, a gap in its "
    "temperature data, a loss or an unexpected arrival, of itself or of what it was made from, is unassessed or "
    "assessed as unfit.",
    source="Directive 2006/86/EC Annex II D (unverified for gaps in data); a loss and an arrival that nobody announced "
    "are gaps (our encoding)",
    owner=Owner.QUALITY,
    override="disposition by QA, the QP or the DI: the excursion assessed as fit for use",
    types=(
        *_MAKING,
        "MaterialReleasedForCirculation",
        "MaterialAccepted",
        "PointOfCareReleased",
        "QpCertified",
        "QualityControllerReleased",
        "ProductDispensed",
        "AdministrationStarted",
        "ExcursionAssessed",
    ),
    reads=(CONDITION, BATCH_CONDITION, STORAGE_POSITION, CONSIGNMENT, PERSON, SITE_STATUS, LICENCE, AGREEMENT),
    judge=_assessed,
    later=(Later.CUSTODY, CONDITION),
)

_DEEP_FROZEN: Final = frozenset(
    (TemperatureClass.FROZEN_MINUS_80, TemperatureClass.VAPOUR_PHASE_NITROGEN, TemperatureClass.LIQUID_NITROGEN)
)
_FROZEN: Final = _DEEP_FROZEN | {TemperatureClass.FROZEN_MINUS_20}

_APART: Final = frozenset((SegregationClass.BIOLOGICAL_HAZARD, SegregationClass.REJECTED))
_TOGETHER: Final = frozenset((SegregationClass.GENERAL, SegregationClass.UNTESTED))


def _kept_apart(case: Case) -> Iterator[Broken]:
    """C6: put where its temperature class or segregation class does not belong."""
    fact = case.fact
    if not isinstance(fact, MaterialStored):
        return
    zone = tag_of("zone", fact.zone)
    place = case.state(STORAGE_POSITION, zone)
    if not place.registered:
        yield Broken(tag=zone, found="nobody registered this position", must="a registered position", note=True)
    for declared, known in ((fact.temperature, place.temperature), (fact.segregation, place.segregation)):
        if declared is not None and known is not None and declared != known:
            found = f"registered as {_word(known)}, used as {_word(declared)}"
            yield Broken(tag=zone, found=found, must="a position of the class that the material needs")
    temperature, segregation = fact.temperature or place.temperature, fact.segregation or place.segregation
    for material in tags_of("material", fact.materials):
        yield from _belongs(case, material, temperature, segregation)


def _belongs(
    case: Case, material: str, temperature: TemperatureClass | None, segregation: SegregationClass | None
) -> Iterator[Broken]:
    condition = case.state(CONDITION, material)
    last = condition.stays[-1].zone if condition.stays else ""
    before = case.state(STORAGE_POSITION, last)
    was, apart = condition.temperature or before.temperature, condition.segregation or before.segregation
    if temperature is not None and condition.frozen and temperature not in _DEEP_FROZEN:
        found, must = f"cryopreserved and not thawed, put at {_word(temperature)}", "kept deep frozen"
        yield Broken(tag=material, found=found, must=must)
    elif temperature is not None and condition.thawed_at is not None:
        if not condition.frozen and temperature in _FROZEN:
            yield Broken(tag=material, found=f"thawed, put at {_word(temperature)}", must="never frozen again")
    elif temperature is not None and was is not None and (was in _FROZEN) != (temperature in _FROZEN):
        found = f"kept at {_word(was)} until now, put at {_word(temperature)}"
        must = "thawing or freezing on record between"
        yield Broken(tag=material, found=found, must=must, note=was not in _FROZEN)
    if apart in _APART and segregation in _TOGETHER:
        found = f"kept as {_word(apart)} until now, put among {_word(segregation)}"
        yield Broken(tag=material, found=found, must="kept apart")


def _word(value: TemperatureClass | SegregationClass | None) -> str:
    return value.name.lower().replace("_", " ") if value is not None else ""


C6 = Rule(
    id="C6",
    revision=1,
    text="Material is put into a position whose temperature class or segregation class is incompatible with it: other "
    "than what is said to be needed, cryopreserved not deep frozen, thawed frozen again, hazardous or rejected among "
    "other material. A position that nobody registered is a note.",
    source="Directive 2006/86/EC Annex II C (unverified for segregation classes)",
    owner=Owner.QUALITY,
    override="none",
    types=("MaterialStored",),
    reads=(CONDITION, STORAGE_POSITION),
    judge=_kept_apart,
)
