"""Reading lists between the wire and the library: questions in, pages, counts and descriptions out."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from coi.ledger.v1 import inspection_pb2 as wire
from ledger.api import (
    DEFAULT_ROWS,
    MOST_ROWS,
    AsOf,
    Cell,
    CellKind,
    Column,
    Described,
    Group,
    ListCounts,
    ListPage,
    ListQuestion,
    ListRow,
    Span,
    Timing,
)
from ledger.domain.facts.birth import Malformed, Violation
from ledger.domain.rules.catalogue import RULES
from services.mapping import incoming, outgoing, questions

T = TypeVar("T")

_TAGS: Final = ("site", "organisation", "person", "product", "about")


def question(request: wire.ReadListRequest | wire.CountListRequest) -> tuple[ListQuestion, AsOf]:
    """Reads what is asked of a list, and when.

    Raises:
        Malformed: With every violation and its path.
    """
    asked, wrong = request.question, list[Violation]()
    if not asked.name:
        wrong.append(Violation("question.name", "is missing: see ListLists"))
    tags = {name: _try(lambda name=name: _tag(asked, name), "", wrong) for name in _TAGS}  # type: ignore[misc]
    if asked.rule and asked.rule not in RULES:
        wrong.append(Violation("question.rule", incoming.told(f"{asked.rule!r} is no rule: see ListRules")))
    period = _try(lambda: questions.span(asked.period, "question.period"), Span(), wrong)
    as_of = _try(lambda: incoming.as_of(asked.as_of), AsOf(), wrong)
    if wrong:
        raise Malformed(wrong)
    read = ListQuestion(
        name=asked.name,
        site=tags["site"],
        organisation=tags["organisation"],
        person=tags["person"],
        product=tags["product"],
        about=tags["about"],
        rule=asked.rule,
        start=period.start,
        end=period.end,
    )
    return read, as_of


def page_size(request: wire.ReadListRequest) -> int:
    """Reads the size of a page.

    Raises:
        Malformed: It is too large.
    """
    if request.page_size > MOST_ROWS:
        raise Malformed([Violation("page_size", f"at most {MOST_ROWS}; given: {request.page_size}")])
    return request.page_size or DEFAULT_ROWS


def _tag(asked: wire.ListQuestion, name: str) -> str:
    text: str = getattr(asked, name)
    return incoming.label(text, f"question.{name}") if text else ""


def _try(read: Callable[[], T], otherwise: T, wrong: list[Violation]) -> T:
    try:
        return read()
    except Malformed as error:
        wrong += error.violations
        return otherwise


def listing(told: Described) -> wire.ReadingList:
    """Describes a list."""
    return wire.ReadingList(
        name=told.name,
        means=told.means,
        columns=[
            wire.ListColumn(
                name=column.name,
                kind=wire.ListCellKind.Value(f"LIST_CELL_KIND_{column.kind.name}"),
                means=column.means,
            )
            for column in told.columns
        ],
        timing=wire.ListTiming.Value(f"LIST_TIMING_{told.timing.name}"),
        time=told.time,
        measure=told.measure,
        shown=told.shown,
    )


def page(found: ListPage) -> wire.ReadListResponse:
    """Turns a page into its message."""
    return wire.ReadListResponse(
        list=listing(found.listing),
        rows=[_row(found.listing, row) for row in found.rows],
        next_page_token=found.next_token,
        through_position=found.through,
        at=_stamp(found.at),
    )


def counts(found: ListCounts) -> wire.CountListResponse:
    """Turns counted rows into their message."""
    return wire.CountListResponse(
        list=listing(found.listing),
        groups=[wire.ListGroup(**outgoing.plain(group)) for group in found.groups],
        complete=found.complete,
        through_position=found.through,
    )


def _row(of: Described, row: ListRow) -> wire.ListRow:
    return wire.ListRow(
        root=row.root,
        since_position=row.since,
        at=None if row.at is None else _stamp(row.at),
        late=row.late,
        cells=[_cell(column.kind, cell) for column, cell in zip(of.columns, row.cells, strict=True)],
        measure=row.measure,
        flawed=row.flawed,
    )


def _stamp(moment: datetime) -> Timestamp:
    told = Timestamp()
    told.FromDatetime(moment)
    return told


def _cell(kind: CellKind, cell: Cell) -> wire.ListCell:
    if cell is None:
        return wire.ListCell()
    if isinstance(cell, datetime):
        return wire.ListCell(time=_stamp(cell))
    if kind is CellKind.TEXTS and isinstance(cell, tuple):
        return wire.ListCell(texts=wire.ListTexts(texts=cell))
    return wire.ListCell(number=cell) if isinstance(cell, int) else wire.ListCell(text=str(cell))


def read_page(told: wire.ReadListResponse) -> ListPage:
    """Reads a page from its message, as a client does."""
    return ListPage(
        listing=read_listing(told.list),
        rows=tuple(_read_row(row) for row in told.rows),
        next_token=told.next_page_token,
        through=told.through_position,
        at=told.at.ToDatetime(tzinfo=UTC),
    )


def read_counts(told: wire.CountListResponse, by: str) -> ListCounts:
    """Reads counted rows from their message, as a client does."""
    groups = [
        Group(
            key=one.key,
            count=one.count,
            **{name: getattr(one, name) for name in ("total", "least", "median", "most") if one.HasField(name)},
        )
        for one in told.groups
    ]
    return ListCounts(
        listing=read_listing(told.list),
        by=by,
        groups=tuple(groups),
        complete=told.complete,
        through=told.through_position,
    )


def read_listing(told: wire.ReadingList) -> Described:
    """Reads the description of a list."""
    return Described(
        name=told.name,
        means=told.means,
        columns=tuple(
            Column(one.name, CellKind(wire.ListCellKind.Name(one.kind).removeprefix("LIST_CELL_KIND_")), one.means)
            for one in told.columns
        ),
        timing=Timing(wire.ListTiming.Name(told.timing).removeprefix("LIST_TIMING_")),
        time=told.time,
        measure=told.measure,
        shown=tuple(told.shown),
    )


def _read_row(row: wire.ListRow) -> ListRow:
    return ListRow(
        root=row.root,
        since=row.since_position,
        at=row.at.ToDatetime(tzinfo=UTC) if row.HasField("at") else None,
        late=row.late,
        cells=tuple(_read_cell(cell) for cell in row.cells),
        measure=row.measure if row.HasField("measure") else None,
        flawed=row.flawed,
    )


def _read_cell(cell: wire.ListCell) -> Cell:
    match cell.WhichOneof("value"):
        case "text":
            return cell.text
        case "number":
            return cell.number
        case "time":
            return cell.time.ToDatetime(tzinfo=UTC)
        case "texts":
            return tuple(cell.texts.texts)
        case _:
            return None
