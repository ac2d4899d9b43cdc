"""Rule R6 for what is held: quarantined, returned, damaged, rejected, destroyed; and who lifts it, for whom."""

import pytest

from tests.support import released, world
from tests.support.judged import Asked, bar, given, note
from tests.support.world import CONSULTANT, FINAL, NURSE, OTHER_PATIENT, PATIENT, POC_BATCH, QUALITY, tag

FINAL_BAG, BATCH = tag("material", FINAL), tag("batch", POC_BATCH)


def held(fact: world.Draft) -> Asked:
    """Released and checked, and then held."""
    return given(*world.until("start"), fact)


@pytest.mark.parametrize(
    "fact",
    [released.quarantine(), released.rejected(), released.returned(), released.damaged()],
    ids=lambda draft: draft.content.type,
)
def test_R6_refuses_a_container_that_is_held(fact: world.Draft) -> None:
    held(fact).when(world.start()).then_refused(bar("R6", FINAL_BAG))


def test_R6_refuses_a_container_that_was_destroyed() -> None:
    ledger = held(released.destroyed()).when(world.start())
    assert bar("R6", FINAL_BAG) in {(one.rule, one.tag, one.weight) for one in ledger.answer.findings}


@pytest.mark.parametrize(
    "scope",
    [
        {"batch": POC_BATCH},
        {"donation": world.DONATION},
    ],
    ids=lambda scope: next(iter(scope)),
)
@pytest.mark.parametrize("make", [released.quarantine, released.rejected])
def test_R6_refuses_what_is_held_through_its_batch_or_donation(make: released.Make, scope: world.Data) -> None:
    held(make(**scope)).when(world.start()).then_refused(bar("R6", FINAL_BAG))


def test_R6_refuses_to_use_what_came_in_a_consignment_that_is_held() -> None:
    ledger = given(*world.until("completion"), released.quarantine(consignment=world.SECOND_CONSIGNMENT, at=EARLY))
    ledger.when(world.completion()).then_refused(bar("R6", tag("material", world.CELLS)))


EARLY = "2026-04-14T06:40Z"


def test_R6_accepts_cells_out_of_a_container_that_was_held_and_set_free_before() -> None:
    scope = {"containers": {"materials": [world.CELLS]}}
    ledger = given(*world.until("completion"), released.quarantine(**scope, at=EARLY))
    ledger.given(released.lifted(ledger.position, at="2026-04-14T06:50Z", **scope))
    ledger.when(world.completion()).then_recorded()


def test_R6_refuses_what_was_held_more_often_at_once_than_is_kept_whatever_is_lifted() -> None:
    ledger = given(*world.until("start"))
    for number in range(33):
        ledger.given(released.quarantine(at=f"2026-04-14T10:00:{number:02}Z"))
    first = ledger.position - 32
    for position in range(first, first + 32):
        ledger.given(released.lifted(position))
    ledger.when(world.start()).then_refused(bar("R6", FINAL_BAG))
    assert str(first + 32) in ledger.answer.findings[0].found


def test_R6_accepts_a_container_after_the_quarantine_was_lifted_and_not_before() -> None:
    ledger = held(released.quarantine())
    ledger.given(released.lifted(ledger.position, at="2026-04-14T10:21Z"))
    ledger.when(world.start(at="2026-04-14T10:20Z", uncertainty_ms=0)).then_refused(bar("R6", FINAL_BAG))
    ledger.when(world.start()).then_recorded()


def test_R6_refuses_while_one_of_two_quarantines_stands() -> None:
    ledger = held(released.quarantine())
    first = ledger.position
    ledger.given(released.quarantine(), released.lifted(first))
    ledger.when(world.start()).then_refused(bar("R6", FINAL_BAG))


def test_R6_accepts_a_container_for_the_one_patient_for_whom_it_was_lifted() -> None:
    ledger = held(released.quarantine())
    ledger.given(released.lifted(ledger.position, for_patient=PATIENT)).when(world.start()).then_recorded()


def test_R6_refuses_a_container_for_another_patient_than_it_was_lifted_for() -> None:
    ledger = held(released.quarantine())
    ledger.given(released.lifted(ledger.position, for_patient=OTHER_PATIENT))
    ledger.when(world.start()).then_refused(bar("R6", FINAL_BAG))


def test_R6_accepts_a_returned_or_damaged_container_that_was_assessed_and_lifted() -> None:
    for fact in (released.returned(), released.damaged()):
        ledger = held(fact)
        ledger.given(released.lifted(ledger.position)).when(world.start()).then_recorded()


def test_R6_refuses_to_lift_what_no_such_fact_imposed() -> None:
    ledger = held(released.quarantine())
    ledger.when(released.lifted(1)).then_refused(bar("R6", FINAL_BAG))
    rejected = held(released.rejected())
    rejected.when(released.lifted(rejected.position)).then_refused(bar("R6", FINAL_BAG))


@pytest.mark.parametrize("person", [NURSE, CONSULTANT])
def test_R6_refuses_a_lifting_by_who_does_not_own_the_risk(person: world.Data) -> None:
    ledger = held(released.quarantine())
    lifting = released.lifted(ledger.position, by=person, site=world.POC_SITE)
    ledger.when(lifting).then_refused(bar("R6", tag("person", person)))


