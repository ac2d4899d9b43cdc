"""Connections to Postgres, each with the session settings that the ledger relies on; the server's defaults are not.

The planner is told to use the indexes: each of our statements has its own, and a log grows faster than the
statistics of its tables. A plan made for an empty table must be right for ten million rows.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import psycopg
from psycopg import IsolationLevel
from psycopg.conninfo import conninfo_to_dict, make_conninfo

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

SCHEMA = "ledger"
"""Schema of the tables unless a second log shares the database."""

_TRANSACTION_TIMEOUT_SINCE = 170000
_PLANS = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c enable_material=off -c jit=off"


DriverError = psycopg.Error
"""Whatever the driver raises; floors above name it by this."""


def open_connection(
    dsn: str,
    *,
    application: str,
    schema: str = SCHEMA,
    read_only: bool = False,
    idle_limit_ms: int = 0,
    on_warning: Callable[[str], None] | None = None,
) -> Connection:
    """Connect with READ COMMITTED, UTC and our search path.

    Args:
        dsn: of libpq; its own `options` are kept.
        application: name shown in pg_stat_activity.
        schema: where the tables are.
        read_only: each statement is its own transaction, and none may write.
        idle_limit_ms: after this long idle inside a transaction the server ends the session; 0 for never.
        on_warning: told the text of every WARNING, in the thread that runs the statement.

    Raises:
        psycopg.Error: the server cannot be reached or refuses.
    """
    settings = {"idle_in_transaction_session_timeout": str(idle_limit_ms)}
    if read_only:
        settings["default_transaction_read_only"] = "on"
        dsn = _of_the_primary(dsn)
    connection = psycopg.connect(_completed(dsn, application, schema, settings), autocommit=True)
    if connection.info.server_version >= _TRANSACTION_TIMEOUT_SINCE:
        connection.execute("set transaction_timeout = 0")
    if not read_only:
        connection.isolation_level = IsolationLevel.READ_COMMITTED
        connection.autocommit = False
    connection.prepared_max = None
    if on_warning is not None:
        connection.add_notice_handler(lambda notice: _tell(notice, on_warning))
    return connection


def _of_the_primary(dsn: str) -> str:
    """A session that may not write is on the same server as one that may: libpq would refuse it as read-only."""
    given = conninfo_to_dict(dsn)
    writable = given.get("target_session_attrs") == "read-write"
    return make_conninfo("", **{**given, "target_session_attrs": "primary"}) if writable else dsn


def _completed(dsn: str, application: str, schema: str, more: dict[str, str]) -> str:
    given = conninfo_to_dict(dsn)
    settings = {
        **more,
        "search_path": f"{schema},pg_temp",
        "timezone": "UTC",
        "statement_timeout": "0",
        "lock_timeout": "0",
        "idle_session_timeout": "0",
    }
    ours = " ".join(f"-c {name}={value}" for name, value in settings.items())
    given["options"] = f"{given.get('options') or ''} {ours} {_PLANS}".strip()
    defaults = {"connect_timeout": 10, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
    return make_conninfo("", **{"application_name": application, "client_encoding": "UTF8", **defaults, **given})


def _tell(notice: psycopg.errors.Diagnostic, on_warning: Callable[[str], None]) -> None:
    if notice.severity_nonlocalized == "WARNING":
        on_warning(notice.message_primary or "")
