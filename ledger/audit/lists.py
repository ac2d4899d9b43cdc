"""The reading lists of a ledger, as programs ask them: on the axes of every other question, and kept while they ask."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import msgspec

from ledger.audit import asked as axes
from ledger.audit.asked import AsOf
from ledger.domain.receipt import Unavailable
from ledger.store.errors import StoreError
from ledger.store.log import Log
from ledger.views import asking
from ledger.views.asking import DEFAULT_ROWS, MOST_ROWS, ListCounts, ListPage, ListQuestion
from ledger.views.keeper import Difference, Heard, Keeper, unheard
from ledger.views.keeping import Views

_WAIT: float = 10.0


class ReadingLists:
    """Asks and keeps lists. Thread-safe."""

    def __init__(self, log: Log, clock: Callable[[], datetime], views: Views, beside: Views) -> None:
        """Binds them together.

        Args:
            log: Where facts are.
            clock: Our clock: late is told by it.
            views: Where lists are kept.
            beside: Where they are made a second time, to check them.
        """
        self._log, self._clock, self._views, self._beside = log, clock, views, beside
        self._keeper = Keeper(log, views)

    def read(
        self, question: ListQuestion, size: int = DEFAULT_ROWS, token: str = "", as_of: AsOf | None = None
    ) -> ListPage:
        """Reads a list, a page at a time; later pages stay on the position of the first.

        Args:
            question: What is asked, of which list.
            size: Rows of the page, at most; itself at most 500.
            token: From the page before; empty for the first.
            as_of: As it was known then; for a list of spans, `occurred` is the moment asked for.

        Raises:
            Malformed: There is no such list, it cannot be asked so, or the token is none of this question.
            Unavailable: The list has not come as far as it must.
        """
        with self._asked(question, as_of or AsOf()) as (asked, known):
            spot = asking.spot_in(token, asked, self._log.origin) if token else None
            spot = spot or asking.first_spot(asked, known, self._clock())
            return asking.page(self._views, asked, spot, min(size, MOST_ROWS), self._log.origin)

    def count(self, question: ListQuestion, by: str, as_of: AsOf | None = None) -> ListCounts:
        """Counts the rows of a list by what they have in common; arguments and errors as for `read`."""
        with self._asked(question, as_of or AsOf()) as (asked, known):
            return asking.counts(self._views, asked, by, asking.first_spot(asked, known, self._clock()))

    @contextmanager
    def _asked(self, question: ListQuestion, as_of: AsOf) -> Iterator[tuple[ListQuestion, int]]:
        """The question on its axes, and the position through which it is answered."""
        asked = question if as_of.occurred is None else msgspec.structs.replace(question, on=as_of.occurred)
        asking.checked(asked)
        with _unavailable("read"):
            must = as_of.at_least or 0
            if must and self._log.wait(must - 1, _WAIT) < must:
                raise Unavailable(f"position {must} is not there yet; ask again")
            with self._log.reading() as reading:
                last = axes.through(reading, as_of)
            yield asked, min(last, self._keeper.reach(question.name, last, must=must))

    def position(self) -> int:
        """How far all lists are kept."""
        with _unavailable("read"):
            return self._keeper.position()

    def catch_up(self, *, stretches: int | None = None, told: Heard = unheard) -> int:
        """Takes into the lists what was recorded since.

        Args:
            stretches: At most so many, of 500 facts each; None for all.
            told: Told how far it is, and how far it has to go.

        Returns:
            The position that all of them have reached.
        """
        with _unavailable("kept"):
            return self._keeper.catch_up(stretches=stretches, told=told)

    def rebuild(self, told: Heard = unheard) -> int:
        """Makes every list anew from the log; returns the position that they reached.

        Raises:
            Unavailable: Another process keeps them now, or this role may not change them.
        """
        with _unavailable("made"):
            reached = self._keeper.rebuild(told)
        if reached < 0:
            raise Unavailable("the lists are not ours to make: another process keeps them now, or this role may not")
        return reached

    def check(self, told: Heard = unheard) -> tuple[int, Difference | None]:
        """Makes every list a second time beside what is kept; returns through where, and the first difference."""
        with _unavailable("compared"):
            return self._keeper.compared(self._beside, told)

    def close(self) -> None:
        """Lets go of what it holds open."""
        self._views.close()
        self._beside.close()


@contextmanager
def _unavailable(what: str) -> Iterator[None]:
    try:
        yield
    except StoreError as error:
        raise Unavailable(f"the lists cannot be {what} now: {error}") from error
