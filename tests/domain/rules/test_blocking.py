"""Rule R6 for deviations, and what settles them: the decision to go on, confirmation, assessment, cure."""

import pytest

from ledger.domain.receipt import Receipt
from tests.support import making, released, world
from tests.support.judged import Asked, Expected, bar, essence, given, note
from tests.support.world import CONSULTANT, DEVIATION, FINAL, NURSE, PATIENT, QUALITY, SECOND_NURSE, tag

FINAL_BAG = tag("material", FINAL)
BATCH = tag("batch", world.POC_BATCH)


def opened_alone() -> Asked:
    """A batch that one person opened alone, recorded as a deviation; made, not yet released."""
    ledger = given(*world.until("poc_batch"))
    ledger.when(world.poc_batch(checked_by=None, exceptions=[DEVIATION])).then_deviation("I9")
    return ledger


def number(ledger: Asked) -> int:
    """The number of the deviation that was recorded last."""
    return next(one.position for one in reversed(ledger.answers) if isinstance(one, Receipt) and one.deviation)


def test_R6_refuses_use_that_rests_on_an_open_deviation() -> None:
    ledger = opened_alone()
    ledger.when(world.completion()).then_recorded()
    ledger.when(world.release()).then_refused(bar("R6", BATCH))


def test_R6_accepts_use_once_the_owner_of_the_risk_has_assessed_it_as_fit() -> None:
    ledger = opened_alone()
    ledger.given(world.completion(), world.assessed(number(ledger), at="2026-04-14T10:28Z"))
    ledger.when(world.release()).then_recorded()


def test_R6_refuses_use_after_an_assessment_that_rejects() -> None:
    ledger = opened_alone()
    rejected = world.assessed(number(ledger), at="2026-04-14T10:28Z", outcome="DEVIATION_OUTCOME_REJECT")
    ledger.given(world.completion(), rejected).when(world.release()).then_refused(bar("R6", BATCH))


def test_R6_accepts_the_release_for_the_patient_of_the_batch_for_whom_alone_its_deviation_was_assessed() -> None:
    for patient, expected in ((PATIENT, set()), (world.OTHER_PATIENT, {bar("R6", BATCH)})):
        ledger = opened_alone()
        for_one = {"outcome": "DEVIATION_OUTCOME_USE_FOR_THIS_PATIENT_ONLY", "for_patient": patient}
        ledger.given(world.completion(), world.assessed(number(ledger), at="2026-04-14T10:28Z", **for_one))
        ledger.when(world.release())
        assert essence(ledger.answer.findings) == expected


def test_R6_refuses_to_give_what_was_released_before_a_deviation_of_its_batch_became_known() -> None:
    expired = {"lot": world.VECTOR_LOT, "item": "vector", "expiry": "2020-01"}
    frame = {"at": "2026-04-14T09:00Z", "site": world.POC_SITE, "by": NURSE, "organisation": world.TREATING}
    late = {"batch": world.POC_BATCH, "inputs": [], "outputs": [], "lots": [expired]}
    ledger = given(*world.until("start"))
    ended = world.time("2026-04-14T09:10Z")
    ledger.when(making.step(**late, **frame, ended_at=ended, exceptions=[DEVIATION])).then_deviation("Q7")
    deviation = number(ledger)
    ledger.when(world.start()).then_refused(bar("R6", FINAL_BAG))
    ledger.given(world.assessed(deviation, at="2026-04-14T10:30Z"))
    ledger.when(world.start(at="2026-04-14T10:35Z")).then_recorded()


def test_R6_refuses_release_and_use_while_a_deviation_of_an_earlier_batch_is_open() -> None:
    ledger = given(*world.until("central_batch"))
    ledger.when(world.central_batch(checked_by=None, exceptions=[DEVIATION])).then_deviation("I9")
    deviation = number(ledger)
    ledger.given(*world.since("modification", "release"))
    ledger.when(world.release()).then_refused(bar("R6", BATCH))
    ledger.given(world.assessed(deviation, at="2026-04-14T10:02Z")).when(world.release()).then_recorded()
    ledger.given(world.check(at="2026-04-14T10:26Z")).when(world.start()).then_recorded()


