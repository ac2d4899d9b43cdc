"""Who may say so, in which role and scope."""

from collections.abc import Set as AbstractSet

from ledger.domain.facts.administration import AdministrationEnded, AdministrationStarted
from ledger.domain.facts.certification import QpCertificationConfirmed, QpCertified, QualityControllerReleased
from ledger.domain.facts.exceptional_supply import (
    OutOfSpecificationRiskEvaluated,
    OutOfSpecificationSupplyAccepted,
    OutOfSpecificationSupplyRequested,
)
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.registry import Role
from ledger.domain.facts.release import PointOfCareReleased
from ledger.domain.rules.case import Case
from ledger.domain.subjects.registers import MASTER_FILE, SITE_STATUS
from ledger.domain.subjects.staff import PERSON


def holds_role(case: Case, person: str, roles: frozenset[Role], scopes: AbstractSet[str], product: str = "") -> bool:
    """Whether a person held one of some roles, in one of some scopes, for this step and product, at that moment."""
    product, scopes = product or _product(case), case.houses(scopes)
    return any(
        grant.role in roles
        and grant.scope in scopes
        and grant.covers(case.at, case.content.type)
        and (not grant.products or product in grant.products)
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
    work = fact.work()
    batch = work.batch if work is not None else getattr(fact, "batch", None)
    return "" if batch is None else case.product_of(tag_of("batch", batch), "")


def scopes_of(case: Case) -> set[str]:
    """The site, its control site, the organisations that run them; for a release, the master file's licence."""
    site, fact = case.state(SITE_STATUS, case.site), case.fact
    control = case.state(SITE_STATUS, site.control_site)
    scopes = {case.site, site.control_site, site.organisation, control.organisation, case.party_at(case.site)}
    if isinstance(fact, PointOfCareReleased):
        scopes.add(case.state(MASTER_FILE, tag_of("masterfile", fact.masterfile)).licence)
    return scopes - {""}
