"""Rules L10, L11: who did it, and with which instrument."""

import pytest

from tests.support import world
from tests.support.judged import bar, given, note, overridden
from tests.support.world import NURSE, PHARMACIST, POC_SITE, SCIENTIST, tag

ISOLATOR = world.name("gs1-giai", "95060001ISO0007")
OPERATOR, GIVER, DEVICE = tag("person", SCIENTIST), tag("person", NURSE), tag("equipment", ISOLATOR)
QA = world.name("staff.MPC", "0021")
QUALITY = world.role(QA, "QUALITY_ASSURANCE", in_organisation=world.CONTROL)

# L10


def trained(step: str = "BatchOpened", **changes: object) -> world.Draft:
    """The scientist is trained for a step at the POC site."""
    return world.training(SCIENTIST, step, **changes)


def test_L10_accepts_who_is_trained_and_anybody_where_no_training_is_kept() -> None:
    given(*world.until("poc_batch")).when(world.poc_batch()).then_recorded()
    given(*world.until("poc_batch"), trained()).when(world.poc_batch()).then_recorded()


@pytest.mark.parametrize(("at", "barred"), [("2026-04-13T22:59:59Z", False), ("2026-04-13T23:00:00Z", True)])
def test_L10_refuses_in_manufacture_after_the_last_day_of_the_training(at: str, barred: bool) -> None:
    ledger = given(*world.until("poc_batch"), trained(effective_to="2026-04-13"))
    ledger.when(world.poc_batch(at=at, uncertainty_ms=0))
    ledger.then_refused(bar("L10", OPERATOR)) if barred else ledger.then_recorded()


def test_L10_notes_a_training_that_ran_out_inside_the_uncertainty() -> None:
    told = (*world.until("poc_batch"), trained(effective_to="2026-04-13"))
    given(*told).when(world.poc_batch(at="2026-04-13T23:00:20Z")).then_noted(note("L10", OPERATOR))


def test_L10_accepts_who_was_trained_again() -> None:
    again = trained(effective_from="2026-04-10")
    given(*world.until("poc_batch"), trained(effective_to="2026-04-01"), again).when(world.poc_batch()).then_recorded()


@pytest.mark.parametrize(
    "changes",
    [
        {"step": "ManufactureCompleted"},
        {"product": world.name("product.MPC", "other")},
        {"there": world.SECOND_POC_SITE},
    ],
    ids=["another step", "another product", "another site"],
)
def test_L10_notes_who_has_no_training_for_it_on_record_where_training_is_kept(changes: world.Data) -> None:
    others = world.training(PHARMACIST, "PointOfCareReleased")
    told = (*world.until("poc_batch"), others, trained(**changes))
    given(*told).when(world.poc_batch()).then_noted(note("L10", OPERATOR))


def test_L10_refuses_a_decision_by_whose_training_has_run_out() -> None:
    lapsed = world.training(PHARMACIST, "PointOfCareReleased", effective_to="2026-04-01")
    ledger = given(*world.until("release"), lapsed).when(world.release())
    ledger.then_refused(bar("L10", tag("person", PHARMACIST)))


def test_L10_notes_at_the_bedside_what_it_refuses_in_manufacture() -> None:
    lapsed = world.training(NURSE, "AdministrationStarted", effective_to="2026-04-01")
    given(*world.until("start"), lapsed).when(world.start()).then_noted(note("L10", GIVER))


def test_L10_refuses_who_is_authorised_for_the_step_no_more_and_accepts_who_is_again() -> None:
    role = world.role(SCIENTIST, "OPERATOR", at_site=POC_SITE, steps=["BatchOpened"])
    ended = world.ended_role(SCIENTIST, "OPERATOR", at_site=POC_SITE)
    told = (*world.until("poc_batch"), role)
    given(*told).when(world.poc_batch()).then_recorded()
    given(*told, ended).when(world.poc_batch()).then_refused(bar("L10", OPERATOR))
    again = world.role(SCIENTIST, "OPERATOR", at_site=POC_SITE, steps=["BatchOpened"], effective_from="2026-04-12")
    given(*told, ended, again).when(world.poc_batch()).then_recorded()


def test_L10_refuses_the_one_step_that_was_taken_out_of_a_role() -> None:
    role = world.role(SCIENTIST, "OPERATOR", at_site=POC_SITE)
    ended = world.ended_role(SCIENTIST, "OPERATOR", at_site=POC_SITE, steps=["BatchOpened"])
    elsewhere = world.ended_role(SCIENTIST, "OPERATOR", at_site=world.SECOND_POC_SITE, steps=["BatchOpened"])
    given(*world.until("poc_batch"), role, ended).when(world.poc_batch()).then_refused(bar("L10", OPERATOR))
    given(*world.until("poc_batch"), role, elsewhere).when(world.poc_batch()).then_recorded()


