"""Rules C: has every hand that held it been entitled to, and in an order that can be?"""

import pytest

from tests.support import transport, world
from tests.support.judged import bar, given, note
from tests.support.world import BAG_A, BAG_B, CELLS, FINAL, FIRST_CONSIGNMENT, POC_SITE, SECOND_POC_SITE, tag

FIRST, SECOND = tag("consignment", FIRST_CONSIGNMENT), tag("consignment", world.SECOND_CONSIGNMENT)
A, B, CELL_BAG, FINAL_BAG = (tag("material", item) for item in (BAG_A, BAG_B, CELLS, FINAL))


# C1


def test_C1_accepts_a_receipt_of_what_was_dispatched() -> None:
    given(*world.until("receipt")).when(world.receipt()).then_recorded()


def test_C1_refuses_a_receipt_without_a_dispatch() -> None:
    ledger = given(*world.until("dispatch")).when(world.receipt()).then_refused(bar("C1", FIRST))
    assert ledger.answer.findings[0].found == "no dispatch of this consignment is known"


def test_C1_refuses_a_second_receipt() -> None:
    ledger = given(*world.until("receipt"), world.receipt())
    ledger.when(world.receipt(at="2026-04-07T19:00Z")).then_refused(bar("C1", FIRST))
    assert ledger.answer.findings[0].found == f"already received (fact {ledger.position - 1})"


# C2


def test_C2_accepts_its_holder() -> None:
    given(*world.until("modification")).when(world.modification()).then_recorded()


def test_C2_refuses_material_that_is_still_in_transit() -> None:
    ledger = given(*world.until("receipt"), world.central_batch())
    ledger.when(world.modification()).then_refused(bar("C2", A), bar("C2", B))
    assert ledger.answer.findings[0].found == f"still in transit in {FIRST}"


def test_C2_refuses_to_dispatch_what_is_in_transit() -> None:
    again = world.dispatch(consignment=world.SECOND_CONSIGNMENT, at="2026-04-07T14:00Z")
    given(*world.until("receipt")).when(again).then_refused(bar("C2", A), bar("C2", B))


def test_C2_refuses_what_another_organisation_holds() -> None:
    ledger = given(*world.until("dispatch"), world.central_batch(at="2026-04-07T12:30Z"))
    ledger.when(world.modification()).then_refused(bar("C2", A), bar("C2", B), bar("D9", A), bar("D9", B))
    assert ledger.answer.findings[0].found == "held by organisation:ods:RR8 at site:ods:RR813"


def test_C2_refuses_to_give_what_another_organisation_holds() -> None:
    there = {"site": world.CENTRAL_SITE, "organisation": world.CENTRAL}
    given(*world.until("check"), world.check(**there)).when(world.start(**there)).then_refused(bar("C2", FINAL_BAG))


def test_C2_notes_another_site_of_the_same_organisation() -> None:
    ledger = given(*world.until("check"), world.check(site=SECOND_POC_SITE))
    ledger.when(world.start(site=SECOND_POC_SITE)).then_noted(note("C2", FINAL_BAG))
    assert ledger.answer.findings[0].found == f"last at {tag('site', POC_SITE)}, now at {tag('site', SECOND_POC_SITE)}"


def test_C2_accepts_what_it_received_elsewhere_and_whoever_handles_what_nobody_has_met() -> None:
    given(*world.until("second_dispatch")).when(world.second_dispatch(materials=[world.OTHER_BAG])).then_recorded()
    given(*world.until("completion")).when(world.completion()).then_recorded()


def test_C2_accepts_the_storing_of_what_was_found_in_a_box_that_nobody_recorded_as_sent() -> None:
    arrived = world.second_receipt(materials=[CELLS], exceptions=[world.DEVIATION])
    ledger = given(*world.until("second_dispatch")).when(arrived).then_deviation(bar("C1", SECOND))
    here = {"site": POC_SITE, "organisation": world.TREATING, "at": "2026-04-13T21:20Z"}
    ledger.when(transport.stored(materials=[CELLS], **here)).then_recorded("C6")


def test_C2_notes_what_was_found_in_a_box_and_was_not_sent_in_it() -> None:
    found = world.second_receipt(materials=[CELLS, BAG_A])
    ledger = given(*world.until("second_receipt")).when(found).then_recorded(note("C2", A))
    assert ledger.answer.findings[0].found.startswith("no hand-over from ")


def test_C2_refuses_an_unregistered_site_that_does_not_hold_it() -> None:
    somewhere = world.name("ods", "NOWHERE")
    ledger = given(*world.until("dispatch")).when(world.dispatch(site=somewhere))
    ledger.then_refused(bar("C2", A), bar("C2", B), note("L15", tag("site", somewhere)))


# C7


def test_C7_accepts_the_story_in_its_order() -> None:
    given(*world.registers(), *world.story())


def test_C7_refuses_a_collection_for_a_chain_that_was_not_assigned() -> None:
    chain = tag("coi", world.CHAIN)
    given(*world.until("apheresis", chain=None)).when(world.apheresis()).then_refused(bar("C7", chain))
    later = world.chain(at="2026-04-07T10:00Z")
    given(*world.until("apheresis", chain=later)).when(world.apheresis()).then_refused(bar("C7", chain))


def test_C7_accepts_a_collection_for_no_chain() -> None:
    ledger = given(
        *world.until("apheresis", consent=world.consent(coi=None), identification=world.identification(coi=None))
    )
    ledger.when(world.apheresis(coi=None)).then_recorded()


ENDED = world.time("2026-04-07T07:00Z")


