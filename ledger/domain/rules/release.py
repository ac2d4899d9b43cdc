"""Rules R: may it be used, and still?"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from ledger.domain import civil_time
from ledger.domain.facts.administration import AdministrationEnded, AdministrationStarted
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.registry import LimitBinds, Role
from ledger.domain.facts.release import PointOfCareReleased
from ledger.domain.facts.values import ReleaseModel
from ledger.domain.rules.case import Case
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.batches import BATCH_FOR_USE, BATCH_RECORD
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.registers import MASTER_FILE, PRODUCT, SITE_STATUS
from ledger.domain.subjects.staff import PERSON

RELEASERS: Final = frozenset((Role.RELEASER, Role.QUALIFIED_PERSON, Role.QUALITY_CONTROLLER))
"""Roles that may release at a point of care, under the master file's model."""


def holds_role(case: Case, person: str, roles: frozenset[Role], scopes: set[str]) -> bool:
    """Whether a person held one of some roles, in one of some scopes, for this step and product, at that moment."""
    return any(
        grant.role in roles
        and grant.scope in scopes
        and grant.covers(case.at, case.content.type)
        and (not grant.products or _product(case) in grant.products)
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
    work = fact.work()
    batch = work.batch if work is not None else getattr(fact, "batch", None)
    return "" if batch is None else case.product_of(tag_of("batch", batch), "")


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


def _within_limits(case: Case) -> Iterator[Broken]:
    """R5: use after expiry or after the in-use limit; a limit is kept when start equals limit."""
    fact = case.fact
    if not isinstance(fact, AdministrationStarted | AdministrationEnded):
        return
    tag = tag_of("material", fact.material)
    material = case.state(MATERIAL, tag)
    data = case.product(case.product_of(material.batch, case.chain_of(tag))).data
    starting = isinstance(fact, AdministrationStarted)
    if starting and material.expires_at is not None and case.at > material.expires_at:
        yield Broken(tag=tag, found=f"expired at {material.expires_at:%Y-%m-%dT%H:%MZ}", must="used before its expiry")
    if data is None or material.completed_at is None:
        return
    if starting and data.shelf_life_seconds is not None:
        yield from _late(case, tag, "shelf life", _after(material.completed_at, data.shelf_life_seconds))
    binds_end = data.in_use_limit_binds is LimitBinds.END
    if data.in_use_limit_seconds is not None and binds_end is not starting:
        yield from _late(case, tag, "in-use limit", _after(material.completed_at, data.in_use_limit_seconds))


def _after(moment: datetime, seconds: int) -> datetime:
    return civil_time.moved(moment, timedelta(seconds=seconds))


def _late(case: Case, tag: str, name: str, limit: datetime) -> Iterator[Broken]:
    if case.at > limit:
        yield Broken(tag=tag, found=f"{name} ended at {limit:%Y-%m-%dT%H:%M:%SZ}", must=f"used within its {name}")


R5 = Rule(
    id="R5",
    revision=1,
    text="Start of use after expiry, after shelf life or after the in-use limit since completion; the limit is kept "
    "when start equals it. Where the product's limit binds the end, the end is judged.",
    source="HMR 2012 Sch 4 para 25(b); Directive 2006/86/EC Annex II E 1(c)",
    owner=Owner.CLINICAL,
    override="shelf-life extension by the certifying QP on stability data; otherwise only a decision to proceed",
    types=("AdministrationStarted", "AdministrationEnded"),
    reads=(MATERIAL, BATCH_RECORD, CHAIN, PRODUCT),
    judge=_within_limits,
    timed=True,
)
