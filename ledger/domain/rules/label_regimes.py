"""Which label a container has to bear: by what it is, by the route to its patient, and where the patient is treated.

A label says itself under which rules it was made. What those rules ought to be follows from registered data: starting
material is labelled as such, a finished medicine by its legal route.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ledger.domain.facts.bases import AuthorisationKind
from ledger.domain.facts.labels import LabelRegime
from ledger.domain.facts.registry import OrganisationRole
from ledger.domain.facts.terms import Route
from ledger.domain.rules.case import Case
from ledger.domain.rules.provenance import donations_of
from ledger.domain.rules.routes import route_of
from ledger.domain.subjects.authorisations import AUTHORISATION
from ledger.domain.subjects.organisations import ORGANISATION
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.sites import SITE_STATUS
from ledger.domain.subjects.starting_material import MATERIAL_STATUS

BY_ROUTE: Final[Mapping[Route, tuple[LabelRegime, ...]]] = MappingProxyType(
    {
        Route.MARKETING_AUTHORISATION: (LabelRegime.PRODUCT,),
        Route.CLINICAL_TRIAL: (LabelRegime.INVESTIGATIONAL,),
        Route.HOSPITAL_EXEMPTION: (LabelRegime.EXEMPT_PRODUCT,),
        Route.SPECIAL: (LabelRegime.EXEMPT_PRODUCT, LabelRegime.PRODUCT),
        Route.EARLY_ACCESS: (LabelRegime.PRODUCT, LabelRegime.INVESTIGATIONAL),
    }
)
"""The label of a finished medicine by its route. The law that we read has none of its own for the last two."""

MEDICINE: Final = (LabelRegime.PRODUCT, LabelRegime.EXEMPT_PRODUCT, LabelRegime.INVESTIGATIONAL)
"""Labels of a finished medicine whose route is not known."""

BESIDE: Final = (LabelRegime.DISPENSED, LabelRegime.SHIPPING)
"""Labels that a finished medicine bears beside its own: of who dispensed it (HMR Sch 25), and of its journey."""

STARTING: Final = (LabelRegime.STARTING_MATERIAL, LabelRegime.TISSUE, LabelRegime.SHIPPING)
"""Labels of cells and tissue before anything is made of them."""


def right_for(case: Case, material: str) -> tuple[LabelRegime, ...]:
    """Returns the regimes under which a container may be labelled, its own first; none where nothing tells.

    Nothing tells of a container that the ledger has not met, and of one in a batch that is not complete: it may be
    labelled before it is filled.
    """
    if donations_of(case, material):
        divided = not case.linked(MATERIAL_STATUS, material).donation
        return (*STARTING, LabelRegime.IN_PROCESS) if divided else STARTING
    completed = case.standing(material).completed_at
    if completed is None or completed > case.at:
        return ()
    chain, batch = case.chain_of(material), case.batch_of(material)
    product = case.product_of(batch, chain)
    route = route_of(case, chain, product)
    own = MEDICINE if route is None else BY_ROUTE[route]
    if route is Route.CLINICAL_TRIAL and _authorised(case, product):
        own = (*own, LabelRegime.PRODUCT)
    return (*own, *BESIDE)


def _authorised(case: Case, product: str) -> bool:
    """Whether a product in a trial has a marketing authorisation: it may bear the label of that (CTR 46)."""
    return any(
        case.state(AUTHORISATION, tag).kind is AuthorisationKind.MARKETING_AUTHORISATION
        for tag in case.product(product).authorisations
    )


def hospital_only(case: Case, material: str) -> bool:
    """Whether its patient is treated in a hospital, as far as the chain and the registers say; else where it lies."""
    chain = case.state(CHAIN, case.chain_of(material))
    placed = [order.site for order in chain.orders if order.site]
    site = chain.treating_site or (placed[-1] if placed else case.site)
    operator = case.party_at(site)
    return OrganisationRole.HOSPITAL in case.state(ORGANISATION, operator).roles and bool(
        case.state(SITE_STATUS, site).organisation
    )
