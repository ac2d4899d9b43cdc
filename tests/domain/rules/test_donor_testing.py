"""D1 and D3: the donor's tests, in time and by whom; what is positive is marked and kept apart."""

import pytest

from tests.support import released, world
from tests.support.judged import Asked, bar, given, note
from tests.support.world import BAG_A, DONATION, HTA, PATIENT, POC_BATCH, basis, marker, name, tag

DONATED, BAG = tag("donation", DONATION), tag("material", BAG_A)
D1, D3 = bar("D1", DONATED), bar("D3", BAG)
POSITIVE = [marker(item) for item in world.MINIMUM[1:]] + [marker("ANTI_HIV_1_2", "REACTIVE")]


def resulted(**changes: object) -> Asked:
    """Collected, and tested so."""
    return given(*world.until("circulation", results=world.results(**changes)))


def test_D1_accepts_a_release_with_every_marker_in_its_window() -> None:
    given(*world.until("circulation")).when(world.circulation()).then_recorded()


def test_D1_refuses_a_release_while_a_mandatory_marker_is_missing() -> None:
    partly = [marker(item) for item in world.MINIMUM[1:]]
    ledger = resulted(results=partly).when(world.circulation()).then_refused(D1)
    assert ledger.answer.findings[0].found == "no result: ANTI_HIV_1_2"
    resulted(results=[*partly, marker("ANTI_HIV_1_2", "NOT_DONE")]).when(world.circulation()).then_refused(D1)


def test_D1_accepts_a_transfer_in_quarantine_without_any_result() -> None:
    ledger = given(*world.until("dispatch"))
    ledger.when(world.circulation(at="2026-04-07T12:30Z", quarantine_transfer=True)).then_recorded()


def test_D1_refuses_to_release_a_donation_that_nobody_met() -> None:
    nowhere = name("isbt128-din", "A999926654321")
    unknown = world.circulation(donation=nowhere, materials=[name("isbt128-mpho", "A9999S1128A999926654321A00000")])
    given(*world.registers()).when(unknown).then_refused(bar("D1", tag("donation", nowhere)))


@pytest.mark.parametrize(
    ("sampled", "lawful"),
    [
        ("2026-04-06T08:03:59Z", False),
        ("2026-04-06T08:04Z", True),
        ("2026-04-14T12:06Z", True),
        ("2026-04-14T12:06:01Z", False),
    ],
)
def test_D1_asks_for_a_sample_from_the_day_before_to_seven_days_after(sampled: str, lawful: bool) -> None:
    late = world.results(sample=None, sampled_at=world.time(sampled), at="2026-04-15T09:00Z")
    told = world.until("results", sampling=None)
    ledger = given(*told, late).when(world.circulation(at="2026-04-15T10:00Z"))
    ledger.then_recorded() if lawful else ledger.then_refused(D1)


@pytest.mark.parametrize(("sampled", "lawful"), [("2026-03-08T08:04Z", True), ("2026-03-08T08:03Z", False)])
def test_D1_lets_a_donor_of_progenitor_cells_for_others_be_tested_thirty_days_before(
    sampled: str, lawful: bool
) -> None:
    slots = world.allogeneic()
    donor = name("pseudonym", "01DONOR")
    slots |= {
        "sampling": None,
        "results": world.results(None, donor=donor, sample=None, sampled_at=world.time(sampled)),
    }
    ledger = given(*world.until("circulation", **slots)).when(world.circulation())
    ledger.then_recorded() if lawful else ledger.then_refused(D1)


def test_D1_refuses_results_of_which_nobody_knows_when_the_sample_was_taken() -> None:
    given(*world.until("circulation", sampling=None)).when(world.circulation()).then_refused(D1)


def test_D1_refuses_a_laboratory_whose_licence_does_not_permit_testing() -> None:
    procuring = world.tissue_licence(activities=["ACTIVITY_PROCUREMENT", "ACTIVITY_STORAGE"])
    ledger = given(*world.until("results", tissue_licence=procuring))
    ledger.when(world.results()).then_noted(note("L1", tag("site", world.LABORATORY)))
    ledger.given(world.eligibility()).when(world.circulation())
    assert ledger.then_refused(D1).answer.findings[0].must == "tested by a laboratory authorised for it then"


