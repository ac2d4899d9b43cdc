"""The scope of a recall: what came of a thing, where it is, whom it reached, who was told; a drill changes nothing."""

from typing import Final

import pytest

from ledger.audit.asked import AsOf
from ledger.audit.reached import Patient
from ledger.audit.recall import Affected, Claim, Scope
from ledger.domain.receipt import NotFound
from ledger.domain.rules.following_up import Standing
from services.cli import reached
from tests.domain.rules.test_imported_history import LOT as OLD_LOT
from tests.domain.rules.test_imported_history import OLD_CHAIN, remembered
from tests.support import following, making, released, vigilance, world
from tests.support.judged import Asked, bar, given
from tests.support.world import BAG_A, CHAIN, FINAL, PATIENT, POC_BATCH, TREATING, VECTOR_LOT, tag, time

LOT, DOSE, WHO, COI = tag("lot", VECTOR_LOT), tag("material", FINAL), tag("patient", PATIENT), tag("coi", CHAIN)
CASE: Final = tag("case", making.CASE)
HOSPITAL, WARD = tag("organisation", TREATING), tag("site", world.POC_SITE)
SOON: Final = {"at": "2026-04-15T08:00Z"}


def recalled(ledger: Asked, **changes: object) -> Asked:
    """The vector lot is recalled."""
    return ledger.given(making.recall(**{"lot": VECTOR_LOT, **SOON, **changes}))


def treated() -> Asked:
    """The whole story: the patient was given what was made with the vector lot."""
    return given(*world.registers(), *world.story())


def scope(ledger: Asked, subject: str = LOT, as_of: AsOf | None = None) -> Scope:
    """A scope."""
    return ledger.ledger.recall_scope(subject, as_of)


def thing(found: Scope, of: str) -> Affected:
    """One thing in a scope."""
    return next(one for one in found.things if one.tag == of)


def notice(**changes: object) -> world.Draft:
    """NoticeSent to the treating hospital, about the patient's chain."""
    return vigilance.notice(TREATING, **{"case": making.CASE, "at": "2026-04-15T09:00Z", **changes})


# ------------------------------------------------------------------------------------------------------------ scope


def test_a_scope_holds_everything_that_came_of_a_lot_and_whom_it_reached() -> None:
    ledger = treated()
    found = scope(ledger)
    reached = {one.tag for one in found.things}
    assert {LOT, tag("material", world.CELLS), DOSE, tag("batch", POC_BATCH)} <= reached
    assert tag("material", BAG_A) not in reached
    assert found.patients == (
        Patient(
            patient=WHO,
            chain=COI,
            container=DOSE,
            position=ledger.position_of("AdministrationStarted"),
            site=WARD,
            standing=Standing.NO_PLAN,
            centre=WARD,
            organisation=HOSPITAL,
        ),
    )
    assert (found.starts, found.complete, found.through) == ((LOT,), True, ledger.ledger.info().size)


def test_a_dose_that_is_not_given_yet_is_stock_with_its_place_and_holder_and_one_that_was_given_is_not() -> None:
    waiting = given(*world.until("start"))
    dose = thing(scope(waiting), DOSE)
    assert (dose.left, dose.place, dose.holder) == (True, WARD, HOSPITAL)
    (place,) = scope(waiting).places
    assert (place.organisation, place.sites, place.stock, place.chains) == (HOSPITAL, (WARD,), (DOSE,), ())
    assert not thing(scope(treated()), DOSE).left


def test_the_scope_of_a_case_is_that_of_what_it_names() -> None:
    ledger = recalled(treated())
    of_case, of_lot = scope(ledger, CASE), scope(ledger)
    assert (of_case.starts, of_case.things, of_case.patients) == (of_lot.starts, of_lot.things, of_lot.patients)
    assert of_case.scope_hash == of_lot.scope_hash
    ledger.given(making.case_closed(at="2026-04-16T08:00Z"))
    assert (of_case.closed, scope(ledger, CASE).closed) == (0, ledger.position)


def test_a_lookback_starts_from_the_donation_that_it_names() -> None:
    ledger = treated()
    opened = world.sample("LookbackOpened", case=making.CASE, donation=world.DONATION, **SOON)
    ledger.when(opened)
    found = scope(ledger, CASE)
    assert (found.starts, [one.patient for one in found.patients]) == ((tag("donation", world.DONATION),), [WHO])


