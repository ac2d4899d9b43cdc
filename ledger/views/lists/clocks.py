"""The clocks of the law: which reports are due and when, which were made and whether in time, the yearly ones."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from ledger.domain.facts.registry import ProductClass
from ledger.domain.facts.terms import Route
from ledger.domain.facts.vigilance import ReportKind
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules.clocks import Clock
from ledger.domain.rules.duties import after_use, duties, owed_to
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.cases import CASE
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.papers import LICENCE
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.products import MASTER_FILE, PRODUCT
from ledger.domain.subjects.reporting import ABOUT, REPORTING
from ledger.domain.subjects.routes import CHAIN_ROUTE
from ledger.domain.subjects.testing import FILLED, TESTS
from ledger.views.listing import NEVER, Cell, CellKind, Column, Listing, Row, Seen, Timing

_ABOUT: Final = Column("about", CellKind.TAG, "Case, batch, deviation, site, master file or trial that is reported on.")
_REPORT: Final = Column("report", CellKind.TEXT, "Which report.")
_OWED: Final = Column("owed_to", CellKind.TEXT, "Authority that it is owed to; empty where any other may get it.")
_STARTED: Final = Column("started_at", CellKind.TIME, "From when the clock runs.")
_DUE: Final = Column("due_at", CellKind.TIME, "From when it is late; empty where the law gives no number.")


def _route(seen: Seen, root: str) -> Route | None:
    """The legal route of the chain that a thing is about, by which some reports have another time."""
    chain = root if kind_of(root) == "coi" else ""
    if kind_of(root) == "case":
        chain = seen.state(CASE, root).chain
    if kind_of(root) == "batch":
        chain = seen.state(BATCH_RECORD, root).coi
    return seen.state(CHAIN_ROUTE, chain).route


def _failed_after_use(seen: Seen, batch: str, route: Route | None) -> Iterator[Clock]:
    """Clocks of what failed after it was given: of the batch and its samples, by its first use; of one container."""
    whole = seen.state(TESTS, batch)
    used = {container: seen.state(MATERIAL, container).used for container in seen.state(FILLED, batch).containers}
    first = min((moment for moment in used.values() if moment is not None), default=None)
    places = {batch: first, **dict.fromkeys(whole.samples, first), **used}
    if first is not None:
        for place, moment in places.items():
            yield from after_use(seen.state(TESTS, place), moment, seen.state(REPORTING, batch), route, seen.parameters)


def _ended(seen: Seen, root: str) -> datetime | None:
    """When the licence of a master file ended."""
    return seen.state(LICENCE, seen.state(MASTER_FILE, root).licence).ended if kind_of(root) == "masterfile" else None


def _of_blood(seen: Seen, root: str) -> bool:
    """Whether a case is about a blood product."""
    chain = seen.state(CASE, root).chain if kind_of(root) == "case" else ""
    product = seen.state(CHAIN_ROUTE, chain).product or seen.state(CHAIN, chain).product
    data = seen.state(PRODUCT, product).data
    return data is not None and data.product_class is ProductClass.BLOOD_PRODUCT


def _clocks(seen: Seen, root: str) -> Iterator[tuple[str, Clock, dict[str, Cell], list[str]]]:
    """Every clock of a thing, with what tells it apart, its cells and its labels."""
    state, route = seen.state(REPORTING, root), _route(seen, root)
    found = list(duties(state, route, seen.parameters, ended=_ended(seen, root), blood=_of_blood(seen, root)))
    if kind_of(root) == "batch":
        found += _failed_after_use(seen, root, route)
    for number, one in enumerate(found):
        owed = owed_to(one.report, route)
        cells: dict[str, Cell] = {
            "about": root,
            "report": one.words,
            "owed_to": None if owed is None else owed.name.replace("_", " "),
            "started_at": one.start,
        }
        things = seen.state(CASE, root).things if kind_of(root) == "case" else ()
        yield f"{one.report.name} {number}", one, cells, [root, *things, f"what:{one.words}"]


def _reports(seen: Seen, root: str) -> Iterator[Row]:
    for part, one, cells, labels in _clocks(seen, root):
        if one.met is None and one.report is not ReportKind.CONTROL_SITE_ANNUAL:
            yield Row(part=part, at=one.due or NEVER, cells=cells, labels=labels)


DUE: Final = Listing(
    name="reports-due",
    means="Reports that somebody owes an authority and that are not on record as sent to it: when each is due, and "
    "which are late; of a test that fails after the product was given too. Where the law gives no number, nothing is "
    "due and they stand at the end. Those of each year are in annual-reports-due, those sent in reports-made.",
    columns=(_ABOUT, _REPORT, _OWED, _STARTED),
    rows=_reports,
    kinds=ABOUT,
    subjects=(REPORTING, TESTS, FILLED),
    timing=Timing.DUE,
    time="when it is due",
    revision=3,
)


def _yearly(seen: Seen, root: str) -> Iterator[Row]:
    for part, one, cells, labels in _clocks(seen, root):
        if one.met is None and one.report is ReportKind.CONTROL_SITE_ANNUAL:
            yield Row(part=part, at=one.due or NEVER, cells=cells, labels=labels)


YEARLY: Final = Listing(
    name="annual-reports-due",
    means="The next report of each year that a control site owes on each of its master files: when it is due, and "
    "which are late. The time is a parameter, since the law was not to be read.",
    columns=(_ABOUT, _REPORT, _OWED, _STARTED),
    rows=_yearly,
    kinds=("masterfile",),
    subjects=(REPORTING,),
    timing=Timing.DUE,
    time="when it is due",
)


def _made(seen: Seen, root: str) -> Iterator[Row]:
    for part, one, cells, labels in _clocks(seen, root):
        if one.met is None:
            continue
        standing = "no number" if one.due is None else "late" if one.late(one.met) else "in time"
        more: dict[str, Cell] = {"due_at": one.due, "sent_by": one.by, "standing": standing}
        yield Row(part=part, at=one.met, cells={**cells, **more}, labels=[*labels, f"what:{standing}"])


MADE: Final = Listing(
    name="reports-made",
    means="Clocks of the law that were met: which report, to whom it was owed, from when the clock ran, when it was "
    "due, when it was sent, and whether in time.",
    columns=(
        _ABOUT,
        _REPORT,
        _OWED,
        _STARTED,
        _DUE,
        Column("sent_by", CellKind.POSITION, "The report that met it."),
        Column("standing", CellKind.TEXT, "In time, late, or no number where the law gives none."),
    ),
    rows=_made,
    kinds=ABOUT,
    subjects=(REPORTING, TESTS, FILLED),
    time="when it was sent",
    shown=("about", "report", "due_at", "standing"),
)
