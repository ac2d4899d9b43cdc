"""Every reading list with rows in it, as a table of eighty columns, as JSON and as CSV, which say the same."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Any, Final

import pytest
from click.testing import CliRunner

from ledger import api
from ledger.api import LISTS, CellKind, Column
from services.cli import logs, main
from services.cli import story as stories
from services.cli.player import play
from services.cli.staging import Rehearsal
from services.server import ServerThread
from services.wiring import StoryClock
from tests.support import following, transport, world
from tests.support.judged import Asked, given
from tests.support.world import until

OF_EACH_ROW: Final = ("root", "since_position", "at", "late", "flawed", "measure")
STORIES: Final = {
    **dict.fromkeys(("expiring-stock", "notes", "recall-cases", "reports-made"), "04_in_vivo_gene_therapy"),
    **dict.fromkeys(("annual-reports-due", "corrections"), "point_of_care"),
    "gb-ni-crossings": "17_great_britain_to_northern_ireland",
    "open-transfers": "18e_agreement_ends_at_midnight",
    "notices-unanswered": "o_history_of_2019",
}
"""The story that has rows in a list; any other list has some in `OTHERS`, or after a week offline."""


def overridden() -> Asked:
    """Somebody took a risk on."""
    told = (*until("check"), world.check(at="2026-04-14T10:00Z"), transport.on_the_ward(world.FINAL))
    return given(*told).when(world.start(exceptions=[world.override(world.CONSULTANT)]))


def asked() -> Asked:
    """An excursion waits for its assessment."""
    return given(*until("dispatch")).when(transport.excursion(containers=transport.in_containers(world.BAG_A)))


def lost() -> Asked:
    """A patient is lost to follow-up."""
    return given(*until("circulation"), following.agreed(), following.schedule(), following.visit(), following.lost())


OTHERS: Final = {"overrides": overridden, "open-questions": asked, "follow-up-lost": lost}
Serve = Callable[[str], str]


@pytest.fixture(autouse=True)
def _quiet() -> None:
    """The server runs in this process: its log is not among what a command prints."""
    logs.to_stderr("error")


@pytest.fixture(scope="module")
def serve() -> Iterator[Serve]:
    """Gives the address of a server that has rows in a list; each ledger is made once."""
    open_: dict[str, str] = {}
    with ExitStack() as stack:

        def address(name: str) -> str:
            which = name if name in OTHERS else STORIES.get(name, "offline_for_a_week")
            if which not in open_:
                clock = StoryClock()
                ledger = OTHERS[name]().ledger if name in OTHERS else api.in_memory(clock=clock)
                stack.callback(ledger.close)
                open_[which] = stack.enter_context(ServerThread(ledger)).address
                if name not in OTHERS:
                    list(play(stories.load(which), open_[which], Rehearsal(clock.show)))
            return open_[which]

        yield address


def run(*arguments: str) -> str:
    """What a command prints."""
    result = CliRunner().invoke(main, ["list", *arguments], env={"COLUMNS": "80"}, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def right(column: Column, cell: Any) -> bool:  # noqa: ANN401 - whatever JSON has
    """Whether a cell is what its column says."""
    if cell is None:
        return True
    if column.kind is CellKind.TIME:
        return datetime.fromisoformat(cell).tzinfo is not None
    if column.kind is CellKind.TEXTS:
        return isinstance(cell, list) and all(isinstance(one, str) for one in cell)
    whole = column.kind in (CellKind.POSITION, CellKind.NUMBER, CellKind.SECONDS)
    return isinstance(cell, int if whole else str)


def as_csv(cell: object) -> str:
    """What a cell of JSON is in CSV."""
    text = "; ".join(cell) if isinstance(cell, list) else "" if cell is None else str(cell)
    return f"'{text}" if isinstance(cell, str | list) and text.startswith(("=", "+", "@", "\t", "\r")) else text


@pytest.mark.parametrize("listing", LISTS, ids=lambda one: one.name)
def test_a_list_says_the_same_as_json_and_as_csv(listing: api.Described, serve: Serve) -> None:
    name, target, columns = listing.name, serve(listing.name), listing.columns
    told = json.loads(run(name, "--json", "--target", target, "--limit", "500"))
    assert (told["list"], told["complete"], told["through"] > 0) == (name, True, True)
    assert told["rows"]
    names = [column.name for column in columns]
    for row in told["rows"]:
        assert [*row] == [*OF_EACH_ROW, *names]
        assert not row["flawed"]
        assert [column.name for column in columns if not right(column, row[column.name])] == []
    header, *lines = csv.reader(io.StringIO(run(name, "--csv", "--target", target, "--limit", "500")))
    assert header == ["at", "late", "since_position", "root", *names]
    assert lines == [
        [
            row["at"] or "",
            "late" if row["late"] else "",
            str(row["since_position"]),
            row["root"],
            *(as_csv(row[column]) for column in names),
        ]
        for row in told["rows"]
    ]


@pytest.mark.parametrize("listing", LISTS, ids=lambda one: one.name)
def test_a_list_with_rows_is_a_table_of_eighty_columns(listing: api.Described, serve: Serve) -> None:
    table = run(listing.name, "--target", serve(listing.name))
    assert max(len(line) for line in table.splitlines()) <= 80
    assert len(table.splitlines()) >= 3


@pytest.mark.parametrize("listing", LISTS, ids=lambda one: one.name)
def test_a_list_is_counted_alike_as_json_and_as_csv(listing: api.Described, serve: Serve) -> None:
    target = serve(listing.name)
    told = json.loads(run(listing.name, "--by", "month", "--json", "--target", target))
    lines = list(csv.DictReader(io.StringIO(run(listing.name, "--by", "month", "--csv", "--target", target))))
    assert [(one["key"], int(one["count"])) for one in lines] == [
        (group["key"], group["count"]) for group in told["groups"]
    ]
    assert (told["list"], told["by"], told["complete"]) == (listing.name, "month", True)


def test_times_from_vein_to_vein_are_days_on_the_screen_and_seconds_for_programs(serve: Serve) -> None:
    target = serve("vein-to-vein")
    rows = json.loads(run("vein-to-vein", "--json", "--target", target))["rows"]
    assert all(row["vein_to_vein_seconds"] > 86_400 for row in rows)
    header, first, *_ = run("vein-to-vein", "--target", target).splitlines()
    assert "seconds" not in header
    assert "vein_to_vein" in header.replace(" ", "")
    assert " d " in first
