"""Rules R1 to R4 and R11 for what is made centrally: certified by whom, on which tests, given out of specification."""

import pytest

from ledger.domain.finding import Finding
from tests.support import released, world
from tests.support.judged import Asked, bar, given, note
from tests.support.released import QP, SPECIFICATION
from tests.support.world import CENTRAL_BATCH, CONSULTANT, FINAL, MIA, NURSE, OTHER_PATIENT, QUALITY, tag

BATCH, FINAL_BAG = tag("batch", CENTRAL_BATCH), tag("material", FINAL)
PERSON, SPECIFIED = tag("person", QP), tag("specification", SPECIFICATION)


def made_and_tested(*facts: world.Draft, **changed: world.Draft | None) -> Asked:
    """Made centrally, viable, its record reviewed to the end of making; then what is said."""
    ledger = given(*released.made_centrally(**changed))
    made = ledger.position_of("ManufactureCompleted")
    return ledger.given(released.result(), released.reviewed(made), *facts)


def certified(**changed: world.Draft | None) -> Asked:
    """Certified on condition of its sterility, and at the bedside."""
    return made_and_tested(released.certified(), *released.delivered(), **changed)


def only(ledger: Asked) -> Finding:
    """The one finding on the last fact."""
    (found,) = ledger.answer.findings
    return found


# R2


def test_R2_accepts_a_qp_named_on_the_licence() -> None:
    made_and_tested().when(released.certified()).then_recorded()


@pytest.mark.parametrize(
    "changes",
    [
        {"role": "QUALITY_ASSURANCE", "on_licence": MIA},
        {"role": "QUALIFIED_PERSON", "on_licence": world.MIA_POC},
        {"role": "QUALIFIED_PERSON", "in_organisation": world.CENTRAL},
        {"role": "QUALIFIED_PERSON", "on_licence": MIA, "effective_to": "2026-04-12"},
        {"role": "QUALIFIED_PERSON", "on_licence": MIA, "products": [world.name("product.MPC", "other")]},
    ],
    ids=["no QP", "another licence", "not on the licence", "no longer", "another product line"],
)
def test_R2_refuses_who_is_not_named_as_qp_there_then(changes: world.Data) -> None:
    other = world.name("staff.PCW", "0302")
    kind = changes.pop("role")
    ledger = made_and_tested(world.person(other), world.role(other, kind, **changes))
    ledger.when(released.certified(by=other)).then_refused(bar("R2", tag("person", other)))


def test_R2_accepts_the_last_day_of_a_grant() -> None:
    other = world.name("staff.PCW", "0302")
    last = world.role(other, "QUALIFIED_PERSON", on_licence=MIA, effective_to="2026-04-13")
    made_and_tested(world.person(other), last).when(released.certified(by=other)).then_recorded()


def test_R2_refuses_a_licence_without_the_product_line() -> None:
    line = [{"product": world.PRODUCT}]
    varied = (
        world.central_licence(product_lines=line),
        world.central_licence(
            product_lines=[{"product": world.name("product.MPC", "other")}],
            change="GRANT_CHANGE_VARIED",
            effective_from="2026-04-13",
        ),
    )
    ledger = made_and_tested(varied[1], central_licence=varied[0])
    ledger.when(released.certified()).then_refused(
        bar("R2", tag("licence", MIA)), bar("L1", tag("site", world.CENTRAL_SITE))
    )


def test_R2_refuses_to_confirm_what_nobody_certified_on_condition() -> None:
    made_and_tested().when(released.confirmed(1)).then_refused(bar("R2", BATCH))
    whole = made_and_tested(released.result("sterility"), released.certified(outstanding_tests=None))
    whole.when(released.confirmed(1)).then_refused(bar("R2", BATCH))


# R3


def test_R3_accepts_a_late_test_as_outstanding_and_its_result_for_the_confirmation() -> None:
    ledger = made_and_tested(released.certified())
    ledger.when(released.confirmed(1, at="2026-04-13T13:00Z")).then_refused(bar("R3", BATCH))
    ledger.given(released.result("sterility", at="2026-04-14T08:00Z"))
    ledger.when(released.confirmed(ledger.position)).then_recorded()
    ledger.when(released.confirmed(ledger.position)).then_refused(bar("R2", BATCH))


