"""Rules Q: does it add up, and is every container used once?"""

import pytest

from tests.support import world
from tests.support.judged import bar, essence, given
from tests.support.world import BAG_A, BAG_B, CELLS, DEVIATION, FINAL, OTHER_PATIENT, quantity, tag

A, B, CELL_BAG, FINAL_BAG = (tag("material", item) for item in (BAG_A, BAG_B, CELLS, FINAL))
TAKEN = [quantity("10")]


def modified(*contents: world.Data, **rest: object) -> world.Draft:
    """CellsModified with these contents of the output."""
    return world.modification(outputs=[world.filled(CELLS, *contents)], **rest)


# Q1


@pytest.mark.parametrize(
    "contents",
    [
        quantity("243.075"),
        quantity("2.86", "10*9", "viable-cd3"),
        quantity("999", "g"),
    ],
    ids=["volume with 5 %, vector added", "cells with 10 %", "not measured before"],
)
def test_Q1_accepts_up_to_the_tolerance(contents: world.Data) -> None:
    given(*world.until("modification")).when(modified(contents)).then_recorded()


@pytest.mark.parametrize(
    "contents", [quantity("243.076"), quantity("2.861", "10*9", "viable-cd3")], ids=["volume", "cells"]
)
def test_Q1_refuses_more_than_the_tolerance(contents: world.Data) -> None:
    given(*world.until("modification")).when(modified(contents)).then_refused(bar("Q1", CELL_BAG))


def test_Q1_refuses_outputs_and_losses_together() -> None:
    ledger = given(*world.until("modification"))
    ledger.when(modified(quantity("200"), losses=[quantity("43.075")])).then_recorded()
    ledger = given(*world.until("modification"))
    ledger.when(modified(quantity("200"), losses=[quantity("43.076")])).then_refused(bar("Q1", CELL_BAG))


def test_Q1_accepts_what_was_not_measured_in_every_container_that_went_in() -> None:
    bags = [world.filled(BAG_A, quantity("118"), quantity("1.40", "10*9", "viable-cd3")), world.filled(BAG_B)]
    told = world.until("modification", apheresis=world.apheresis(bags=bags))
    given(*told).when(modified(quantity("9", "10*9", "viable-cd3"))).then_recorded()


def test_Q1_counts_containers_exactly() -> None:
    straws = [world.filled(BAG_A, quantity("3", "{straw}"))]
    told = world.until(
        "modification",
        apheresis=world.apheresis(bags=straws),
        dispatch=world.dispatch(materials=[BAG_A]),
        circulation=world.circulation(materials=[BAG_A]),
        acceptance=world.acceptance(materials=[BAG_A]),
    )
    taken = {"inputs": [{"material": BAG_A}]}
    given(*told).when(modified(quantity("3", "{straw}"), **taken)).then_recorded()
    given(*told).when(modified(quantity("4", "{straw}"), **taken)).then_refused(bar("Q1", CELL_BAG))


def test_Q1_refuses_more_than_what_was_taken() -> None:
    ledger = given(*world.until("modification"))
    ledger.when(modified(quantity("60"), inputs=[{"material": BAG_A, "taken": TAKEN}])).then_refused(
        bar("Q1", CELL_BAG)
    )


def test_Q1_counts_a_container_once_however_often_it_is_named() -> None:
    twice = [{"material": BAG_A}, {"material": BAG_A}]
    given(*world.until("modification")).when(modified(quantity("200"), inputs=twice)).then_refused(bar("Q1", CELL_BAG))


@pytest.mark.parametrize(
    ("changes", "about"),
    [
        ({"outputs": [world.filled(CELLS, quantity("-1"))]}, CELL_BAG),
        ({"losses": [quantity("-1")]}, tag("site", world.CENTRAL_SITE)),
        ({"inputs": [{"material": BAG_A, "taken": [quantity("-1", "g")]}]}, tag("site", world.CENTRAL_SITE)),
    ],
    ids=["output", "loss", "input"],
)
def test_Q1_refuses_a_negative_quantity(changes: world.Data, about: str) -> None:
    given(*world.until("modification")).when(world.modification(**changes)).then_refused(bar("Q1", about))


def test_Q1_refuses_a_negative_collection() -> None:
    bags = [world.filled(BAG_A, quantity("-118"))]
    given(*world.until("apheresis")).when(world.apheresis(bags=bags)).then_refused(bar("Q1", A))


def test_Q1_accepts_a_completion_without_inputs() -> None:
    given(*world.until("completion")).when(world.completion(inputs=None)).then_recorded()


def test_Q1_refuses_by_the_tolerance_of_the_rulebook_adopted() -> None:
    exact = world.rulebook(parameters=[{"name": "tolerance-volume-percent", "value": "0"}])
    given(*world.until("modification"), exact).when(modified(quantity("231.6"))).then_refused(bar("Q1", CELL_BAG))


# Q5


