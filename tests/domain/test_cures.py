"""Cures: the missing earlier fact comes late, lifts what stood against later work, and can be taken back."""

import pytest

from ledger.audit.rejudge import rejudge
from ledger.domain.facts.record import Cure
from tests.support import world
from tests.support.judged import Asked, bar, given
from tests.support.world import BAG_A, BAG_B, CELLS, DEVIATION, OTHER_BAG, tag

CELL_BAG = tag("material", CELLS)


def modified_in_no_batch(**changes: object) -> Asked:
    """Cells modified in a batch that nobody had opened, as a deviation; then sent to where they are used."""
    ledger = given(*world.until("central_batch"))
    ledger.tell(world.modification(exceptions=[DEVIATION], **changes))
    return ledger.given(world.second_dispatch(), world.second_receipt(), world.poc_batch())


def number(ledger: Asked) -> int:
    """The number of the deviation."""
    return ledger.position_of("CellsModified")


def both(ledger: Asked) -> tuple[Cure, ...]:
    """What the opening of the batch cures."""
    return (Cure(deviation=number(ledger), rule="C7"), Cure(deviation=number(ledger), rule="L1"))


@pytest.mark.parametrize("cached", [True, False], ids=["folded on", "folded anew"])
def test_a_batch_that_is_opened_late_frees_the_containers_that_were_filled_in_it(cached: bool) -> None:
    ledger = modified_in_no_batch()
    ledger.cached = cached
    ledger.when(world.completion()).then_refused(bar("R6", CELL_BAG), bar("I1", CELL_BAG))
    ledger.when(world.central_batch()).then_recorded()
    assert ledger.receipt.cures == both(ledger)
    ledger.when(world.completion()).then_recorded()
    assert rejudge(ledger.rows()) is None


def test_a_container_stays_barred_by_the_rule_that_the_late_opening_does_not_make_hold() -> None:
    ledger = modified_in_no_batch(checked_by=[])
    ledger.when(world.central_batch()).then_recorded()
    assert ledger.receipt.cures == both(ledger)
    ledger.when(world.completion()).then_refused(bar("R6", CELL_BAG))


@pytest.mark.parametrize("cached", [True, False], ids=["folded on", "folded anew"])
def test_an_opening_that_did_not_happen_takes_its_cure_back(cached: bool) -> None:
    ledger = modified_in_no_batch()
    ledger.cached = cached
    ledger.tell(world.central_batch())
    ledger.tell(world.did_not_happen(ledger.position))
    ledger.when(world.completion()).then_refused(bar("R6", CELL_BAG), bar("I1", CELL_BAG))
    ledger.when(world.central_batch()).then_recorded()
    assert ledger.receipt.cures == both(ledger)
    ledger.when(world.completion()).then_recorded()
    assert rejudge(ledger.rows()) is None


@pytest.mark.parametrize("cached", [True, False], ids=["folded on", "folded anew"])
def test_a_corrected_opening_cures_what_it_makes_hold_as_it_now_counts(cached: bool) -> None:
    ledger = modified_in_no_batch()
    ledger.cached = cached
    ledger.tell(world.central_batch())
    opening = ledger.position
    ledger.tell(world.corrected(opening, world.central_batch(at="2026-04-08T06:40Z"), with_envelope=True))
    assert ledger.receipt.cures == both(ledger)
    ledger.tell(world.corrected(opening, world.central_batch(at="2026-04-08T07:45Z"), with_envelope=True))
    assert ledger.receipt.cures == ()
    ledger.when(world.completion()).then_refused(bar("R6", CELL_BAG))
    ledger.tell(world.corrected(opening, world.central_batch(), with_envelope=True))
    assert ledger.receipt.cures == both(ledger)
    ledger.when(world.completion()).then_recorded()
    assert rejudge(ledger.rows()) is None


def test_work_that_rested_on_a_deviation_is_cured_with_it() -> None:
    ledger = given(*world.until("central_batch"))
    ledger.when(world.modification(exceptions=[DEVIATION])).then_deviation("C7", "L1")
    first = ledger.position
    further = world.modification(
        inputs=[{"material": CELLS}],
        outputs=[world.filled(OTHER_BAG, world.quantity("60"))],
        at="2026-04-10T07:15Z",
        ended_at=world.time("2026-04-10T08:15Z"),
        exceptions=[DEVIATION],
    )
    ledger.when(further)
    assert {finding.rule for finding in ledger.receipt.findings} >= {"C7", "L1", "R6"}
    second = ledger.position
    ledger.when(world.central_batch()).then_recorded()
    assert {(cure.deviation, cure.rule) for cure in ledger.receipt.cures} == {
        (first, "C7"),
        (first, "L1"),
        (second, "C7"),
        (second, "L1"),
        (second, "R6"),
    }
    assert rejudge(ledger.rows()) is None


@pytest.mark.parametrize("named", [[BAG_A, BAG_B], None], ids=["names the containers", "names the consignment only"])
def test_a_late_receipt_cures_the_work_that_was_done_meanwhile_with_what_it_names(
    named: list[world.Data] | None,
) -> None:
    ledger = given(*world.until("receipt"), world.central_batch())
    ledger.when(world.modification(exceptions=[DEVIATION])).then_deviation("C2")
    deviation = ledger.position
    ledger.tell(world.receipt(materials=named))
    assert ledger.receipt.cures == ((Cure(deviation=deviation, rule="C2"),) if named else ())
