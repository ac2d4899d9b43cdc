"""Replay and trace: what is told about a thing, on two axes of time, and what touched it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from ledger.audit.asked import AsOf
from ledger.audit.questions import open_questions
from ledger.audit.replay import Step, Story, replay
from ledger.audit.trace import Edge, Trace, find, trace
from ledger.domain.receipt import Refused
from ledger.store.memory_log import MemoryLog
from ledger.store.rows import TagRow
from tests.model import world
from tests.model.desk import Desk
from tests.store.drafts import Draft as Raw
from tests.store.drafts import store

AT = world.START
CHAIN, OTHER_CHAIN = world.tag_of("coi", world.chain(1)), world.tag_of("coi", world.chain(2))
PATIENT = world.tag_of("patient", world.patient(1))
BAG, FINAL = (world.tag_of("material", world.bag(f"000001{letter}")) for letter in "AF")
VECTOR = world.tag_of("lot", world.lot("V123"))


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A desk with two patients, the first one treated."""
    with Desk(MemoryLog("ledger.test/audit")) as opened:
        opened.furnish(2)
        opened.treat(1)
        yield opened


@pytest.fixture
def collected() -> Iterator[Desk]:
    """A desk with two patients; the first one's bag is on its way."""
    with Desk(MemoryLog("ledger.test/audit")) as opened:
        opened.furnish(2)
        opened.treat(1, steps=2)
        yield opened


def told(desk: Desk, subject: str = CHAIN, as_of: AsOf | None = None) -> Story:
    with desk.log.reading() as reading:
        return replay(reading, subject, as_of or AsOf())


def walked(desk: Desk, start: str, direction: str, as_of: AsOf | None = None) -> Trace:
    with desk.log.reading() as reading:
        return trace(reading, start, direction, as_of or AsOf())


def types(story: Story) -> list[str]:
    return [step.fact.type for step in story.steps]


def step_at(story: Story, position: int) -> Step:
    return next(step for step in story.steps if step.fact.position == position)


def position_of(desk: Desk, fact_type: str) -> int:
    return next(row.stamp.position for row in desk.records() if row.content.type == fact_type)


def correct_the_collection(desk: Desk, when: timedelta = timedelta(days=2)) -> int:
    """The bag was the other patient's: corrected after all was done."""
    fact = world.collection_fact(2, [world.container("000001A", 100)], AT + world.MINUTE)
    position = position_of(desk, "ApheresisPerformed")
    corrected = world.correction(
        position, "apheresis_performed", fact, where=world.COLLECTION, at=AT + when, exceptions=[world.deviation()]
    )
    return desk.record(corrected, AT + when).position


# ------------------------------------------------------------------------------------------------------- replay


def test_a_chain_is_told_from_the_prescription_to_the_infusion_in_order_of_time(desk: Desk) -> None:
    story = told(desk)
    assert types(story)[:5] == [
        "TherapyPrescribed",
        "CoiAssigned",
        "ConsentRecorded",
        "DonorIdentified",
        "ApheresisPerformed",
    ]
    assert types(story)[-3:] == ["BedsideIdentityChecked", "AdministrationStarted", "AdministrationEnded"]
    assert [step.standing for step in story.steps] == ["recorded"] * 19
    assert story.vein_to_vein_seconds == 109 * 60
    assert story.through == len(desk.rows())


def test_as_it_was_on_a_day_leaves_out_what_took_effect_later(desk: Desk) -> None:
    story = told(desk, as_of=AsOf(occurred=AT + timedelta(minutes=40)))
    assert types(story)[-1] == "CellsModified"
    assert (len(story.steps), story.vein_to_vein_seconds) == (9, None)


def test_as_we_knew_it_leaves_out_what_was_recorded_later_though_it_had_happened(desk: Desk) -> None:
    late = world.withdrawal(1, at=AT + timedelta(minutes=5))
    position = desk.record(late, AT + timedelta(days=1)).position
    now, before = told(desk), told(desk, as_of=AsOf(recorded=AT + timedelta(hours=20)))
    assert "ConsentWithdrawn" in types(now)
    assert "ConsentWithdrawn" not in types(before)
    assert (before.through, now.through) == (position - 1, position)
    exact = told(desk, as_of=AsOf(position=position - 1))
    assert types(exact) == types(before)
    assert types(told(desk, as_of=AsOf(occurred=AT, recorded=AT + timedelta(days=2)))) == types(now)[:5]


def test_a_moment_before_everything_tells_nothing(desk: Desk) -> None:
    assert told(desk, as_of=AsOf(recorded=AT - timedelta(days=99))).steps == ()


