"""Connections to Postgres, each with the session settings that the ledger relies on; the server's defaults are not.

The planner is told to use the indexes: each of our statements has its own, and a log grows faster than the
statistics of its tables. A plan made for an empty table must be right for ten million rows.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import psycopg
from psycopg import IsolationLevel
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ledger.postgres.attended import Attended
from ledger.postgres.columns import take_columns

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

SCHEMA = "ledger"
"""Schema of the tables unless a second log shares the database."""

_TRANSACTION_TIMEOUT_SINCE = 170000
_LOST_MS = 15_000
"""How long a peer may acknowledge nothing over TCP before the line counts as lost, at both ends."""

_OUR_END: dict[str, str | int | None] = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": _LOST_MS,
}
_THEIR_END = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": str(_LOST_MS),
}
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
) -> Attended:
    """Connect with READ COMMITTED, UTC and our search path; a line that falls silent is noticed (see `attended`).

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
    completed = _completed(dsn, application, schema, settings)
    connection = Attended.connect(completed, autocommit=True)
    connection.asked_at = completed
    if connection.info.server_version >= _TRANSACTION_TIMEOUT_SINCE:
        connection.execute("set transaction_timeout = 0")
    if read_only:
        # not while connecting: target_session_attrs=read-write would take the primary for a standby
        connection.execute("set default_transaction_read_only = on")
    else:
        connection.isolation_level = IsolationLevel.READ_COMMITTED
        connection.autocommit = False
    connection.prepared_max = None
    take_columns(connection)
    if on_warning is not None:
        connection.add_notice_handler(lambda notice: _tell(notice, on_warning))
    return connection


def _completed(dsn: str, application: str, schema: str, more: dict[str, str]) -> str:
    given = conninfo_to_dict(dsn)
    settings = {
        **more,
        "search_path": f"{schema},pg_temp",
        "timezone": "UTC",
        "statement_timeout": "0",
        "lock_timeout": "0",
        "idle_session_timeout": "0",
        **_THEIR_END,
    }
    ours = " ".join(f"-c {name}={value}" for name, value in settings.items())
    given["options"] = f"{given.get('options') or ''} {ours} {_PLANS}".strip()
    named = {"application_name": application, "client_encoding": "UTF8"}
    return make_conninfo("", **{**named, **_OUR_END, **given})


def _tell(notice: psycopg.errors.Diagnostic, on_warning: Callable[[str], None]) -> None:
    if notice.severity_nonlocalized == "WARNING":
        on_warning(notice.message_primary or "")
