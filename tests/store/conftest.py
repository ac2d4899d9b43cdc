"""The logs that the contract is run on: in memory, and on every major version of Postgres that is here."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ledger.store.log import Log
from ledger.store.memory_log import MemoryLog
from ledger.store.postgres_log import Patience, PostgresLog
from tests.support.clusters import ORIGIN, PROVIDERS, Clusters, Database, provider

OpenLog = Callable[[], PostgresLog]


@pytest.fixture(params=["memory", *PROVIDERS], ids=lambda given: given if given == "memory" else provider(given))
def log(request: pytest.FixtureRequest) -> Iterator[Log]:
    """One empty log of each kind."""
    if request.param == "memory":
        yield MemoryLog(ORIGIN)
        return
    cluster = request.getfixturevalue("clusters").of(request.param)
    cloned = cluster.new_database()
    opened = PostgresLog(cloned.writer, origin=ORIGIN)
    yield opened
    opened.close()
    cluster.drop(cloned)


@pytest.fixture(params=PROVIDERS, ids=provider)
def each_database(request: pytest.FixtureRequest, clusters: Clusters) -> Iterator[Database]:
    """A database with an empty log on each version of Postgres."""
    binaries: Path = request.param
    cluster = clusters.of(binaries)
    cloned = cluster.new_database()
    yield cloned
    cluster.drop(cloned)


@pytest.fixture
def open_log(each_database: Database) -> Iterator[OpenLog]:
    """Opens the same log again and again, as several processes would."""
    with ExitStack() as opened:

        def open_another() -> PostgresLog:
            another = PostgresLog(each_database.writer, origin=ORIGIN, patience=Patience(frozen_after_ms=20_000))
            opened.callback(another.close)
            return another

        yield open_another
