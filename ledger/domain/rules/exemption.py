"""Rules L13 and L14: a hospital's own advanced therapy, for one patient of a hospital who was prescribed it."""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from ledger.domain.facts.custody import ConsignmentDispatched, ConsignmentReceived
from ledger.domain.facts.licensing import LicenceKind
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.ordering import RouteConfirmed
from ledger.domain.facts.registry import Activity, OrganisationRole
from ledger.domain.facts.terms import Route
from ledger.domain.finding import Weight
from ledger.domain.identifiers.tag import kind_of
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


_MAKERS: Final = frozenset(
    (LicenceKind.MANUFACTURING, LicenceKind.MANUFACTURING_EXEMPT_ATMP, LicenceKind.MANUFACTURING_SPECIALS)
)
_TRADERS: Final = frozenset((LicenceKind.WHOLESALE,))


def _traded(case: Case) -> Iterator[Broken]:
    """L14_2: as L14, with whom it is bought from (paragraph 14), and whether who gets it may deal in it or give it."""
    fact = case.fact
    if isinstance(fact, ConsignmentDispatched):
        yield from _solicited(case)
        packed = case.state(CONSIGNMENT, tag_of("consignment", fact.consignment)).materials
        if _by_wholesale(case) and _exempted(case, (*tags_of("material", fact.materials), *packed)):
            yield from _entitled(case, tag_of("site", fact.destination))
    elif isinstance(fact, ConsignmentReceived):
        sent = case.linked(CONSIGNMENT, tag_of("consignment", fact.consignment))
        goods = _exempted(case, (*tags_of("material", fact.materials), *sent.materials))
        if goods and _by_wholesale(case):
            yield from _obtained(case, sent.origin or tag_of("site", fact.origin), goods)


def _exempted(case: Case, materials: Iterable[str]) -> tuple[str, ...]:
    """Those containers of a consignment that go by the hospital exemption, returns left out: nobody buys those."""
    return tuple(
        material
        for material in dict.fromkeys(materials)
        if not case.standing(material).returned_by
        and route_of(case, case.chain_of(material), case.product_of(case.batch_of(material), case.chain_of(material)))
        is Route.HOSPITAL_EXEMPTION
    )


def _licensed(case: Case, site: str, kinds: AbstractSet[LicenceKind]) -> bool:
    """Whether a site works on a licence of some kind that is in force, of its own or through an agreement."""
    named = (
        item.basis if kind_of(item.basis) == "licence" else case.state(AGREEMENT, item.basis).licence
        for item in case.state(SITE_STATUS, site).bases
    )
    licences = (case.state(LICENCE, tag) for tag in named if tag)
    return any(licence.kind in kinds and licence.live(case.at) for licence in licences)


def _entitled(case: Case, destination: str) -> Iterator[Broken]:
    """Who deals in it holds a wholesale licence, which a register that is silent leaves a note; others may give it."""
    buyer = case.party_at(destination)
    organisation = case.state(ORGANISATION, buyer)
    if OrganisationRole.WHOLESALER in organisation.roles:
        if not _licensed(case, destination, _TRADERS):
            must = "a wholesale licence of who buys it"
            yield Broken(tag=destination, found=f"no wholesale licence of {buyer} is known", must=must, note=True)
        return
    gives = any(item.activity is Activity.ADMINISTRATION for item in case.state(SITE_STATUS, destination).bases)
    if not gives and OrganisationRole.HOSPITAL not in organisation.roles:
        must = "somebody who may lawfully give it to a patient"
        found = f"{buyer} is no hospital, and the site gives nothing"
        yield Broken(tag=destination, found=found, must=must, note=not organisation.registered)


def _obtained(case: Case, origin: str, goods: tuple[str, ...]) -> Iterator[Broken]:
    """A wholesaler obtains it from who makes or deals in it: by licence, by register, or since it was made there."""
    seller = case.party_at(origin) if origin else ""
    organisation = case.state(ORGANISATION, seller)
    traded = {OrganisationRole.MANUFACTURER, OrganisationRole.WHOLESALER} & set(organisation.roles)
    made = all(case.party_at(case.linked(BATCH_RECORD, case.batch_of(item)).site) == seller for item in goods)
    if not traded and not made and not _licensed(case, origin, _MAKERS | _TRADERS):
        found = f"obtained from {seller or 'nobody known'}, who neither makes it nor deals in it"
        must = "obtained from the holder of a manufacturer's or wholesale licence for it"
        yield Broken(tag=goods[0], found=found, must=must, note=not organisation.registered)


L14_2 = replace(
    L14,
    revision=2,
    text="A product under the hospital exemption is sold by wholesale to somebody who is no wholesaler and did not "
    "solicit it for an individual patient, or who may not give it to one; or a wholesaler obtains it from who neither "
    "makes it nor deals in it. What is returned is not obtained. Where the registers say nothing of the other side, or "
    "of a wholesaler's licence, it is a note.",
    source="HMR 2012 Sch 6 paras 14 and 15",
    types=("ConsignmentDispatched", "ConsignmentReceived"),
    judge=_traded,
)
