"""Journeys: those that nobody ended, and those between Great Britain and Northern Ireland."""

from collections.abc import Iterator
from typing import Final

from ledger.domain.facts.registry import Nation
from ledger.domain.subjects.custody import CONSIGNMENT, Consignment
from ledger.domain.subjects.registers import SITE_STATUS
from ledger.views.listing import Cell, CellKind, Column, Listing, Row, Seen

_MOST: Final = 50
"""Containers of one consignment that a row names."""

_COLUMNS: Final = (
    Column("consignment", CellKind.TAG, "The consignment."),
    Column("origin", CellKind.TAG, "Site that it left."),
    Column("destination", CellKind.TAG, "Site that it goes to, after the newest redirection."),
    Column("holder", CellKind.TAG, "Organisation that has it on the way, as recorded last."),
    Column("containers", CellKind.TEXTS, "What is in it, at most 50."),
)


def _cells(root: str, state: Consignment) -> dict[str, Cell]:
    return {
        "consignment": root,
        "origin": state.origin or None,
        "destination": state.destination or None,
        "holder": state.holder() or None,
        "containers": state.materials[:_MOST],
    }


def _labels(root: str, state: Consignment) -> list[str]:
    holder = state.holder()
    return [root, state.origin, state.destination, state.carrier, holder, *state.materials[:_MOST]]


def _open(seen: Seen, root: str) -> Iterator[Row]:
    state = seen.state(CONSIGNMENT, root)
    if state.dispatched_at is None or state.receipts or state.unexpected:
        return
    cells = {**_cells(root, state), "state": "lost" if state.lost else "on the way"}
    yield Row(at=state.dispatched_at, cells=cells, labels=[*_labels(root, state), f"what:{cells['state']}"])


OPEN: Final = Listing(
    name="open-transfers",
    means="Consignments that left one site for another and that nobody has recorded as arrived, those reported lost "
    "among them. What is handed over within a site is in no consignment, and not here.",
    columns=(*_COLUMNS, Column("state", CellKind.TEXT, "On the way, or lost.")),
    rows=_open,
    kinds=("consignment",),
    subjects=(CONSIGNMENT,),
    time="when it left",
    shown=("consignment", "origin", "destination", "state"),
)

_BRITAIN: Final = frozenset((Nation.ENGLAND, Nation.SCOTLAND, Nation.WALES))


def _crossing(seen: Seen, root: str) -> Iterator[Row]:
    state = seen.state(CONSIGNMENT, root)
    if state.dispatched_at is None:
        return
    arrived = state.site or state.destination
    here, there = (seen.state(SITE_STATUS, site).nation for site in (state.origin, arrived))
    if here in _BRITAIN and there is Nation.NORTHERN_IRELAND:
        way = "to Northern Ireland"
    elif here is Nation.NORTHERN_IRELAND and there in _BRITAIN:
        way = "to Great Britain"
    else:
        return
    cells = {**_cells(root, state), "way": way, "received_at": state.received_at}
    yield Row(at=state.dispatched_at, cells=cells, labels=[*_labels(root, state), f"what:{way}"])


CROSSINGS: Final = Listing(
    name="gb-ni-crossings",
    means="Consignments between Great Britain and Northern Ireland, by the registered nation of the sites.",
    columns=(
        *_COLUMNS,
        Column("way", CellKind.TEXT, "Which way it crossed, or is to cross."),
        Column("received_at", CellKind.TIME, "When it arrived."),
    ),
    rows=_crossing,
    kinds=("consignment",),
    subjects=(CONSIGNMENT,),
    time="when it left",
    shown=("consignment", "way", "origin", "destination", "received_at"),
)
