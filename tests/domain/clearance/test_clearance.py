"""What the person with the scanner is told: whether the next step may follow, until when, and why not."""

from datetime import timedelta

import pytest

from ledger.domain.facts.record import Clearance, InHand
from ledger.domain.facts.values import Quantity
from ledger.domain.finding import Weight
from ledger.domain.receipt import Draft, Receipt, Refused
from tests.support import released, world
from tests.support.judged import Asked, bar, given

MISMATCH = {"outcome": "IDENTITY_OUTCOME_MISMATCH", "checks": world.DIFFERING}
IN_HAND = InHand(
    material=world.tag("material", world.FINAL),
    product=world.tag("product", world.PRODUCT),
    batch=world.tag("batch", world.POC_BATCH),
    coi=world.tag("coi", world.CHAIN),
    remaining=(Quantity(value="0.58", unit="10*9", of="viable-cd3"), Quantity(value="50", unit="mL")),
    expires_at=world.time("2026-04-14T15:48Z"),
)
PEOPLE = (world.PATIENT["value"], world.OTHER_PATIENT["value"], "pseudonym")


def clearance(ledger: Asked) -> Clearance:
    """The clearance on the last receipt."""
    found = ledger.receipt.clearance
    assert found is not None
    return found


def checked(**changes: object) -> Asked:
    """The story through a check at the bedside; slots of the world may be given other drafts."""
    return given(*world.until("check", **changes)).when(world.check())  # type: ignore[arg-type]


# A lawful story


def test_in_a_lawful_story_every_step_that_waits_is_cleared_and_no_other_is_spoken_of() -> None:
    ledger = given(*world.registers(), *world.story())
    told = [(item.type, item.clearance.may_follow) for item in ledger.answers if item.clearance]  # type: ignore[union-attr]
    assert told == [
        ("DonorIdentified", True),
        ("ConsignmentReceived", True),
        ("ConsignmentReceived", True),
        ("PointOfCareReleased", True),
        ("BedsideIdentityChecked", True),
    ]


def test_a_check_that_matches_clears_the_start_and_says_what_is_in_hand() -> None:
    assert clearance(checked()) == Clearance(
        next_step="AdministrationStarted",
        may_follow=True,
        sentence="May be given until 11:50 UK time.",
        until=world.time("2026-04-14T10:50Z"),
        in_hand=(IN_HAND,),
    )


def test_a_donor_who_is_identified_and_consented_may_be_collected_from() -> None:
    ledger = given(*world.until("identification")).when(world.identification())
    assert clearance(ledger) == Clearance(
        next_step="ApheresisPerformed", may_follow=True, sentence="Collection may begin."
    )


def test_a_release_clears_what_it_releases_for_a_check_at_the_bedside() -> None:
    ledger = given(*world.until("release")).when(world.release(materials=None))
    assert clearance(ledger) == Clearance(
        next_step="AdministrationStarted",
        may_follow=True,
        sentence="May be given until 12:48 UK time, after a bedside check that matches.",
        until=world.time("2026-04-14T11:48Z"),
        in_hand=(IN_HAND,),
    )


def test_what_arrives_unfinished_may_be_worked_on() -> None:
    told = clearance(given(*world.until("second_receipt")).when(world.second_receipt()))
    assert (told.next_step, told.may_follow, told.sentence) == ("CellsModified", True, "May be used.")
    assert [item.material for item in told.in_hand] == [world.tag("material", world.CELLS)]


def test_what_arrives_finished_may_be_given_once_it_is_released_and_checked() -> None:
    third = world.OTHER_CONSIGNMENT
    ledger = given(*world.until("check"))
    sent = world.dispatch(
        consignment=third,
        materials=[world.FINAL],
        destination=world.POC_SITE,
        transport="TRANSPORT_INTERNAL",
        carrier=None,
        agreement=None,
        checked_by=[world.SECOND_NURSE],
        at="2026-04-14T10:00Z",
        site=world.POC_SITE,
    )
    back = world.receipt(consignment=third, materials=None, at="2026-04-14T10:05Z", site=world.POC_SITE)
    told = clearance(ledger.given(sent).when(back))
    assert told.sentence == "May be given until 12:48 UK time, after a bedside check that matches."
    assert told.in_hand == (IN_HAND,)


# Why not


