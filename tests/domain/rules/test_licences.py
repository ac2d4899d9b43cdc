"""Rules L and D8: is whoever does it entitled to, here, for this product?"""

from datetime import timedelta

import pytest

from tests.support import making, world
from tests.support.judged import Asked, bar, given, note
from tests.support.world import APHERESIS_UNIT, DEVIATION, HTA, MIA, POC_SITE, SECOND_POC_SITE, tag

UNIT, WORKS, POC = tag("site", APHERESIS_UNIT), tag("site", world.CENTRAL_SITE), tag("site", POC_SITE)
PRODUCT = tag("product", world.PRODUCT)
AGREEMENT = world.name("agreement.RR8", "TPA-1")
OTHER_PRODUCT = world.name("product.MPC", "other")


# L1


def test_L1_accepts_a_licence_that_the_site_registered() -> None:
    ledger = given(*world.until("apheresis")).when(world.apheresis()).then_recorded()
    assert ledger.resolved() == {
        "basis": tag("licence", HTA),
        "nation": "ENGLAND",
    }


def test_L1_accepts_a_licence_that_the_fact_names_and_the_site_did_not_register() -> None:
    bare = world.site(APHERESIS_UNIT, world.COLLECTING)
    given(*world.until("apheresis", apheresis_unit=bare)).when(
        world.apheresis(envelope={"licence": HTA})
    ).then_recorded()


def test_L1_accepts_a_poc_site_by_the_licence_of_its_control_site() -> None:
    given(*world.until("poc_batch")).when(world.poc_batch()).then_recorded()


def test_L1_accepts_one_valid_basis_beside_one_that_has_ended() -> None:
    old = world.basis("PROCUREMENT", HTA, effective_to="2026-02-01")
    agreed = world.basis("PROCUREMENT", agreement=AGREEMENT)
    unit = world.site(APHERESIS_UNIT, world.COLLECTING, bases=[old, agreed])
    ledger = given(*world.until("apheresis", apheresis_unit=unit), world.agreement(AGREEMENT))
    ledger.when(world.apheresis()).then_recorded()
    assert ledger.resolved()["basis"] == tag("agreement", AGREEMENT)


@pytest.mark.parametrize("kind", ["agreement", "authorisation"])
def test_L1_accepts_an_agreement_or_authorisation_that_the_site_registered(kind: str) -> None:
    unit = world.site(APHERESIS_UNIT, world.COLLECTING, bases=[world.basis("PROCUREMENT", **{kind: AGREEMENT})])
    paper = world.agreement(AGREEMENT) if kind == "agreement" else world.authorisation(authorisation=AGREEMENT)
    ledger = given(*world.until("apheresis", apheresis_unit=unit), paper)
    ledger.when(world.apheresis(envelope={kind: AGREEMENT})).then_recorded()
    assert ledger.resolved()["basis"] == tag(kind, AGREEMENT)


def test_L1_refuses_an_agreement_that_the_site_did_not_register() -> None:
    given(*world.until("apheresis")).when(world.apheresis(envelope={"agreement": AGREEMENT})).then_refused(
        bar("L1", UNIT)
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"effective_to": "2026-04-06"},
        {"activities": ["ACTIVITY_STORAGE"]},
        {"sites": [world.CENTRAL_SITE]},
        {"held_by": world.CENTRAL},
    ],
    ids=["ended", "other activity", "other site", "other holder"],
)
def test_L1_refuses_a_licence_that_does_not_carry_it(changes: world.Data) -> None:
    given(*world.until("apheresis", tissue_licence=world.tissue_licence(**changes))).when(
        world.apheresis()
    ).then_refused(bar("L1", UNIT))


def test_L1_refuses_a_licence_that_nobody_granted() -> None:
    ledger = given(*world.until("apheresis", tissue_licence=None))
    ledger.when(world.apheresis()).then_refused(bar("L1", UNIT), bar("D8", UNIT))


def test_L1_refuses_a_licence_that_begins_the_day_after() -> None:
    ledger = given(*world.until("apheresis", tissue_licence=world.tissue_licence(effective_from="2026-04-08")))
    ledger.when(world.apheresis()).then_refused(bar("L1", UNIT), bar("D8", UNIT))


