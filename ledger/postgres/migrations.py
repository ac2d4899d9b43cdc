"""Numbered SQL that only goes forward, applied once, its text remembered by checksum.

Run by an owner in a maintenance window; the run-time roles can neither create nor change anything.
"""

import hashlib
import re
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable

from psycopg import sql

from ledger.postgres.connection import SCHEMA, Connection, open_connection

_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_BOOK = """
create table if not exists migration (
    number integer primary key,
    name text not null,
    checksum text not null
)"""


class MigrationError(Exception):
    """The schema in the database and the files of this version do not fit."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema.

    Attributes:
        number: from 1, without gaps.
        name: of the file.
        text: its SQL.
    """

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, in hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def shipped(folder: Traversable | None = None) -> list[Migration]:
    """Return the migrations of this version in order.

    Args:
        folder: where they are; the package's own folder if None.

    Raises:
        MigrationError: a number is missing or doubled.
    """
    folder = resources.files("ledger.postgres").joinpath("sql") if folder is None else folder
    named = [(match, file) for file in folder.iterdir() if (match := _NAME.fullmatch(file.name))]
    found = sorted(
        (Migration(int(match[1]), file.name, file.read_text(encoding="utf-8")) for match, file in named),
        key=lambda migration: migration.number,
    )
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        raise MigrationError(f"migrations must be numbered without gaps: {[one.name for one in found]}")
    return found


def migrate(dsn: str, *, schema: str = SCHEMA, steps: list[Migration] | None = None) -> list[str]:
    """Bring a schema to this version; all steps or none; safe to run from several machines at once.

    Args:
        dsn: of a role that may create schemas (and, the first time, roles).
        schema: where the tables are.
        steps: what to apply; what is shipped if None.

    Returns:
        The names of the files that were applied now.

    Raises:
        MigrationError: an applied file has changed, or the database is ahead of this version.
        psycopg.Error: the database refuses.
    """
    wanted = shipped() if steps is None else steps
    with open_connection(dsn, application="coi migrate", schema=schema) as connection:
        connection.execute("select pg_advisory_xact_lock(hashtextextended('coi-ledger migrations', 0))")
        connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(schema)))
        connection.execute(_BOOK)
        pending = wanted[len(_agreed(connection, wanted)) :]
        for step in pending:
            connection.execute(step.text.encode(), prepare=False)
            connection.execute(
                "insert into migration (number, name, checksum) values (%s, %s, %s)",
                (step.number, step.name, step.checksum),
            )
    return [step.name for step in pending]


def require_current(connection: Connection) -> None:
    """Check that the schema is exactly the one that this version was written for.

    Raises:
        MigrationError: it is not there, behind, ahead or changed.
    """
    there = connection.execute("select to_regclass('migration') is not null").fetchone() == (True,)
    wanted = shipped()
    applied = _agreed(connection, wanted) if there else []
    if len(applied) < len(wanted):
        missing = ", ".join(step.name for step in wanted[len(applied) :])
        raise MigrationError(f"the schema lacks {missing}: run `coi migrate`")


def _agreed(connection: Connection, wanted: list[Migration]) -> list[tuple[int, str]]:
    applied: list[tuple[int, str]] = [
        (number, checksum)
        for number, checksum in connection.execute("select number, checksum from migration order by number")
    ]
    known = [(step.number, step.checksum) for step in wanted]
    if len(applied) > len(known):
        raise MigrationError(f"the database has {len(applied)} migrations, this version knows {len(known)}: upgrade")
    for (number, checksum), (_, ours) in zip(applied, known, strict=False):
        if checksum != ours:
            raise MigrationError(f"migration {number} was applied with another text than this version ships")
    return applied
