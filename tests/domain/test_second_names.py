"""A thing keeps the name under which it was recorded first; by whatever name it is called later, it is that thing."""

import pytest

from ledger.audit.asked import AsOf
from ledger.audit.rejudge import rejudge
from ledger.audit.trace import trace
from tests.support import world
from tests.support.judged import Asked, bar, given, note
from tests.support.world import FINAL, tag

LOCAL = world.name("local.RXK", "F-20441")
FINAL_BAG, LOCAL_BAG = tag("material", FINAL), tag("material", LOCAL)


def link(first: world.Data = FINAL, other: world.Data = LOCAL, **changes: object) -> world.Draft:
    """IdentifierLinked, by two people of the ward."""
    data = {"materials": {"first": first, "other": other}, "label": "stuck on by the stem-cell laboratory"}
    frame = {
        "at": "2026-04-14T10:00Z",
        "site": world.POC_SITE,
        "by": world.NURSE,
        "checked_by": [world.SECOND_NURSE],
        "organisation": world.TREATING,
    }
    return world.fact("IdentifierLinked", data, frame, changes)


def linked() -> Asked:
    """The final container is known by a local number too."""
    return given(*world.until("check"), link())


def test_a_container_is_checked_and_given_by_its_second_name() -> None:
    ledger = linked().given(world.check(materials=[LOCAL])).when(world.start(material=LOCAL)).then_recorded()
    assert FINAL_BAG in ledger.record.verdict.tags
    assert LOCAL_BAG in ledger.record.verdict.inherited
    assert ledger.record.content.fact == world.start(material=LOCAL).content.fact


def test_what_was_said_by_one_name_counts_for_the_other() -> None:
    ledger = linked().given(world.check(materials=[LOCAL]), world.start(material=LOCAL))
    ledger.when(world.start(at="2026-04-14T10:40Z")).then_refused(bar("Q5", FINAL_BAG))
    ledger.given(world.end(material=LOCAL)).when(world.start(at="2026-04-14T10:55Z")).then_refused(
        bar("Q5", FINAL_BAG), bar("I8", FINAL_BAG)
    )


def test_without_the_link_the_second_name_is_a_container_that_nobody_knows() -> None:
    ledger = given(*world.until("check"), world.check())
    ledger.when(world.start(material=LOCAL)).then_refused(
        bar("R1", LOCAL_BAG), bar("I8", LOCAL_BAG), note("R7", LOCAL_BAG)
    )


def test_a_link_that_was_a_mistake_is_taken_back_for_what_comes_after() -> None:
    ledger = linked()
    ledger.given(world.did_not_happen(ledger.position, at="2026-04-14T10:05Z"), world.check())
    ledger.when(world.start(material=LOCAL)).then_refused(
        bar("R1", LOCAL_BAG), bar("I8", LOCAL_BAG), note("R7", LOCAL_BAG)
    )


def test_names_are_followed_from_name_to_name() -> None:
    third = world.name("local.WARD", "7")
    ledger = linked().given(link(LOCAL, third, at="2026-04-14T10:02Z"))
    ledger.given(world.check(materials=[third])).when(world.start(material=third)).then_recorded()
    assert FINAL_BAG in ledger.record.verdict.tags


def test_a_correction_is_made_under_the_first_name_too() -> None:
    ledger = linked().given(world.check(), world.start(), world.end(material=LOCAL))
    ledger.when(world.corrected(ledger.position, world.end(material=LOCAL, given=[world.quantity("49")])))
    assert FINAL_BAG in ledger.record.verdict.effect.tags  # type: ignore[union-attr]  # a correction has an effect


@pytest.mark.parametrize(("first", "other"), [(FINAL, FINAL), (LOCAL, FINAL)], ids=["the same name twice", "a circle"])
def test_a_link_that_says_nothing_or_goes_round_is_refused(first: world.Data, other: world.Data) -> None:
    linked().when(link(first, other, at="2026-04-14T10:03Z")).then_refused("E1")


def test_a_second_first_name_is_refused() -> None:
    linked().when(link(world.CELLS, LOCAL, at="2026-04-14T10:03Z")).then_refused(bar("E1", LOCAL_BAG))


def test_it_is_noted_that_facts_stand_under_the_other_name_already() -> None:
    given(*world.until("check")).when(link(FINAL, world.CELLS)).then_noted(note("E1", tag("material", world.CELLS)))


def test_every_verdict_comes_out_again_and_the_patient_is_found_from_either_name() -> None:
    ledger = linked().given(world.check(materials=[LOCAL]), world.start(material=LOCAL))
    assert rejudge(ledger.rows()) is None
    with ledger.ledger._log.reading() as reading:
        for name in (FINAL_BAG, LOCAL_BAG):
            nodes = {node.tag for node in trace(reading, name, "both", AsOf()).nodes}
            assert {tag("patient", world.PATIENT), tag("donation", world.DONATION)} <= nodes
