"""Lists kept in memory: the twin of those on Postgres, for tests and for a ledger in memory."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock, RLock

import msgspec

from ledger.store.moments import moment_of
from ledger.views.entries import STANDS, Change, Entry, Group, Key, Place, Progress, Touch, Wanted


class MemoryViews:
    """Entries in memory; safe for threads."""

    def __init__(self) -> None:
        """Keeps nothing yet."""
        self._turn, self._latch = Lock(), RLock()
        self._progress: dict[str, Progress] = {}
        self._entries: dict[Key, dict[tuple[str, int], Entry]] = defaultdict(dict)
        self._rests: dict[Key, frozenset[Touch]] = {}
        self._readers: dict[Touch, set[Key]] = defaultdict(set)

    def progress(self) -> dict[str, Progress]:
        """See Views."""
        with self._latch:
            return dict(self._progress)

    def begin(self, fresh: Sequence[Progress]) -> None:
        """See Views."""
        with self._latch:
            self.forget([one.list for one in fresh])
            self._progress.update((one.list, one) for one in fresh)

    def forget(self, names: Sequence[str]) -> None:
        """See Views."""
        with self._latch:
            for key in [key for key in self._entries if key[0] in names]:
                del self._entries[key]
            for key in [key for key in self._rests if key[0] in names]:
                self._rest(key, frozenset())
            for name in names:
                self._progress.pop(name, None)

    @contextmanager
    def leading(self) -> Iterator[bool]:
        """See Views."""
        mine = self._turn.acquire(blocking=False)
        try:
            yield mine
        finally:
            if mine:
                self._turn.release()

    def readers(self, touches: Iterable[Touch]) -> list[tuple[Touch, Key]]:
        """See Views."""
        with self._latch:
            return [(touch, key) for touch in touches for key in sorted(self._readers.get(touch, ()))]

    def rests(self, keys: Iterable[Key]) -> dict[Key, frozenset[Touch]]:
        """See Views."""
        with self._latch:
            return {key: self._rests[key] for key in keys if key in self._rests}

    def standing(self, keys: Iterable[Key]) -> dict[Key, list[Entry]]:
        """See Views."""
        with self._latch:
            found = {
                key: [one for one in self._entries[key].values() if one.gone == STANDS]
                for key in keys
                if key in self._entries
            }
        return {key: entries for key, entries in found.items() if entries}

    def apply(self, change: Change) -> bool:
        """See Views."""
        with self._latch:
            if any(self._progress[name].position != change.after for name in change.lists):
                return False
            for one in (*change.closed, *change.entries):
                self._entries[one.list, one.root][one.part, one.since] = one
            for key, touches in change.rests.items():
                self._rest(key, touches)
            for name in change.lists:
                self._progress[name] = msgspec.structs.replace(self._progress[name], position=change.through)
        return True

    def _rest(self, key: Key, touches: frozenset[Touch]) -> None:
        for gone in self._rests.pop(key, frozenset()) - touches:
            self._readers[gone].discard(key)
        if touches:
            self._rests[key] = touches
        for touch in touches:
            self._readers[touch].add(key)

    def page(self, wanted: Wanted) -> list[Entry]:
        """See Views."""
        found = [one for one in self._matching(wanted) if _place(one) > wanted.after]
        return sorted(found, key=_place)[: wanted.limit]

    def groups(self, wanted: Wanted, by: str) -> list[Group]:
        """See Views."""
        found: dict[str, list[int | None]] = defaultdict(list)
        for one in self._matching(wanted):
            for key in _keys(one, by):
                found[key].append(one.measure)
        return [_counted(key, found[key]) for key in sorted(found)][: wanted.limit]

    def _matching(self, wanted: Wanted) -> Iterator[Entry]:
        with self._latch:
            entries = [one for key, kept in self._entries.items() if key[0] == wanted.list for one in kept.values()]
        for one in entries:
            if (
                one.stood(wanted.known)
                and wanted.start <= one.at < wanted.end
                and one.begun <= wanted.begun
                and set(wanted.labels) <= set(one.labels)
            ):
                yield one

    def all(self, name: str) -> Iterator[Entry]:
        """See Views."""
        with self._latch:
            found = [one for key, kept in self._entries.items() if key[0] == name for one in kept.values()]
        yield from sorted(found, key=lambda one: (one.root, one.part, one.since))

    def close(self) -> None:
        """See Views."""


def _place(one: Entry) -> Place:
    return Place(one.at, one.root, one.part)


def _keys(one: Entry, by: str) -> list[str]:
    if by == "month":
        return [f"{moment_of(one.at):%Y-%m}"]
    return [label for label in one.labels if label.startswith(f"{by}:")]


def _counted(key: str, measures: list[int | None]) -> Group:
    known = [measure for measure in measures if measure is not None]
    if not known:
        return Group(key, len(measures))
    return Group(key, len(measures), sum(known), min(known), int(statistics.median(known)), max(known))
