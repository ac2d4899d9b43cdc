"""Rules L13 and L14: a hospital's own advanced therapy, for one patient of a hospital who was prescribed it."""

from collections.abc import Iterator
from types import MappingProxyType

from ledger.domain.facts.custody import ConsignmentDispatched
from ledger.domain.facts.licensing import LicenceKind
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.ordering import RouteConfirmed
from ledger.domain.facts.registry import OrganisationRole
from ledger.domain.facts.terms import Route
from ledger.domain.finding import Weight
from ledger.domain.rules.bases import ABROAD
from ledger.domain.rules.case import Case, tags_of
from ledger.domain.rules.named_on_licence import licences_of
from ledger.domain.rules.routes import route_of
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.rules.treating import WRITTEN, prescribed, to_be_given
from ledger.domain.subjects.authorisations import AUTHORISATION
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.custody import CONSIGNMENT
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.papers import AGREEMENT, LICENCE
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.registers import ORGANISATION, PRODUCT, SITE_STATUS
from ledger.domain.subjects.routes import CHAIN_ROUTE
from ledger.domain.subjects.settlement import PATIENT_LINKS
from ledger.domain.subjects.treatment import PRESCRIPTIONS


def _exempt(case: Case) -> Iterator[Broken]:
    """L13: routine, not prescribed for the patient, or used outside a hospital here."""
    fact = case.fact
    if isinstance(fact, RouteConfirmed):
        if fact.route is Route.HOSPITAL_EXEMPTION and not fact.non_routine:
            tag = tag_of("coi", fact.coi) or tag_of("patient", fact.patient)
            must = "made on a non-routine basis, and said to be"
            yield Broken(tag=tag, found="under the hospital exemption, and not said to be non-routine", must=must)
        return
    for to in to_be_given(case):
        if route_of(case, to.chain, to.product) is Route.HOSPITAL_EXEMPTION:
            if not prescribed(case, to, WRITTEN):
                found = "under the hospital exemption, and prescribed for nobody"
                yield Broken(tag=to.about, found=found, must="an individual prescription for this patient")
            yield from _in_a_hospital(case)


def _in_a_hospital(case: Case) -> Iterator[Broken]:
    """A site of a hospital in the United Kingdom, by the registers; a register that is silent is a note."""
    site = case.state(SITE_STATUS, case.site)
    operator = case.party_at(case.site) if site.organisation else ""
    organisation = case.state(ORGANISATION, operator)
    must = "used in a hospital in the United Kingdom"
    if site.nation in ABROAD:
        yield Broken(tag=case.site, found=f"the site is in {site.nation.name.lower()}", must=must)
    elif OrganisationRole.HOSPITAL not in organisation.roles:
        found = f"{operator or 'who runs the site'} is not registered as a hospital"
        yield Broken(tag=case.site, found=found, must=must, note=not organisation.registered)


L13 = Rule(
    id="L13",
    revision=1,
    text="A product under the hospital exemption is supplied without an individual prescription, outside hospital use, "
    "or as routine production. At the bedside it is a note, since the text of the regulation is unverified.",
    source="HMR 2012 reg 171 (unverified)",
    owner=Owner.NOBODY,
    override="none",
    types=("RouteConfirmed", "ProductDispensed", "AdministrationStarted"),
    reads=(
        MATERIAL,
        BATCH_RECORD,
        CHAIN,
        CHAIN_ROUTE,
        PRODUCT,
        AUTHORISATION,
        PRESCRIPTIONS,
        PATIENT_LINKS,
        SITE_STATUS,
        ORGANISATION,
    ),
    judge=_exempt,
    weights=MappingProxyType({"AdministrationStarted": Weight.NOTE}),
)


def _solicited(case: Case) -> Iterator[Broken]:
    """L14: sent on a wholesale licence to who ordered it for no patient."""
    fact = case.fact
    if not isinstance(fact, ConsignmentDispatched) or not _by_wholesale(case):
        return
    buyer = case.party_at(tag_of("site", fact.destination))
    if OrganisationRole.WHOLESALER in case.state(ORGANISATION, buyer).roles:
        return
    packed = case.state(CONSIGNMENT, tag_of("consignment", fact.consignment)).materials
    for material in dict.fromkeys((*tags_of("material", fact.materials), *packed)):
        chain = case.chain_of(material)
        product = case.product_of(case.batch_of(material), chain)
        ordered = {case.party_at(order.site) for order in case.state(CHAIN, chain).orders if order.site}
        if route_of(case, chain, product) is Route.HOSPITAL_EXEMPTION and buyer not in ordered:
            found = f"{buyer} ordered it for no patient"
            yield Broken(tag=material, found=found, must="an order of who receives it, for an individual patient")


def _by_wholesale(case: Case) -> bool:
    """Whether the sender works as a wholesaler: on such a licence, or registered as one."""
    sender = case.state(ORGANISATION, case.party_at(case.site))
    kinds = {case.state(LICENCE, licence).kind for licence in licences_of(case)}
    return LicenceKind.WHOLESALE in kinds or OrganisationRole.WHOLESALER in sender.roles


L14 = Rule(
    id="L14",
    revision=1,
    text="A product under the hospital exemption is sold by wholesale to somebody who is no wholesaler and did not "
    "solicit it for an individual patient.",
    source="HMR 2012 Sch 6 para 15",
    owner=Owner.NOBODY,
    override="none",
    types=("ConsignmentDispatched",),
    reads=(
        CONSIGNMENT,
        MATERIAL,
        BATCH_RECORD,
        CHAIN,
        CHAIN_ROUTE,
        PRODUCT,
        AUTHORISATION,
        LICENCE,
        AGREEMENT,
        SITE_STATUS,
        ORGANISATION,
    ),
    judge=_solicited,
)
