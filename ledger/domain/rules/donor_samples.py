"""Samples and results of a donor: taken of diluted blood, at the donation itself, or again after quarantine."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from ledger.domain import civil_time
from ledger.domain.facts.collection import ProcurementMethod
from ledger.domain.facts.donors import DonorMarker
from ledger.domain.rules.case import Case
from ledger.domain.rules.provenance import everywhere
from ledger.domain.rules.pseudonyms import donor_of
from ledger.domain.subjects.donors import DONOR, DonationStatus, Donor, Tested

NAT: Final = (DonorMarker.HIV_NAT, DonorMarker.HBV_NAT, DonorMarker.HCV_NAT)
"""Tests for the viruses themselves; with all three no second sample is asked."""

BY_TRAVEL: Final = (
    DonorMarker.MALARIA,
    DonorMarker.TRYPANOSOMA_CRUZI,
    DonorMarker.WEST_NILE_VIRUS,
    DonorMarker.ANTI_HTLV_1,
)
"""What travel or residence may ask for (2006/17 Annex II 1.5)."""

_HALF: Final = 50
"""Per cent of dilution beyond which a sample counts only for tests that are validated for it."""

_EXCEPTED: Final = frozenset(
    (None, ProcurementMethod.BONE_MARROW, ProcurementMethod.WHOLE_BLOOD, ProcurementMethod.EMBRYO)
)
"""Collections that ask for no second sample: progenitor cells, blood, which has a law of its own, and embryos."""


def from_htlv_area(case: Case, person: str) -> bool:
    """Whether a history under any pseudonym says that donor, partner or parent is from an area with HTLV-I."""
    return any(case.state(DONOR, name).htlv_area for name in case.patients(person))


def untested_travel(case: Case, person: str) -> bool:
    """Whether a history says that travel or residence brings a risk, and nothing that it may ask for is tested."""
    tests = donor_of(case, person).tests
    travelled = any(case.state(DONOR, name).travelled for name in case.patients(person))
    return travelled and not any(test.did(marker) for test in tests for marker in BY_TRAVEL)


def diluted(donor: Donor, test: Tested) -> str:
    """Says why a sample of diluted blood does not count; empty where it does."""
    sampling = donor.sampling(test) if test.tube or test.sampled_at is None else None
    if sampling is None or not (sampling.diluted or sampling.dilution) or test.validated:
        return ""
    if sampling.dilution is None:
        return "sampled from diluted blood, and nobody worked out by how much"
    return f"sampled from blood diluted by {sampling.dilution} %" if sampling.dilution > _HALF else ""


def at_donation(case: Case, donation: DonationStatus, test: Tested) -> bool:
    """Whether the sample of some results was taken on the UK civil day of the donation."""
    taken = donor_of(case, donation.person).taken_at(test)
    started, ended = donation.started or case.at, donation.ended or case.at
    return taken is not None and civil_time.days_after(started, -1) <= taken < civil_time.days_after(ended, 0)


def kept_for_others(case: Case, donation: DonationStatus, materials: Iterable[str]) -> bool:
    """Whether these are cells of a living donor for others that were put into a store, or frozen."""
    if donation.autologous or donation.deceased or donation.method in _EXCEPTED or donation.partner:
        return False
    return any(
        everywhere(case, material, lambda state: bool(state.zone) or state.made_by == "MaterialCryopreserved")
        for material in materials
    )


def tested_again(case: Case, donation: DonationStatus, markers: Iterable[DonorMarker]) -> bool:
    """Whether every marker has a result on a sample that was taken when the quarantine was over."""
    donor = donor_of(case, donation.person)
    over = civil_time.moved(donation.ended or case.at, timedelta(days=case.whole("donor-tests-repeat-days")))
    late = [test for test in donor.tests if (taken := donor.taken_at(test)) is not None and taken >= over]
    return all(any(test.did(marker) for test in late) for marker in markers)
