"""Rules D4, D5, D9 and C4: starting material on its way from the tissue establishment into a batch."""

from collections.abc import Iterator
from typing import Final

from ledger.domain.facts.collection import (
    AcceptanceDisposition,
    MaterialAccepted,
    MaterialReleasedForCirculation,
    ProcurementPerformed,
)
from ledger.domain.facts.custody import ConsignmentDispatched
from ledger.domain.facts.licensing import LicenceKind
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.processing import ProcessStepPerformed
from ledger.domain.facts.procurement import ApheresisPerformed
from ledger.domain.facts.registry import Role
from ledger.domain.facts.values import CheckOutcome
from ledger.domain.rules.case import Case, tags_of
from ledger.domain.rules.named_on_licence import DESIGNATED, licences_of, scopes_by_licence
from ledger.domain.rules.provenance import (
    CERTIFYING,
    MAKING,
    donations_of,
    everywhere,
    is_accepted,
    is_at_risk,
    is_released,
    is_sample,
    known_donations,
    makes_medicines,
    on_the_spot,
)
from ledger.domain.rules.release import holds_role, scopes_of
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.donors import DONATION_STATUS
from ledger.domain.subjects.materials import CONSIGNMENT, CUSTODY
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.registers import AGREEMENT, LICENCE, PRODUCT, SITE_STATUS
from ledger.domain.subjects.staff import PERSON
from ledger.domain.subjects.starting_material import MATERIAL_STATUS

_RELEASE: Final = "released for circulation first, or sent in quarantine"


_RESPONSIBLE: Final = frozenset((Role.RESPONSIBLE_PERSON,))

_HEADED_BY_ANOTHER: Final = frozenset((LicenceKind.BLOOD_ESTABLISHMENT, LicenceKind.FERTILITY))
"""Licences that have a responsible person in the Designated Individual's place."""


def _let_go(case: Case) -> Iterator[Broken]:
    """D4: released by who may not, or sent for use although nobody released it."""
    fact = case.fact
    if isinstance(fact, MaterialReleasedForCirculation):
        yield from _by_the_designated(case, fact)
    elif isinstance(fact, ConsignmentDispatched) and not fact.quarantine_transfer:
        yield from _sent_unreleased(case, fact)


def _by_the_designated(case: Case, fact: MaterialReleasedForCirculation) -> Iterator[Broken]:
    """Who releases holds the role here: at the site, for who runs it, or on the licence that the release rests on."""
    others = {tag for tag in licences_of(case) if case.state(LICENCE, tag).kind in _HEADED_BY_ANOTHER}
    scopes = scopes_of(case) | scopes_by_licence(case)
    product = case.product_of("", case.state(DONATION_STATUS, tag_of("donation", fact.donation)).coi)
    person = case.performer()
    if holds_role(case, person, DESIGNATED, scopes, product) or holds_role(case, person, _RESPONSIBLE, others):
        return
    must = "the Designated Individual, or a person whom they authorised, by the register of roles"
    yield Broken(tag=person, found="holds no role that releases starting material here", must=must)


def _sent_unreleased(case: Case, fact: ConsignmentDispatched) -> Iterator[Broken]:
    destination = tag_of("site", fact.destination)
    place = case.state(SITE_STATUS, destination)
    if case.party_at(destination) == case.party_at(case.site):
        return
    if place.bases and not makes_medicines(case, destination):
        return
    packed = case.state(CONSIGNMENT, tag_of("consignment", fact.consignment)).materials
    for material in tags_of("material", fact.materials) or packed:
        if donations_of(case, material) and not is_sample(case, material) and not is_released(case, material):
            known = bool(place.organisation)
            yield Broken(tag=material, found="not released for circulation", must=_RELEASE, note=not known)


D4 = Rule(
    id="D4",
    revision=1,
    text="Material that is not released for circulation is dispatched for use in manufacture or treatment, or is "
    "released by other than the Designated Individual or a person whom they authorised; under a blood establishment "
    "authorisation or an HFEA licence the responsible person may. A move inside one organisation, or to a place that "
    "only tests, processes or stores, is no dispatch for use.",
    source="Directive 2006/86/EC Annex II C; Human Tissue Act 2004 s18 (unverified); what is for use (our encoding)",
    owner=Owner.TISSUE,
    override="transfer in quarantine, which is another purpose of dispatch",
    types=("MaterialReleasedForCirculation", "ConsignmentDispatched"),
    reads=(
        MATERIAL_STATUS,
        DONATION_STATUS,
        SITE_STATUS,
        CONSIGNMENT,
        PERSON,
        LICENCE,
        AGREEMENT,
        BATCH_RECORD,
        CHAIN,
        PRODUCT,
    ),
    judge=_let_go,
)


def _same_code(case: Case) -> Iterator[Broken]:
    """D5: another donation, or another donation code, than that of the release."""
    fact = case.fact
    if isinstance(fact, MaterialReleasedForCirculation):
        number = tag_of("donation", fact.donation)
        frozen = case.state(DONATION_STATUS, number).code
        if frozen and fact.donation_code is not None and fact.donation_code != frozen:
            found = f"released under {frozen}, now {fact.donation_code}"
            yield Broken(tag=number, found=found, must=_ENCODING, overridable=True)
        for material in tags_of("material", fact.materials):
            others = sorted(set(donations_of(case, material)) - {number})
            if others:
                yield Broken(tag=material, found=f"released as {number}, it is of {others[0]}", must=_ENCODING)
    elif isinstance(fact, ApheresisPerformed | ProcurementPerformed):
        yield from _renumbered(case, tag_of("donation", fact.donation), tags_of("material", _bags(fact)))


