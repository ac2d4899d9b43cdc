"""Rules R: may it be used, and still?"""

from collections.abc import Iterator
from typing import Final

from ledger.domain.facts.administration import AdministrationEnded, AdministrationStarted
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.registry import Role
from ledger.domain.facts.release import PointOfCareReleased
from ledger.domain.facts.values import ReleaseModel
from ledger.domain.rules.case import Case
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.batches import BATCH_FOR_USE, BATCH_RECORD
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.people import PERSON
from ledger.domain.subjects.registers import MASTER_FILE, SITE_STATUS, in_force

RELEASERS: Final = frozenset((Role.RELEASER, Role.QUALIFIED_PERSON, Role.QUALITY_CONTROLLER))
"""Roles that may release at a point of care, under the master file's model."""


def holds_role(case: Case, person: str, roles: frozenset[Role], scopes: set[str], product: str = "") -> bool:
    """Whether a person held one of some roles, in one of some scopes, for this step and product, at that moment."""
    product = product or _product(case)
    return any(
        grant.role in roles
        and grant.scope in scopes
        and in_force(case.at, grant.effective_from, grant.effective_to)
        and (not grant.steps or case.content.type in grant.steps)
        and (not grant.products or product in grant.products)
        for tag in {person, case.person(person)}
        for grant in case.state(PERSON, tag).roles
    )


def _product(case: Case) -> str:
    fact = case.fact
    if isinstance(fact, PointOfCareReleased):
        return case.product_of(tag_of("batch", fact.batch), "")
    if isinstance(fact, AdministrationStarted | AdministrationEnded):
        material = tag_of("material", fact.material)
        return case.product_of(case.batch_of(material), case.chain_of(material))
    return ""


def scopes_of(case: Case) -> set[str]:
    """The site, its control site, the organisations that run them; for a release, the master file's licence."""
    site, fact = case.state(SITE_STATUS, case.site), case.fact
    control = case.state(SITE_STATUS, site.control_site)
    scopes = {case.site, site.control_site, site.organisation, control.organisation}
    if isinstance(fact, PointOfCareReleased):
        scopes.add(case.state(MASTER_FILE, tag_of("masterfile", fact.masterfile)).licence)
    return scopes - {""}


def _released(case: Case) -> Iterator[Broken]:
    """R1: used before release, or released by other than the authority proper to it."""
    fact = case.fact
    if isinstance(fact, PointOfCareReleased):
        yield from _proper_release(case, fact)
    if not isinstance(fact, AdministrationStarted):
        return
    material = tag_of("material", fact.material)
    batch = case.batch_of(material)
    if not batch or not case.state(BATCH_FOR_USE, batch).released(material):
        found = f"{batch} was not released then" if batch else "no batch of it is known, so nobody released it"
        yield Broken(tag=material, found=found, must="released before it is given")


def _proper_release(case: Case, fact: PointOfCareReleased) -> Iterator[Broken]:
    tag, masterfile = tag_of("batch", fact.batch), tag_of("masterfile", fact.masterfile)
    model = case.state(MASTER_FILE, masterfile).release_model
    local = (ReleaseModel.CRITICAL_PARAMETERS, ReleaseModel.TWO_STEP, ReleaseModel.REMOTE_CERTIFICATION)
    if model is None or model != fact.release_model or model not in local:
        found = f"the release model in force is {model.name.lower()}" if model else f"{masterfile} is not in force"
        yield Broken(tag=tag, found=found, must="the release model of the master file, and one that releases locally")
    if not fact.critical_parameters_met:
        yield Broken(tag=tag, found="critical parameters are not met", must="all of them met")
    person = case.performer()
    if not holds_role(case, person, RELEASERS, scopes_of(case)):
        yield Broken(tag=person, found="holds no role that releases here", must="a releaser, QP or quality controller")
    record = case.state(BATCH_RECORD, tag)
    if record.masterfile and record.masterfile != masterfile:
        yield Broken(tag=tag, found=f"the batch was opened under {record.masterfile}", must="the same master file")


R1 = Rule(
    id="R1",
    revision=1,
    text="A product is dispensed or given before release by the authority proper to its route; at a point of care, "
    "before release by an authorised releaser under the release model of the master file.",
    source="HMR 2012 Sch 7 para 12, reg 36(2); SI 2025/87 reg 34 (Sch 3 para 1A(2)(f))",
    owner=Owner.QUALITY,
    override="exceptional supply of an out-of-specification product under R4",
    types=("PointOfCareReleased", "AdministrationStarted"),
    reads=(MATERIAL, BATCH_RECORD, BATCH_FOR_USE, MASTER_FILE, PERSON, SITE_STATUS),
    judge=_released,
)