def test_a_refused_report_stands_in_the_story_until_it_is_settled(desk: Desk) -> None:
    when = AT + timedelta(hours=3)
    refused = desk.try_(world.start("000001F", 2, where=world.POINT, at=when), when)
    assert isinstance(refused, Refused)
    step = step_at(told(desk), refused.position)
    assert (step.standing, step.effective, step.corrected_by) == ("reported, refused", when, ())
    record = desk.record(world.not_happened(refused.position, where=world.POINT, at=when), when)
    story = told(desk)
    assert step_at(story, refused.position).standing == "did not happen"
    assert step_at(story, refused.position).corrected_by == (record.position,)
    assert step_at(story, record.position).standing == f"about {refused.position}"


def test_a_deviation_and_what_cured_it_are_told(desk: Desk) -> None:
    when = AT + timedelta(hours=5)
    desk.record(world.collection(1, [world.container("000009A", 10)], when), when)
    refused = desk.try_(world.receipt("99", where=world.CENTRAL, at=when + timedelta(minutes=30)), when + timedelta(1))
    assert isinstance(refused, Refused)
    recorded = desk.record(world.as_deviation(refused.position, where=world.CENTRAL, at=when + timedelta(1)))
    late = world.dispatch("99", ["000009A"], origin=world.COLLECTION, to=world.CENTRAL, at=when + timedelta(minutes=10))
    assert [cure.deviation for cure in desk.record(late).cures] == [recorded.position]
    step = step_at(told(desk), refused.position)
    assert (step.standing, step.cured) == ("deviation", ("C1",))
    before = step_at(
        told(desk, world.tag_of("consignment", world.consignment("99")), AsOf(position=recorded.position)),
        refused.position,
    )
    assert (before.standing, before.cured) == ("deviation", ())


def test_a_cure_is_told_until_the_fact_that_cured_did_not_happen(desk: Desk) -> None:
    when = AT + timedelta(hours=5)
    desk.record(world.collection(1, [world.container("000009A", 10)], when), when)
    early = world.receipt("99", where=world.CENTRAL, at=when + timedelta(minutes=30), exceptions=[world.deviation()])
    deviation = desk.record(early, when + timedelta(hours=1)).position
    box = world.tag_of("consignment", world.consignment("99"))
    assert open_about(desk, box) == [deviation]
    late = world.dispatch("99", ["000009A"], origin=world.COLLECTION, to=world.CENTRAL, at=when + timedelta(minutes=10))
    cured = desk.record(late).position
    assert (open_about(desk, box), step_at(told(desk, box), deviation).cured) == ([], ("C1",))
    desk.record(world.not_happened(cured, where=world.COLLECTION, at=when + timedelta(hours=1)))
    assert (open_about(desk, box), step_at(told(desk, box), deviation).cured) == ([deviation], ())


def open_about(desk: Desk, tag: str) -> list[int]:
    """Positions of the open questions about a thing."""
    with desk.log.reading() as reading:
        found, more = open_questions(reading, tag, reading.head().size, None)
    assert not more
    return [question.position for question in found]


def test_vein_to_vein_is_counted_from_what_was_corrected(desk: Desk) -> None:
    when = AT + timedelta(days=1)
    fact = world.collection_fact(1, [world.container("000001A", 100)], AT + 3 * world.MINUTE)
    position = position_of(desk, "ApheresisPerformed")
    desk.record(world.correction(position, "apheresis_performed", fact, where=world.COLLECTION, at=when), when)
    story = told(desk)
    assert step_at(story, position).standing == "corrected"
    assert story.vein_to_vein_seconds == 107 * 60


def test_cells_corrected_to_another_chain_leave_this_story_and_enter_that_one(collected: Desk) -> None:
    """The dispatch had inherited the first chain's tag; that row is an index, and no answer."""
    desk, known = collected, len(collected.rows())
    corrected = correct_the_collection(desk)
    story, other = told(desk), told(desk, OTHER_CHAIN)
    dispatched = position_of(desk, "ConsignmentDispatched")
    assert dispatched not in [step.fact.position for step in story.steps]
    assert dispatched in [step.fact.position for step in other.steps]
    assert corrected in [step.fact.position for step in story.steps]
    before = told(desk, as_of=AsOf(position=known))
    assert dispatched in [step.fact.position for step in before.steps]


def test_a_fact_that_nobody_judged_is_shown_as_what_it_is_and_stops_no_story(desk: Desk) -> None:
    """store-trial: a raw fact with the tag of a bag made every later question about the bag fail."""
    looks_like_ours = desk.rows()[-1].record
    for record in (b"{}", b"\x00\xff", looks_like_ours):
        store(
            desk.log, Raw("dcb:Anything", [TagRow(FINAL, "dcb:Anything"), TagRow(CHAIN, "dcb:Anything")], record=record)
        )
    assert [step.standing for step in told(desk).steps][-3:] == ["not a record of this ledger"] * 3
    assert walked(desk, FINAL, "both").complete
    assert walked(desk, CHAIN, "forward").nodes


# -------------------------------------------------------------------------------------------------------- trace


