"""Rules L12, L13 and L14: supply of specials, and under the hospital exemption."""

import pytest

from tests.support import released, world
from tests.support.judged import Asked, bar, given, note
from tests.support.released import WHOLESALE
from tests.support.world import CENTRAL, CHAIN, CONTROL_SITE, FINAL, POC_SITE, TREATING, tag

BAG, ORDER, WARD = tag("material", FINAL), tag("coi", CHAIN), tag("site", POC_SITE)
UNSOLICITED = {"specification": "as discussed", "unsolicited": True}
NEED = {**UNSOLICITED, "special_need": "no licensed product suits"}


def by_controller(kind: str, route: world.Draft | None = None, **slots: world.Draft) -> Asked:
    """Made, tested, released by the quality controller, and at the bedside."""
    ledger = given(*released.made_centrally(**slots), released.result("sterility"), released.result())
    ledger.given(released.reviewed(ledger.position_of("ManufactureCompleted")), route or released.route(kind))
    return ledger.given(released.controlled(route=f"ROUTE_{kind}"), *released.delivered())


@pytest.mark.parametrize("special", [NEED, UNSOLICITED], ids=["need in the prescription", "need with the route"])
def test_L12_accepts_a_special_that_was_ordered_by_a_prescriber_for_a_patient_in_need(special: world.Data) -> None:
    ledger = by_controller("SPECIAL", prescription=world.prescription(special=special))
    ledger.when(released.dispensed()).then_recorded()
    ledger.when(world.start()).then_recorded()


def test_L12_refuses_a_solicited_order() -> None:
    solicited = world.prescription(special={**NEED, "unsolicited": False})
    given(*world.registers()).when(solicited).then_refused(bar("L12", ORDER))


def test_L12_refuses_the_route_of_a_special_without_a_special_need() -> None:
    ledger = given(*world.until("consent"))
    ledger.when(released.route("SPECIAL", special_need=None)).then_refused(bar("L12", ORDER))


def test_L12_refuses_to_supply_a_special_without_a_specification_and_notes_it_at_the_bedside() -> None:
    ledger = by_controller("SPECIAL")
    ledger.when(released.dispensed()).then_refused(bar("L12", BAG))
    ledger.when(world.start()).then_noted(note("L12", BAG))


def test_L12_refuses_to_supply_what_turned_out_to_be_solicited() -> None:
    ledger = by_controller("SPECIAL", prescription=world.prescription(special=NEED))
    prescribed = ledger.position_of("TherapyPrescribed")
    right = world.prescription(special={**NEED, "unsolicited": False})
    ledger.when(world.corrected(prescribed, right, exceptions=[world.DEVIATION])).then_deviation(bar("L12", ORDER))
    ledger.when(released.dispensed()).then_refused(bar("L12", BAG))


def test_L13_accepts_what_is_prescribed_for_a_patient_of_a_hospital() -> None:
    ledger = by_controller("HOSPITAL_EXEMPTION")
    ledger.when(released.dispensed()).then_recorded()
    ledger.when(world.start()).then_recorded()


@pytest.mark.parametrize("said", [None, False])
def test_L13_refuses_a_route_that_is_routine_or_not_said_not_to_be(said: bool | None) -> None:
    ledger = given(*world.until("consent"))
    ledger.when(released.route("HOSPITAL_EXEMPTION", non_routine=said)).then_refused(bar("L13", ORDER))


def test_L13_refuses_to_supply_outside_a_hospital_and_notes_it_at_the_bedside() -> None:
    clinic = world.organisation(TREATING, roles=["ORGANISATION_ROLE_OTHER"])
    ledger = by_controller("HOSPITAL_EXEMPTION", treating=clinic)
    ledger.when(released.dispensed()).then_refused(bar("L13", WARD))
    ledger.when(world.start()).then_noted(note("L13", WARD))


