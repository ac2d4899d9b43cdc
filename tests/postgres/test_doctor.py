"""The doctor finds what could lose or change a fact."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from ledger.postgres.connection import open_connection
from ledger.postgres.doctor import UnfitError, examine, require_fit
from ledger.postgres.durability import confirming
from ledger.postgres.launcher import EmbeddedPostgres
from ledger.postgres.surroundings import clocks, disk
from ledger.store.postgres_log import create_log
from tests.support.clusters import ORIGIN, PROVIDERS, Clusters, Database, provider


def now() -> datetime:
    """Our clock."""
    return datetime.now(UTC)


def failed(dsn: str) -> dict[str, str]:
    """Names and values of the checks that are not ok."""
    with open_connection(dsn, application="test") as connection:
        return {check.name: check.value for check in examine(connection, now) if not check.ok}


@pytest.mark.parametrize("binaries", PROVIDERS, ids=provider)
def test_an_embedded_server_is_fit(clusters: Clusters, binaries: Path) -> None:
    cluster = clusters.of(binaries)
    cloned = cluster.new_database()
    assert failed(cloned.writer) == {}
    cluster.drop(cloned)


def test_an_owner_has_too_many_powers(database: Database) -> None:
    name = psycopg.conninfo.conninfo_to_dict(database.owner)["dbname"]
    assert failed(database.owner) == {
        "powers of the role": "create, delete, trigger, truncate, update",
        "attributes of the role": "superuser, creates roles, creates databases, replicates, bypasses row security",
        "what it owns": f"database {name}, schema ledger, tables",
    }


def test_a_role_that_may_act_as_another_has_its_powers(database: Database) -> None:
    with psycopg.connect(database.owner) as owner:
        owner.execute("create role careless login; grant coi_ledger_writer, postgres, pg_write_all_data to careless")
    try:
        found = failed(database.owner.replace("user=postgres", "user=careless"))
    finally:
        with psycopg.connect(database.owner) as owner:
            owner.execute("drop role careless")
    assert found["powerful roles it is in"] == "pg_write_all_data, postgres"
    assert found["what it owns"].endswith(", schema ledger, tables")


def test_a_reader_lacks_the_right_to_append(database: Database) -> None:
    assert failed(database.reader) == {
        "rights it lacks": "insert on commit, insert on edge, insert on fact, insert on fact_mark, insert on fact_tag, "
        "insert on key",
        "who keeps the lists": "coi_ledger_reader may not",
    }


def test_a_missing_trigger_is_named(database: Database) -> None:
    with psycopg.connect(database.owner) as owner:
        owner.execute("drop trigger refuse_change on ledger.edge")
        owner.execute("alter table ledger.fact enable trigger refuse_statement")
    assert failed(database.writer) == {"unsealed tables": "edge, fact"}


def test_a_table_that_a_crash_empties_is_named(database: Database) -> None:
    with psycopg.connect(database.owner) as owner:
        owner.execute("alter table ledger.key set unlogged")
    assert failed(database.writer) == {"unlogged tables": "key"}


def test_a_schema_of_another_program_is_named(database: Database) -> None:
    with psycopg.connect(database.owner) as owner:
        owner.execute("insert into ledger.migration (number, name, checksum) values (99, '0099_later.sql', '')")
    (found,) = failed(database.writer).items()
    assert found[0] == "migrations"
    assert "upgrade" in found[1]


@pytest.fixture
def careless(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A server that may lose what it acknowledged."""
    settings = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "zero_damaged_pages=on")
    with EmbeddedPostgres(tmp_path / "careless", settings=settings) as server:
        yield server


def test_a_server_that_does_not_wait_for_the_disk_is_refused(careless: EmbeddedPostgres) -> None:
    create_log(careless.dsn(), ORIGIN)
    writer = careless.dsn(user="coi_ledger_writer")
    with open_connection(writer, application="test") as connection, pytest.raises(UnfitError) as refused:
        require_fit(connection)
    assert [check.name for check in refused.value.checks] == [
        "fsync",
        "full_page_writes",
        "zero_damaged_pages",
        "synchronous_commit",
    ]
    assert "an acknowledged fact could be lost" in str(refused.value)


def test_a_commit_that_does_not_wait_for_the_standby_is_refused(database: Database) -> None:
    with open_connection(database.writer, application="test") as connection:
        connection.execute("set synchronous_commit = local")
        require_fit(connection)
        connection.execute("create temp table pg_settings as select name, setting from pg_catalog.pg_settings")
        connection.execute("update pg_temp.pg_settings set setting = 'b' where name = 'synchronous_standby_names'")
        connection.execute("set search_path = ledger, pg_temp, pg_catalog")
        with pytest.raises(UnfitError, match=r"^synchronous_commit is local: [^;]+$"):
            require_fit(connection)
        connection.execute("update pg_temp.pg_settings set setting = 'on' where name = 'synchronous_commit'")
        require_fit(connection, standbys=1)
        with pytest.raises(UnfitError, match=r"^synchronous_standby_names is 'b': make 2 confirm each commit"):
            require_fit(connection, standbys=2)


@pytest.mark.parametrize(
    ("names", "count"),
    [
        ("", 0),
        ("*", 1),
        ("a, b", 1),
        ("ANY 2 (a, b, c)", 2),
        ("first 3 (*)", 3),
        ("2 (a, b)", 2),
        ('ANY 1 ("node 1","node-2")', 1),
    ],
)
def test_the_standbys_that_must_confirm_are_counted(names: str, count: int) -> None:
    assert confirming(names) == count


def test_clocks_that_differ_are_seen_on_either_side(database: Database) -> None:
    with open_connection(database.writer, application="test") as connection:
        apart = [
            clocks(connection, lambda moved=moved: now() + timedelta(seconds=moved))  # type: ignore[misc]  # mypy cannot infer a default
            for moved in (0, 5, -5)
        ]
    assert [(check.ok, check.value) for check in apart] == [(True, "0.0 s"), (False, "5.0 s"), (False, "5.0 s")]


def test_free_disk_is_seen_on_this_machine_only(tmp_path: Path) -> None:
    assert disk(None).value == "not seen from here"
    assert disk(tmp_path).value.endswith(" GiB")