@pytest.mark.parametrize("outstanding", [["viability", "sterility"], None], ids=["no late test", "not listed"])
def test_R3_refuses_a_mandatory_test_that_is_missing_and_no_listed_late_test(outstanding: list[str] | None) -> None:
    ledger = given(*released.made_centrally())
    ledger.given(released.reviewed(ledger.position))
    if outstanding is None:
        ledger.given(released.result())
    ledger.when(released.certified(outstanding_tests=outstanding)).then_refused(bar("R3", BATCH))


def test_R3_refuses_a_failed_specification_until_the_result_was_invalidated() -> None:
    ledger = made_and_tested(released.result(outcome="FAILS"))
    failed = ledger.position
    ledger.given(released.result())
    ledger.when(released.certified()).then_refused(bar("R3", BATCH))
    ledger.given(released.investigated(failed)).when(released.certified()).then_recorded()


def test_R3_refuses_a_result_that_is_to_be_tested_again_until_the_new_one_is_in() -> None:
    ledger = made_and_tested(released.result(outcome="FAILS"))
    ledger.given(released.investigated(ledger.position, outcome="RETEST"))
    ledger.when(released.certified()).then_refused(bar("R3", BATCH))
    ledger.given(released.result(at="2026-04-13T12:30Z")).when(released.certified()).then_recorded()


def test_R3_refuses_what_a_sample_of_the_batch_fails() -> None:
    sample = world.name("isbt128-mpho", "A9996A0009A999926123456A00000")
    ledger = given(*released.made_centrally())
    taken = world.fact(
        "SampleTaken",
        {
            "source": {"material": FINAL, "taken": [world.quantity("1")]},
            "sample": world.filled(sample, world.quantity("1")),
            "batch": CENTRAL_BATCH,
            "purpose": "SAMPLE_PURPOSE_TEST",
        },
        {
            "at": "2026-04-13T10:00Z",
            "site": world.CENTRAL_SITE,
            "by": world.CELL_OPERATOR,
            "organisation": world.CENTRAL,
        },
        {},
    )
    ledger.given(taken, released.result(), released.result("purity", "FAILS", batch=None, material=sample))
    ledger.given(released.reviewed(ledger.position))
    ledger.when(released.certified()).then_refused(bar("R3", BATCH))


@pytest.mark.parametrize("through", [None, 1], ids=["not reviewed", "not to the end"])
def test_R3_refuses_an_audit_trail_that_was_not_reviewed_to_the_end_of_making(through: int | None) -> None:
    ledger = given(*released.made_centrally()).given(released.result())
    if through is not None:
        ledger.given(released.reviewed(through))
    ledger.when(released.certified()).then_refused(bar("R3", BATCH))


def test_R3_refuses_a_review_up_to_what_does_not_stand_yet() -> None:
    ledger = given(*released.made_centrally())
    ledger.when(released.reviewed(ledger.position + 1)).then_refused(bar("R3", BATCH))


def test_R3_refuses_an_open_critical_deviation_and_accepts_it_closed() -> None:
    ledger = made_and_tested(released.deviation_raised("MAJOR"), released.deviation_raised())
    raised = ledger.position
    ledger.when(released.certified()).then_refused(bar("R3", BATCH))
    assert only(ledger).found == f"critical deviation {raised} is open"
    ledger.given(released.deviation_closed(raised)).when(released.certified()).then_recorded()


def test_R3_accepts_a_critical_deviation_assessed_for_the_patient_under_another_pseudonym() -> None:
    old = world.name("pseudonym", "01OLDNAME")
    ledger = made_and_tested(released.deviation_raised())
    for_one = {"outcome": "DEVIATION_OUTCOME_USE_FOR_THIS_PATIENT_ONLY", "for_patient": old}
    ledger.given(world.assessed(ledger.position, at="2026-04-13T10:40Z", **for_one))
    ledger.when(released.certified()).then_refused(bar("R3", BATCH))
    ledger.given(released.linked(world.PATIENT, old)).when(released.certified()).then_recorded()


