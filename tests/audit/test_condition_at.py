"""The picture of a story: where each container is at each step, who has it, how it stands, and what nobody knows."""

from ledger.api import AsOf, Container, Story
from tests.support import transport, world
from tests.support.judged import Asked
from tests.support.transport import COURIER, FRIDGE, TANK
from tests.support.world import BAG_A, BAG_B, CARRIER, CELLS, CENTRAL, CHAIN, FINAL, tag, time

A, B, CELL_BAG, FINAL_BAG = (tag("material", item) for item in (BAG_A, BAG_B, CELLS, FINAL))
RR8, PCW, RXK = (tag("organisation", item) for item in (world.COLLECTING, CENTRAL, world.TREATING))
UNIT, WORKS, WARD = (tag("site", item) for item in (world.APHERESIS_UNIT, world.CENTRAL_SITE, world.POC_SITE))
FIRST = tag("consignment", world.FIRST_CONSIGNMENT)


def told(*drafts: world.Draft) -> Asked:
    """A ledger that was told facts, with whatever it found on them."""
    ledger = Asked()
    for draft in drafts:
        ledger.tell(draft)
    return ledger


def story(ledger: Asked, as_of: AsOf | None = None) -> Story:
    """The replay of the chain."""
    return ledger.ledger.replay(tag("coi", CHAIN), as_of)


def pictures(of: Story, container: str) -> list[tuple[str, Container]]:
    """What each step made of one container, with the type of its fact."""
    return [(step.fact.type, one) for step in of.steps for one in step.containers if one.container == container]


def test_a_container_is_followed_from_its_filling_to_its_use() -> None:
    held = Container(container=A, holder=RR8, site=UNIT, status=("held",), remaining=("1.40 10*9 viable-cd3", "118 mL"))
    way = Container(
        container=A,
        holder=tag("organisation", CARRIER),
        consignment=FIRST,
        status=("in transit",),
        remaining=held.remaining,
    )
    there = Container(container=A, holder=PCW, site=WORKS, status=("held",), remaining=held.remaining)
    gone = Container(container=A, status=("used up",), remaining=("0.00 10*9 viable-cd3", "0 mL"))
    assert pictures(story(told(*world.registers(), *world.story())), A) == [
        ("ApheresisPerformed", held),
        ("ConsignmentDispatched", way),
        ("ConsignmentReceived", there),
        ("CellsModified", gone),
    ]


def test_a_tube_for_the_donors_tests_is_with_who_took_it() -> None:
    tube = tag("material", world.TUBE)
    found = pictures(story(told(*world.registers(), *world.story())), tube)
    assert found == [("DonorTestsSampled", Container(container=tube, holder=RR8, site=UNIT, status=("held",)))]


def test_a_container_that_is_given_says_so() -> None:
    found = pictures(story(told(*world.registers(), *world.story())), FINAL_BAG)
    assert [(name, one.status, one.holder) for name, one in found] == [
        ("ManufactureCompleted", ("held",), RXK),
        ("AdministrationStarted", ("held", "being given"), RXK),
        ("AdministrationEnded", ("given",), ""),
    ]


def test_storage_freezing_and_thawing_are_told_with_the_class_of_the_position() -> None:
    ledger = told(
        *world.until("second_dispatch"),
        transport.zone(),
        transport.frozen(),
        transport.stored(TANK, CELLS, at="2026-04-09T12:00Z"),
        transport.retrieved(TANK, CELLS, at="2026-04-13T15:00Z"),
        world.second_dispatch(),
        world.second_receipt(),
        transport.thawed(),
    )
    assert [(one.status, one.zone, one.temperature) for _, one in pictures(story(ledger), CELL_BAG)[1:]] == [
        (("held", "frozen"), "", ""),
        (("in storage", "frozen"), tag("zone", TANK), "liquid nitrogen"),
        (("held", "frozen"), "", ""),
        (("in transit", "frozen"), "", ""),
        (("held", "frozen"), "", ""),
        (("held", "thawed"), "", ""),
    ]


def test_an_excursion_of_a_position_is_an_open_question_until_it_is_assessed() -> None:
    ledger = told(*world.until("central_batch"), transport.zone(FRIDGE, "REFRIGERATED"), transport.stored())
    ledger.tell(transport.excursion(zone=FRIDGE, at="2026-04-07T19:00Z", lowest_celsius="4", highest_celsius="12"))
    position = ledger.position
    ledger.tell(transport.fit_for_use(position, BAG_A))
    found = story(ledger)
    assert pictures(found, A)[-1][1].questions == ()
    assert pictures(found, B)[-1][1].questions == (f"excursion #{position} not assessed",)
    before = story(ledger, AsOf(position=position))
    assert pictures(before, A)[-1][1].questions == (f"excursion #{position} not assessed",)


