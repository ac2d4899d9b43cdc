"""Rule L15: cells that cross a border into Great Britain or Northern Ireland, or are given there.

Cells and tissue, starting material included, are kept apart from medicines: what a batch made is a medicine and follows
the rules on the import of medicines (R2, R13).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from ledger.domain.facts.administration import AdministrationStarted
from ledger.domain.facts.bases import AgreementPurpose
from ledger.domain.facts.collection import MaterialReleasedForCirculation
from ledger.domain.facts.custody import ConsignmentDispatched, ConsignmentReceived
from ledger.domain.facts.licensing import LicenceKind
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.registry import Activity, Nation
from ledger.domain.identifiers import schemes, sec
from ledger.domain.identifiers.errors import IdentifierError
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules.bases import ABROAD
from ledger.domain.rules.case import Case, tags_of
from ledger.domain.rules.provenance import donations_of
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.custody import CONSIGNMENT
from ledger.domain.subjects.donors import DONATION_STATUS
from ledger.domain.subjects.organisations import ORGANISATION
from ledger.domain.subjects.papers import AGREEMENT, LICENCE, Agreement
from ledger.domain.subjects.sites import SITE_STATUS
from ledger.domain.subjects.starting_material import MATERIAL_STATUS

GREAT_BRITAIN: Final = frozenset((Nation.ENGLAND, Nation.SCOTLAND, Nation.WALES))
"""Where the import of tissue and cells from anywhere outside the United Kingdom is licensed."""


def is_import(origin: Nation | None, destination: Nation | None) -> bool:
    """Whether tissue and cells that go from one nation to another are imported there.

    Into Great Britain from outside the United Kingdom; into Northern Ireland from Great Britain or a third country.
    """
    if destination in GREAT_BRITAIN:
        return origin in ABROAD
    return destination is Nation.NORTHERN_IRELAND and (origin is Nation.OTHER or origin in GREAT_BRITAIN)


def _lawfully_in(case: Case) -> Iterator[Broken]:
    """L15: imported without licence and supplier agreement; sent abroad on no licence; given without a code."""
    if isinstance(case.fact, ConsignmentReceived):
        yield from _received(case, case.fact)
    elif isinstance(case.fact, ConsignmentDispatched):
        yield from _sent(case, case.fact)
    elif isinstance(case.fact, AdministrationStarted):
        yield from _applied(case, tag_of("material", case.fact.material))


def _received(case: Case, fact: ConsignmentReceived) -> Iterator[Broken]:
    tag = tag_of("consignment", fact.consignment)
    sent = case.linked(CONSIGNMENT, tag)
    origin = sent.origin or tag_of("site", fact.origin)
    here, there = case.state(SITE_STATUS, case.site).nation, case.state(SITE_STATUS, origin).nation
    materials = dict.fromkeys((*tags_of("material", fact.materials), *sent.materials))
    if not is_import(there, here) or not any(donations_of(case, material) for material in materials):
        return
    licence = tag_of("licence", fact.border_licence) or next(_registered(case, Activity.IMPORT), "")
    if not licence:
        yield Broken(tag=tag, found=f"cells from {origin}, and no import licence", must=_LICENCE)
    elif not _permits(case, licence, Activity.IMPORT):
        yield Broken(tag=licence, found="does not permit this import of cells now", must=_LICENCE)
    yield from _supplied(case, fact, origin)


_LICENCE: Final = "an HTA licence of the receiver that covers import, in force then"


def _sent(case: Case, fact: ConsignmentDispatched) -> Iterator[Broken]:
    """Cells that leave Great Britain for outside the United Kingdom: a note, since the rule's own words bar entry."""
    tag = tag_of("consignment", fact.consignment)
    here = case.state(SITE_STATUS, case.site).nation
    destination = tag_of("site", fact.destination)
    there = case.state(SITE_STATUS, destination).nation
    materials = dict.fromkeys((*tags_of("material", fact.materials), *case.state(CONSIGNMENT, tag).materials))
    if here not in GREAT_BRITAIN or there not in ABROAD:
        return
    if not any(donations_of(case, material) for material in materials):
        return
    licence = tag_of("licence", fact.border_licence) or next(_registered(case, Activity.EXPORT), "")
    if not licence or not _permits(case, licence, Activity.EXPORT):
        found = (
            f"{licence} does not permit this export now" if licence else f"cells leave for {destination}, unlicensed"
        )
        must = "an HTA licence of the sender that covers export, in force then"
        yield Broken(tag=tag, found=found, must=must, note=True)


def _registered(case: Case, activity: Activity) -> Iterator[str]:
    """Licences for an activity that the site registered, or that an agreement which it registered names."""
    for item in case.state(SITE_STATUS, case.site).bases:
        if item.activity is activity:
            named = item.basis if kind_of(item.basis) == "licence" else case.state(AGREEMENT, item.basis).licence
            yield from filter(None, (named,))