@pytest.mark.parametrize(
    ("day", "midnight"), [("2026-04-06", "2026-04-06T23:00Z"), ("2026-01-31", "2026-02-01T00:00Z")]
)
def test_L1_refuses_from_midnight_in_the_united_kingdom_after_the_last_day(day: str, midnight: str) -> None:
    early = {"at": "2026-01-10T09:00Z"}
    told = world.until(
        "apheresis",
        tissue_licence=world.tissue_licence(effective_to=day),
        prescription=world.prescription(**early),
        chain=world.chain(**early),
        consent=world.consent(**early),
        identification=world.identification(**early),
    )
    exact = {"uncertainty_ms": 0, "ended_at": world.time("2026-05-01T00:00Z"), "exceptions": [DEVIATION]}
    last = world.time(midnight) - timedelta(microseconds=1)
    given(*told).when(world.apheresis(at=last, **exact)).then_recorded()
    given(*told).when(world.apheresis(at=midnight, **exact)).then_deviation(bar("L1", UNIT))


def test_L1_notes_a_licence_that_ended_inside_the_uncertainty() -> None:
    ended = world.tissue_licence(effective_to="2026-04-06")
    told = world.until("apheresis", tissue_licence=ended, identification=world.identification(at="2026-04-06T20:00Z"))
    given(*told).when(world.apheresis(at="2026-04-06T23:00Z", uncertainty_ms=1)).then_noted(note("L1", UNIT))


def test_L1_refuses_when_the_site_is_registered_no_more() -> None:
    closed = world.site(
        APHERESIS_UNIT, world.COLLECTING, bases=[world.basis("PROCUREMENT", HTA)], effective_to="2026-04-01"
    )
    given(*world.until("apheresis", apheresis_unit=closed)).when(world.apheresis()).then_refused(bar("L1", UNIT))


def test_L1_refuses_when_the_site_relied_on_it_until_an_earlier_day() -> None:
    ended = world.basis("PROCUREMENT", HTA, effective_to="2026-04-01")
    unit = world.site(APHERESIS_UNIT, world.COLLECTING, bases=[ended])
    given(*world.until("apheresis", apheresis_unit=unit)).when(world.apheresis()).then_refused(bar("L1", UNIT))


def test_L1_refuses_a_site_that_is_not_registered() -> None:
    ledger = given(*world.until("apheresis", apheresis_unit=None))
    ledger.when(world.apheresis()).then_refused(bar("L1", UNIT), bar("D8", UNIT))


@pytest.mark.parametrize("lines", [[{"product": OTHER_PRODUCT}], None], ids=["other", "any"])
def test_L1_refuses_a_product_that_is_not_on_a_licence_with_products(lines: list[world.Data] | None) -> None:
    ledger = given(*world.until("central_batch", central_licence=world.central_licence(product_lines=lines)))
    ledger.when(world.central_batch())
    if lines is None:
        ledger.then_recorded()
    else:
        ledger.then_refused(bar("L1", WORKS))


# D8


@pytest.mark.parametrize("kind", ["HUMAN_APPLICATION", "BLOOD_ESTABLISHMENT"])
def test_D8_accepts_an_hta_licence_or_a_blood_establishment(kind: str) -> None:
    licence = world.tissue_licence(kind=f"LICENCE_KIND_{kind}")
    given(*world.until("apheresis", tissue_licence=licence)).when(world.apheresis()).then_recorded()


def test_D8_accepts_an_agreement_with_a_holder() -> None:
    unit = world.site(APHERESIS_UNIT, world.COLLECTING, bases=[world.basis("PROCUREMENT", agreement=AGREEMENT)])
    ledger = given(*world.until("apheresis", apheresis_unit=unit), world.agreement(AGREEMENT))
    ledger.when(world.apheresis()).then_recorded()


def test_D8_refuses_cells_taken_under_another_licence() -> None:
    licence = world.tissue_licence(kind="LICENCE_KIND_MANUFACTURING")
    ledger = given(*world.until("apheresis", tissue_licence=licence))
    ledger.when(world.apheresis()).then_refused(bar("D8", UNIT))
    assert ledger.answer.findings[0].found == "cells taken under: MANUFACTURING"


# L2


@pytest.mark.parametrize("modes", ["of the line", "of the licence"])
def test_L2_accepts_a_product_licensed_for_the_mode(modes: str) -> None:
    line = {"product": world.PRODUCT, "modes": ["MANUFACTURING_MODE_POINT_OF_CARE"]}
    licence = world.licence(modes=None, product_lines=[line]) if modes == "of the line" else world.licence()
    given(*world.until("poc_batch", licence=licence)).when(world.poc_batch()).then_recorded()


def test_L2_accepts_central_manufacture_under_a_licence_without_modes() -> None:
    given(*world.until("central_batch")).when(world.central_batch()).then_recorded()


