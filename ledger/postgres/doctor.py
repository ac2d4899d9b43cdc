"""Is this Postgres fit to keep a ledger? Named checks, each with what was found, what is wanted and what to do."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from ledger.postgres import durability, privileges, surroundings
from ledger.postgres.check import Check, UnfitError
from ledger.postgres.connection import Connection

__all__ = ["Check", "UnfitError", "examine", "require_fit"]


def examine(
    connection: Connection, now: Callable[[], datetime], *, standbys: int = 0, folder: Path | None = None
) -> list[Check]:
    """Look at server, database, schema and role as this session sees them.

    Args:
        connection: as the role that appends.
        now: our clock.
        standbys: how many must confirm each commit; 0 for whatever the server is set to.
        folder: where its data are, if they are on this machine.

    Raises:
        psycopg.Error: the connection fails.
    """
    return [
        surroundings.version(connection),
        *durability.required(connection, standbys),
        *durability.advised(connection),
        surroundings.schema(connection),
        *privileges.required(connection),
        surroundings.clocks(connection, now),
        *surroundings.texts(connection),
        surroundings.disk(folder),
    ]


def require_fit(connection: Connection, *, standbys: int = 0) -> None:
    """Refuse a server or a role that could lose or change what was acknowledged, and a schema of another program.

    Args:
        connection: as the role that appends.
        standbys: as in `examine`.

    Raises:
        UnfitError: a required check failed.
        psycopg.Error: the connection fails.
    """
    checks = [
        surroundings.version(connection),
        surroundings.schema(connection),
        *durability.required(connection, standbys),
        *privileges.required(connection),
    ]
    failed = [check for check in checks if check.required and not check.ok]
    if failed:
        raise UnfitError(failed)
