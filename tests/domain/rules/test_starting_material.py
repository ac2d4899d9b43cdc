"""D4, D5, D9 and C4: starting material is released, sent, accepted and taken into a batch, in that order."""

import pytest

from tests.support import world
from tests.support.judged import Asked, bar, essence, given, note, overridden
from tests.support.world import (
    BAG_A,
    BAG_B,
    CELLS,
    COLLECTOR,
    DESIGNATED,
    DONATION,
    FIRST_CONSIGNMENT,
    QUALITY,
    basis,
    name,
    tag,
)

A, B, DONATED = tag("material", BAG_A), tag("material", BAG_B), tag("donation", DONATION)
ARRIVED = tag("consignment", FIRST_CONSIGNMENT)
TO_QUARANTINE = "ACCEPTANCE_DISPOSITION_TO_QUARANTINE"
PAPER = name("agreement.RR8", "TPA-7")
LATER = {"at": "2026-04-08T05:50Z"}
FREE = world.dispatch(quarantine_transfer=None, **LATER)
AT_RISK = dict.fromkeys(("results", "eligibility", "circulation", "acceptance"))


def released(**slots: world.Draft | None) -> Asked:
    """Tested and released at the collecting hospital; nothing sent yet."""
    return given(*world.until("acceptance", dispatch=None, receipt=None, **slots))


def test_D4_accepts_what_is_released_and_what_travels_in_quarantine() -> None:
    released().when(FREE).then_recorded()
    given(*world.until("dispatch")).when(world.dispatch()).then_recorded()


def test_D4_refuses_to_send_unreleased_material_for_use() -> None:
    unreleased = world.dispatch(quarantine_transfer=None)
    given(*world.until("dispatch")).when(unreleased).then_refused(bar("D4", A), bar("D4", B))


def test_D4_takes_a_release_for_quarantine_transfer_for_no_release() -> None:
    ledger = given(*world.until("dispatch"), world.circulation(at="2026-04-07T12:30Z", quarantine_transfer=True))
    ledger.when(world.dispatch(quarantine_transfer=None)).then_refused(bar("D4", A), bar("D4", B))


def test_D4_lets_unreleased_material_move_inside_one_organisation_and_to_a_store() -> None:
    inside = world.dispatch(quarantine_transfer=None, destination=world.LABORATORY)
    ours = world.carriage(giver=world.COLLECTING)
    given(*world.until("dispatch", carriage=ours)).when(inside).then_recorded()
    store = world.site(name("ods", "STORE1"), world.CENTRAL, bases=[basis("STORAGE", world.HTA)])
    elsewhere = world.dispatch(quarantine_transfer=None, destination=name("ods", "STORE1"))
    given(*world.until("dispatch"), store).when(elsewhere).then_recorded()


def test_D4_notes_a_consignee_that_is_not_registered() -> None:
    where = name("ods", "NOWHERE")
    nowhere = world.dispatch(quarantine_transfer=None, destination=where)
    ours = world.carriage(giver=world.COLLECTING)
    ledger = given(*world.until("dispatch", carriage=ours)).when(nowhere)
    ledger.then_noted(note("D4", A), note("D4", B), note("L15", tag("site", where)))


def test_D4_accepts_a_release_by_the_designated_individual_and_by_whom_they_authorised() -> None:
    given(*world.until("circulation")).when(world.circulation()).then_recorded()
    delegate = world.role(COLLECTOR, "DESIGNATED_INDIVIDUAL_DELEGATE", in_organisation=world.COLLECTING)
    given(*world.until("circulation"), delegate).when(world.circulation(by=COLLECTOR)).then_recorded()


def test_D4_refuses_a_release_by_who_holds_no_such_role_here_or_no_more() -> None:
    ledger = given(*world.until("circulation"))
    ledger.when(world.circulation(by=COLLECTOR)).then_refused(bar("D4", tag("person", COLLECTOR)))
    ledger.when(world.circulation(by=COLLECTOR, quarantine_transfer=True)).then_refused("D4")
    elsewhere = world.role(COLLECTOR, "DESIGNATED_INDIVIDUAL", in_organisation=world.CENTRAL)
    ledger.given(elsewhere).when(world.circulation(by=COLLECTOR)).then_refused("D4")
    until_march = world.role(DESIGNATED, "DESIGNATED_INDIVIDUAL", on_licence=world.HTA, effective_to="2026-03-31")
    ended = given(*world.until("circulation", designated_role=until_march))
    ended.when(world.circulation()).then_refused(bar("D4", tag("person", DESIGNATED)))


