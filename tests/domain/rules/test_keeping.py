"""Rules E3, E4 and E7 on who keeps records, who may let them go, and who may act at all."""

import pytest

from tests.support import vigilance, world
from tests.support.judged import Asked, bar, given, note
from tests.support.vigilance import CASE
from tests.support.world import (
    BAG_A,
    CENTRAL_BATCH,
    CHAIN,
    CONTROL,
    DESIGNATED,
    NURSE,
    POC_SITE,
    QUALITY,
    TREATING,
    tag,
)

CHAIN_TAG = tag("coi", CHAIN)


def held() -> tuple[Asked, int]:
    """A ledger with a hold on the chain, and where the hold stands."""
    ledger = given(*world.registers(), vigilance.hold())
    return ledger, ledger.position


# E3


@pytest.mark.parametrize(
    "scope",
    [{"coi": CHAIN}, {"batch": CENTRAL_BATCH}, {"organisation": TREATING}, {"case": CASE}],
    ids=lambda scope: next(iter(scope)),
)
def test_E3_accepts_a_hold_and_its_lifting_by_two_people(scope: world.Data) -> None:
    ledger = given(*world.registers(), vigilance.hold(scope))
    ledger.when(vigilance.lifted_hold(ledger.position, scope)).then_recorded()


@pytest.mark.parametrize(
    "signed",
    [
        [],
        [(DESIGNATED, "APPROVED")],
        [(DESIGNATED, "APPROVED"), (DESIGNATED, "APPROVED")],
        [(DESIGNATED, "APPROVED"), (QUALITY, "VERIFIED")],
    ],
    ids=["nobody", "one", "one twice", "one approves"],
)
def test_E3_refuses_a_lifting_by_fewer_than_two_people_who_approve(signed: list[tuple[world.Data, str]]) -> None:
    ledger, hold = held()
    ledger.when(vigilance.lifted_hold(hold, signed=signed)).then_refused(bar("E3", CHAIN_TAG))


def test_E3_counts_one_person_under_two_numbers_once() -> None:
    number = world.name("gmc", "7999077")
    ledger = given(
        *world.registers(), world.person(world.name("staff.RR8", "0777"), numbers=[number]), vigilance.hold()
    )
    signed = [(number, "APPROVED"), (world.name("staff.RR8", "0777"), "APPROVED")]
    ledger.when(vigilance.lifted_hold(ledger.position, signed=signed)).then_refused(bar("E3", CHAIN_TAG))


def test_E3_refuses_to_lift_a_hold_that_does_not_stand_there() -> None:
    ledger, hold = held()
    ledger.when(vigilance.lifted_hold(hold - 1)).then_refused(bar("E3", CHAIN_TAG))
    elsewhere = vigilance.lifted_hold(hold, {"coi": world.OTHER_CHAIN})
    ledger.when(elsewhere).then_refused(bar("E3", tag("coi", world.OTHER_CHAIN)))
    ledger.when(vigilance.lifted_hold(hold)).then_recorded()
    ledger.when(vigilance.lifted_hold(hold, at="2026-04-17T08:30Z")).then_refused(bar("E3", CHAIN_TAG))


def test_E3_lifts_one_hold_and_leaves_the_other() -> None:
    ledger, first = held()
    second = ledger.when(vigilance.hold(reference="CLAIM-2")).position
    ledger.when(vigilance.lifted_hold(first)).then_recorded()
    ledger.when(vigilance.lifted_hold(second)).then_recorded()


def test_E3_refuses_to_take_a_hold_back_as_if_it_had_never_been_placed() -> None:
    ledger, hold = held()
    ledger.when(world.did_not_happen(hold, at="2026-04-16T09:00Z")).then_refused(bar("E3", CHAIN_TAG))
    ledger.when(vigilance.lifted_hold(hold)).then_recorded()


def test_E3_refuses_no_hold_and_notes_one_that_nobody_signed() -> None:
    given(*world.registers()).when(vigilance.hold(signed=[])).then_noted(note("E3", tag("person", DESIGNATED)))


def test_a_lifting_that_is_only_asked_about_owes_its_signatures() -> None:
    ledger, hold = held()
    ledger.when(vigilance.lifted_hold(hold, signed=[], validate_only=True)).then_noted(note("E3", CHAIN_TAG))


# E4


def ended(person: world.Data, last: str = "2026-04-13") -> world.Draft:
    """The register's entry of a person, with a last day."""
    return world.person(person, effective_to=last)


def test_E4_accepts_who_is_on_the_register_up_to_and_with_the_last_day() -> None:
    story = world.until("release")
    given(*story, ended(world.PHARMACIST, "2026-04-14")).when(world.release()).then_recorded()
    given(*story).when(world.release()).then_recorded()


