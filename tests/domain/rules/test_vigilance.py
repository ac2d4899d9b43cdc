"""Rules E5, E6 and R11 on what goes wrong after the treatment: the product, the reporting clock, the answers."""

from datetime import datetime
from typing import Any

import pytest

from ledger.domain.facts import anatomy
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.rules.reporting import E6
from tests.support import making, released, vigilance, world
from tests.support.judged import Asked, bar, essence, given, note
from tests.support.vigilance import AUTHORITY, CASE, DONOR
from tests.support.world import BAG_A, CENTRAL, CHAIN, DONATION, NURSE, PRODUCT, QUALITY, name, tag, time

TAG = tag("case", CASE)
LATER = {"at": "2026-05-20T09:00Z"}


def start() -> Asked:
    """A ledger that knows the registers."""
    return given(*world.registers())


# E5


@pytest.mark.parametrize(
    "by",
    [
        {"batch": world.POC_BATCH},
        {"materials": [BAG_A]},
        {"donation": DONATION},
        {"coi": CHAIN},
        {"product": PRODUCT},
        {"brand": "Demcel"},
        {"identifier_sought": True},
    ],
    ids=lambda by: next(iter(by)),
)
def test_E5_accepts_a_report_by_any_identifier_of_the_product_or_one_that_is_being_sought(by: world.Data) -> None:
    start().when(vigilance.unidentified(**by)).then_recorded()


def test_E5_refuses_no_report_and_notes_one_that_names_no_product() -> None:
    start().when(vigilance.unidentified()).then_noted(note("E5", TAG))


def test_E5_asks_no_product_of_what_happened_to_a_donor() -> None:
    start().when(vigilance.unidentified(kind="ADVERSE_REACTION_KIND_DONOR_REACTION")).then_recorded()


def test_E5_asks_nothing_of_a_further_report_when_the_case_knows_the_product() -> None:
    given(*world.registers(), vigilance.reaction()).when(vigilance.unidentified()).then_recorded()


def test_E5_refuses_to_conclude_while_the_product_is_still_sought() -> None:
    ledger = given(*world.registers(), vigilance.unidentified(identifier_sought=True))
    ledger.when(vigilance.concluded()).then_refused(bar("E5", TAG))
    ledger.when(vigilance.concluded(identifier_not_found="treated abroad; asked three times")).then_noted(
        note("E5", TAG)
    )


@pytest.mark.parametrize(
    "found", [vigilance.reaction(), vigilance.defect(batch=world.POC_BATCH)], ids=["same", "defect"]
)
def test_E5_accepts_a_conclusion_once_a_later_report_named_the_product(found: world.Draft) -> None:
    ledger = given(*world.registers(), vigilance.unidentified(identifier_sought=True), found)
    ledger.when(vigilance.concluded()).then_recorded()


def test_E5_refuses_a_conclusion_on_a_case_that_nobody_reported() -> None:
    start().when(vigilance.concluded()).then_refused(bar("E5", TAG))
    given(*world.registers(), vigilance.notice()).when(vigilance.concluded()).then_refused(bar("E5", TAG))


def test_E5_asks_no_product_of_an_event() -> None:
    concluded = vigilance.concluded(at="2026-04-15T10:00Z")
    given(*world.registers(), vigilance.event()).when(concluded).then_recorded()


def test_E5_bars_again_when_the_only_report_that_named_the_product_is_corrected() -> None:
    ledger = given(*world.registers(), vigilance.reaction())
    right = vigilance.unidentified(identifier_sought=True)
    ledger.when(world.corrected(ledger.position, right, at="2026-04-15T09:00Z")).then_recorded()
    ledger.when(vigilance.concluded()).then_refused(bar("E5", TAG))


# E6, when it is told and sent


