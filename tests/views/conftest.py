"""Ledgers in memory that these tests open are closed after each of them; where lists are kept, in both ways."""

from collections.abc import Iterator

import pytest

from ledger.views.keeping import Views
from ledger.views.memory_views import MemoryViews
from ledger.views.postgres_views import PostgresViews
from tests.support.clusters import Database
from tests.support.judged import _closed_ledgers as _closed_ledgers  # noqa: PLC0414 - a fixture, used by its name


@pytest.fixture(params=["memory", "postgres"])
def views(request: pytest.FixtureRequest) -> Iterator[Views]:
    """Where lists are kept, empty."""
    if request.param == "memory":
        yield MemoryViews()
        return
    database: Database = request.getfixturevalue("database")
    kept = PostgresViews(database.writer)
    yield kept
    kept.close()
