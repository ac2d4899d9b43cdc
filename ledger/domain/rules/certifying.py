"""Rules R2 and R3: is it a QP of that licence who certifies, and is there nothing that forbids to certify?"""

import dataclasses
from collections.abc import Iterator
from typing import Final

from ledger.domain.facts import tagging
from ledger.domain.facts.certification import (
    BatchRecordReviewed,
    QpCertificationConfirmed,
    QpCertified,
    QualityControllerReleased,
)
from ledger.domain.facts.importing import ImportVerified
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.registry import Role
from ledger.domain.facts.release import PointOfCareReleased
from ledger.domain.facts.terms import TestStage
from ledger.domain.facts.values import ReleaseModel
from ledger.domain.rules import importing
from ledger.domain.rules.case import Case, tags_of
from ledger.domain.rules.exceptional import FINISHED, failing
from ledger.domain.rules.release import holds_role
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.registers import LICENCE, MASTER_FILE, PRODUCT, SITE_STATUS, in_force
from ledger.domain.subjects.releases import BATCH_FOR_USE
from ledger.domain.subjects.routes import CHAIN_ROUTE
from ledger.domain.subjects.settlement import DEVIATION, PATIENT_LINKS
from ledger.domain.subjects.staff import PERSON
from ledger.domain.subjects.testing import BATCH_REVIEW, FILLED, SPECIFICATION, TESTS, Required


def _by_a_named_qp(case: Case) -> Iterator[Broken]:
    """R2: certified by other than a QP named for that product line on that licence then."""
    fact = case.fact
    if isinstance(fact, QpCertified):
        licence = tag_of("licence", fact.licence)
    elif isinstance(fact, QpCertificationConfirmed):
        waiting = case.state(BATCH_FOR_USE, tag_of("batch", fact.batch)).conditional()
        if waiting is None:
            tag = tag_of("batch", fact.batch)
            yield Broken(tag=tag, found="no certification of it waits for late results", must="a conditional one")
            return
        licence = waiting.licence
    elif isinstance(fact, ImportVerified):
        yield from importing.verified(case, fact)
        return
    else:
        yield from importing.used(case)
        return
    person, product = case.performer(), case.product_of(tag_of("batch", fact.batch), "")
    if not holds_role(case, person, frozenset((Role.QUALIFIED_PERSON,)), {licence}):
        yield Broken(
            tag=person, found=f"is not named as QP on {licence} for this product", must="a QP named there, then"
        )
    lines = {line.product for line in case.state(LICENCE, licence).lines}
    if lines and product not in lines:
        found = f"{product or 'the product'} is no product line of it"
        yield Broken(tag=licence, found=found, must="a licence that has the product")
    if isinstance(fact, QpCertified):
        yield from importing.certified(case, fact)


R2 = Rule(
    id="R2",
    revision=1,
    text="A batch is certified by somebody who is not a QP, or by a QP not named for that product line on that licence "
    "at that time. What was made abroad is dispensed or given without the certification of a QP here under a licence "
    "that covers import, and without the verification of its import: by the responsible person (import) named on the "
    "wholesale licence, of a certification in an approved country, or by a QP of a licence that covers import.",
    source="HMR 2012 Sch 7 para 12, regs 17(1)(c), 45AA-45AB (approved countries unverified: safe default, the EEA "
    "states); EU GMP Annex 11 s15 (unverified)",
    owner=Owner.NOBODY,
    override="none",
    types=("QpCertified", "QpCertificationConfirmed", "ImportVerified", "ProductDispensed", "AdministrationStarted"),
    reads=(MATERIAL, BATCH_RECORD, CHAIN, CHAIN_ROUTE, PRODUCT, SITE_STATUS, BATCH_FOR_USE, LICENCE, PERSON),
    judge=_by_a_named_qp,
)


def _by_a_named_qp_2(case: Case) -> Iterator[Broken]:
    """R2, where the rulebook says which countries are approved for import."""
    if isinstance(case.fact, ImportVerified):
        yield from importing.verified_by_rulebook(case, case.fact)
        return
    yield from _by_a_named_qp(case)


