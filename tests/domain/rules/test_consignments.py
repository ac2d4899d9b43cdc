"""Rules on the way: who had it between (C2), to whom it goes (C8), and what must not travel (R8)."""

import pytest

from ledger.domain.subjects.custody import CONSIGNMENT, Consignment, Gap
from tests.support import transport, world
from tests.support.judged import Asked, bar, given, note
from tests.support.transport import COURIER, handed_over
from tests.support.world import (
    BAG_A,
    BAG_B,
    CARRIER,
    CELLS,
    CENTRAL,
    COLLECTING,
    FINAL,
    FIRST_CONSIGNMENT,
    POC_SITE,
    SECOND_POC_SITE,
    TREATING,
    tag,
)

FIRST = tag("consignment", FIRST_CONSIGNMENT)
A, B, CELL_BAG, FINAL_BAG = (tag("material", item) for item in (BAG_A, BAG_B, CELLS, FINAL))
CARRIERS = tuple(world.organisation(item, roles=["ORGANISATION_ROLE_CARRIER"]) for item in (CARRIER, COURIER))


def sent(*more: world.Draft, **changed: world.Draft | None) -> Asked:
    """The bags are on their way to the central site."""
    return given(*world.until("receipt", **changed), *CARRIERS, *more)


def consignment(ledger: Asked) -> Consignment:
    """What is known of the first consignment."""
    found = ledger.ledger._sequencer._cache.history(CONSIGNMENT, FIRST)
    assert found is not None
    state: Consignment = found.newest
    return state


# C1


def test_C1_accepts_an_unexpected_arrival_without_a_dispatch() -> None:
    given(*world.until("dispatch")).when(transport.unexpected()).then_recorded()


def test_C1_notes_the_arrival_of_what_was_reported_as_lost() -> None:
    ledger = sent(transport.lost())
    lost = ledger.position
    ledger.when(world.receipt()).then_noted(note("C1", FIRST))
    assert ledger.answer.findings[0].found == f"reported as lost (fact {lost})"


# C2


def test_C2_accepts_to_pack_and_to_send_what_was_packed() -> None:
    ledger = given(*world.until("dispatch")).when(transport.packed()).then_recorded()
    ledger.when(world.dispatch(materials=None)).then_recorded()
    ledger.given(world.receipt(), world.results(), world.eligibility(), world.circulation(), world.acceptance())
    ledger.given(world.central_batch()).when(world.modification()).then_recorded()


def test_C2_refuses_to_send_what_was_packed_by_another_organisation() -> None:
    ledger = given(*world.until("dispatch"), transport.packed())
    elsewhere = {**transport.WORKS, "checked_by": []}
    ledger.when(world.dispatch(materials=None, **elsewhere)).then_refused(bar("C2", A), bar("C2", B))


@pytest.mark.parametrize(
    "handling",
    [
        transport.packed(site=world.CENTRAL_SITE, organisation=CENTRAL),
        transport.stored(at="2026-04-07T13:30Z"),
        world.fact(
            "MaterialDestroyed",
            {"materials": [BAG_A, BAG_B], "method": "incineration"},
            {**transport.WORKS, "at": "2026-04-07T13:30Z", "signed": [(world.CELL_OPERATOR, "PERFORMED")]},
            {},
        ),
    ],
    ids=["packed", "stored", "destroyed"],
)
def test_C2_refuses_every_handling_by_another_organisation(handling: world.Draft) -> None:
    ledger = given(*world.until("dispatch"), transport.zone(transport.FRIDGE, "REFRIGERATED"))
    ledger.when(handling)
    bars = {(item.rule, item.tag) for item in ledger.answer.findings if item.rule == "C2"}
    assert bars == {("C2", A), ("C2", B)}


def test_C2_accepts_the_hospital_that_took_containers_over_and_refuses_who_gave_them() -> None:
    over = world.fact(
        "CustodyTransferred",
        {"containers": {"materials": [BAG_A, BAG_B]}, "giver": COLLECTING, "taker": CENTRAL},
        {
            **transport.UNIT,
            "at": "2026-04-07T12:30Z",
            "signed": [(world.COLLECTOR, "PERFORMED"), (world.SECOND_COLLECTOR, "ACCEPTED")],
        },
        {},
    )
    ledger = given(*world.until("dispatch"), over).when(world.dispatch()).then_refused(bar("C2", A), bar("C2", B))
    assert ledger.answer.findings[0].found == f"held by {tag('organisation', CENTRAL)} at site:ods:RR813"
    ledger.given(world.results(), world.eligibility(), world.circulation(), world.acceptance(consignment=None))
    ledger.given(world.central_batch()).when(world.modification()).then_noted(note("C2", A), note("C2", B))


