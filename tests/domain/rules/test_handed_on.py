"""Rule R6 of what came out of a container that is held: moved, divided, pooled, frozen, filled over, worked on."""

import pytest

from tests.support import making, released, transport, world
from tests.support.judged import Asked, Expected, bar, essence, given, note
from tests.support.making import FROZEN, PART_A, PART_B
from tests.support.world import BAG_A, BAG_B, FINAL, NURSE, PATIENT, QUALITY, Data, Draft, name, tag

SPARE = name("isbt128-mpho", "A9999S1128A999926123456AX0000")
A, PART, SPARE_BAG, FINAL_BAG = (tag("material", item) for item in (BAG_A, PART_A, SPARE, FINAL))

_WARD: Data = {**transport.WARD, "signed": [(NURSE, "PERFORMED")]}


def of(*materials: Data) -> Data:
    """A scope of containers."""
    return {"containers": {"materials": list(materials)}}


def held(*materials: Data, at: str = "2026-04-08T06:40Z") -> Draft:
    """QuarantineImposed on these containers, at the central site's morning."""
    return released.quarantine(**of(*materials), at=at)


def lifted(position: int, *materials: Data, at: str = "2026-04-08T07:30Z", **changes: object) -> Draft:
    """QuarantineLifted for these containers."""
    return released.lifted(position, at=at, **of(*materials), **changes)


def used(*materials: Data, at: str = "2026-04-08T08:00Z") -> Draft:
    """MaterialsConsumed: these go into the batch."""
    return making.consumption(inputs=[{"material": item} for item in materials], at=at)


def before() -> Asked:
    """Both bags at the central site, in a batch that is open."""
    return given(*world.until("modification"))


def about(ledger: Asked, rule: str = "R6") -> set[Expected]:
    """What one rule found in the last fact."""
    return {one for one in essence(ledger.answer.findings) if one.rule == rule}


MOVES: dict[str, tuple[Draft, Data]] = {
    "split": (making.split(), PART_A),
    "transferred": (making.salvage(output=world.filled(PART_A, world.quantity("118"))), PART_A),
    "frozen": (
        making.freezing(outputs=[world.filled(FROZEN, world.quantity("130"))], at="2026-04-08T07:00Z"),
        FROZEN,
    ),
}


@pytest.mark.parametrize(("move", "into"), MOVES.values(), ids=MOVES)
def test_R6_refuses_what_came_out_of_a_container_that_was_in_quarantine(move: Draft, into: Data) -> None:
    ledger = before().given(held(BAG_A))
    quarantine = ledger.position
    ledger.tell(move)
    ledger.when(used(into))
    assert bar("R6", tag("material", into)) in about(ledger)
    ledger.given(lifted(quarantine, BAG_A, at="2026-04-08T08:10Z")).when(used(into, at="2026-04-08T08:20Z"))
    assert about(ledger) == set()


def test_R6_accepts_what_came_out_once_it_was_lifted_for_the_container_that_bears_it_and_for_no_other() -> None:
    ledger = before().given(held(BAG_A))
    quarantine = ledger.position
    ledger.given(making.split(), lifted(quarantine, PART_A))
    ledger.when(used(PART_B)).then_refused(bar("R6", tag("material", PART_B)))
    ledger.when(used(PART_A)).then_recorded()


def test_R6_accepts_what_came_out_when_the_quarantine_had_been_lifted_before() -> None:
    ledger = before().given(held(BAG_A))
    ledger.given(lifted(ledger.position, BAG_A, at="2026-04-08T06:50Z"), making.split())
    ledger.when(used(PART_A)).then_recorded()


def test_R6_refuses_to_lift_for_a_container_what_it_does_not_bear_or_bears_no_more() -> None:
    ledger = before().given(held(BAG_B))
    quarantine = ledger.position
    ledger.given(making.split()).when(lifted(quarantine, PART_A)).then_refused(bar("R6", PART))
    ledger.given(held(BAG_A, at="2026-04-08T06:45Z"))
    borne = ledger.position
    ledger.given(lifted(borne, PART_A)).when(lifted(borne, PART_A)).then_refused(bar("R6", PART))
    by_nurse = lifted(borne, PART_B, by=world.NURSE)
    ledger.when(by_nurse).then_refused(bar("R6", tag("person", world.NURSE)))


def test_R6_refuses_a_pool_while_the_hold_of_one_of_its_parts_stands() -> None:
    data = {
        "inputs": [{"material": BAG_A}, {"material": BAG_B}],
        "output": world.filled(PART_A, world.quantity("222")),
        "pool_number": "P-1",
    }
    ledger = before().given(held(BAG_A), held(BAG_B))
    first = ledger.position - 1
    ledger.given(world.fact("MaterialsPooled", data, making._WORKS, {}), lifted(first, BAG_A))
    ledger.when(used(PART_A)).then_refused(bar("R6", PART))
    ledger.given(lifted(first + 1, PART_A, at="2026-04-08T08:10Z"))
    ledger.when(used(PART_A, at="2026-04-08T08:20Z")).then_recorded()