def test_Q5_accepts_what_is_left() -> None:
    part = modified(quantity("60"), inputs=[{"material": BAG_A, "taken": [quantity("100")]}, {"material": BAG_B}])
    other = world.filled(world.OTHER_BAG, quantity("18"))
    rest = world.modification(inputs=[{"material": BAG_A}], outputs=[other], at="2026-04-08T09:00Z")
    given(*world.until("modification"), part).when(rest).then_recorded()


@pytest.mark.parametrize(
    "inputs",
    [
        [{"material": BAG_A, "taken": [quantity("124")]}],
        [{"material": BAG_A, "taken": [quantity("62")]}, {"material": BAG_A, "taken": [quantity("62")]}],
    ],
    ids=["at once", "in two parts"],
)
def test_Q5_refuses_more_than_is_left(inputs: list[world.Data]) -> None:
    given(*world.until("modification")).when(world.modification(inputs=inputs)).then_refused(bar("Q5", A))


def test_Q5_refuses_an_emptied_container() -> None:
    again = world.modification(outputs=[world.filled(FINAL)], at="2026-04-08T09:00Z")
    ledger = given(*world.until("modification"), world.modification())
    ledger.when(again).then_refused(bar("Q5", A), bar("Q5", B), bar("Q1", FINAL_BAG))


def test_Q5_refuses_an_id_that_was_given_before() -> None:
    same = world.modification(inputs=[{"material": BAG_B}], outputs=[world.filled(BAG_A, quantity("60"))])
    given(*world.until("modification")).when(same).then_refused(bar("Q5", A))


def test_Q5_refuses_one_id_for_two_containers_of_one_fact() -> None:
    twice = world.apheresis(bags=[world.filled(BAG_A), world.filled(BAG_A)])
    given(*world.until("apheresis")).when(twice).then_refused(bar("Q5", A))


def test_Q5_refuses_a_second_start_before_the_end() -> None:
    given(*world.until("end")).when(world.start(at="2026-04-14T10:40Z")).then_refused(bar("Q5", FINAL_BAG))


def test_Q5_refuses_to_give_an_emptied_container() -> None:
    ledger = given(*world.registers(), *world.story(), world.check(at="2026-04-14T10:58Z"))
    ledger.when(world.start(at="2026-04-14T11:00Z")).then_refused(bar("Q5", FINAL_BAG))


@pytest.mark.parametrize("remainder", ["KEPT", "LABELLED", "RETURNED"])
def test_Q5_accepts_the_rest_for_the_same_patient(remainder: str) -> None:
    part = world.end(given=[quantity("20")], remainder=f"REMAINDER_DISPOSITION_{remainder}")
    ledger = given(*world.until("end"), part, world.check(at="2026-04-14T10:58Z"), world.start(at="2026-04-14T11:00Z"))
    ledger.when(world.end(given=[quantity("30")], at="2026-04-14T11:10Z")).then_recorded()


def test_Q5_refuses_to_have_given_more_than_was_left() -> None:
    given(*world.until("end")).when(world.end(given=[quantity("52.6")])).then_refused(bar("Q5", FINAL_BAG))


def for_two(**changes: object) -> tuple[world.Draft, ...]:
    """An allogeneic product of which a part was given to one patient."""
    return (
        *world.until("end", **world.allogeneic(**changes)),
        world.end(given=[quantity("20")], remainder="REMAINDER_DISPOSITION_KEPT"),
        world.check(patient=OTHER_PATIENT, scanned_patient=OTHER_PATIENT, at="2026-04-14T10:58Z"),
        world.prescription(patient=OTHER_PATIENT, coi=None, at="2026-04-14T10:59Z"),
    )


def test_Q5_refuses_a_second_patient() -> None:
    second = world.start(patient=OTHER_PATIENT, coi=None, at="2026-04-14T11:00Z")
    given(*for_two()).when(second).then_refused(bar("Q5", FINAL_BAG))


def test_Q5_refuses_to_have_collected_into_bags_that_were_used_before_and_accepts_the_time_before_their_use() -> None:
    ledger = given(*world.until("second_dispatch"))
    collected, used = (ledger.position_of(name) for name in ("ApheresisPerformed", "CellsModified"))
    ledger.given(world.did_not_happen(collected))
    late = {"at": "2026-04-09T07:00Z", "ended_at": world.time("2026-04-09T09:00Z")}
    ledger.when(world.apheresis(**late))
    assert {bar("Q5", A), bar("Q5", B)} <= essence(ledger.answer.findings)
    found = {finding.found for finding in ledger.answer.findings if finding.rule == "Q5"}
    assert found == {f"used before anything was collected into it (fact {used})"}
    ledger.when(world.apheresis())
    assert "Q5" not in {finding.rule for finding in ledger.receipt.findings}


def worked_in_place(at: str, hours: str) -> world.Draft:
    """CellsModified: 10 mL of cells worked on in their own bag."""
    cells = [{"material": CELLS, "taken": TAKEN}]
    kept = [world.filled(CELLS, *TAKEN)]
    return world.modification(inputs=cells, outputs=kept, at=at, ended_at=world.time(hours), exceptions=[DEVIATION])


