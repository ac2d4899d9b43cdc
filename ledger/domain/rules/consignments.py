"""Rules on consignments: gaps between hands (C2), the right consignee (C8), a medicine that must not travel (R8)."""

from collections.abc import Iterator

from ledger.domain.facts.collection import AcceptanceDisposition, MaterialAccepted
from ledger.domain.facts.custody import ConsignmentDispatched, ConsignmentReceived, Transport
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.registry import OrganisationRole
from ledger.domain.facts.transport import ConsignmentRedirected, CustodyTransferred
from ledger.domain.facts.values import ManufacturingMode
from ledger.domain.rules.case import Case, tags_of
from ledger.domain.rules.rule import Broken, Later, Owner, Rule
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.condition import CONDITION
from ledger.domain.subjects.custody import CONSIGNMENT, Consignment
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.premises import PREMISES
from ledger.domain.subjects.registers import ORGANISATION, SITE_STATUS


def between_hands(case: Case) -> Iterator[Broken]:
    """C2: who gives or receives a consignment is not who had it last; what happened between is on no record."""
    fact = case.fact
    if not isinstance(fact, ConsignmentReceived | CustodyTransferred) or fact.consignment is None:
        return
    tag = tag_of("consignment", fact.consignment)
    consignment = case.state(CONSIGNMENT, tag)
    sender = _runs(case, consignment.origin)
    gaps = [(item.last, item.next) for item in consignment.gaps(sender)]
    if isinstance(fact, CustodyTransferred):
        giver, holder = tag_of("organisation", fact.giver), consignment.holder()
        known = {holder} if consignment.hands else {holder, sender} - {""}
        gaps = [(holder or sender, giver)] if known and giver not in known else []
    for last, following in gaps[-1:]:
        found = f"no hand-over from {last} to {following} is on record"
        yield Broken(tag=tag, found=found, must="a hand-over recorded between", note=True)


def _runs(case: Case, site: str) -> str:
    """The organisation that runs a site, as it is called now; empty when it is not registered."""
    return case.party_at(site) if case.state(SITE_STATUS, site).organisation else ""


def _to_the_consignee(case: Case) -> Iterator[Broken]:
    """C8: to somebody other than the consignee, or at another place, without a redirection."""
    fact = case.fact
    if not isinstance(fact, ConsignmentReceived | CustodyTransferred | ConsignmentRedirected | MaterialAccepted):
        return
    tag = tag_of("consignment", fact.consignment)
    consignment = case.state(CONSIGNMENT, tag)
    if not tag or not consignment.destination:
        return
    if isinstance(fact, CustodyTransferred):
        yield from _to_a_stranger(case, tag, consignment, tag_of("organisation", fact.taker))
    elif isinstance(fact, ConsignmentRedirected):
        yield from _from_its_consignee(tag, consignment, tag_of("site", fact.former))
    elif isinstance(fact, ConsignmentReceived):
        yield from _elsewhere(tag, consignment, case.site)
    elif fact.disposition is AcceptanceDisposition.TO_USE:
        yield from _elsewhere(tag, consignment, consignment.site if consignment.receipts else "")


def _from_its_consignee(tag: str, consignment: Consignment, former: str) -> Iterator[Broken]:
    if former != consignment.destination:
        found = f"the consignee is {consignment.destination}, not {former}"
        yield Broken(tag=tag, found=found, must="redirected from its consignee")


def _elsewhere(tag: str, consignment: Consignment, site: str) -> Iterator[Broken]:
    if site and site != consignment.destination:
        found = f"sent to {consignment.destination}, received at {site}"
        must = "redirected first, or recorded as an unexpected arrival and accepted to quarantine"
        yield Broken(tag=tag, found=found, must=must)


def _to_a_stranger(case: Case, tag: str, consignment: Consignment, taker: str) -> Iterator[Broken]:
    consignee, sender = _runs(case, consignment.destination), _runs(case, consignment.origin)
    if taker in {consignee, sender, consignment.carrier}:
        return
    organisation = case.state(ORGANISATION, taker)
    if OrganisationRole.CARRIER in organisation.roles:
        return
    silent = not organisation.registered or not consignee
    found = f"handed over to {taker}, sent to {consignee or consignment.destination}"
    yield Broken(tag=tag, found=found, must="the consignee or a carrier, or redirected first", note=silent)


C8 = Rule(
    id="C8",
    revision=1,
    text="A consignment is received by, or handed over to, somebody other than the consignee, or at another place, "
    "without a recorded redirection. A carrier on the way is none of these; one that nobody registered is a note.",
    source="ISO 21973:2020 3.2 (our encoding)",
    owner=Owner.QUALITY,
    override="acceptance to quarantine",
    types=("ConsignmentReceived", "CustodyTransferred", "ConsignmentRedirected", "MaterialAccepted"),
    reads=(CONSIGNMENT, SITE_STATUS, ORGANISATION),
    judge=_to_the_consignee,
    later=(Later.CUSTODY, CONSIGNMENT),
)


def _stays_near(case: Case) -> Iterator[Broken]:
    """R8: a finished point-of-care product leaves the place where it was completed."""
    fact = case.fact
    if not isinstance(fact, ConsignmentDispatched):
        return
    packed = case.state(CONSIGNMENT, tag_of("consignment", fact.consignment)).materials
    for material in dict.fromkeys((*tags_of("material", fact.materials), *packed)):
        condition = case.state(CONDITION, material)
        batch = case.state(BATCH_RECORD, case.state(MATERIAL, material).batch)
        if not condition.finished or condition.returned or batch.mode is not ManufacturingMode.POINT_OF_CARE:
            continue
        if not _near(case, fact, condition.finished, batch.masterfile):
            found = f"finished at {condition.finished}, sent to {tag_of('site', fact.destination)}"
            yield Broken(tag=material, found=found, must="given where it was finished; an intermediate may travel")


def _near(case: Case, fact: ConsignmentDispatched, finished: str, masterfile: str) -> bool:
    """Whether it stays where it was finished: that site, the premises it shares, or the place that the two share."""
    destination = tag_of("site", fact.destination)
    inside = fact.transport is Transport.INTERNAL and case.party_at(destination) == case.party_at(finished)
    return destination == finished or inside or case.state(PREMISES, masterfile).same(destination, finished)


R8 = Rule(
    id="R8",
    revision=1,
    text="A finished point-of-care product is dispatched away from its point of use; stable intermediates may travel, "
    "and so may what is recorded as returned. The master file says what is near in words, which nobody can compute: "
    "another site than the one where it was completed counts as away, unless the move is inside the premises of one "
    "organisation or the master file gives both sites the same place.",
    source="MHRA guidance, Decentralised manufacture: definition of a POC medicinal product (our encoding)",
    owner=Owner.NOBODY,
    override="none",
    types=("ConsignmentDispatched",),
    reads=(CONSIGNMENT, CONDITION, MATERIAL, BATCH_RECORD, PREMISES, SITE_STATUS),
    judge=_stays_near,
)