def test_R6_refuses_the_release_of_a_rejected_batch_and_accepts_that_of_a_quarantined_one() -> None:
    told = world.until("release")
    given(*told, released.rejected(batch=POC_BATCH)).when(world.release(at="2026-04-14T10:02Z")).then_refused(
        bar("R6", BATCH)
    )
    given(*told, released.quarantine(batch=POC_BATCH)).when(world.release(at="2026-04-14T10:02Z")).then_recorded()


def test_R6_refuses_to_go_on_giving_what_was_quarantined_meanwhile() -> None:
    ledger = given(*world.until("end"), released.paused(), released.quarantine(at="2026-04-14T10:37Z"))
    ledger.when(released.resumed()).then_refused(bar("R6", FINAL_BAG))


def test_R6_notes_the_arrival_of_a_held_container_in_the_clinical_area() -> None:
    frame = {"at": "2026-04-14T10:15Z", "site": world.POC_SITE, "by": NURSE, "organisation": world.TREATING}
    arrival = world.fact("ClinicalAreaReceived", {"materials": [FINAL]}, {**frame, "checked_by": [QUALITY]}, {})
    held(released.quarantine()).when(arrival).then_noted(note("R6", FINAL_BAG))


def test_R6_notes_a_lot_that_was_quarantined_after_it_had_touched_the_cells() -> None:
    vector = world.name("lot.VEC", "V123")
    held(released.quarantine(lot=vector)).when(world.start()).then_noted(note("R6", tag("lot", vector)))


def test_R6_accepts_a_quarantine_that_was_a_mistake_and_taken_back() -> None:
    ledger = held(released.quarantine())
    ledger.given(world.did_not_happen(ledger.position, at="2026-04-14T10:22Z"))
    ledger.when(world.start()).then_recorded()


@pytest.mark.parametrize("scope", [{}, {"batch": POC_BATCH}], ids=["container", "batch"])
def test_R6_notes_the_uses_that_a_late_quarantine_makes_impossible(scope: world.Data) -> None:
    ledger = given(*world.until("end"))
    started = ledger.position
    ledger.when(released.quarantine(at="2026-04-14T10:15Z", **scope)).then_noted(note("R6"))
    assert {position for one in ledger.answer.findings for position in one.positions} == {started}
    after = given(*world.until("end"))
    after.when(released.quarantine(at="2026-04-14T10:40Z", **scope)).then_recorded()


def test_R6_names_every_later_use_of_a_donation_whose_quarantine_comes_late() -> None:
    ledger = given(*world.until("end"))
    ledger.when(released.quarantine(at="2026-04-14T09:55Z", donation=world.DONATION))
    named = {position for one in ledger.answer.findings for position in one.positions}
    assert {one.rule for one in ledger.answer.findings} == {"R6"}
    assert named == {ledger.position_of("AdministrationStarted")}
    after = given(*world.until("end"))
    after.when(released.quarantine(at="2026-04-14T10:40Z", donation=world.DONATION)).then_recorded()


def test_R6_names_every_later_use_of_what_came_in_a_consignment_whose_quarantine_comes_late() -> None:
    ledger = given(*world.until("release"))
    ledger.when(released.quarantine(at="2026-04-13T21:05Z", consignment=world.SECOND_CONSIGNMENT))
    named = {position for one in ledger.answer.findings for position in one.positions}
    assert ({one.rule for one in ledger.answer.findings}, named) == (
        {"R6"},
        {ledger.position_of("ManufactureCompleted")},
    )
    ledger = given(*world.until("release"))
    ledger.when(released.quarantine(at="2026-04-14T09:50Z", consignment=world.SECOND_CONSIGNMENT)).then_recorded()


def test_R6_refuses_what_was_made_out_of_a_batch_that_is_held_and_accepts_it_once_that_is_lifted() -> None:
    ledger = held(released.quarantine(batch=world.CENTRAL_BATCH))
    quarantine = ledger.position
    ledger.when(world.start()).then_refused(bar("R6", FINAL_BAG))
    ledger.given(released.lifted(quarantine, batch=world.CENTRAL_BATCH, for_patient=PATIENT))
    ledger.when(world.start(at="2026-04-14T10:35Z")).then_recorded()
    held(released.rejected(batch=world.CENTRAL_BATCH)).when(world.start()).then_refused(bar("R6", FINAL_BAG))


@pytest.mark.parametrize("make", [released.quarantine, released.rejected])
def test_R6_notes_that_a_container_was_held_after_its_cells_were_taken(make: released.Make) -> None:
    fact = make(containers={"materials": [world.CELLS]})
    held(fact).when(world.start()).then_noted(note("R6", tag("material", world.CELLS)))


def test_E1_refuses_to_settle_with_a_quarantine_a_deviation_whose_risk_is_somebody_elses() -> None:
    ledger = given(*world.until("start"))
    ledger.when(world.start(at="2026-04-14T13:00Z", exceptions=[world.DEVIATION])).then_deviation("R5", "I8")
    number = {"scheme": "ledger", "value": str(ledger.position)}
    ledger.given(released.quarantine(at="2026-04-14T13:05Z"))
    lifting = released.lifted(ledger.position, at="2026-04-14T13:10Z", deviation=number)
    ledger.when(lifting).then_refused(bar("E1", tag("deviation", number)))


def test_E1_refuses_to_settle_with_a_quarantine_what_is_no_deviation() -> None:
    ledger = held(released.quarantine())
    number = {"scheme": "ledger", "value": "1"}
    lifting = released.lifted(ledger.position, deviation=number)
    ledger.when(lifting).then_refused(bar("E1", tag("deviation", number)))
