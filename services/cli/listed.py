"""Lists on a screen of 80 columns, as JSON and as CSV."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import click
from msgspec import Struct
from rich.table import Table
from rich.text import Text

from ledger.api import (
    LISTS,
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
    Timing,
)
from ledger.domain.facts.birth import Malformed
from ledger.domain.identifiers import tag as tags
from services.cli import screen
from services.cli.failing import Failure
from services.cli.source import Lists

_FORMULA: Final = ("=", "+", "@", "\t", "\r")
_MEASURES: Final = ("total", "least", "median", "most")


class Listed(Struct, frozen=True, kw_only=True):
    """A list, collected over its pages."""

    listing: Described
    rows: tuple[ListRow, ...]
    complete: bool
    through: int
    at: datetime


@contextmanager
def understood() -> Iterator[None]:
    """Turns what cannot be asked into a failure.

    Raises:
        Failure: With every reason.
    """
    try:
        yield
    except Malformed as error:
        raise Failure("; ".join(f"{one.path}: {one.description}" for one in error.violations)) from error


def of_kind(kind: str, text: str) -> str:
    """The tag of what was typed whole or as scheme:value; nothing for nothing."""
    return f"{kind}:{text.removeprefix(f'{kind}:')}" if text else ""


def names(*, as_json: bool) -> None:
    """Prints which lists there are."""
    if as_json:
        screen.echo_json({"lists": [{**_described(one.described), "columns": _columns(one.columns)} for one in LISTS]})
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("list", no_wrap=True)
    table.add_column("what it answers", overflow="fold")
    for one in LISTS:
        table.add_row(Text(one.name), Text(one.means))
    screen.out().print(table)


def _described(one: Described) -> dict[str, Any]:
    return {"name": one.name, "means": one.means, "timing": one.timing.value, "time": one.time, "measure": one.measure}


def _columns(columns: Sequence[Column]) -> list[dict[str, str]]:
    return [{"name": one.name, "kind": one.kind.value, "means": one.means} for one in columns]


def collected(lists: Lists, question: ListQuestion, most: int, as_of: AsOf) -> Listed:
    """Reads page after page until there is no more, or there is enough."""
    rows: list[ListRow] = []
    token = ""
    while True:
        page: ListPage = lists.read(question, min(MOST_ROWS, most - len(rows)), token, as_of)
        rows += page.rows
        token = page.next_token
        if not token or len(rows) >= most:
            return Listed(listing=page.listing, rows=tuple(rows), complete=not token, through=page.through, at=page.at)


def tell(found: Listed, *, as_json: bool, as_csv: bool) -> None:
    """Prints a list in the form that was asked for."""
    if as_json:
        screen.echo_json(_shape(found))
    elif as_csv:
        header = ("at", "late", "since_position", "root", *(column.name for column in found.listing.columns))
        _write_csv(header, (_csv_row(row) for row in found.rows))
    else:
        _show(found)


def _shape(found: Listed) -> dict[str, Any]:
    names = [column.name for column in found.listing.columns]
    return {
        "list": found.listing.name,
        "through": found.through,
        "complete": found.complete,
        "at": screen.stamp(found.at),
        "rows": [
            {
                "root": row.root,
                "since_position": row.since,
                "at": None if row.at is None else screen.stamp(row.at),
                "late": row.late,
                "flawed": row.flawed,
                "measure": row.measure,
                **{name: _plain(cell) for name, cell in zip(names, row.cells, strict=True)},
            }
            for row in found.rows
        ],
    }


def _plain(cell: Cell) -> object:
    return screen.stamp(cell) if isinstance(cell, datetime) else list(cell) if isinstance(cell, tuple) else cell


def _csv_row(row: ListRow) -> tuple[object, ...]:
    at = "" if row.at is None else screen.stamp(row.at)
    return (at, "late" if row.late else "", row.since, row.root, *(_csv_cell(cell) for cell in row.cells))


def _csv_cell(cell: Cell) -> object:
    """A cell as a spreadsheet takes it; a text that it would take for a formula is marked as text."""
    if isinstance(cell, datetime):
        return screen.stamp(cell)
    text = "; ".join(cell) if isinstance(cell, tuple) else cell
    return f"'{text}" if isinstance(text, str) and text.startswith(_FORMULA) else "" if text is None else text


def _write_csv(header: Sequence[str], rows: Iterator[tuple[object, ...]]) -> None:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    click.echo(written.getvalue(), nl=False)


def _show(found: Listed) -> None:
    console, listing = screen.out(), found.listing
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(_TIMES[listing.timing], no_wrap=True)
    places = [place for place, column in enumerate(listing.columns) if column.name in listing.shown]
    for place in places:
        column = listing.columns[place]
        right = column.kind in (CellKind.POSITION, CellKind.NUMBER)
        table.add_column(_header(column), overflow="fold", justify="right" if right else "left", no_wrap=right)
    for row in found.rows:
        when = Text("" if row.at is None else f"{row.at:%-d %b %Y %H:%M}", style="red" if row.late else "")
        if row.flawed:
            table.add_row(when, Text(f"{row.root} could not be worked out", style="red"))
            continue
        cells = (_said(listing.columns[place], row.cells[place]) for place in places)
        table.add_row(when, *(Text(screen.printable(words)) for words in cells))
    if found.rows:
        console.print(table)
    count = screen.plural(len(found.rows), "row")
    late = sum(row.late for row in found.rows)
    told = f"{count}{f', {late} late' if late else ''}, complete through position {found.through}"
    told += f", at {screen.said(found.at)}" if listing.timing is not Timing.WHEN else ""
    screen.plain(console, told + ("" if found.complete else "; there are more: raise --limit"), "dim")


def _header(column: Column) -> str:
    return "#" if column.name == "position" else column.name.removesuffix("_seconds").removesuffix("_at")


_TIMES: Final = {Timing.WHEN: "when (UTC)", Timing.DUE: "due (UTC)", Timing.SPAN: "until (UTC)"}


def _said(column: Column, cell: Cell) -> str:
    """A cell as a person reads it: tags without their kind, which the column says."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return f"{cell:%-d %b %Y %H:%M}"
    if isinstance(cell, tuple):
        return "\n".join(_short(one) for one in cell)
    if column.kind is CellKind.SECONDS and isinstance(cell, int):
        return screen.duration(cell)
    if column.name in ("type", "target_type"):
        return screen.humped(str(cell), 20)
    return _short(str(cell)) if column.kind is CellKind.TAG else str(cell)