R2_2 = dataclasses.replace(
    R2,
    revision=2,
    source="HMR 2012 Sch 7 para 12, regs 17(1)(c), 45AA-45AB (approved countries unverified: safe default, the EEA "
    "states; a parameter); EU GMP Annex 11 s15 (unverified)",
    judge=_by_a_named_qp_2,
)

_MANDATORY: Final = frozenset((TestStage.RELEASE, TestStage.LATE, TestStage.IN_PROCESS))
"""Stages of a specification whose tests must be in before certification; a late test may be listed as outstanding."""


def _fit_to_certify(case: Case) -> Iterator[Broken]:
    """R3: certified with something grave open, unread, untested or failed."""
    fact = case.fact
    if isinstance(fact, BatchRecordReviewed):
        if fact.reviewed_through >= case.position:
            found = f"reviewed up to {fact.reviewed_through}, which does not stand yet"
            yield Broken(tag=tag_of("batch", fact.batch), found=found, must="a position that stands")
        return
    if not isinstance(fact, QpCertified | QpCertificationConfirmed | QualityControllerReleased | PointOfCareReleased):
        return
    batch = tag_of("batch", fact.batch)
    yield from _nothing_critical(case, batch)
    if isinstance(fact, QpCertificationConfirmed):
        yield from _late_results_are_in(case, fact)
        return
    containers = tags_of("material", fact.materials) or case.state(FILLED, batch).containers
    if isinstance(fact, PointOfCareReleased):
        yield from _conditional_where_approved(fact)
        yield from _nothing_fails(batch, failing(case, batch, containers))
        return
    yield from _reviewed(case, batch)
    outstanding = fact.outstanding_tests if isinstance(fact, QpCertified) else ()
    specification = tag_of("specification", fact.specification)
    yield from _to_specification(case, batch, containers, specification, frozenset(outstanding))
    if outstanding:
        yield from _enabled(case, batch)


def _enabled(case: Case, batch: str) -> Iterator[Broken]:
    """Certification before late results where the batch follows a master file that has no release in two steps."""
    record = case.state(BATCH_RECORD, batch)
    version = case.state(MASTER_FILE, record.masterfile).ruling(record.opened_at, case.at)
    if version is not None and version.release_model is not ReleaseModel.TWO_STEP:
        found = f"version {version.version} releases by {version.release_model.name.lower().replace('_', ' ')}"
        must = "a master file with release in two steps, where tests are outstanding"
        yield Broken(tag=record.masterfile, found=found, must=must, note=True)


def _nothing_critical(case: Case, batch: str) -> Iterator[Broken]:
    patient = case.state(CHAIN, case.state(BATCH_RECORD, batch).coi).patient
    for number in case.state(BATCH_REVIEW, batch).critical:
        deviation = case.state(DEVIATION, tagging.deviation(number))
        if not deviation.closed and not any(deviation.lifted(name) for name in case.patients(patient)):
            found = f"critical deviation {number} is open"
            yield Broken(tag=batch, found=found, must="closed, or assessed as fit for use")


def _reviewed(case: Case, batch: str) -> Iterator[Broken]:
    review = case.state(BATCH_REVIEW, batch)
    if not review.reviewed:
        yield Broken(tag=batch, found="nobody reviewed its record and audit trail", must="reviewed first")
    elif review.through < review.made:
        found = f"reviewed up to {review.through}; it was worked on at {review.made}"
        yield Broken(tag=batch, found=found, must="reviewed to the end of making")


def _nothing_fails(batch: str, tests: frozenset[str]) -> Iterator[Broken]:
    if tests:
        found = f"failed: {', '.join(sorted(tests))}"
        yield Broken(tag=batch, found=found, must="every test meets its limits, or supply under R4")


