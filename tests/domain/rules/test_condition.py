"""Rules C5 and C6, and what C7 says of containers in storage: is it known to be fit, and kept where it belongs?"""

import pytest

from ledger.domain.receipt import Draft
from ledger.domain.subjects.condition import MOST_CONTENTS, STORAGE_POSITION
from ledger.domain.subjects.subject import Entry
from tests.support import transport, world
from tests.support.judged import Asked, bar, given, note
from tests.support.transport import FRIDGE, TANK, excursion, fit_for_use, in_containers, stored
from tests.support.world import BAG_A, BAG_B, CELLS, FINAL, FIRST_CONSIGNMENT, tag

A, B, CELL_BAG, FINAL_BAG = (tag("material", item) for item in (BAG_A, BAG_B, CELLS, FINAL))
FRIDGE_TAG, TANK_TAG = tag("zone", FRIDGE), tag("zone", TANK)
ZONES = (transport.zone(), transport.zone(FRIDGE, "REFRIGERATED"))


def arrived() -> Asked:
    """Both bags at the central site, where a batch is open for them and the positions are registered."""
    return given(*world.until("modification"), *ZONES)


# C5


def test_C5_accepts_what_met_nothing() -> None:
    arrived().when(world.modification()).then_recorded()


@pytest.mark.parametrize(
    "scope",
    [{"containers": in_containers(BAG_A, BAG_B)}, {"consignment": FIRST_CONSIGNMENT}],
    ids=["of the containers", "of their consignment"],
)
@pytest.mark.parametrize("gap", [None, True], ids=["temperature", "data gap"])
def test_C5_refuses_to_use_material_after_an_excursion_and_accepts_it_once_it_is_assessed(
    scope: world.Data, *, gap: bool | None
) -> None:
    ledger = arrived().given(excursion(**scope, data_gap=gap))
    position = ledger.position
    ledger.when(world.modification()).then_refused(bar("C5", A), bar("C5", B))
    assert ledger.answer.findings[0].found == f"excursion at fact {position} is unassessed"
    ledger.when(fit_for_use(position)).then_recorded()
    late = world.modification(at="2026-04-08T08:15Z")
    ledger.clock("2026-04-09T09:00Z").when(late).then_recorded()


def test_C5_refuses_only_what_lay_in_the_position_then() -> None:
    ledger = arrived().given(
        stored(FRIDGE, BAG_A),
        transport.retrieved(FRIDGE, BAG_A, at="2026-04-07T20:00Z"),
        stored(FRIDGE, BAG_B, at="2026-04-07T20:30Z"),
        transport.retrieved(FRIDGE, BAG_B),
    )
    ledger.given(excursion(zone=FRIDGE, at="2026-04-07T20:00Z", duration_seconds=1800))
    ledger.when(world.modification()).then_refused(bar("C5", B))
    ledger.given(excursion(zone=FRIDGE, at="2026-04-07T19:00Z"))
    ledger.when(world.modification()).then_refused(bar("C5", A), bar("C5", B))


def test_C5_refuses_what_was_made_from_material_with_an_excursion_before_its_use() -> None:
    ledger = given(*world.until("completion"))
    ledger.when(excursion(containers=in_containers(BAG_A)), "2026-04-14T06:40Z").then_noted(note("C5", A))
    position = ledger.position
    ledger.when(world.completion()).then_refused(bar("C5", CELL_BAG))
    found = f"excursion of {A}, from which it was made, at fact {position} is unassessed"
    assert ledger.answer.findings[0].found == found


def test_C5_accepts_what_was_made_before_the_rest_had_an_excursion() -> None:
    ledger = given(*world.until("completion"))
    ledger.given(excursion(containers=in_containers(BAG_A), at="2026-04-10T09:00Z"))
    ledger.when(world.completion()).then_recorded()


@pytest.mark.parametrize("outcome", ["QUARANTINE", "REJECT"])
def test_C5_refuses_what_was_assessed_as_unfit(outcome: str) -> None:
    ledger = arrived().given(excursion(consignment=FIRST_CONSIGNMENT))
    unfit = fit_for_use(ledger.position, outcome=f"EXCURSION_OUTCOME_{outcome}")
    ledger.given(unfit).when(world.modification()).then_refused(bar("C5", A), bar("C5", B))
    assert ledger.answer.findings[0].found.endswith(f"is assessed as {outcome.lower()}")


def test_C5_accepts_the_newest_assessment() -> None:
    ledger = arrived().given(excursion(consignment=FIRST_CONSIGNMENT))
    position = ledger.position
    ledger.given(fit_for_use(position, outcome="EXCURSION_OUTCOME_QUARANTINE"), fit_for_use(position, BAG_A))
    late = world.modification(at="2026-04-08T08:15Z")
    ledger.when(late).then_refused(bar("C5", B))