def test_R6_refuses_to_give_what_was_released_before_a_deviation_of_an_earlier_batch_became_known() -> None:
    expired = {"lot": world.VECTOR_LOT, "item": "vector", "expiry": "2020-01"}
    frame = {
        "at": "2026-04-10T09:00Z",
        "site": world.CENTRAL_SITE,
        "by": world.CELL_OPERATOR,
        "checked_by": [world.SECOND_OPERATOR],
        "organisation": world.CENTRAL,
    }
    late = {"batch": world.CENTRAL_BATCH, "inputs": [], "outputs": [], "lots": [expired]}
    ledger = given(*world.until("start"))
    step = making.step(**late, **frame, ended_at=world.time("2026-04-10T09:10Z"), exceptions=[DEVIATION])
    ledger.when(step).then_deviation("Q7")
    ledger.when(world.start()).then_refused(bar("R6", FINAL_BAG))


def received_alone() -> Asked:
    """The final container is checked and released; its start was first done as a deviation and taken back."""
    ledger = given(*world.until("start"))
    ledger.when(world.start(at="2026-04-14T13:00Z", exceptions=[DEVIATION])).then_deviation("R5", "I8")
    return ledger


@pytest.mark.parametrize(
    ("patient", "expected"), [(PATIENT, set()), (world.OTHER_PATIENT, {bar("R6", FINAL_BAG)})], ids=["same", "other"]
)
def test_R6_accepts_use_for_the_one_patient_for_whom_it_was_assessed(
    patient: world.Data, expected: set[Expected]
) -> None:
    ledger = received_alone()
    for_one = {"outcome": "DEVIATION_OUTCOME_USE_FOR_THIS_PATIENT_ONLY", "for_patient": patient}
    ledger.given(
        world.assessed(
            number(ledger), "CLINICAL", by=CONSULTANT, at="2026-04-14T13:05Z", site=world.POC_SITE, **for_one
        )
    )
    ledger.given(
        world.end(at="2026-04-14T13:10Z", given=[world.quantity("20")], remainder="REMAINDER_DISPOSITION_KEPT")
    )
    ledger.when(world.start(at="2026-04-14T13:20Z"))
    assert {one for one in essence(ledger.answer.findings) if one.rule == "R6"} == expected


def refused_late() -> Asked:
    """A start after the in-use limit, refused: the consultant has to decide."""
    ledger = given(*world.until("check"), world.check(at="2026-04-14T12:28Z"))
    ledger.when(world.start(at="2026-04-14T12:31Z")).then_refused(bar("R5", FINAL_BAG))
    return ledger


def test_E1_accepts_a_decision_to_go_on_and_the_act_that_follows_is_a_deviation_linked_to_it() -> None:
    ledger = refused_late()
    ledger.when(world.proceeding(ledger.position, at="2026-04-14T12:33Z")).then_recorded()
    decided = ledger.position
    ledger.when(world.start(at="2026-04-14T12:36Z")).then_deviation("R5")
    assert ledger.resolved()["proceeding"] == f"fact:{decided}"


@pytest.mark.parametrize(
    "late", [{"at": "2026-04-14T13:05Z"}, {"at": "2026-04-14T12:36Z", "material": world.CELLS}], ids=["time", "bag"]
)
def test_E1_refuses_the_act_when_the_decision_to_go_on_is_void_or_for_another_container(late: world.Data) -> None:
    ledger = refused_late()
    ledger.when(world.proceeding(ledger.position, at="2026-04-14T12:33Z")).then_recorded()
    ledger.given(world.check(at="2026-04-14T13:02Z")).when(world.start(**late))
    assert not isinstance(ledger.answer, Receipt)


def test_E1_accepts_a_decision_to_go_on_that_names_the_patient_by_another_pseudonym() -> None:
    old = world.name("pseudonym", "01OLDNAME")
    ledger = refused_late()
    refusal = ledger.position
    ledger.given(released.linked(world.PATIENT, old, at="2026-04-14T12:32Z", effective_from="2026-04-14"))
    ledger.when(world.proceeding(refusal, at="2026-04-14T12:33Z", patient=old)).then_recorded()
    decided = ledger.position
    ledger.when(world.start(at="2026-04-14T12:36Z")).then_deviation("R5")
    assert ledger.resolved()["proceeding"] == f"fact:{decided}"


