"""What a backup has to know of a log, and what a restored one is asked: questions of their own, beside reading."""

from typing import NamedTuple

from ledger.evidence.merkle import Frontier
from ledger.postgres.connection import Connection
from ledger.store.errors import Held

_STATE = """
select l.origin, coalesce(c.size, 0), coalesce(c.frontier, ''), current_database(),
    current_setting('server_version_num')
from log l left join lateral (select size, frontier from commit order by size desc limit 1) c on true"""
_FRONTIER = "select frontier from commit where size = %s"
_TRANSACTION = "select xmin::text from fact where position = %s"
_SEGMENT = "select coalesce(pg_walfile_name(pg_last_wal_replay_lsn()), '')"


class State(NamedTuple):
    """A log at one moment.

    Attributes:
        origin: its name.
        size: facts in it.
        root: of its tree.
        database: in which it is.
        major: version of its server.
    """

    origin: str
    size: int
    root: bytes
    database: str
    major: str


def state(connection: Connection) -> State:
    """Return the log as it is now.

    Raises:
        Held: there is none.
        psycopg.Error: the connection fails, or the role may not read.
    """
    row = connection.execute(_STATE.encode()).fetchone()
    if row is None:
        raise Held("the database holds no log: give the database of the ledger")
    origin, size, frontier, database, version = row
    return State(origin, size, Frontier.from_bytes(size, frontier).root, database, str(int(version) // 10_000))


def root_at(connection: Connection, size: int) -> bytes | None:
    """Return the root that the log had at a size at which a commit ended; None if it has no such commit.

    Raises:
        psycopg.Error: the connection fails.
    """
    if size == 0:
        return Frontier().root
    row = connection.execute(_FRONTIER, (size,)).fetchone()
    return None if row is None else Frontier.from_bytes(size, row[0]).root


def transaction_of(connection: Connection, position: int) -> int | None:
    """Return the transaction that recorded a position, as recovery names it; None if it is not there.

    Raises:
        psycopg.Error: the connection fails.
    """
    row = connection.execute(_TRANSACTION, (position,)).fetchone()
    return None if row is None else int(row[0])


def replayed(connection: Connection) -> str:
    """Return the segment of the write-ahead log in which replaying ended; empty if nothing was replayed.

    Raises:
        psycopg.Error: the connection fails.
    """
    row = connection.execute(_SEGMENT.encode()).fetchone()
    return "" if row is None else str(row[0])
