"""D1 by what the donor's history asks for: diluted samples, HTLV-I, gametes, and a second sample of what is kept."""

import pytest

from tests.support import released, world
from tests.support.judged import Asked, bar, given, note
from tests.support.world import BAG_A, BAG_B, DONATION, PATIENT, marker, name, tag

DONATED = tag("donation", DONATION)
D1 = bar("D1", DONATED)
DONOR = name("pseudonym", "01DONOR")
NAT = [marker(f"{virus}_NAT") for virus in ("HIV", "HBV", "HCV")]
SERUM = [marker(item) for item in world.MINIMUM]


def sampled(sample: world.Data, result: world.Data | None = None, **slots: world.Draft | None) -> Asked:
    """Collected, sampled and tested so."""
    told = {"sampling": world.sampling(**sample), "results": world.results(**(result or {})), **slots}
    return given(*world.until("circulation", **told))


@pytest.mark.parametrize(
    ("sample", "result"),
    [
        ({"haemodiluted": False}, {}),
        ({"haemodiluted": True, "dilution_percent": 50}, {}),
        ({"haemodiluted": True, "dilution_percent": 70}, {"dilution_validated": True}),
        ({"haemodiluted": True}, {"dilution_validated": True}),
    ],
)
def test_D1_accepts_a_sample_that_is_diluted_by_at_most_half_or_tested_for_it(
    sample: world.Data, result: world.Data
) -> None:
    sampled(sample, result).when(world.circulation()).then_recorded()


@pytest.mark.parametrize(
    ("sample", "words"),
    [
        ({"haemodiluted": True}, "sampled from diluted blood, and nobody worked out by how much"),
        ({"haemodiluted": True, "dilution_percent": 51}, "sampled from blood diluted by 51 %"),
        ({"dilution_percent": 60}, "sampled from blood diluted by 60 %"),
    ],
)
def test_D1_refuses_a_sample_of_blood_that_was_diluted_by_more_than_half_or_nobody_knows_how_much(
    sample: world.Data, words: str
) -> None:
    ledger = sampled(sample).when(world.circulation()).then_refused(D1)
    assert ledger.answer.findings[0].found == f"{words}: {', '.join(world.MINIMUM)}"
    ledger.when(world.circulation(quarantine_transfer=True)).then_recorded()


def test_D1_accepts_a_sample_from_before_the_transfusion_beside_a_diluted_one() -> None:
    before = world.results(sample=None, sampled_at=world.time("2026-04-07T06:00Z"), at="2026-04-08T05:20Z")
    ledger = sampled({"haemodiluted": True, "dilution_percent": 80}).given(before)
    ledger.when(world.circulation()).then_recorded()


def told(at: str = "2026-04-07T07:45Z", **said: object) -> world.Draft:
    """DonorHistoryTaken, of the patient."""
    data = {"patient": PATIENT, "exclusion_found": False, "checked_by": None, **said}
    return world.sample("DonorHistoryTaken", at=at, **data)


def with_history(history: world.Draft, *markers: world.Data) -> Asked:
    """The patient's history was taken, and markers were tested beside the minimum."""
    return given(*world.until("circulation", results=world.results(results=[*SERUM, *markers])), history)


def test_D1_accepts_a_donor_from_an_area_with_HTLV_who_was_tested_for_it() -> None:
    ledger = with_history(told(htlv_area=True), marker("ANTI_HTLV_1"))
    ledger.when(world.circulation()).then_recorded()


def test_D1_refuses_a_donor_from_an_area_with_HTLV_who_was_not_tested_for_it_or_too_late() -> None:
    ledger = with_history(told(htlv_area=True))
    ledger.when(world.circulation()).then_refused(D1)
    late = {"sample": None, "sampled_at": world.time("2026-04-20T08:00Z"), "at": "2026-04-21T08:00Z"}
    ledger.given(world.results(results=[marker("ANTI_HTLV_1")], **late))
    ledger.when(world.circulation(at="2026-04-21T09:00Z")).then_refused(D1)


def test_D1_hears_of_the_area_under_another_pseudonym_of_the_same_patient() -> None:
    other = name("pseudonym", "01OLDNAME")
    linked = released.linked(PATIENT, other, at="2026-04-01T09:00Z", effective_from="2026-04-01")
    ledger = given(*world.until("circulation"), linked, told(patient=other, htlv_area=True))
    ledger.when(world.circulation()).then_refused(D1)


def test_D1_refuses_to_certify_what_was_made_of_cells_whose_donor_was_not_tested_for_HTLV() -> None:
    ledger = given(*world.until("release"), told(at="2026-04-13T09:00Z", htlv_area=True))
    ledger.when(world.release()).then_refused(D1)


def test_D1_notes_travel_that_brings_a_risk_and_none_of_its_tests() -> None:
    with_history(told(travel_risk=True)).when(world.circulation()).then_noted(note("D1", DONATED))
    with_history(told(travel_risk=True), marker("MALARIA")).when(world.circulation()).then_recorded()
    with_history(told(travel_risk=False)).when(world.circulation()).then_recorded()


