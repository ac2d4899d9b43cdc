"""Rules D1 and D3: is the donor tested, and is what is known to be positive marked and kept apart?"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from ledger.domain import civil_time
from ledger.domain.facts.collection import MaterialReleasedForCirculation, ProcurementMethod
from ledger.domain.facts.custody import ConsignmentDispatched
from ledger.domain.facts.donors import DonorMarker, Reactivity
from ledger.domain.facts.labels import LabelApplied
from ledger.domain.facts.licensing import LicenceKind
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.registry import Activity
from ledger.domain.facts.storage import MaterialStored
from ledger.domain.facts.terms import SegregationClass
from ledger.domain.facts.transport import ConsignmentPacked
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules import donor_samples
from ledger.domain.rules.case import Case, tags_of
from ledger.domain.rules.provenance import (
    CERTIFYING,
    donations_of,
    known_donations,
    makes_medicines,
    on_the_spot,
)
from ledger.domain.rules.pseudonyms import donor_of
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.donors import DONATION_STATUS, DONOR, DonationStatus, Tested
from ledger.domain.subjects.labelling import LABELS, hazardous
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.registers import LICENCE, PRODUCT, SITE_STATUS, in_force
from ledger.domain.subjects.settlement import PATIENT_LINKS
from ledger.domain.subjects.starting_material import MATERIAL_STATUS, STORAGE_CLASS

MINIMUM: Final = (
    DonorMarker.ANTI_HIV_1_2,
    DonorMarker.HBSAG,
    DonorMarker.ANTI_HBC,
    DonorMarker.ANTI_HCV,
    DonorMarker.SYPHILIS,
)
"""The minimum tests of 2006/17 Annex II 1.1."""

MANDATORY: Final[Mapping[ProcurementMethod | None, tuple[DonorMarker, ...]]] = MappingProxyType(
    {
        None: MINIMUM,
        **dict.fromkeys(ProcurementMethod, MINIMUM),
        ProcurementMethod.EMBRYO: tuple(marker for marker in MINIMUM if marker is not DonorMarker.SYPHILIS),
    }
)
"""Markers by procedure; None is apheresis. Partners who make an embryo: 2006/17 Annex III 2.1, without syphilis."""

BLOOD: Final = (DonorMarker.ANTI_HIV_1_2, DonorMarker.HBSAG, DonorMarker.ANTI_HCV)
"""The mandatory tests of whole blood that a blood establishment takes: 2002/98 Annex IV."""

_PROGENITORS: Final = frozenset((None, ProcurementMethod.BONE_MARROW))


def _window(case: Case, donation: DonationStatus) -> tuple[datetime, datetime]:
    """First and last moment at which the sample may be taken, for the procedure."""
    if donation.deceased:
        kind = "deceased"
    elif donation.method in _PROGENITORS and not donation.autologous:
        kind = "progenitors"
    else:
        kind = "living"
    before, after = (case.whole(f"donor-tests-{kind}-days-{side}") for side in ("before", "after"))
    started, ended = donation.started or case.at, donation.ended or case.at
    return civil_time.moved(started, -timedelta(days=before)), civil_time.moved(ended, timedelta(days=after))


def _complete(case: Case, tag: str, donation: DonationStatus) -> Iterator[Broken]:
    """Every mandatory marker: done, by an authorised laboratory, on a sample of the right time."""
    donor = donor_of(case, donation.person)
    first, last = _window(case, donation)
    lacking: dict[tuple[str, bool], list[str]] = {}
    blood = _blood(case, donation)
    for marker in MANDATORY[donation.method]:
        note = blood and marker not in BLOOD
        done = [
            test
            for test in donor.tests
            if any(of is marker and result is not Reactivity.NOT_DONE for of, result, _ in test.results)
        ]
        lawful = [test for test in done if _unauthorised(case, test) is not True]
        moments = [donor.taken_at(test) for test in lawful]
        if not done:
            lacking.setdefault(("missing", note), []).append(marker.name)
        elif not lawful:
            lacking.setdefault(("laboratory", note), []).append(marker.name)
        elif not any(moment is not None and first <= moment <= last for moment in moments):
            lacking.setdefault(("window", note), []).append(marker.name)
    musts = {
        "missing": "every mandatory marker resulted",
        "laboratory": "tested by a laboratory authorised for it then",
        "window": f"sampled from {first:%Y-%m-%dT%H:%MZ} to {last:%Y-%m-%dT%H:%MZ}",
    }
    found = {"missing": "no result", "laboratory": "laboratory not authorised", "window": "sampled at another time"}
    for (reason, note), markers in lacking.items():
        yield Broken(tag=tag, found=f"{found[reason]}: {', '.join(markers)}", must=musts[reason], note=note)


def _blood(case: Case, donation: DonationStatus) -> bool:
    """Whether it is whole blood that was taken under nothing but a blood establishment's authorisation."""
    if donation.method is not ProcurementMethod.WHOLE_BLOOD:
        return False
    registered = case.state(SITE_STATUS, donation.site).bases
    bases = donation.bases or tuple(item.basis for item in registered if item.activity is Activity.PROCUREMENT)
    kinds = {case.state(LICENCE, basis).kind for basis in bases}
    return kinds == {LicenceKind.BLOOD_ESTABLISHMENT}