def test_a_mismatch_is_do_not_give_with_the_reason_and_names_nobody() -> None:
    told = clearance(given(*world.until("check")).when(world.check(patient=world.OTHER_PATIENT, **MISMATCH)))
    assert told == Clearance(
        next_step="AdministrationStarted",
        may_follow=False,
        sentence="Do not give: the check found a mismatch; needed: correct band, label or record, then check again.",
        rules=("I1", "I8", "R9"),
        in_hand=(IN_HAND,),
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"outcome": "IDENTITY_OUTCOME_MISMATCH"},
        {"checks": world.DIFFERING},
        {"scanned_patient": world.OTHER_PATIENT},
    ],
)
def test_any_sign_of_a_mismatch_is_enough_whatever_the_product_asks(wrong: dict[str, object]) -> None:
    ledger = given(*world.until("check", product=world.product(patient_specific=False)))
    told = clearance(ledger.when(world.check(**wrong)))
    assert (told.may_follow, told.until) == (False, None)
    assert told.sentence.startswith("Do not give: the check found a mismatch;")


def test_a_band_with_the_number_that_took_the_others_place_stands_for_the_same_patient() -> None:
    new = {"scanned_patient": world.OTHER_PATIENT}
    linked = released.linked(world.OTHER_PATIENT, world.PATIENT)
    told = clearance(given(*world.until("check"), linked).when(world.check(**new)))
    assert (told.may_follow, told.rules) == (True, ())


def test_the_wrong_patient_with_a_band_that_matches_them_is_told_whose_it_is_not() -> None:
    other = {"patient": world.OTHER_PATIENT, "scanned_patient": world.OTHER_PATIENT}
    told = clearance(given(*world.until("check")).when(world.check(**other)))
    assert told.rules == ("I1", "R9")
    assert told.sentence == ("Do not give: it belongs to somebody else; needed: goes to the patient of its chain only.")


def test_a_clearance_names_no_patient_whatever_was_wrong() -> None:
    ledger = given(*world.until("check"))
    for wrong in ({"patient": world.OTHER_PATIENT}, {"scanned_patient": world.OTHER_PATIENT}, MISMATCH):
        told = repr(clearance(ledger.when(world.check(**wrong))))
        assert [name for name in PEOPLE if name in told] == []


def test_a_donor_without_consent_is_not_collected_from() -> None:
    told = clearance(given(*world.until("identification", consent=None)).when(world.identification()))
    assert (told.may_follow, told.rules) == (False, ("I4",))
    assert told.sentence == (
        "Do not collect: no consent to procurement, storage and use in force at 2026-04-07T07:43Z; "
        "needed: a consent recorded before the start."
    )


def test_a_donor_whose_identifiers_differ_is_not_collected_from() -> None:
    told = clearance(given(*world.until("identification")).when(world.identification(checks=world.DIFFERING)))
    assert (told.may_follow, told.rules) == (False, ("I4",))
    assert told.sentence.startswith("Do not collect: the identifiers do not all match;")


def test_a_check_of_what_nobody_released_does_not_clear_it() -> None:
    told = clearance(given(*world.until("check", release=None)).when(world.check()))
    assert (told.may_follow, told.rules) == (False, ("R1",))
    assert told.sentence == "Do not give: batch 26-0042 was not released then; needed: released before it is given."


def test_an_unlicensed_collection_is_foreseen_when_the_donor_is_identified() -> None:
    told = clearance(given(*world.until("identification", tissue_licence=None)).when(world.identification()))
    assert (told.may_follow, told.rules) == (False, ("D8", "L1"))


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        ({"contents": "CHECK_OUTCOME_DIFFERS"}, "the contents differ from the manifest"),
        ({"labels": "CHECK_OUTCOME_DIFFERS"}, "the labels differ from the chain"),
        ({"seals": "SEAL_STATE_BROKEN"}, "the seals are broken or missing"),
        ({"materials": [world.BAG_A, world.name("local.X", "stray")]}, "nothing is known of where it came from"),
    ],
)
def test_what_arrives_with_something_wrong_is_held(seen: dict[str, object], why: str) -> None:
    told = clearance(given(*world.until("receipt")).when(world.receipt(**seen)))
    assert not told.may_follow
    assert f": {why}; needed: held until somebody has looked at it." in told.sentence


def test_of_several_containers_the_one_that_may_not_is_named_and_stops_all() -> None:
    both = {"materials": [world.FINAL, world.CELLS]}
    told = clearance(given(*world.until("check")).when(world.check(**both)))
    assert (told.may_follow, told.rules) == (False, ("C7", "Q5", "R1"))
    assert told.sentence.startswith(f"Do not give {world.CELLS['value']}: ")
    assert [item.material for item in told.in_hand] == [world.tag("material", each) for each in both["materials"]]


