"""Is this Postgres fit to keep a ledger? Named checks, each with what was found, what is wanted and what to do."""

from dataclasses import dataclass

from ledger.postgres.connection import Connection

OLDEST_VERSION = 150000
"""Oldest server that is supported, as `server_version_num`."""

_SETTINGS = "select name, setting from pg_settings where name = any(%s)"
_UNSEALED = """
select coalesce(string_agg(c.relname, ', ' order by c.relname), '')
from pg_class c
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and 2 <> (
    select count(*) from pg_trigger t
    where t.tgrelid = c.oid and t.tgenabled = 'A' and t.tgname in ('refuse_change', 'refuse_statement'))"""
_POWERS = """
select coalesce(string_agg(distinct p, ', '), '')
from pg_class c, unnest(array['update', 'delete', 'truncate']) p
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
  and has_table_privilege(c.oid, p)"""


class UnfitError(Exception):
    """The server must not keep a ledger as it is.

    Attributes:
        checks: the required checks that failed.
    """

    def __init__(self, checks: "list[Check]") -> None:
        """Name what failed and what to do."""
        super().__init__("; ".join(f"{check.name} is {check.value}: {check.advice}" for check in checks))
        self.checks = checks


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at.

    Attributes:
        name: setting or property.
        value: what was found.
        wanted: what it should be.
        ok: whether it is.
        required: if not ok, nothing may be appended; otherwise it is advice.
        advice: what to do if it is not ok.
    """

    name: str
    value: str
    wanted: str
    ok: bool
    required: bool
    advice: str


def examine(connection: Connection) -> list[Check]:
    """Look at server, database, schema and role as this session sees them.

    Raises:
        psycopg.Error: the connection fails.
    """
    return [*_durability(connection), *_database(connection), *_immutability(connection)]


def require_fit(connection: Connection) -> None:
    """Refuse a server that could lose what it acknowledged, or is too old.

    Raises:
        UnfitError: a required check failed.
        psycopg.Error: the connection fails.
    """
    failed = [check for check in _durability(connection) if check.required and not check.ok]
    if failed:
        raise UnfitError(failed)


def _durability(connection: Connection) -> list[Check]:
    names = ["fsync", "full_page_writes", "synchronous_commit", "synchronous_standby_names"]
    found = {str(name): str(setting) for name, setting in connection.execute(_SETTINGS, (names,))}
    version = connection.info.server_version
    standbys, commits = found["synchronous_standby_names"], found["synchronous_commit"]
    safe = {"on", "remote_apply"} if standbys else {"on", "remote_apply", "remote_write", "local"}
    keep = "set it on and restart: an acknowledged fact could be lost"
    return [
        Check(
            name="server_version",
            value=str(version),
            wanted=f">= {OLDEST_VERSION}",
            ok=version >= OLDEST_VERSION,
            required=True,
            advice="upgrade Postgres to 15 or newer",
        ),
        *(
            Check(name=name, value=found[name], wanted="on", ok=found[name] == "on", required=True, advice=keep)
            for name in ("fsync", "full_page_writes")
        ),
        Check(
            name="synchronous_commit",
            value=commits,
            wanted=" or ".join(sorted(safe)),
            ok=commits in safe,
            required=True,
            advice="set it on for this role and database: an acknowledged fact could be lost",
        ),
    ]


def _database(connection: Connection) -> list[Check]:
    found = {str(name): str(setting) for name, setting in connection.execute(_SETTINGS, (["data_checksums"],))}
    row = connection.execute("select current_setting('server_encoding')").fetchone()
    encoding = str(row[0]) if row else ""
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
            name="server_encoding",
            value=encoding,
            wanted="UTF8",
            ok=encoding == "UTF8",
            required=False,
            advice="keep the ledger in a database created with encoding UTF8",
        ),
    ]


def _immutability(connection: Connection) -> list[Check]:
    unsealed, powers = (_text(connection, statement) for statement in (_UNSEALED, _POWERS))
    return [
        Check(
            name="unsealed tables",
            value=unsealed or "none",
            wanted="none",
            ok=not unsealed,
            required=True,
            advice="find out who removed a trigger, run `coi verify`, then restore the triggers of 0002_seal.sql",
        ),
        Check(
            name="powers of the role",
            value=powers or "insert and select",
            wanted="insert and select",
            ok=not powers,
            required=False,
            advice="connect as coi_ledger_writer or as a role that was granted it",
        ),
    ]


def _text(connection: Connection, statement: str) -> str:
    row = connection.execute(statement.encode()).fetchone()
    return str(row[0]) if row else ""
