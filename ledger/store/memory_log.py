"""The twin of the Postgres log, in memory: the same contract, for tests and for judging without a store.

Rows are appended to indexes at once and cut off again when a block rolls back; readers never see past the committed
size. Nothing is kept when the process ends.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import Condition, Lock, RLock
from typing import TypeAlias
from uuid import UUID

from ledger.store.bounds import check_bounds, check_following
from ledger.store.errors import Rejected
from ledger.store.log import Direction, Subject
from ledger.store.rows import EMPTY, EdgeRow, FactRow, Head, KeyRow, Sifted, Stored, TagRow, Wanted

Key: TypeAlias = tuple[str, UUID]
Link: TypeAlias = tuple[str, str, str, int]
Term: TypeAlias = tuple[str, Sequence[str]]


class MemoryLog:
    """A log in memory; safe for any number of threads."""

    def __init__(self, origin: str) -> None:
        """Open an empty log.

        Args:
            origin: name of the log.
        """
        self._origin = origin
        self._writers = Lock()
        self._tables = _Tables()
        self._moved = Condition()
        self._head = EMPTY

    @property
    def origin(self) -> str:
        """Name of the log."""
        return self._origin

    @contextmanager
    def reading(self) -> Iterator["MemoryReading"]:
        """Lend a way to read what is committed."""
        yield MemoryReading(self._tables, lambda: self._head)

    @contextmanager
    def appending(self) -> Iterator["MemoryAppending"]:
        """Take the writers' lock; leaving the block commits, an exception rolls back.

        Raises:
            Rejected: by `append`, at once.
        """
        with self._writers:
            block = MemoryAppending(self._tables, self._head)
            try:
                yield block
            except BaseException:
                self._tables.cut(self._head.size)
                raise
            with self._moved:
                self._tables.keys.update(block.spent)
                self._head = block.head()
                self._moved.notify_all()

    def barrier(self) -> None:
        """Return at once: memory has no standby."""

    def unfit(self, now: Callable[[], datetime] | None) -> str:
        """Return nothing: memory has no settings, and no clock but ours."""
        del now
        return ""

    def wait(self, after: int, timeout: float) -> int:
        """Wait until the head has passed `after`, at most `timeout` seconds; return its size."""
        with self._moved:
            self._moved.wait_for(lambda: self._head.size > after, timeout)
            return self._head.size

    def close(self) -> None:
        """Do nothing; memory is let go with the log."""


class _Tables:
    """All rows with the indexes that the Postgres log has."""

    def __init__(self) -> None:
        self.latch = RLock()
        self.facts: list[FactRow] = []
        self.keys: dict[Key, KeyRow] = {}
        self.heads: dict[int, Head] = {}
        self.by_tag: dict[tuple[str, str], list[int]] = defaultdict(list)
        self.types_of_tag: dict[str, set[str]] = defaultdict(set)
        self.by_type: dict[str, list[int]] = defaultdict(list)
        self.by_mark: dict[str, list[int]] = defaultdict(list)
        self.by_organisation: dict[str, list[int]] = defaultdict(list)
        self.by_child: dict[str, list[tuple[int, EdgeRow]]] = defaultdict(list)
        self.by_parent: dict[str, list[tuple[int, EdgeRow]]] = defaultdict(list)

    def add(self, row: FactRow) -> None:
        with self.latch:
            self.facts.append(row)
            self.by_type[row.type].append(row.position)
            self.by_organisation[row.organisation].append(row.position)
            for mark in row.marks:
                self.by_mark[mark].append(row.position)
            for tag in row.tags:
                self.by_tag[tag.tag, tag.type].append(row.position)
                self.types_of_tag[tag.tag].add(tag.type)
            for edge in row.edges:
                self.by_child[edge.child].append((row.position, edge))
                self.by_parent[edge.parent].append((row.position, edge))

    def cut(self, size: int) -> None:
        """Take the rows after `size` off every index, newest first."""
        with self.latch:
            while len(self.facts) > size:
                row = self.facts.pop()
                self.by_type[row.type].pop()
                self.by_organisation[row.organisation].pop()
                for mark in row.marks:
                    self.by_mark[mark].pop()
                for tag in row.tags:
                    self.by_tag[tag.tag, tag.type].pop()
                for edge in row.edges:
                    self.by_child[edge.child].pop()
                    self.by_parent[edge.parent].pop()
            while self.heads and next(reversed(self.heads)) > size:
                self.heads.popitem()

    def borne(self, tag: str) -> bool:
        """Whether any fact bears a tag."""
        return any(self.by_tag.get((tag, type_)) for type_ in self.types_of_tag.get(tag, ()))

    def meeting(self, condition: Term, after: int, last: int) -> Iterator[int]:
        """Positions of the facts that meet one condition of a search."""
        what, values = condition
        for value in values:
            indexes: list[Sequence[int]] = []
            if what == "tag":
                indexes = [self.by_tag.get((value, type_), ()) for type_ in self.types_of_tag.get(value, ())]
            elif what == "mark":
                indexes = [self.by_mark.get(value, ())]
            elif what == "organisation":
                indexes = [self.by_organisation.get(value, ())]
            elif what == "type":
                own = self.by_type.get(value, ())
                indexes = [own, self.by_mark.get(f"refused:{value}", ())]
            for index in indexes:
                yield from _between(index, after, last)


class MemoryReading:
    """Reads of what is committed; inside a writer's block, of the block's own rows too."""

    def __init__(self, tables: _Tables, head: Callable[[], Head]) -> None:
        """Bind the rows to the head that bounds them."""
        self._tables = tables
        self._head_now = head

    def head(self) -> Head:
        """Newest end of the log."""
        return self._head_now()

    def head_at(self, size: int) -> Head | None:
        """End of the log when it held so many facts."""
        return self._tables.heads.get(size) if size <= self.head().size else None

    def load(
        self, keys: Sequence[Subject], through: int, after: int = 0, most: int | None = None
    ) -> list[list[Stored]]:
        """Facts per (tag, types), in order."""
        last = self._last(through)
        with self._tables.latch:
            found = []
            for tag, types in keys:
                runs = [self._positions([(tag, type_)], after, last)[:most] for type_ in types]
                end = min((run[-1] for run in runs if len(run) == most), default=last)
                found.append(self._stored(sorted({at for run in runs for at in run if at <= end})))
            return found

    def met(self, tags: Sequence[str]) -> list[tuple[str, bool, bool]]:
        """Which tags facts bear, and from which links lead up."""
        with self._tables.latch:
            return [(tag, self._tables.borne(tag), bool(self._tables.by_child.get(tag))) for tag in dict.fromkeys(tags)]

    def facts(self, positions: Sequence[int]) -> list[Stored]:
        """Facts at these positions, in order."""
        last = self._last(max(positions, default=0))
        return self._stored(sorted({at for at in positions if 0 < at <= last}))

    def scan(self, after: int, through: int, limit: int) -> list[Stored]:
        """The whole log, in order."""
        first = max(after, 0) + 1
        return self._stored(range(first, min(self._last(through), first - 1 + limit) + 1))

    def search(self, tags: Sequence[str], types: Sequence[str], after: int, through: int, limit: int) -> list[Stored]:
        """Facts that bear every tag under one of the types."""
        if not tags:
            return self.types(types, after, through, limit) if types else self.scan(after, through, limit)
        last = self._last(through)
        with self._tables.latch:
            wanted = set(types) if types else set(self._tables.types_of_tag.get(tags[0], ()))
            found: set[int] = set()
            for type_ in wanted:
                bearing = [set(self._positions([(tag, type_)], after, last)) for tag in set(tags)]
                found |= set.intersection(*bearing)
            return self._stored(sorted(found)[:limit])

    def types(self, types: Sequence[str], after: int, through: int, limit: int) -> list[Stored]:
        """Facts of these types, in order."""
        last = self._last(through)
        with self._tables.latch:
            runs = (_between(self._tables.by_type.get(type_, ()), after, last) for type_ in set(types))
            return self._stored(sorted(at for run in runs for at in run)[:limit])

    def edges(self, tags: Sequence[str], direction: Direction, through: int, limit: int) -> list[tuple[EdgeRow, int]]:
        """Links reachable from the tags, as known at `through`."""
        last = self._last(through)
        reached, waiting = set(tags), deque(dict.fromkeys(tags))
        found: list[tuple[EdgeRow, int]] = []
        with self._tables.latch:
            while waiting and len(found) < limit:
                for edge, position in self._live(waiting.popleft(), direction, last):
                    found.append((edge, position))
                    beyond = edge.parent if direction == "up" else edge.child
                    if beyond not in reached:
                        reached.add(beyond)
                        waiting.append(beyond)
        return sorted(found[:limit], key=lambda pair: (pair[1], *_link(pair[0])))

    def borne(self, tags: Sequence[str], through: int, most: int) -> list[list[Stored]]:
        """The oldest facts that bear each tag."""
        last = self._last(through)
        with self._tables.latch:
            types = self._tables.types_of_tag
            found = [self._positions([(tag, type_) for type_ in types.get(tag, ())], 0, last)[:most] for tag in tags]
            return [self._stored(positions) for positions in found]

    def bearers(self, tags: Sequence[str], through: int, most: int, type_: str = "") -> list[tuple[str, int, str]]:
        """The oldest rows of each tag that a fact bears as its own."""
        last, found = self._last(through), []
        with self._tables.latch:
            for tag in sorted(set(tags)):
                rows = [
                    (tag, at, filed)
                    for filed in self._tables.types_of_tag.get(tag, ())
                    if filed == (type_ or filed)
                    for at in self._positions([(tag, filed)], 0, last)
                    if TagRow(tag, filed) in self._tables.facts[at - 1].tags
                ]
                found += sorted(rows, key=lambda row: (row[1], row[2]))[:most]
        return found

    def tag_rows(self, after: int, through: int) -> list[tuple[int, TagRow]]:
        """Every tag row of these positions."""
        rows = self._tables.facts[max(after, 0) : self._last(through)]
        return [(row.position, tag) for row in rows for tag in sorted(row.tags, key=lambda tag: (tag.tag, tag.type))]

    def edge_rows(self, after: int, through: int) -> list[tuple[int, EdgeRow]]:
        """Every edge row of these positions."""
        rows = self._tables.facts[max(after, 0) : self._last(through)]
        return [(row.position, edge) for row in rows for edge in sorted(row.edges, key=_link)]

    def mark_rows(self, after: int, through: int) -> list[tuple[int, str]]:
        """Every mark of these positions."""
        rows = self._tables.facts[max(after, 0) : self._last(through)]
        return [(row.position, mark) for row in rows for mark in sorted(row.marks)]

    def sift(self, wanted: Wanted, after: int, through: int, limit: int, *, newest: bool) -> Sifted:
        """The next facts that could be wanted, and those of them that are."""
        last = self._last(through)
        with self._tables.latch:
            met = [set(self._tables.meeting(condition, after, last)) for condition in _conditions(wanted)]
            leading = min(met, key=len, default=set(range(max(after, 0) + 1, last + 1)))
            looked = sorted(leading, reverse=newest)[:limit]
            unwanted = {at for mark in wanted.unmarked for at in self._tables.by_mark.get(mark, ())}
            found = tuple(at for at in looked if all(at in one for one in met) and at not in unwanted)
        if len(looked) < limit:
            return Sifted(found, after, after)
        return Sifted(found, after, looked[-1] - 1) if newest else Sifted(found, looked[-1], through)

    def keys(self, wanted: Sequence[Key]) -> dict[Key, KeyRow]:
        """The spent keys among the wanted."""
        return {key: self._tables.keys[key] for key in wanted if key in self._tables.keys}

    def key_rows(self, after: int, through: int) -> list[KeyRow]:
        """Every key that answers with one of these positions first."""
        last = self._last(through)
        with self._tables.latch:
            found = [key for key in self._tables.keys.values() if after < key.position <= last]
        return sorted(found, key=lambda key: (key.position, key.id))

    def _last(self, through: int) -> int:
        return min(through, self.head().size)

    def _positions(self, indexes: Iterable[tuple[str, str]], after: int, last: int) -> list[int]:
        runs = (_between(self._tables.by_tag.get(index, ()), after, last) for index in indexes)
        return sorted({at for run in runs for at in run})

    def _stored(self, positions: Iterable[int]) -> list[Stored]:
        rows = (self._tables.facts[at - 1] for at in positions)
        return [
            Stored(row.position, row.type, row.organisation, row.recorded_at, row.record, row.salt, row.leaf)
            for row in rows
        ]

    def _live(self, tag: str, direction: Direction, last: int) -> list[tuple[EdgeRow, int]]:
        index = self._tables.by_child if direction == "up" else self._tables.by_parent
        newest: dict[Link, tuple[EdgeRow, int]] = {}
        for position, edge in index.get(tag, ()):
            if position <= last:
                newest[_link(edge)] = (edge, position)
        return [pair for _, pair in sorted(newest.items()) if pair[0].live]


class MemoryAppending(MemoryReading):
    """What a writer has while it holds the writers' lock."""

    def __init__(self, tables: _Tables, head: Head) -> None:
        """Start from the committed head."""
        super().__init__(tables, lambda: self._end)
        self._end = head
        self.spent: dict[Key, KeyRow] = {}

    def clock(self) -> int | None:
        """Memory has no clock of its own."""
        return None

    def append(self, rows: Sequence[FactRow], keys: Sequence[KeyRow], head: Head) -> None:
        """Store rows, spend keys, move the head.

        Raises:
            Misplaced: they do not follow the head.
            Rejected: they cannot be stored.
        """
        check_following(self._end, rows, head)
        check_bounds(rows, keys)
        for key in keys:
            if self.keys([(key.organisation, key.id)]):
                message = f"key {key.id} of {key.organisation} is spent already"
                raise Rejected(message, "23505")
            self.spent[key.organisation, key.id] = key
        for row in rows:
            self._tables.add(row)
        if rows:
            self._tables.heads[head.size] = head
        self._end = head

    def keys(self, wanted: Sequence[Key]) -> dict[Key, KeyRow]:
        """The spent keys among the wanted, the block's own included."""
        return super().keys(wanted) | {key: self.spent[key] for key in wanted if key in self.spent}


def _conditions(wanted: Wanted) -> list[Term]:
    """What a fact must meet, each on its own."""
    each: list[Term] = [("tag", (tag,)) for tag in wanted.tags]
    each += [("mark", (mark,)) for mark in wanted.marks]
    each += [("type", wanted.types)] if wanted.types else []
    return [*each, ("organisation", (wanted.organisation,))] if wanted.organisation else each


def _between(positions: Sequence[int], after: int, last: int) -> Sequence[int]:
    return positions[bisect_right(positions, after) : bisect_left(positions, last + 1)]


def _link(edge: EdgeRow) -> Link:
    return (edge.child, edge.parent, edge.kind, edge.source)