def test_D1_notes_a_laboratory_of_which_no_register_speaks() -> None:
    silent = world.site(world.LABORATORY, world.COLLECTING)
    given(*world.until("circulation", laboratory=silent)).when(world.circulation()).then_noted(note("D1", DONATED))


def test_D1_refuses_the_release_of_a_product_made_at_risk_until_tests_and_release_are_in() -> None:
    nothing = dict.fromkeys(("results", "eligibility", "circulation", "acceptance"))
    ledger = given(*world.until("release", **nothing)).when(world.release()).then_refused(D1, bar("D9", DONATED))
    ledger.given(world.results(), world.circulation())
    ledger.when(world.release(at="2026-04-14T10:05Z")).then_recorded()


def test_D1_refuses_the_certification_too() -> None:
    nothing = dict.fromkeys(("results", "eligibility", "circulation", "acceptance"))
    certified = world.sample("QpCertified", batch=POC_BATCH, at="2026-04-14T09:58Z")
    ledger = given(*world.until("release", **nothing)).when(certified)
    assert {found.rule for found in ledger.answer.findings} >= {"D1", "D9"}


def blood_of(kind: str, *markers: str) -> Asked:
    """Whole blood, taken under a licence of a kind, with results for some markers."""
    taken = world.fact(
        "ProcurementPerformed",
        {
            "coi": world.CHAIN,
            "donation": DONATION,
            "autologous": {"patient": PATIENT},
            "method": "PROCUREMENT_METHOD_WHOLE_BLOOD",
            "ended_at": world.time("2026-04-07T12:06Z"),
            "bags": [world.filled(BAG_A), world.filled(world.BAG_B)],
        },
        {**world._UNIT, "at": "2026-04-07T08:04Z"},
        {},
    )
    slots = {
        "tissue_licence": world.tissue_licence(kind=f"LICENCE_KIND_{kind}"),
        "designated_role": world.role(world.DESIGNATED, "RESPONSIBLE_PERSON", on_licence=HTA),
        "apheresis": taken,
        "results": world.results(results=[marker(item) for item in markers]),
    }
    if kind == "HUMAN_APPLICATION":
        del slots["designated_role"]
    return given(*world.until("circulation", **slots))


def test_D1_accepts_whole_blood_of_a_blood_establishment_without_anti_HBc_and_syphilis_and_notes_it() -> None:
    ledger = blood_of("BLOOD_ESTABLISHMENT", "ANTI_HIV_1_2", "HBSAG", "ANTI_HCV").when(world.circulation())
    ledger.then_noted(note("D1", DONATED))
    assert ledger.answer.findings[0].found == "no result: ANTI_HBC, SYPHILIS"


def test_D1_refuses_whole_blood_of_a_blood_establishment_without_HBsAg_and_any_marker_under_an_HTA_licence() -> None:
    without = blood_of("BLOOD_ESTABLISHMENT", "ANTI_HIV_1_2", "ANTI_HBC", "ANTI_HCV", "SYPHILIS")
    without.when(world.circulation()).then_refused(D1)
    tissue = blood_of("HUMAN_APPLICATION", "ANTI_HIV_1_2", "HBSAG", "ANTI_HCV")
    tissue.when(world.circulation()).then_refused(D1)
    assert tissue.answer.findings[0].found == "no result: ANTI_HBC, SYPHILIS"


def made_on_the_spot(**changes: object) -> dict[str, world.Draft | None]:
    """Slots: collected where it is given, of a product that is not gene-modified, and nothing tested."""
    here = world.poc_site(
        bases=[basis("MANUFACTURE", world.MIA_POC), basis("PROCUREMENT", HTA), world.CONTAINED_USE],
    )
    licence = world.tissue_licence(held_by=world.TREATING, sites=[world.POC_SITE])
    return {
        **dict.fromkeys(("sampling", "dispatch", "receipt", "results", "eligibility", "circulation", "acceptance")),
        **dict.fromkeys(("central_batch", "modification", "second_dispatch", "second_receipt", "apheresis_unit")),
        "poc_site": here,
        "tissue_licence": licence,
        "product": world.product(gene_modified=False, **changes),
        "identification": world.identification(site=world.POC_SITE, at="2026-04-14T05:00Z"),
        "apheresis": world.apheresis(
            site=world.POC_SITE, at="2026-04-14T05:10Z", ended_at=world.time("2026-04-14T06:00Z")
        ),
        "completion": world.completion(inputs=[{"material": BAG_A}], losses=[]),
    }