@pytest.mark.parametrize(
    ("slot", "draft", "about"),
    [
        ("apheresis", world.apheresis(ended_at=ENDED), tag("donation", world.DONATION)),
        ("modification", world.modification(ended_at=ENDED), tag("batch", world.CENTRAL_BATCH)),
        ("completion", world.completion(completed_at=ENDED), tag("batch", world.POC_BATCH)),
    ],
    ids=["collection", "modification", "completion"],
)
def test_C7_refuses_an_end_before_the_start(slot: str, draft: world.Draft, about: str) -> None:
    given(*world.until(slot)).when(draft).then_refused(bar("C7", about))


def test_C7_refuses_use_before_it_was_filled() -> None:
    given(*world.until("dispatch")).when(world.dispatch(at="2026-04-07T12:00Z")).then_refused(
        bar("C7", A), bar("C7", B)
    )


def test_C7_refuses_use_before_the_collection_that_is_known_had_begun() -> None:
    given(*world.until("dispatch")).when(world.dispatch(at="2026-04-06T12:00Z")).then_refused(
        bar("C7", A), bar("C7", B)
    )


def test_C7_refuses_a_receipt_before_the_dispatch_that_is_known() -> None:
    ledger = given(*world.until("receipt"))
    ledger.when(world.receipt(at="2026-04-07T12:30Z")).then_refused(bar("C1", FIRST), bar("C7", FIRST))


def test_C7_notes_a_receipt_that_may_lie_before_the_dispatch() -> None:
    given(*world.until("receipt")).when(world.receipt(at="2026-04-07T13:00:30Z")).then_noted(note("C7", FIRST))


def test_C7_refuses_work_in_a_batch_that_was_not_opened() -> None:
    works, poc = tag("site", world.CENTRAL_SITE), tag("site", POC_SITE)
    given(*world.until("central_batch")).when(world.modification()).then_refused(
        bar("C7", tag("batch", world.CENTRAL_BATCH)), bar("L1", works)
    )
    given(*world.until("poc_batch")).when(world.completion()).then_refused(
        bar("C7", tag("batch", world.POC_BATCH)), bar("L1", poc), bar("L2", poc), bar("L3", poc)
    )


def test_C7_notes_work_that_may_lie_before_the_batch_was_opened() -> None:
    early = world.modification(at="2026-04-08T06:30:30Z", source="OPERATOR")
    given(*world.until("modification")).when(early).then_noted(note("C7", tag("batch", world.CENTRAL_BATCH)))


def test_C7_refuses_the_release_of_a_batch_that_is_not_completed_or_not_known() -> None:
    ledger = given(*world.until("completion"))
    ledger.when(world.release()).then_refused(bar("C7", tag("batch", world.POC_BATCH)))
    assert ledger.answer.findings[0].found == "manufacture is not completed"
    ledger.when(world.release(batch=world.name("batch.MPC", "unknown"))).then_refused("C7")
    assert ledger.answer.findings[0].found == "the batch is not known"


def test_C7_refuses_a_release_before_the_completion_that_is_claimed() -> None:
    later = world.completion(completed_at=world.time("2026-04-14T11:00Z"))
    given(*world.until("completion"), later).when(world.release()).then_refused(
        bar("C7", tag("batch", world.POC_BATCH))
    )


def test_C7_refuses_to_give_what_was_never_completed() -> None:
    ledger = given(*world.until("check"), world.check(materials=[CELLS]))
    ledger.when(world.start(material=CELLS)).then_refused(
        *(bar(rule, CELL_BAG) for rule in ("C7", "R1", "Q5")), note("R7", CELL_BAG)
    )


def test_C7_refuses_to_give_before_completion() -> None:
    given(*world.until("check")).when(world.start(at="2026-04-14T09:00Z")).then_refused(
        *(bar(rule, FINAL_BAG) for rule in ("C7", "R1", "I8", "R7"))
    )


def test_C7_refuses_an_end_without_a_start() -> None:
    given(*world.until("start")).when(world.end()).then_refused(bar("C7", FINAL_BAG))


def test_C7_refuses_a_second_end() -> None:
    ledger = given(*world.registers(), *world.story())
    ledger.when(world.end(at="2026-04-14T11:00Z")).then_refused(bar("C7", FINAL_BAG), bar("Q5", FINAL_BAG))


def test_C2_notes_a_tube_for_the_donors_tests_that_the_laboratory_handles_without_a_record_of_its_way() -> None:
    gone = world.fact(
        "MaterialDestroyed",
        {"materials": [world.TUBE], "method": "incineration"},
        {**world._WORKS, "at": "2026-04-09T10:00Z"},
        {},
    )
    given(*world.until("second_dispatch")).when(gone).then_noted(note("C2", tag("material", world.TUBE)))


def test_C7_refuses_a_batch_number_for_another_chain_and_the_first_batch_stays_what_it_was() -> None:
    ledger = given(*world.until("start"), world.chain(world.OTHER_CHAIN, world.OTHER_PATIENT))
    again = {"coi": world.OTHER_CHAIN, "at": "2026-04-14T10:16Z"}
    ledger.when(world.poc_batch(**again)).then_refused(bar("C7", tag("batch", world.POC_BATCH)))
    ledger.when(world.poc_batch(**again, exceptions=[world.DEVIATION])).then_deviation("C7")
    ledger.given(world.assessed(ledger.position, at="2026-04-14T10:25Z"))
    ledger.when(world.start(at="2026-04-14T10:35Z")).then_recorded()


def test_C7_notes_a_batch_that_is_opened_twice_alike() -> None:
    ledger = given(*world.until("completion"))
    ledger.when(world.poc_batch(at="2026-04-14T06:40Z")).then_noted(note("C7", tag("batch", world.POC_BATCH)))
