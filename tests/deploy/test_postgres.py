"""The roles and settings for Postgres are applied as they stand, and all that the ledger needs works with them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from ledger import api, safekeeping
from ledger.domain.receipt import Unavailable
from ledger.postgres.launcher import EmbeddedPostgres
from tests.house.tree import ROOT
from tests.support import world

POSTGRES = ROOT / "deploy" / "postgres"
ROLES = ("owner", "writer", "reader", "backup")


def now() -> datetime:
    """Our clock."""
    return datetime.now(UTC)


def settings() -> dict[str, str]:
    """Every setting in the file, as Postgres reads it."""
    lines = (line.partition("#")[0].partition("=") for line in (POSTGRES / "settings.conf").read_text().splitlines())
    return {name.strip(): value.strip().strip("'") for name, _, value in lines if name.strip()}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server with these settings, and a database in which these roles were made, twice."""
    told = tuple(f"{name}={value}" for name, value in settings().items())
    with EmbeddedPostgres(tmp_path_factory.mktemp("pg"), settings=told) as running:
        with psycopg.connect(running.dsn(), autocommit=True) as superuser:
            superuser.execute("create database coi")
        for _ in range(2):
            with psycopg.connect(running.dsn(database="coi"), autocommit=True) as superuser:
                superuser.execute((POSTGRES / "roles.sql").read_bytes())
        api.migrate(running.dsn(user="coi_ledger_owner", database="coi"), origin="ledger.test/deployed")
        yield running


def dsn(server: EmbeddedPostgres, role: str) -> str:
    """Address as one of the roles."""
    return server.dsn(user=f"coi_ledger_{role}", database="coi")


def test_the_doctor_finds_nothing_to_mend(server: EmbeddedPostgres) -> None:
    checks = api.doctor(dsn(server, "writer"), clock=now)
    assert [(check.name, check.value) for check in checks if not check.ok] == []


def test_every_setting_of_the_file_is_in_force(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.dsn()) as superuser:
        found = {name: superuser.execute("select current_setting(%s)", (name,)).fetchone() for name in settings()}
    assert {name: row[0] for name, row in found.items() if row is not None} == settings()


def test_a_server_records_as_the_writer_and_a_reader_verifies(server: EmbeddedPostgres) -> None:
    ledger = api.connect(dsn(server, "writer"), clock=now)
    assert ledger.submit(world.organisation()).result(10).position >= 1
    assert ledger.hold() is None
    ledger.close()
    reading = api.connect(dsn(server, "reader"), clock=now)
    assert reading.verify().holds
    with pytest.raises(Unavailable, match="rights it lacks"):
        reading.submit(world.organisation()).result(10)
    reading.close()


def test_the_backup_role_backs_up_and_the_copy_is_restored(server: EmbeddedPostgres, tmp_path: Path) -> None:
    made = safekeeping.backup(dsn(server, "backup"), tmp_path / "backups", now, lambda *_: None)
    found = safekeeping.restore(tmp_path / "backups", tmp_path / "new", None, lambda *_: None)
    assert (found.origin, found.position, found.root.hex(), found.findings) == (
        "ledger.test/deployed",
        made.note.position,
        made.note.root,
        (),
    )
    with api.embedded(tmp_path / "new") as served:
        ledger = api.connect(served, clock=now)
        assert (ledger.info().origin, ledger.info().size) == ("ledger.test/deployed", found.position)
        ledger.close()


@pytest.mark.parametrize("role", ["writer", "reader", "backup"])
@pytest.mark.parametrize(
    "statement",
    ["update ledger.fact set type = ''", "delete from ledger.fact", "create table ledger.x ()", "create schema x"],
)
def test_nobody_who_serves_may_change_anything(server: EmbeddedPostgres, role: str, statement: str) -> None:
    with psycopg.connect(dsn(server, role)) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


def test_nobody_else_may_connect(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.dsn(), autocommit=True) as superuser:
        superuser.execute("create role stranger login")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(server.dsn(user="stranger", database="coi"))


def test_who_may_connect_is_said_for_every_role_and_for_nobody_else() -> None:
    lines = [line.split() for line in (POSTGRES / "pg_hba.conf").read_text().splitlines() if not line.startswith("#")]
    assert {words[2] for words in lines if words[0] == "hostssl"} == {f"coi_ledger_{role}" for role in ROLES}
    assert lines[-1] == ["host", "all", "all", "all", "reject"]
    assert {words[-1] for words in lines} == {"peer", "scram-sha-256", "reject"}