def test_D1_needs_no_tests_of_what_is_made_and_given_on_the_spot() -> None:
    given(*world.until("release", **made_on_the_spot())).when(world.release()).then_recorded()


def test_D1_needs_tests_of_what_is_collected_on_the_spot_and_gene_modified() -> None:
    slots = {**made_on_the_spot(), "product": world.product()}
    del slots["completion"]
    ledger = given(*world.until("completion", **slots))
    ledger.when(world.completion(inputs=[{"material": BAG_A}], losses=[])).then_refused(bar("D9", BAG))


def positive(**slots: world.Draft | None) -> Asked:
    """The patient is known to be positive before the cells are taken."""
    early = world.results(
        sample=None, sampled_at=world.time("2026-04-07T07:50Z"), results=POSITIVE, at="2026-04-07T12:10Z"
    )
    return given(*world.until("dispatch", **slots), early)


def label(**changes: object) -> world.Draft:
    """A tissue label on the first bag."""
    data = {
        "material": BAG_A,
        "regime": "LABEL_REGIME_TISSUE",
        "donation": DONATION,
        "patient": PATIENT,
        "at": "2026-04-07T12:20Z",
    }
    return world.sample("LabelApplied", **{**data, "items": world.items(of="TISSUE"), **changes})


def stored(**changes: object) -> world.Draft:
    """The first bag, put away."""
    return world.sample("MaterialStored", materials=[BAG_A], at="2026-04-07T12:40Z", **changes)


def test_D3_accepts_the_warning_and_segregated_storage() -> None:
    positive().given(label(hazard_label=True), label(items=world.items("BIOLOGICAL_HAZARD", of="TISSUE"))).given(
        label()
    )
    ledger = positive().when(stored(segregation="SEGREGATION_CLASS_BIOLOGICAL_HAZARD"))
    assert "D3" not in {found.rule for found in ledger.answer.findings}


def test_D3_refuses_a_label_without_the_warning() -> None:
    positive().when(label()).then_refused(D3)


def test_D3_hears_a_positive_test_under_another_pseudonym_of_the_same_patient() -> None:
    other = world.name("pseudonym", "01OLDNAME")
    early = {"sample": None, "sampled_at": world.time("2026-04-07T07:50Z"), "at": "2026-04-07T12:10Z"}
    linked = released.linked(world.PATIENT, other, at="2026-04-01T09:00Z", effective_from="2026-04-01")
    ledger = given(*world.until("dispatch"), linked, world.results(other, results=POSITIVE, **early))
    ledger.when(label()).then_refused(D3)


def test_D3_refuses_storage_among_other_material_and_notes_a_place_of_no_class() -> None:
    among = positive().when(stored(segregation="SEGREGATION_CLASS_GENERAL"))
    assert D3 in {(found.rule, found.tag, found.weight) for found in among.answer.findings}
    nowhere = positive().when(stored(segregation=None))
    assert note("D3", BAG) in {(found.rule, found.tag, found.weight) for found in nowhere.answer.findings}


def test_D3_refuses_the_release_of_positive_material_without_the_warning() -> None:
    ledger = positive().when(world.circulation(materials=[BAG_A])).then_refused(D3)
    ledger.given(label(hazard_label=True)).when(world.circulation(materials=[BAG_A])).then_recorded()


def test_D3_believes_a_confirming_test_more_than_the_first() -> None:
    confirmed = [marker("ANTI_HIV_1_2", confirmatory=True)]
    ledger = positive().given(world.results(sample=None, results=confirmed, at="2026-04-07T12:15Z"))
    ledger.when(label()).then_recorded()


def test_D3_asks_for_no_warning_for_a_past_infection_with_cytomegalovirus() -> None:
    common = world.results(sample=None, results=[marker("CMV", "REACTIVE")], at="2026-04-07T12:10Z")
    given(*world.until("dispatch"), common).when(label()).then_recorded()