def test_a_case_that_names_nothing_and_a_thing_that_nobody_knows_have_no_scope() -> None:
    ledger = treated()
    with pytest.raises(NotFound, match="names nothing"):
        scope(ledger, CASE)
    with pytest.raises(NotFound, match="nothing about"):
        scope(ledger, "lot:lot.VEC:V999")


# --------------------------------------------------------------------------------- at a stated position, and later


def test_a_scope_at_a_stated_position_is_the_same_for_ever_whatever_comes_later() -> None:
    ledger = given(*world.until("start"))
    before = ledger.ledger.info().size
    first = scope(ledger)
    ledger.given(*world.since("start"))
    again, now = scope(ledger, as_of=AsOf(position=before)), scope(ledger)
    assert (again.scope_hash, again.things, again.patients) == (first.scope_hash, first.things, ())
    assert (now.scope_hash == first.scope_hash, len(now.patients)) == (False, 1)


@pytest.mark.parametrize("right", [True, False])
def test_what_a_recall_says_of_its_scope_is_taken_again_and_compared(right: bool) -> None:
    ledger = treated()
    first = scope(ledger)
    said = first.scope_hash if right else bytes(32)
    recalled(ledger, scope_position=first.through, scope_hash=said)
    claim = Claim(position=ledger.position, scope_position=first.through, matches=right)
    assert scope(ledger, CASE).claims == (claim,)


def test_material_made_later_from_a_recalled_lot_is_in_the_scope_marked_and_may_not_be_given() -> None:
    ledger = recalled(given(*world.until("completion")), at="2026-04-14T09:05Z")
    assert DOSE not in {one.tag for one in scope(ledger, CASE).things}
    ledger.given(world.completion())
    made = thing(scope(ledger, CASE), DOSE)
    assert (made.later, made.left, made.position) == (True, True, ledger.position)
    assert not thing(scope(ledger, CASE), tag("material", world.CELLS)).later
    ledger.when(world.release()).then_refused(bar("R12", LOT))


def test_a_dose_that_was_reported_and_refused_is_in_the_scope_until_it_is_settled() -> None:
    ledger = recalled(given(*world.until("start")), at="2026-04-14T10:00Z")
    ledger.when(world.start())
    refusal = ledger.position
    (reported,) = scope(ledger, CASE).patients
    assert (reported.patient, reported.position, reported.refused) == (WHO, refusal, True)
    ledger.when(world.did_not_happen(refusal)).then_recorded()
    assert scope(ledger, CASE).patients == ()


def test_a_patient_of_an_imported_history_is_in_the_scope_of_a_lot_and_marked() -> None:
    found = scope(remembered(), OLD_LOT)
    (one,) = found.patients
    assert (one.chain, one.imported, one.reachable) == (tag("coi", OLD_CHAIN), True, True)
    assert {thing.imported for thing in found.things if thing.tag != OLD_LOT} == {True}


def test_as_it_was_on_a_day_nobody_was_reached_before_the_dose_was_given() -> None:
    found = scope(treated(), as_of=AsOf(occurred=time("2026-04-14T09:00Z")))
    assert found.patients == ()


# -------------------------------------------------------------------------------------- told, answered, reachable


def test_notices_and_answers_stand_with_each_patient_and_each_organisation() -> None:
    ledger = recalled(treated())
    ledger.given(notice(answer_by="2026-04-16"))
    sent = ledger.position
    (told,), (place,) = scope(ledger, CASE).patients, scope(ledger, CASE).places
    assert (told.told, told.answered) == (sent, 0)
    assert (place.organisation, place.told, place.answered, place.silent) == (HOSPITAL, (sent,), 0, True)
    assert (place.due, place.late) == (time("2026-04-16T23:00Z"), False)
    ledger.clock("2026-04-17T08:00Z")
    assert scope(ledger, CASE).places[0].late
    ledger.given(vigilance.answer(TREATING, case=making.CASE, coi=CHAIN, held=0, at="2026-04-17T09:00Z"))
    (told,), (place,) = scope(ledger, CASE).patients, scope(ledger, CASE).places
    assert told.answered == ledger.position
    assert (place.answered, place.silent, place.held, place.used) == (1, False, 0, 1)