@pytest.mark.parametrize("effective_from", ["2026-04-14", None], ids=["not yet in force", "of another product"])
def test_R3_refuses_a_specification_that_is_not_the_products_in_force(effective_from: str | None) -> None:
    other = world.name("specification.PCW", "SP-0043")
    product = world.name("product.MPC", "other")
    changes = {"effective_from": effective_from} if effective_from else {"product": product}
    ledger = made_and_tested(released.specification(specification=other, **changes))
    ledger.when(released.certified(specification=other)).then_refused(bar("R3", tag("specification", other)))


def test_R3_refuses_outstanding_tests_at_the_point_of_care_but_under_the_two_step_model() -> None:
    late = {"outstanding_tests": ["sterility"]}
    told = world.until("release")
    given(*told).when(world.release(**late)).then_refused(bar("R3", tag("batch", world.POC_BATCH)))
    two_step = {"release_model": "RELEASE_MODEL_TWO_STEP"}
    stepped = given(*world.until("release", masterfile=world.masterfile(**two_step)))
    stepped.when(world.release(**late, **two_step)).then_recorded()


ANYWHERE = world.rulebook(parameters=[{"name": "two-step-release", "value": "1"}], at="2026-04-01T09:00Z")


def test_R3_accepts_outstanding_tests_anywhere_where_the_rulebook_says_so() -> None:
    late = {"outstanding_tests": ["sterility"]}
    given(*world.until("release"), ANYWHERE).when(world.release(**late)).then_recorded()


# R1


@pytest.mark.parametrize("kind", ["MARKETING_AUTHORISATION", "CLINICAL_TRIAL", "EARLY_ACCESS", None])
def test_R1_accepts_a_qps_certification_under_an_authorisation(kind: str | None) -> None:
    ledger = certified()
    if kind is not None:
        ledger.given(*released.live_route(kind))
    ledger.given(released.dispensed()).when(world.start()).then_recorded()


def test_R1_refuses_a_qps_certification_under_hospital_exemption() -> None:
    ledger = certified().given(released.route("HOSPITAL_EXEMPTION"))
    ledger.when(released.dispensed()).then_refused(bar("R1", FINAL_BAG))
    assert only(ledger).found == (
        f"{BATCH} has a QP's certification; proper to its route: a quality controller's release"
    )


def released_by_controller(kind: str) -> Asked:
    """Released by the quality controller, and at the bedside; all tests are in."""
    ledger = made_and_tested(released.result("sterility"), released.route(kind))
    return ledger.given(released.controlled(), *released.delivered())


def test_R1_accepts_a_quality_controllers_release_under_hospital_exemption() -> None:
    ledger = released_by_controller("HOSPITAL_EXEMPTION")
    ledger.given(released.dispensed()).when(world.start()).then_recorded()


def test_R1_refuses_a_quality_controllers_release_under_an_authorisation() -> None:
    ledger = made_and_tested(released.result("sterility"), released.controlled(), *released.delivered())
    ledger.given(*released.live_route("MARKETING_AUTHORISATION"))
    ledger.when(released.dispensed()).then_refused(bar("R1", FINAL_BAG))


@pytest.mark.parametrize(
    ("changes", "about"),
    [
        ({"by": QP}, tag("person", QP)),
        ({"route": "ROUTE_MARKETING_AUTHORISATION"}, BATCH),
        ({"records_complete": False}, BATCH),
    ],
)
def test_R1_refuses_a_release_that_is_not_the_quality_controllers(changes: world.Data, about: str) -> None:
    ledger = made_and_tested(released.result("sterility"))
    ledger.when(released.controlled(**changes)).then_refused(bar("R1", about))


def test_R1_refuses_to_dispense_what_was_not_released_or_under_another_batch() -> None:
    ledger = made_and_tested(*released.delivered())
    ledger.when(released.dispensed()).then_refused(bar("R1", FINAL_BAG))
    other = certified()
    other.when(released.dispensed(batch=world.POC_BATCH)).then_refused(bar("R1", FINAL_BAG))


def test_R1_accepts_a_conditional_certification_and_refuses_it_once_the_late_test_fails() -> None:
    ledger = certified().given(released.dispensed())
    ledger.given(released.result("sterility", "FAILS", at="2026-04-14T10:10Z"))
    ledger.when(world.start()).then_refused(bar("R1", FINAL_BAG), bar("R4", FINAL_BAG))


