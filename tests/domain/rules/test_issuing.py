"""Rule I3: one identifier is one therapy event of one patient; and blocks of numbers never overlap."""

import pytest

from ledger.domain.facts.content import Content
from ledger.domain.receipt import Draft
from tests.support import released, world
from tests.support.judged import Asked, bar, given, note
from tests.support.world import CHAIN, OTHER_PATIENT, TREATING, tag

COI = tag("coi", CHAIN)
FACILITY = world.name("isbt128-fin", "A9999")


def issued(numbers: int = 10, /, **changes: object) -> Draft:
    """IdentifiersIssued, as the server makes it."""
    data = {"organisation": TREATING, "facility": FACILITY, "year": "26", "numbers": numbers}
    frame = {"at": "2026-03-02T09:00Z", "site": world.POC_SITE, "by": world.NURSE, "organisation": TREATING}
    return world.fact("IdentifiersIssued", data, frame, changes)


def block(ledger: Asked) -> tuple[str, str]:
    """First and last number of the block given out last."""
    return ledger.resolved()["first"], ledger.resolved()["last"]


def test_I3_accepts_blocks_that_follow_each_other_without_gap_or_overlap() -> None:
    ledger = Asked().when(issued()).then_recorded()
    assert block(ledger) == ("CHA999926000000", "CHA999926000009")
    ledger.when(issued(30)).then_recorded()
    assert block(ledger) == ("CHA99992600000A", "CHA999926000013")


def test_I3_accepts_each_facility_and_year_counting_for_itself() -> None:
    ledger = Asked().when(issued()).then_recorded()
    ledger.when(issued(facility=world.name("isbt128-fin", "A9998"))).then_recorded()
    assert block(ledger)[0] == "CHA999826000000"
    ledger.when(issued(year="27", organisation=world.COLLECTING)).then_recorded()
    assert block(ledger)[0] == "CHA999927000000"


@pytest.mark.parametrize(
    "changes",
    [{"numbers": 0}, {"numbers": 10_001}, {"year": "2026"}, {"facility": world.name("isbt128-fin", "A9O99")},
     {"facility": TREATING}],
    ids=["none", "too many", "year", "letter O", "no facility"],
)  # fmt: skip
def test_I3_refuses_a_block_that_nobody_can_have(changes: world.Data) -> None:
    Asked().when(issued(**changes)).then_refused("I3")


def test_I3_refuses_an_identifier_for_another_patient_and_for_another_therapy() -> None:
    ledger = given(*world.until("consent"))
    ledger.when(world.chain(CHAIN, OTHER_PATIENT)).then_refused(bar("I3", COI))
    ledger.when(world.chain(product=world.name("product.MPC", "other"))).then_refused(bar("I3", COI))


def test_I3_takes_two_linked_pseudonyms_for_one_patient() -> None:
    ledger = given(*world.until("consent"), released.linked(OTHER_PATIENT, world.PATIENT))
    ledger.when(world.chain(CHAIN, OTHER_PATIENT)).then_noted(note("I3", COI))


def test_I3_refuses_an_assignment_after_the_first_procurement() -> None:
    given(*world.until("dispatch")).when(world.chain(at="2026-04-07T12:00Z")).then_refused(bar("I3", COI))


def test_I3_notes_an_assignment_that_only_repeats_the_first() -> None:
    given(*world.until("consent")).when(world.chain()).then_noted(note("I3", COI))


def test_I3_accepts_an_assignment_after_the_wrong_one_was_taken_back() -> None:
    ledger = given(*world.until("consent"))
    ledger.given(world.did_not_happen(ledger.position_of("CoiAssigned"), at="2026-04-06T09:00Z"))
    ledger.when(world.chain(CHAIN, OTHER_PATIENT)).then_recorded()


def test_a_block_follows_from_the_log_alone() -> None:
    ledger = Asked().given(issued(), issued(5))
    contents: list[Content] = [ledger.ledger_content(position) for position in (1, 2)]
    assert [content.type for content in contents] == ["IdentifiersIssued", "IdentifiersIssued"]
    ledger.cached = False
    ledger.when(issued(1)).then_recorded()
    assert block(ledger) == ("CHA99992600000F", "CHA99992600000F")
