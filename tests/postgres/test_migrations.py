"""Migrations go forward only, once, and notice when their text was changed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from ledger.postgres.connection import Connection, open_connection
from ledger.postgres.migrations import Migration, MigrationError, migrate, require_current, shipped
from tests.support.clusters import Database

SCHEMA = "fresh"


@pytest.fixture
def session(database: Database) -> Iterator[Connection]:
    with open_connection(database.owner, application="test", schema=SCHEMA) as connection:
        yield connection


def test_every_step_is_applied_once(database: Database) -> None:
    assert migrate(database.owner, schema=SCHEMA) == [step.name for step in shipped()]
    assert migrate(database.owner, schema=SCHEMA) == []


def test_steps_are_applied_once_by_many_at_once(database: Database) -> None:
    with ThreadPoolExecutor(4) as threads:
        applied = list(threads.map(lambda _: migrate(database.owner, schema=SCHEMA), range(4)))
    assert sorted(map(len, applied)) == [0, 0, 0, len(shipped())]


def test_a_step_that_fails_leaves_nothing(database: Database) -> None:
    broken = Migration(len(shipped()) + 1, "9999_broken.sql", "create table half (a int); select 1/0")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(database.owner, schema=SCHEMA, steps=[*shipped(), broken])
    assert migrate(database.owner, schema=SCHEMA) == [step.name for step in shipped()]


def test_a_step_whose_text_was_changed_is_noticed(database: Database) -> None:
    migrate(database.owner, schema=SCHEMA)
    first, *rest = shipped()
    with pytest.raises(MigrationError, match="another text"):
        migrate(database.owner, schema=SCHEMA, steps=[replace(first, text=first.text + "-- changed"), *rest])


def test_a_database_ahead_of_this_version_is_left_alone(database: Database) -> None:
    migrate(database.owner, schema=SCHEMA)
    with pytest.raises(MigrationError, match="upgrade"):
        migrate(database.owner, schema=SCHEMA, steps=shipped()[:1])


def test_a_schema_that_lacks_a_step_is_not_current(database: Database, session: Connection) -> None:
    with pytest.raises(MigrationError, match=r"0001_log\.sql, 0002_seal\.sql, 0003_marks\.sql"):
        require_current(session)
    session.rollback()
    migrate(database.owner, schema=SCHEMA, steps=shipped()[:1])
    with pytest.raises(MigrationError, match=r"lacks 0002_seal\.sql, 0003_marks\.sql"):
        require_current(session)
    session.rollback()
    migrate(database.owner, schema=SCHEMA)
    require_current(session)


def test_numbers_have_no_gaps(tmp_path: Path) -> None:
    (tmp_path / "0001_first.sql").write_text("select 1")
    (tmp_path / "0003_third.sql").write_text("select 3")
    (tmp_path / "notes.txt").write_text("not a step")
    with pytest.raises(MigrationError, match="without gaps"):
        shipped(tmp_path)