def test_what_was_received_before_it_was_sent_is_not_used() -> None:
    early = world.second_receipt(exceptions=[world.DEVIATION])
    told = clearance(given(*world.until("second_dispatch")).when(early).then_deviation("C1"))
    assert (told.may_follow, told.rules) == (False, ("R6",))


def test_more_containers_than_can_be_looked_at_are_not_cleared() -> None:
    lots = [
        world.apheresis(
            donation=world.name("isbt128-din", f"A99992612345{day}"),
            bags=[world.filled(world.name("local.RR8", f"{day}-{number}")) for number in range(40)],
        )
        for day in (1, 2)
    ]
    sent = [
        world.dispatch(materials=[world.name("local.RR8", f"{day}-{number}") for number in range(40)]) for day in (1, 2)
    ]
    ledger = given(*world.until("apheresis"), *lots, sent[0]).when(sent[1]).then_noted("C1")
    told = clearance(ledger.when(world.receipt(materials=None)))
    assert (told.may_follow, len(told.in_hand)) == (False, 64)
    assert told.sentence == "Do not use: there are more than 64 containers; ask again with fewer."


# Until when


@pytest.mark.parametrize(
    ("world_changes", "until"),
    [
        ({}, "2026-04-14T10:50:00Z"),
        ({"product": world.product(in_use_limit_seconds=3000)}, "2026-04-14T10:38:00Z"),
        (
            {"product": world.product(in_use_limit_seconds=3000, in_use_limit_binds="LIMIT_BINDS_END")},
            "2026-04-14T10:38:00Z",
        ),
        ({"product": world.product(shelf_life_seconds=2400)}, "2026-04-14T10:28:00Z"),
        ({"completion": "expires"}, "2026-04-14T10:30:00Z"),
        ({"product": "policy"}, "2026-04-14T10:25:00Z"),
        ({"suspension": "to come"}, "2026-04-14T10:34:59Z"),
    ],
    ids=["check", "in-use limit", "in-use limit of the end", "shelf life", "expiry", "policy", "a suspension to come"],
)
def test_until_is_the_earliest_limit_of_all(world_changes: dict[str, object], until: str) -> None:
    changes = {**world_changes}
    if changes.get("completion") == "expires":
        final = world.filled(world.FINAL, world.quantity("50"), expires_at=world.time("2026-04-14T10:30Z"))
        changes["completion"] = world.completion(containers=[final])
    if changes.get("product") == "policy":
        changes["product"] = world.product(bedside_check={"persons": 2, "identifiers": 2, "valid_for_seconds": 300})
    if changes.get("suspension") == "to come":
        changes["suspension"] = world.suspension(
            since="2026-04-14T10:35Z", scope="SUSPENSION_SCOPE_ALSO_RELEASE_AND_USE"
        )
    told = clearance(checked(**changes))
    assert (told.may_follow, told.until) == (True, world.time(until))


@pytest.mark.parametrize(("seconds", "becomes"), [(0, "recorded"), (1, "refused")])
@pytest.mark.parametrize(
    "limit", [{}, {"product": world.product(shelf_life_seconds=2400)}], ids=["check", "shelf life"]
)
def test_a_start_at_the_last_moment_is_recorded_and_one_a_second_later_is_refused(
    limit: dict[str, object], seconds: int, becomes: str
) -> None:
    ledger = checked(**limit)
    last = clearance(ledger).until
    assert last is not None
    answer = ledger.tell(world.start(at=last + timedelta(seconds=seconds), uncertainty_ms=0))
    assert isinstance(answer, Receipt if becomes == "recorded" else Refused)


def test_a_limit_on_another_day_is_said_with_the_day() -> None:
    final = world.filled(world.FINAL, world.quantity("50"), expires_at=world.time("2031-05-01T15:48Z"))
    changed = {"product": world.product(in_use_limit_seconds=None), "completion": world.completion(containers=[final])}
    told = clearance(given(*world.until("release", **changed)).when(world.release()))
    assert told.sentence == "May be given until 16:48 UK time on 1 May 2031, after a bedside check that matches."
    assert told.until == world.time("2031-05-01T15:48Z")