def test_L13_refuses_to_supply_without_an_individual_prescription() -> None:
    group = "PRESCRIPTION_BASIS_PATIENT_GROUP_DIRECTION"
    directed = world.product(
        in_use_limit_seconds=None,
        cell_or_tissue_based=True,
        prescription_bases=["PRESCRIPTION_BASIS_PRESCRIPTION", group],
    )
    ledger = by_controller("HOSPITAL_EXEMPTION", product=directed, prescription=world.prescription(basis=group))
    ledger.when(released.dispensed(basis=group)).then_refused(bar("L13", BAG))


def test_L13_reads_the_exemption_of_the_product_where_no_route_was_confirmed() -> None:
    exempt = world.authorisation(kind="AUTHORISATION_KIND_HOSPITAL_EXEMPTION")
    clinic = world.organisation(TREATING, roles=["ORGANISATION_ROLE_OTHER"])
    told = (*released.made_centrally(treating=clinic), exempt, released.result("sterility"), released.result())
    ledger = given(*told)
    ledger.given(released.reviewed(ledger.position_of("ManufactureCompleted")))
    ledger.given(released.controlled(), *released.delivered())
    ledger.when(released.dispensed()).then_refused(bar("L13", WARD))


WHOLESALER = world.licence(
    WHOLESALE,
    kind="LICENCE_KIND_WHOLESALE",
    held_by=CENTRAL,
    sites=[world.CENTRAL_SITE],
    activities=["ACTIVITY_WHOLESALE"],
    modes=None,
    product_lines=None,
)
ORDERED = {
    "coi": CHAIN,
    "patient": world.PATIENT,
    "product": world.PRODUCT,
    "manufacturer": CENTRAL,
    "order": "ORD-1",
    "site": POC_SITE,
    "at": "2026-03-31T09:00Z",
}


def to_be_sold(kind: str = "HOSPITAL_EXEMPTION", *facts: world.Draft) -> Asked:
    """Released by the quality controller, at the central site."""
    told = (*released.made_centrally(), released.result("sterility"), released.result(), WHOLESALER, *facts)
    ledger = given(*told, released.route(kind))
    ledger.given(released.reviewed(ledger.position_of("ManufactureCompleted")))
    return ledger.given(released.controlled(route=f"ROUTE_{kind}"))


SALE = {"materials": [FINAL], "envelope": {"licence": WHOLESALE}}


def test_L14_accepts_a_sale_to_who_ordered_it_for_a_patient() -> None:
    ledger = to_be_sold("HOSPITAL_EXEMPTION", world.sample("OrderPlaced", **ORDERED))
    ledger.when(world.second_dispatch(**SALE)).then_recorded()


def test_L14_accepts_a_sale_to_another_wholesaler_and_what_is_no_sale() -> None:
    ledger = to_be_sold()
    ledger.when(world.second_dispatch(materials=[FINAL])).then_recorded()
    roles = ["ORGANISATION_ROLE_WHOLESALER"]
    trader = world.organisation(TREATING, roles=roles)
    silent = to_be_sold("HOSPITAL_EXEMPTION", trader).when(world.second_dispatch(**SALE))
    silent.then_noted(note("L14", WARD))
    other = world.name("mhra", "WDA-99003")
    theirs = world.licence(
        other, kind="LICENCE_KIND_WHOLESALE", held_by=TREATING, sites=[POC_SITE], modes=None, product_lines=None
    )
    known = world.poc_site(bases=[world.basis("WHOLESALE", other)])
    licensed = to_be_sold("HOSPITAL_EXEMPTION", trader, theirs, known)
    licensed.when(world.second_dispatch(**SALE)).then_recorded()


def test_L14_asks_nothing_of_another_route() -> None:
    ledger = given(*released.made_centrally(), WHOLESALER)
    ledger.when(world.second_dispatch(**SALE)).then_recorded()