def test_a_loss_and_an_unexpected_arrival_are_told() -> None:
    ledger = told(*world.until("receipt"), transport.lost())
    lost = ledger.position
    assert pictures(story(ledger), A)[-1][1].status == ("lost",)
    ledger.tell(transport.unexpected())
    now = pictures(story(ledger), A)[-1][1]
    assert (now.status, now.site) == (("held", "quarantined"), WORKS)
    assert now.questions == (f"loss #{lost} not assessed", f"unexpected arrival #{ledger.position} not assessed")
    ledger.tell(transport.fit_for_use(ledger.position, BAG_A))
    assert pictures(story(ledger), A)[-1][1].status == ("held",)


def test_what_came_back_is_quarantined_until_that_is_lifted() -> None:
    frame = {**transport.WORKS, "at": "2026-04-07T19:00Z"}
    ledger = told(*world.until("central_batch"))
    ledger.tell(world.fact("MaterialReturned", {"materials": [BAG_A], "destination": world.CENTRAL_SITE}, frame, {}))
    assert pictures(story(ledger), A)[-1][1].status[-2:] == ("quarantined", "returned")
    lifted = {"containers": transport.in_containers(BAG_A), "quarantine": ledger.position, "basis": "kept cold"}
    by = {"by": world.QUALITY, "checked_by": None, "signed": [(world.QUALITY, "APPROVED")]}
    ledger.tell(world.fact("QuarantineLifted", lifted, {**frame, **by, "at": "2026-04-07T20:00Z"}, {}))
    assert "quarantined" not in pictures(story(ledger), A)[-1][1].status


def test_a_gap_between_two_hands_is_told_as_it_was_known_and_closed_by_the_hand_over_that_came_late() -> None:
    ledger = told(*world.until("receipt"), transport.handed_over(COURIER, CENTRAL, "2026-04-07T18:30Z"))
    ledger.tell(world.receipt())
    known = ledger.position
    gap = f"no hand-over from {tag('organisation', CARRIER)} to {tag('organisation', COURIER)}"
    assert pictures(story(ledger), A)[-1][1].gaps == (gap,)
    ledger.tell(transport.handed_over(CARRIER, COURIER))
    assert pictures(story(ledger), A)[-1][1].gaps == ()
    assert pictures(story(ledger, AsOf(position=known)), A)[-1][1].gaps == (gap,)


def test_the_picture_stands_on_the_axis_of_what_happened_too() -> None:
    ledger = told(*world.registers(), *world.story())
    then = story(ledger, AsOf(occurred=time("2026-04-07T15:00Z")))
    assert [one.status for _, one in pictures(then, A)] == [("held",), ("in transit",)]


def test_a_correction_counts_where_the_corrected_fact_stands() -> None:
    ledger = told(*world.until("receipt"))
    dispatch = ledger.position_of("ConsignmentDispatched")
    ledger.tell(world.corrected(dispatch, world.dispatch(materials=[BAG_A])))
    found = story(ledger)
    assert [one.status for _, one in pictures(found, A)] == [("held",), ("in transit",)]
    assert [one.status for _, one in pictures(found, B)] == [("held",)]


def test_quarantine_rejection_damage_and_destruction_are_told() -> None:
    frame = {**transport.WORKS, "at": "2026-04-07T19:00Z"}
    scope = {"containers": transport.in_containers(BAG_A), "reason": "a label is torn"}
    ledger = told(*world.until("central_batch"), world.fact("QuarantineImposed", scope, frame, {}))
    assert pictures(story(ledger), A)[-1][1].status == ("held", "quarantined")
    lifted = {**scope, "reason": None, "quarantine": ledger.position, "basis": "relabelled"}
    data = {key: value for key, value in lifted.items() if value is not None}
    by = {"by": world.QUALITY, "checked_by": None, "signed": [(world.QUALITY, "APPROVED")]}
    ledger.tell(world.fact("QuarantineLifted", data, {**frame, **by}, {}))
    assert pictures(story(ledger), A)[-1][1].status == ("held",)
    ledger.tell(world.fact("ContainerDamaged", {"material": BAG_A, "what": "a leak"}, frame, {}))
    assert pictures(story(ledger), A)[-1][1].status == ("held", "damaged")
    destroyed = {"materials": [BAG_A], "method": "incineration"}
    signed = {"signed": [(world.CELL_OPERATOR, "PERFORMED"), (world.SECOND_OPERATOR, "VERIFIED")]}
    ledger.tell(world.fact("MaterialDestroyed", destroyed, {**frame, **signed, "at": "2026-04-07T20:00Z"}, {}))
    assert pictures(story(ledger), A)[-1][1].status == ("damaged", "destroyed")