_ENCODING: Final = "the code of the release; an encoding error is corrected with the DI's approval"


def _bags(fact: ApheresisPerformed | ProcurementPerformed) -> list[object]:
    return [bag.material for bag in fact.bags]


def _renumbered(case: Case, number: str, materials: tuple[str, ...]) -> Iterator[Broken]:
    for material in materials:
        releases = case.known(MATERIAL_STATUS, material).releases
        under = next((release for release in releases if release.donation not in ("", number)), None)
        if under is not None:
            found = f"released as {under.donation} (fact {under.position}), now {number}"
            yield Broken(tag=material, found=found, must=_ENCODING, overridable=True)


D5 = Rule(
    id="D5",
    revision=1,
    text="The donation code or the donation identification sequence is altered after release.",
    source="Directive 2006/86/EC art 10b(1)(c)",
    owner=Owner.TISSUE,
    override="documented correction of an encoding error, approved by the DI",
    types=("MaterialReleasedForCirculation", "ApheresisPerformed", "ProcurementPerformed"),
    reads=(MATERIAL_STATUS, DONATION_STATUS),
    judge=_same_code,
)


def _fit_for_making(case: Case) -> Iterator[Broken]:
    """D9: taken into a batch, or certified, without release and acceptance."""
    fact = case.fact
    if case.content.type in CERTIFYING:
        yield from _fit_for_certifying(case)
    elif not (isinstance(fact, ProcessStepPerformed) and fact.batch is None):
        for material in dict.fromkeys(tags_of("material", fact.handles())):
            yield from _taken_in(case, material)


def _fit_for_certifying(case: Case) -> Iterator[Broken]:
    for tag, donation in known_donations(case):
        if not donation.released and not on_the_spot(case, donation):
            found = "made at risk: not released for circulation yet" if donation.transferred else "never released"
            yield Broken(tag=tag, found=found, must="its starting material released for circulation")


def _taken_in(case: Case, material: str) -> Iterator[Broken]:
    donations = donations_of(case, material)
    if donations:
        if not all(on_the_spot(case, case.state(DONATION_STATUS, tag)) for tag in donations):
            yield from _unfit(case, material)
    elif _held_back(case, material):
        must = "accepted to use by the manufacturer"
        yield Broken(tag=material, found="accepted to quarantine only", must=must)


def _unfit(case: Case, material: str) -> Iterator[Broken]:
    if is_at_risk(case, material):
        return
    if not is_released(case, material):
        yield Broken(tag=material, found="neither released for circulation nor sent in quarantine", must=_RELEASE)
    if not is_accepted(case, material):
        must = "accepted to use by the manufacturer"
        yield Broken(tag=material, found=f"not accepted by {case.party_at(case.site)}", must=must)


def _held_back(case: Case, material: str) -> bool:
    """An intermediate whose receiver's last word is quarantine; one of which nobody spoke is not held back."""
    return not is_at_risk(case, material) and everywhere(
        case,
        material,
        lambda state: (
            bool(state.acceptances) and state.acceptances[-1].disposition is AcceptanceDisposition.TO_QUARANTINE
        ),
    )


D9 = Rule(
    id="D9",
    revision=1,
    text="Starting material or an intermediate is consumed that is neither released for circulation and accepted by "
    "the manufacturer, nor transferred in quarantine for manufacture at risk; or what was made at risk is certified "
    "before the release. Autologous cells made into the product and given where they were taken need neither.",
    source="Directive 2006/86/EC Annex II C; EU GMP Part IV (ATMP) (our encoding)",
    owner=Owner.QUALITY,
    override="manufacture at risk under a transfer in quarantine; certification needs the missing release",
    types=(*MAKING, *CERTIFYING),
    reads=(MATERIAL_STATUS, DONATION_STATUS, SITE_STATUS, CHAIN, PRODUCT),
    over=(DONATION_STATUS,),
    judge=_fit_for_making,
)


def _checked_on_arrival(case: Case) -> Iterator[Broken]:
    """C4: accepted to use before every check of the arrival is done."""
    fact = case.fact
    if not isinstance(fact, MaterialAccepted) or fact.disposition is not AcceptanceDisposition.TO_USE:
        return
    for material in tags_of("material", fact.materials):
        if not case.state(MATERIAL_STATUS, material).made_by:
            must = "its collection or filling recorded, or accepted to quarantine"
            yield Broken(tag=material, found="nobody knows where it comes from", must=must)
    came = [case.state(CUSTODY, material).consignment for material in tags_of("material", fact.materials)]
    consignment = tag_of("consignment", fact.consignment) or next(filter(None, came), "")
    if not consignment:
        return
    checks = {"transport": fact.transport, "seals": fact.seals, "logger": fact.logger, "labels": fact.labels}
    for name, outcome in checks.items():
        if outcome is not CheckOutcome.MATCH:
            state = outcome.name.lower().replace("_", " ") if outcome is not None else "not done"
            found = f"check of {name}: {state}"
            must = f"{name} checked and right, or accepted to quarantine"
            yield Broken(tag=consignment, found=found, must=must, overridable=True)


C4 = Rule(
    id="C4",
    revision=1,
    text="A consignment is accepted to use although the check of transport, seals, logger or label is incomplete, or "
    "a container in it is not known. Moves inside the premises are not consignments.",
    source="Directive 2006/17/EC Annex IV",
    owner=Owner.QUALITY,
    override="acceptance to quarantine; QA may accept with a reason",
    types=("MaterialAccepted",),
    reads=(MATERIAL_STATUS, CUSTODY),
    judge=_checked_on_arrival,
)