def test_C5_refuses_the_assessment_of_somebody_who_may_not() -> None:
    ledger = arrived().given(excursion(consignment=FIRST_CONSIGNMENT))
    operator = fit_for_use(ledger.position, by=world.CELL_OPERATOR)
    ledger.when(operator).then_refused(bar("C5", tag("person", world.CELL_OPERATOR)))


def test_C5_accepts_the_assessment_of_a_qp_of_that_product() -> None:
    qualified = world.role(world.SCIENTIST, "QUALIFIED_PERSON", in_organisation=world.CENTRAL)
    ledger = arrived().given(qualified, excursion(consignment=FIRST_CONSIGNMENT))
    ledger.when(fit_for_use(ledger.position, by=world.SCIENTIST)).then_recorded()


def test_C5_accepts_the_assessment_of_the_designated_individual_of_the_licence_of_the_place() -> None:
    """The role is granted on the licence alone; the unit works under it, the manufacturer does not."""
    ledger = given(*world.until("circulation"), excursion(containers=in_containers(BAG_A), at="2026-04-07T10:00Z"))
    unit = {"at": "2026-04-07T11:00Z", "site": world.APHERESIS_UNIT, "organisation": world.COLLECTING}
    by_designated = {"by": world.DESIGNATED, "signed": [(world.DESIGNATED, "APPROVED")]}
    position = ledger.position
    elsewhere = fit_for_use(position, BAG_A, **by_designated)
    ledger.when(elsewhere).then_refused(bar("C5", tag("person", world.DESIGNATED)))
    ledger.when(fit_for_use(position, BAG_A, **unit, **by_designated)).then_recorded()


def test_C5_accepts_the_assessment_of_a_qp_whom_the_licence_of_the_place_names() -> None:
    qualified = world.role(world.SCIENTIST, "QUALIFIED_PERSON", on_licence=world.MIA)
    ledger = arrived().given(qualified, excursion(consignment=FIRST_CONSIGNMENT))
    ledger.when(fit_for_use(ledger.position, by=world.SCIENTIST)).then_recorded()


def test_C5_refuses_an_assessment_of_what_it_did_not_meet() -> None:
    ledger = arrived().given(excursion(containers=in_containers(BAG_A)))
    ledger.when(fit_for_use(ledger.position)).then_refused(bar("C5", B))
    ledger.when(fit_for_use(1, BAG_A)).then_refused(bar("C5", A))


def test_C5_refuses_what_was_lost_and_came_back_until_it_is_assessed() -> None:
    ledger = given(*world.until("receipt"), transport.lost(), transport.found())
    position = ledger.position
    ledger.when(world.receipt()).then_recorded()
    ledger.given(world.central_batch()).when(world.modification()).then_refused(bar("C5", A), bar("C5", B))
    assert ledger.answer.findings[0].found == f"loss at fact {position - 1}, fact {position} is unassessed"
    ledger.given(fit_for_use(position)).when(world.modification(at="2026-04-08T08:15Z")).then_recorded()


@pytest.mark.parametrize("number", [FIRST_CONSIGNMENT, None], ids=["with its number", "without a number"])
def test_C5_refuses_what_arrived_unexpectedly_until_it_is_assessed(number: world.Data | None) -> None:
    ledger = given(*world.until("receipt"), transport.unexpected(consignment=number))
    position = ledger.position
    ledger.given(world.central_batch()).when(world.modification()).then_refused(bar("C5", A), bar("C5", B))
    assert ledger.answer.findings[0].found == f"unexpected arrival at fact {position} is unassessed"
    ledger.given(fit_for_use(position)).when(world.modification(at="2026-04-08T08:15Z")).then_recorded()


def test_C5_refuses_to_accept_to_use_and_accepts_to_quarantine() -> None:
    ledger = arrived().given(excursion(consignment=FIRST_CONSIGNMENT))
    ledger.when(transport.accepted()).then_refused(bar("C5", A), bar("C5", B))
    ledger.when(transport.accepted("TO_QUARANTINE")).then_recorded()


@pytest.mark.parametrize("materials", [[FINAL], None], ids=["the container", "the whole batch"])
def test_C5_refuses_to_release_and_to_give(materials: list[world.Data] | None) -> None:
    ledger = given(*world.until("release"))
    ledger.given(excursion(containers=in_containers(FINAL), at="2026-04-14T09:50Z"))
    ledger.when(world.release(materials=materials)).then_refused(bar("C5", FINAL_BAG))
    told = given(*world.until("start"), excursion(containers=in_containers(FINAL), at="2026-04-14T10:21Z"))
    told.when(world.start()).then_refused(bar("C5", FINAL_BAG))


