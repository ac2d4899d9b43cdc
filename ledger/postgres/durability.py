"""Whether what is committed here is safe: settings, kind of server and of tables, how many standbys confirm."""

import re
from typing import Final

from ledger.postgres.check import Check
from ledger.postgres.connection import Connection

_SETTINGS = "select name, setting from pg_settings where name = any(%s)"
_PASSING = """
select coalesce(string_agg(c.relname, ', ' order by c.relname), '') from pg_class c
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and c.relpersistence <> 'p'"""
_LOST = "an acknowledged fact could be lost"
_WANTED: Final = (
    ("fsync", "on", f"set it on and reload: {_LOST}"),
    ("full_page_writes", "on", f"set it on and reload: {_LOST}"),
    ("zero_damaged_pages", "off", "set it off: a damaged page would be taken for an empty one"),
    ("ignore_checksum_failure", "off", "set it off: a rotten page would be read as if it were well"),
)
_NAMES = [*(name for name, _, _ in _WANTED), "synchronous_commit", "synchronous_standby_names"]
_COUNTED = re.compile(r"\s*(?:any|first)?\s*(\d+)\s*\(.*\)\s*", re.IGNORECASE | re.DOTALL)


def confirming(names: str) -> int:
    """Return how many standbys must confirm each commit, by `synchronous_standby_names`.

    `ANY 1 (a, b)`, `FIRST 2 (a, b)` and `2 (a, b)` say so; a bare list or `*` means one, nothing means none.
    """
    counted = _COUNTED.fullmatch(names)
    if counted is not None:
        return int(counted[1])
    return 1 if names.strip() else 0


def required(connection: Connection, standbys: int) -> list[Check]:
    """Look at what every append rests on.

    Args:
        connection: as the one that appends.
        standbys: how many must confirm each commit; 0 for whatever the server is set to.

    Raises:
        psycopg.Error: the connection fails.
    """
    found = {str(name): str(setting) for name, setting in connection.execute(_SETTINGS, (_NAMES,))}
    settings = [
        Check(name=name, value=found[name], wanted=wanted, ok=found[name] == wanted, required=True, advice=advice)
        for name, wanted, advice in _WANTED
    ]
    return [*settings, *_commits(found, standbys), *_kinds(connection)]


def advised(connection: Connection) -> list[Check]:
    """Look at what finds a loss or makes up for it: checksums, and logs that can be kept elsewhere.

    Raises:
        psycopg.Error: the connection fails.
    """
    names = ["data_checksums", "wal_level"]
    found = {str(name): str(setting) for name, setting in connection.execute(_SETTINGS, (names,))}
    return [
        Check(
            name="data_checksums",
            value=found["data_checksums"],
            wanted="on",
            ok=found["data_checksums"] == "on",
            required=False,
            advice="stop the server and run pg_checksums --enable: a rotten page is then found when it is read",
        ),
        Check(
            name="wal_level",
            value=found["wal_level"],
            wanted="replica or logical",
            ok=found["wal_level"] in {"replica", "logical"},
            required=False,
            advice="set it to replica and restart: without it there is no backup and no standby",
        ),
    ]


def _commits(found: dict[str, str], standbys: int) -> list[Check]:
    """How long a commit waits: for the disk here, and for so many standbys."""
    names, commits = found["synchronous_standby_names"], found["synchronous_commit"]
    safe = {"on", "remote_apply"} if names or standbys else {"on", "remote_apply", "remote_write", "local"}
    told = [
        Check(
            name="synchronous_commit",
            value=commits,
            wanted=" or ".join(sorted(safe)),
            ok=commits in safe,
            required=True,
            advice=f"set it on for this role and database: {_LOST}",
        )
    ]
    if standbys:
        told.append(
            Check(
                name="synchronous_standby_names",
                value=repr(names),
                wanted=f"ANY {standbys} (…)",
                ok=confirming(names) >= standbys,
                required=True,
                advice=f"make {standbys} confirm each commit, or ask for fewer (COI_STANDBYS): one disk is not enough",
            )
        )
    return told


def _kinds(connection: Connection) -> list[Check]:
    recovering = connection.execute("select pg_is_in_recovery()").fetchone() == (True,)
    row = connection.execute(_PASSING.encode()).fetchone()
    passing = str(row[0]) if row else ""
    return [
        Check(
            name="kind of server",
            value="standby" if recovering else "primary",
            wanted="primary",
            ok=not recovering,
            required=True,
            advice="name every node in the DSN, with target_session_attrs=read-write",
        ),
        Check(
            name="unlogged tables",
            value=passing or "none",
            wanted="none",
            ok=not passing,
            required=True,
            advice="alter table … set logged: a crash empties an unlogged table",
        ),
    ]