def test_Q5_refuses_to_fill_a_container_that_cells_were_worked_on_in_before() -> None:
    ledger = given(*world.until("modification"))
    ledger.when(worked_in_place("2026-04-08T06:20Z", "2026-04-08T06:30Z"))
    used = ledger.position
    ledger.when(world.modification())
    assert bar("Q5", CELL_BAG) in essence(ledger.answer.findings)
    found = {finding.found for finding in ledger.answer.findings if finding.rule == "Q5"}
    assert found == {f"cells were worked on in it before it was filled (fact {used})"}


def test_Q5_names_the_filling_that_work_told_late_makes_a_second_one() -> None:
    ledger = given(*world.until("modification")).given(world.modification())
    filled = ledger.position
    ledger.when(worked_in_place("2026-04-08T06:20Z", "2026-04-08T06:30Z"))
    named = {finding.positions for finding in ledger.receipt.findings if finding.rule == "Q5"}
    assert named == {(filled,)}


def test_Q5_accepts_that_cells_of_unknown_origin_are_finished_in_the_container_they_were_worked_on_in() -> None:
    ledger = given(*world.until("poc_batch")).given(world.poc_batch())
    worked = [{"material": FINAL, "taken": TAKEN}]
    ledger.when(
        world.modification(
            batch=world.POC_BATCH,
            inputs=worked,
            outputs=[world.filled(FINAL, *TAKEN)],
            at="2026-04-14T07:10Z",
            ended_at=world.time("2026-04-14T07:20Z"),
            exceptions=[DEVIATION],
        )
    )
    ledger.when(world.completion(inputs=[], losses=[], containers=[world.filled(FINAL, *TAKEN)]))
    assert "Q5" not in {finding.rule for finding in ledger.answer.findings}
    assert "Q1" not in {finding.rule for finding in ledger.answer.findings}


def test_Q5_accepts_a_second_patient_of_a_multi_dose_container() -> None:
    second = world.start(patient=OTHER_PATIENT, coi=None, at="2026-04-14T11:00Z")
    given(*for_two(multi_dose=True)).when(second).then_recorded()


@pytest.mark.parametrize("remainder", ["KEPT", "LABELLED"])
def test_Q5_refuses_to_begin_from_what_is_empty_by_what_was_given_whatever_was_said_of_the_rest(remainder: str) -> None:
    all_of_it = world.end(given=[quantity("50")], remainder=f"REMAINDER_DISPOSITION_{remainder}")
    told = (*world.until("end", **world.allogeneic(multi_dose=True)), all_of_it, world.check(at="2026-04-14T10:58Z"))
    ledger = given(*told).when(world.start(at="2026-04-14T11:00Z"))
    assert bar("Q5", FINAL_BAG) in essence(ledger.answer.findings)
    assert [one.found for one in ledger.answer.findings if one.rule == "Q5"] == ["0 mL left of it"]


def test_Q5_accepts_to_begin_from_what_a_new_count_found_more_in() -> None:
    all_of_it = world.end(given=[quantity("50")], remainder="REMAINDER_DISPOSITION_LABELLED")
    frame = {"site": world.POC_SITE, "by": world.NURSE, "checked_by": [world.SECOND_NURSE]}
    counted = {"material": FINAL, "counted": [quantity("2")], "explanation": "overfilled by the maker"}
    recount = world.fact(
        "QuantityRecounted", counted, {**frame, "organisation": world.TREATING, "at": "2026-04-14T10:55Z"}, {}
    )
    ledger = given(*world.until("end"))
    for draft in (all_of_it, recount, world.check(at="2026-04-14T10:58Z")):
        ledger.tell(draft)
    ledger.when(world.start(at="2026-04-14T11:00Z"))
    assert "Q5" not in {one.rule for one in ledger.answer.findings}


def test_Q5_accepts_to_begin_from_what_nobody_counted() -> None:
    uncounted = world.completion(
        containers=[{**world.filled(FINAL), "expires_at": world.time("2026-04-14T15:48Z")}], losses=[]
    )
    rest = world.end(given=[quantity("20")], remainder="REMAINDER_DISPOSITION_KEPT")
    ledger = given(*world.until("completion"))
    for draft in (uncounted, *world.since("release", "end"), rest, world.check(at="2026-04-14T10:58Z")):
        ledger.tell(draft)
    ledger.when(world.start(at="2026-04-14T11:00Z"))
    assert "Q5" not in {one.rule for one in ledger.answer.findings}


def test_Q5_names_the_start_that_an_end_told_late_makes_one_from_an_empty_container() -> None:
    part = world.end(given=[quantity("20")], remainder="REMAINDER_DISPOSITION_KEPT")
    ledger = given(*world.until("end"), part)
    ended = ledger.position
    ledger.given(world.check(at="2026-04-14T10:58Z"), world.start(at="2026-04-14T11:00Z"))
    started = ledger.position
    right = world.end(given=[quantity("50")], remainder="REMAINDER_DISPOSITION_KEPT")
    ledger.when(world.corrected(ended, right, at="2026-04-14T11:05Z"))
    named = {position for one in ledger.answer.findings if one.rule == "Q5" for position in one.positions}
    assert started in named
