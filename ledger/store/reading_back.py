"""Reads back what the log says of a subject: in pages, and of a long history no more than is kept of it.

The writer does this under its lock, and Postgres ends the session of one that asks nothing for some seconds: what is
worked out between two questions has to be bounded, however long a device or a room has been in use.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ledger.domain.facts.record import Record
from ledger.domain.subjects.history import History
from ledger.domain.subjects.subject import AnySubject, Statement, statement
from ledger.store import filing
from ledger.store.log import Reading
from ledger.store.rows import Stored

PAGE: Final = 1_000
"""Facts of one type that are read at once of a subject."""


class ReadingBack:
    """The log up to one position; a fact that belongs to several subjects is decoded once."""

    def __init__(self, reading: Reading, through: int) -> None:
        """Nothing is read yet."""
        self._reading, self._through = reading, through
        self._read: dict[int, Record | None] = {}

    def first_pages(self, wanted: Sequence[tuple[AnySubject, str]]) -> list[list[Stored]]:
        """The first page of each subject under its tag, in one query."""
        return self._reading.load([(tag, subject.filed) for subject, tag in wanted], self._through, most=PAGE)

    def history(
        self, subject: AnySubject, tag: str, first: list[Stored], said: Iterable[Statement], *, whole: bool
    ) -> History:
        """Folds a subject.

        Args:
            subject: The subject.
            tag: The thing.
            first: Its first page.
            said: What the running batch has decided about it since.
            whole: Every entry is wanted; otherwise a history of more than a page keeps its last entries.
        """
        said = tuple(said)
        if not whole and len(first) >= PAGE:
            history = self._told(subject, tag, first, said, whole=False)
            if history is not None:
                return history
        history = self._told(subject, tag, first, said, whole=True)
        if history is None:
            raise RuntimeError(f"the whole history of {subject.name} takes no further entry")
        return history

    def _told(
        self, subject: AnySubject, tag: str, first: list[Stored], said: Iterable[Statement], *, whole: bool
    ) -> History | None:
        """None when something reaches further back than what was kept: the whole is needed."""
        history, unfolded = History(subject, tag), list[int]()
        for rows in self._pages(subject, tag, first):
            for row in rows:
                record = self._record(row)
                if record is None:
                    unfolded.append(row.position)
                elif (stated := statement(record)) is not None and not history.add(stated):
                    return None
            if not whole:
                history.compact()
        history.unfolded = tuple(unfolded)
        return history if all(history.add(stated) for stated in said) else None

    def _pages(self, subject: AnySubject, tag: str, rows: list[Stored]) -> Iterator[list[Stored]]:
        yield rows
        while len(rows) >= PAGE:
            self._read.clear()
            (rows,) = self._reading.load([(tag, subject.filed)], self._through, rows[-1].position, PAGE)
            yield rows

    def _record(self, row: Stored) -> Record | None:
        if row.position not in self._read:
            self._read[row.position] = filing.readable(row)
        return self._read[row.position]