def _permits(case: Case, tag: str, activity: Activity) -> bool:
    licence = case.state(LICENCE, tag)
    tissue = licence.kind is LicenceKind.HUMAN_APPLICATION and activity in licence.activities
    return tissue and licence.live(case.at) and licence.stopped(case.at, {case.site}) is None


def _supplied(case: Case, fact: ConsignmentReceived, origin: str) -> Iterator[Broken]:
    """The agreement with the supplier: the one named, or one on record; of one without a copy here, a note."""
    tag, supplier = tag_of("consignment", fact.consignment), case.party_at(origin)
    named = tag_of("agreement", fact.border_agreement)
    must = "an agreement with the supplier, in force then"
    if named and not case.state(AGREEMENT, named).signed:
        yield Broken(tag=tag, found=f"{named} is not on record", must=must, note=True)
        return
    known = (named,) if named else case.state(ORGANISATION, supplier).agreements
    if not any(_binds(case, case.state(AGREEMENT, item), supplier) for item in known):
        found = f"{named} does not bind {supplier} now" if named else f"no agreement with {supplier} is known"
        yield Broken(tag=tag, found=found, must=must)


def _binds(case: Case, agreement: Agreement, supplier: str) -> bool:
    ours = agreement.giver == case.party_at(case.site) and agreement.acceptor == supplier
    return ours and agreement.purpose is AgreementPurpose.SUPPLIER and agreement.live(case.at)


def _applied(case: Case, material: str) -> Iterator[Broken]:
    """Cells given as they are; inside the establishment that took them the code may be waived, which is a note."""
    if case.state(SITE_STATUS, case.site).nation is not Nation.NORTHERN_IRELAND:
        return
    for tag in donations_of(case, material):
        donation = case.state(DONATION_STATUS, tag)
        if donation.collections and not donation.code:
            same = case.party_at(donation.site) == case.party_at(case.site)
            must = "the Single European Code, from its release for circulation"
            yield Broken(tag=material, found=f"{tag} was released under no donation code", must=must, note=same)


L15 = Rule(
    id="L15",
    revision=1,
    text="Tissues or cells, starting material included, enter Northern Ireland from Great Britain or a third "
    "country, or Great Britain from outside the United Kingdom, without an HTA import licence and supplier "
    "agreement; or tissues or cells are applied in Northern Ireland without a Single European Code where one "
    "is required. Cells that leave Great Britain for outside the United Kingdom without an HTA export licence are a "
    "note. A finished medicine follows the rules on import of medicines instead; one that goes from Great Britain to "
    "Northern Ireland needs a UK-wide licence only (unverified).",
    source="HTA transition guidance; Human Tissue (Quality and Safety for Human Application) Regulations 2007 reg 20A; "
    "exemption from the code inside one establishment (unverified)",
    owner=Owner.NOBODY,
    override="direct authorisation by the HTA in an emergency, which is the reason of the deviation",
    types=("ConsignmentDispatched", "ConsignmentReceived", "AdministrationStarted"),
    reads=(CONSIGNMENT, MATERIAL_STATUS, DONATION_STATUS, SITE_STATUS, ORGANISATION, LICENCE, AGREEMENT),
    judge=_lawfully_in,
    timed=True,
)


CODED: Final = frozenset((Nation.NORTHERN_IRELAND, Nation.EEA))
"""Where the Single European Code still binds: of starting material its first part, the donation sequence."""

_CODE: Final = "the Single European Code, or its donation sequence, well formed and of this donation"


def _lawfully_moved(case: Case) -> Iterator[Broken]:
    """L15_2: as L15, with exports from Northern Ireland, places of no known nation, and the form of the code."""
    yield from _lawfully_in(case)
    fact = case.fact
    if isinstance(fact, ConsignmentReceived):
        tag = tag_of("consignment", fact.consignment)
        sent = case.linked(CONSIGNMENT, tag)
        yield from _crossing(
            case,
            (sent.origin or tag_of("site", fact.origin), case.site),
            (*tags_of("material", fact.materials), *sent.materials),
        )
    elif isinstance(fact, ConsignmentDispatched):
        tag = tag_of("consignment", fact.consignment)
        packed = (*tags_of("material", fact.materials), *case.state(CONSIGNMENT, tag).materials)
        yield from _left(case, fact, tag, packed)
        yield from _crossing(case, (case.site, tag_of("site", fact.destination)), packed)
    elif isinstance(fact, MaterialReleasedForCirculation):
        donation = tag_of("donation", fact.donation)
        wrong = wrong_code(fact.donation_code or "", donation)
        if (
            case.state(SITE_STATUS, case.site).nation is Nation.NORTHERN_IRELAND
            and wrong
            and not fact.quarantine_transfer
        ):
            yield Broken(tag=donation, found=wrong, must=_CODE, note=True)
    elif isinstance(fact, AdministrationStarted):
        yield from _coded(case, tag_of("material", fact.material))