def _short(text: str) -> str:
    kind, _, rest = text.partition(":")
    return rest if kind in tags.KINDS and ":" in rest else text


def tell_counts(found: ListCounts, *, as_json: bool, as_csv: bool) -> None:
    """Prints counted rows in the form that was asked for."""
    measured = any(group.total is not None for group in found.groups)
    names = ("key", "count", *(_MEASURES if measured else ()))
    if as_json:
        groups = [{name: getattr(group, name) for name in ("key", "count", *_MEASURES)} for group in found.groups]
        told = {"list": found.listing.name, "by": found.by, "through": found.through, "complete": found.complete}
        screen.echo_json({**told, "measure": found.listing.measure, "groups": groups})
    elif as_csv:
        _write_csv(names, (tuple(getattr(group, name) for name in names) for group in found.groups))
    else:
        _show_counts(found, names)


def _show_counts(found: ListCounts, names: Sequence[str]) -> None:
    console = screen.out()
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(found.by, overflow="fold")
    for name in names[1:]:
        table.add_column(name, justify="right", no_wrap=True)
    for group in found.groups:
        table.add_row(Text(_short(group.key)), *(Text(_measured(found.listing, group, name)) for name in names[1:]))
    if found.groups:
        console.print(table)
    more = "" if found.complete else "; there are more: ask for less"
    what = f"; {', '.join(names[2:])}: {found.listing.measure}" if len(names) > 2 else ""  # noqa: PLR2004 - key and count
    screen.plain(console, f"complete through position {found.through}{what}{more}", "dim")


def _measured(listing: Described, group: Group, name: str) -> str:
    value: int | None = getattr(group, name)
    if value is None:
        return ""
    return screen.duration(value) if name != "count" and listing.measure.startswith("seconds") else str(value)