def taken(method: str, use: world.Data, **changes: object) -> world.Draft:
    """ProcurementPerformed: in the unit, in the morning."""
    data = {
        "donation": DONATION,
        **use,
        "method": f"PROCUREMENT_METHOD_{method}",
        "ended_at": world.time("2026-04-07T12:06Z"),
        "bags": [world.filled(BAG_A), world.filled(BAG_B)],
    }
    return world.fact("ProcurementPerformed", data, {**world._UNIT, "at": "2026-04-07T08:04Z"}, changes)


FOR_ANYBODY = {"coi": world.CHAIN, "allogeneic": {"donor": DONOR}}


def kept(
    method: str, use: world.Data = FOR_ANYBODY, tests: list[world.Data] | None = None, *, store: bool = True
) -> Asked:
    """Cells of a donor for others, tested on the day and, unless that is left out, put into a store."""
    slots = {
        **world.allogeneic(),
        "apheresis": taken(method, use),
        "results": world.results(None, donor=DONOR, results=tests or SERUM),
        "eligibility": world.eligibility(None, donor=DONOR),
        **dict.fromkeys(("dispatch", "receipt")),
    }
    if method == "GAMETE":
        slots["tissue_licence"] = world.tissue_licence(kind="LICENCE_KIND_FERTILITY", authority="AUTHORITY_HFEA")
        if "directed" in use:
            slots["consent"] = world.consent(None, donor=DONOR, coi=None)
            slots["identification"] = world.identification(None, donor=DONOR, coi=None)
    put = world.sample(
        "MaterialStored",
        materials=[BAG_A, BAG_B],
        zone=name("zone.RR8", "V-1"),
        site=world.APHERESIS_UNIT,
        by=world.COLLECTOR,
        organisation=world.COLLECTING,
        at="2026-04-07T13:00Z",
    )
    ledger = given(*world.until("circulation", **slots))
    if store:
        ledger.when(put)
    return ledger


def again(at: str, **changes: object) -> world.Draft:
    """DonorTestsResulted: a second sample, taken then."""
    result = {"sample": None, "sampled_at": world.time(at), "at": at, **changes}
    return world.results(None, donor=DONOR, **result)


@pytest.mark.parametrize("method", ["CORD_BLOOD", "TISSUE", "BIOPSY"])
def test_D1_refuses_stored_cells_for_others_until_a_second_sample_after_the_quarantine(method: str) -> None:
    ledger = kept(method).when(world.circulation()).then_refused(D1)
    assert ledger.answer.findings[0].found.startswith("kept for others, neither tested again 180 days")
    ledger.given(again("2026-10-04T12:05Z"))
    ledger.when(world.circulation(at="2026-10-05T09:00Z")).then_refused(D1)
    ledger.given(again("2026-10-04T12:06Z"))
    ledger.when(world.circulation(at="2026-10-05T09:00Z")).then_recorded()


def test_D1_accepts_stored_cells_for_others_that_were_tested_by_NAT_or_inactivated() -> None:
    kept("TISSUE", tests=[*SERUM, *NAT]).when(world.circulation()).then_recorded()
    kept("TISSUE").when(world.circulation(inactivated=True)).then_recorded()
    kept("TISSUE", tests=[*SERUM, *NAT[1:]]).when(world.circulation()).then_refused(D1)


def test_D1_accepts_cells_for_others_that_lay_in_no_store_and_progenitor_cells_and_blood() -> None:
    kept("TISSUE", store=False).when(world.circulation()).then_recorded()
    kept("BONE_MARROW").when(world.circulation()).then_recorded()
    given(*world.until("circulation", **world.allogeneic())).when(world.circulation()).then_recorded()


def test_D1_refuses_gametes_for_others_before_the_quarantine_is_over_wherever_they_lay() -> None:
    ledger = kept("GAMETE", store=False).when(world.circulation()).then_refused(D1)
    ledger.given(again("2026-10-04T12:06Z"))
    ledger.when(world.circulation(at="2026-10-05T09:00Z")).then_recorded()
    kept("GAMETE", tests=[*SERUM, *NAT], store=False).when(world.circulation()).then_recorded()


def test_D1_refuses_gametes_whose_donor_was_sampled_on_another_day() -> None:
    ledger = kept("GAMETE", tests=[marker("CMV")], store=False).given(again("2026-04-09T09:00Z"))
    ledger.given(again("2026-04-09T09:30Z", results=NAT))
    ledger.when(world.circulation(at="2026-04-10T10:00Z")).then_refused(D1)
    assert ledger.answer.findings[0].must == "donors of gametes tested at each donation"


def test_D1_asks_no_quarantine_of_the_gametes_of_a_partner() -> None:
    partner = {"directed": {"donor": DONOR, "recipient": PATIENT, "partner": True}}
    kept("GAMETE", partner).when(world.circulation()).then_recorded()
    stranger = {"directed": {"donor": DONOR, "recipient": PATIENT}}
    kept("GAMETE", stranger).when(world.circulation()).then_refused(D1)