@pytest.mark.parametrize(
    ("told", "due"),
    [
        (vigilance.reaction(), ["suspected adverse reaction before 2026-04-30T23:00:00Z"]),
        (
            vigilance.reaction("SERIOUS_ADVERSE_REACTION"),
            [
                "serious adverse event or reaction before 2026-04-16T08:00:00Z",
                "serious adverse follow up before 2026-07-14T23:00:00Z",
            ],
        ),
        (vigilance.reaction("SUSAR", "DEATH"), ["SUSAR before 2026-04-22T23:00:00Z"]),
        (vigilance.reaction("DONOR_REACTION", "NOT_SERIOUS"), []),
        (
            vigilance.event(),
            [
                "serious adverse event or reaction before 2026-04-16T08:00:00Z",
                "serious adverse follow up before 2026-07-14T23:00:00Z",
            ],
        ),
        (vigilance.event(harm_possible=False), []),
        (vigilance.defect(), []),
        (
            vigilance.submitted("SERIOUS_BREACH", known_at=vigilance.KNOWN),
            ["serious breach before 2026-04-22T23:00:00Z"],
        ),
    ],
)
def test_E6_accepts_what_is_told_and_the_verdict_says_what_is_due(told: world.Draft, due: list[str]) -> None:
    ledger = start().when(told).then_recorded()
    assert [item.value for item in ledger.receipt.resolved if item.name == "report-due"] == due


def test_E6_counts_from_the_report_itself_when_nobody_says_when_it_was_known() -> None:
    ledger = start().when(vigilance.event(known_at=None)).then_recorded()
    assert ledger.resolved()["report-due"] == "serious adverse follow up before 2026-07-14T23:00:00Z"
    ledger.when(vigilance.submitted("SERIOUS_ADVERSE_EVENT_OR_REACTION", at="2026-04-16T08:29Z")).then_recorded()


def test_E6_takes_no_knowledge_that_is_later_than_its_report() -> None:
    told = vigilance.reaction("SERIOUS_ADVERSE_REACTION", known_at=time("2026-06-01T08:00Z"))
    ledger = given(*world.registers(), told)
    late = vigilance.submitted("SERIOUS_ADVERSE_EVENT_OR_REACTION", at="2026-04-16T08:30Z")
    ledger.when(late).then_noted(note("E6", TAG))


def test_E6_reads_the_time_of_a_reaction_that_is_not_serious_from_the_route_of_its_chain() -> None:
    ledger = given(*world.registers(), released.route("HOSPITAL_EXEMPTION"))
    told = vigilance.reaction("SUSPECTED_ADVERSE_REACTION", "NOT_SERIOUS", coi=CHAIN)
    ledger.when(told).then_recorded()
    assert ledger.resolved()["report-due"] == "suspected adverse reaction before 2026-04-30T23:00:00Z"
    ledger.when(vigilance.submitted(at="2026-05-02T09:00Z")).then_noted(note("E6", TAG))


@pytest.mark.parametrize(("at", "late"), [("2026-04-30T22:59:59Z", False), ("2026-04-30T23:00Z", True)])
def test_E6_refuses_no_report_and_notes_one_that_was_sent_after_its_last_day(at: str, *, late: bool) -> None:
    ledger = given(*world.registers(), vigilance.reaction()).when(vigilance.submitted(at=at))
    ledger.then_recorded(*([note("E6", TAG)] if late else []))


def test_E6_notes_the_first_late_report_only_and_no_report_of_another_sort() -> None:
    ledger = given(*world.registers(), vigilance.reaction())
    ledger.when(vigilance.submitted("DEFECT", **LATER)).then_recorded()
    ledger.when(vigilance.submitted(**LATER)).then_noted(note("E6", TAG))
    ledger.when(vigilance.submitted(at="2026-05-21T09:00Z")).then_recorded()


def test_E6_notes_a_report_to_oneself_and_goes_on_owing_it_to_the_authority() -> None:
    sort = "SERIOUS_ADVERSE_EVENT_OR_REACTION"
    ledger = given(*world.registers(), vigilance.reaction("SERIOUS_ADVERSE_REACTION"))
    own = vigilance.submitted(sort, recipient=world.COLLECTING, at="2026-04-15T12:00Z")
    ledger.when(own).then_noted(note("E6", tag("organisation", world.COLLECTING)))
    ledger.when(vigilance.submitted(sort, at="2026-04-16T08:00Z")).then_noted(note("E6", TAG))