def remotely(**changes: object) -> Asked:
    """A batch of a master file under which a QP certifies from afar."""
    model = {"release_model": "RELEASE_MODEL_REMOTE_CERTIFICATION"}
    return given(*world.until("release", masterfile=world.masterfile(**model))).when(world.release(**model, **changes))


def test_R1_refuses_a_release_under_remote_certification_that_no_qp_made() -> None:
    remotely().then_refused(bar("R1", tag("batch", world.POC_BATCH)))


def test_R1_accepts_a_release_under_remote_certification_by_the_qp() -> None:
    model = {"release_model": "RELEASE_MODEL_REMOTE_CERTIFICATION"}
    qp = world.role(world.PHARMACIST, "QUALIFIED_PERSON", on_licence=world.MIA_POC)
    told = world.until("release", masterfile=world.masterfile(**model), releaser_role=qp)
    given(*told).when(world.release(**model)).then_recorded()


def test_R1_accepts_central_certification_of_a_point_of_care_batch() -> None:
    model = world.masterfile(release_model="RELEASE_MODEL_CENTRAL_CERTIFICATION")
    ledger = given(*world.until("release", masterfile=model), released.specification(), world.person(QP))
    ledger.given(world.role(QP, "QUALIFIED_PERSON", on_licence=world.MIA_POC))
    made = ledger.position_of("ManufactureCompleted")
    ours: world.Data = {"batch": world.POC_BATCH, "at": "2026-04-14T09:52Z"}
    ledger.given(released.result(**ours), released.reviewed(made, **ours))
    ledger.when(released.certified(licence=world.MIA_POC, **ours))
    ledger.then_noted(note("R3", tag("masterfile", world.MASTER_FILE)))
    ledger.given(world.check()).when(world.start()).then_recorded()


@pytest.mark.parametrize(
    ("model", "outstanding", "noted"),
    [
        ("TWO_STEP", True, False),
        ("REMOTE_CERTIFICATION", True, True),
        ("REMOTE_CERTIFICATION", False, False),
        ("REMOTE_CERTIFICATION, anywhere", True, False),
    ],
)
def test_R3_notes_outstanding_tests_where_the_master_file_does_not_release_in_two_steps(
    model: str, *, outstanding: bool, noted: bool
) -> None:
    masterfile = world.masterfile(release_model=f"RELEASE_MODEL_{model.partition(',')[0]}")
    ledger = given(*world.until("release", masterfile=masterfile), released.specification(), world.person(QP))
    ledger.given(*([ANYWHERE] if "anywhere" in model else []))
    ledger.given(world.role(QP, "QUALIFIED_PERSON", on_licence=world.MIA_POC))
    made = ledger.position_of("ManufactureCompleted")
    ours: world.Data = {"batch": world.POC_BATCH, "at": "2026-04-14T09:52Z"}
    ledger.given(released.result(**ours), released.result("sterility", **ours), released.reviewed(made, **ours))
    late = ["sterility"] if outstanding else None
    ledger.when(released.certified(licence=world.MIA_POC, outstanding_tests=late, **ours))
    ledger.then_recorded(*([note("R3", tag("masterfile", world.MASTER_FILE))] if noted else []))


# R4 and R11


def failing(test: str = "viability") -> Asked:
    """Certified, delivered, and then a test fails."""
    return certified().given(released.result(test, "FAILS", at="2026-04-14T09:00Z"))


EXCEPTIONAL = (released.requested, released.evaluated, released.accepted)


def test_R4_accepts_supply_for_the_patient_for_whom_it_was_asked_evaluated_and_accepted() -> None:
    ledger = failing().given(*(make() for make in EXCEPTIONAL))
    ledger.when(released.dispensed()).then_noted(note("R4", FINAL_BAG))
    ledger.when(world.start()).then_noted(note("R4", FINAL_BAG))
    assert only(ledger).must == "tell the sponsor at once, holder and authority by 2026-04-16T10:27Z"


