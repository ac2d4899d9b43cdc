"""Long-term follow-up: what is due, done, late and missed follows from plan and facts alone; I5 on visits."""

from datetime import datetime

import pytest

from ledger.domain.rules.following_up import Followed, Standing, VisitState, followed
from ledger.domain.subjects.follow_up import AFTERWARDS, FOLLOW_UP, OWN_CONSENT, FollowUp
from ledger.domain.subjects.history import History
from ledger.domain.subjects.subject import AnySubject, statement
from ledger.store import filing
from tests.support import following, world
from tests.support.following import agreed, died, handed_over, lost, regained, schedule, visit
from tests.support.judged import Asked, bar, given, note
from tests.support.world import CHAIN, PATIENT, tag, time

CHAIN_TAG, PATIENT_TAG = tag("coi", CHAIN), tag("patient", PATIENT)
CHILD = {"given_by": "CONSENT_GIVER_PARENT", "reconsent_due": "2026-07-01"}


def treated() -> Asked:
    """A patient whose cells are taken, and who agreed to be followed up afterwards."""
    return given(*world.until("circulation"), agreed())


def state(asked: Asked, subject: AnySubject, of: str) -> History:
    """A subject's history, folded from what is stored."""
    history = History(subject, of)
    for row in asked.rows():
        record = filing.readable(row)
        stated = statement(record) if record is not None else None
        if stated is not None and subject.folds(stated, of):
            history.add(stated)
    return history


def at(asked: Asked, moment: str) -> Followed:
    """How the follow-up stands at a moment."""
    chain: FollowUp = state(asked, FOLLOW_UP, CHAIN_TAG).newest
    after, own = (state(asked, one, PATIENT_TAG).newest for one in (AFTERWARDS, OWN_CONSENT))
    return followed(chain, after, own, time(moment))


def states(found: Followed) -> dict[str, VisitState]:
    """Each visit's state."""
    return {one.name: one.state for one in found.visits}


# I5


def test_I5_accepts_a_visit_of_who_agreed_to_be_followed_up() -> None:
    treated().given(schedule()).when(visit()).then_recorded()


def test_I5_refuses_a_visit_recorded_after_the_consent_to_follow_up_was_withdrawn() -> None:
    kinds = ["CONSENT_KIND_FOLLOW_UP_AND_DATA_SHARING"]
    ledger = treated().given(schedule(), world.withdrawal(kinds=kinds, at="2026-05-01T10:00Z"))
    ledger.when(visit()).then_refused(bar("I5", PATIENT_TAG))


def test_I5_notes_a_visit_on_no_consent_and_one_on_a_parents_consent_after_own_consent_was_due() -> None:
    given(*world.until("circulation"), schedule()).when(visit()).then_noted(note("I5", PATIENT_TAG))
    child = given(*world.until("circulation"), agreed(**CHILD), schedule())
    child.when(visit()).then_noted(note("I5", PATIENT_TAG))


# What is due


def test_a_window_counts_uk_civil_days_after_the_treatment_and_its_last_day_is_in_it() -> None:
    (first, *_) = at(treated().given(schedule()), "2026-05-01T00:00Z").visits
    assert (first.opens, first.due, first.closes) == (
        time("2026-07-08T23:00Z"),
        time("2026-07-23T23:00Z"),
        time("2026-08-06T23:00Z"),
    )


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-07-08T22:59Z", VisitState.TO_COME),
        ("2026-07-08T23:00Z", VisitState.OPEN),
        ("2026-07-23T23:00Z", VisitState.DUE),
        ("2026-08-06T23:00Z", VisitState.MISSED),
    ],
)
def test_a_visit_that_did_not_take_place_comes_is_open_due_and_missed(moment: str, expected: VisitState) -> None:
    assert states(at(treated().given(schedule()), moment))["day 100"] is expected


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ("2026-07-08T22:59Z", VisitState.DONE_EARLY),
        ("2026-07-23T10:00Z", VisitState.DONE),
        ("2026-08-06T23:00Z", VisitState.DONE_LATE),
    ],
)
def test_a_visit_is_done_within_its_window_or_before_or_after_it(seen: str, expected: VisitState) -> None:
    found = at(treated().given(schedule(), visit(at=seen)), "2026-09-01T00:00Z")
    assert (states(found)["day 100"], found.visits[0].done, found.visits[0].late) == (
        expected,
        time(seen),
        expected is VisitState.DONE_LATE,
    )