@pytest.mark.parametrize("to", [None, "AUTHORITY_MHRA"], ids=["none said", "another"])
def test_E6_notes_a_report_to_an_authority_that_is_not_owed_it_and_goes_on_owing_it(to: str | None) -> None:
    sort = "SERIOUS_ADVERSE_EVENT_OR_REACTION"
    ledger = given(*world.registers(), vigilance.reaction("SERIOUS_ADVERSE_REACTION"))
    elsewhere = vigilance.submitted(sort, authority=to, at="2026-04-15T12:00Z")
    ledger.when(elsewhere).then_noted(note("E6", tag("organisation", AUTHORITY)))
    ledger.when(vigilance.closed()).then_noted(note("E6", TAG), note("E6", TAG))
    ledger.when(vigilance.submitted(sort, at="2026-04-16T08:00Z")).then_noted(note("E6", TAG))


@pytest.mark.parametrize("about", [{"coi": CHAIN}, {"batch": world.POC_BATCH}], ids=["the chain", "its batch"])
def test_E6_accepts_a_report_to_the_sponsor_of_what_is_out_of_specification_in_a_trial(about: world.Data) -> None:
    told = vigilance.submitted("OUT_OF_SPECIFICATION", case=None, authority=None, **about)
    trial = released.live_route("CLINICAL_TRIAL")
    elsewhere = note("E6", tag("organisation", AUTHORITY))
    given(*world.until("release")).when(told).then_noted(elsewhere)
    given(*world.until("release"), *trial).when(told).then_recorded()


@pytest.mark.parametrize(("at", "late"), [("2026-04-22T08:59Z", False), ("2026-04-22T09:00Z", True)])
def test_E6_counts_the_time_of_a_test_that_fails_after_use_from_its_result(at: str, *, late: bool) -> None:
    place = {"batch": world.POC_BATCH, "site": world.POC_SITE}
    failed = released.result("sterility", "FAILS", at="2026-04-20T09:00Z", **place)
    ledger = given(*world.until("end"), world.end()).when(failed).then_noted(note("R11"))
    told = vigilance.submitted("OUT_OF_SPECIFICATION", case=None, batch=world.POC_BATCH, at=at)
    ledger.when(told).then_recorded(*([note("E6", tag("batch", world.POC_BATCH))] if late else []))


BREACH = {"severity": "DEVIATION_CLASS_CRITICAL", "calls_for": "REPORT_KIND_SERIOUS_BREACH"}


def deviation(**changes: Any) -> world.Draft:  # noqa: ANN401 - whatever a builder takes
    """A deviation that is a serious breach of a trial."""
    return world.sample("DeviationRaised", **{**BREACH, "at": "2026-04-15T08:00Z", "checked_by": [], **changes})


@pytest.mark.parametrize(("at", "late"), [("2026-04-22T22:59Z", False), ("2026-04-22T23:00Z", True)])
def test_E6_counts_the_time_of_a_serious_breach_from_the_deviation_that_calls_for_its_report(
    at: str, *, late: bool
) -> None:
    ledger = given(*world.registers()).when(deviation()).then_recorded()
    assert ledger.resolved()["report-due"] == "serious breach before 2026-04-22T23:00:00Z"
    raised, number = ledger.position, {"scheme": "ledger", "value": str(ledger.position)}
    told = vigilance.submitted("SERIOUS_BREACH", case=None, deviation=number, at=at)
    ledger.when(told).then_recorded(*([note("E6", f"deviation:ledger:{raised}")] if late else []))


