"""What a ledger lives among: the version, the text encoding, the time zone, the clock, the schema, the disk."""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from ledger.postgres.check import Check
from ledger.postgres.connection import Connection
from ledger.postgres.migrations import MigrationError, require_current, shipped

OLDEST_VERSION: Final = 150000
"""Oldest server that is supported, as `server_version_num`."""
DRIFT_SECONDS: Final = 2.0
"""Difference of the clocks of this machine and of the server beyond which nothing is appended."""
ROOM: Final = 1 << 30
"""Bytes of free disk below which to act."""

_CLOCK: Final = "select extract(epoch from clock_timestamp())"


def version(connection: Connection) -> Check:
    """Look at the version of the server."""
    found = connection.info.server_version
    return Check(
        name="server_version",
        value=f"{found // 10_000}.{found % 10_000}",
        wanted=f"{OLDEST_VERSION // 10_000} or newer",
        ok=found >= OLDEST_VERSION,
        required=True,
        advice="upgrade Postgres to 15 or newer",
    )


def texts(connection: Connection) -> list[Check]:
    """Look at what turns letters and moments into others.

    Raises:
        psycopg.Error: the connection fails.
    """
    row = connection.execute("select current_setting('server_encoding'), current_setting('timezone')").fetchone()
    encoding, zone = row if row is not None else ("", "")
    return [
        Check(
            name="server_encoding",
            value=str(encoding),
            wanted="UTF8",
            ok=encoding == "UTF8",
            required=False,
            advice="keep the ledger in a database created with encoding UTF8",
        ),
        Check(
            name="time zone of the session",
            value=str(zone),
            wanted="UTC",
            ok=zone == "UTC",
            required=False,
            advice="connect without a pooler: it drops the settings that we connect with",
        ),
    ]


def clocks(connection: Connection, now: Callable[[], datetime]) -> Check:
    """Compare the clock of the server with ours, allowing for the time that the question takes.

    Raises:
        psycopg.Error: the connection fails.
    """
    before = now().timestamp()
    row = connection.execute(_CLOCK).fetchone()
    after = now().timestamp()
    theirs = float(row[0]) if row is not None else after
    apart = max(before - theirs, theirs - after, 0.0)
    return Check(
        name="clocks apart",
        value=f"{apart:.1f} s",
        wanted=f"at most {DRIFT_SECONDS:g} s",
        ok=apart <= DRIFT_SECONDS,
        required=True,
        advice="synchronise the clocks of both machines (chrony, ntpd): times of recording come from ours",
    )


def schema(connection: Connection) -> Check:
    """Look whether the tables are those of this program.

    Raises:
        psycopg.Error: the connection fails.
    """
    try:
        require_current(connection)
    except MigrationError as error:
        found = str(error)
    else:
        found = ""
    wanted = f"all {len(shipped())} of this program"
    return Check(
        name="migrations",
        value=found or wanted,
        wanted=wanted,
        ok=not found,
        required=True,
        advice="run `coi migrate` as the owner, or the program that fits the tables",
    )


def disk(folder: Path | None) -> Check:
    """Look at the free space where the data are; from another machine it cannot be seen."""
    free: int | None = None
    if folder is not None and folder.exists():
        room = os.statvfs(folder)
        free = room.f_bavail * room.f_frsize
    return Check(
        name="free disk",
        value="not seen from here" if free is None else f"{free / (1 << 30):.1f} GiB",
        wanted="at least 1 GiB",
        ok=free is None or free >= ROOM,
        required=False,
        advice="give it more disk: when it is full, appends are held until there is room again",
    )
