"""Rule R1: used before release, or released by other than the authority proper to the route."""

import dataclasses
from collections.abc import Iterator
from typing import Final

from ledger.domain.facts.certification import ProductDispensed, QualityControllerReleased
from ledger.domain.facts.clinical_area import BedsidePackIssued
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.registry import Role
from ledger.domain.facts.release import PointOfCareReleased
from ledger.domain.facts.terms import Route
from ledger.domain.facts.values import ManufacturingMode, ReleaseModel
from ledger.domain.rules.case import Case, tags_of
from ledger.domain.rules.exceptional import failing, offered, wanting
from ledger.domain.rules.release import holds_role, scopes_of
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.registers import MASTER_FILE, PRODUCT, SITE_STATUS
from ledger.domain.subjects.releases import BATCH_FOR_USE, EXCEPTIONAL_SUPPLY, Authority, Release
from ledger.domain.subjects.routes import CHAIN_ROUTE
from ledger.domain.subjects.settlement import PATIENT_LINKS
from ledger.domain.subjects.staff import PERSON
from ledger.domain.subjects.testing import TESTS

RELEASERS: Final = frozenset((Role.RELEASER, Role.QUALIFIED_PERSON, Role.QUALITY_CONTROLLER))
"""Roles that may release at a point of care, under the master file's model."""

EXEMPT: Final = frozenset((Route.HOSPITAL_EXEMPTION, Route.SPECIAL))
"""Routes outside an authorisation: a quality controller releases."""

_CERTIFIED: Final = frozenset((Authority.QUALIFIED_PERSON, Authority.IMPORT))

_LOCAL: Final = (ReleaseModel.CRITICAL_PARAMETERS, ReleaseModel.TWO_STEP, ReleaseModel.REMOTE_CERTIFICATION)


def proper(case: Case, batch: str, chain: str) -> frozenset[Authority]:
    """Returns the authorities that may release a batch.

    Made at a point of care or in a modular unit: its own release, which was judged by the model of its master file when
    it was made; a QP's certification is never less. Otherwise the route decides: an authorisation asks for a QP, an
    exemption for a quality controller. Where nobody confirmed a route, either; of a batch that was never met, any. What
    was certified abroad is released by the verification of its import (R2 asks who verified it).
    """
    record, route = case.linked(BATCH_RECORD, batch), case.state(CHAIN_ROUTE, chain).route
    if not record.openings:
        return frozenset(Authority)
    local = record.masterfile or record.mode in (ManufacturingMode.POINT_OF_CARE, ManufacturingMode.MODULAR)
    at_the_bedside = {Authority.POINT_OF_CARE} if local else set()
    if route in EXEMPT:
        return frozenset({Authority.QUALITY_CONTROLLER} | at_the_bedside)
    if route is None and not local:
        return frozenset((*_CERTIFIED, Authority.QUALITY_CONTROLLER))
    return frozenset(_CERTIFIED | at_the_bedside)


def _released(case: Case) -> Iterator[Broken]:
    fact = case.fact
    if isinstance(fact, PointOfCareReleased):
        yield from _under_its_model(case, fact)
    elif isinstance(fact, QualityControllerReleased):
        yield from _by_quality_controller(case, fact)
    elif isinstance(fact, BedsidePackIssued):
        for material in tags_of("material", fact.materials):
            yield from _for_use(case, material, case.state(CHAIN, tag_of("coi", fact.coi)).patient)
    materials, patient = offered(case)
    for material in materials:
        yield from _for_use(case, material, patient)
        made_in = case.batch_of(material)
        if isinstance(fact, ProductDispensed) and made_in not in ("", tag_of("batch", fact.batch)):
            found = f"made in {made_in}, dispensed as {tag_of('batch', fact.batch)}"
            yield Broken(tag=material, found=found, must="the batch in which it was made")


def _for_use(case: Case, material: str, patient: str) -> Iterator[Broken]:
    batch = case.batch_of(material)
    if not batch:
        found = "no batch of it is known, so nobody released it"
        yield Broken(tag=material, found=found, must="released before it is given")
        return
    may, releases = proper(case, batch, case.chain_of(material)), covering(case, batch, material)
    fails = failing(case, batch, (material,))
    standing = [item for item in releases if item.authority in may and not set(item.outstanding) & fails]
    if standing or (fails and not wanting(case, batch, material, patient, fails)):
        return
    yield Broken(tag=material, found=_why_not(case, batch, material, may, fails), must="released before it is given")


def covering(case: Case, batch: str, material: str) -> tuple[Release, ...]:
    """Returns the releases of a batch that cover a container; what was completed after one is released anew."""
    return case.state(BATCH_FOR_USE, batch).of(material, case.standing(material).completed_at)


def _why_not(case: Case, batch: str, material: str, may: frozenset[Authority], fails: frozenset[str]) -> str:
    releases = covering(case, batch, material)
    lapsed = {test for item in releases if item.authority in may for test in set(item.outstanding) & fails}
    if lapsed:
        return f"{batch} was released on condition of late tests, and {', '.join(sorted(lapsed))} failed"
    if releases:
        return f"{batch} has {releases[-1].authority.value}; proper to its route: {' or '.join(sorted(may))}"
    return f"{batch} was not released then"