def test_E4_refuses_a_decision_by_a_person_whose_registration_ended() -> None:
    ledger = given(*world.until("release"), ended(world.PHARMACIST))
    ledger.when(world.release()).then_refused(bar("E4", tag("person", world.PHARMACIST)))
    ledger.when(ended(world.PHARMACIST, "2027-04-13")).when(world.release(at="2026-04-14T10:05Z")).then_recorded()


def test_E4_ends_at_midnight_of_uk_time() -> None:
    ledger = given(*world.until("release"), ended(world.PHARMACIST, "2026-04-14"))
    late = world.release(at="2026-04-14T22:59Z")
    ledger.when(late, recorded="2026-04-14T23:00Z").then_refused(bar("E4", tag("person", world.PHARMACIST)))


def test_E4_refuses_a_decision_that_such_a_person_signs() -> None:
    ledger = given(*world.until("release"), ended(NURSE))
    signed = [(world.PHARMACIST, "APPROVED"), (NURSE, "VERIFIED")]
    ledger.when(world.release(signed=signed)).then_refused(bar("E4", tag("person", NURSE)))


def test_E4_refuses_no_dose_and_notes_that_it_was_given_under_an_entry_that_ended() -> None:
    ledger = given(*world.until("start"), ended(world.SECOND_NURSE))
    ledger.when(world.start()).then_noted(note("E4", tag("person", world.SECOND_NURSE)))


def test_E4_says_nothing_of_what_was_done_before_the_entry_ended() -> None:
    ledger = given(*world.until("consent"), ended(world.CONSULTANT, "2026-03-31"))
    ledger.when(world.consent(), recorded="2026-04-06T09:00Z").then_recorded()


# E7


def ceasing(at: str) -> world.Draft:
    """SiteCeased, with nobody named to keep the records."""
    frame = {"at": at, "site": world.CONTROL_SITE, "by": QUALITY, "organisation": CONTROL}
    data = {"site": POC_SITE, "masterfile": world.MASTER_FILE}
    return world.fact("SiteCeased", data, frame, {})


def test_E7_accepts_an_ending_after_the_records_were_handed_over() -> None:
    ledger = given(*world.registers()).when(ceasing("2026-04-15T08:00Z")).then_refused(bar("E7", tag("site", POC_SITE)))
    ledger.when(vigilance.handed_over()).then_recorded()
    ledger.when(ceasing("2026-04-21T09:00Z")).then_recorded()


def test_E7_accepts_the_end_of_a_licence_whose_records_were_handed_over() -> None:
    handed = vigilance.handed_over({"licence": world.MIA_POC})
    given(*world.registers(), handed).when(world.ended_licence(records_custodian=None)).then_recorded()


def test_E7_refuses_a_keeper_who_did_not_accept_or_who_gives_them_to_itself() -> None:
    unsigned = vigilance.handed_over(signed=[(NURSE, "PERFORMED")])
    holder = bar("E7", tag("organisation", CONTROL))
    given(*world.registers()).when(unsigned).then_refused(holder)
    given(*world.registers()).when(vigilance.handed_over(giver=CONTROL)).then_refused(holder)


def test_E7_notes_records_that_one_side_signed_or_that_another_keeps() -> None:
    one = vigilance.handed_over(signed=[(QUALITY, "ACCEPTED")])
    ledger = given(*world.registers()).when(one).then_noted(note("E7", tag("organisation", CONTROL)))
    ledger.when(vigilance.handed_over(at="2026-04-16T09:00Z")).then_noted(note("E7", tag("site", POC_SITE)))


def test_records_that_are_handed_over_say_nothing_of_a_bag() -> None:
    ledger = given(*world.registers()).when(vigilance.handed_over()).then_recorded()
    assert tag("material", BAG_A) not in ledger.receipt.tags


# AuditTrailReviewed


@pytest.mark.parametrize("scope", [{"licence": world.HTA}, {"of_site": POC_SITE}, {"batch": world.POC_BATCH}])
def test_E2_takes_a_review_of_the_audit_trail_that_its_reviewer_signed(scope: world.Data) -> None:
    about = {"site" if key == "of_site" else key: value for key, value in scope.items()}
    data = {**about, "period_from": "2026-04-01", "period_to": "2026-04-30", "findings": ["two results typed late"]}
    frame = {"at": "2026-05-01T09:00Z", "site": world.CONTROL_SITE, "by": QUALITY, "organisation": CONTROL}
    signed = world.fact("AuditTrailReviewed", data, {**frame, "signed": [(QUALITY, "REVIEWED")]}, {})
    ledger = given(*world.registers()).when(signed).then_recorded()
    kind, named = next(iter(about.items()))
    assert tag(kind, named) in ledger.receipt.tags
