"""Who may say so, in which role and scope; and rule R5: is it used in time?"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from ledger.domain import civil_time
from ledger.domain.facts.administration import AdministrationEnded, AdministrationStarted
from ledger.domain.facts.certification import QpCertificationConfirmed, QpCertified, QualityControllerReleased
from ledger.domain.facts.exceptional_supply import (
    OutOfSpecificationRiskEvaluated,
    OutOfSpecificationSupplyAccepted,
    OutOfSpecificationSupplyRequested,
)
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.registry import LimitBinds, Role
from ledger.domain.facts.release import PointOfCareReleased
from ledger.domain.rules.case import Case
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.people import CHAIN, PERSON
from ledger.domain.subjects.registers import MASTER_FILE, PRODUCT, SITE_STATUS, in_force


def holds_role(case: Case, person: str, roles: frozenset[Role], scopes: set[str]) -> bool:
    """Whether a person held one of some roles, in one of some scopes, for this step and product, at that moment."""
    return any(
        grant.role in roles
        and grant.scope in scopes
        and in_force(case.at, grant.effective_from, grant.effective_to)
        and (not grant.steps or case.content.type in grant.steps)
        and (not grant.products or _product(case) in grant.products)
        for tag in {person, case.person(person)}
        for grant in case.state(PERSON, tag).roles
    )


def _product(case: Case) -> str:
    fact = case.fact
    if isinstance(
        fact,
        PointOfCareReleased
        | QpCertified
        | QpCertificationConfirmed
        | QualityControllerReleased
        | OutOfSpecificationSupplyRequested
        | OutOfSpecificationRiskEvaluated
        | OutOfSpecificationSupplyAccepted,
    ):
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