def test_more_changes_to_come_than_are_looked_at_end_the_clearance_at_the_last_of_them() -> None:
    final = world.filled(world.FINAL, world.quantity("50"))
    changed = {"product": world.product(in_use_limit_seconds=None), "completion": world.completion(containers=[final])}
    batches = {"scope": "SUSPENSION_SCOPE_NEW_BATCHES"}
    coming = {f"change {day}": world.suspension(since=f"2026-05-{day:02}T08:00Z", **batches) for day in range(1, 21)}
    told = clearance(given(*world.until("release", **changed, **coming)).when(world.release()))
    assert (told.may_follow, told.until) == (True, world.time("2026-05-16T08:00Z"))


# The answer itself


def test_the_same_key_gets_the_same_clearance_for_ever() -> None:
    check = world.check()
    ledger = given(*world.until("check"), check)
    ledger.excused = False  # the very same content, though it comes again much later
    first = clearance(ledger)
    ledger.given(world.start()).when(world.end())
    ledger.ledger._sequencer._forget()
    again = ledger.tell(check, "2026-06-01T00:00Z")
    assert isinstance(again, Receipt)
    assert (again.repeated_call, again.clearance) == (True, first)
    assert [one.clearance for one in ledger.ledger.receipts(check.recorder, check.content.id)] == [first]


def test_a_question_is_never_the_check() -> None:
    asked = given(*world.until("check")).when(world.check(validate_only=True))
    assert asked.receipt.clearance is None


def test_what_is_cleared_after_a_correction_is_what_counts_now() -> None:
    ledger = given(*world.until("check")).when(world.check(checks=world.DIFFERING)).then_noted("I8")
    wrong = ledger.position
    corrected = world.corrected(wrong, world.check(), at="2026-04-14T10:24Z")
    told = clearance(ledger.when(corrected))
    assert (told.may_follow, told.until) == (True, world.time("2026-04-14T10:50Z"))


def test_a_check_that_did_not_happen_clears_nothing() -> None:
    ledger = given(*world.until("start"))
    assert ledger.when(world.did_not_happen(ledger.position)).receipt.clearance is None


EVERYTHING = {"scope": "SUSPENSION_SCOPE_ALSO_RELEASE_AND_USE"}
AWAY = world.dispatch(
    materials=[world.FINAL], consignment=world.OTHER_CONSIGNMENT, site=world.POC_SITE, at="2026-04-14T10:10Z"
)


@pytest.mark.parametrize(
    ("slots", "check", "recorded"),
    [
        ({}, {}, None),
        ({"release": None}, {}, None),
        ({"product": None}, {}, None),
        ({"poc_batch": None, "completion": None, "release": None}, {}, None),
        ({"release": world.release(), "away": AWAY}, {}, None),
        ({"suspended": world.suspension(since="2026-04-14T10:15Z", **EVERYTHING)}, {}, None),
        ({"product": world.product(shelf_life_seconds=60)}, {}, None),
        ({}, {"checked_by": []}, None),
        ({}, {"patient": world.OTHER_PATIENT}, None),
        ({}, {"coi": world.OTHER_CHAIN}, None),
        ({}, {"checks": world.MATCHING[:1]}, None),
        ({}, {}, "2026-04-14T10:49Z"),
        ({}, {}, "2026-04-14T11:00Z"),
        ({}, {}, "2026-04-14T18:00Z"),
    ],
)
def test_what_a_clearance_says_is_what_becomes_of_the_step(
    slots: dict[str, Draft | None], check: dict[str, object], recorded: str | None
) -> None:
    ledger = Asked()
    away = {name: draft for name, draft in slots.items() if name == "away" and draft is not None}
    rest = {name: draft for name, draft in slots.items() if name not in away}
    for draft in (*world.until("check", **rest), *away.values()):
        ledger.tell(draft)
    told = clearance(ledger.when(world.check(**check), recorded))
    same = {name: check[name] for name in ("patient", "coi", "checked_by") if name in check}
    answer = ledger.tell(world.start(at=ledger.now, uncertainty_ms=0, **same))
    assert told.may_follow is isinstance(answer, Receipt)
    broken = {finding.rule for finding in answer.findings if finding.weight is Weight.BAR}
    assert set(told.rules) == (broken if isinstance(answer, Refused) else set())


def test_the_start_is_judged_itself_whatever_the_clearance_said() -> None:
    ledger = checked()
    assert clearance(ledger).may_follow
    ledger.when(world.start(patient=world.OTHER_PATIENT)).then_refused(bar("I1"), bar("I8"), bar("R9"))


def test_a_donor_for_somebody_else_may_be_collected_from_too() -> None:
    slots = world.allogeneic()
    ledger = given(*world.until("identification", **slots))
    found = slots["identification"]
    assert found is not None
    assert clearance(ledger.when(found)).sentence == "Collection may begin."