@pytest.mark.parametrize(
    "changes",
    [
        {"modes": ["MANUFACTURING_MODE_MODULAR"]},
        {"product_lines": None},
        {"product_lines": [{"product": world.PRODUCT, "modes": ["MANUFACTURING_MODE_CENTRAL"]}]},
    ],
    ids=["other mode", "no products", "line for another mode"],
)
def test_L2_refuses_a_mode_that_the_licence_does_not_have(changes: world.Data) -> None:
    ledger = given(*world.until("poc_batch", licence=world.licence(**changes)))
    ledger.when(world.poc_batch()).then_refused(bar("L2", PRODUCT))


def test_L2_refuses_a_modular_unit_under_a_licence_for_the_point_of_care() -> None:
    unit = world.poc_site(kind="SITE_KIND_MODULAR")
    modular = world.designation(mode="MANUFACTURING_MODE_MODULAR")
    ledger = given(*world.until("poc_batch", poc_site=unit, designation=modular))
    ledger.when(world.poc_batch()).then_refused(bar("L2", PRODUCT))


def test_L2_refuses_the_steps_in_a_batch_as_well() -> None:
    varied = world.licence(
        modes=["MANUFACTURING_MODE_MODULAR"], change="GRANT_CHANGE_VARIED", effective_from="2026-04-01"
    )
    ledger = given(*world.until("poc_batch"), world.poc_batch(at="2026-04-13T21:00Z"), varied)
    ledger.when(world.completion()).then_refused(bar("L2", PRODUCT))


def test_L2_refuses_decentralised_manufacture_at_a_site_without_control_site() -> None:
    here = world.poc_batch(site=world.CENTRAL_SITE, licence=MIA, organisation=world.CENTRAL)
    given(*world.until("poc_batch")).when(here).then_refused(bar("L2", PRODUCT))


# L3


def test_L3_accepts_a_site_in_the_version_in_force() -> None:
    given(*world.until("poc_batch")).when(world.poc_batch(masterfile=None)).then_recorded()


def test_L3_refuses_a_site_that_no_version_lists() -> None:
    elsewhere = world.masterfile(sites=[{"site": SECOND_POC_SITE}])
    ledger = given(*world.until("poc_batch", masterfile=elsewhere))
    ledger.when(world.poc_batch()).then_refused(bar("L3", POC))
    assert ledger.answer.findings[0].found == f"not in {tag('masterfile', world.MASTER_FILE)} 1.0"


UNLICENSED = world.poc_site(POC_SITE, bases=None)


def nameless(material: world.Data = world.CELLS, **changes: object) -> world.Draft:
    """A step at the POC site that says neither batch nor activity."""
    same = {"inputs": [{"material": material}], "outputs": [world.filled(material, world.quantity("50"))]}
    frame = {
        "site": POC_SITE,
        "by": world.SCIENTIST,
        "checked_by": [world.PHARMACIST],
        "organisation": world.TREATING,
        "at": "2026-04-14T06:20Z",
        "ended_at": world.time("2026-04-14T06:25Z"),
    }
    return making.step(**{"batch": None, **same, **frame, **changes})


def test_L1_refuses_a_step_that_says_nothing_of_itself_where_it_goes_on_with_an_intermediate() -> None:
    ledger = given(*world.until("poc_batch", poc_site=UNLICENSED))
    ledger.when(nameless()).then_refused(bar("L1", POC))
    assert ledger.answer.findings[0].must.endswith("or its activity said where it is another")
    given(*world.until("poc_batch")).when(nameless()).then_recorded()


def test_L1_notes_a_step_that_says_nothing_of_itself_on_starting_material_and_on_a_finished_product() -> None:
    bare = world.site(world.APHERESIS_UNIT, world.COLLECTING, bases=[world.basis("PROCUREMENT", HTA)])
    place = {"site": world.APHERESIS_UNIT, "by": world.COLLECTOR, "checked_by": [world.SECOND_COLLECTOR]}
    when = {"at": "2026-04-07T12:30Z", "ended_at": world.time("2026-04-07T12:40Z"), "organisation": world.COLLECTING}
    ledger = given(*world.until("dispatch", apheresis_unit=bare))
    ledger.when(nameless(world.BAG_A, **place, **when)).then_noted(note("L1", UNIT))
    made = given(*world.until("check")).given(UNLICENSED)
    late = {"at": "2026-04-14T10:05Z", "ended_at": world.time("2026-04-14T10:06Z")}
    made.when(nameless(world.FINAL, **late)).then_noted(note("L1", POC))