def test_a_patient_lost_to_follow_up_cannot_be_reached_until_contact_is_regained() -> None:
    ledger = treated().given(following.schedule(), following.lost(at="2027-02-01T10:00Z"))
    lost = scope(ledger)
    assert (lost.patients[0].standing, lost.unreachable) == (Standing.LOST, lost.patients)
    ledger.given(following.regained())
    assert scope(ledger).unreachable == ()


def test_a_cohort_shows_the_centre_the_visit_to_come_and_a_malignancy_found() -> None:
    ledger = treated().given(following.schedule(), following.agreed())
    ledger.given(following.visit(found="MALIGNANCY"))
    seen = ledger.position
    ledger.given(following.handed_over())
    (one,) = scope(ledger).patients
    assert (one.standing, one.centre, one.organisation) == (
        Standing.FOLLOWED,
        tag("site", following.OTHER_CENTRE),
        tag("organisation", world.COLLECTING),
    )
    assert (one.next_visit, one.malignancies) == ("year 1: to come", (seen,))


def test_a_death_reported_under_another_pseudonym_of_the_patient_counts() -> None:
    ledger = treated().given(following.died(patient=world.OTHER_PATIENT))
    links = {"survivor": PATIENT, "superseded": world.OTHER_PATIENT}
    ledger.when(world.sample("PatientRecordsLinked", **links, at="2027-04-01T10:00Z"))
    found = scope(ledger)
    assert (found.patients[0].standing, found.places) == (Standing.DIED, ())


def test_who_took_a_hospital_over_is_told_in_its_place_and_answers_for_it() -> None:
    ledger = recalled(treated()).given(notice())
    both = {"predecessor": TREATING, "successor": world.COLLECTING}
    passed = ["SUCCESSION_PART_SITES", "SUCCESSION_PART_RECORDS"]
    ledger.when(
        world.sample(
            "OrganisationSucceeded", **both, passes=passed, effective_from="2026-04-16", at="2026-04-16T08:00Z"
        )
    )
    ledger.given(vigilance.answer(world.COLLECTING, case=making.CASE, coi=CHAIN, at="2026-04-17T09:00Z"))
    (place,), (patient,) = scope(ledger, CASE).places, scope(ledger, CASE).patients
    heir = tag("organisation", world.COLLECTING)
    assert (place.organisation, place.chains, place.answered, place.silent) == (heir, (COI,), 1, False)
    assert (patient.organisation, patient.answered) == (heir, ledger.position)


# ------------------------------------------------------------------------------------------------- both ways round


def test_a_cohort_is_the_same_from_the_lot_to_the_patients_and_from_the_patient_to_the_lots() -> None:
    ledger = treated()
    back = ledger.ledger.trace(WHO, "back")
    lots = {node.tag for node in back.nodes if node.tag.startswith("lot:")}
    assert LOT in lots
    assert {lot: [one.patient for one in scope(ledger, lot).patients] for lot in lots} == {lot: [WHO] for lot in lots}


# ------------------------------------------------------------------------------------------------------------ drill


def test_a_drill_takes_the_same_scope_and_changes_nothing() -> None:
    ledger = given(*world.until("start"))
    size, found = ledger.ledger.info().size, scope(ledger)
    assert (ledger.ledger.info().size, found.places[0].told) == (size, ())
    drill = world.sample(
        "RecallDrillRun",
        case=world.name("case.MPC", "DRILL-1"),
        scope=f"everything that came of {LOT}",
        scope_position=found.through,
        scope_hash=found.scope_hash,
        time_taken=2,
        reached=len(found.patients) - len(found.unreachable),
        unreachable=len(found.unreachable),
        at="2026-04-14T10:20Z",
        signed=[(world.PHARMACIST, "REVIEWED")],
    )
    ledger.when(drill).then_recorded()
    assert scope(ledger).things == found.things
    ledger.when(world.start()).then_recorded()