def test_E6_refuses_that_one_person_alone_takes_a_serious_breach_out_of_a_deviation() -> None:
    ledger = given(*world.registers(), deviation())
    position, less = ledger.position, deviation(calls_for=None)
    change = world.corrected(position, less, at="2026-04-16T09:00Z")
    ledger.when(change).then_refused(bar("E6", tag("person", NURSE)))
    same = world.corrected(position, deviation(description="the other bag"), at="2026-04-16T09:00Z")
    ledger.when(same).then_recorded()
    checked = world.corrected(position, less, at="2026-04-16T09:10Z", checked_by=[world.SECOND_NURSE])
    ledger.when(checked).then_noted(note("E6", tag("person", NURSE)))


def test_E6_notes_a_breach_that_was_known_too_long_by_what_the_report_itself_says() -> None:
    said = {"case": None, "authorisation": world.AUTHORISATION, "known_at": vigilance.KNOWN}
    late = vigilance.submitted("SERIOUS_BREACH", at="2026-04-22T23:00Z", **said)
    start().when(late).then_noted(note("E6", tag("authorisation", world.AUTHORISATION)))


def test_E6_says_once_what_is_late_though_the_report_names_several_things() -> None:
    said = {"coi": CHAIN, "batch": world.POC_BATCH, "known_at": vigilance.KNOWN}
    start().when(vigilance.submitted("SERIOUS_BREACH", **said, **LATER)).then_noted(note("E6", TAG))


def test_E6_runs_from_the_acceptance_of_a_supply_out_of_specification() -> None:
    supply = world.sample("OutOfSpecificationSupplyAccepted", batch=world.POC_BATCH, at="2026-04-14T09:00Z")
    ledger = start()
    ledger.tell(supply)
    assert ledger.answer.type == "OutOfSpecificationSupplyAccepted"
    said = {"case": None, "batch": world.POC_BATCH}
    ledger.when(vigilance.submitted("OUT_OF_SPECIFICATION", at="2026-04-16T08:59Z", **said)).then_recorded()


def test_E6_notes_what_is_told_after_its_report_was_due_unless_it_was_sent() -> None:
    told = vigilance.reaction("SERIOUS_ADVERSE_REACTION", at="2026-04-17T09:00Z")
    start().when(told).then_noted(note("E6", TAG))
    sent = vigilance.submitted("SERIOUS_ADVERSE_EVENT_OR_REACTION", at="2026-04-15T09:30Z")
    given(*world.registers(), sent).when(told).then_recorded()


def test_E6_notes_what_is_owed_when_a_case_is_concluded_or_closed() -> None:
    ledger = given(*world.registers(), vigilance.reaction())
    ledger.when(vigilance.concluded()).then_recorded()
    ledger.when(vigilance.closed()).then_noted(note("E6", TAG))
    ledger.when(vigilance.concluded(**LATER)).then_noted(note("E6", TAG))
    ledger.when(vigilance.submitted(at="2026-04-20T09:30Z"), recorded="2026-05-21T09:00Z").then_recorded()
    ledger.when(vigilance.closed(at="2026-05-22T09:00Z")).then_recorded()


# E6, the start of a clock


def moved(ledger: Asked, **changes: Any) -> world.Draft:  # noqa: ANN401 - whatever a builder takes
    """A correction by which the reaction was known twenty minutes later."""
    right = vigilance.reaction(known_at=time("2026-04-15T08:20Z"))
    return world.corrected(ledger.position_of("AdverseReactionReported"), right, at="2026-04-16T09:00Z", **changes)


def test_E6_refuses_a_start_that_one_person_alone_changes() -> None:
    ledger = given(*world.registers(), vigilance.reaction())
    ledger.when(moved(ledger)).then_refused(bar("E6", tag("person", NURSE)))
    ledger.when(moved(ledger, checked_by=[NURSE])).then_refused(bar("E6", tag("person", NURSE)))


