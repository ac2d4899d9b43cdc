"""Reads and the one append on an open Postgres connection; who opens it, and what its errors mean, is in postgres_log.

Errors of psycopg pass through here untouched. Nothing here uses a pipeline: psycopg leaves one with a Flush after its
Sync, and Postgres 15 to 18 stop the clock of idle_in_transaction_session_timeout at a Flush, so that a writer that was
frozen while it waited for the lock, or for its inserts, kept the lock for good and every other server waited with it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from psycopg import Cursor

from ledger.evidence.merkle import Frontier
from ledger.postgres.columns import Column
from ledger.postgres.connection import Connection
from ledger.store import sifting, statements
from ledger.store.bounds import check_following
from ledger.store.errors import Rejected
from ledger.store.log import Direction, Subject
from ledger.store.rows import EMPTY, EdgeRow, FactRow, Head, KeyRow, Sifted, Stored, TagRow, Wanted


class PostgresReading:
    """Reads on one connection."""

    def __init__(self, connection: Connection) -> None:
        """Read through this connection."""
        self._cursor = connection.cursor(binary=True)

    def head(self) -> Head:
        """Newest end of the log."""
        return _head(self._ask(statements.HEAD).fetchone())

    def head_at(self, size: int) -> Head | None:
        """End of the log when it held so many facts."""
        row = self._ask(statements.HEAD_AT, (size,)).fetchone()
        return None if row is None else _head(row)

    def load(
        self, keys: Sequence[Subject], through: int, after: int = 0, most: int | None = None
    ) -> list[list[Stored]]:
        """Facts per (tag, types), in order, in one query."""
        pairs = [(number, tag, type_) for number, (tag, types) in enumerate(keys) for type_ in types]
        found: list[list[Stored]] = [[] for _ in keys]
        counted, ended = Counter[tuple[int, str]](), set[int]()
        if pairs:
            for number, type_, *columns in self._all(statements.LOAD, (*_turned(pairs), after, through, most)):
                facts = found[number]
                if number not in ended and (not facts or facts[-1].position != columns[0]):
                    facts.append(Stored(*columns))
                counted[number, type_] += 1
                if counted[number, type_] == most:
                    ended.add(number)
        return found

    def met(self, tags: Sequence[str]) -> list[tuple[str, bool, bool]]:
        """Which tags facts bear, and from which links lead up, in one query."""
        if not tags:
            return []
        return [(tag, borne, linked) for tag, borne, linked in self._all(statements.MET, (list(dict.fromkeys(tags)),))]

    def facts(self, positions: Sequence[int]) -> list[Stored]:
        """Facts at these positions, in order."""
        return self._stored(statements.FACTS, (list(positions),)) if positions else []

    def scan(self, after: int, through: int, limit: int) -> list[Stored]:
        """The whole log, in order."""
        return self._stored(statements.SCAN, (after, through, limit))

    def search(self, tags: Sequence[str], types: Sequence[str], after: int, through: int, limit: int) -> list[Stored]:
        """Facts that bear every tag under one of the types."""
        if not tags:
            return self.types(types, after, through, limit) if types else self.scan(after, through, limit)
        given = {"tag": tags[0], "others": list(tags[1:]), "after": after, "through": through, "limit": limit}
        if types:
            return self._stored(statements.SEARCH_TYPES, {**given, "types": list(types)})
        return self._stored(statements.SEARCH_ANY, given)

    def types(self, types: Sequence[str], after: int, through: int, limit: int) -> list[Stored]:
        """Facts of these types, in order."""
        if not types:
            return []
        given = {"types": list(types), "after": after, "through": through, "limit": limit}
        return self._stored(statements.TYPES, given)

    def edges(self, tags: Sequence[str], direction: Direction, through: int, limit: int) -> list[tuple[EdgeRow, int]]:
        """Links reachable from the tags, as known at `through`, in one recursive query."""
        if not tags:
            return []
        statement = statements.UP if direction == "up" else statements.DOWN
        rows = self._all(statement, {"tags": list(tags), "through": through, "limit": limit})
        found = [(EdgeRow(*columns), position) for *columns, position in rows]
        return sorted(found, key=lambda pair: (pair[1], pair[0].child, pair[0].parent, pair[0].kind, pair[0].source))

    def borne(self, tags: Sequence[str], through: int, most: int) -> list[list[Stored]]:
        """The oldest facts that bear each tag, own or inherited, in one query."""
        found: list[list[Stored]] = [[] for _ in tags]
        if tags:
            for number, *columns in self._all(statements.BORNE, (*_turned(list(enumerate(tags))), through, most)):
                found[number].append(Stored(*columns))
        return found

    def bearers(self, tags: Sequence[str], through: int, most: int, type_: str = "") -> list[tuple[str, int, str]]:
        """(tag, position, type) of the oldest facts that bear each tag as their own, in one query."""
        if not tags:
            return []
        given = {"tags": sorted(set(tags)), "through": through, "most": most}
        if type_:
            return self._all(statements.BEARERS_OF, {**given, "type": type_})
        return self._all(statements.BEARERS, given)

    def tag_rows(self, after: int, through: int) -> list[tuple[int, TagRow]]:
        """Every tag row of these positions."""
        return [(position, TagRow(*rest)) for position, *rest in self._all(statements.TAG_ROWS, (after, through))]

    def edge_rows(self, after: int, through: int) -> list[tuple[int, EdgeRow]]:
        """Every edge row of these positions."""
        return [(position, EdgeRow(*rest)) for position, *rest in self._all(statements.EDGE_ROWS, (after, through))]

    def mark_rows(self, after: int, through: int) -> list[tuple[int, str]]:
        """Every mark of these positions."""
        return [(position, mark) for position, mark in self._all(statements.MARK_ROWS, (after, through))]

    def sift(self, wanted: Wanted, after: int, through: int, limit: int, *, newest: bool) -> Sifted:
        """The next facts that could be wanted, and those of them that are."""
        given = sifting.given(wanted)
        sizes = self._all(sifting.SIZES, {**given, "counted": sifting.COUNTED})
        what, lead = sifting.leading([(kind, value, int(count)) for kind, value, count in sizes])
        under = [type_ for (type_,) in self._all(sifting.UNDER, given)] if wanted.tags else []
        bounds = {"lead": lead, "under": under, "after": after, "through": through, "limit": limit}
        looked = self._all(sifting.SIFT[what, newest], {**given, **bounds})
        found = tuple(position for position, met in looked if met)
        if len(looked) < limit:
            return Sifted(found, after, after)
        return Sifted(found, after, looked[-1][0] - 1) if newest else Sifted(found, looked[-1][0], through)

    def keys(self, wanted: Sequence[tuple[str, UUID]]) -> dict[tuple[str, UUID], KeyRow]:
        """The spent keys among the wanted."""
        if not wanted:
            return {}
        found = (KeyRow(*columns) for columns in self._all(statements.KEYS, _turned(wanted)))
        return {(key.organisation, key.id): key for key in found}

    def key_rows(self, after: int, through: int) -> list[KeyRow]:
        """Every key that answers with one of these positions first."""
        return [KeyRow(*columns) for columns in self._all(statements.KEY_ROWS, (after, through))]

    def _ask(self, statement: str, given: Any = None) -> Cursor[tuple[Any, ...]]:  # noqa: ANN401 - as psycopg has it
        try:
            return self._cursor.execute(statement.encode(), given, prepare=True)
        except UnicodeEncodeError as cause:
            raise Rejected("a text is not Unicode", "22021") from cause

    def _all(self, statement: str, given: Any = None) -> list[tuple[Any, ...]]:  # noqa: ANN401 - as psycopg has it
        """Every row at once: going through psycopg's cursor row by row costs as much as the query itself."""
        return self._ask(statement, given).fetchall()

    def _stored(self, statement: str, given: Any) -> list[Stored]:  # noqa: ANN401 - as psycopg has it
        return [Stored(*columns) for columns in self._all(statement, given)]


