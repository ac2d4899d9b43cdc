"""What each list says of a story, and what becomes of its rows when something is recorded about it."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from ledger.api import AsOf, ListQuestion
from ledger.views.catalogue import LISTS
from ledger.views.listing import Described
from tests.support import transport, world
from tests.support.judged import Asked, bar, essence, given
from tests.support.random_story import random_story
from tests.support.released import result
from tests.support.vigilance import reaction, submitted
from tests.support.world import OTHER_PATIENT, tag, until

CHAIN, FINAL, BAG_A = tag("coi", world.CHAIN), tag("material", world.FINAL), tag("material", world.BAG_A)
POC_SITE, POC_BATCH = tag("site", world.POC_SITE), tag("batch", world.POC_BATCH)


def rows(story: Asked, name: str, as_of: AsOf | None = None, **asked: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any filter
    """The rows of a list, each with its time and whether it is late."""
    page = story.ledger.lists.read(ListQuestion(name=name, **asked), 500, as_of=as_of)
    names = [column.name for column in page.listing.columns]
    return [{"at": one.at, "late": one.late, **dict(zip(names, one.cells, strict=True))} for one in page.rows]


def those(found: Sequence[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(one[name] for name in names) for one in found]


@pytest.fixture
def wrong_patient() -> Asked:
    """The story until the end, then a start for another patient that is refused."""
    return given(*until("end")).when(world.start(at="2026-04-14T11:00Z", patient=OTHER_PATIENT))


def test_a_refused_happening_is_unresolved_until_it_is_settled(wrong_patient: Asked) -> None:
    story, refused = wrong_patient, wrong_patient.position
    (row,) = rows(story, "unresolved-refusals")
    assert (row["position"], row["type"], "I1" in row["rules"]) == (refused, "AdministrationStarted", True)
    story.when(world.as_deviation(refused))
    assert rows(story, "unresolved-refusals") == []
    assert rows(story, "unresolved-refusals", AsOf(position=refused)) == [row]
    (followed,) = rows(story, "refusals-followed-by-the-act")
    assert (followed["position"], followed["act"], followed["how"]) == (
        refused,
        story.position,
        "recorded as deviation",
    )


def test_a_late_act_that_is_sent_again_with_its_reason_settles_the_refusal_until_it_is_taken_back() -> None:
    story = given(*until("check"))
    story.excused = False
    two_days_late = "2026-04-16T10:20Z"
    story.tell(world.check(), recorded=two_days_late)
    refused = story.position
    assert bar("E9") in {one._replace(tag=None) for one in essence(story.answer.findings)}
    (row,) = rows(story, "unresolved-refusals")
    assert [one.position for one in story.ledger.look_up(FINAL).cards[0].open] == [refused]
    story.tell(world.excused(world.check()), recorded=two_days_late)
    assert story.receipt.position > refused
    assert rows(story, "unresolved-refusals") == []
    assert rows(story, "unresolved-refusals", AsOf(position=refused)) == [row]
    assert story.ledger.look_up(FINAL).cards[0].open == ()
    (followed,) = rows(story, "refusals-followed-by-the-act")
    assert (followed["act"], followed["how"]) == (story.position, "recorded later")
    story.tell(world.did_not_happen(story.position, at=two_days_late))
    assert rows(story, "unresolved-refusals") == [row]
    assert [one.position for one in story.ledger.look_up(FINAL).cards[0].open] == [refused]


def test_an_act_at_another_time_settles_no_refusal() -> None:
    story = given(*until("check")).when(world.start())
    refused = story.position
    story.given(world.check(at="2026-04-14T10:20Z"), world.start(at="2026-04-14T10:27:30Z"))
    assert those(rows(story, "unresolved-refusals"), "position") == [(refused,)]


def test_a_refusal_that_did_not_happen_was_not_followed_by_the_act(wrong_patient: Asked) -> None:
    story = wrong_patient
    story.when(world.did_not_happen(story.position))
    assert rows(story, "unresolved-refusals") == rows(story, "refusals-followed-by-the-act") == []


def test_a_refusal_is_followed_by_the_act_until_that_is_taken_back() -> None:
    story = given(*until("check")).when(world.start())
    refused = story.position
    story.given(world.check(at="2026-04-14T10:20Z"), world.start(at="2026-04-14T10:27Z"))
    assert those(rows(story, "refusals-followed-by-the-act"), "position", "act", "how") == [
        (refused, story.position, "recorded later")
    ]
    story.when(world.did_not_happen(story.position))
    assert rows(story, "refusals-followed-by-the-act") == []


def test_a_deviation_is_open_until_it_is_assessed_and_closed(wrong_patient: Asked) -> None:
    story = wrong_patient
    story.when(world.as_deviation(story.position))
    number = story.position
    assert those(rows(story, "open-deviations"), "position", "type", "stage") == [
        (number, "AdministrationStarted", "to be confirmed")
    ]
    story.when(world.confirmed(number))
    assert those(rows(story, "open-deviations"), "stage") == [("to be assessed",)]
    broken = {one["rule"] for one in rows(story, "deviations")}
    assert broken >= {"I1", "I8"}
    (counted,) = story.ledger.lists.count(ListQuestion(name="deviations", rule="I1"), "rule").groups[:1]
    assert (counted.key, counted.count) == ("rule:I1", 1)
    assert rows(story, "deviations", site=tag("site", world.APHERESIS_UNIT)) == []


def test_a_cured_deviation_is_not_open() -> None:
    story = given(*until("receipt", receipt=None)).when(world.receipt(consignment=world.FIRST_CONSIGNMENT))
    assert rows(story, "open-deviations") == []


def test_corrections_and_late_entries_are_listed_with_their_reasons() -> None:
    story = given(*until("dispatch"))
    story.when(world.dispatch(at="2026-04-07T14:00Z", consignment=world.OTHER_CONSIGNMENT), "2026-04-12T10:00Z")
    (late,) = rows(story, "late-entries")
    assert (late["position"], late["late_seconds"]) == (
        story.position,
        int(timedelta(days=4, hours=20).total_seconds()),
    )
    taken_back = story.position_of("ConsignmentDispatched")
    story.when(world.did_not_happen(taken_back))
    (row,) = rows(story, "corrections")
    assert (row["what"], row["target"], row["target_type"]) == ("did not happen", taken_back, "ConsignmentDispatched")


def test_notes_are_told_by_rule_and_person() -> None:
    story = given(*until("check")).when(world.check(patient=OTHER_PATIENT, scanned_patient=OTHER_PATIENT))
    assert {one["rule"] for one in rows(story, "notes")} >= {"I1"}
    assert rows(story, "notes", person=tag("person", world.NURSE)) == rows(story, "notes")
    assert rows(story, "notes", person=tag("person", world.COLLECTOR)) == []


def test_an_override_says_who_took_the_risk_on_and_why() -> None:
    story = given(*until("check"), world.check(at="2026-04-14T10:00Z"), transport.on_the_ward(world.FINAL))
    story.when(world.start()).then_refused(bar("I8", FINAL))
    assert rows(story, "overrides") == []
    story.when(world.start(exceptions=[world.override(world.CONSULTANT)]))
    (row,) = rows(story, "overrides")
    assert (row["position"], row["type"], row["rule"], row["tag"]) == (
        story.position,
        "AdministrationStarted",
        "I8",
        FINAL,
    )
    assert (row["approver"], row["reason"], row["reference"]) == (
        tag("person", world.CONSULTANT),
        "the patient cannot wait",
        None,
    )


def test_a_consignment_is_open_from_its_dispatch_to_its_receipt() -> None:
    story = given(*until("receipt"))
    box = tag("consignment", world.FIRST_CONSIGNMENT)
    (row,) = rows(story, "open-transfers")
    assert (row["consignment"], row["state"], row["origin"]) == (box, "on the way", tag("site", world.APHERESIS_UNIT))
    story.given(world.receipt())
    assert rows(story, "open-transfers") == []
    assert those(rows(story, "open-transfers", AsOf(position=story.position - 1)), "consignment") == [(box,)]


def test_stock_on_a_date_says_where_each_container_was() -> None:
    story = given(*until("central_batch"))
    moments = ("2026-04-07T12:10Z", "2026-04-07T13:00Z", "2026-04-08T06:00Z")
    stood = [rows(story, "stock", AsOf(occurred=world.time(moment)), about=BAG_A) for moment in moments]
    here, there = tag("site", world.APHERESIS_UNIT), tag("site", world.CENTRAL_SITE)
    box = tag("consignment", world.FIRST_CONSIGNMENT)
    assert [those(found, "site", "consignment") for found in stood] == [[(here, None)], [(None, box)], [(there, None)]]
    story.when(world.did_not_happen(story.position_of("ConsignmentDispatched")))
    again = rows(story, "stock", AsOf(occurred=world.time(moments[1])), about=BAG_A)
    assert those(again, "site", "consignment") == [(here, None)]
    before = AsOf(occurred=world.time(moments[1]), position=story.position - 1)
    assert rows(story, "stock", before, about=BAG_A) == stood[1]


def test_what_was_given_is_no_stock_and_expires_no_more() -> None:
    story = given(*until("end"))
    assert FINAL in {one["container"] for one in rows(story, "expiring-stock")}
    story.given(world.end())
    assert FINAL not in {one["container"] for one in rows(story, "expiring-stock")}
    assert FINAL not in {one["container"] for one in rows(story, "stock")}


def test_expiring_stock_is_late_once_its_limit_is_over() -> None:
    story = given(*until("release"))
    (row,) = rows(story, "expiring-stock", about=FINAL)
    assert (row["late"], row["limit"]) == (False, "in-use limit")
    story.now = row["at"]
    assert rows(story, "expiring-stock", about=FINAL)[0]["late"]


def test_vein_to_vein_is_told_by_chain_site_and_product() -> None:
    story = given(*until("end"))
    (row,) = rows(story, "vein-to-vein")
    told = story.ledger.replay(CHAIN).vein_to_vein_seconds
    assert (row["coi"], row["vein_to_vein_seconds"], row["site"], row["product"]) == (
        CHAIN,
        told,
        POC_SITE,
        tag("product", world.PRODUCT),
    )
    for by, key in (("site", POC_SITE), ("product", tag("product", world.PRODUCT))):
        (group,) = story.ledger.lists.count(ListQuestion(name="vein-to-vein"), by).groups
        assert (group.key, group.count, group.median) == (key, 1, told)


def test_a_batch_is_balanced_once_all_that_it_made_is_accounted_for() -> None:
    story = given(*until("end"))
    assert those(rows(story, "mass-balance", about=POC_BATCH), "made", "became", "state") == [
        (1, ("1 being given",), "open")
    ]
    story.given(world.end())
    assert those(rows(story, "mass-balance", about=POC_BATCH), "became", "state") == [(("1 given",), "balanced")]


def test_a_reaction_starts_a_clock_that_is_due_and_then_late() -> None:
    story = given(*until("end"), world.end()).when(reaction(at="2026-04-20T09:00Z"))
    found = rows(story, "reports-due")
    assert found
    assert not found[0]["late"]
    story.now += timedelta(days=100)
    assert all(one["late"] for one in rows(story, "reports-due") if one["at"] is not None)


@pytest.mark.parametrize("of", ["batch", "container"])
def test_a_test_that_fails_after_use_starts_a_clock_of_its_batch_until_the_authority_is_told(of: str) -> None:
    place: dict[str, Any] = {"batch": world.POC_BATCH} if of == "batch" else {"batch": None, "material": world.FINAL}
    failed = result("sterility", "FAILS", site=world.POC_SITE, at="2026-04-20T09:00Z", **place)
    early = result("endotoxin", "FAILS", site=world.POC_SITE, at="2026-04-14T10:00Z", **place)
    story = given(*until("end"), world.end()).when(early)
    assert rows(story, "reports-due", about=POC_BATCH) == []
    story.when(failed)
    (row,) = rows(story, "reports-due", about=POC_BATCH)
    start, due = world.time("2026-04-20T09:00Z"), world.time("2026-04-22T09:00Z")
    assert row == {
        "at": due,
        "late": False,
        "about": POC_BATCH,
        "report": "out of specification",
        "owed_to": "MHRA",
        "started_at": start,
    }
    story.now = due
    assert rows(story, "reports-due", about=POC_BATCH)[0]["late"]
    story.when(submitted("OUT_OF_SPECIFICATION", case=None, batch=world.POC_BATCH, at="2026-04-22T10:00Z"))
    assert rows(story, "reports-due", about=POC_BATCH) == []
    (made,) = rows(story, "reports-made", about=POC_BATCH)
    assert (made["at"], made["due_at"], made["standing"]) == (world.time("2026-04-22T10:00Z"), due, "late")
    assert made["sent_by"] == story.position


def test_a_report_is_made_when_its_own_authority_got_it_and_stays_due_until_then() -> None:
    story = given(*until("end"), world.end(), reaction(at="2026-04-20T09:00Z"))
    story.when(submitted(at="2026-04-21T09:00Z", authority="AUTHORITY_HTA"))
    assert [(one["report"], one["owed_to"]) for one in rows(story, "reports-due")] == [
        ("suspected adverse reaction", "MHRA")
    ]
    assert rows(story, "reports-made") == []
    story.when(submitted(at="2026-04-22T09:00Z"))
    assert rows(story, "reports-due") == []
    (made,) = rows(story, "reports-made")
    assert (made["at"], made["standing"], made["sent_by"]) == (
        world.time("2026-04-22T09:00Z"),
        "in time",
        story.position,
    )


def test_a_serious_reaction_to_a_blood_product_is_owed_to_the_mhra_too() -> None:
    told = reaction("SERIOUS_ADVERSE_REACTION", coi=world.CHAIN)
    blood = world.product(product_class="PRODUCT_CLASS_BLOOD_PRODUCT", at="2026-04-15T08:00Z")
    for more, owed in (((), ["HTA", "HTA"]), ((blood,), ["HTA", "HTA", "MHRA"])):
        story = given(*until("end"), world.end())
        for draft in more:
            story.tell(draft)
        story.given(told)
        assert sorted(one["owed_to"] for one in rows(story, "reports-due")) == owed


def test_a_control_site_owes_a_report_on_each_year_of_its_master_file() -> None:
    story = given(*world.registers())
    file = tag("masterfile", world.MASTER_FILE)
    (first,) = rows(story, "annual-reports-due", about=file)
    assert (first["owed_to"], first["late"]) == ("MHRA", False)
    story.now = first["at"]
    assert rows(story, "annual-reports-due", about=file)[0]["late"]
    about = {"case": None, "masterfile": world.MASTER_FILE}
    story.when(submitted("CONTROL_SITE_ANNUAL", at=f"{first['at']:%Y-%m-%dT%H:%MZ}", **about))
    (second,) = rows(story, "annual-reports-due", about=file)
    assert second["started_at"] > first["started_at"]
    (made,) = rows(story, "reports-made", about=file)
    assert (made["report"], made["standing"], made["due_at"]) == ("control site annual", "late", first["at"])
    story.when(world.ended_licence(world.MIA_POC, since=f"{first['started_at']:%Y-%m-%dT%H:%MZ}"))
    assert rows(story, "annual-reports-due", about=file) == []


def test_a_serious_breach_and_an_issue_of_a_control_site_have_clocks_before_anybody_reports_them() -> None:
    breach = world.sample("DeviationRaised", calls_for="REPORT_KIND_SERIOUS_BREACH", at="2026-04-20T09:00Z")
    stopped = world.sample("SiteSuspendedByHolder", at="2026-04-21T09:00Z")
    story = given(*world.registers(), breach)
    deviation = f"deviation:ledger:{story.position}"
    story.given(stopped)
    assert those(rows(story, "reports-due"), "about", "report", "at") == [
        (deviation, "serious breach", world.time("2026-04-27T23:00Z")),
        ("site:ods:RR813", "reportable issue", None),
    ]


def test_the_control_site_report_counts_what_was_done_under_it() -> None:
    story = given(*until("end"), world.end())
    question = ListQuestion(name="control-site-report", site=tag("site", world.CONTROL_SITE))
    counted = {one.key: one.count for one in story.ledger.lists.count(question, "what").groups}
    assert counted["what:releases"] == 1
    assert counted["what:batches opened"] == 1
    assert counted["what:administrations begun"] == 1


@pytest.mark.parametrize("seed", range(4))
def test_no_story_has_a_row_that_cannot_be_worked_out(seed: int) -> None:
    story = random_story(seed)
    for one in LISTS:
        page = story.ledger.lists.read(ListQuestion(name=one.name), 500)
        assert not [row.root for row in page.rows if row.flawed], one.name


@pytest.mark.parametrize("one", [one.described for one in LISTS], ids=lambda one: one.name)
def test_a_list_has_a_name_for_ever_and_says_what_it_means(one: Described) -> None:
    names = [column.name for column in one.columns]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", one.name)
    assert one.means.endswith(".")
    assert len(set(names)) == len(names)
    assert set(one.shown) <= set(names)
    assert all(column.means.endswith(".") for column in one.columns)