def test_a_late_hand_over_of_containers_names_the_later_handling_by_who_gave_them() -> None:
    ledger = given(*world.until("receipt"))
    dispatch = ledger.position_of("ConsignmentDispatched")
    over = world.fact(
        "CustodyTransferred",
        {"containers": {"materials": [BAG_A]}, "giver": COLLECTING, "taker": CENTRAL},
        {
            **transport.UNIT,
            "at": "2026-04-07T12:30Z",
            "signed": [(world.COLLECTOR, "PERFORMED"), (world.SECOND_COLLECTOR, "ACCEPTED")],
        },
        {},
    )
    ledger.when(over).then_noted(note("C2", A))
    assert ledger.receipt.findings[0].positions == (dispatch,)


def test_late_storage_elsewhere_names_the_use_of_what_lay_there() -> None:
    ledger = given(*world.until("poc_batch"), transport.zone(transport.FRIDGE, "REFRIGERATED"))
    modified = ledger.position_of("CellsModified")
    ledger.tell(
        transport.stored(transport.FRIDGE, BAG_A, site=POC_SITE, organisation=TREATING, exceptions=[world.DEVIATION])
    )
    assert ("C2", A, (modified,)) in {(item.rule, item.tag, item.positions) for item in ledger.receipt.findings}


def test_C2_notes_containers_on_a_ward_whose_hospital_never_got_them() -> None:
    ledger = given(*world.until("dispatch"))
    ledger.when(transport.on_the_ward(BAG_A)).then_noted(note("C2", A))
    found = f"no hand-over from {tag('organisation', COLLECTING)} to {tag('organisation', TREATING)} is on record"
    assert ledger.answer.findings[0].found == found


def test_C2_accepts_what_comes_to_the_ward_from_another_site_of_the_hospital() -> None:
    ledger = given(*world.until("check")).when(transport.on_the_ward(FINAL, site=SECOND_POC_SITE)).then_recorded()
    ledger.given(world.check(site=SECOND_POC_SITE)).when(world.start(site=SECOND_POC_SITE)).then_recorded()


def test_C2_accepts_a_hand_over_by_the_carrier_who_had_it() -> None:
    ledger = sent().when(handed_over(CARRIER, COURIER)).then_recorded()
    ledger.when(handed_over(COURIER, CENTRAL, "2026-04-07T18:30Z")).then_recorded()
    ledger.when(world.receipt()).then_recorded()
    assert consignment(ledger).gaps("") == ()


def test_C2_notes_a_hand_over_by_somebody_who_is_not_on_record_as_having_it() -> None:
    ledger = sent().when(handed_over(COURIER, CENTRAL, "2026-04-07T18:30Z")).then_noted(note("C2", FIRST))
    gap = Gap(last=tag("organisation", CARRIER), next=tag("organisation", COURIER), position=ledger.position)
    assert ledger.answer.findings[0].found == f"no hand-over from {gap.last} to {gap.next} is on record"
    ledger.when(world.receipt()).then_noted(note("C2", FIRST))
    assert consignment(ledger).gaps("") == (gap,)


def test_an_offline_hand_over_that_arrives_after_the_receipt_takes_its_place_in_time_and_closes_the_gap() -> None:
    ledger = sent()
    ledger.tell(handed_over(COURIER, CENTRAL, "2026-04-07T18:30Z"))
    ledger.tell(world.receipt())
    assert len(consignment(ledger).gaps("")) == 1
    ledger.when(handed_over(CARRIER, COURIER, "2026-04-07T15:00Z")).then_recorded()
    assert consignment(ledger).gaps("") == ()
    assert [hand.taker for hand in consignment(ledger).hands] == [
        tag("organisation", COURIER),
        tag("organisation", CENTRAL),
    ]


# C7


def test_C7_refuses_to_send_or_receive_before_it_was_packed() -> None:
    ledger = given(*world.until("dispatch"), transport.packed(at="2026-04-07T13:30Z"))
    ledger.when(world.dispatch(materials=None)).then_refused(bar("C7", FIRST))
    ledger.given(world.dispatch(materials=None, at="2026-04-07T13:45Z"))
    ledger.when(world.receipt(at="2026-04-07T13:20Z")).then_refused(bar("C1", FIRST), bar("C7", FIRST))


def test_C7_refuses_to_redirect_what_nobody_knows_or_what_was_received() -> None:
    given(*world.until("dispatch")).when(transport.redirected(POC_SITE)).then_refused(bar("C7", FIRST))
    ledger = given(*world.until("receipt"), world.receipt())
    ledger.when(transport.redirected(POC_SITE)).then_refused(bar("C7", FIRST))


# C8


def test_C8_accepts_the_consignee() -> None:
    sent().when(world.receipt()).then_recorded()