def test_a_recalled_lot_reaches_the_patient(desk: Desk) -> None:
    found = walked(desk, VECTOR, "forward")
    assert {FINAL, PATIENT} <= {node.tag for node in found.nodes}
    assert found.nodes[0].tag == VECTOR
    assert found.complete
    assert found.through == len(desk.rows())


def test_the_infusion_leads_back_to_the_donor_and_to_every_lot(desk: Desk) -> None:
    tags = {node.tag for node in walked(desk, FINAL, "back").nodes}
    donation = world.tag_of("donation", world.donation(1))
    assert {BAG, VECTOR, world.tag_of("lot", world.lot("SET-1")), donation, PATIENT} <= tags


def test_a_walk_stops_at_people(desk: Desk) -> None:
    """What a patient was given before is no part of a container."""
    when = AT + timedelta(hours=6)
    desk.record(world.collection(1, [world.container("000007A", 10)], when), when)
    seventh = world.tag_of("material", world.bag("000007A"))
    assert PATIENT in {node.tag for node in walked(desk, seventh, "back").nodes}
    assert FINAL not in {node.tag for node in walked(desk, seventh, "back").nodes}
    assert seventh not in {node.tag for node in walked(desk, BAG, "forward").nodes}
    assert {FINAL, seventh} <= {node.tag for node in walked(desk, PATIENT, "both").nodes}


def test_a_trace_knows_its_position_and_a_correction_withdraws_and_adds(desk: Desk) -> None:
    known, other = len(desk.rows()), world.tag_of("patient", world.patient(2))
    corrected = correct_the_collection(desk)
    now, before = walked(desk, BAG, "back"), walked(desk, BAG, "back", AsOf(position=known))
    assert other in {node.tag for node in now.nodes}
    assert PATIENT not in {node.tag for node in now.nodes}
    assert PATIENT in {node.tag for node in before.nodes}
    assert other not in {node.tag for node in before.nodes}
    assert corrected in now.nodes[0].positions
    of_chain = {node.tag for node in walked(desk, CHAIN, "forward").nodes}
    assert BAG not in of_chain
    assert BAG in {node.tag for node in walked(desk, OTHER_CHAIN, "forward").nodes}


def test_what_did_not_happen_links_nothing_and_an_end_still_says_who_received_it(desk: Desk) -> None:
    when = AT + timedelta(hours=6)
    desk.record(world.not_happened(position_of(desk, "AdministrationStarted"), where=world.POINT, at=when), when)
    assert PATIENT in {node.tag for node in walked(desk, VECTOR, "forward").nodes}
    desk.record(world.not_happened(position_of(desk, "AdministrationEnded"), where=world.POINT, at=when), when)
    assert PATIENT not in {node.tag for node in walked(desk, VECTOR, "forward").nodes}


def test_a_refused_report_is_walked_as_one_until_it_is_settled(desk: Desk) -> None:
    when = AT + timedelta(hours=6)
    refused = desk.try_(world.start("000001F", 2, where=world.POINT, at=when), when)
    assert isinstance(refused, Refused)
    other = world.tag_of("patient", world.patient(2))
    found = walked(desk, VECTOR, "forward")
    assert next(node for node in found.nodes if node.tag == FINAL).refused == (refused.position,)
    assert Edge(child=other, parent=FINAL, kind="given", source=refused.position, refused=True) in found.edges
    assert [edge.refused for edge in found.edges if edge.child == PATIENT] == [False, False]
    desk.record(world.not_happened(refused.position, where=world.POINT, at=when), when)
    assert other not in {node.tag for node in walked(desk, VECTOR, "forward").nodes}


def test_a_site_is_traced_through_the_containers_that_were_there(desk: Desk) -> None:
    tags = {node.tag for node in walked(desk, world.tag_of("site", world.site(world.CENTRAL)), "forward").nodes}
    assert {FINAL, PATIENT} <= tags


@pytest.mark.parametrize(
    "text",
    [FINAL, FINAL.partition(":")[2], FINAL.rpartition(":")[2]],
    ids=["a tag", "a scheme and a value", "a value alone"],
)
def test_a_thing_is_found_by_what_somebody_types(desk: Desk, text: str) -> None:
    with desk.log.reading() as reading:
        assert find(reading, text) == (FINAL,)
        assert find(reading, f"{text}X") == ()


def test_the_patient_of_a_wrong_bed_is_told_what_happened_to_them_and_not_a_strangers_story(desk: Desk) -> None:
    stranger = world.tag_of("patient", world.patient(2))
    when = AT + timedelta(hours=6)
    refused = desk.try_(world.start("000001F", 2, where=world.POINT, at=when), when)
    assert isinstance(refused, Refused)
    found = told(desk, stranger)
    assert "CellsModified" not in {step.fact.type for step in found.steps}
    assert refused.position in {step.fact.position for step in found.steps}
    assert found.vein_to_vein_seconds is None
    assert "AdministrationEnded" in {step.fact.type for step in told(desk, PATIENT).steps}
