"""Working out what one stretch of the log makes of lists: fact by fact, each root that a fact concerns once.

What is needed is read ahead in a fixed number of queries for the whole stretch; what only turns out to be needed is
read then. Fact by fact, so that a list can be asked as it was known at any position, and comes out alike however the
log was cut into stretches.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec

from ledger.domain.facts.record import Record
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules.case import Versions
from ledger.domain.subjects.history import History
from ledger.domain.subjects.subject import AnySubject, Statement, Subject, statement
from ledger.store import filing
from ledger.store.log import Reading
from ledger.store.rows import Stored
from ledger.store.rulebook import Rulebook
from ledger.store.subjects_cache import read_versions, with_statement
from ledger.views import entries, histories
from ledger.views.entries import Change, Entry, Key, Touch
from ledger.views.histories import Histories
from ledger.views.keeping import Views
from ledger.views.listing import Listing, fact_root, position_of

S = TypeVar("S")

STRETCH: Final = 500
"""Facts of one stretch."""

_ADOPTED: Final[Touch] = ("", f"{histories.ACTS}RulebookAdopted")
_FILED: Final = "filed"
_MOST_ABOUT: Final = 2_000


class Worker:
    """Works lists out, stretch after stretch; keeps at hand what the next one is likely to need."""

    def __init__(self, listings: Sequence[Listing]) -> None:
        """Starts with nothing at hand.

        Args:
            listings: What to work out.
        """
        self._by_name = {listing.name: listing for listing in listings}
        self.histories = Histories()
        self.rulebook = Rulebook()
        self.asked: dict[str, set[str]] = defaultdict(set)
        self._at = 0

    def stretch(
        self, reading: Reading, views: Views, names: Sequence[str], after: int, through: int, most: int
    ) -> Change | None:
        """Works out what the next facts make of some lists that stand at one position.

        Args:
            reading: The log.
            views: What is kept.
            names: The lists.
            after: The position that they stand at.
            through: Not beyond this position.
            most: Facts, at most.

        Returns:
            The change; None when there is nothing more.
        """
        rows = reading.scan(after, through, most)
        if not rows:
            return None
        if after != self._at or not self.rulebook.read:
            self.histories.clear()
            self.rulebook.forget()
            self.rulebook.load(reading, after)
        work = _Stretch(self, reading, [self._by_name[name] for name in names], rows)
        change = work.done(views, after)
        self.histories.trim()
        self._at = change.through
        return change


class _Stretch:
    """One stretch at work."""

    def __init__(self, worker: Worker, reading: Reading, listings: Sequence[Listing], rows: Sequence[Stored]) -> None:
        self._worker, self.reading, self._listings, self._rows = worker, reading, listings, rows
        self._names = {listing.name: listing for listing in listings}
        self.histories, self.rulebook, self.asked = worker.histories, worker.rulebook, worker.asked
        self.versions: dict[int, Versions | None] = {}
        self.now = rows[0].position - 1
        self._filed: dict[int, list[tuple[str, str]]] = defaultdict(list)
        for position, row in reading.tag_rows(rows[0].position - 1, rows[-1].position):
            if row.own:
                self._filed[position].append((row.tag, row.type))
        self._records = {row.position: filing.readable(row) for row in rows}
        self._touched = {position: self._touches(position, record) for position, record in self._records.items()}
        self._standing: dict[Key, dict[str, Entry]] = {}
        self._rests: dict[Key, frozenset[Touch]] = {}
        self._changed_rests: set[Key] = set()
        self._readers: dict[Touch, set[Key]] = defaultdict(set)
        self._fresh: dict[tuple[str, str, str, int], Entry] = {}
        self._closed: list[Entry] = []

    def _touches(self, position: int, record: Record | None) -> list[Touch]:
        if record is None:
            return []
        filed = self._filed[position]
        found = [touch for tag, kind in filed for touch in histories.touches(tag, kind)]
        if any(kind == "RulebookAdopted" for _, kind in filed):
            found.append(_ADOPTED)
        if record.verdict.effect is not None:
            found.append((fact_root(record.verdict.effect.target), _FILED))
        return found

    def done(self, views: Views, after: int) -> Change:
        """Works through it."""
        own = {position: self._roots(position, record) for position, record in self._records.items()}
        self._read_ahead(views, own)
        for row in self._rows:
            record = self._records[row.position]
            if record is not None:
                self._take(row.position, record)
                for key in self._concerned(row.position, own[row.position]):
                    self._derive(key, row)
        return Change(
            lists=tuple(self._names),
            after=after,
            through=self._rows[-1].position,
            entries=tuple(self._fresh.values()),
            closed=tuple(self._closed),
            rests={key: self._rests[key] for key in sorted(self._changed_rests)},
        )

    def _roots(self, position: int, record: Record | None) -> list[Key]:
        """Roots that a record makes, or speaks about."""
        if record is None:
            return []
        found: dict[Key, None] = {}
        effect = record.verdict.effect
        for listing in self._listings:
            if listing.concerns is not None and listing.concerns(record):
                found[listing.name, fact_root(position)] = None
            if listing.concerns is not None and effect is not None:
                found[listing.name, fact_root(effect.target)] = None
            for tag, kind in self._filed[position] if listing.kinds else ():
                if kind_of(tag) in listing.kinds and any(kind in subject.filed for subject in listing.subjects):
                    found[listing.name, tag] = None
        return list(found)

    def _read_ahead(self, views: Views, own: Mapping[int, Iterable[Key]]) -> None:
        """Reads what is likely to be needed, as it stood before the stretch."""
        touched = {touch for found in self._touched.values() for touch in found}
        for touch, key in views.readers(sorted(touched)):
            self._readers[touch].add(key)
        keys = {key for found in own.values() for key in found}
        keys |= {key for found in self._readers.values() for key in found}
        keys = {key for key in keys if key[0] in self._names}
        self._standing = {key: {one.part: one for one in found} for key, found in views.standing(sorted(keys)).items()}
        self._rests = views.rests(sorted(keys))
        wanted = [(s, root) for name, root in keys if root for s in self._names[name].subjects if not position_of(root)]
        wanted += self._likely(touched)
        for found in self._rests.values():
            wanted += [(subject, tag) for tag, name in found if tag and (subject := histories.named(name)) is not None]
        self.histories.fetch(wanted, self.reading, self.now)
        effects = (record.verdict.effect for record in self._records.values() if record is not None)
        targets = {effect.target for effect in effects if effect is not None}
        self._fetch_versions(sorted({*targets, *(position_of(root) for _, root in keys)} - {0}))

    def _likely(self, touched: Iterable[Touch]) -> list[tuple[AnySubject, str]]:
        """What lists ever asked of a kind, for all things that the facts name; read one by one it is a query each."""
        likely = (
            (histories.named(name), tag)
            for tag in sorted({tag for tag, _ in touched if tag})
            for name in sorted(self.asked.get(kind_of(tag), ()))
        )
        return [(subject, tag) for subject, tag in likely if subject is not None]

    def _fetch_versions(self, positions: Sequence[int]) -> None:
        known = [position for position in positions if position <= self.now and position not in self.versions]
        if not known:
            return
        stored = {row.position: row for row in self.reading.facts(known)}
        nodes = [filing.fact_node(position) for position in known]
        edges = self.reading.edges(nodes, "down", self.now, _MOST_ABOUT)
        later = self.reading.facts(sorted({edge.source for edge, _ in edges if edge.kind == filing.ABOUT}))
        for position in known:
            self.versions[position] = read_versions(stored.get(position), later)

    def version(self, position: int) -> Versions | None:
        """A fact with the newest record about it, as known now."""
        if position not in self.versions:
            self._fetch_versions([position])
        return self.versions.get(position)

    def _take(self, position: int, record: Record) -> None:
        self.now = position
        self.versions[position] = Versions(record=record)
        self.rulebook.take([record])
        stated: Statement | None = statement(record)
        if stated is not None:
            self.versions[stated.target] = with_statement(self.version(stated.target), stated)
            self.histories.take(stated, self._touched[position])

    def _concerned(self, position: int, own: Iterable[Key]) -> list[Key]:
        readers = {key for touch in self._touched[position] for key in self._readers.get(touch, ())}
        return list(dict.fromkeys((*own, *sorted(key for key in readers if key[0] in self._names))))

    def _derive(self, key: Key, row: Stored) -> None:
        """Works one root out, and notes what is otherwise than it stood."""
        listing, root = self._names[key[0]], key[1]
        seen = _Seen(self, {(root, _FILED), *((root, subject.name) for subject in listing.subjects)})
        try:
            made = [entries.entry(listing, root, one, row.position) for one in listing.rows(seen, root)]
        except Exception:  # noqa: BLE001 - no stored fact may ever stop the lists: it is shown as not worked out
            made = [entries.flawed(listing, root, row.recorded_at, row.position)]
        self._compare(key, {one.part: one for one in made}, row.position)
        rests = frozenset(seen.rests)
        before = self._rests.get(key, frozenset())
        if rests != before:
            self._rests[key] = rests
            self._changed_rests.add(key)
            for touch in before - rests:
                self._readers[touch].discard(key)
            for touch in rests - before:
                self._readers[touch].add(key)

    def _compare(self, key: Key, made: dict[str, Entry], position: int) -> None:
        stood = self._standing.get(key, {})
        kept = {part: one for part, one in stood.items() if part in made and one.same(made[part])}
        for part, one in stood.items():
            if part not in kept:
                self._close(msgspec.structs.replace(one, gone=position))
        for part, one in made.items():
            if part not in kept:
                self._fresh[one.list, one.root, part, one.since] = one
        self._standing[key] = {part: kept.get(part, one) for part, one in made.items()}

    def _close(self, gone: Entry) -> None:
        place = (gone.list, gone.root, gone.part, gone.since)
        if place in self._fresh:
            self._fresh[place] = gone
        else:
            self._closed.append(gone)


class _Seen:
    """See Seen: what is known now, and a note of what was looked at."""

    def __init__(self, stretch: _Stretch, own: set[Touch]) -> None:
        self._stretch, self._own = stretch, own
        self.rests: set[Touch] = set()

    def _note(self, touch: Touch) -> None:
        if touch not in self._own:
            self.rests.add(touch)

    def state(self, subject: Subject[S], tag: str) -> S:
        """See Seen."""
        if not tag:
            return subject.empty
        self._note((tag, subject.name))
        found: S = self._history(subject, tag).newest
        return found

    def timeline(self, subject: Subject[S], tag: str) -> Sequence[tuple[datetime, S]]:
        """See Seen."""
        if not tag:
            return ()
        self._note((tag, subject.name))
        steps: Sequence[tuple[datetime, S]] = self._history(subject, tag).steps()
        return steps

    def acts(self, tag: str, fact_type: str) -> Sequence[tuple[int, int, datetime]]:
        """See Seen."""
        subject = histories.acts(fact_type)
        self._note((tag, subject.name))
        return [(one.target, one.known, one.effective) for one in self._history(subject, tag).statements()]

    def filed(self, position: int) -> Versions | None:
        """See Seen."""
        self._note((fact_root(position), _FILED))
        return self._stretch.version(position)

    @property
    def parameters(self) -> Mapping[str, str]:
        """See Seen."""
        self._note(_ADOPTED)
        return self._stretch.rulebook.parameters

    def _history(self, subject: Subject[Any], tag: str) -> History:
        stretch = self._stretch
        stretch.asked[kind_of(tag)].add(subject.name)
        return stretch.histories.get(subject, tag, stretch.reading, stretch.now)
