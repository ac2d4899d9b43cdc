"""Facts about facts: one mechanism, by which the newest record about an original counts, in every subject."""

import pytest

from ledger.audit.rejudge import rejudge
from ledger.domain.facts.record import Cure
from ledger.domain.receipt import Draft
from tests.support import world
from tests.support.judged import Asked, Expected, bar, given, note
from tests.support.world import (
    BAG_A,
    BAG_B,
    CELLS,
    CHAIN,
    DEVIATION,
    FINAL,
    OTHER_CHAIN,
    OTHER_PATIENT,
    PATIENT,
    POC_SITE,
    quantity,
    tag,
)

A, B, CELL_BAG, FINAL_BAG = (tag("material", item) for item in (BAG_A, BAG_B, CELLS, FINAL))
SLOTS = world.slots()


def positions_of_the_story() -> dict[str, int]:
    """Where each fact of the story stands."""
    first = len(world.registers()) + 1
    return {slot: first + number for number, slot in enumerate(SLOTS)}


AT = positions_of_the_story()


def whole() -> Asked:
    """The whole story."""
    return given(*world.registers(), *world.story())


# Corrected


@pytest.mark.parametrize(("slot", "draft"), list(zip(SLOTS, world.story(), strict=True)), ids=SLOTS)
def test_a_correction_that_says_the_same_again_changes_nothing(slot: str, draft: world.Draft) -> None:
    ledger = whole()
    ledger.when(world.corrected(AT[slot], draft)).then_recorded()
    effect = ledger.record.verdict.effect
    assert effect is not None
    assert (effect.target, effect.content) == (AT[slot], ledger.ledger_content(AT[slot]))


def test_a_correction_keeps_the_parts_that_it_does_not_send() -> None:
    ledger = whole()
    ledger.when(world.corrected(AT["end"], world.end(given=[quantity("48")]))).then_recorded()
    moved = world.end(at="2026-04-14T10:50Z")
    only_envelope = world.corrected(AT["end"], moved, with_envelope=True, fact=None)
    ledger.when(only_envelope).then_recorded()
    effect = ledger.record.verdict.effect
    assert effect is not None
    assert effect.content is not None
    assert effect.effective == world.time("2026-04-14T10:50Z")
    assert effect.content.fact == world.end(given=[quantity("48")]).content.fact
    assert effect.content.envelope == moved.content.envelope


def test_a_tag_moves_from_one_material_to_another() -> None:
    ledger = given(*world.until("central_batch", receipt=world.receipt(materials=None)))
    ledger.when(world.corrected(AT["dispatch"], world.dispatch(materials=[BAG_A]))).then_recorded()
    ledger.given(world.central_batch())
    ledger.when(world.modification(exceptions=[DEVIATION])).then_deviation(bar("C2", B))


def test_a_correction_of_when_it_happened_reorders() -> None:
    ledger = given(*world.until("start"))
    ledger.when(world.corrected(AT["check"], world.check(at="2026-04-14T09:40Z"), with_envelope=True)).then_recorded()
    ledger.when(world.start()).then_refused(bar("I8", FINAL_BAG))


def test_the_newest_record_about_a_position_counts() -> None:
    ledger = given(*world.until("start"))
    mismatch = world.check(outcome="IDENTITY_OUTCOME_MISMATCH")
    ledger.when(world.corrected(AT["check"], mismatch)).then_noted("I8")
    ledger.when(world.start()).then_refused("I8")
    ledger.when(world.corrected(AT["check"], world.check())).then_recorded()
    ledger.when(world.start()).then_recorded()


def test_what_did_not_happen_counts_no_more_and_may_be_put_right_again() -> None:
    ledger = given(*world.until("start"))
    ledger.when(world.did_not_happen(AT["check"])).then_recorded()
    ledger.when(world.start()).then_refused("I8")
    ledger.when(world.corrected(AT["check"], world.check())).then_recorded()
    ledger.when(world.start()).then_recorded()


@pytest.mark.parametrize(
    ("slot", "refused"),
    [
        ("consent", [bar("I4", tag("patient", PATIENT))]),
        ("identification", [bar("I4", tag("patient", PATIENT))]),
        ("chain", [bar("C7", tag("coi", CHAIN))]),
    ],
)
def test_what_did_not_happen_is_missed_by_the_collection(slot: str, refused: list[Expected]) -> None:
    ledger = given(*world.until("apheresis")).when(world.did_not_happen(AT[slot])).then_recorded()
    ledger.when(world.apheresis()).then_refused(*refused)


