"""The doctor finds what could lose or change a fact."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ledger.postgres.connection import open_connection
from ledger.postgres.doctor import UnfitError, examine, require_fit
from ledger.postgres.launcher import EmbeddedPostgres
from ledger.store.postgres_log import create_log
from tests.support.clusters import ORIGIN, PROVIDERS, Clusters, Database, provider


def failed(dsn: str) -> dict[str, str]:
    """Names and values of the checks that are not ok."""
    with open_connection(dsn, application="test") as connection:
        return {check.name: check.value for check in examine(connection) if not check.ok}


@pytest.mark.parametrize("binaries", PROVIDERS, ids=provider)
def test_an_embedded_server_is_fit(clusters: Clusters, binaries: Path) -> None:
    cluster = clusters.of(binaries)
    cloned = cluster.new_database()
    assert failed(cloned.writer) == {}
    cluster.drop(cloned)


def test_an_owner_has_too_many_powers(database: Database) -> None:
    assert failed(database.owner) == {"powers of the role": "delete, truncate, update"}


def test_a_missing_trigger_is_named(database: Database) -> None:
    with psycopg.connect(database.owner) as owner:
        owner.execute("drop trigger refuse_change on ledger.edge")
        owner.execute("alter table ledger.fact enable trigger refuse_statement")
    assert failed(database.writer) == {"unsealed tables": "edge, fact"}


@pytest.fixture
def careless(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A server that may lose what it acknowledged."""
    settings = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")
    with EmbeddedPostgres(tmp_path / "careless", settings=settings) as server:
        yield server


def test_a_server_that_does_not_wait_for_the_disk_is_refused(careless: EmbeddedPostgres) -> None:
    create_log(careless.dsn(), ORIGIN)
    with open_connection(careless.dsn(), application="test") as connection, pytest.raises(UnfitError) as refused:
        require_fit(connection)
    assert [check.name for check in refused.value.checks] == ["fsync", "full_page_writes", "synchronous_commit"]
    assert "an acknowledged fact could be lost" in str(refused.value)


def test_a_commit_that_does_not_wait_for_the_standby_is_refused(database: Database) -> None:
    with open_connection(database.owner, application="test") as connection:
        connection.execute("set synchronous_commit = local")
        require_fit(connection)
        connection.execute("create temp table pg_settings as select name, setting from pg_catalog.pg_settings")
        connection.execute("update pg_temp.pg_settings set setting = 'b' where name = 'synchronous_standby_names'")
        connection.execute("set search_path = pg_temp, pg_catalog")
        with pytest.raises(UnfitError, match="synchronous_commit is local"):
            require_fit(connection)
