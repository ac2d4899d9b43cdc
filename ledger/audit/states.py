"""The states of subjects as a question finds them, on both axes."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, TypeVar

from ledger.domain.rules.context import Missing
from ledger.domain.subjects.subject import AnySubject, Subject
from ledger.store.log import Reading
from ledger.store.subjects_cache import SubjectsCache

S = TypeVar("S")

_AFTER_ALL: Final = 2**53


class StatesAsOf:
    """The states of subjects as the log tells them, on both axes; loaded when asked for, each once."""

    def __init__(self, reading: Reading, last: int, at: datetime, day: datetime | None) -> None:
        """Binds them to a log.

        Args:
            reading: The log.
            last: As known through this position.
            at: The moment that is asked about.
            day: As it was then; None for everything known.
        """
        self._reading, self._last, self._at, self._day = reading, last, at, day
        self._cache = SubjectsCache()

    @property
    def at(self) -> datetime:
        """See States."""
        return self._at

    def ready(self, wanted: Iterable[tuple[AnySubject, str]]) -> None:
        """Loads many states in one query, for who will ask for them one by one."""
        self._cache.fetch(Missing(histories=set(wanted)), self._reading, self._last)

    def state(self, subject: Subject[S], tag: str) -> S:
        """See States."""
        if not tag:
            return subject.empty
        if self._cache.history(subject, tag) is None:
            self._cache.fetch(Missing(histories={(subject, tag)}), self._reading, self._last)
        history = self._cache.history(subject, tag)
        if history is None:
            return subject.empty
        state: S = history.newest if self._day is None else history.state((self._day, _AFTER_ALL))
        return state