@pytest.mark.parametrize(
    ("slot", "refused"),
    [
        ("release", [bar("R1", FINAL_BAG)]),
        ("completion", [bar("R1", FINAL_BAG)]),
    ],
)
def test_what_did_not_happen_is_missed_at_the_bedside(slot: str, refused: list[Expected]) -> None:
    ledger = given(*world.until("start"))
    ledger.tell(world.did_not_happen(AT[slot]))
    ledger.when(world.start()).then_refused(*refused)


def test_a_register_that_is_withdrawn_counts_no_more() -> None:
    ledger = given(*world.registers())
    masterfile = ledger.position
    ledger.when(world.did_not_happen(masterfile)).then_recorded()
    ledger.given(*world.since("prescription", "poc_batch"))
    ledger.when(world.poc_batch()).then_refused(bar("L3", tag("site", POC_SITE)))


def test_a_correction_that_breaks_a_rule_is_refused_first_and_possible_as_a_deviation() -> None:
    ledger = whole()
    wrong = world.start(patient=OTHER_PATIENT)
    expected = bar("I1", FINAL_BAG), bar("I8", FINAL_BAG), bar("R9", FINAL_BAG)
    ledger.when(world.corrected(AT["start"], wrong)).then_refused(*expected)
    ledger.when(world.corrected(AT["start"], wrong, exceptions=[DEVIATION])).then_deviation(
        *expected, note("Q5", FINAL_BAG)
    )
    assert ledger.receipt.deviation == f"deviation:ledger:{ledger.position}"


def test_a_correction_of_a_decision_that_breaks_a_rule_is_refused_always() -> None:
    wrong = world.release(critical_parameters_met=False)
    whole().when(world.corrected(AT["release"], wrong, exceptions=[DEVIATION])).then_refused("R1")


def test_a_correction_is_judged_without_what_it_corrects() -> None:
    ledger = whole()
    ledger.when(world.corrected(AT["receipt"], world.receipt(seals="SEAL_STATE_INTACT"))).then_recorded()
    ledger.when(world.corrected(AT["apheresis"], world.apheresis(cycles=5))).then_recorded()


def test_a_person_is_corrected_without_being_met_as_somebody_else() -> None:
    ledger = given(*world.registers())
    position = ledger.position_of("PersonRegistered")
    again = world.person(world.SECOND_NURSE, numbers=[world.name("staff.RXK", "0004")])
    ledger.when(world.corrected(position, again)).then_recorded()


def test_what_a_correction_makes_impossible_later_is_a_note_with_positions() -> None:
    ledger = whole()
    few = (quantity("20"), quantity("0.20", "10*9", "viable-cd3"))
    small = [world.filled(BAG_A, *few), world.filled(BAG_B, *few)]
    ledger.when(world.corrected(AT["apheresis"], world.apheresis(bags=small))).then_noted(note("Q1", A), note("Q1", B))
    assert [finding.positions for finding in ledger.answer.findings] == [(AT["modification"],), (AT["modification"],)]


# W1: the old band


def moved_to_the_other_chain() -> Asked:
    """The cells were another patient's all along: the collection is corrected after everything was made."""
    ledger = given(
        *world.until("start"),
        world.chain(OTHER_CHAIN, OTHER_PATIENT),
        world.consent(OTHER_PATIENT, coi=OTHER_CHAIN),
        world.identification(OTHER_PATIENT, coi=OTHER_CHAIN),
    )
    other = world.apheresis(coi=OTHER_CHAIN, autologous={"patient": OTHER_PATIENT})
    return ledger.when(world.corrected(AT["apheresis"], other)).then_noted(note("I1", A), note("I1", B))


def test_a_bag_cannot_be_started_with_the_old_band_after_its_cells_were_corrected_to_another_chain() -> None:
    moved_to_the_other_chain().when(world.start()).then_refused(bar("I1", FINAL_BAG))


def test_a_bag_cannot_be_started_with_the_new_band_either_while_its_batch_is_the_old_chains() -> None:
    ledger = moved_to_the_other_chain()
    ledger.tell(world.check(patient=OTHER_PATIENT, scanned_patient=OTHER_PATIENT, coi=OTHER_CHAIN))
    ledger.when(world.start(patient=OTHER_PATIENT, coi=OTHER_CHAIN)).then_refused(
        bar("I1", FINAL_BAG), bar("R9", FINAL_BAG)
    )


