"""The subjects at hand: a bounded cache of histories, and for one batch the lineage and originals that it asked for.

Everything here is a copy of what the log says up to one position, plus what the running batch has decided. After any
error it is thrown away; nothing depends on it being complete, since what is missing is loaded.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from ledger.domain.facts.record import Effect, Record
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules.case import Versions
from ledger.domain.rules.context import Missing
from ledger.domain.subjects.catalogue import SUBJECTS
from ledger.domain.subjects.history import History
from ledger.domain.subjects.subject import AnySubject, Statement, statement
from ledger.store import filing
from ledger.store.log import Reading
from ledger.store.rows import EdgeRow, Stored

MOST_ENTRIES: Final = 500_000
"""Entries kept, over all histories."""

MOST_EDGES: Final = 20_000
"""Edges read for one question about ancestors."""

_PEOPLE: Final = frozenset(("patient", "donor"))


class Mark(NamedTuple):
    """What a commit has decided up to some moment."""

    pending: int
    edges: int
    versions: dict[int, Versions | None]


class SubjectsCache:
    """Histories by (subject, tag), least recently used last; and the batch's own additions."""

    def __init__(self, most_entries: int = MOST_ENTRIES) -> None:
        """Starts empty."""
        self._most = most_entries
        self._weight = 0
        self._histories: OrderedDict[tuple[str, str], History] = OrderedDict()
        self._touched: set[tuple[str, str]] = set()
        self._pending: list[Statement] = []
        self._edges: list[EdgeRow] = []
        self._parents: dict[str, dict[str, set[tuple[str, int]]]] = {}
        self._covered: set[str] = set()
        self._uncovered: set[str] = set()
        self._versions: dict[int, Versions | None] = {}
        self._since: set[tuple[str, str]] = set()

    # Lookup

    def history(self, subject: AnySubject, tag: str) -> History | None:
        """See Lookup."""
        place = (subject.name, tag)
        found = self._histories.get(place)
        if found is not None:
            self._histories.move_to_end(place)
        return found

    def ancestors(self, tag: str) -> frozenset[str] | None:
        """See Lookup. The walk stops at people: what a patient was given before is not in this container."""
        seen: set[str] = set()
        todo = [tag]
        while todo:
            node = todo.pop()
            if node not in self._covered:
                self._uncovered.add(node)
                return None
            for parent in self._parents.get(node, {}):
                if parent not in seen:
                    seen.add(parent)
                    if kind_of(parent) not in _PEOPLE:
                        todo.append(parent)
        return frozenset(seen)

    def versions(self, position: int) -> tuple[Versions | None] | None:
        """See Lookup."""
        return (self._versions[position],) if position in self._versions else None

    # Loading

    def fetch(self, missing: Missing, reading: Reading, through: int) -> None:
        """Gets what is missing: one query for all subjects, one for lineage, one for originals."""
        self._fetch_histories([*missing.histories, *missing.whole], reading, through)
        if missing.lineage:
            self._fetch_lineage({*missing.lineage, *self._uncovered}, reading, through)
        if missing.positions:
            self._fetch_versions(sorted(missing.positions), reading, through)

    def _fetch_histories(self, wanted: Sequence[tuple[AnySubject, str]], reading: Reading, through: int) -> None:
        if not wanted:
            return
        found = reading.load([(tag, subject.types) for subject, tag in wanted], through)
        read = {row.position: filing.readable(row) for rows in found for row in rows}
        for (subject, tag), rows in zip(wanted, found, strict=True):
            history = History(subject, tag)
            history.unfolded = tuple(row.position for row in rows if read[row.position] is None)
            for record in (read[row.position] for row in rows):
                if record is not None and (stated := statement(record)) is not None:
                    history.add(stated)
            for stated in self._pending:
                if self._concerns(stated, history):
                    history.add(stated)
            self._keep(history)

    def _keep(self, history: History) -> None:
        place = (history.subject.name, history.tag)
        old = self._histories.pop(place, None)
        self._weight += history.weight - (old.weight if old is not None else 0)
        self._histories[place] = history
        self._touched.add(place)
        self._since.add(place)

    def _fetch_lineage(self, tags: set[str], reading: Reading, through: int) -> None:
        self._uncovered.clear()
        self._covered |= tags
        for edge, _ in reading.edges(sorted(tags), "up", through, MOST_EDGES):
            self._covered |= {edge.child, edge.parent}
            self._link(edge)
        for edge in self._edges:
            self._link(edge)

    def _link(self, edge: EdgeRow) -> None:
        sources = self._parents.setdefault(edge.child, {}).setdefault(edge.parent, set())
        if edge.live:
            sources.add((edge.kind, edge.source))
        else:
            sources.discard((edge.kind, edge.source))
            if not sources:
                del self._parents[edge.child][edge.parent]

    def _fetch_versions(self, positions: Sequence[int], reading: Reading, through: int) -> None:
        stored = {row.position: row for row in reading.facts(positions) if row.position <= through}
        nodes = [filing.fact_node(position) for position in positions]
        about = reading.edges(nodes, "down", through, MOST_EDGES)
        by = {edge.source: position for edge, position in about if edge.kind == filing.ABOUT}
        later = {row.position: row for row in reading.facts(sorted(by))}
        for position in positions:
            found = read_versions(stored.get(position), later.values())
            for stated in self._pending:
                found = with_statement(found, stated)
            self._versions[position] = found

    # Advancing

    @staticmethod
    def _concerns(stated: Statement, history: History) -> bool:
        return stated.known != stated.target or history.tag in stated.tags

    def advance(
        self, record: Record, stated: Statement | None, edges: Iterable[EdgeRow], old_tags: Iterable[str]
    ) -> None:
        """Takes a decided record into account, for the rest of the batch and for later ones."""
        position = record.stamp.position
        self._versions[position] = Versions(record=record)
        if stated is None:
            return
        self._pending.append(stated)
        for edge in edges:
            self._edges.append(edge)
            self._link(edge)
        if stated.target in self._versions:
            self._versions[stated.target] = with_statement(self._versions[stated.target], stated)
        self._add(stated, {*stated.tags, *old_tags})

    def _add(self, stated: Statement, tags: set[str]) -> None:
        for place in self._places(tags):
            history = self._histories[place]
            before = history.weight
            self._since.add(place)
            kept = history.add(stated)
            self._weight += history.weight - before
            if kept:
                self._touched.add(place)
            else:
                self._drop(place)

    def _places(self, tags: set[str]) -> list[tuple[str, str]]:
        return [(name, tag) for tag in tags for name in _NAMES.get(kind_of(tag), ()) if (name, tag) in self._histories]

    def _drop(self, place: tuple[str, str]) -> None:
        self._weight -= self._histories.pop(place).weight

    # Going back

    def mark(self) -> Mark:
        """Where it stands within a commit, to go back to."""
        self._since.clear()
        return Mark(len(self._pending), len(self._edges), dict(self._versions))

    def back(self, mark: Mark) -> None:
        """Forgets what was decided since the mark; the histories that it touched are loaded again when asked for."""
        for place in self._since & self._histories.keys():
            self._drop(place)
        del self._pending[mark.pending :]
        del self._edges[mark.edges :]
        for lineage in (self._parents, self._covered, self._uncovered):
            lineage.clear()
        self._versions = dict(mark.versions)

    def catch_up(self, rows: Iterable[Stored]) -> None:
        """Takes in what others appended; a record about a fact lets the whole cache go, it is rare."""
        for row in rows:
            record = None if row.type.startswith(filing.UNJUDGED) else filing.readable(row)
            stated = None if record is None else statement(record)
            if stated is None:
                continue
            if stated.known != stated.target:
                self.clear()
                return
            self._add(stated, set(stated.tags))

    def settle(self) -> None:
        """Ends a batch: what it added is in the log now; histories are made small again."""
        self._forget_batch()
        for place in self._touched:
            history = self._histories.get(place)
            if history is not None:
                before = history.weight
                history.compact()
                self._weight += history.weight - before
        self._touched.clear()
        while self._weight > self._most and self._histories:
            self._drop(next(iter(self._histories)))

    def _forget_batch(self) -> None:
        self._pending.clear()
        self._edges.clear()
        self._parents.clear()
        self._covered.clear()
        self._uncovered.clear()
        self._versions.clear()

    def clear(self) -> None:
        """Forgets everything."""
        self._forget_batch()
        self._histories.clear()
        self._touched.clear()
        self._weight = 0


_NAMES: Final = {
    kind: tuple(subject.name for subject in SUBJECTS if kind in subject.kinds)
    for kind in {kind for subject in SUBJECTS for kind in subject.kinds}
}


def with_statement(versions: Versions | None, stated: Statement) -> Versions | None:
    """Returns a fact with one more record about it."""
    if versions is None or stated.known == stated.target or versions.record.stamp.position != stated.target:
        return versions
    effect = Effect(target=stated.target, effective=stated.effective, content=stated.content, tags=stated.tags)
    return msgspec.structs.replace(versions, effect=effect, by=stated.known)


def read_versions(original: Stored | None, later: Iterable[Stored]) -> Versions | None:
    """Returns an original with the newest of the records about it; None for what cannot be read."""
    judged = original is not None and not original.type.startswith(filing.UNJUDGED)
    record = filing.readable(original) if original is not None and judged else None
    if record is None:
        return None
    versions: Versions | None = Versions(record=record)
    for row in sorted(later, key=lambda item: item.position):
        about = filing.readable(row)
        if about is not None and (stated := statement(about)) is not None:
            versions = with_statement(versions, stated)
    return versions
