"""Rules R7, R9, R10, I2 and C7 at the bedside: labelled, prescribed, agreed to, for whom, in which order."""

import pytest

from tests.support import released, world
from tests.support.judged import Asked, bar, given, note
from tests.support.world import CHAIN, DONATION, FINAL, OTHER_PATIENT, PATIENT, quantity, tag

FINAL_BAG, CHAINED, THEM = tag("material", FINAL), tag("coi", CHAIN), tag("patient", PATIENT)
DONATED = tag("donation", DONATION)
AT_THE_BEDSIDE = world.until("start")


# R7


def unlabelled(start: world.Data | None = None, **changed: world.Draft | None) -> Asked:
    """Completed at 09:48, released without a label, and begun at 10:27 so that nothing is kept."""
    claim = {"label_exemption_claimed": True, "intent": "ADMINISTRATION_INTENT_NONE_RETAINED", **(start or {})}
    near = world.masterfile(label_exemption_limit_seconds=3600)
    return given(*world.until("start", **{"masterfile": near, "label": None, **changed})).when(world.start(**claim))


@pytest.mark.parametrize("claimed", [True, False, None])
def test_R7_accepts_an_unlabelled_container_made_there_begun_in_time_and_of_which_nothing_is_kept(
    claimed: bool | None,
) -> None:
    unlabelled({"label_exemption_claimed": claimed}).then_recorded()


def test_R7_accepts_a_container_with_a_label_whatever_was_claimed() -> None:
    given(*AT_THE_BEDSIDE).when(world.start(label_exemption_claimed=True)).then_recorded()


@pytest.mark.parametrize("claimed", [True, None])
@pytest.mark.parametrize("intent", ["ADMINISTRATION_INTENT_PART", None])
def test_R7_refuses_an_exemption_when_something_may_be_kept(intent: str | None, claimed: bool | None) -> None:
    unlabelled({"intent": intent, "label_exemption_claimed": claimed}).then_refused(bar("R7", FINAL_BAG))


def test_R7_refuses_an_exemption_after_the_limit_of_the_master_file_and_notes_it_inside_the_uncertainty() -> None:
    over = {"at": "2026-04-14T10:48:00.000001Z", "uncertainty_ms": 0}
    unlabelled(over).then_refused(bar("R7", FINAL_BAG))
    unlabelled({"at": "2026-04-14T10:48:30Z"}).then_noted(note("R7", FINAL_BAG))
    unlabelled({"at": "2026-04-14T10:48:00Z", "uncertainty_ms": 0}).then_recorded()


@pytest.mark.parametrize("claimed", [True, None])
def test_R7_refuses_an_exemption_after_two_minutes_where_the_master_file_gives_no_limit(claimed: bool | None) -> None:
    late = {"label_exemption_claimed": claimed}
    unlabelled(late, masterfile=world.masterfile()).then_refused(bar("R7", FINAL_BAG))


def test_R7_refuses_what_bears_no_label_but_of_its_journey_or_of_work_going_on() -> None:
    journey = world.label(regime="LABEL_REGIME_SHIPPING", items=world.items(of="SHIPPING"))
    working = world.label(regime="LABEL_REGIME_IN_PROCESS", at="2026-04-14T07:05Z")
    for beside in (journey, working):
        given(*world.until("start", label=beside)).when(world.start()).then_refused(bar("R7", FINAL_BAG))


def centrally(*labels: world.Draft) -> Asked:
    """Made at the central site, certified and delivered."""
    told = [draft for draft in released.made_centrally() if draft.content.type != "LabelApplied"]
    ledger = given(*told, *labels)
    ledger.given(released.result(), released.reviewed(ledger.position_of("ManufactureCompleted")))
    return ledger.given(released.certified(), *released.delivered())


def test_R7_refuses_an_exemption_for_what_was_not_made_at_the_point_of_care() -> None:
    claim = {"label_exemption_claimed": True, "intent": "ADMINISTRATION_INTENT_ALL"}
    centrally().when(world.start(**claim)).then_refused(bar("R7", FINAL_BAG))


