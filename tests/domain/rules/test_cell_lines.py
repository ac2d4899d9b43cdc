"""Rule D7: lines of human embryonic stem cells and their deposit in the UK Stem Cell Bank."""

import pytest

from ledger.domain.facts.catalogue import TYPES
from ledger.domain.rules.case import Case
from ledger.domain.rules.catalogue import RULES
from ledger.domain.subjects.lots import LOT, Lot
from tests.support import world
from tests.support.judged import bar, given
from tests.support.world import name, tag

LINE, BANK = name("lot.STM", "MCB-7"), name("lot.STM", "WCB-7")
RESEARCH = name("hfea", "R0099")
THE_LINE = tag("lot", LINE)


def line(**origin: object) -> world.Draft:
    """LotRegistered: a master cell bank of a line derived here under a research licence."""
    return world.lot(
        LINE, item="Master cell bank", kind="LOT_KIND_CELL_BANK", embryonic={"research_licence": RESEARCH, **origin}
    )


@pytest.mark.parametrize("origin", [{"deposit": "UKSCB-99"}, {"deposit_pending": True}], ids=["deposited", "pending"])
def test_D7_accepts_a_line_whose_deposit_is_done_or_pending(origin: world.Data) -> None:
    ledger = given(*world.registers()).when(line(**origin)).then_recorded()
    ledger.when(world.lot(BANK, kind="LOT_KIND_CELL_BANK", made_from=[LINE])).then_recorded()
    ledger.when(world.lot_release(LINE)).then_recorded()


def test_D7_accepts_a_line_that_was_derived_elsewhere() -> None:
    elsewhere = world.lot(LINE, kind="LOT_KIND_CELL_BANK", embryonic={"deposit_pending": False})
    given(*world.registers()).when(elsewhere).then_recorded()


def test_D7_refuses_a_line_of_a_research_licence_without_a_deposit() -> None:
    given(*world.registers()).when(line()).then_refused(bar("D7", THE_LINE))
    given(*world.registers()).when(line(deposit_pending=False)).then_refused(bar("D7", THE_LINE))


@pytest.mark.parametrize(
    "draft",
    [
        world.modification(lots=[{"lot": LINE, "item": "Master cell bank"}]),
        world.lot_release(LINE),
        world.lot(BANK, kind="LOT_KIND_CELL_BANK", made_from=[LINE]),
    ],
    ids=["used", "released", "banked on"],
)
def test_D7_refuses_to_go_on_with_a_line_that_came_in_from_history_without_a_deposit(draft: world.Draft) -> None:
    case = Case(
        content=draft.content,
        kind=TYPES[draft.content.type].about.kind,
        position=9,
        at=draft.content.envelope.occurred_at.time,
        recorded_at=draft.content.envelope.occurred_at.time,
        recorder=draft.recorder,
        states={(LOT.name, THE_LINE): Lot(registered=1, undeposited=True)},
    )
    assert [broken.tag for broken in RULES["D7"].judge(case)] == [THE_LINE]
