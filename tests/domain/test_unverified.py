"""What stands on a real label and fails its check is recorded as `unverified`, said to be so, and linked later."""

from tests.domain.test_second_names import link
from tests.support import world
from tests.support.judged import given
from tests.support.world import BAG_B, FINAL, tag

MISREAD = world.name("unverified", "A9996A0002A99992612345 A00000")
MISREAD_BAG, FINAL_BAG = tag("material", MISREAD), tag("material", FINAL)


def test_a_happening_with_an_unverified_name_is_recorded_and_says_so() -> None:
    collected = world.apheresis(bags=[world.filled(MISREAD), world.filled(BAG_B)])
    ledger = given(*world.until("apheresis")).when(collected).then_recorded()
    assert ledger.resolved()["unverified"] == MISREAD_BAG
    assert MISREAD_BAG in ledger.record.verdict.tags


def test_every_unverified_name_is_said_wherever_it_stands() -> None:
    lot = world.name("unverified", "09506000134352/K-7781")
    collected = world.apheresis(bags=[world.filled(MISREAD)], lots=[{"lot": lot, "item": "Apheresis set"}])
    ledger = given(*world.until("apheresis")).when(collected).then_recorded()
    said = [item.value for item in ledger.receipt.resolved if item.name == "unverified"]
    assert said == [tag("lot", lot), MISREAD_BAG]


def test_names_that_pass_their_checks_are_not_said_to_be_unverified() -> None:
    ledger = given(*world.until("apheresis")).when(world.apheresis()).then_recorded()
    assert "unverified" not in ledger.resolved()


def test_facts_under_an_unverified_and_a_right_name_are_linked_and_judged_as_one_thing() -> None:
    ledger = given(*world.until("check"), link(FINAL, MISREAD))
    ledger.given(world.check(materials=[MISREAD])).when(world.start()).then_recorded()
    ledger.when(world.end(material=MISREAD)).then_recorded()
    assert FINAL_BAG in ledger.record.verdict.tags
    assert MISREAD_BAG in ledger.record.verdict.inherited
    assert "unverified" not in ledger.resolved()


def test_without_the_link_they_are_two_things() -> None:
    ledger = given(*world.until("check"), world.check(materials=[MISREAD]))
    ledger.when(world.start()).then_refused("I8")