def test_a_scope_of_more_than_one_trace_holds_is_told_whole_and_a_trace_of_it_says_that_it_is_cut() -> None:
    ledger = given(*world.until("second_dispatch"))
    bags = [[world.name("bag.PCW", f"{number}-{part}") for part in range(60)] for number in range(86)]
    for number, some in enumerate(bags):
        parts = [
            making.division(f"{number:03}{part:02}", bag, world.quantity("0.001")) for part, bag in enumerate(some)
        ]
        source = {"material": world.CELLS, "taken": [world.quantity("0.06")]}
        split = {"source": source, "divisions": parts}
        ledger.given(world.fact("MaterialSplit", split, {**making._WORKS, "at": "2026-04-13T12:00Z"}, {}))
    found = scope(ledger)
    assert found.complete
    assert {tag("material", bag) for some in bags for bag in some} <= {one.tag for one in found.things}
    assert all(one.left and one.holder for one in found.things if one.tag.startswith("material:bag."))
    assert not ledger.ledger.trace(LOT, "forward").complete
    taken = making.recall(lot=VECTOR_LOT, **SOON, scope_position=found.through, scope_hash=found.scope_hash)
    assert scope(ledger.given(taken), CASE).claims == (
        Claim(position=ledger.position, scope_position=found.through, matches=True),
    )


# ------------------------------------------------------------------------------------- back from a patient to every lot


OLD, OLDER = world.name("pseudonym", "01OLDNAME"), world.name("pseudonym", "01OLDERNAME")


def linked() -> Asked:
    """Treated; then an older pseudonym of the patient is linked, and one older still to that."""
    ledger = treated()
    ledger.given(released.linked(PATIENT, OLD, at="2026-04-15T08:00Z", effective_from="2026-04-15"))
    return ledger.given(released.linked(OLD, OLDER, at="2026-04-15T09:00Z", effective_from="2026-04-15"))


def test_a_trace_back_from_any_pseudonym_of_a_patient_finds_every_lot_batch_and_donation() -> None:
    ledger = linked()
    for name in (PATIENT, OLD, OLDER):
        found = reached.exposed(ledger.ledger.trace(tag("patient", name), "back"))
        assert found is not None
        assert found.names[0] == tag("patient", name)
        assert set(found.names) == {tag("patient", one) for one in (PATIENT, OLD, OLDER)}
        tags = [one.tag for one in found.things]
        assert {LOT, tag("batch", POC_BATCH), tag("donation", world.DONATION)} <= set(tags)
        assert [tag_.partition(":")[0] for tag_ in tags] == sorted(
            (tag_.partition(":")[0] for tag_ in tags), key=("lot", "batch", "donation").index
        )
        assert not any(one.open for one in found.things)


def test_a_trace_back_from_a_pseudonym_knows_of_no_link_that_was_not_recorded_then_or_was_taken_back() -> None:
    ledger = linked()
    last = ledger.position
    with pytest.raises(NotFound):
        ledger.ledger.trace(tag("patient", OLDER), "back", AsOf(position=last - 1))
    ledger.given(world.did_not_happen(last - 1, at="2026-04-15T10:00Z"))
    assert LOT not in {node.tag for node in ledger.ledger.trace(tag("patient", OLDER), "back").nodes}
    assert LOT in {node.tag for node in ledger.ledger.trace(tag("patient", OLDER), "back", AsOf(position=last)).nodes}
    as_it_was = AsOf(position=last, occurred=time("2026-04-14T23:00Z"))
    assert LOT in {node.tag for node in ledger.ledger.trace(tag("patient", OLDER), "back", as_it_was).nodes}


def test_a_pseudonym_that_is_linked_is_no_donor_and_nothing_that_was_given() -> None:
    ledger = linked()
    found = ledger.ledger.trace(tag("patient", OLD), "both")
    whom = reached.of(found)
    assert tag("patient", OLDER) not in (*whom.donors, *whom.patients)
    taken = scope(ledger, tag("patient", OLD))
    assert {one.patient for one in taken.patients} == {WHO}


def test_a_report_that_was_refused_and_is_open_exposes_under_reservation() -> None:
    ledger = given(*world.until("start"))
    other = tag("patient", world.OTHER_PATIENT)
    ledger.tell(world.start(patient=world.OTHER_PATIENT))
    found = reached.exposed(ledger.ledger.trace(other, "back"))
    assert found is not None
    assert LOT in {one.tag for one in found.things if one.open}
    assert {one.open for one in found.things} == {True}
    assert reached.exposed(ledger.ledger.trace(LOT, "forward")) is None
