"""`coi list` and `coi rebuild` on a real store: tables of eighty columns, JSON, CSV, a planted row that is named."""

import csv
import io
import json
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from ledger import api
from ledger.api import LISTS
from services.cli import main
from services.wiring import system_clock
from tests.support import world
from tests.support.clusters import Database


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env={"COLUMNS": "80"}, catch_exceptions=False)


@pytest.fixture
def store(database: Database) -> Database:
    """A ledger with a refusal that nobody settled."""
    ledger = api.connect(database.writer, clock=system_clock)
    for draft in (world.organisation(), world.site(), world.end()):
        ledger.submit(draft).exception(10)
    ledger.close()
    return database


def test_every_list_is_named_in_eighty_columns() -> None:
    told = run("list").stdout
    assert [one.name for one in LISTS if one.name not in told] == []
    assert max(len(line) for line in told.splitlines()) <= 80
    assert {one["name"] for one in json.loads(run("list", "--json").stdout)["lists"]} == {one.name for one in LISTS}


def test_a_list_is_a_table_json_and_csv(store: Database) -> None:
    table = run("list", "unresolved-refusals", "--dsn", store.writer)
    assert table.exit_code == 0
    assert "Administration" in table.stdout
    assert max(len(line) for line in table.stdout.splitlines()) <= 80
    told = json.loads(run("list", "unresolved-refusals", "--json", "--dsn", store.writer).stdout)
    assert (told["through"], told["complete"], [row["type"] for row in told["rows"]]) == (
        3,
        True,
        ["AdministrationEnded"],
    )
    lines = list(csv.DictReader(io.StringIO(run("list", "unresolved-refusals", "--csv", "--dsn", store.writer).stdout)))
    assert [line["type"] for line in lines] == ["AdministrationEnded"]
    counted = json.loads(run("list", "unresolved-refusals", "--by", "site", "--json", "--dsn", store.writer).stdout)
    assert [(group["key"], group["count"]) for group in counted["groups"]] == [("site:ods:RXKP1", 1)]


def test_every_list_fits_eighty_columns(store: Database) -> None:
    for one in LISTS:
        told = run("list", one.name, "--dsn", store.writer)
        assert told.exit_code == 0, one.name
        assert max(len(line) for line in told.stdout.splitlines()) <= 80, one.name


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (("sales",), "'sales' is no list: choose one of unresolved-refusals"),
        (("notes", "--by", "colour"), "'colour' is nothing to count by"),
        (("notes", "--as-of", "2026-04-14"), "notes has no rows of a moment"),
        (("stock", "--from", "2026-04-14"), "stock is asked for one moment"),
        (("notes", "--csv", "--json"), "two forms of the same"),
    ],
    ids=range(5),
)
def test_what_cannot_be_asked_says_why(store: Database, arguments: tuple[str, ...], wrong: str) -> None:
    result = run("list", *arguments, "--dsn", store.writer)
    assert result.exit_code == 2
    assert wrong in result.stderr


def test_a_row_that_somebody_changed_is_named_and_made_anew(store: Database) -> None:
    assert run("rebuild", "--dsn", store.writer).exit_code == 0
    fine = run("rebuild", "--check", "--dsn", store.writer)
    assert (fine.exit_code, "is what the log says, through position 3" in fine.stdout) == (0, True)
    with psycopg.connect(store.owner) as owner:
        owner.execute("update ledger_views.entry set cells = '[\"forged\"]' where list = 'unresolved-refusals'")
    found = run("rebuild", "--check", "--json", "--dsn", store.writer)
    told = json.loads(found.stdout)["difference"]
    assert (found.exit_code, told["list"], told["root"], told["kept"]) == (
        1,
        "unresolved-refusals",
        "fact:3",
        '["forged"]',
    )
    assert (
        "unresolved-refusals is not what the log says: fact:3"
        in run("rebuild", "--check", "--dsn", store.writer).stdout
    )
    run("rebuild", "--dsn", store.writer)
    assert run("rebuild", "--check", "--dsn", store.writer).exit_code == 0


def test_a_server_is_not_asked_to_check_itself(tmp_path: Path) -> None:
    result = run("rebuild", "--check", "--target", "127.0.0.1:1")
    assert (result.exit_code, "not asked to check itself" in result.stderr) == (2, True)
    assert run("rebuild", "--data", str(tmp_path / "none")).exit_code == 2