def test_L14_refuses_a_sale_to_who_solicited_it_for_no_patient() -> None:
    to_be_sold().when(world.second_dispatch(**SALE)).then_refused(bar("L14", BAG))
    elsewhere = world.sample("OrderPlaced", **{**ORDERED, "site": CONTROL_SITE, "organisation": world.CONTROL})
    to_be_sold("HOSPITAL_EXEMPTION", elsewhere).when(world.second_dispatch(**SALE)).then_refused(bar("L14", BAG))


def test_L14_refuses_a_sale_to_who_may_not_give_it_though_they_ordered_it() -> None:
    clinic = world.organisation(TREATING, roles=["ORGANISATION_ROLE_LABORATORY"])
    ordered = world.sample("OrderPlaced", **ORDERED)
    sale = to_be_sold("HOSPITAL_EXEMPTION", ordered, clinic).when(world.second_dispatch(**SALE))
    sale.then_refused(bar("L14", WARD))
    gives = world.poc_site(bases=[world.basis("MANUFACTURE", world.MIA_POC), world.basis("ADMINISTRATION", world.HTA)])
    to_be_sold("HOSPITAL_EXEMPTION", ordered, clinic, gives).when(world.second_dispatch(**SALE)).then_recorded()


def bought(*facts: world.Draft, **receipt: object) -> Asked:
    """It comes back on the road, to a wholesaler: from the ward to another site of who deals in medicines."""
    store, road = world.name("gs1-gln", "9506000140049"), world.name("agreement.RXK", "CAR-2")
    trader = (
        world.organisation(world.CONTROL, roles=["ORGANISATION_ROLE_WHOLESALER"]),
        world.site(store, world.CONTROL),
        world.agreement(
            road,
            giver=TREATING,
            acceptor=world.CARRIER,
            purpose="AGREEMENT_PURPOSE_CARRIER",
            activities=["ACTIVITY_TRANSPORT"],
        ),
    )
    ledger = to_be_sold("HOSPITAL_EXEMPTION", *trader, *facts)
    ledger.given(world.second_dispatch(materials=[FINAL]), world.second_receipt(materials=[FINAL]))
    other = {"consignment": world.OTHER_CONSIGNMENT, "materials": [FINAL], "agreement": road}
    there = {"site": POC_SITE, "by": world.PHARMACIST, "organisation": TREATING, "checked_by": []}
    sent = world.second_dispatch(
        **other, **there, destination=store, at="2026-04-13T21:30Z", due_by=world.time("2026-04-14T21:30Z")
    )
    ledger.when(sent)
    here = {"site": store, "organisation": world.CONTROL, "at": "2026-04-14T02:00Z"}
    return ledger.when(world.second_receipt(consignment=world.OTHER_CONSIGNMENT, materials=[FINAL], **here, **receipt))


def findings(ledger: Asked) -> set[tuple[str, str, str]]:
    """What L14 found on the last fact."""
    return {(item.rule, item.tag, item.weight.name) for item in ledger.answer.findings if item.rule == "L14"}


def test_L14_refuses_a_wholesaler_who_obtains_it_from_who_neither_makes_it_nor_deals_in_it() -> None:
    assert findings(bought(world.site(POC_SITE, TREATING))) == {("L14", BAG, "BAR")}


def test_L14_accepts_a_wholesaler_who_obtains_it_from_a_licence_holder() -> None:
    roles = ["ORGANISATION_ROLE_HOSPITAL", "ORGANISATION_ROLE_MANUFACTURER"]
    assert findings(bought(world.site(POC_SITE, TREATING), world.organisation(TREATING, roles=roles))) == set()
    assert findings(bought()) == set(), "the site works on a manufacturer's licence"


def test_L14_refuses_a_sale_after_the_order_was_cancelled() -> None:
    cancelled = world.sample(
        "OrderCancelled", coi=CHAIN, patient=world.PATIENT, order="ORD-1", site=POC_SITE, at="2026-04-01T09:00Z"
    )
    ledger = to_be_sold("HOSPITAL_EXEMPTION", world.sample("OrderPlaced", **ORDERED), cancelled)
    ledger.when(world.second_dispatch(**SALE)).then_refused(bar("L14", BAG))