def test_R7_notes_what_was_made_centrally_and_has_no_label_on_record() -> None:
    ledger = centrally().when(world.start()).then_noted(note("R7", FINAL_BAG))
    ledger.when(world.end(given=[quantity("20")], remainder="REMAINDER_DISPOSITION_KEPT"))
    ledger.then_noted(note("R7", FINAL_BAG))


@pytest.mark.parametrize("claimed", [True, None])
@pytest.mark.parametrize("kept", ["KEPT", "RETURNED"])
def test_R7_refuses_an_end_after_which_an_unlabelled_rest_is_kept(kept: str, claimed: bool | None) -> None:
    end = world.end(given=[quantity("20")], remainder=f"REMAINDER_DISPOSITION_{kept}")
    unlabelled({"label_exemption_claimed": claimed}).when(end).then_refused(bar("R7", FINAL_BAG))


@pytest.mark.parametrize("gone", ["NONE_LEFT", "DESTROYED", "LABELLED"])
def test_R7_accepts_an_end_after_which_the_rest_is_gone_or_labelled(gone: str) -> None:
    end = world.end(given=[quantity("20")], remainder=f"REMAINDER_DISPOSITION_{gone}")
    unlabelled().when(end).then_recorded()


# R9


def test_R9_refuses_what_nobody_prescribed() -> None:
    given(*world.until("start", prescription=None)).when(world.start()).then_refused(bar("R9", FINAL_BAG))


def test_R9_refuses_what_was_prescribed_for_another_chain_or_of_another_product() -> None:
    for changes in ({"coi": world.OTHER_CHAIN}, {"product": world.name("product.MPC", "other"), "coi": None}):
        told = world.until("start", prescription=world.prescription(**changes))
        given(*told).when(world.start()).then_refused(bar("R9", FINAL_BAG))


def test_R9_accepts_a_prescription_written_before_there_was_a_chain() -> None:
    told = world.until("start", prescription=world.prescription(coi=None))
    given(*told).when(world.start()).then_recorded()


def test_R9_refuses_a_prescription_that_was_cancelled_and_accepts_a_new_one() -> None:
    ledger = given(*AT_THE_BEDSIDE)
    written = ledger.position_of("TherapyPrescribed")
    ledger.given(released.cancelled(written)).when(world.start()).then_refused(bar("R9", FINAL_BAG))
    ledger.given(world.prescription(at="2026-04-14T10:25Z")).when(world.start()).then_recorded()
    named = world.start(prescription=written, at="2026-04-14T10:28Z", exceptions=[world.DEVIATION])
    ledger.when(named).then_deviation(bar("R9", FINAL_BAG), bar("Q5", FINAL_BAG))


def given_on(basis: str, *bases: str) -> Asked:
    """Begun on a basis without any prescription; the product may be given on some bases."""
    product = world.product(prescription_bases=[f"PRESCRIPTION_BASIS_{item}" for item in bases])
    ledger = given(*world.until("start", prescription=None, product=product))
    return ledger.when(world.start(basis=f"PRESCRIPTION_BASIS_{basis}"))


@pytest.mark.parametrize("basis", ["PATIENT_GROUP_DIRECTION", "NATIONAL_PROTOCOL", "EMERGENCY"])
def test_R9_accepts_a_basis_that_is_proper_to_the_product(basis: str) -> None:
    given_on(basis, basis).then_recorded()


@pytest.mark.parametrize("basis", ["PATIENT_GROUP_DIRECTION", "NATIONAL_PROTOCOL", "EMERGENCY"])
def test_R9_refuses_a_basis_that_is_not_proper_to_the_product(basis: str) -> None:
    given_on(basis).then_refused(bar("R9", FINAL_BAG))


def test_R9_refuses_a_trial_without_enrolment_and_accepts_the_route_of_a_trial() -> None:
    given_on("TRIAL", "TRIAL").then_refused(bar("R9", FINAL_BAG))
    product = world.product(prescription_bases=["PRESCRIPTION_BASIS_TRIAL"])
    ledger = given(*world.until("start", prescription=None, product=product), *released.live_route("CLINICAL_TRIAL"))
    ledger.when(world.start()).then_recorded()