def test_R6_refuses_what_was_made_out_of_a_held_container_despite_a_refusal_until_it_is_lifted() -> None:
    ledger = before().given(held(BAG_A))
    quarantine = ledger.position
    done = making.step(ended_at=world.time("2026-04-08T07:10Z"), exceptions=[world.DEVIATION])
    ledger.when(done).then_deviation("R6")
    ledger.given(world.assessed(ledger.position, at="2026-04-08T07:40Z"))
    ledger.when(used(PART_A)).then_refused(bar("R6", PART))
    ledger.given(lifted(quarantine, BAG_A, at="2026-04-08T08:10Z"))
    ledger.when(used(PART_A, at="2026-04-08T08:20Z")).then_recorded()


def test_R6_refuses_what_a_batch_made_of_what_it_had_taken_when_that_turns_out_to_have_been_held() -> None:
    grown = making.step(inputs=[], ended_at=world.time("2026-04-08T07:40Z"), at="2026-04-08T07:30Z")
    ledger = before().given(used(BAG_A, at="2026-04-08T07:00Z"))
    ledger.tell(grown)
    ledger.tell(held(BAG_A), recorded="2026-04-08T07:50Z")
    ledger.when(used(PART_A))
    assert about(ledger) == {bar("R6", PART)}


def test_R6_refuses_through_many_containers_and_accepts_what_was_lifted_for_one_on_the_way() -> None:
    numbered = [name("isbt128-mpho", f"A9997F1{number:03}A999926123456A00000") for number in range(20)]
    ledger = before().given(held(BAG_A))
    quarantine = ledger.position
    for minute, (source, into) in enumerate(zip([BAG_A, *numbered], numbered, strict=False)):
        output = world.filled(into, world.quantity("118"))
        ledger.given(making.salvage(source, output=output, at=f"2026-04-08T07:{minute:02}Z"))
    ledger.when(used(numbered[-1])).then_refused(bar("R6", tag("material", numbered[-1])))
    ledger.given(lifted(quarantine, numbered[7], at="2026-04-08T08:10Z"))
    ledger.when(used(numbered[-1], at="2026-04-08T08:20Z")).then_recorded()


def rejected(at: str = "2026-04-08T06:40Z") -> Draft:
    """RejectionDecided of bag A."""
    frame = {"site": world.CENTRAL_SITE, "by": QUALITY, "organisation": world.CENTRAL, "at": at}
    return world.fact("RejectionDecided", {"reason": "a positive culture", **of(BAG_A)}, frame, {})


def test_R6_refuses_what_came_out_of_what_was_rejected_and_nothing_lifts_that() -> None:
    ledger = before().given(rejected())
    rejection = ledger.position
    ledger.given(making.split()).when(used(PART_A)).then_refused(bar("R6", PART))
    ledger.when(lifted(rejection, PART_A)).then_refused(bar("R6", PART))


def test_R6_notes_that_the_emptied_container_was_rejected_after_its_contents_had_left_it() -> None:
    ledger = before().given(making.split(), rejected("2026-04-08T07:30Z"))
    ledger.when(used(PART_A)).then_noted(note("R6", A))


def test_R6_refuses_what_was_only_moved_when_its_old_container_is_quarantined_after_that() -> None:
    """A quarantine is a doubt about the contents: an excursion, a culture that was read late."""
    ledger = before().given(making.split(), held(BAG_A, at="2026-04-08T07:20Z"))
    quarantine = ledger.position
    ledger.when(used(PART_A)).then_refused(bar("R6", PART))
    ledger.given(lifted(quarantine, PART_A, at="2026-04-08T08:10Z"))
    ledger.when(used(PART_A, at="2026-04-08T08:20Z")).then_recorded()


def test_R6_notes_for_what_was_made_that_what_it_was_made_of_is_quarantined_after_that() -> None:
    ledger = before()
    ledger.tell(making.step(ended_at=world.time("2026-04-08T07:10Z")))
    ledger.given(held(BAG_A, at="2026-04-08T07:20Z")).when(used(PART_A))
    assert about(ledger) == {note("R6", A)}


# at the bedside: saved from a bag that leaked, sent back, came in a held consignment


ALL = world.release(materials=None)


def saved(at: str = "2026-04-14T10:18Z") -> Draft:
    """ContentsTransferred: the final container into another bag."""
    data = {
        "source": {"material": FINAL},
        "output": world.filled(SPARE, world.quantity("50")),
        "reason": "the port leaked",
    }
    return world.fact("ContentsTransferred", data, {**_WARD, "at": at}, {})


def labelled() -> Draft:
    """LabelApplied: on the bag into which it was saved."""
    return world.label(material=SPARE, at="2026-04-14T10:19Z")


def ready(*before_it: Draft) -> Asked:
    """Released, saved into the spare bag, and that checked."""
    ledger = given(*world.until("check", release=ALL), *before_it, saved(), labelled())
    return ledger.given(world.check(materials=[SPARE], at="2026-04-14T10:20Z"))


def spare(at: str = "2026-04-14T10:27Z") -> Draft:
    """The start of what was saved."""
    return world.start(material=SPARE, at=at)