def _under_its_model(case: Case, fact: PointOfCareReleased) -> Iterator[Broken]:
    tag, masterfile = tag_of("batch", fact.batch), tag_of("masterfile", fact.masterfile)
    model = case.state(MASTER_FILE, masterfile).release_model
    if model is None or model != fact.release_model or model not in _LOCAL:
        found = f"the release model in force is {model.name.lower()}" if model else f"{masterfile} is not in force"
        yield Broken(tag=tag, found=found, must="the release model of the master file, and one that releases locally")
    if not fact.critical_parameters_met:
        yield Broken(tag=tag, found="critical parameters are not met", must="all of them met")
    person, scopes = case.performer(), scopes_of(case)
    if not holds_role(case, person, RELEASERS, scopes):
        yield Broken(tag=person, found="holds no role that releases here", must="a releaser, QP or quality controller")
    elif model is ReleaseModel.REMOTE_CERTIFICATION and not _certified(case, person, tag, scopes):
        found = "no QP has certified it, and a QP releases under this model"
        yield Broken(tag=tag, found=found, must="certified by a QP from the data sent, or released by the QP")
    record = case.state(BATCH_RECORD, tag)
    if record.masterfile and record.masterfile != masterfile:
        yield Broken(tag=tag, found=f"the batch was opened under {record.masterfile}", must="the same master file")


def _certified(case: Case, person: str, batch: str, scopes: set[str]) -> bool:
    """A QP certified the batch, or is the one who releases it."""
    releases = case.state(BATCH_FOR_USE, batch).releases
    by_qp = any(item.authority is Authority.QUALIFIED_PERSON for item in releases)
    return by_qp or holds_role(case, person, frozenset((Role.QUALIFIED_PERSON,)), scopes)


def _by_quality_controller(case: Case, fact: QualityControllerReleased) -> Iterator[Broken]:
    batch, person = tag_of("batch", fact.batch), case.performer()
    record = case.state(BATCH_RECORD, batch)
    route = case.state(CHAIN_ROUTE, record.coi).route
    if fact.route not in EXEMPT or route not in (None, fact.route):
        found = f"released as {fact.route.name.lower()}" + (f"; its route is {route.name.lower()}" if route else "")
        yield Broken(tag=batch, found=found, must="hospital exemption or special, as confirmed for the chain")
    if not fact.records_complete:
        yield Broken(tag=batch, found="its records are not complete", must="complete records")
    if not holds_role(case, person, frozenset((Role.QUALITY_CONTROLLER,)), scopes_of(case) | ({record.licence} - {""})):
        yield Broken(tag=person, found="holds no role of a quality controller here", must="the quality controller")


R1 = Rule(
    id="R1",
    revision=1,
    text="A product is dispensed or given, or a pack for its bedside issued, before release by the authority proper to "
    "its route: QP certification under "
    "an authorisation, the quality controller under hospital exemption or as a special, an authorised releaser under "
    "the release model of the master file at a point of care. A conditional release is enough until its late tests "
    "fail.",
    source="HMR 2012 Sch 7 para 12, reg 36(2); SI 2025/87 reg 34 (Sch 3 para 1A(2)(f))",
    owner=Owner.QUALITY,
    override="exceptional supply of an out-of-specification product under R4",
    types=(
        "QualityControllerReleased",
        "PointOfCareReleased",
        "ProductDispensed",
        "AdministrationStarted",
        "BedsidePackIssued",
    ),
    reads=(
        MATERIAL,
        BATCH_RECORD,
        CHAIN,
        CHAIN_ROUTE,
        PRODUCT,
        BATCH_FOR_USE,
        EXCEPTIONAL_SUPPLY,
        TESTS,
        MASTER_FILE,
        PERSON,
        SITE_STATUS,
        PATIENT_LINKS,
    ),
    judge=_released,
)


def _released_2(case: Case) -> Iterator[Broken]:
    """R1; and of a release at a point of care, whether the control site confirmed the batch."""
    yield from _released(case)
    if isinstance(case.fact, PointOfCareReleased):
        yield from _confirmed_by_control_site(case, case.fact)


def _confirmed_by_control_site(case: Case, fact: PointOfCareReleased) -> Iterator[Broken]:
    """By a reference of its QP's oversight, or a QP's certification; a QP who releases is one."""
    asked, batch, scopes = case.whole("control-site-confirmation"), tag_of("batch", fact.batch), scopes_of(case)
    if asked and fact.oversight is None and not _certified(case, case.performer(), batch, scopes):
        found = "nothing shows that the control site confirmed this batch"
        must = "a reference of the QP's oversight, or a QP's certification"
        yield Broken(tag=batch, found=found, must=must, note=asked == 1)


R1_2 = dataclasses.replace(
    R1,
    revision=2,
    text=f"{R1.text} Noted: a release at a point of care of a batch of which nothing shows that the control site "
    "confirmed it, by a reference of its QP's oversight or a QP's certification (our safe default for a guideline that "
    "was not read in full, and so a note that stops no care; a parameter).",
    source=f"{R1.source}; MHRA guidance, Decentralised manufacture: UK guideline on GMP (unverified)",
    judge=_released_2,
)
