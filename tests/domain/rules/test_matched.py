"""Rules I10 and Q9: printed for this patient, and with a device that is known?"""

import pytest

from tests.support import making, released, world
from tests.support.judged import Asked, bar, given, note
from tests.support.world import CENTRAL_BATCH, FINAL, OTHER_PATIENT, POC_BATCH, filled, quantity, tag

MINE, OTHERS = b"\x01" * 32, b"\x02" * 32
CENTRAL, POC, FINAL_BAG = tag("batch", CENTRAL_BATCH), tag("batch", POC_BATCH), tag("material", FINAL)
DEVICE = {"device_identifier": "09506000100011", "production_identifier": "(10)D7", "conformity": "UKCA-77"}


def step(**changes: object) -> world.Draft:
    """A step at the POC site, in its batch, before completion; it keeps what it works on where it was."""
    same = {"inputs": [{"material": world.CELLS}], "outputs": [filled(world.CELLS, quantity("60"))]}
    frame = {
        "site": world.POC_SITE,
        "by": world.SCIENTIST,
        "checked_by": [world.PHARMACIST],
        "organisation": world.TREATING,
        "at": "2026-04-14T06:40Z",
        "ended_at": world.time("2026-04-14T07:00Z"),
    }
    return making.step(**{"batch": POC_BATCH, **same, **frame, **changes})


def printing(sha256: bytes | None) -> world.Draft:
    """A printing step."""
    design = {"design": {"sha256": sha256, "media_type": "model/3mf"}} if sha256 else {}
    return step(step="PROCESS_STEP_PRINTING", **design)


def bound(**slots: world.Draft | None) -> Asked:
    """A design is bound to the patient, and the batch at the POC site is open."""
    return given(*world.until("completion", **slots), making.design(MINE))


# I10


def test_I10_accepts_what_was_printed_from_the_design_bound_to_the_patient_to_the_end() -> None:
    bound().given(printing(MINE), *world.since("completion")).then_recorded()


@pytest.mark.parametrize("printed", [OTHERS, None], ids=["another design", "no design named"])
def test_I10_refuses_to_print_from_a_design_that_is_not_bound_to_the_patient(printed: bytes | None) -> None:
    bound().when(printing(printed)).then_refused(bar("I10", POC))


def test_I10_accepts_a_design_that_is_bound_to_the_patient_under_another_pseudonym() -> None:
    old = world.name("pseudonym", "01OLDNAME")
    ledger = given(*world.until("completion"), making.design(MINE, patient=old), released.linked(world.PATIENT, old))
    ledger.when(printing(MINE)).then_recorded()


def test_I10_refuses_a_design_that_is_bound_to_another_patient_of_the_chain() -> None:
    ledger = given(*world.until("completion"), making.design(MINE, patient=OTHER_PATIENT))
    ledger.when(printing(MINE)).then_refused(bar("I10", POC))


def test_I10_refuses_to_complete_release_and_give_what_was_printed_from_another_design() -> None:
    ledger = bound().when(
        step(
            step="PROCESS_STEP_PRINTING",
            design={"sha256": OTHERS, "media_type": "model/3mf"},
            exceptions=[world.DEVIATION],
        )
    )
    ledger.then_deviation(bar("I10", POC))
    ledger.when(world.completion(exceptions=[world.DEVIATION])).then_deviation(
        bar("I10", POC), bar("R6", tag("material", world.CELLS))
    )
    ledger.when(world.release()).then_refused(bar("I10", POC), bar("R6", POC))
    ledger.given(world.label(), world.check()).when(world.start()).then_refused(
        bar("I10", POC), bar("R1", FINAL_BAG), bar("R6", FINAL_BAG)
    )


def test_I10_accepts_printing_for_nobody_in_particular() -> None:
    told = world.until("completion", product=world.product(patient_specific=False))
    given(*told).when(printing(None)).then_recorded()


def test_I10_notes_a_completion_whose_batch_names_no_design_although_one_is_bound() -> None:
    bound().when(world.completion()).then_noted(note("I10", POC))


# Q9

COMBINED = {"product": world.product(product_class="PRODUCT_CLASS_COMBINED")}


def attached(**changes: object) -> world.Draft:
    """A device becomes part of the product."""
    return step(step="PROCESS_STEP_DEVICE_ATTACHMENT", **{**DEVICE, **changes})


def test_Q9_accepts_a_combined_product_whose_device_is_identified_to_the_end() -> None:
    given(*world.until("completion", **COMBINED), attached(), *world.since("completion")).then_recorded()


@pytest.mark.parametrize("missing", DEVICE)
def test_Q9_refuses_a_device_without_one_of_its_references(missing: str) -> None:
    given(*world.until("completion", **COMBINED)).when(attached(**{missing: None})).then_refused(bar("Q9", POC))


def test_Q9_refuses_to_complete_release_and_give_a_combined_product_without_a_device() -> None:
    ledger = given(*world.until("completion", **COMBINED))
    ledger.when(world.completion(exceptions=[world.DEVIATION])).then_deviation(bar("Q9", POC))
    ledger.when(world.release()).then_refused(bar("Q9", POC), bar("R6", POC))
    ledger.given(world.label(), world.check()).when(world.start()).then_refused(
        bar("Q9", POC), bar("R1", FINAL_BAG), bar("R6", FINAL_BAG)
    )


def test_Q9_accepts_a_step_of_a_combined_product_that_attaches_nothing_and_a_syringe_at_any_other() -> None:
    given(*world.until("completion", **COMBINED)).when(step()).then_recorded()
    given(*world.until("completion")).when(attached(conformity=None)).then_recorded()
