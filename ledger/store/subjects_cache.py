"""The subjects at hand: a bounded cache of histories, and for one batch the lineage and originals that it asked for.

Everything here is a copy of what the log says up to one position, plus what the running batch has decided. After any
error it is thrown away; nothing depends on it being complete, since what is missing is loaded.
"""

from collections import OrderedDict
from collections.abc import Container, Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from ledger.domain.facts.content import UnknownFact
from ledger.domain.facts.record import Effect, Record
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules.case import Versions
from ledger.domain.rules.context import Missing
from ledger.domain.subjects.catalogue import SUBJECTS
from ledger.domain.subjects.history import FIRST, History, Key
from ledger.domain.subjects.subject import AnySubject, Statement, statement
from ledger.store import filing
from ledger.store.lineage import MOST_EDGES, Lineage
from ledger.store.log import Reading
from ledger.store.reading_back import ReadingBack
from ledger.store.rows import EdgeRow, Stored

MOST_ENTRIES: Final = 500_000
"""Entries kept, over all histories."""

_MOST_TAGS: Final = 100_000
"""Tags of which it is kept whether the log has them."""


class Mark(NamedTuple):
    """What a commit has decided up to some moment."""

    pending: int
    edges: int
    versions: dict[int, Versions | None]


class Reads(NamedTuple):
    """What was asked for since some moment: what an answer rests on.

    Attributes:
        histories: Subjects by name, with their tags.
        walked: Things whose links were followed.
        positions: Facts by position.
    """

    histories: set[tuple[str, str]]
    walked: set[str]
    positions: set[int]


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
        self._lineage = Lineage()
        self._versions: dict[int, Versions | None] = {}
        self._since: set[tuple[str, str]] = set()
        self._whole: set[str] = set()
        self._stored: set[str] = set()
        self._reads = Reads(set(), set(), set())
        self._changed = Reads(set(), set(), set())
        self._quiet: dict[tuple[str, str], Key] = {}

    # Lookup

    def history(self, subject: AnySubject, tag: str) -> History | None:
        """See Lookup."""
        place = (subject.name, tag)
        self._reads.histories.add(place)
        found = self._histories.get(place)
        if found is None and tag in self._whole:
            found = self._histories[place] = History(subject, tag)
            self._weight += found.weight
        return found

    def ancestors(self, tag: str) -> frozenset[str] | None:
        """See Lookup."""
        return self._lineage.ancestors(tag, self._reads.walked)

    def versions(self, position: int) -> tuple[Versions | None] | None:
        """See Lookup."""
        self._reads.positions.add(position)
        return (self._versions[position],) if position in self._versions else None

    def watch(self) -> Reads:
        """Begins to note what is asked for; returns where."""
        self._use()
        self._reads = Reads(set(), set(), set())
        return self._reads

    def _use(self) -> None:
        """Puts what was asked for behind what was not, once forgetting is near."""
        if 2 * self._weight > self._most:
            for place in self._reads.histories:
                if place in self._histories:
                    self._histories.move_to_end(place)

    def unchanged(self, reads: Reads, since: Key = FIRST) -> bool:
        """Whether what was asked for still stands, for all that this batch has decided.

        Args:
            reads: What was asked for.
            since: The earliest place in time that was asked about: what left a state as it was before that changed
                nothing of it.
        """
        mine, theirs = reads, self._changed
        apart = mine.histories.isdisjoint(theirs.histories) and mine.walked.isdisjoint(theirs.walked)
        quiet = all(self._quiet[place] < since for place in mine.histories & self._quiet.keys())
        return apart and quiet and mine.positions.isdisjoint(theirs.positions)

    # Loading

    def meet(self, tags: Iterable[str], reading: Reading) -> None:
        """Finds out, in one query, which of these tags the log has never seen: their subjects need not be loaded.

        Everything that is ever said under such a tag passes by here, so it stays at hand until it is dropped.
        """
        fresh = {tag for tag in tags if tag not in self._whole and tag not in self._stored}
        if not fresh:
            return
        for tag, borne, linked in reading.met(sorted(fresh)):
            if not linked:
                self._lineage.rootless(tag)
            if borne:
                self._stored.add(tag)
            else:
                self._begin(tag)

    def _begin(self, tag: str) -> None:
        """Begins to keep everything said under a tag that the log does not have; this batch may have said some."""
        self._whole.add(tag)
        said = [stated for stated in self._pending if self._concerns(stated, tag)]
        for subject in _SUBJECTS.get(kind_of(tag), ()) if said else ():
            if (subject.name, tag) not in self._histories:
                history = History(subject, tag)
                for stated in said:
                    history.add(stated)
                self._keep(history)

    def fetch(self, missing: Missing, reading: Reading, through: int) -> None:
        """Gets what is missing: one query for all subjects, one for lineage, one for originals.

        A subject with more than a page of facts takes a query for each further page.
        """
        self._fetch_histories([*missing.histories, *missing.whole], missing.whole, reading, through)
        if missing.lineage:
            self._lineage.fetch(missing.lineage, self._edges, reading, through)
        if missing.positions:
            self._fetch_versions(sorted(missing.positions), reading, through)

    def _fetch_histories(
        self,
        wanted: Sequence[tuple[AnySubject, str]],
        whole: Container[tuple[AnySubject, str]],
        reading: Reading,
        through: int,
    ) -> None:
        if not wanted:
            return
        back = ReadingBack(reading, through)
        for (subject, tag), first in zip(wanted, back.first_pages(wanted), strict=True):
            said = [stated for stated in self._pending if self._concerns(stated, tag)]
            self._keep(back.history(subject, tag, first, said, whole=(subject, tag) in whole))

    def _keep(self, history: History) -> None:
        place = (history.subject.name, history.tag)
        old = self._histories.pop(place, None)
        if old is not None:
            history.instead_of(old)
        self._weight += history.weight - (old.weight if old is not None else 0)
        self._histories[place] = history
        self._touched.add(place)
        self._since.add(place)

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
    def _concerns(stated: Statement, tag: str) -> bool:
        return stated.known != stated.target or tag in stated.tags or tag in stated.cured

    def advance(
        self, record: Record, stated: Statement | None, edges: Iterable[EdgeRow], old_tags: Iterable[str]
    ) -> None:
        """Takes a decided record into account, for the rest of the batch and for later ones."""
        position = record.stamp.position
        self._versions[position] = Versions(record=record)
        self._changed.positions.add(position)
        if stated is None:
            return
        self._pending.append(stated)
        for edge in edges:
            self._edges.append(edge)
            self._lineage.link(edge)
            self._changed.walked.add(edge.child)
        self._changed.positions.add(stated.target)
        if stated.target in self._versions:
            self._versions[stated.target] = with_statement(self._versions[stated.target], stated)
        self._add(stated, {*stated.tags, *stated.cured, *old_tags})

    def _add(self, stated: Statement, tags: set[str]) -> None:
        for place in self._places(tags, stated):
            history = self._histories[place]
            before, weight = history.newest, history.weight
            comes_last = history.known and history.ends_before(stated.key)
            self._since.add(place)
            kept = history.add(stated)
            self._weight += history.weight - weight
            if kept and comes_last and _alike(place[1], stated, before, history.newest):
                self._quiet[place] = stated.key
            else:
                self._changed.histories.add(place)
            if kept:
                self._touched.add(place)
            else:
                self._drop(place)

    def _places(self, tags: set[str], stated: Statement) -> list[tuple[str, str]]:
        """Where a statement is to be taken up: what is kept, and under a whole tag what begins with it."""
        found = []
        about = stated.known != stated.target
        for tag in tags:
            begins = tag in self._whole and (tag in stated.tags or tag in stated.cured)
            for subject in _SUBJECTS.get(kind_of(tag), ()):
                folds = stated.type in subject.types or subject.folds(stated, tag)
                if (folds or about) and (subject.name, tag) in self._histories:
                    found.append((subject.name, tag))
                elif folds and begins:
                    self._keep(History(subject, tag))
                    found.append((subject.name, tag))
        return found

    def _drop(self, place: tuple[str, str]) -> None:
        self._weight -= self._histories.pop(place).weight
        self._whole.discard(place[1])

    # Going back

    def mark(self) -> Mark:
        """Where it stands within a commit, to go back to."""
        self._since.clear()
        return Mark(len(self._pending), len(self._edges), dict(self._versions))

    def back(self, mark: Mark) -> None:
        """Forgets what was decided since the mark; the histories that it touched are loaded again when asked for.

        What was decided ahead with one of them is decided again: what is not kept takes up no more of this batch.
        """
        self._changed.histories.update(self._since)
        for place in self._since & self._histories.keys():
            self._drop(place)
        del self._pending[mark.pending :]
        del self._edges[mark.edges :]
        self._lineage.clear()
        for edge in self._edges:
            self._lineage.link(edge)
        self._versions = dict(mark.versions)

    def catch_up(self, rows: Iterable[Stored]) -> None:
        """Takes in what others appended; a record about a fact, or one that cannot be read, lets the whole cache go.

        Both are rare.
        """
        for row in rows:
            if row.type.startswith(filing.UNJUDGED):
                continue
            record = filing.readable(row)
            stated = None if record is None else statement(record)
            unknown = record is None or isinstance(record.content.fact, UnknownFact)
            if unknown or (stated is not None and stated.known != stated.target):
                self.clear()
                return
            if record is not None and stated is not None:
                self._add(stated, {*stated.tags, *stated.cured})
                for edge in filing.edge_rows(record, None):
                    self._lineage.link(edge)

    def settle(self) -> None:
        """Ends a batch: what it added is in the log now; histories are made small again."""
        self._forget_batch()
        self._lineage.settle()
        if len(self._whole) + len(self._stored) > _MOST_TAGS:
            self._whole.clear()
            self._stored.clear()
        for place in self._touched:
            history = self._histories.get(place)
            if history is not None:
                before = history.weight
                history.compact()
                self._weight += history.weight - before
        self._touched.clear()
        self._use()
        self._reads = Reads(set(), set(), set())
        while self._weight > self._most and self._histories:
            self._drop(next(iter(self._histories)))

    def _forget_batch(self) -> None:
        self._pending.clear()
        self._edges.clear()
        self._versions.clear()
        self._changed = Reads(set(), set(), set())
        self._quiet.clear()

    def clear(self) -> None:
        """Forgets everything."""
        self._forget_batch()
        self._lineage.clear()
        self._whole.clear()
        self._stored.clear()
        self._histories.clear()
        self._touched.clear()
        self._weight = 0


_SHARED: Final = frozenset(("equipment", "zone", "site", "person", "organisation", "lot"))
"""Kinds of things that the facts of many patients are about, so that it pays to look whether their states changed."""


def _alike(tag: str, stated: Statement, before: object, after: object) -> bool:
    """Whether one more fact left a shared thing as it was: an instrument that was used is the same instrument."""
    about = stated.known != stated.target
    return kind_of(tag) in _SHARED and not (about or stated.broken or stated.cures) and bool(before == after)


_SUBJECTS: Final = {
    kind: tuple(subject for subject in SUBJECTS if kind in subject.kinds)
    for kind in {kind for subject in SUBJECTS for kind in subject.kinds}
}


def with_statement(versions: Versions | None, stated: Statement) -> Versions | None:
    """Returns a fact with one more record about it."""
    if versions is None or stated.known == stated.target or versions.record.stamp.position != stated.target:
        return versions
    effect = Effect(target=stated.target, effective=stated.effective, content=stated.content, tags=stated.tags)
    return msgspec.structs.replace(versions, effect=effect, by=stated.known, cures=stated.cures)


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