def test_L10_is_taken_on_by_quality_assurance_with_a_signature() -> None:
    told = (*world.until("poc_batch"), QUALITY, trained(effective_to="2026-04-01"))
    excused = world.poc_batch(exceptions=[world.override(QA)])
    given(*told).when(excused).then_recorded(overridden("L10", OPERATOR))
    other = world.poc_batch(exceptions=[world.override(NURSE)])
    given(*told).when(other).then_refused(bar("L10", OPERATOR))


def test_R1_refuses_a_releaser_whose_role_was_ended() -> None:
    ended = world.ended_role(PHARMACIST, "RELEASER", at_site=POC_SITE)
    given(*world.until("release"), ended).when(world.release()).then_refused(bar("R1", tag("person", PHARMACIST)))


# L11


WITH = {"equipment": [ISOLATOR]}
USED = world.poc_batch(envelope=WITH)


def qualified(what: str = "CALIBRATION", **changes: object) -> tuple[world.Draft, ...]:
    """An isolator at the POC site, and what became of its qualification."""
    return (world.equipment(ISOLATOR, "ISOLATOR", of=POC_SITE), world.qualification(ISOLATOR, what, **changes))


def test_L11_accepts_what_is_qualified_and_anything_where_no_register_is_kept() -> None:
    given(*world.until("poc_batch"), *qualified()).when(USED).then_recorded()
    given(*world.until("poc_batch")).when(USED).then_recorded()


@pytest.mark.parametrize("outcome", ["FAILED", "WITHDRAWN"])
def test_L11_refuses_what_failed_or_was_withdrawn(outcome: str) -> None:
    result = qualified(outcome=f"QUALIFICATION_OUTCOME_{outcome}")
    given(*world.until("poc_batch"), *result).when(USED).then_refused(bar("L11", DEVICE))


@pytest.mark.parametrize(("at", "barred"), [("2026-04-13T22:59:59Z", False), ("2026-04-13T23:00:00Z", True)])
def test_L11_refuses_after_the_day_on_which_the_next_calibration_was_due(at: str, barred: bool) -> None:
    told = (*world.until("poc_batch"), *qualified(effective_to="2026-04-13"))
    ledger = given(*told).when(world.poc_batch(envelope=WITH, at=at, uncertainty_ms=0))
    ledger.then_refused(bar("L11", DEVICE)) if barred else ledger.then_recorded()


def test_L11_accepts_what_was_calibrated_again_after_it_failed() -> None:
    again = world.qualification(ISOLATOR, "CALIBRATION", effective_from="2026-04-10")
    told = (*world.until("poc_batch"), *qualified(outcome="QUALIFICATION_OUTCOME_FAILED"), again)
    given(*told).when(USED).then_recorded()


def test_L11_refuses_what_is_out_of_service() -> None:
    gone = world.equipment(ISOLATOR, "ISOLATOR", of=POC_SITE, effective_to="2026-04-01")
    told = (*world.until("poc_batch"), gone, world.qualification(ISOLATOR, "CALIBRATION"))
    given(*told).when(USED).then_refused(bar("L11", DEVICE))


def run(version: str, **changes: object) -> world.Draft:
    """DeviceRunImported, of the POC batch."""
    data = {
        "equipment": ISOLATOR,
        "batch": world.POC_BATCH,
        "software_version": version,
        "log": {"sha256": bytes(32), "media_type": "text/csv"},
    }
    frame = {"at": "2026-04-14T06:50Z", "site": POC_SITE, "by": SCIENTIST, "organisation": world.TREATING}
    return world.fact("DeviceRunImported", data, frame, changes)


def test_L11_refuses_a_run_of_other_software_than_was_qualified_and_what_follows_on_it() -> None:
    told = (*world.until("completion"), *qualified("SOFTWARE_VERSION", software_version="4.2"))
    given(*told).when(run("4.2")).then_recorded()
    ledger = given(*told).when(run("4.3")).then_refused(bar("L11", DEVICE))
    ledger.when(run("4.3", exceptions=[world.DEVIATION])).then_deviation(bar("L11", DEVICE))
    ledger.when(world.completion(envelope=WITH)).then_refused(bar("L11", DEVICE))


def test_L11_notes_what_has_no_qualification_on_record_where_a_register_is_kept() -> None:
    told = (*world.until("poc_batch"), world.equipment(ISOLATOR, "ISOLATOR", of=POC_SITE))
    given(*told).when(USED).then_noted(note("L11", DEVICE))


def test_L11_notes_at_the_bedside_what_it_refuses_in_manufacture() -> None:
    told = (*world.until("start"), *qualified(outcome="QUALIFICATION_OUTCOME_FAILED"))
    given(*told).when(world.start(envelope=WITH)).then_noted(note("L11", DEVICE))


def test_L11_is_taken_on_by_quality_assurance_with_a_signature() -> None:
    told = (*world.until("poc_batch"), QUALITY, *qualified(outcome="QUALIFICATION_OUTCOME_FAILED"))
    excused = world.poc_batch(envelope=WITH, exceptions=[world.override(QA)])
    given(*told).when(excused).then_recorded(overridden("L11", DEVICE))