def _unauthorised(case: Case, test: Tested) -> bool | None:
    """Whether the laboratory was not entitled to test then; None where no register says anything."""
    registered = tuple(
        item.basis for item in case.state(SITE_STATUS, test.site).bases if item.activity is Activity.TESTING
    )
    bases = test.bases or registered
    return all(not _permits(case, basis, test.at) for basis in bases) if bases else None


def _permits(case: Case, basis: str, moment: datetime) -> bool:
    if kind_of(basis) != "licence":
        return True
    licence = case.state(LICENCE, basis)
    valid = bool(licence.granted) and in_force(moment, licence.effective_from, licence.effective_to)
    return valid and Activity.TESTING in licence.activities


def _laboratories(case: Case, tag: str, donation: DonationStatus) -> Iterator[Broken]:
    """What no register says anything about is a note."""
    tests = donor_of(case, donation.person).tests
    for site in sorted({test.site for test in tests if _unauthorised(case, test) is None}):
        found = f"{site} registered no basis for testing"
        yield Broken(tag=tag, found=found, must="a laboratory on a licence or agreement for testing", note=True)


def _tested(case: Case) -> Iterator[Broken]:
    """D1: released, or certified, without the donor's tests."""
    fact = case.fact
    if not isinstance(fact, MaterialReleasedForCirculation):
        for tag, donation in known_donations(case):
            if not on_the_spot(case, donation):
                yield from _complete(case, tag, donation)
        return
    tag = tag_of("donation", fact.donation)
    donation = case.state(DONATION_STATUS, tag)
    if not donation.collections:
        yield Broken(tag=tag, found="the donation is not known", must="its collection recorded first")
        return
    if fact.quarantine_transfer:
        return
    spot = on_the_spot(case, donation) and makes_medicines(case, case.site)
    for broken in (*_complete(case, tag, donation), *_laboratories(case, tag, donation)):
        yield Broken(tag=broken.tag, found=broken.found, must=broken.must, note=broken.note or spot)


D1 = Rule(
    id="D1",
    revision=1,
    text="Starting material is released, or what was made of it is certified, although a mandatory marker is missing, "
    "comes from an unauthorised laboratory or was sampled outside the window for that procedure. Autologous material "
    "needs the minimum tests only if it is stored or cultured. Of whole blood taken under a blood establishment "
    "authorisation only HBsAg, anti-HCV and anti-HIV 1/2 are mandatory; for anti-HBc and syphilis the same is noted.",
    source="Directive 2006/17/EC Annex I 2.1.1 and Annex II; Directive 2002/98/EC Annex IV (blood); signs of use on "
    "the spot, and the window of deceased donors (our encoding)",
    owner=Owner.TISSUE,
    override="transfer in quarantine, as far as manufacture at risk; certification needs the result",
    types=("MaterialReleasedForCirculation", *CERTIFYING),
    reads=(DONATION_STATUS, DONOR, SITE_STATUS, LICENCE, CHAIN, PRODUCT, PATIENT_LINKS),
    over=(DONATION_STATUS,),
    judge=_tested,
)