def test_D4_takes_the_designated_individual_of_the_licence_behind_an_agreement() -> None:
    under = world.agreement(PAPER, giver=world.COLLECTING, licence=world.HTA)
    unit = world.site(world.APHERESIS_UNIT, world.COLLECTING, bases=[basis("PROCUREMENT", agreement=PAPER)])
    given(under, *world.until("circulation", apheresis_unit=unit)).when(world.circulation()).then_recorded()


def test_D4_takes_the_responsible_person_of_a_blood_establishment_and_of_no_tissue_establishment() -> None:
    responsible = world.role(DESIGNATED, "RESPONSIBLE_PERSON", on_licence=world.HTA)
    tissue = given(*world.until("circulation", designated_role=responsible))
    tissue.when(world.circulation()).then_refused(bar("D4", tag("person", DESIGNATED)))
    blood = world.tissue_licence(kind="LICENCE_KIND_BLOOD_ESTABLISHMENT")
    slots = world.until("circulation", designated_role=responsible, tissue_licence=blood)
    given(*slots).when(world.circulation()).then_recorded()


def test_D5_accepts_the_same_code_again() -> None:
    ledger = released(circulation=world.circulation(donation_code="GB999926000123456"))
    ledger.when(world.circulation(donation_code="GB999926000123456", **LATER)).then_recorded()


def test_D5_refuses_another_code_after_release_but_with_the_approval_of_the_DI() -> None:
    ledger = released(circulation=world.circulation(donation_code="GB999926000123456"))
    other = {"donation_code": "GB999926000123465", **LATER}
    ledger.when(world.circulation(**other)).then_refused(bar("D5", DONATED))
    approved = world.override(DESIGNATED, rule="D5")
    ledger.when(world.circulation(exceptions=[approved], **other)).then_recorded(overridden("D5", DONATED))


def test_D5_refuses_the_approval_of_the_DI_of_another_licence() -> None:
    elsewhere = world.role(COLLECTOR, "DESIGNATED_INDIVIDUAL", on_licence=world.MIA)
    ledger = released(circulation=world.circulation(donation_code="GB999926000123456")).given(elsewhere)
    approved = world.override(COLLECTOR, rule="D5")
    other = world.circulation(donation_code="GB999926000123465", exceptions=[approved], **LATER)
    ledger.when(other).then_refused(bar("D5", DONATED))


def test_D5_refuses_a_correction_that_gives_released_bags_another_donation() -> None:
    ledger = released()
    right = world.apheresis(donation=name("isbt128-din", "A999926654321"))
    ledger.when(world.corrected(ledger.position_of("ApheresisPerformed"), right))
    assert {bar("D5", A), bar("D5", B)} <= {(one.rule, one.tag, one.weight) for one in ledger.answer.findings}


def test_D5_accepts_the_correction_of_an_encoding_error_that_the_DI_approved_with_it() -> None:
    ledger = released()
    collected = ledger.position_of("ApheresisPerformed")
    right = world.apheresis(donation=name("isbt128-din", "A999926654321"))
    by_quality = world.override(QUALITY, rule="D5")
    ledger.when(world.corrected(collected, right, exceptions=[by_quality]))
    assert {bar("D5", A), bar("D5", B)} <= essence(ledger.answer.findings)
    approved = world.override(DESIGNATED, rule="D5")
    ledger.when(world.corrected(collected, right, exceptions=[approved]))
    assert {overridden("D5", A), overridden("D5", B)} <= essence(ledger.receipt.findings)


def test_D5_refuses_to_release_a_bag_as_part_of_another_donation() -> None:
    other = name("isbt128-din", "A999926654321")
    ledger = given(
        *world.until("circulation"),
        world.apheresis(donation=other, bags=[world.filled(name("isbt128-mpho", "A9999S1128A999926654321A00000"))]),
    )
    ledger.when(world.circulation(donation=other)).then_refused(bar("D5", A), bar("D5", B))


def test_D9_accepts_what_is_released_and_accepted_and_what_is_used_at_risk() -> None:
    free = world.until("acceptance", dispatch=None, receipt=None)
    ledger = given(*free, FREE, world.receipt(at="2026-04-08T06:10Z"), world.acceptance(at="2026-04-08T06:20Z"))
    ledger.given(world.central_batch()).when(world.modification()).then_recorded()
    given(*world.until("modification", **AT_RISK)).when(world.modification()).then_recorded()


