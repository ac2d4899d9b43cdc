"""Rule L16: does a batch rest on a marketing authorisation that could still be had when it was applied for?"""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from ledger.domain.facts.bases import AuthorisationGranted, AuthorisationKind
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.registry import Nation, ProductClass
from ledger.domain.finding import Weight
from ledger.domain.rules import frame
from ledger.domain.rules.case import Case
from ledger.domain.rules.routes import route_and_authorisation
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.authorisations import AUTHORISATION
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.products import PRODUCT
from ledger.domain.subjects.routes import CHAIN_ROUTE

ADVANCED: Final = frozenset(
    (
        ProductClass.GENE_THERAPY,
        ProductClass.SOMATIC_CELL_THERAPY,
        ProductClass.TISSUE_ENGINEERED,
        ProductClass.COMBINED,
    )
)
"""Classes that are advanced therapies."""

_KINGDOM: Final = frozenset((Nation.ENGLAND, Nation.SCOTLAND, Nation.WALES, Nation.NORTHERN_IRELAND))

_SINCE: Final = "2025-01-01"
"""First day on which an application is for the whole United Kingdom (Windsor Framework)."""


def _for_the_kingdom(case: Case) -> Iterator[Broken]:
    """L16: a marketing authorisation of an advanced therapy that leaves out a nation, and is too new to."""
    fact = case.fact
    if isinstance(fact, AuthorisationGranted):
        tag = tag_of("authorisation", fact.authorisation)
    else:
        _, tag = route_and_authorisation(case)
    paper = fact if isinstance(fact, AuthorisationGranted) else case.state(AUTHORISATION, tag)
    applied, here = paper.applied_for, _KINGDOM & frozenset(paper.nations)
    data = case.product(frame.therapy(case)).data
    advanced = data is not None and data.product_class in ADVANCED
    new = applied is not None and applied >= _SINCE
    if paper.kind is AuthorisationKind.MARKETING_AUTHORISATION and advanced and new and here and here != _KINGDOM:
        where = ", ".join(sorted(nation.name.lower().replace("_", " ") for nation in here))
        found = f"applied for on {applied}, and holds in {where} only"
        yield Broken(tag=tag, found=found, must="an authorisation for the whole United Kingdom")


L16 = Rule(
    id="L16",
    revision=1,
    text="A batch claims a marketing authorisation for an advanced therapy that covers Great Britain only and was "
    "applied for since 1 January 2025; from then on authorisations are UK-wide. Registering such a one, ordering and "
    "opening a batch are notes.",
    source="MHRA guidance, Advanced therapy medicinal products",
    owner=Owner.NOBODY,
    override="none",
    types=(
        "AuthorisationGranted",
        "RouteConfirmed",
        "OrderAccepted",
        "BatchOpened",
        "QpCertified",
        "PointOfCareReleased",
    ),
    reads=(CHAIN_ROUTE, AUTHORISATION, PRODUCT, MATERIAL, BATCH_RECORD, CHAIN),
    judge=_for_the_kingdom,
    weights=MappingProxyType(dict.fromkeys(("AuthorisationGranted", "OrderAccepted", "BatchOpened"), Weight.NOTE)),
)
