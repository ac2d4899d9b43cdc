"""Lists kept on Postgres, in a schema of their own, by a role of their own.

Reading takes pooled connections of the role that asks; catching up has one session that takes on the role of the lists,
so it can change them and nothing else. Errors of the driver are said in the store's words.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from queue import Empty, Full, LifoQueue
from threading import Lock
from typing import Any, Final

import msgspec

from ledger.postgres.columns import Column
from ledger.postgres.connection import SCHEMA, Connection, DriverError, open_connection
from ledger.store.errors import Held, from_sqlstate
from ledger.store.listener import stale
from ledger.views import statements
from ledger.views.entries import Change, Entry, Group, Key, Progress, Touch, Wanted

ROLE: Final = "coi_ledger_views"
"""The role that may change lists."""

_MAY_NOT: Final = ("42501", "25006")
"""The role may not, or the server takes no writes."""

_IDLE: Final = 4
_BLOCK: Final = 1_000


class PostgresViews:
    """Lists in one schema of one database; safe for threads and for any number of processes."""

    def __init__(self, dsn: str, *, schema: str = SCHEMA, check: bool = False) -> None:
        """Bind to a database; nothing is opened until something is asked.

        Args:
            dsn: of a role that may take on the role of the lists; one that may not, reads.
            schema: of the log.
            check: the second set of tables, by which the first is checked.
        """
        self._dsn, self._schema = dsn, f"{schema}_views{'_check' if check else ''}"
        self._idle: LifoQueue[Connection] = LifoQueue(_IDLE)
        self._turn = Lock()
        self._writer: Connection | None = None

    def progress(self) -> dict[str, Progress]:
        """See Views."""
        with self._reading() as reader:
            return {row[0]: Progress(*row) for row in reader.execute(statements.PROGRESS.encode(), prepare=True)}

    def begin(self, fresh: Sequence[Progress]) -> None:
        """See Views.

        Raises:
            StoreError: the role may not, or the server cannot be reached.
        """
        with self._transaction() as writer:
            _forget(writer, [one.list for one in fresh])
            for one in fresh:
                writer.execute(statements.BEGIN.encode(), (one.list, one.revision, one.position))

    def forget(self, names: Sequence[str]) -> None:
        """See Views.

        Raises:
            StoreError: as `begin`.
        """
        with self._transaction() as writer:
            _forget(writer, names)

    @contextmanager
    def leading(self) -> Iterator[bool]:
        """See Views; False too where the role may not change lists, or the server takes no writes."""
        if not self._turn.acquire(blocking=False):
            yield False
            return
        try:
            mine = self._lead()
            yield mine
            if mine:
                self._yield_turn()
        finally:
            self._turn.release()

    def _lead(self) -> bool:
        try:
            writer = self._writing()
            mine = writer.execute(statements.TURN).fetchone() == (True,)
            writer.commit()
        except DriverError as error:
            self._drop_writer()
            if error.sqlstate in _MAY_NOT:
                return False
            raise from_sqlstate(error.sqlstate or "", str(error)) from error
        return mine

    def _yield_turn(self) -> None:
        try:
            writer = self._writing()
            writer.execute(statements.RETURN)
            writer.commit()
        except DriverError:
            self._drop_writer()  # the turn ends with the session

    def readers(self, touches: Iterable[Touch]) -> list[tuple[Touch, Key]]:
        """See Views."""
        found = self._joined(statements.READERS, touches)
        return [((tag, what), (name, root)) for tag, what, name, root in found]

    def rests(self, keys: Iterable[Key]) -> dict[Key, frozenset[Touch]]:
        """See Views."""
        found: dict[Key, set[Touch]] = {}
        for name, root, tag, what in self._joined(statements.RESTS, keys):
            found.setdefault((name, root), set()).add((tag, what))
        return {key: frozenset(touches) for key, touches in found.items()}

    def standing(self, keys: Iterable[Key]) -> dict[Key, list[Entry]]:
        """See Views."""
        found: dict[Key, list[Entry]] = {}
        for one in map(_entry, self._joined(statements.STANDING, keys)):
            found.setdefault((one.list, one.root), []).append(one)
        return found

    def _joined(self, statement: str, pairs: Iterable[tuple[str, str]]) -> list[tuple[Any, ...]]:
        columns = _turned(list(pairs))
        if not columns:
            return []
        with self._reading() as reader:
            return reader.execute(statement.encode(), columns, prepare=True).fetchall()

    def apply(self, change: Change) -> bool:
        """See Views.

        Raises:
            StoreError: the server cannot be reached.
        """
        with self._transaction() as writer:
            moved = writer.execute(statements.MOVE.encode(), (change.through, list(change.lists), change.after))
            if moved.rowcount != len(change.lists):
                writer.rollback()
                return False
            _close(writer, change.closed)
            _insert(writer, change.entries)
            _rest(writer, change)
        return True

    def page(self, wanted: Wanted) -> list[Entry]:
        """See Views."""
        statement = statements.PAGE_LABELLED if wanted.labels else statements.PAGE
        with self._reading() as reader:
            return [_entry(row) for row in reader.execute(statement.encode(), given(wanted), prepare=True)]

    def groups(self, wanted: Wanted, by: str) -> list[Group]:
        """See Views."""
        statement = statements.GROUPS[bool(wanted.labels), by == "month"]
        with self._reading() as reader:
            rows = reader.execute(statement.encode(), {**given(wanted), "by": f"{by}:"}, prepare=True)
            return [Group(*row) for row in rows]

    def all(self, name: str) -> Iterator[Entry]:
        """See Views."""
        place = {"root": "", "part": "", "since": 0}
        while True:
            with self._reading() as reader:
                asked = {"list": name, **place, "limit": _BLOCK}
                found = [_entry(row) for row in reader.execute(statements.ALL.encode(), asked, prepare=True)]
            yield from found
            if len(found) < _BLOCK:
                return
            place = {"root": found[-1].root, "part": found[-1].part, "since": found[-1].since}

    def close(self) -> None:
        """End all connections."""
        with self._turn:
            self._drop_writer()
        with suppress(Empty):
            while True:
                self._idle.get_nowait().close()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        reader = self._reader()
        try:
            yield reader
        except DriverError as error:
            reader.close()
            raise from_sqlstate(error.sqlstate or "", str(error)) from error
        finally:
            if not reader.closed:
                try:
                    self._idle.put_nowait(reader)
                except Full:
                    reader.close()

    def _reader(self) -> Connection:
        with suppress(Empty):
            while True:
                found = self._idle.get_nowait()
                if not stale(found):
                    return found
                found.close()
        try:
            return open_connection(self._dsn, application="coi lists", schema=self._schema, read_only=True)
        except DriverError as error:
            raise Held(str(error), error.sqlstate or "") from error

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            writer = self._writing()
            yield writer
            writer.commit()
        except DriverError as error:
            self._drop_writer()
            raise from_sqlstate(error.sqlstate or "", str(error)) from error

    def _writing(self) -> Connection:
        if self._writer is None or stale(self._writer):
            self._drop_writer()
            writer = open_connection(self._dsn, application="coi lists", schema=self._schema)
            try:
                writer.execute(statements.UNHURRIED.encode())
                writer.execute(f"set role {ROLE}".encode())
                writer.commit()
            except DriverError:
                writer.close()
                raise
            self._writer = writer
        return self._writer

    def _drop_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def given(wanted: Wanted) -> dict[str, Any]:
    """Return the parameters of a page."""
    return {
        "list": wanted.list,
        "known": wanted.known,
        "begun": wanted.begun,
        "start": wanted.start,
        "end": wanted.end,
        "at": wanted.after.at,
        "root": wanted.after.root,
        "part": wanted.after.part,
        "limit": wanted.limit,
        "lead": wanted.labels[0] if wanted.labels else "",
        "others": list(wanted.labels[1:]),
    }


def _entry(row: tuple[Any, ...]) -> Entry:
    name, root, part, since, gone, at, begun, measure, labels, cells = row
    return Entry(name, root, part, since, gone, at, begun, measure, tuple(labels), bytes(cells))


def _turned(rows: Iterable[tuple[Any, ...]]) -> tuple[Column, ...]:
    return tuple(map(Column, zip(*rows, strict=True)))


def _forget(writer: Connection, names: Sequence[str]) -> None:
    for forget in statements.FORGET:
        writer.execute(forget.encode(), (list(names),))


def _close(writer: Connection, closed: Sequence[Entry]) -> None:
    if not closed:
        return
    rows = [(one.list, one.root, one.part, one.since, one.gone) for one in closed]
    writer.execute(statements.CLOSE_ENTRIES.encode(), _turned(rows), prepare=True)
    labels = [
        (one.list, label, one.at, one.root, one.part, one.since, one.gone) for one in closed for label in one.labels
    ]
    if labels:
        writer.execute(statements.CLOSE_LABELS.encode(), _turned(labels), prepare=True)


def _insert(writer: Connection, entries: Sequence[Entry]) -> None:
    if not entries:
        return
    rows = [(e.list, e.root, e.part, e.since, e.gone, e.at, e.begun, *_sent(e), e.cells) for e in entries]
    writer.execute(statements.INSERT_ENTRY.encode(), _turned(rows), prepare=True)
    labels = [
        (one.list, label, one.gone, one.at, one.root, one.part, one.since, one.begun)
        for one in entries
        for label in one.labels
    ]
    if labels:
        writer.execute(statements.INSERT_LABELS.encode(), _turned(labels), prepare=True)


def _sent(one: Entry) -> tuple[str, str]:
    """The measure and the labels of a row, as they are sent in columns."""
    return "" if one.measure is None else str(one.measure), msgspec.json.encode(one.labels).decode()


def _rest(writer: Connection, change: Change) -> None:
    if not change.rests:
        return
    writer.execute(statements.DELETE_RESTS.encode(), _turned(list(change.rests)), prepare=True)
    rows = [(tag, what, name, root) for (name, root), touches in change.rests.items() for tag, what in sorted(touches)]
    if rows:
        writer.execute(statements.INSERT_RESTS.encode(), _turned(rows), prepare=True)