def test_D9_refuses_what_is_released_and_not_accepted() -> None:
    free = world.until("acceptance", dispatch=None, receipt=None)
    ledger = given(*free, FREE, world.receipt(at="2026-04-08T06:10Z"), world.central_batch())
    ledger.when(world.modification()).then_refused(bar("D9", A), bar("D9", B))
    ledger.given(world.acceptance(at="2026-04-08T06:40Z", disposition=TO_QUARANTINE))
    ledger.when(world.modification()).then_refused(bar("D9", A), bar("D9", B))
    ledger.given(world.acceptance(at="2026-04-08T07:20Z"))
    ledger.when(world.modification(at="2026-04-08T07:45Z")).then_recorded()


def test_D9_refuses_an_intermediate_that_its_receiver_put_into_quarantine() -> None:
    held = world.acceptance(
        materials=[CELLS], consignment=world.SECOND_CONSIGNMENT, disposition=TO_QUARANTINE, at="2026-04-13T21:05Z"
    )
    ledger = (
        given(*world.until("completion"), held).when(world.completion()).then_refused(bar("D9", tag("material", CELLS)))
    )
    assert ledger.answer.findings[0].found == "accepted to quarantine only"


def test_D9_refuses_the_release_of_a_batch_whose_starting_material_was_never_released() -> None:
    slots = {"circulation": None, "acceptance": None}
    ledger = given(*world.until("release", **slots)).when(world.release()).then_refused(bar("D9", DONATED))
    assert ledger.answer.findings[0].found == "never released"


def test_D9_follows_parts_to_the_container_that_they_were_divided_from() -> None:
    part = name("isbt128-mpho", "A9999S1128A999926123456AA0000")
    said = {"source": {"material": BAG_A}, "divisions": [{"number": "A0", "container": world.filled(part)}]}
    divided = world.fact("MaterialSplit", said, {**world._WORKS, "at": "2026-04-08T06:45Z"}, {})
    at_the_unit = world.fact("MaterialSplit", said, {**world._UNIT, "at": "2026-04-08T06:45Z"}, {})
    taken = {"inputs": [{"material": part}], "outputs": [world.filled(CELLS, world.quantity("60"))]}
    unsent = world.until("modification", dispatch=None, receipt=None, acceptance=None, circulation=None)
    ledger = given(*unsent)
    ledger.tell(at_the_unit)
    ledger.when(world.modification(**taken))
    assert bar("D9", tag("material", part)) in {(one.rule, one.tag, one.weight) for one in ledger.answer.findings}
    lawful = given(*world.until("modification"))
    lawful.tell(divided)
    lawful.when(world.modification(**taken))
    assert "D9" not in {one.rule for one in lawful.answer.findings}


def test_C4_accepts_a_complete_check_and_anything_to_quarantine() -> None:
    given(*world.until("acceptance")).when(world.acceptance()).then_recorded()
    unchecked = world.acceptance(seals=None, logger=None, disposition=TO_QUARANTINE)
    given(*world.until("acceptance")).when(unchecked).then_recorded()


@pytest.mark.parametrize("check", ["transport", "seals", "logger", "labels"])
@pytest.mark.parametrize("outcome", [None, "CHECK_OUTCOME_DIFFERS", "CHECK_OUTCOME_NOT_AVAILABLE"])
def test_C4_refuses_acceptance_to_use_with_a_check_not_right(check: str, outcome: str | None) -> None:
    given(*world.until("acceptance")).when(world.acceptance(**{check: outcome})).then_refused(bar("C4", ARRIVED))


def test_C4_is_taken_on_by_quality_assurance() -> None:
    approved = world.acceptance(logger=None, exceptions=[world.override(QUALITY, rule="C4")])
    given(*world.until("acceptance")).when(approved).then_recorded(overridden("C4", ARRIVED))


def test_C4_asks_for_no_transport_checks_of_what_came_from_next_door() -> None:
    beside = world.acceptance(consignment=None, transport=None, seals=None, logger=None, labels=None)
    given(*world.until("acceptance", dispatch=None, receipt=None)).when(beside).then_recorded()


def test_C4_refuses_to_accept_to_use_what_nobody_knows() -> None:
    unknown = name("isbt128-mpho", "A9999S1128A999926654321A00000")
    given(*world.until("acceptance")).when(world.acceptance(materials=[unknown])).then_refused(
        bar("C4", tag("material", unknown))
    )