@pytest.mark.parametrize(
    "scope",
    [{"containers": in_containers(BAG_A)}, {"consignment": FIRST_CONSIGNMENT}],
    ids=["of the container", "of its consignment"],
)
def test_a_late_excursion_names_the_later_facts_that_it_makes_impossible(scope: world.Data) -> None:
    ledger = given(*world.registers(), *world.story())
    modified, started = (ledger.position_of(name) for name in ("CellsModified", "AdministrationStarted"))
    ledger.when(excursion(**scope))
    named = {position for finding in ledger.receipt.findings for position in finding.positions}
    assert {modified, started} <= named
    assert {finding.rule for finding in ledger.receipt.findings} == {"C5"}


def test_a_late_excursion_of_a_position_names_the_use_of_what_lay_in_it() -> None:
    ledger = arrived().given(stored(), transport.retrieved(), world.modification())
    modified = ledger.position
    ledger.when(excursion(zone=FRIDGE, at="2026-04-07T22:00Z")).then_noted(note("C5", A), note("C5", B))
    assert {finding.positions for finding in ledger.receipt.findings} == {(modified,)}


def _strangers(many: int) -> list[world.Data]:
    return [{**BAG_A, "value": f"A9999S1128A9999261{number:05}A00000"} for number in range(many)]


def _storing(bags: list[world.Data], at: str) -> list[Draft]:
    """As many facts as it takes to put bags into the position."""
    return [stored(FRIDGE, *bags[start : start + 50], at=at) for start in range(0, len(bags), 50)]


def test_a_late_excursion_of_a_busy_position_names_what_left_it_since() -> None:
    """What was stored after the excursion neither crowds out what lay there then, nor is asked about."""
    ledger = arrived().given(
        stored(), transport.retrieved(), world.modification(), *_storing(_strangers(300), "2026-04-08T09:00Z")
    )
    ledger.when(excursion(zone=FRIDGE, at="2026-04-07T22:00Z")).then_noted(note("C5", A), note("C5", B))


def test_a_late_excursion_that_lasted_names_what_was_put_into_the_position_meanwhile() -> None:
    ledger = arrived().given(stored(at="2026-04-07T22:10Z"), transport.retrieved(), world.modification())
    ledger.when(excursion(zone=FRIDGE, at="2026-04-07T22:00Z", duration_seconds=1800)).then_noted(
        note("C5", A), note("C5", B)
    )


def test_a_late_excursion_of_a_position_says_when_more_lay_in_it_than_could_be_looked_at() -> None:
    ledger = arrived().given(*_storing(_strangers(65), "2026-04-07T19:00Z"))
    ledger.when(excursion(zone=FRIDGE, at="2026-04-07T22:00Z"))
    found = {finding.found for finding in ledger.receipt.findings}
    assert found == {"more rests on this than could be looked at: not checked with this one"}


def test_a_storage_position_remembers_what_lies_in_it_and_not_what_left() -> None:
    bags = _strangers(MOST_CONTENTS + 1)
    told = (
        *_storing(bags, "2026-04-07T18:50Z"),
        transport.retrieved(FRIDGE, bags[-1], at="2026-04-07T18:51Z"),
        stored(TANK, bags[-2], moved_from=FRIDGE, at="2026-04-07T18:52Z"),
        stored(FRIDGE, BAG_A, at="2026-04-07T18:53Z"),
    )
    state = STORAGE_POSITION.empty
    for position, draft in enumerate(told, start=1):
        at = draft.content.envelope.occurred_at.time
        state = STORAGE_POSITION.fold(state, Entry(tag=FRIDGE_TAG, position=position, at=at, content=draft.content))
    assert state.contents == (*(tag("material", bag) for bag in bags[1:-2]), A)


def test_a_late_unexpected_arrival_names_the_use_of_what_came_so() -> None:
    ledger = given(*world.until("second_dispatch"))
    modified = ledger.position_of("CellsModified")
    ledger.when(transport.unexpected(at="2026-04-07T18:40Z")).then_noted(note("C5", A), note("C5", B))
    assert {finding.positions for finding in ledger.receipt.findings} == {(modified,)}


# C6


def test_C6_accepts_a_position_of_the_class_that_it_needs() -> None:
    ledger = arrived()
    ledger.when(stored(temperature="TEMPERATURE_CLASS_REFRIGERATED")).then_recorded()
    ledger.when(stored(moved_from=FRIDGE, at="2026-04-07T19:00Z")).then_recorded()


