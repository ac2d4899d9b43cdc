"""Rules E8 and I5 on data that leave: donor and recipient kept apart, and nothing told on a consent that has ended."""

import pytest

from tests.support import making, vigilance, world
from tests.support.judged import Asked, bar, given, note
from tests.support.vigilance import CASE, DONOR, UNIVERSITY
from tests.support.world import CHAIN, COLLECTING, PATIENT, TREATING, tag

DONOR_TAG, CHAIN_TAG, PATIENT_TAG = tag("donor", DONOR), tag("coi", CHAIN), tag("patient", PATIENT)
NOW = {"at": "2026-04-15T10:00Z"}


def of_others() -> Asked:
    """One hospital took the cells of a donor, another prescribed them for a patient."""
    return given(*world.until("circulation", **world.allogeneic()))


def own() -> Asked:
    """The same with the patient's own cells."""
    return given(*world.until("circulation"))


# E8


def test_E8_accepts_a_donor_told_to_the_hospital_that_took_the_cells_and_to_an_authority() -> None:
    ledger = of_others()
    ledger.when(vigilance.disclosure("OTHER", COLLECTING, donor=DONOR, coi=[CHAIN])).then_refused(bar("E8", CHAIN_TAG))
    ledger.when(vigilance.disclosure("OTHER", COLLECTING, donor=DONOR, **NOW)).then_recorded()
    ledger.when(vigilance.disclosure("INSPECTOR", donor=DONOR, coi=[CHAIN], **NOW)).then_recorded()


def test_E8_refuses_a_donor_told_to_the_hospital_that_treats_the_recipient() -> None:
    told = vigilance.disclosure("OTHER", TREATING, donor=DONOR, coi=[CHAIN])
    of_others().when(told).then_refused(bar("E8", DONOR_TAG))


def test_E8_refuses_a_recipient_told_to_the_hospital_that_took_the_cells() -> None:
    of_others().when(vigilance.disclosure("TREATMENT", COLLECTING, coi=[CHAIN])).then_refused(bar("E8", CHAIN_TAG))
    of_others().when(vigilance.disclosure("TREATMENT", TREATING, coi=[CHAIN])).then_recorded()


@pytest.mark.parametrize("purpose", ["TRACING", "COURT"])
def test_E8_accepts_both_sides_told_in_order_to_trace_or_by_a_court(purpose: str) -> None:
    of_others().when(vigilance.disclosure(purpose, TREATING, donor=DONOR, coi=[CHAIN])).then_recorded()
    of_others().when(vigilance.disclosure(purpose, COLLECTING, coi=[CHAIN])).then_recorded()


def test_E8_knows_one_side_of_own_cells() -> None:
    own().when(vigilance.disclosure("TREATMENT", COLLECTING, coi=[CHAIN], patient=PATIENT)).then_recorded()


def test_E8_notes_who_stands_on_both_sides() -> None:
    ledger = of_others()
    ledger.given(world.prescription(site=world.APHERESIS_UNIT, organisation=COLLECTING, at="2026-04-07T12:00Z"))
    told = vigilance.disclosure("TREATMENT", COLLECTING, donor=DONOR, coi=[CHAIN])
    ledger.when(told).then_noted(note("E8", DONOR_TAG), note("E8", CHAIN_TAG))


def test_E8_knows_a_side_by_who_runs_the_site() -> None:
    hidden = world.prescription(organisation=None, coi=CHAIN)
    ledger = given(*world.until("circulation", prescription=hidden, **world.allogeneic()))
    told = vigilance.disclosure("OTHER", TREATING, donor=DONOR, coi=[CHAIN])
    ledger.when(told).then_refused(bar("E8", DONOR_TAG))


def test_E8_notes_a_donor_told_to_a_hospital_of_which_nothing_else_is_known() -> None:
    ledger = of_others()
    ledger.when(world.organisation(UNIVERSITY)).then_recorded()
    ledger.when(vigilance.disclosure("OTHER", UNIVERSITY, donor=DONOR)).then_noted(note("E8", DONOR_TAG))