def _tested_and_fit(case: Case) -> Iterator[Broken]:
    """D1_2: as D1, and by samples that were fit, for what the history asks, and again where cells are stored."""
    yield from _tested(case)
    fact = case.fact
    if not isinstance(fact, MaterialReleasedForCirculation):
        for tag, donation in known_donations(case):
            if not on_the_spot(case, donation):
                yield from _by_history(case, tag, donation)
        return
    tag = tag_of("donation", fact.donation)
    donation = case.state(DONATION_STATUS, tag)
    if donation.collections and not fact.quarantine_transfer and not on_the_spot(case, donation):
        yield from _by_history(case, tag, donation)
        yield from _again(case, fact, tag, donation)


def _shown(case: Case, donation: DonationStatus, marker: DonorMarker) -> tuple[Tested, ...]:
    """Results of a marker from a laboratory that may test, on a sample that was taken in the window."""
    donor = donor_of(case, donation.person)
    first, last = _window(case, donation)
    return tuple(
        test
        for test in donor.tests
        if test.did(marker)
        and _unauthorised(case, test) is not True
        and (moment := donor.taken_at(test)) is not None
        and first <= moment <= last
    )


def _by_history(case: Case, tag: str, donation: DonationStatus) -> Iterator[Broken]:
    """What the donor's own history asks for: HTLV-I, tests for where they were, and a sample that was not diluted."""
    donor = donor_of(case, donation.person)
    asked = [marker for marker in MANDATORY[donation.method] if marker in BLOOD or not _blood(case, donation)]
    if donor_samples.from_htlv_area(case, donation.person):
        asked.append(DonorMarker.ANTI_HTLV_1)
        if not _shown(case, donation, DonorMarker.ANTI_HTLV_1):
            found = "from an area where HTLV-I is common, and no result in its window: ANTI_HTLV_1"
            yield Broken(tag=tag, found=found, must="tested for HTLV-I by a laboratory authorised for it")
    elif donor_samples.untested_travel(case, donation.person):
        words = ", ".join(marker.name for marker in donor_samples.BY_TRAVEL)
        found = f"travel or residence brings a risk, and none of these is tested: {words}"
        yield Broken(tag=tag, found=found, must="the tests that the donor's travel asks for", note=True)
    shown = {marker: _shown(case, donation, marker) for marker in asked}
    reasons = {
        marker: [donor_samples.diluted(donor, test) for test in tests] for marker, tests in shown.items() if tests
    }
    unfit = {marker: found for marker, found in reasons.items() if all(found)}
    if unfit:
        found = f"{min(min(item) for item in unfit.values())}: {', '.join(marker.name for marker in unfit)}"
        must = "a sample from before, diluted by at most half, or tests validated for diluted plasma"
        yield Broken(tag=tag, found=found, must=must)


def _again(case: Case, fact: MaterialReleasedForCirculation, tag: str, donation: DonationStatus) -> Iterator[Broken]:
    """Of gametes a sample at each donation; of what is kept for others, quarantine and a second sample, or NAT."""
    gamete = donation.method is ProcurementMethod.GAMETE and not donation.autologous and not donation.partner
    if gamete and not all(
        any(donor_samples.at_donation(case, donation, test) for test in _shown(case, donation, marker))
        for marker in MANDATORY[donation.method]
    ):
        found = "no sample for every mandatory marker at this donation"
        yield Broken(tag=tag, found=found, must="donors of gametes tested at each donation")
    if not gamete and not donor_samples.kept_for_others(case, donation, tags_of("material", fact.materials)):
        return
    if fact.inactivated or all(_shown(case, donation, marker) for marker in donor_samples.NAT):
        return
    if not donor_samples.tested_again(case, donation, MANDATORY[donation.method]):
        days = case.whole("donor-tests-repeat-days")
        found = f"kept for others, neither tested again {days} days after the donation nor by NAT"
        must = f"{days} days in quarantine and a second sample, NAT for HIV, HBV and HCV, or inactivated"
        yield Broken(tag=tag, found=found, must=must)