def test_R4_accepts_supply_although_a_late_test_fails_and_the_release_has_lapsed() -> None:
    ledger = failing("sterility").given(*(make() for make in EXCEPTIONAL))
    ledger.when(world.start()).then_noted(note("R4", FINAL_BAG))


@pytest.mark.parametrize("left_out", [0, 1])
def test_R4_refuses_an_acceptance_of_what_was_not_asked_for_or_evaluated(left_out: int) -> None:
    ledger = failing().given(*(make() for make in EXCEPTIONAL[:2] if make is not EXCEPTIONAL[left_out]))
    ledger.when(released.accepted()).then_refused(bar("R4", BATCH))


def test_R4_refuses_a_start_without_the_acceptance() -> None:
    ledger = failing().given(released.requested(), released.evaluated())
    ledger.when(world.start()).then_refused(bar("R4", FINAL_BAG))
    assert "without the treating physician's acceptance" in only(ledger).found


def test_R4_refuses_when_a_further_test_fails_that_nobody_evaluated() -> None:
    ledger = failing().given(released.requested(), released.evaluated(failing_tests=["viability"]), released.accepted())
    ledger.given(released.result("purity", "FAILS", at="2026-04-14T09:40Z"))
    ledger.when(world.start()).then_refused(bar("R4", FINAL_BAG))


def test_R4_refuses_supply_to_another_patient_than_it_was_accepted_for() -> None:
    ledger = failing().given(*(make() for make in EXCEPTIONAL))
    ledger.when(world.start(patient=OTHER_PATIENT)).then_refused(
        *(bar(rule, FINAL_BAG) for rule in ("R4", "I1", "I8", "R9"))
    )


@pytest.mark.parametrize("changes", [{"evaluation_read": False}, {"patient_informed": False}])
def test_R4_refuses_an_acceptance_unread_or_of_which_the_patient_does_not_know(changes: world.Data) -> None:
    ledger = failing().given(released.requested(), released.evaluated())
    ledger.when(released.accepted(**changes)).then_refused(bar("R4", tag("coi", world.CHAIN)))


def test_R4_refuses_an_acceptance_or_evaluation_by_who_does_not_own_it_and_notes_such_a_request() -> None:
    ledger = failing().when(released.requested(by=NURSE)).then_noted(note("R4", tag("person", NURSE)))
    ledger.when(released.evaluated(by=CONSULTANT)).then_refused(bar("R4", tag("person", CONSULTANT)))
    ledger.given(released.evaluated()).when(released.accepted(by=QUALITY)).then_refused(
        bar("R4", tag("person", QUALITY))
    )


def test_R4_refuses_a_product_that_is_not_of_cells_or_tissue() -> None:
    vector = world.product(in_use_limit_seconds=None, cell_or_tissue_based=False)
    ledger = certified(product=vector).given(released.result(outcome="FAILS", at="2026-04-14T09:00Z"))
    product = tag("product", world.PRODUCT)
    ledger.when(released.requested()).then_noted(note("R4", product))
    ledger.given(released.evaluated()).when(released.accepted()).then_refused(bar("R4", product))


def test_R11_accepts_a_late_result_that_meets_its_limits() -> None:
    ledger = certified().given(world.start(), world.end())
    ledger.when(released.result("sterility", at="2026-04-20T09:00Z")).then_recorded()


def test_R11_refuses_nothing_and_notes_what_is_due_when_a_test_fails_after_use() -> None:
    ledger = certified().given(world.start(), world.end())
    ledger.when(released.result("sterility", "FAILS", at="2026-04-20T09:00Z")).then_noted(note("R11", BATCH))
    assert only(ledger).must == (
        "tell the treating physician and the sponsor at once, holder and authority by 2026-04-22T09:00Z"
    )


def test_R11_accepts_a_failing_result_before_any_use_in_silence() -> None:
    certified().when(released.result("sterility", "FAILS", at="2026-04-14T09:00Z")).then_recorded()


def test_R11_refuses_nothing_and_notes_an_older_result_that_comes_in_after_the_use() -> None:
    ledger = certified().given(world.start(), world.end())
    ledger.when(released.result("sterility", "FAILS", at="2026-04-14T10:00Z")).then_noted(note("R11", BATCH))
