"""What an operator does with a store: make one, bring it up to date, examine it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from ledger.domain.receipt import Unavailable
from ledger.postgres import doctor as doctors
from ledger.postgres import migrations
from ledger.postgres.backup import BackupError
from ledger.postgres.connection import DriverError, open_connection
from ledger.postgres.doctor import Check, UnfitError
from ledger.postgres.launcher import EmbeddedPostgres, LaunchError
from ledger.store.errors import StoreError
from ledger.store.postgres_log import WrongLogError, create_log, named_in

__all__ = [
    "DEFAULT_ORIGIN",
    "Check",
    "doctor",
    "embedded",
    "migrate",
    "migrate_embedded",
    "running",
    "told",
]

DEFAULT_ORIGIN: Final = "coi-ledger.example/ledger/a"
"""Name of a log that nobody named."""


def migrate(dsn: str, *, origin: str | None = None) -> list[str]:
    """Brings a database to this version and names its log; safe to repeat.

    Args:
        dsn: Of an owner.
        origin: Name of the log, permanent; a new log gets the default name, an old one keeps its own if None.

    Returns:
        Names of the migrations that were applied now.

    Raises:
        Unavailable: The database refuses, is ahead of this version, or holds another log.
    """
    with told():
        applied = migrations.migrate(dsn)
        create_log(dsn, origin or named_in(dsn) or DEFAULT_ORIGIN)
    return applied


def doctor(dsn: str, *, clock: Callable[[], datetime], standbys: int = 0, folder: Path | None = None) -> list[Check]:
    """Examines a database: each setting with what it is, what it must be and what to do.

    Args:
        dsn: Of the role that appends, as the server will use it.
        clock: Our clock, held against the database's.
        standbys: How many must confirm each commit; 0 for as the server is set.
        folder: Where its data are, if they are on this machine.

    Raises:
        Unavailable: The database cannot be reached.
    """
    with told(), open_connection(dsn, application="coi doctor") as connection:
        return doctors.examine(connection, clock, standbys=standbys, folder=folder)


@contextmanager
def embedded(folder: Path, *, origin: str | None = None) -> Iterator[str]:
    """Starts or attaches to an embedded Postgres in a folder; yields the DSN of its run-time role.

    Args:
        folder: Where the data are or will be.
        origin: As for `migrate`.

    Raises:
        Unavailable: It cannot be started, or holds another log.
    """
    with running(folder) as server:
        migrate(server.dsn(), origin=origin)
        yield server.dsn(user="coi_ledger_writer")


def migrate_embedded(folder: Path, *, origin: str | None = None) -> list[str]:
    """Brings the embedded Postgres in a folder to this version; returns and raises as `migrate`."""
    with running(folder) as server:
        return migrate(server.dsn(), origin=origin)


@contextmanager
def running(folder: Path) -> Iterator[EmbeddedPostgres]:
    """Starts or attaches to the embedded Postgres in a folder, and stops it if it is ours.

    Raises:
        Unavailable: It cannot be started.
    """
    server = EmbeddedPostgres(folder)
    with told():
        server.start()
    try:
        yield server
    finally:
        with told():
            server.stop()


_OURS: Final = (
    StoreError,
    LaunchError,
    WrongLogError,
    migrations.MigrationError,
    UnfitError,
    BackupError,
    DriverError,
)


@contextmanager
def told() -> Iterator[None]:
    """Says in one of our errors what the store beneath said in one of its own."""
    try:
        yield
    except _OURS as error:
        raise Unavailable(str(error).strip()) from error