def test_the_bag_itself_is_the_other_chains_after_the_correction() -> None:
    ledger = given(
        *world.until("central_batch"),
        world.chain(OTHER_CHAIN, OTHER_PATIENT),
        world.consent(OTHER_PATIENT, coi=OTHER_CHAIN),
        world.identification(OTHER_PATIENT, coi=OTHER_CHAIN),
    )
    other = world.apheresis(coi=OTHER_CHAIN, autologous={"patient": OTHER_PATIENT})
    ledger.when(world.corrected(AT["apheresis"], other)).then_recorded()
    ledger.given(world.central_batch()).when(world.modification()).then_refused(bar("I1", A), bar("I1", B))


# W2: receipt before dispatch, and cures


def received_before_dispatched() -> tuple[Asked, int]:
    """A receipt that was refused, recorded as a deviation; its dispatch comes late."""
    ledger = given(*world.until("second_dispatch")).when(world.second_receipt()).then_refused("C1")
    ledger.when(world.as_deviation(ledger.position)).then_deviation(
        bar("C1", tag("consignment", world.SECOND_CONSIGNMENT))
    )
    deviation = ledger.position
    ledger.when(world.second_dispatch()).then_recorded()
    return ledger, deviation


def test_a_late_dispatch_cures_the_receipt_that_came_before_it() -> None:
    ledger, deviation = received_before_dispatched()
    cure = (Cure(deviation=deviation, rule="C1"),)
    assert (ledger.receipt.cures, ledger.record.verdict.cures) == (cure, cure)


def test_a_bag_is_held_by_its_receiver_after_the_cure() -> None:
    ledger, _ = received_before_dispatched()
    ledger.given(world.poc_batch()).when(world.completion()).then_recorded()


def test_a_deviation_is_cured_once() -> None:
    ledger, _ = received_before_dispatched()
    again = world.second_dispatch(at="2026-04-13T15:00Z", materials=[world.OTHER_BAG])
    ledger.tell(again)
    assert ledger.receipt.cures == ()


def test_a_dispatch_later_than_the_receipt_cures_nothing() -> None:
    ledger = (
        given(*world.until("second_dispatch")).when(world.second_receipt(exceptions=[DEVIATION])).then_deviation("C1")
    )
    late = world.second_dispatch(at="2026-04-13T21:00Z", exceptions=[DEVIATION])
    ledger.when(late).then_deviation(bar("C2", CELL_BAG))
    assert ledger.receipt.cures == ()


def test_a_correction_cures_too() -> None:
    ledger = (
        given(*world.until("second_dispatch")).when(world.second_receipt(exceptions=[DEVIATION])).then_deviation("C1")
    )
    deviation = ledger.position
    ledger.when(world.second_dispatch(at="2026-04-13T21:00Z", exceptions=[DEVIATION])).then_deviation("C2")
    late = ledger.position
    ledger.when(world.corrected(late, world.second_dispatch(), with_envelope=True)).then_recorded()
    assert ledger.receipt.cures == (Cure(deviation=deviation, rule="C1"),)


def test_some_of_the_rules_of_a_deviation_are_cured_and_the_others_stay_open() -> None:
    ledger = given(*world.until("central_batch"))
    ledger.when(world.modification(checked_by=[], exceptions=[DEVIATION])).then_deviation("C7", "I9", "L1")
    deviation = ledger.position
    ledger.when(world.central_batch()).then_recorded()
    assert ledger.receipt.cures == (Cure(deviation=deviation, rule="C7"), Cure(deviation=deviation, rule="L1"))


def test_a_refusal_that_did_happen_counts_from_when_it_happened_without_a_deviation_once_nothing_bars_it() -> None:
    ledger = given(*world.until("second_dispatch")).when(world.second_receipt()).then_refused("C1")
    refused = ledger.position
    ledger.given(world.second_dispatch()).when(world.as_deviation(refused)).then_recorded()
    ledger.given(world.poc_batch()).when(world.completion()).then_recorded()


# Late facts


