"""Rules R4 and R11: supply out of specification for one patient who cannot do without it; a late test that fails.

The product is out of specification while a test of the finished product fails and no investigation has taken the result
away. Results of the batch and of its samples hold for all of it, those of a container for that one.
"""

from collections.abc import Iterator
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from ledger.domain import civil_time
from ledger.domain.facts.administration import AdministrationStarted
from ledger.domain.facts.certification import ProductDispensed
from ledger.domain.facts.exceptional_supply import (
    OutOfSpecificationRiskEvaluated,
    OutOfSpecificationSupplyAccepted,
    OutOfSpecificationSupplyRequested,
)
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.quality import QualityTestResulted, TestOutcome
from ledger.domain.facts.safety import CaseClosed
from ledger.domain.facts.terms import TestStage
from ledger.domain.finding import Weight
from ledger.domain.rules.case import Case, tags_of
from ledger.domain.rules.release import holds_role, scopes_of
from ledger.domain.rules.rule import ROLES_OF, Broken, Owner, Rule
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.cases import CASE
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.registers import PRODUCT, SITE_STATUS
from ledger.domain.subjects.releases import EXCEPTIONAL_SUPPLY
from ledger.domain.subjects.settlement import PATIENT_LINKS
from ledger.domain.subjects.staff import PERSON
from ledger.domain.subjects.testing import FILLED, TESTS

FINISHED: Final = frozenset((TestStage.RELEASE, TestStage.LATE, TestStage.STABILITY))
"""Stages at which a failing test puts the finished product out of specification."""


def failing(case: Case, batch: str, containers: tuple[str, ...]) -> frozenset[str]:
    """Returns the tests that some containers of a batch fail: of the batch, of its samples, of these containers."""
    places = (batch, *case.state(TESTS, batch).samples, *containers) if batch else containers
    return frozenset(test for place in places for test in case.state(TESTS, place).failing(FINISHED))


def wanting(case: Case, batch: str, material: str, patient: str, tests: frozenset[str]) -> tuple[str, ...]:
    """Returns what is still wanting for the supply of a failing container to one patient; nothing when it may be."""
    supply, person = case.state(EXCEPTIONAL_SUPPLY, batch), case.patient(patient)
    found = []
    if not any(
        case.patient(item.patient) == person and (not item.materials or material in item.materials)
        for item in supply.requests
    ):
        found.append("the treating physician's request")
    accepted = [item for item in supply.acceptances if case.patient(item.patient) == person and item.informed]
    chains = {item.coi for item in accepted} or {case.chain_of(material)}
    evaluated = {test for item in supply.evaluations if item.coi in chains for test in item.tests}
    if not supply.evaluations or not tests <= evaluated:
        found.append("the manufacturer's evaluation of the risk of " + ", ".join(sorted(tests - evaluated) or ["it"]))
    if not accepted:
        found.append("the treating physician's acceptance")
    return tuple(found)


def offered(case: Case) -> tuple[tuple[str, ...], str]:
    """Returns the containers that a fact gives or hands out, and the patient; none for every other fact."""
    fact = case.fact
    if isinstance(fact, ProductDispensed):
        return tags_of("material", fact.materials), tag_of("patient", fact.patient)
    if isinstance(fact, AdministrationStarted):
        return (tag_of("material", fact.material),), tag_of("patient", fact.patient)
    return (), ""


def _supplied(case: Case) -> Iterator[Broken]:
    """R4: out of specification without the three facts, each for that patient."""
    fact = case.fact
    if isinstance(fact, OutOfSpecificationSupplyRequested):
        yield from _by_a_physician(case, note=True)
        yield from _of_cells(case, tag_of("batch", fact.batch), "", note=True)
    elif isinstance(fact, OutOfSpecificationRiskEvaluated):
        yield from _by_the_manufacturer(case)
    elif isinstance(fact, OutOfSpecificationSupplyAccepted):
        yield from _accepted(case, fact)
    materials, patient = offered(case)
    for material in materials:
        batch = case.batch_of(material)
        tests = failing(case, batch, (material,))
        if not tests:
            continue
        named = ", ".join(sorted(tests))
        if lacks := wanting(case, batch, material, patient, tests):
            found = f"out of specification ({named}) without {' and '.join(lacks)}"
            yield Broken(tag=material, found=found, must="request, evaluation and acceptance, each for this patient")
        else:
            due = civil_time.moved(case.at, timedelta(seconds=case.whole("out-of-specification-notice-seconds")))
            found = f"supplied out of specification ({named})"
            must = f"tell the sponsor at once, holder and authority by {due:%Y-%m-%dT%H:%MZ}"
            yield Broken(tag=material, found=found, must=must, note=True)
        yield from _of_cells(case, batch, case.chain_of(material))


def _of_cells(case: Case, batch: str, chain: str, *, note: bool = False) -> Iterator[Broken]:
    product = case.product_of(batch, chain)
    data = case.product(product).data
    if data is None or data.cell_or_tissue_based is True:
        return
    stated = data.cell_or_tissue_based is False
    found = "is not cell- or tissue-based" if stated else "nobody registered whether it is cell- or tissue-based"
    yield Broken(tag=product, found=found, must="a cell- or tissue-based product", note=note or not stated)