def test_E8_says_nothing_of_sides_that_nothing_is_known_of() -> None:
    Asked().when(vigilance.disclosure("OTHER", UNIVERSITY, donor=DONOR, coi=[CHAIN])).then_recorded()


def test_E8_refuses_a_notice_that_tells_the_other_side_and_a_deviation_keeps_it() -> None:
    told = vigilance.notice(TREATING, tells=["IDENTITY_SIDE_DONOR"])
    of_others().when(told).then_refused(bar("E8", CHAIN_TAG))
    back = vigilance.notice(COLLECTING, tells=["IDENTITY_SIDE_RECIPIENT"])
    of_others().when(back).then_refused(bar("E8", CHAIN_TAG))
    forced = vigilance.notice(TREATING, tells=["IDENTITY_SIDE_DONOR"], exceptions=[world.DEVIATION])
    of_others().when(forced).then_deviation(bar("E8", CHAIN_TAG))


@pytest.mark.parametrize("opened", [vigilance.lookback(), making.recall(case=CASE)], ids=["look-back", "recall"])
def test_E8_accepts_a_notice_by_which_a_recall_or_look_back_traces(opened: world.Draft) -> None:
    ledger = of_others().given(opened)
    ledger.when(vigilance.notice(TREATING, tells=["IDENTITY_SIDE_DONOR"])).then_recorded()


def test_a_look_back_that_was_opened_before_a_notice_and_comes_late_cures_it() -> None:
    ledger = of_others()
    forced = vigilance.notice(TREATING, tells=["IDENTITY_SIDE_DONOR"], exceptions=[world.DEVIATION])
    ledger.when(forced).then_deviation(bar("E8", CHAIN_TAG))
    deviation = ledger.position
    ledger.when(vigilance.lookback()).then_recorded()
    assert [(cure.deviation, cure.rule) for cure in ledger.record.verdict.cures] == [(deviation, "E8")]


def test_E8_accepts_a_notice_that_tells_of_nobody() -> None:
    of_others().when(vigilance.notice(TREATING)).then_recorded()


def test_E8_notes_a_look_back_that_names_both() -> None:
    of_others().when(vigilance.lookback(patient=PATIENT)).then_noted(note("E8", tag("case", CASE)))
    of_others().when(vigilance.lookback()).then_recorded()


# I5


def research(**changes: object) -> world.Draft:
    """Data of the patient's chain for research."""
    return vigilance.disclosure("RESEARCH", UNIVERSITY, coi=[CHAIN], **changes)


def test_I5_accepts_data_told_on_a_consent_in_force_or_on_a_legal_basis() -> None:
    kinds = ["CONSENT_KIND_PROCUREMENT_STORAGE_USE", "CONSENT_KIND_TREATMENT", "CONSENT_KIND_RESEARCH"]
    given(*world.until("circulation", consent=world.consent(kinds=kinds))).when(research()).then_recorded()
    own().when(research(legal_basis="an order of the court")).then_recorded()
    own().when(vigilance.disclosure("INSPECTOR", coi=[CHAIN])).then_recorded()


def test_I5_refuses_data_told_on_a_consent_that_was_withdrawn() -> None:
    ledger = own().given(world.withdrawal(kinds=["CONSENT_KIND_RESEARCH"], at="2026-04-14T10:00Z"))
    ledger.when(research()).then_refused(bar("I5", PATIENT_TAG))
    named = research(legal_basis="the protocol", consent="CONSENT_KIND_RESEARCH")
    ledger.when(named).then_refused(bar("I5", PATIENT_TAG))


@pytest.mark.parametrize("purpose", ["REGISTRY", "MARKETING_AUTHORISATION_HOLDER"])
def test_I5_notes_data_told_where_nothing_is_known_of_the_consent(purpose: str) -> None:
    ledger = own()
    ledger.when(vigilance.disclosure(purpose, coi=[CHAIN], patient=PATIENT)).then_noted(note("I5", PATIENT_TAG))