def test_a_late_fact_names_the_later_receipt_that_it_makes_impossible() -> None:
    ledger = whole()
    ledger.when(world.receipt(at="2026-04-07T17:00Z")).then_noted(
        note("C1", tag("consignment", world.FIRST_CONSIGNMENT))
    )
    assert ledger.answer.findings[0].positions == (AT["receipt"],)
    assert ledger.answer.findings[0].found == "makes 1 later fact impossible"


def test_a_late_dispatch_names_the_handling_that_it_makes_impossible() -> None:
    ledger = whole()
    late = world.dispatch(
        consignment=world.OTHER_CONSIGNMENT,
        materials=[CELLS],
        site=POC_SITE,
        organisation=world.TREATING,
        at="2026-04-14T06:00Z",
    )
    ledger.when(late).then_noted(note("C2", CELL_BAG))
    assert ledger.answer.findings[0].positions == (AT["completion"],)


def test_a_late_use_names_every_later_use_that_it_makes_impossible() -> None:
    ledger = whole()
    emptied = world.modification(outputs=[world.filled(world.OTHER_BAG)], at="2026-04-08T06:45Z")
    ledger.when(emptied).then_noted(note("Q5", A), note("Q5", B), note("Q1", A), note("Q1", B))
    assert {finding.positions for finding in ledger.answer.findings} == {(AT["modification"],)}


def test_a_late_fact_that_changes_nothing_later_is_recorded_without_a_note() -> None:
    elsewhere = world.receipt(consignment=world.OTHER_CONSIGNMENT, exceptions=[DEVIATION])
    whole().when(elsewhere).then_deviation("C1")


def test_a_bag_whose_batch_was_never_opened_is_still_for_the_patient_who_gave_the_cells() -> None:
    ledger = given(*world.until("start"))
    ledger.tell(world.did_not_happen(AT["poc_batch"]))
    ledger.tell(world.check(patient=OTHER_PATIENT, scanned_patient=OTHER_PATIENT))
    ledger.when(world.start(patient=OTHER_PATIENT)).then_refused(bar("I1", FINAL_BAG), bar("R9", FINAL_BAG))


def test_a_dispatch_that_did_not_happen_names_the_receipt_without_it() -> None:
    ledger = whole()
    ledger.tell(world.did_not_happen(AT["dispatch"]))
    assert {(finding.rule, finding.positions) for finding in ledger.answer.findings} == {
        ("C1", (AT["receipt"],)),
    }


def receipts(count: int) -> list[Draft]:
    """Receipts of one consignment, a minute apart, of which its dispatch allows one."""
    first = world.time("2026-04-08T00:00Z")
    return [
        world.receipt(at=first + world.duration(60 * minute), materials=None, exceptions=[DEVIATION])
        for minute in range(count)
    ]


def test_more_than_a_thousand_later_facts_are_not_looked_at_and_the_note_says_so() -> None:
    ledger = given(*world.until("dispatch"))
    ledger.tell_at_once(receipts(1_001))
    ledger.when(world.dispatch()).then_noted(note("C1", tag("consignment", world.FIRST_CONSIGNMENT)))
    assert ledger.answer.findings[0].found == "more than 1000 later facts: not checked with this one"
    assert ledger.answer.findings[0].positions == ()
    assert len(ledger.receipt.cures) == 1


def test_what_reaches_into_a_long_history_is_judged_by_all_of_it() -> None:
    ledger = given(*world.until("dispatch"))
    first = ledger.position + 1
    ledger.tell_at_once(receipts(520))
    moved = world.receipt(at="2026-04-07T23:00Z", materials=None)
    about = tag("consignment", world.FIRST_CONSIGNMENT)
    ledger.when(world.corrected(first, moved, with_envelope=True)).then_refused(bar("C1", about))
    ledger.when(world.did_not_happen(first)).then_recorded()
    ledger.when(world.dispatch()).then_noted(note("C1", about))
    assert ledger.answer.findings[0].positions == tuple(range(first + 2, first + 520))
    assert ledger.receipt.cures == (Cure(deviation=first + 1, rule="C1"),)
    assert rejudge(ledger.rows()) is None


def test_a_start_that_is_taken_back_names_the_end_that_still_says_it_was_given() -> None:
    ledger = whole()
    ledger.when(world.did_not_happen(AT["start"])).then_recorded(note("C7", FINAL_BAG))
    assert [finding.positions for finding in ledger.answer.findings] == [(AT["end"],)]
