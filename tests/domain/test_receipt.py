"""What a caller is told when there is no receipt: in words that say what to do."""

from uuid import UUID

import pytest

from ledger.domain.finding import Finding, Outcome, Weight, in_order
from ledger.domain.receipt import KeyReused, LedgerError, Overloaded, Refused
from tests.support import world
from tests.support.judged import given

FINDINGS = tuple(
    Finding(rule=rule, tag="site:x:1", weight=weight, found="so", must="otherwise")
    for rule, weight in (("I8", Weight.NOTE), ("L1", Weight.BAR), ("I1", Weight.BAR), ("L1", Weight.OVERRIDDEN))
)


@pytest.mark.parametrize(("position", "kept"), [(7, " Kept as refusal 7."), (0, "")])
def test_a_refusal_names_its_rules_and_where_it_is_kept(position: int, kept: str) -> None:
    refused = Refused(position=position, fact_type="T", findings=FINDINGS, rulebook=0, unresolved=True)
    assert str(refused) == f"T refused: I1, L1.{kept}"


def test_a_key_that_was_used_is_named_with_its_position() -> None:
    ledger = given(world.consent(id=UUID(int=2026)))
    with pytest.raises(KeyReused) as caught:
        ledger.tell(world.consent(id=UUID(int=2026), coi=None))
    assert (caught.value.request_id, caught.value.position) == (UUID(int=2026), 1)
    assert "send the very same content again, or a new request_id" in str(caught.value)


def test_an_overload_says_when_to_come_again() -> None:
    error = Overloaded()
    assert isinstance(error, LedgerError)
    assert "try again" in str(error) or "again" in str(error)


def test_findings_stand_in_one_order_bars_first() -> None:
    assert [(item.weight, item.rule) for item in in_order(list(FINDINGS))] == [
        (Weight.BAR, "I1"),
        (Weight.BAR, "L1"),
        (Weight.OVERRIDDEN, "L1"),
        (Weight.NOTE, "I8"),
    ]
    assert len(Outcome) == 3