def test_R9_accepts_a_patient_specific_direction_for_a_prescription() -> None:
    direction = world.prescription(basis="PRESCRIPTION_BASIS_PATIENT_SPECIFIC_DIRECTION")
    given(*world.until("start", prescription=direction)).when(world.start()).then_recorded()


def test_R9_refuses_to_confirm_readiness_without_a_prescription() -> None:
    given(*world.until("poc_batch")).when(released.ready()).then_recorded()
    given(*world.until("poc_batch", prescription=None)).when(released.ready()).then_refused(bar("R9", CHAINED))


# R10


def withdrawn(**changes: object) -> Asked:
    """At the bedside, and then consent is withdrawn."""
    said = {"at": "2026-04-14T10:05Z", "kinds": ["CONSENT_KIND_TREATMENT"], **changes}
    return given(*AT_THE_BEDSIDE, world.withdrawal(**said))


def test_R10_refuses_a_start_after_consent_to_treatment_was_withdrawn() -> None:
    kinds = ["CONSENT_KIND_TREATMENT", "CONSENT_KIND_RESEARCH"]
    withdrawn(kinds=kinds).when(world.start()).then_refused(bar("R10", THEM))
    withdrawn(kinds=None).when(world.start()).then_refused(bar("R10", THEM), bar("I5", DONATED))


def test_R10_accepts_a_start_after_consent_to_research_or_to_sharing_data_was_withdrawn() -> None:
    kinds = ["CONSENT_KIND_RESEARCH", "CONSENT_KIND_FOLLOW_UP_AND_DATA_SHARING"]
    withdrawn(kinds=kinds).when(world.start()).then_recorded()


def test_R10_accepts_a_start_after_a_new_consent() -> None:
    ledger = withdrawn().given(world.consent(at="2026-04-14T10:20Z"))
    ledger.when(world.start()).then_recorded()


def test_R10_accepts_a_start_when_only_another_chain_was_withdrawn_from() -> None:
    withdrawn(coi=world.OTHER_CHAIN).when(world.start()).then_recorded()


ASSESSMENT = {"sha256": b"\x01" * 32, "media_type": "application/pdf"}
LACKING = "CAPACITY_BASIS_MENTAL_CAPACITY_ACT_2005"


@pytest.mark.parametrize(("capacity", "assessment"), [(LACKING, None), (LACKING, ASSESSMENT), (None, ASSESSMENT)])
def test_R10_accepts_a_best_interests_decision_to_treat_who_lacks_capacity(
    capacity: str | None, assessment: world.Data | None
) -> None:
    ledger = withdrawn(capacity=capacity).given(released.in_best_interests(assessment=assessment))
    ledger.when(world.start()).then_recorded()


def test_R10_presumes_capacity_where_the_withdrawal_says_nothing_of_it() -> None:
    ledger = withdrawn(capacity=None)
    said = ledger.position
    ledger.when(released.in_best_interests()).then_refused(bar("R10", THEM))
    assert (
        ledger.answer.findings[0].found == f"the withdrawal (fact {said}) says nothing of capacity, which is presumed"
    )
    ledger.when(world.start()).then_refused(bar("R10", THEM))
    assert ledger.answer.findings[0].must.endswith("a best-interests decision that records the assessment of capacity")


def test_R10_does_not_let_a_later_refusal_without_capacity_weaken_an_earlier_one() -> None:
    ledger = withdrawn(capacity=None).given(world.withdrawal(at="2026-04-14T10:06Z", capacity=LACKING))
    ledger.when(released.in_best_interests()).then_refused(bar("R10", THEM))


def test_I5_accepts_own_cells_given_back_by_a_best_interests_decision_though_all_consent_was_withdrawn() -> None:
    ledger = withdrawn(kinds=None, capacity="CAPACITY_BASIS_MENTAL_CAPACITY_ACT_2005")
    ledger.given(released.in_best_interests()).when(world.start()).then_recorded()