def _by_a_physician(case: Case, *, note: bool = False) -> Iterator[Broken]:
    if not holds_role(case, case.performer(), ROLES_OF[Owner.CLINICAL], scopes_of(case)):
        found = "holds no role of a treating physician here"
        yield Broken(
            tag=tag_of("person", case.envelope.performed_by), found=found, must="treating physician", note=note
        )


def _by_the_manufacturer(case: Case) -> Iterator[Broken]:
    if not holds_role(case, case.performer(), ROLES_OF[Owner.QUALITY], scopes_of(case)):
        found = "holds no role that evaluates the risk of quality here"
        yield Broken(tag=tag_of("person", case.envelope.performed_by), found=found, must=Owner.QUALITY.value)


def _accepted(case: Case, fact: OutOfSpecificationSupplyAccepted) -> Iterator[Broken]:
    batch, coi = tag_of("batch", fact.batch), tag_of("coi", fact.coi)
    supply, person = case.state(EXCEPTIONAL_SUPPLY, batch), case.patient(tag_of("patient", fact.patient))
    yield from _by_a_physician(case)
    if not any(case.patient(item.patient) == person for item in supply.requests):
        yield Broken(tag=batch, found="nobody asked for it for this patient", must="the treating physician's request")
    if not any(item.coi == coi for item in supply.evaluations):
        yield Broken(tag=batch, found="its risk was not evaluated", must="the manufacturer's risk evaluation first")
    if not (fact.evaluation_read and fact.patient_informed):
        found = "the evaluation was not read" if not fact.evaluation_read else "the patient was not informed"
        yield Broken(tag=coi, found=found, must="the evaluation read and the patient informed")
    yield from _of_cells(case, batch, coi)


R4 = Rule(
    id="R4",
    revision=1,
    text="A product out of specification is supplied without the treating physician's request, the manufacturer's risk "
    "evaluation or the physician's acceptance, or is not cell- or tissue-based. Notification is a clock, not a "
    "condition: the sponsor at once, holder and authority within 48 hours unless set otherwise.",
    source="EU GMP Part IV (ATMP) 11.53-11.54",
    owner=Owner.CLINICAL,
    override="none",
    types=(
        "OutOfSpecificationSupplyRequested",
        "OutOfSpecificationRiskEvaluated",
        "OutOfSpecificationSupplyAccepted",
        "ProductDispensed",
        "AdministrationStarted",
    ),
    reads=(MATERIAL, BATCH_RECORD, CHAIN, PRODUCT, TESTS, EXCEPTIONAL_SUPPLY, PATIENT_LINKS, PERSON, SITE_STATUS),
    judge=_supplied,
)


def _failed_after_use(case: Case) -> Iterator[Broken]:
    """R11: a test of what was given already fails; a case is closed and somebody has not answered."""
    fact = case.fact
    if isinstance(fact, CaseClosed):
        for told in case.state(CASE, tag_of("case", fact.case)).silent():
            must = "an answer on record, or why it is closed without"
            yield Broken(tag=told, found="was told of it and has not answered", must=must, note=True)
    if not isinstance(fact, QualityTestResulted) or fact.outcome is not TestOutcome.FAILS or fact.stage not in FINISHED:
        return
    place = tag_of("batch", fact.batch) or tag_of("material", fact.material)
    tests = case.linked(TESTS, place)
    batch = place if fact.batch is not None else tests.batch or case.batch_of(place)
    whole = fact.batch is not None or bool(tests.batch)
    touched = case.linked(FILLED, batch).containers if whole else (place,)
    given = sorted(material for material in touched if _given(case, material))
    if given:
        due = civil_time.moved(case.at, timedelta(seconds=case.whole("out-of-specification-notice-seconds")))
        yield Broken(
            tag=batch or place,
            found=f"{fact.test} fails after use of {', '.join(given)}",
            must=f"tell the treating physician and the sponsor at once, holder and authority by {due:%Y-%m-%dT%H:%MZ}",
            note=True,
        )


def _given(case: Case, material: str) -> bool:
    """Begun by now: a result that comes in late may be older than the use."""
    return bool(case.state(MATERIAL, material).starts or case.known(MATERIAL, material).starts)


R11 = Rule(
    id="R11",
    revision=1,
    text="A clock, not a refusal: a test fails after use, and physician, sponsor, holder and authority are to be told "
    "within the set time. The failing result itself is never refused. Noted too: a case is closed while somebody who "
    "was told of it has not answered.",
    source="EU GMP Part IV (ATMP) 11.54 (unverified); MHRA, A guide to defective medicinal products (partly verified); "
    "the period is a parameter",
    owner=Owner.QUALITY,
    override="none",
    types=("QualityTestResulted", "CaseClosed"),
    reads=(TESTS, FILLED, MATERIAL, BATCH_RECORD, CASE),
    judge=_failed_after_use,
    weights=MappingProxyType({"QualityTestResulted": Weight.NOTE}),
)