def _to_specification(
    case: Case, batch: str, containers: tuple[str, ...], tag: str, outstanding: frozenset[str]
) -> Iterator[Broken]:
    specification = case.state(SPECIFICATION, tag)
    known = specification.approved and in_force(case.at, specification.effective_from, specification.effective_to)
    product = case.state(BATCH_RECORD, batch).product
    if not known or (product and specification.product != product):
        found = f"is for {specification.product}" if known else "is not in force"
        yield Broken(tag=tag, found=found, must="the product's specification in force")
        return
    wanted = [item for item in specification.tests if item.stage in _MANDATORY]
    late = {item.name for item in wanted if item.late}
    if unlisted := outstanding - late:
        found = f"certified before {', '.join(sorted(unlisted))}, no late test of {tag}"
        yield Broken(tag=batch, found=found, must="conditional certification only where it is approved")
    if missing := _missing(case, batch, containers, wanted, outstanding):
        found = f"no result that meets its limits: {', '.join(missing)}"
        yield Broken(tag=batch, found=found, must="every mandatory test in, or listed as an outstanding late test")
    places = (batch, *case.state(TESTS, batch).samples, *containers)
    named = {item.name for item in specification.tests}
    fails = {test for place in places for test in case.state(TESTS, place).failing(_MANDATORY)} & named
    yield from _nothing_fails(batch, failing(case, batch, containers) | fails)


def _missing(
    case: Case, batch: str, containers: tuple[str, ...], wanted: list[Required], outstanding: frozenset[str]
) -> tuple[str, ...]:
    places = (batch, *case.state(TESTS, batch).samples, *containers)
    met = {test for place in places for test in case.state(TESTS, place).met()}
    late = {item.name for item in wanted if item.late}
    return tuple(sorted({item.name for item in wanted} - met - (outstanding & late)))


def _conditional_where_approved(fact: PointOfCareReleased) -> Iterator[Broken]:
    if fact.outstanding_tests and fact.release_model is not ReleaseModel.TWO_STEP:
        found = f"released before {', '.join(sorted(fact.outstanding_tests))}"
        must = "outstanding tests only under the two-step model"
        yield Broken(tag=tag_of("batch", fact.batch), found=found, must=must)


def _late_results_are_in(case: Case, fact: QpCertificationConfirmed) -> Iterator[Broken]:
    batch = tag_of("batch", fact.batch)
    waiting = case.state(BATCH_FOR_USE, batch).conditional()
    if waiting is None:
        return
    containers = waiting.materials or case.state(FILLED, batch).containers
    places = (batch, *case.state(TESTS, batch).samples, *containers)
    met = {test for place in places for test in case.state(TESTS, place).met()}
    if missing := sorted(set(waiting.outstanding) - met):
        found = f"no result that meets its limits: {', '.join(missing)}"
        yield Broken(tag=batch, found=found, must="every late test in")
    fails = {test for place in places for test in case.state(TESTS, place).failing(FINISHED | _MANDATORY)}
    yield from _nothing_fails(batch, frozenset(fails & set(waiting.outstanding)) | failing(case, batch, containers))


R3 = Rule(
    id="R3",
    revision=1,
    text="A batch is certified with an open critical deviation, an unreviewed audit trail, a mandatory test missing "
    "that is not a listed late test, or a failed specification. Noted: certified by a QP with tests outstanding "
    "although the master file that the batch follows does not release in two steps (safe default).",
    source="EU GMP Annex 11 s9; EU GMP Part IV (ATMP) s11 (unverified)",
    owner=Owner.QUALITY,
    override="conditional certification where it is approved: late tests of the specification, or the two-step model",
    types=(
        "BatchRecordReviewed",
        "QpCertified",
        "QpCertificationConfirmed",
        "QualityControllerReleased",
        "PointOfCareReleased",
    ),
    reads=(
        BATCH_RECORD,
        CHAIN,
        BATCH_FOR_USE,
        BATCH_REVIEW,
        TESTS,
        FILLED,
        SPECIFICATION,
        MASTER_FILE,
        DEVIATION,
        PATIENT_LINKS,
    ),
    judge=_fit_to_certify,
)


def _fit_to_certify_2(case: Case) -> Iterator[Broken]:
    """R3, where the rulebook may let two steps be taken without a master file that has them."""
    everywhere, waived = case.whole("two-step-release") == 1, list[Broken]()
    fact = case.fact
    if everywhere and isinstance(fact, PointOfCareReleased):
        waived += _conditional_where_approved(fact)
    if everywhere and isinstance(fact, QpCertified):
        waived += _enabled(case, tag_of("batch", fact.batch))
    yield from (one for one in _fit_to_certify(case) if one not in waived)


R3_2 = dataclasses.replace(
    R3,
    revision=2,
    text=f"{R3.text} A rulebook may allow two steps without such a master file, since the guideline on conditional "
    "release was not read.",
    judge=_fit_to_certify_2,
)