def test_E1_notes_an_act_that_names_a_decision_to_go_on_that_is_none() -> None:
    ledger = refused_late()
    named = {**DEVIATION, "proceeding": 3}
    ledger.when(world.start(at="2026-04-14T12:36Z", exceptions=[named])).then_deviation(
        bar("R5"), note("E1", tag("person", NURSE))
    )


def test_E1_refuses_to_go_on_against_the_wrong_patient() -> None:
    ledger = given(*world.until("start"))
    ledger.tell(world.check(patient=world.OTHER_PATIENT))
    ledger.when(world.start(patient=world.OTHER_PATIENT)).then_refused("I1", "I8", "R9")
    going = world.proceeding(ledger.position, rules=["I1", "I8", "R9"], patient=world.OTHER_PATIENT)
    ledger.when(going).then_refused(bar("E1", FINAL_BAG))


@pytest.mark.parametrize(
    "changes",
    [{"by": NURSE}, {"signed": []}, {"material": world.BAG_A}, {"patient": world.OTHER_PATIENT}],
    ids=["no physician", "unsigned", "another container", "another patient"],
)
def test_E1_refuses_a_decision_to_go_on_that_is_not_this_physicians_for_this_container(changes: world.Data) -> None:
    ledger = refused_late()
    ledger.when(world.proceeding(ledger.position, at="2026-04-14T12:33Z", **changes)).then_refused("E1")


def test_E1_refuses_a_decision_to_go_on_against_what_was_not_refused() -> None:
    ledger = given(*world.until("start"))
    ledger.when(world.proceeding(ledger.position)).then_refused("E1")


def test_E1_notes_that_not_every_rule_was_shown() -> None:
    ledger = refused_late()
    ledger.when(world.proceeding(ledger.position, at="2026-04-14T12:33Z", rules=["I8"])).then_noted("E1")


def test_E1_accepts_the_confirmation_of_a_deviation_by_a_second_person() -> None:
    ledger = opened_alone()
    ledger.when(world.confirmed(number(ledger))).then_recorded()


def test_E1_refuses_a_confirmation_by_the_person_who_recorded_it_or_of_nothing() -> None:
    ledger = opened_alone()
    alone = ledger.record.content.envelope.performed_by
    mine = {"scheme": alone.scheme, "value": alone.value}
    ledger.when(world.confirmed(number(ledger), by=mine)).then_refused(bar("E1", tag("person", mine)))
    ledger.when(world.confirmed(1)).then_refused(bar("E1", "deviation:ledger:1"))
    ledger.when(world.confirmed(number(ledger), signed=[])).then_refused(bar("E1", tag("person", SECOND_NURSE)))


def test_E1_refuses_an_assessment_by_who_does_not_own_the_risk() -> None:
    ledger = opened_alone()
    by_nurse = world.assessed(number(ledger), by=NURSE)
    ledger.when(by_nurse).then_refused(bar("E1", tag("person", NURSE)))
    clinical = world.assessed(number(ledger), "CLINICAL", by=CONSULTANT, site=world.POC_SITE)
    ledger.when(clinical).then_refused(bar("E1", tag("person", CONSULTANT)))
    ledger.when(world.assessed(number(ledger), signed=[])).then_refused(bar("E1", tag("person", QUALITY)))


def test_an_assessment_that_was_a_mistake_is_taken_back_and_the_block_stands_again() -> None:
    ledger = opened_alone()
    deviation = number(ledger)
    ledger.given(world.completion(), world.assessed(deviation, at="2026-04-14T10:26Z"))
    ledger.when(world.did_not_happen(ledger.position, at="2026-04-14T10:27Z")).then_recorded()
    ledger.when(world.release()).then_refused(bar("R6", BATCH))


def test_a_deviation_that_somebody_raised_is_numbered_by_its_position_and_can_be_assessed_and_closed() -> None:
    ledger = given(*world.registers())
    ledger.when(world.sample("DeviationRaised")).then_recorded()
    raised = ledger.position
    assert f"deviation:ledger:{raised}" in ledger.receipt.tags
    ledger.when(world.assessed(raised)).then_recorded()
    ledger.when(world.sample("DeviationClosed", deviation=world.name("ledger", str(raised)))).then_recorded()
    ledger.when(world.sample("DeviationClosed", deviation=world.name("ledger", "1"))).then_refused("E1")
