"""The log on Postgres: who connects, who holds the lock, and what an error means.

What an error means is decided here, once, by the state of the connection and by SQLSTATE (see errors.py): the
driver's exception classes do not say whether a connection was lost or a row is at fault.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from queue import Empty, Full, LifoQueue
from threading import Lock
from typing import Final, NamedTuple

import psycopg
from psycopg.pq import TransactionStatus

from ledger.postgres.attended import SILENT_SECONDS
from ledger.postgres.connection import SCHEMA, Connection, open_connection
from ledger.postgres.doctor import UnfitError, require_fit
from ledger.postgres.migrations import migrate, require_current
from ledger.postgres.surroundings import clocks
from ledger.store import statements
from ledger.store.errors import Held, StoreError, Unfit, Unknown, from_sqlstate
from ledger.store.listener import Listener, stale
from ledger.store.postgres_reading import PostgresAppending, PostgresReading

_IDLE_READERS = 8


class Patience(NamedTuple):
    """How long what is waited for and relied on.

    Attributes:
        frozen_after_ms: a writer idle inside its transaction for longer loses its session, so that a frozen process
            holds nobody up.
        fit_seconds: how long a writer relies on what it found out about the server's settings and its own role.
        silent_after: seconds without an answer after which the server is asked whether it still works on it.
    """

    frozen_after_ms: int = 5_000
    fit_seconds: float = 5.0
    silent_after: float = SILENT_SECONDS


USUAL: Final = Patience()
"""Unless told otherwise."""


class WrongLogError(Exception):
    """The database holds no log, or another one than was asked for."""


def create_log(dsn: str, origin: str, *, schema: str = SCHEMA) -> None:
    """Bring the schema to this version and name the log; safe to repeat.

    Args:
        dsn: of an owner.
        origin: name of the log, permanent.
        schema: where its tables are.

    Raises:
        WrongLogError: the log there has another name.
        MigrationError: the schema does not fit this version.
        psycopg.Error: the database refuses.
    """
    migrate(dsn, schema=schema)
    with open_connection(dsn, application="coi migrate", schema=schema) as connection:
        connection.execute("insert into log (origin) values (%s) on conflict do nothing", (origin,))
        _origin(connection, origin)


def named_in(dsn: str, *, schema: str = SCHEMA) -> str | None:
    """Return the name of the log that a database holds; None if it holds none yet.

    Raises:
        psycopg.Error: the database refuses.
    """
    with open_connection(dsn, application="coi migrate", schema=schema) as connection:
        row = connection.execute(statements.ORIGIN).fetchone()
    return None if row is None else str(row[0])


class PostgresLog:
    """One log in one schema of one database; safe for threads, one writer at a time.

    Any number of processes may open the same log: the writers' lock is kept by the server.
    """

    def __init__(
        self,
        dsn: str,
        *,
        origin: str | None = None,
        schema: str = SCHEMA,
        standbys: int = 0,
        patience: Patience = USUAL,
    ) -> None:
        """Connect once, and refuse a schema that does not fit. A server that is unfit is read, and never appended to.

        Args:
            dsn: of a role with SELECT and INSERT; not through a pooler that shares sessions.
            origin: name that the log must have; whatever it has if None.
            schema: where its tables are.
            standbys: how many must confirm each commit; 0 for whatever the server is set to.
            patience: how long what is waited for and relied on.

        Raises:
            MigrationError: the schema is not of this version.
            WrongLogError: there is no log, or another one.
            Held: the server cannot be reached.
        """
        self._dsn, self._schema, self._patience = dsn, schema, patience
        self._standbys, self._fit_until = standbys, 0.0
        self._turn = Lock()
        self._writer: Connection | None = None
        self._idle: LifoQueue[Connection] = LifoQueue(_IDLE_READERS)
        self._warnings: list[str] = []
        reader = self._reader()
        try:
            require_current(reader)
            self._origin = _origin(reader, origin)
        except BaseException:
            reader.close()
            raise
        self._give_back(reader)
        digest = hashlib.sha256(f"coi-ledger writers {self._origin}".encode()).digest()
        self._lock = int.from_bytes(digest[:8], signed=True)
        self._listener = Listener(f"coi_{digest.hex()[:16]}", self._listening, self._size)

    @property
    def origin(self) -> str:
        """Name of the log."""
        return self._origin

    @property
    def opener(self) -> "partial[PostgresLog]":
        """What opens the same log again, in another process."""
        return partial(PostgresLog, self._dsn, origin=self._origin, schema=self._schema)

    @contextmanager
    def reading(self) -> Iterator[PostgresReading]:
        """Lend a pooled read-only connection; each call on it is its own transaction.

        Raises:
            Held: the server cannot be reached or failed; reading may be tried again.
            Rejected: what was asked for cannot be in the log (a text with a NUL).
        """
        reader = self._reader()
        try:
            yield PostgresReading(reader)
        except psycopg.Error as error:
            if reader.closed:
                self._close_idle()
            reader.close()
            raise from_sqlstate(error.sqlstate or "", str(error)) from error
        finally:
            self._give_back(reader)

    @contextmanager
    def appending(self) -> Iterator[PostgresAppending]:
        """Take the writers' lock; leaving the block commits, an exception rolls back.

        Raises:
            Unknown: the connection was lost or COMMIT was sent: enter again, look the keys up.
            Rejected: the rows cannot be stored.
            Unfit: the server or our role is not safe to append with.
            Held: the server cannot append now.
        """
        with self._turn:
            with self._transaction() as writer:
                block = PostgresAppending(writer, self._lock, self._listener.tell)
                yield block
                _require_whole(writer)
            self._listener.saw(block.head().size)

    def barrier(self) -> None:
        """Commit an empty message, which standbys must confirm like a fact; nothing without such standbys.

        Raises:
            Unknown: a standby did not confirm.
            Held: the server cannot be reached.
        """
        with self._turn, self._transaction() as writer:
            if writer.execute(statements.STANDBYS).fetchone() == (True,):
                writer.execute(statements.BARRIER)

    def unfit(self, now: Callable[[], datetime] | None) -> str:
        """Return why the server must not be appended to, and the way out; empty when it may.

        Raises:
            Held: the server cannot be reached.
        """
        reader = self._reader()
        try:
            require_fit(reader, standbys=self._standbys)
            apart = None if now is None else clocks(reader, now)
        except UnfitError as error:
            return str(error)
        except psycopg.Error as error:
            reader.close()
            raise Held(str(error), error.sqlstate or "") from error
        finally:
            self._give_back(reader)
        return "" if apart is None or apart.ok else f"{apart.name}: {apart.value}, {apart.wanted}: {apart.advice}"

    def wait(self, after: int, timeout: float) -> int:
        """Wait until the head has passed `after`, at most `timeout` seconds; return its size.

        Raises:
            Held: the server cannot be reached.
        """
        return self._listener.wait(after, timeout)

    def close(self) -> None:
        """End all connections."""
        self._listener.close()
        with self._turn:
            if self._writer is not None:
                self._writer.close()
        self._close_idle()

    def _close_idle(self) -> None:
        """End the readers that nobody uses: where one line was lost, they are likely to be lost too."""
        with suppress(Empty):
            while True:
                self._idle.get_nowait().close()

    def _size(self) -> int:
        with self.reading() as reading:
            return reading.head().size

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """Lend the writer's connection; leaving the block commits, an exception rolls back and says what it means."""
        writer = self._writing()
        sent = False
        try:
            yield writer
            sent = True
            self._commit(writer)
        except psycopg.Error as error:
            raise self._translated(writer, error, sent=sent) from error
        except BaseException:
            self._roll_back(writer, sent=sent)
            raise

    def _commit(self, writer: Connection) -> None:
        """Commit; a warning during COMMIT says that a standby did not confirm although the row is visible here."""
        self._warnings.clear()
        writer.commit()
        if self._warnings:
            raise Unknown(self._warnings[0])

    def _translated(self, writer: Connection, error: psycopg.Error, *, sent: bool) -> StoreError:
        """Roll back and say what the error means."""
        lost = self._roll_back(writer, sent=sent)
        if lost or sent:
            return Unknown(str(error), error.sqlstate or "")
        return from_sqlstate(error.sqlstate or "", str(error))

    def _roll_back(self, writer: Connection, *, sent: bool) -> bool:
        """Leave no transaction behind; True if the connection was lost before we could."""
        lost = writer.closed or writer.info.transaction_status == TransactionStatus.UNKNOWN
        if not lost:
            with suppress(psycopg.Error):
                writer.rollback()
        if lost or sent or writer.info.transaction_status != TransactionStatus.IDLE:
            writer.close()
            self._writer = None
        return lost

    def _writing(self) -> Connection:
        """The writer's connection, in no transaction; a new one if the server has let go of the last."""
        if self._writer is not None and stale(self._writer):
            self._writer.close()
            self._writer = None
        if self._writer is None:
            self._writer = self._connect(idle_limit_ms=self._patience.frozen_after_ms, read_only=False)
            self._fit_until = 0.0
        if time.monotonic() >= self._fit_until:
            self._require_fit(self._writer)
        return self._writer

    def _require_fit(self, writer: Connection) -> None:
        """Look at the server and our role as this session sees them; settings may change while we are connected."""
        try:
            require_fit(writer, standbys=self._standbys)
            writer.rollback()
        except UnfitError as error:
            writer.close()
            raise Unfit(str(error)) from error
        except psycopg.Error as error:
            writer.close()
            raise Held(str(error), error.sqlstate or "") from error
        self._fit_until = time.monotonic() + self._patience.fit_seconds

    def _reader(self) -> Connection:
        with suppress(Empty):
            while True:
                reader = self._idle.get_nowait()
                if not stale(reader):
                    return reader
                reader.close()
        return self._connect(idle_limit_ms=0, read_only=True)

    def _give_back(self, reader: Connection) -> None:
        """Keep a reader that is between statements, unless there are enough."""
        if not reader.closed and reader.info.transaction_status == TransactionStatus.IDLE:
            with suppress(Full):
                self._idle.put_nowait(reader)
                return
        reader.close()

    def _listening(self) -> Connection:
        return self._connect(idle_limit_ms=0, read_only=True)

    def _connect(self, *, idle_limit_ms: int, read_only: bool) -> Connection:
        try:
            opened = open_connection(
                self._dsn,
                application="coi ledger" if not read_only else "coi ledger reader",
                schema=self._schema,
                read_only=read_only,
                idle_limit_ms=idle_limit_ms,
                on_warning=self._warnings.append if not read_only else None,
            )
        except psycopg.Error as error:
            raise Held(str(error), error.sqlstate or "") from error
        opened.silent_after = self._patience.silent_after
        return opened


def _require_whole(writer: Connection) -> None:
    """Refuse to commit a transaction of which a statement failed: Postgres would roll it back and say nothing."""
    if writer.info.transaction_status == TransactionStatus.INERROR:
        raise Held("a statement of this block failed, so nothing of it was stored", "25P02")


def _origin(connection: Connection, wanted: str | None) -> str:
    row = connection.execute(statements.ORIGIN).fetchone()
    if row is None:
        raise WrongLogError("the database holds no log yet: run `coi migrate`")
    found = str(row[0])
    if wanted is not None and found != wanted:
        raise WrongLogError(f"the database holds the log {found}, not {wanted}")
    return found
