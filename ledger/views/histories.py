"""Histories of subjects at hand while lists are worked out: as the log says up to the position that was taken last."""

from collections import OrderedDict
from collections.abc import Iterable
from functools import cache
from typing import Final

from ledger.domain.identifiers.tag import kind_of
from ledger.domain.subjects.catalogue import SUBJECTS
from ledger.domain.subjects.history import History
from ledger.domain.subjects.subject import AnySubject, Entry, Statement, Subject, statement
from ledger.store import filing
from ledger.store.log import Reading
from ledger.views.entries import Touch

MOST_ENTRIES: Final = 200_000
"""Facts kept over all histories; the things touched least lately are forgotten first, and read again."""

ACTS: Final = "="
"""What the name of a subject begins with that only collects the facts of one type."""

_BY_NAME: Final = {subject.name: subject for subject in SUBJECTS}
_BY_KIND: Final = {
    kind: tuple(subject for subject in SUBJECTS if kind in subject.kinds)
    for kind in {kind for subject in SUBJECTS for kind in subject.kinds}
}


def _collected(state: tuple[int, ...], entry: Entry) -> tuple[int, ...]:
    return (*state, entry.position)


@cache
def acts(fact_type: str) -> Subject[tuple[int, ...]]:
    """Returns the subject that collects the facts of one type."""
    return Subject(name=f"{ACTS}{fact_type}", kinds=(), types=frozenset((fact_type,)), empty=(), fold=_collected)


def named(name: str) -> AnySubject | None:
    """Returns a subject by its name; None for one that this program does not have."""
    return acts(name.removeprefix(ACTS)) if name.startswith(ACTS) else _BY_NAME.get(name)


@cache
def _filed(kind: str, fact_type: str) -> tuple[str, ...]:
    folding = (subject.name for subject in _BY_KIND.get(kind, ()) if fact_type in subject.filed)
    return (*folding, f"{ACTS}{fact_type}")


def touches(tag: str, fact_type: str) -> list[Touch]:
    """Returns what a record touches that is filed under a tag and a type."""
    return [(tag, name) for name in _filed(kind_of(tag), fact_type)]


class Histories:
    """Histories by tag and subject, within bounds."""

    def __init__(self, most: int = MOST_ENTRIES) -> None:
        """Starts with none."""
        self._most, self._weight = most, 0
        self._kept: OrderedDict[str, dict[str, History]] = OrderedDict()

    def known(self, subject: AnySubject, tag: str) -> History | None:
        """Returns a history that is at hand."""
        return self._kept.get(tag, {}).get(subject.name)

    def get(self, subject: AnySubject, tag: str, reading: Reading, through: int) -> History:
        """Returns a history; one that is not at hand is read."""
        found = self.known(subject, tag)
        if found is None:
            self.fetch([(subject, tag)], reading, through)
            found = self._kept[tag][subject.name]
        return found

    def fetch(self, wanted: Iterable[tuple[AnySubject, str]], reading: Reading, through: int) -> None:
        """Reads those that are not at hand, in one query."""
        missing = list(dict.fromkeys(one for one in wanted if self.known(*one) is None))
        if not missing:
            return
        loaded = reading.load([(tag, subject.filed) for subject, tag in missing], through)
        read = {row.position: filing.readable(row) for rows in loaded for row in rows}
        for (subject, tag), rows in zip(missing, loaded, strict=True):
            history = History(subject, tag)
            for row in rows:
                record = read[row.position]
                if record is not None and (stated := statement(record)) is not None:
                    history.add(stated)
            self._kept.setdefault(tag, {})[subject.name] = history
            self._weight += history.weight

    def take(self, stated: Statement, filed: Iterable[Touch]) -> None:
        """Takes one more record into account, for what it touches."""
        for tag, name in filed:
            history = self._kept.get(tag, {}).get(name)
            if history is None:
                continue
            before = history.weight
            if history.add(stated):
                self._weight += history.weight - before
                self._kept.move_to_end(tag)
            else:
                del self._kept[tag][name]
                self._weight -= before

    def trim(self) -> None:
        """Forgets what is too much."""
        while self._weight > self._most and self._kept:
            _, gone = self._kept.popitem(last=False)
            self._weight -= sum(history.weight for history in gone.values())

    def clear(self) -> None:
        """Forgets everything."""
        self._kept.clear()
        self._weight = 0
