"""Lists of the years after, of recalls, of certifications, of borders and of conditions."""

from datetime import timedelta

from tests.support import following, released, transport, vigilance, world
from tests.support.judged import given
from tests.support.world import tag, until
from tests.views.test_lists import CHAIN, rows, those


def test_follow_up_visits_are_due_until_they_are_made_and_late_after_their_window() -> None:
    story = given(*until("circulation"), following.agreed(), following.schedule())
    assert those(rows(story, "follow-up-due"), "coi", "visit", "late") == [
        (CHAIN, "day 100", False),
        (CHAIN, "year 1", False),
        (CHAIN, "year 15", False),
    ]
    story.given(following.visit())
    assert [one["visit"] for one in rows(story, "follow-up-due")] == ["year 1", "year 15"]
    story.now += timedelta(days=400)
    assert [one["late"] for one in rows(story, "follow-up-due")] == [True, False]


def test_a_patient_is_lost_until_contact_is_regained_and_owes_nothing_once_dead() -> None:
    story = given(*until("circulation"), following.agreed(), following.schedule(), following.visit(), following.lost())
    assert those(rows(story, "follow-up-lost"), "coi", "cause") == [(CHAIN, "not reached")]
    assert {one["lost"] for one in rows(story, "follow-up-due")} == {"yes"}
    story.given(following.regained())
    assert rows(story, "follow-up-lost") == []
    story.when(following.died(at="2027-07-06T10:00Z", died_on="2027-07-05"))
    assert rows(story, "follow-up-due") == []


def test_who_was_told_of_a_look_back_stands_on_the_list_until_they_answer() -> None:
    story = given(*until("end"), world.end())
    story.when(vigilance.lookback()).when(vigilance.notice())
    told = tag("organisation", world.CENTRAL)
    assert those(rows(story, "recall-cases"), "state", "told", "silent") == [("answers awaited", 1, (told,))]
    assert those(rows(story, "notices-unanswered"), "organisation") == [(told,)]
    story.when(vigilance.answer())
    assert those(rows(story, "recall-cases"), "state", "silent") == [("open", ())]
    assert rows(story, "notices-unanswered") == []


def test_the_register_of_the_qp_says_by_whom_on_which_licence_and_whether_it_stands() -> None:
    story = given(*released.made_centrally())
    story.given(released.result(), released.reviewed(story.position), released.certified())
    position = story.position
    (row,) = rows(story, "qp-register", person=tag("person", released.QP))
    assert (row["position"], row["licence"], row["state"]) == (position, tag("licence", world.MIA), "conditional")
    assert rows(story, "qp-register", about=tag("licence", world.MIA)) == [row]
    story.when(world.did_not_happen(position, by=released.QP))
    assert [one["state"] for one in rows(story, "qp-register")] == ["taken back"]


def test_an_excursion_is_an_open_question_until_it_is_assessed() -> None:
    story = given(*until("dispatch")).when(transport.excursion(containers=transport.in_containers(world.BAG_A)))
    position = story.position
    assert those(rows(story, "open-questions"), "container", "what", "position") == [
        (tag("material", world.BAG_A), "excursion", position)
    ]
    story.when(transport.fit_for_use(position, world.BAG_A))
    assert rows(story, "open-questions") == []


def test_a_consignment_to_northern_ireland_is_a_crossing_by_the_register_of_sites() -> None:
    story = given(*until("receipt"))
    assert rows(story, "gb-ni-crossings") == []
    story.when(world.site(world.CENTRAL_SITE, world.CENTRAL, nation="NATION_NORTHERN_IRELAND", at="2026-04-07T15:00Z"))
    assert those(rows(story, "gb-ni-crossings"), "consignment", "way") == [
        (tag("consignment", world.FIRST_CONSIGNMENT), "to Northern Ireland")
    ]