def test_E6_notes_a_start_that_a_second_person_verified_and_counts_from_it() -> None:
    ledger = given(*world.registers(), vigilance.reaction("SERIOUS_ADVERSE_REACTION"))
    right = vigilance.reaction("SERIOUS_ADVERSE_REACTION", known_at=time("2026-04-15T08:20Z"))
    change = world.corrected(ledger.position, right, at="2026-04-15T09:00Z", checked_by=[world.SECOND_NURSE])
    ledger.when(change).then_noted(note("E6", tag("person", NURSE)))
    ledger.when(vigilance.submitted("SERIOUS_ADVERSE_EVENT_OR_REACTION", at="2026-04-16T08:10Z")).then_recorded()


def test_E6_takes_a_signature_of_a_second_person_for_a_check() -> None:
    ledger = given(*world.registers(), vigilance.reaction())
    signed = [(NURSE, "PERFORMED"), (QUALITY, "VERIFIED")]
    ledger.when(moved(ledger, signed=signed)).then_noted(note("E6", tag("person", NURSE)))


def test_E6_lets_one_person_correct_what_is_no_start() -> None:
    ledger = given(*world.registers(), vigilance.reaction())
    right = vigilance.reaction(reaction="fever only")
    ledger.when(world.corrected(ledger.position, right, at="2026-04-16T09:00Z")).then_recorded()


def test_E6_refuses_a_start_that_is_edited_through_the_time_of_the_report_or_taken_away() -> None:
    ledger = given(*world.registers(), vigilance.event(known_at=None))
    position = ledger.position
    later = vigilance.event(known_at=None, at="2026-04-15T08:45Z")
    change = world.corrected(position, later, with_envelope=True, at="2026-04-16T09:00Z")
    ledger.when(change).then_refused(bar("E6", tag("person", NURSE)))
    harmless = vigilance.event(known_at=None, harm_possible=False)
    ledger.when(world.corrected(position, harmless, at="2026-04-16T09:00Z")).then_refused(bar("E6"))


def test_E6_notes_that_a_report_which_started_a_clock_did_not_happen() -> None:
    ledger = given(*world.registers(), vigilance.reaction())
    ledger.when(world.did_not_happen(ledger.position, at="2026-04-16T09:00Z")).then_noted(note("E6"))
    assert ledger.ledger_content(ledger.position - 1).type == "AdverseReactionReported"


@pytest.mark.parametrize("name", E6.types)
def test_no_fact_that_reports_are_counted_by_carries_a_due_date(name: str) -> None:
    told = {"onset", "known_at", "sponsor_told_at", "period_from", "period_to"}
    dated = {part.name for part in anatomy.parts(TYPES[name]) if part.day or part.type is datetime}
    assert dated <= told


# R11, who was told and has not answered


def test_R11_notes_who_was_told_and_has_not_answered_when_the_case_is_closed() -> None:
    ledger = given(*world.registers(), vigilance.notice(), vigilance.notice(AUTHORITY), vigilance.answer())
    ledger.when(vigilance.closed()).then_noted(note("R11", tag("organisation", AUTHORITY)))
    ledger.when(vigilance.answer(AUTHORITY, at="2026-04-21T09:00Z")).then_recorded()
    ledger.when(vigilance.closed(at="2026-04-22T09:00Z")).then_recorded()


def test_a_notice_in_a_recall_bears_what_the_recall_is_about_and_changes_nothing_of_it() -> None:
    recall = making.recall(batch=world.CENTRAL_BATCH)
    ledger = given(*world.registers(), recall)
    ledger.when(vigilance.notice(CENTRAL, case=making.CASE)).then_recorded()
    assert tag("batch", world.CENTRAL_BATCH) in ledger.record.verdict.inherited
    drill = world.sample("RecallDrillRun", case=name("case.MPC", "DRILL-1"), checked_by=None)
    assert essence(ledger.when(drill).receipt.findings) == set()


def test_what_happened_to_a_donor_is_kept_under_the_donor() -> None:
    told = vigilance.reaction("DONOR_REACTION", patient=None, donor=DONOR, batch=None)
    assert tag("donor", DONOR) in start().when(told).receipt.tags