@pytest.mark.parametrize("capacity", ["HAS_CAPACITY", "COMPETENT_CHILD", "PARENTAL_RESPONSIBILITY"])
def test_R10_refuses_to_decide_against_a_refusal_by_who_could_decide(capacity: str) -> None:
    ledger = withdrawn(capacity=f"CAPACITY_BASIS_{capacity}")
    ledger.when(released.in_best_interests()).then_refused(bar("R10", THEM))
    ledger.when(world.start()).then_refused(bar("R10", THEM))


def test_R10_refuses_a_start_after_a_decision_not_to_treat() -> None:
    against = released.in_best_interests(outcome="BEST_INTERESTS_OUTCOME_DO_NOT_TREAT")
    ledger = given(*AT_THE_BEDSIDE, against).when(world.start()).then_refused(bar("R10", THEM))
    ledger.given(released.in_best_interests(at="2026-04-14T10:29Z"))
    ledger.when(world.start(at="2026-04-14T10:31Z")).then_recorded()


def test_R10_refuses_a_best_interests_decision_for_who_has_capacity() -> None:
    ledger = given(*AT_THE_BEDSIDE)
    ledger.when(released.in_best_interests(law="CAPACITY_BASIS_HAS_CAPACITY")).then_refused(bar("R10", THEM))


def test_R10_refuses_go_ahead_readiness_and_resumption_after_withdrawal() -> None:
    early = given(*world.until("poc_batch"), world.withdrawal(at="2026-04-14T05:00Z", capacity=None))
    early.when(released.go_ahead()).then_refused(bar("R10", THEM))
    early.when(released.ready()).then_refused(bar("R10", THEM))
    giving = given(*world.until("end"), released.paused(), world.withdrawal(at="2026-04-14T10:38Z"))
    giving.when(released.resumed()).then_refused(bar("R10", THEM))


def test_R10_accepts_go_ahead_while_consent_stands() -> None:
    given(*world.until("poc_batch")).when(released.go_ahead()).then_recorded()


# I2


def directed(recipient: world.Data, **changed: world.Draft | None) -> Asked:
    """Cells that a donor gave for one recipient, at the bedside of the patient of the chain."""
    use, donor = "INTENDED_USE_DIRECTED", world.name("pseudonym", "01DONOR")
    slots = {
        **world.allogeneic(),
        "product": world.product(intended_use=use),
        "chain": world.chain(intended_use=use),
        "apheresis": world.apheresis(autologous=None, directed={"donor": donor, "recipient": recipient}),
        **changed,
    }
    return given(*world.until("check", **slots))


def test_I2_accepts_directed_cells_for_the_named_recipient() -> None:
    directed(PATIENT).given(world.check()).when(world.start()).then_recorded()


def test_I2_refuses_directed_cells_for_anybody_else_and_notes_it_at_the_check() -> None:
    ledger = directed(PATIENT)
    theirs = {"patient": OTHER_PATIENT, "coi": None}
    ledger.when(world.check(scanned_patient=OTHER_PATIENT, **theirs)).then_noted(note("I2", FINAL_BAG))
    ledger.given(world.prescription(patient=OTHER_PATIENT, coi=None, at="2026-04-14T10:22Z"))
    ledger.when(world.start(**theirs)).then_refused(bar("I2", FINAL_BAG))


def test_I2_refuses_cells_collected_for_another_recipient_than_the_chain_is_for() -> None:
    directed(OTHER_PATIENT).given(world.check()).when(world.start()).then_refused(bar("I2", FINAL_BAG))


# One patient under two pseudonyms

NEWER = world.name("pseudonym", "01KNEWER")


def renamed(*links: world.Draft) -> Asked:
    """The patient has a new pseudonym since the collection, and the band shows that one."""
    checked = world.check(patient=NEWER, scanned_patient=NEWER)
    told = world.until("check")
    return given(*told, *links).when(checked)


def test_I1_accepts_a_patient_whose_pseudonym_was_superseded() -> None:
    ledger = renamed(released.linked(NEWER, PATIENT)).then_recorded()
    ledger.when(world.start(patient=NEWER)).then_recorded()
    ledger.when(world.end()).then_recorded()


