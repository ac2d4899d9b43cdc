"""Rule C2 on stock counts: what lies in a storage position against what the records say; every gap is a note."""

import pytest

from tests.support import transport, world
from tests.support.judged import Asked, given, note
from tests.support.transport import FRIDGE, TANK
from tests.support.world import BAG_A, BAG_B, OTHER_BAG, quantity, tag

A, B, UNKNOWN = tag("material", BAG_A), tag("material", BAG_B), tag("material", OTHER_BAG)
COLD = tag("zone", FRIDGE)


def counted(zone: world.Data = FRIDGE, /, **changes: object) -> world.Draft:
    """StockCounted: in the fridge of the central site; two bags should lie there, and do."""
    data = {"zone": zone, "expected": 2, "found": 2}
    frame = {**transport.WORKS, "at": "2026-04-08T06:00Z"}
    return world.fact("StockCounted", data, frame, changes)


def in_the_fridge() -> Asked:
    """Both bags lie in the fridge of the central site."""
    cold = transport.zone(FRIDGE, "REFRIGERATED")
    return given(*world.until("circulation"), cold, transport.zone(TANK, "REFRIGERATED"), transport.stored())


def card(ledger: Asked, thing: str) -> tuple[str, ...]:
    """Conditions on the card of a container."""
    found = ledger.ledger.look_up(thing)
    return next(card.conditions for card in found.cards if card.tag == thing)


def test_C2_has_nothing_to_say_of_a_count_that_agrees() -> None:
    in_the_fridge().when(counted()).then_recorded()


def test_C2_notes_each_container_that_is_missing_until_it_is_seen_again() -> None:
    ledger = in_the_fridge().when(counted(found=1, missing=[BAG_A])).then_noted(note("C2", A))
    assert ledger.receipt.findings[0].found == f"not in {COLD}, where it lies by the records"
    missing = f"missing at the stock count of fact {ledger.position}"
    assert missing in card(ledger, A)
    assert missing not in card(ledger, B)
    last = ledger.ledger.replay(A).steps[-1].containers
    assert [(one.container, one.questions) for one in last] == [
        (A, (f"missing at the stock count #{ledger.position}",))
    ]
    ledger.when(transport.stored(TANK, BAG_A, at="2026-04-08T07:00Z"))
    assert missing not in card(ledger, A)


def test_C2_notes_each_container_that_nobody_expected_and_has_it_there_from_then_on() -> None:
    ledger = in_the_fridge().given(transport.stored(TANK, BAG_B, at="2026-04-08T05:50Z", moved_from=FRIDGE))
    ledger.when(counted(expected=1, found=2, unexpected=[BAG_B])).then_noted(note("C2", B))
    tank = tag("zone", TANK)
    assert ledger.receipt.findings[0].found == f"in {COLD}; the records have it at {tank}"
    ledger.when(counted(at="2026-04-08T06:30Z")).then_recorded()
    again = counted(at="2026-04-08T06:40Z", expected=1, found=2, unexpected=[BAG_B])
    ledger.when(again).then_noted(note("C2", B))
    assert ledger.receipt.findings[0].found == f"in {COLD}, where it lies by the records; the list did not have it"


def test_C2_notes_numbers_that_do_not_add_up() -> None:
    in_the_fridge().when(counted(found=3)).then_noted(note("C2", COLD))
    in_the_fridge().when(counted(missing=[BAG_A], found=2)).then_noted(note("C2", COLD), note("C2", A))


@pytest.mark.parametrize("where", ["missing", "unexpected"])
def test_C2_refuses_no_count_that_names_what_the_ledger_never_met(where: str) -> None:
    found = {"missing": 1, "unexpected": 3}[where]
    in_the_fridge().when(counted(**{where: [OTHER_BAG]}, found=found)).then_noted(note("C2", UNKNOWN))


def test_C2_says_of_what_was_destroyed_that_it_should_not_be_there() -> None:
    data = {"materials": [BAG_A], "quantity": [quantity("118")], "method": "incinerated", "instruction_honoured": True}
    gone = world.fact("MaterialDestroyed", data, {**transport.WORKS, "at": "2026-04-08T05:50Z"}, {})
    ledger = in_the_fridge()
    ledger.tell(gone)
    destroyed = ledger.position
    ledger.when(counted(expected=1, found=2, unexpected=[BAG_A])).then_noted(note("C2", A))
    assert ledger.receipt.findings[0].found == f"in {COLD}, though fact {destroyed} used or destroyed it"


def test_a_missing_container_that_was_stored_elsewhere_stays_where_the_records_have_it() -> None:
    ledger = in_the_fridge().given(transport.stored(TANK, BAG_B, at="2026-04-08T05:50Z", moved_from=FRIDGE))
    ledger.when(counted(found=1, missing=[BAG_B])).then_noted(note("C2", B))
    assert not [words for words in card(ledger, B) if "missing" in words]


def test_a_count_that_did_not_happen_leaves_nothing_missing() -> None:
    ledger = in_the_fridge().when(counted(found=1, missing=[BAG_A])).then_noted(note("C2", A))
    ledger.when(world.did_not_happen(ledger.position))
    assert not [words for words in card(ledger, A) if "missing" in words]