def test_C8_refuses_another_place_and_accepts_it_after_a_redirection() -> None:
    elsewhere = world.receipt(site=POC_SITE, organisation=TREATING)
    ledger = sent().when(elsewhere).then_refused(bar("C8", FIRST))
    found = f"sent to {tag('site', world.CENTRAL_SITE)}, received at {tag('site', POC_SITE)}"
    assert ledger.answer.findings[0].found == found
    sent(transport.redirected(POC_SITE)).when(elsewhere).then_recorded()


def test_C8_refuses_a_redirection_from_somebody_who_is_not_the_consignee() -> None:
    sent().when(transport.redirected(SECOND_POC_SITE, POC_SITE)).then_refused(bar("C8", FIRST))


def test_C8_refuses_a_hand_over_to_a_stranger_and_notes_one_that_nobody_registered() -> None:
    sent().when(handed_over(CARRIER, TREATING)).then_refused(bar("C8", FIRST))
    sent().when(handed_over(CARRIER, world.name("ods", "NOBODY"))).then_noted(note("C8", FIRST))
    sent(transport.redirected(POC_SITE)).when(handed_over(CARRIER, TREATING)).then_recorded()


def test_C8_accepts_to_quarantine_and_refuses_to_use_what_went_elsewhere() -> None:
    elsewhere = world.receipt(site=POC_SITE, organisation=TREATING, exceptions=[world.DEVIATION])
    ledger = sent().when(elsewhere).then_deviation("C8")
    ledger.when(transport.accepted()).then_refused(bar("C8", FIRST))
    ledger.when(transport.accepted("TO_QUARANTINE")).then_recorded()


def test_a_late_dispatch_to_another_place_names_the_receipt_that_it_makes_impossible() -> None:
    ledger = given(*world.registers(), *world.story())
    receipt = ledger.position_of("ConsignmentReceived")
    there = world.corrected(
        ledger.position_of("ConsignmentDispatched"), world.second_dispatch(destination=SECOND_POC_SITE)
    )
    ledger.tell(there)
    assert ("C8", (receipt,)) in {(item.rule, item.positions) for item in ledger.receipt.findings}


# R8


def away(**changes: object) -> world.Draft:
    """The final container leaves."""
    data = {
        "consignment": world.name("gs1-sscc", "395060000260009996"),
        "materials": [FINAL],
        "destination": SECOND_POC_SITE,
        "transport": "TRANSPORT_OWN_VEHICLE",
        "shippers": [world.SHIPPER],
        "min_celsius": "2",
        "max_celsius": "8",
        "due_by": world.time("2026-04-14T11:00Z"),
    }
    frame = {**transport.WARD, "at": "2026-04-14T10:05Z"}
    return world.fact("ConsignmentDispatched", data, frame, changes)


def test_R8_refuses_a_finished_product_that_leaves_the_place_where_it_was_finished() -> None:
    given(*world.until("check")).when(away()).then_refused(bar("R8", FINAL_BAG))


def test_R8_accepts_an_intermediate_and_a_move_inside_the_premises() -> None:
    given(*world.until("second_dispatch")).when(world.second_dispatch()).then_recorded()
    given(*world.until("check")).when(away(transport="TRANSPORT_INTERNAL")).then_recorded()


def test_R8_accepts_two_sites_to_which_the_master_file_gives_the_same_place() -> None:
    place = {"latitude": "51.5010", "longitude": "-0.1180"}
    sites = [{"site": POC_SITE, **place}, {"site": SECOND_POC_SITE, **place}]
    stands = {"poc_site": world.poc_site(**place), "second_poc_site": world.poc_site(SECOND_POC_SITE, **place)}
    told = world.until("check", masterfile=world.masterfile(sites=sites), **stands)
    given(*told).when(away()).then_recorded()
    apart = [{"site": POC_SITE, **place}, {"site": SECOND_POC_SITE, **place, "latitude": "52"}]
    told = world.until("check", masterfile=world.masterfile(sites=apart), **stands)
    given(*told).when(away()).then_refused(bar("R8", FINAL_BAG))


def test_R8_accepts_what_is_returned() -> None:
    back = world.fact(
        "MaterialReturned",
        {"materials": [FINAL], "destination": world.CONTROL_SITE},
        {**transport.WARD, "at": "2026-04-14T10:01Z"},
        {},
    )
    ledger = given(*world.until("check"), back)
    ledger.when(away(destination=world.CONTROL_SITE)).then_recorded()


def test_what_is_returned_is_held_where_it_was_taken_in() -> None:
    back = {"materials": [FINAL], "destination": SECOND_POC_SITE}
    there = world.fact(
        "MaterialReturned", back, {**transport.WARD, "site": SECOND_POC_SITE, "at": "2026-04-14T10:01Z"}, {}
    )
    ledger = given(*world.until("check"), there, world.check(site=SECOND_POC_SITE))
    ledger.when(world.start(site=SECOND_POC_SITE)).then_refused(bar("R6", FINAL_BAG))