def test_L3_refuses_before_the_first_version() -> None:
    ledger = given(*world.until("poc_batch", masterfile=world.masterfile(effective_from="2026-04-15")))
    ledger.when(world.poc_batch()).then_refused(bar("L3", POC))
    assert ledger.answer.findings[0].found == "no master file of the product in force"


def test_L3_refuses_the_master_file_of_another_product() -> None:
    ledger = given(*world.until("poc_batch", masterfile=world.masterfile(product=OTHER_PRODUCT)))
    ledger.when(world.poc_batch()).then_refused(bar("L3", POC))


def test_L3_refuses_a_site_that_the_newest_version_dropped() -> None:
    dropped = world.masterfile(version="2.0", sites=[{"site": SECOND_POC_SITE}], effective_from="2026-04-14")
    ledger = given(*world.until("poc_batch"), dropped)
    ledger.when(world.poc_batch(masterfile_version="2.0")).then_refused(bar("L3", POC))


def in_process(**changes: object) -> Asked:
    """A batch is open at the POC site when the site is suspended from 07:00."""
    return given(*world.until("completion"), world.suspension(since="2026-04-14T07:00Z", **changes))


NEW, ALL, USE = (f"SUSPENSION_SCOPE_{scope}" for scope in ("NEW_BATCHES", "ALL_MANUFACTURE", "ALSO_RELEASE_AND_USE"))


@pytest.mark.parametrize("scope", [NEW, ALL, USE, None])
def test_L3_refuses_a_new_batch_under_any_suspension(scope: str | None) -> None:
    given(*world.until("poc_batch"), world.suspension(scope=scope)).when(world.poc_batch()).then_refused(bar("L3", POC))


@pytest.mark.parametrize("scope", [ALL, None])
@pytest.mark.parametrize("rest", [None, "BATCHES_IN_PROCESS_STOP", "BATCHES_IN_PROCESS_TRANSFER"])
def test_L3_refuses_to_go_on_with_a_batch_in_process(scope: str | None, rest: str | None) -> None:
    in_process(scope=scope, batches_in_process=rest).when(world.completion()).then_refused(bar("L3", POC))


@pytest.mark.parametrize(("scope", "rest"), [(NEW, None), (ALL, "BATCHES_IN_PROCESS_FINISH_UNDER_QA")])
def test_L3_accepts_to_finish_a_batch_in_process_where_the_suspension_says_so(scope: str, rest: str | None) -> None:
    in_process(scope=scope, batches_in_process=rest).when(world.completion()).then_recorded()


def test_L3_refuses_to_finish_a_batch_that_was_opened_after_the_suspension() -> None:
    finish = {"scope": ALL, "batches_in_process": "BATCHES_IN_PROCESS_FINISH_UNDER_QA"}
    ledger = given(*world.until("poc_batch"), world.suspension(**finish))
    ledger.when(world.poc_batch(exceptions=[DEVIATION])).then_deviation("L3")
    ledger.when(world.completion()).then_refused(bar("L3", POC))


def test_L3_accepts_release_and_use_of_what_was_made_before_a_suspension_of_manufacture() -> None:
    ledger = given(*world.until("release"), world.suspension(since="2026-04-14T09:55Z"))
    ledger.given(world.release(), world.check()).when(world.start()).then_recorded()


def test_L3_refuses_release_and_use_when_the_suspension_says_so() -> None:
    suspended = world.suspension(since="2026-04-14T09:55Z", scope=USE)
    given(*world.until("release"), suspended).when(world.release()).then_refused(bar("L3", POC))
    given(*world.until("start"), suspended_again()).when(world.start()).then_refused(bar("L3", POC))


def suspended_again() -> world.Draft:
    """The same, after the release."""
    return world.suspension(since="2026-04-14T10:00Z", scope=USE)


def test_L3_refuses_to_give_elsewhere_what_was_made_at_a_site_whose_products_may_not_be_used() -> None:
    ledger = given(*world.until("check"), world.check(site=SECOND_POC_SITE), suspended_again())
    ledger.when(world.start(site=SECOND_POC_SITE)).then_refused(
        bar("L3", POC), note("C2", tag("material", world.FINAL))
    )


def test_L3_accepts_a_suspension_of_another_master_file_or_site() -> None:
    other = world.suspension(masterfile=world.name("dmmf.MPC", "DMMF-002"))
    given(*world.until("poc_batch"), other, world.suspension(SECOND_POC_SITE)).when(world.poc_batch()).then_recorded()


def test_L3_notes_a_suspension_inside_the_uncertainty() -> None:
    just = world.suspension(since="2026-04-14T06:29:30Z")
    given(*world.until("poc_batch"), just).when(world.poc_batch()).then_noted(note("L3", POC))
