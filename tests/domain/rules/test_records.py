"""Rules E: is the record itself kept straight?"""

import pytest

from tests.support import world
from tests.support.judged import Asked, bar, given
from tests.support.world import NURSE, tag

ME = tag("person", NURSE)


def told() -> Asked:
    """The whole story; the end says 50 mL."""
    return given(*world.registers(), *world.story())


def right() -> world.Draft:
    """What should have been said."""
    return world.end(given=[world.quantity("49")])


def test_E1_accepts_a_signed_correction() -> None:
    ledger = told()
    ledger.when(world.corrected(ledger.position, right())).then_recorded()


def test_E1_accepts_a_signature_by_the_same_person_typed_instead_of_scanned() -> None:
    ledger = told()
    scanned = {**NURSE, "entry": "ENTRY_SCANNED"}
    ledger.when(world.corrected(ledger.position, right(), by=scanned, signed=[(NURSE, "PERFORMED")])).then_recorded()


@pytest.mark.parametrize("signed", [[], [(world.SECOND_NURSE, "PERFORMED")], [(NURSE, "VERIFIED")]])
def test_E1_refuses_a_record_that_whoever_did_it_has_not_signed(signed: list[tuple[world.Data, str]]) -> None:
    ledger = told()
    last = ledger.position
    ledger.when(world.corrected(last, right(), signed=signed)).then_refused(bar("E1", ME))
    ledger.when(world.did_not_happen(last, signed=signed)).then_refused(bar("E1", ME))


def test_E1_notes_the_signature_that_is_owed_when_only_asked() -> None:
    ledger = told()
    ledger.when(world.corrected(ledger.position, right(), signed=[], validate_only=True)).then_noted("E1")


@pytest.mark.parametrize("distance", [1, 2, 1000], ids=["itself", "the next", "far"])
def test_E1_refuses_a_record_about_nothing(distance: int) -> None:
    ledger = told()
    ledger.when(world.did_not_happen(ledger.position + distance)).then_refused(bar("E1", ME))


def test_E1_refuses_a_record_about_a_record() -> None:
    ledger = told()
    ledger.when(world.corrected(ledger.position, right())).then_recorded()
    record = ledger.position
    ledger.when(world.did_not_happen(record)).then_refused(bar("E1", ME))
    ledger.when(world.corrected(record, right())).then_refused(bar("E1", ME))
    ledger.when(world.as_deviation(record)).then_refused(bar("E1", ME))


def test_E1_refuses_a_correction_of_another_type() -> None:
    ledger = told()
    ledger.when(world.corrected(ledger.position, world.start())).then_refused(bar("E1", ME))


def test_E1_accepts_a_refused_happening_as_a_deviation_once() -> None:
    ledger = given(*world.until("start")).when(world.start(patient=world.OTHER_PATIENT))
    refused = ledger.position
    ledger.when(world.as_deviation(refused)).then_deviation("I1", "I8", "R9")
    ledger.when(world.as_deviation(refused)).then_refused(bar("E1", ME))


def test_E1_refuses_as_a_deviation_what_was_not_refused() -> None:
    ledger = told()
    ledger.when(world.as_deviation(ledger.position)).then_refused(bar("E1", ME))


def test_E1_refuses_as_a_deviation_what_was_decided() -> None:
    ledger = given(*world.until("completion")).when(world.release()).then_refused("C7")
    ledger.when(world.as_deviation(ledger.position)).then_refused(bar("E1", ME))


def test_E1_refuses_as_a_deviation_what_did_not_happen() -> None:
    ledger = given(*world.until("start")).when(world.start(patient=world.OTHER_PATIENT))
    refused = ledger.position
    ledger.when(world.did_not_happen(refused)).then_recorded()
    ledger.when(world.as_deviation(refused)).then_refused(bar("E1", ME))
    ledger.when(world.corrected(refused, world.start())).then_refused(bar("E1", ME))


def test_E1_refuses_to_correct_a_refusal_that_does_not_count() -> None:
    ledger = given(*world.until("start")).when(world.start(patient=world.OTHER_PATIENT))
    ledger.when(world.corrected(ledger.position, world.start())).then_refused(bar("E1", ME))


def test_E1_accepts_to_correct_what_was_recorded_as_a_deviation() -> None:
    ledger = given(*world.until("start")).when(world.start(patient=world.OTHER_PATIENT))
    refused = ledger.position
    ledger.when(world.as_deviation(refused)).then_deviation("I1", "I8", "R9")
    ledger.when(world.corrected(refused, world.start())).then_recorded()


def test_E1_accepts_that_a_record_of_something_did_not_happen() -> None:
    ledger = told()
    ledger.when(world.did_not_happen(ledger.position)).then_recorded()