def test_C6_refuses_a_position_of_another_class_than_is_said_to_be_needed() -> None:
    arrived().when(stored(temperature="TEMPERATURE_CLASS_CONTROLLED_ROOM")).then_refused(bar("C6", FRIDGE_TAG))
    arrived().when(stored(segregation="SEGREGATION_CLASS_QUARANTINE")).then_refused(bar("C6", FRIDGE_TAG))


def test_C6_notes_a_position_that_nobody_registered() -> None:
    given(*world.until("modification")).when(stored()).then_noted(note("C6", FRIDGE_TAG))


def made_and_frozen() -> Asked:
    """The cells, frozen at the central site."""
    return given(*world.until("second_dispatch"), *ZONES, transport.frozen())


def test_C6_accepts_frozen_cells_in_nitrogen_and_refuses_them_in_a_fridge() -> None:
    ledger = made_and_frozen()
    ledger.when(stored(FRIDGE, CELLS, at="2026-04-09T12:00Z")).then_refused(bar("C6", CELL_BAG))
    ledger.when(stored(TANK, CELLS, at="2026-04-09T12:00Z")).then_recorded()


def test_C6_refuses_to_freeze_thawed_cells_again() -> None:
    there = {"site": world.CENTRAL_SITE, "organisation": world.CENTRAL, "by": world.CELL_OPERATOR}
    thaw = transport.thawed(at="2026-04-09T12:00Z", ended_at=world.time("2026-04-09T12:10Z"), **there)
    ledger = made_and_frozen().given(thaw)
    ledger.when(stored(TANK, CELLS, at="2026-04-09T13:00Z")).then_refused(bar("C6", CELL_BAG))
    ledger.when(stored(FRIDGE, CELLS, at="2026-04-09T13:00Z")).then_recorded()


def test_C6_refuses_to_warm_what_lay_in_nitrogen_and_notes_cold_that_nobody_recorded() -> None:
    ledger = arrived()
    ledger.when(stored(FRIDGE)).then_recorded()
    ledger.when(stored(TANK, at="2026-04-07T19:00Z")).then_noted(note("C6", A), note("C6", B))
    ledger.when(stored(FRIDGE, at="2026-04-07T20:00Z")).then_refused(bar("C6", A), bar("C6", B))


def test_C6_refuses_hazardous_material_among_other_material() -> None:
    hazard = world.name("zone.PCW", "HAZ-1")
    apart = transport.zone(hazard, "REFRIGERATED", segregation="SEGREGATION_CLASS_BIOLOGICAL_HAZARD")
    ledger = arrived().given(apart, stored(hazard))
    ledger.when(stored(FRIDGE, at="2026-04-07T20:00Z")).then_refused(bar("C6", A), bar("C6", B))


# C7


def test_C7_notes_use_of_what_nobody_recorded_as_taken_out_of_storage() -> None:
    ledger = arrived().given(stored())
    ledger.when(world.modification()).then_noted(note("C7", A), note("C7", B))
    assert ledger.answer.findings[0].found == f"not on record as taken out of {FRIDGE_TAG}"


def test_C7_refuses_use_before_it_was_taken_out_of_storage() -> None:
    ledger = arrived().given(stored(), transport.retrieved(at="2026-04-08T09:00Z"))
    ledger.when(world.modification()).then_refused(bar("C7", A), bar("C7", B))
    ledger.when(world.modification(at="2026-04-08T09:02Z")).then_recorded()


def test_C7_refuses_to_give_what_is_frozen_and_accepts_it_once_thawed() -> None:
    own = {"outputs": [world.filled(FINAL, world.quantity("50"))], "ended_at": world.time("2026-04-14T09:55Z")}
    frozen = transport.frozen(
        FINAL, FINAL, **{**transport.WARD, "signed": [(world.NURSE, "PERFORMED")]}, at="2026-04-14T09:50Z", **own
    )
    ledger = given(*world.until("release"), frozen, world.release(), world.check())
    ledger.when(world.start()).then_refused(bar("C7", FINAL_BAG))
    ledger.given(transport.thawed(FINAL, at="2026-04-14T10:21Z", ended_at=world.time("2026-04-14T10:24Z")))
    ledger.when(world.start()).then_recorded()


def test_C7_refuses_a_thaw_that_ended_before_it_started() -> None:
    ledger = given(*world.until("poc_batch"))
    ledger.when(transport.thawed(ended_at=world.time("2026-04-14T06:00Z"))).then_refused(bar("C7", CELL_BAG))