def test_I1_accepts_a_patient_over_a_line_of_links_and_a_circle_of_them() -> None:
    between = world.name("pseudonym", "01KBETWEEN")
    line = released.linked(between, PATIENT), released.linked(NEWER, between)
    for links in (line, (*line, released.linked(PATIENT, NEWER))):
        renamed(*links).when(world.start(patient=NEWER)).then_recorded()


def test_I1_refuses_a_patient_once_the_link_was_taken_back() -> None:
    told = (*world.until("check"), released.linked(NEWER, PATIENT))
    ledger = given(*told)
    ledger.given(world.did_not_happen(ledger.position, at="2026-04-14T10:15Z"))
    ledger.tell(world.check(patient=NEWER, scanned_patient=NEWER))
    ledger.when(world.start(patient=NEWER)).then_refused(bar("I1", FINAL_BAG), bar("R9", FINAL_BAG))


def test_R10_refuses_a_start_after_consent_was_withdrawn_under_the_other_pseudonym() -> None:
    said = world.withdrawal(at="2026-04-14T10:05Z", kinds=["CONSENT_KIND_TREATMENT"])
    ledger = renamed(released.linked(NEWER, PATIENT), said)
    ledger.when(world.start(patient=NEWER)).then_refused(bar("R10", tag("patient", NEWER)))


def test_I4_accepts_consent_and_identification_under_the_other_pseudonym() -> None:
    link = released.linked(NEWER, PATIENT)
    ledger = given(*world.until("apheresis"), link)
    ledger.when(world.apheresis(autologous={"patient": NEWER})).then_recorded()


# I1, I8 and C7 when giving is dispensed for, paused and resumed


def test_I1_refuses_to_dispense_to_another_patient() -> None:
    ledger = given(*AT_THE_BEDSIDE)
    wrong = released.dispensed(batch=world.POC_BATCH, patient=OTHER_PATIENT)
    ledger.when(wrong).then_refused(bar("I1", FINAL_BAG), bar("R9", FINAL_BAG))
    ledger.when(released.dispensed(batch=world.POC_BATCH)).then_recorded()


def test_C7_refuses_to_dispense_what_is_not_known_or_not_completed() -> None:
    ledger = given(*world.until("completion"))
    unmade = released.dispensed(batch=world.POC_BATCH, materials=[world.CELLS])
    ledger.when(unmade)
    assert bar("C7", tag("material", world.CELLS)) in {
        (one.rule, one.tag, one.weight) for one in ledger.answer.findings
    }
    ledger.when(released.dispensed(batch=world.POC_BATCH))
    assert bar("C7", FINAL_BAG) in {(one.rule, one.tag, one.weight) for one in ledger.answer.findings}


def test_C7_accepts_a_pause_and_a_resumption_of_what_is_being_given() -> None:
    ledger = given(*world.until("end"), released.paused())
    ledger.when(released.resumed()).then_recorded()
    ledger.when(world.end()).then_recorded()


def test_C7_refuses_to_resume_what_is_not_being_given_and_notes_a_pause_of_it() -> None:
    ledger = given(*AT_THE_BEDSIDE).when(released.paused()).then_noted(note("C7", FINAL_BAG))
    ledger.when(released.resumed()).then_refused(bar("C7", FINAL_BAG))


def test_C7_notes_a_resumption_of_which_nobody_recorded_the_pause() -> None:
    given(*world.until("end")).when(released.resumed()).then_noted(note("C7", FINAL_BAG))


def test_C7_refuses_to_certify_a_batch_that_is_not_completed() -> None:
    ledger = given(*released.made_centrally(second_dispatch=None))
    ledger.when(released.certified(outstanding_tests=None))
    assert bar("C7", tag("batch", world.CENTRAL_BATCH)) in {
        (one.rule, one.tag, one.weight) for one in ledger.answer.findings
    }


def test_I8_refuses_to_resume_for_another_patient_and_notes_an_old_check() -> None:
    ledger = given(*world.until("end"), released.paused())
    ledger.when(released.resumed(patient=OTHER_PATIENT)).then_refused(
        *(bar(rule, FINAL_BAG) for rule in ("I1", "I8", "Q5"))
    )
    ledger.when(released.resumed(at="2026-04-14T11:20Z")).then_noted(note("I8", FINAL_BAG))