class PostgresAppending(PostgresReading):
    """What a writer has while it holds the writers' lock; made by taking it."""

    def __init__(self, connection: Connection, lock: int, tell: Callable[[Connection, int], None]) -> None:
        """Take the lock in one statement, and read the head and the clock in a later one.

        Args:
            connection: not in a transaction; one is begun.
            lock: number of the writers' advisory lock.
            tell: tells waiting readers of the new size, when the transaction commits.
        """
        super().__init__(connection)
        self._connection = connection
        self._tell = tell
        self._ask(statements.LOCK, (lock,))
        *head, clock = self._ask(statements.HEAD_AND_CLOCK).fetchone() or (None, None)
        self._head = _head(tuple(head) if head[0] is not None else None)
        self._clock = None if clock is None else int(clock)

    def head(self) -> Head:
        """Newest end of the log, this block's own rows included."""
        return self._head

    def clock(self) -> int | None:
        """Clock of the server when the lock was taken, in microseconds since 1970."""
        return self._clock

    def append(self, rows: Sequence[FactRow], keys: Sequence[KeyRow], head: Head) -> None:
        """Store rows, spend keys, move the head: one round trip.

        Raises:
            Misplaced: they do not follow the head.
            Rejected: a text is not Unicode.
        """
        check_following(self._head, rows, head)
        if rows:
            self._insert(rows, keys, head)
            self._tell(self._connection, head.size)
        elif keys:
            self._ask(statements.INSERT_KEYS, _turned(_spent(keys)))
        self._head = head

    def _insert(self, rows: Sequence[FactRow], keys: Sequence[KeyRow], head: Head) -> None:
        """One statement for all tables; an empty array has no type, so what is empty is left out."""
        parts: dict[str, list[tuple[Any, ...]]] = {
            statements.INSERT_KEYS: _spent(keys),
            statements.INSERT_FACTS: [
                (r.position, r.type, r.organisation, r.recorded_at, r.record, r.salt, r.leaf) for r in rows
            ],
            statements.INSERT_TAGS: [(row.position, tag.tag, tag.type, tag.own) for row in rows for tag in row.tags],
            statements.INSERT_EDGES: [
                (row.position, e.child, e.parent, e.kind, e.source, e.live) for row in rows for e in row.edges
            ],
            statements.INSERT_MARKS: [(row.position, mark) for row in rows for mark in row.marks],
        }
        given = {statement: columns for statement, columns in parts.items() if columns}
        columns = [column for rows_of in given.values() for column in _turned(rows_of)]
        told = (head.size, head.frontier.to_bytes(), head.recorded_at, head.epoch)
        self._ask(statements.together(tuple(given), statements.INSERT_HEAD), (*columns, *told))


def _spent(keys: Sequence[KeyRow]) -> list[tuple[Any, ...]]:
    return [(key.organisation, key.id, key.hash, key.position, key.size) for key in keys]


def _turned(rows: Iterable[tuple[Any, ...]]) -> tuple[Column, ...]:
    """One row or more as columns, the arrays that unnest takes."""
    return tuple(map(Column, zip(*rows, strict=True)))


def _head(row: tuple[Any, ...] | None) -> Head:
    if row is None:
        return EMPTY
    size, frontier, recorded_at, epoch = row
    return Head(size, Frontier.from_bytes(size, frontier), recorded_at, epoch)