def test_fifteen_years_are_followed_and_then_the_follow_up_has_ended() -> None:
    ledger = treated().given(schedule())
    assert at(ledger, "2041-07-14T22:59Z").standing is Standing.FOLLOWED
    ended = at(ledger, "2041-07-14T23:00Z")
    assert (ended.standing, ended.until, ended.next) == (Standing.ENDED, time("2041-07-14T23:00Z"), None)


def test_a_new_plan_takes_the_place_of_the_old_one_and_keeps_the_visits_made() -> None:
    ledger = treated().given(schedule(), visit())
    ledger.given(
        schedule(at="2026-08-01T10:00Z", visits=[*following.VISITS[:1], following.window("m9", 250, 270, 290)])
    )
    assert states(at(ledger, "2026-08-02T00:00Z")) == {"day 100": VisitState.DONE, "m9": VisitState.TO_COME}


def test_a_corrected_day_of_treatment_moves_every_window() -> None:
    ledger = treated().given(schedule())
    ledger.when(world.corrected(ledger.position, schedule(treated_on="2026-04-15"))).then_recorded()
    assert at(ledger, "2026-05-01T00:00Z").visits[0].due == time("2026-07-24T23:00Z")


# Lost, regained, handed over, died


def test_a_patient_is_lost_until_contact_is_regained_or_the_patient_is_seen() -> None:
    ledger = treated().given(schedule(), visit(), lost())
    gone = at(ledger, "2027-05-20T00:00Z")
    assert (gone.standing, states(gone)["year 1"]) == (Standing.LOST, VisitState.LOST)
    ledger.given(regained())
    back = at(ledger, "2027-06-02T00:00Z")
    assert (back.standing, states(back)["year 1"]) == (Standing.FOLLOWED, VisitState.MISSED)
    ledger.given(lost(at="2027-07-01T10:00Z"), visit("unplanned", at="2027-08-01T10:00Z"))
    assert at(ledger, "2027-08-02T00:00Z").standing is Standing.FOLLOWED


def test_the_centre_that_took_over_is_responsible_and_who_had_it_before_stays_on_record() -> None:
    ledger = treated().given(schedule())
    ledger.when(handed_over()).then_recorded()
    found: FollowUp = state(ledger, FOLLOW_UP, CHAIN_TAG).newest
    sites = (tag("site", following.CENTRE), tag("site", following.OTHER_CENTRE))
    assert (found.centre, found.handed_over) == (sites[1], ((ledger.position, *sites),))


def test_after_a_death_no_visit_is_asked_for_any_more_and_none_is_late() -> None:
    ledger = treated().given(schedule(), visit(), died())
    found = at(ledger, "2030-01-01T00:00Z")
    assert found.standing is Standing.DIED
    assert states(found) == {"day 100": VisitState.DONE, "year 1": VisitState.ENDED, "year 15": VisitState.ENDED}


def test_a_second_malignancy_and_a_later_therapy_stay_with_the_chain_and_the_patient() -> None:
    ledger = treated().given(schedule(), visit(found="MALIGNANCY"))
    seen = ledger.position
    ledger.given(following.later_therapy(), following.records_sent())
    chain, after = state(ledger, FOLLOW_UP, CHAIN_TAG).newest, state(ledger, AFTERWARDS, PATIENT_TAG).newest
    assert chain.malignancies == (seen,)
    assert [one.kind.value for one in after.therapies] == ["SUBSEQUENT_THERAPY_KIND_TRANSPLANT"]


# Own consent at 16 and 18


def own(asked: Asked) -> list[tuple[datetime, datetime | None, bool]]:
    """Own consents that are due, when they were given, and whether they are late a year later."""
    found = at(asked, "2027-07-01T00:00Z").own_consent
    return [(one.due, one.met, one.late(time("2027-07-01T00:00Z"))) for one in found]


def test_own_consent_is_due_on_the_day_that_the_parents_consent_names_and_met_by_own_consent() -> None:
    ledger = given(*world.until("circulation"), agreed(**CHILD))
    assert own(ledger) == [(time("2026-06-30T23:00Z"), None, True)]
    ledger.given(agreed(at="2026-06-30T12:00Z", reconsent_due="2028-07-01"))
    assert own(ledger) == [
        (time("2026-06-30T23:00Z"), time("2026-06-30T12:00Z"), False),
        (time("2028-06-30T23:00Z"), None, False),
    ]