@pytest.mark.parametrize("hold", [released.damaged(), released.returned()], ids=["damaged", "returned"])
def test_R6_refuses_what_was_saved_out_of_a_damaged_or_returned_container_until_that_is_lifted(hold: Draft) -> None:
    ledger = given(*world.until("check", release=ALL), hold)
    position = ledger.position
    ledger.given(saved(), labelled(), world.check(materials=[SPARE], at="2026-04-14T10:20Z"))
    assert ledger.receipt.clearance is not None
    assert not ledger.receipt.clearance.may_follow
    assert f"came from material {FINAL['value']}" in ledger.receipt.clearance.sentence
    ledger.when(spare()).then_refused(bar("R6", SPARE_BAG))
    ledger.given(lifted(position, SPARE, at="2026-04-14T10:28Z", for_patient=PATIENT))
    ledger.when(spare("2026-04-14T10:29Z")).then_recorded()


@pytest.mark.parametrize("for_whom", [FINAL, SPARE], ids=["where it was imposed", "for the new container"])
def test_R6_refuses_for_another_patient_than_it_was_lifted_for(for_whom: Data) -> None:
    ledger = given(*world.until("check", release=ALL), released.quarantine(at="2026-04-14T10:16Z"))
    position = ledger.position
    ledger.given(saved(), labelled(), world.check(materials=[SPARE], at="2026-04-14T10:20Z"))
    ledger.given(lifted(position, for_whom, at="2026-04-14T10:22Z", for_patient=world.OTHER_PATIENT))
    ledger.when(spare()).then_refused(bar("R6", SPARE_BAG))


def test_R6_accepts_what_was_saved_out_of_a_container_that_was_damaged_after_it_was_empty() -> None:
    ready().given(released.damaged(at="2026-04-14T10:22Z")).when(spare()).then_recorded()


@pytest.mark.parametrize("at", ["2026-04-14T06:35Z", "2026-04-14T06:45Z"], ids=["before", "after it was moved"])
def test_R6_refuses_what_came_out_of_a_container_that_came_in_a_consignment_that_is_held(at: str) -> None:
    scope = {"consignment": world.SECOND_CONSIGNMENT}
    moved = {
        "source": {"material": world.CELLS},
        "output": world.filled(SPARE, world.quantity("60")),
        "reason": "the port leaked",
    }
    lab = {"site": world.POC_SITE, "by": NURSE, "checked_by": [world.SECOND_NURSE], "organisation": world.TREATING}
    ledger = given(*world.until("completion"))
    ledger.tell(world.fact("ContentsTransferred", moved, {**lab, "at": "2026-04-14T06:40Z"}, {}))
    ledger.tell(released.quarantine(**scope, at=at))
    quarantine = ledger.position
    ledger.when(world.completion(inputs=[{"material": SPARE}]))
    assert about(ledger) == {bar("R6", SPARE_BAG)}
    ledger.given(released.lifted(quarantine, at="2026-04-14T07:12Z", **scope))
    ledger.when(world.completion(inputs=[{"material": SPARE}], at="2026-04-14T07:20Z"))
    assert about(ledger) == set()


# what comes late


def test_R6_refuses_what_was_moved_before_a_quarantine_of_that_time_became_known() -> None:
    ledger = before().given(making.split()).when(held(BAG_A), recorded="2026-04-08T07:40Z")
    ledger.when(used(PART_A)).then_refused(bar("R6", PART))


def test_R6_notes_the_uses_of_what_was_moved_out_that_a_late_quarantine_makes_impossible() -> None:
    ledger = before().given(making.split(), used(PART_A, at="2026-04-08T07:30Z"))
    use = ledger.position
    ledger.when(held(BAG_A), recorded="2026-04-08T07:40Z").then_noted(note("R6", PART))
    assert ledger.answer.findings[0].positions == (use,)
    after = before().given(making.split(), used(PART_A, at="2026-04-08T07:30Z"))
    after.when(held(PART_B, at="2026-04-08T07:10Z"), recorded="2026-04-08T07:40Z").then_recorded()


def test_R6_notes_the_uses_that_a_move_out_of_a_held_container_makes_impossible_when_it_comes_late() -> None:
    ledger = before().given(held(BAG_A))
    ledger.tell(used(PART_A, at="2026-04-08T07:30Z"))
    use = ledger.position
    ledger.when(making.split(), recorded="2026-04-08T07:40Z")
    found = {(one.rule, one.tag, one.positions) for one in ledger.answer.findings}
    assert ("R6", PART, (use,)) in found


def test_R6_notes_the_uses_that_damage_makes_impossible_when_it_comes_late() -> None:
    ledger = given(*world.until("end"))
    started = ledger.position
    ledger.when(released.damaged(at="2026-04-14T10:15Z"))
    assert ("R6", FINAL_BAG, (started,)) in {(one.rule, one.tag, one.positions) for one in ledger.answer.findings}


def test_R6_takes_a_hold_that_did_not_happen_back_from_what_came_out() -> None:
    ledger = before().given(held(BAG_A))
    ledger.given(making.split(), world.did_not_happen(ledger.position, at="2026-04-08T07:20Z"))
    ledger.when(used(PART_A)).then_recorded()