def wrong_code(code: str, donation: str) -> str:
    """Says what is wrong with a donation code: none, of no known form, or of another donation; empty for nothing.

    Args:
        code: A Single European Code as printed, scanned or stored, or its first 21 characters.
        donation: Tag of the donation; where it is an ISBT 128 donation number, the code has to name it.
    """
    if not code:
        return "no donation code"
    try:
        named = _sequence(code).donation
    except IdentifierError as error:
        return f"a donation code of the wrong form: {error}"
    kind, _, value = donation.partition(f":{schemes.DIN}:")
    return f"the code names donation {named}" if kind == "donation" and value and named != value else ""


def _sequence(code: str) -> sec.DonationSequence:
    """The first part of a code, which is all that starting material bears."""
    return sec.DonationSequence(code) if len(code) == len("CCEEEEEEDDDDDDDDDDDDD") else sec.parse(code).donation


def _left(case: Case, fact: ConsignmentDispatched, tag: str, materials: Iterable[str]) -> Iterator[Broken]:
    """Cells that leave Northern Ireland for a third country; to Great Britain and the EEA they go freely."""
    here = case.state(SITE_STATUS, case.site).nation
    there = case.state(SITE_STATUS, tag_of("site", fact.destination)).nation
    third = here is Nation.NORTHERN_IRELAND and there is Nation.OTHER
    if not third or not any(donations_of(case, material) for material in materials):
        return
    licence = tag_of("licence", fact.border_licence) or next(_registered(case, Activity.EXPORT), "")
    if not licence or not _permits(case, licence, Activity.EXPORT):
        must = "an HTA licence of the sender that covers export, in force then"
        yield Broken(tag=tag, found="cells leave for a third country, unlicensed", must=must, note=True)


def _crossing(case: Case, places: tuple[str, str], materials: Iterable[str]) -> Iterator[Broken]:
    """A journey of cells: from and to places whose nation is known, and coded where the code binds at either end."""
    donations = dict.fromkeys(one for material in dict.fromkeys(materials) for one in donations_of(case, material))
    nations = [case.state(SITE_STATUS, place).nation for place in places]
    if not donations or nations[0] is nations[1] is not None:
        return
    for place, nation in zip(places, nations, strict=True):
        if place and nation is None:
            must = "a registered site, so that what crosses a border is known to"
            yield Broken(tag=place, found="cells cross from or to a place of no known nation", must=must, note=True)
    if not CODED & set(nations):
        return
    for one in donations:
        status = case.state(DONATION_STATUS, one)
        if status.released and (wrong := wrong_code(status.code, one)):
            yield Broken(tag=one, found=wrong, must=_CODE, note=True)


def _coded(case: Case, material: str) -> Iterator[Broken]:
    """Cells given as they are in Northern Ireland: a code that is there has to be one; that none is there, L15 says."""
    if case.state(SITE_STATUS, case.site).nation is not Nation.NORTHERN_IRELAND:
        return
    for one in donations_of(case, material):
        donation = case.state(DONATION_STATUS, one)
        if donation.code and (wrong := wrong_code(donation.code, one)):
            same = case.party_at(donation.site) == case.party_at(case.site)
            yield Broken(tag=material, found=wrong, must=_CODE, note=same)


L15_2 = replace(
    L15,
    revision=2,
    text="Tissues or cells, starting material included, enter Northern Ireland from Great Britain or a third "
    "country, or Great Britain from outside the United Kingdom, without an HTA import licence and supplier "
    "agreement; or tissues or cells are applied in Northern Ireland without a Single European Code where one "
    "is required, or under a code that is none or another donation's. Between Northern Ireland and the EEA, and from "
    "Northern Ireland to Great Britain, they move freely. Notes are: cells that leave Great Britain for outside the "
    "United Kingdom, or Northern Ireland for a third country, without an HTA export licence; cells with no code or a "
    "malformed one, released in Northern Ireland or, once released, on their way from or to it or the EEA; a place of "
    "no known nation. A finished medicine follows the rules on import of medicines instead; one that goes from Great "
    "Britain to Northern Ireland needs a UK-wide licence only (unverified).",
    source="HTA transition guidance; Human Tissue (Quality and Safety for Human Application) Regulations 2007 reg 20A; "
    "Directive 2006/86/EC Annex II E 1(g) and Annex VII; exemption from the code inside one establishment, and exports "
    "from Northern Ireland to third countries (unverified)",
    types=(*L15.types, "MaterialReleasedForCirculation"),
    judge=_lawfully_moved,
)