D1_2 = replace(
    D1,
    revision=2,
    text="Starting material is released, or what was made of it is certified, although a mandatory marker is missing, "
    "comes from an unauthorised laboratory or was sampled outside the window for that procedure. Anti-HTLV-I is "
    "mandatory where the donor, a partner or a parent is from an area where it is common; other tests for travel are "
    "asked by a note. A sample of diluted blood counts only where the dilution is worked out and at most half, or the "
    "tests are validated for more. Gametes for others than a partner are sampled at each donation, and they and "
    "stored cells of a living donor for others, blood and progenitor cells excepted, are released after quarantine and "
    "a second sample, unless tested by NAT or inactivated. Autologous material needs the minimum tests only if it is "
    "stored or cultured. Of whole blood taken under a blood establishment authorisation only HBsAg, anti-HCV and "
    "anti-HIV 1/2 are mandatory; for anti-HBc and syphilis the same is noted.",
    source="Directive 2006/17/EC Annex I 2.1.1, Annex II and Annex III 4; Directive 2002/98/EC Annex IV (blood); the "
    "repeated sample of stored cells (Annex II 2.6, unverified); signs of use on the spot, the window of deceased "
    "donors, and that stored is what lies in a store or was frozen (our encoding)",
    judge=_tested_and_fit,
    reads=(*D1.reads, MATERIAL_STATUS),
)


def _positive(case: Case, material: str) -> str:
    """Markers known to be positive in the patient who gave this autologous material; empty for none."""
    for tag in donations_of(case, material):
        donation = case.state(DONATION_STATUS, tag)
        if donation.autologous and (markers := donor_of(case, donation.person).reactive()):
            return ", ".join(marker.name for marker in markers)
    return ""


def _marked(case: Case) -> Iterator[Broken]:
    """D3: positive autologous material without the label, or among other material."""
    fact = case.fact
    if isinstance(fact, LabelApplied):
        materials = tags_of("material", (fact.material,))
    elif isinstance(fact, MaterialStored | MaterialReleasedForCirculation | ConsignmentPacked | ConsignmentDispatched):
        materials = tags_of("material", fact.materials)
    else:
        return
    for material in materials:
        if found := _positive(case, material):
            yield from _unmarked(case, material, found)


_WARNING: Final = "the label BIOLOGICAL HAZARD"


def _unmarked(case: Case, material: str, found: str) -> Iterator[Broken]:
    fact = case.fact
    if isinstance(fact, LabelApplied):
        if not hazardous(fact) and not case.state(LABELS, material).hazard:
            yield Broken(tag=material, found=f"positive: {found}; a label without the warning", must=_WARNING)
    elif isinstance(fact, MaterialStored):
        yield from _apart(case, material, tag_of("zone", fact.zone), fact.segregation, found)
    else:
        yield from _labelled(case, material, found)
        yield from _kept(case, material, found)


def _labelled(case: Case, material: str, found: str) -> Iterator[Broken]:
    """Where no label of the container is on record at all, the warning is asked for at the release alone."""
    labels = case.state(LABELS, material)
    if not labels.hazard:
        silent = not labels.applied and not isinstance(case.fact, MaterialReleasedForCirculation)
        yield Broken(tag=material, found=f"positive: {found}; no warning on it", must=_WARNING, note=silent)


def _kept(case: Case, material: str, found: str) -> Iterator[Broken]:
    status = case.state(MATERIAL_STATUS, material)
    if status.zone:
        for broken in _apart(case, material, status.zone, status.segregation, found):
            yield Broken(tag=broken.tag, found=broken.found, must=broken.must, note=True)


def _apart(case: Case, material: str, zone: str, said: SegregationClass | None, found: str) -> Iterator[Broken]:
    place = case.state(STORAGE_CLASS, zone)
    segregation = said or place.segregation
    if segregation is SegregationClass.BIOLOGICAL_HAZARD:
        return
    kind = segregation.name.lower().replace("_", " ") if segregation is not None else "a place of no known class"
    must = "segregated storage for biological hazards"
    yield Broken(tag=material, found=f"positive: {found}; stored as {kind}", must=must, note=segregation is None)


D3 = Rule(
    id="D3",
    revision=1,
    text="Autologous material of a marker-positive donor lacks the BIOLOGICAL HAZARD label or segregated storage.",
    source="Directive 2006/86/EC Annex II E 1(f)",
    owner=Owner.TISSUE,
    override="none",
    types=(
        "LabelApplied",
        "MaterialStored",
        "MaterialReleasedForCirculation",
        "ConsignmentPacked",
        "ConsignmentDispatched",
    ),
    reads=(MATERIAL_STATUS, DONATION_STATUS, DONOR, LABELS, STORAGE_CLASS, PATIENT_LINKS),
    judge=_marked,
)
