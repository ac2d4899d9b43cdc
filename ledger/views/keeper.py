"""Keeping lists up with the log: stretch after stretch, each in one transaction with the position that it reaches.

Whatever happens in between, a list is what the log says up to its own position: a process that stops loses nothing, two
that try at once do it once, and what was done is not done again.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from threading import Event, Lock
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain.receipt import Unavailable
from ledger.store.log import Log, Reading
from ledger.views.catalogue import LISTS
from ledger.views.deriving import STRETCH, Worker
from ledger.views.entries import STANDS, Entry, Progress
from ledger.views.keeping import Views
from ledger.views.listing import Listing

_WHOLE: Final = 4 * STRETCH
"""Facts of one stretch where a list is made from its beginning: nobody waits for the first of them."""

_REACH: Final = 20
"""Stretches that a question may take up before it is answered as far as the lists are."""

_WAITS: Final = 100
_WAIT: Final = 0.1
"""Looks, and seconds between them, at how far somebody else has caught up."""

Heard = Callable[[int, int], None]


def unheard(_done: int, _all: int) -> None:
    """Nobody wants to know how far it is."""


class Difference(Struct, frozen=True, kw_only=True):
    """The first place where a list is not what the log says.

    Attributes:
        list: The list.
        root: What the row is about.
        part: Which of its rows.
        position: From which position it stands.
        kept: What is kept; None for nothing.
        made: What the log says; None for nothing.
    """

    list: str
    root: str
    part: str
    position: int
    kept: Entry | None
    made: Entry | None


class Keeper:
    """Keeps lists up with a log. Thread-safe."""

    def __init__(self, log: Log, views: Views, listings: Sequence[Listing] = LISTS, most: int = STRETCH) -> None:
        """Binds a log to where its lists are kept; a stretch that catches up has at most so many facts."""
        self._log, self._views = log, views
        self._listings = {listing.name: listing for listing in listings}
        self._worker, self._most = Worker(listings), most
        self._turn = Lock()
        self._pause = Event()

    def positions(self) -> dict[str, int]:
        """How far each list is kept; one that was never begun is missing."""
        return {name: one.position for name, one in self._views.progress().items() if name in self._listings}

    def position(self) -> int:
        """How far all lists are kept."""
        known = self.positions()
        return min((known.get(name, 0) for name in self._listings), default=0)

    def catch_up(self, *, stretches: int | None = None, told: Heard = unheard) -> int:
        """Takes up what the log holds beyond the lists; nothing while somebody else is at it.

        Args:
            stretches: At most so many, of 500 facts each; None for all.
            told: Heard how far it is, and how far it has to go.

        Returns:
            How far all lists are kept.
        """
        with self._turn, self._views.leading() as mine:
            left = stretches
            while mine and left != 0 and self._stretch(told, self._most):
                left = None if left is None else left - 1
        return self.position()

    def reach(self, name: str, position: int, *, must: int = 0) -> int:
        """Catches up, a bounded way, so that one list reaches a position; returns how far it is kept.

        Args:
            name: The list.
            position: Where it should be.
            must: Where it has to be; waited for, while somebody else catches up.

        Raises:
            Unavailable: It was never made here, or is not there yet.
        """
        found = self.positions().get(name, -1)
        if found < position:
            self.catch_up(stretches=_REACH)
            found = self.positions().get(name, -1)
        for _ in range(_WAITS):
            if found < 0 or found >= must:
                break
            self._pause.wait(_WAIT)
            found = self.positions().get(name, -1)
        if found < 0:
            raise Unavailable(f"the list {name} was never made here: run `coi rebuild`, or ask the server")
        if found < must:
            raise Unavailable(f"the list {name} is complete through position {found}, not yet {must}; ask again")
        return found

    def rebuild(self, told: Heard = unheard) -> int:
        """Makes every list anew; returns how far they are kept."""
        with self._turn, self._views.leading() as mine:
            if not mine:
                return -1
            self._views.begin([Progress(name, one.revision, 0) for name, one in self._listings.items()])
            most = self._most  # what the first stretch asks for is read ahead for those that follow
            while self._stretch(told, most):
                most = max(_WHOLE, self._most)
        return self.position()

    def _stretch(self, told: Heard, most: int) -> bool:
        with self._log.reading() as reading:
            head = reading.head().size
            standing = self._standing(head)
            lowest = min(standing.values(), default=head)
            if lowest >= head:
                return False
            names = [name for name, position in standing.items() if position == lowest]
            through = min((position for position in standing.values() if position > lowest), default=head)
            change = self._worker.stretch(reading, self._views, names, lowest, through, most)
        if change is None:
            return False
        told(change.through, head)
        return self._views.apply(change)

    def _standing(self, head: int) -> dict[str, int]:
        """Where each list stands.

        One that is made otherwise now, or that has lost its log, is begun anew; a newer program's is left to that.
        """
        known = self._views.progress()
        fresh = [
            Progress(name, listing.revision, 0)
            for name, listing in self._listings.items()
            if name not in known or known[name].revision < listing.revision or known[name].position > head
        ]
        if fresh:
            self._views.begin(fresh)
            known |= {one.list: one for one in fresh}
        ours = [name for name, listing in self._listings.items() if known[name].revision == listing.revision]
        return {name: known[name].position for name in ours}

    def compared(self, beside: Views, told: Heard = unheard) -> tuple[int, Difference | None]:
        """Makes every list a second time, beside what is kept, and compares row by row, gone rows too.

        Args:
            beside: Where to make them; what is there is let go, before and afterwards.
            told: As in `catch_up`.

        Returns:
            The position through which they were compared, and the first difference.
        """
        through = self.position()
        names = sorted(self._listings)
        beside.begin([Progress(name, self._listings[name].revision, 0) for name in names])
        try:
            with self._log.reading() as reading:
                _made(reading, beside, list(self._listings.values()), through, told)
            found = (_first_difference(name, self._views, beside, through) for name in names)
            return through, next((difference for difference in found if difference is not None), None)
        finally:
            beside.forget(names)


def _made(reading: Reading, views: Views, listings: Sequence[Listing], through: int, told: Heard) -> None:
    worker, names, after, most = Worker(listings), [listing.name for listing in listings], 0, STRETCH
    while (change := worker.stretch(reading, views, names, after, through, most)) is not None:
        views.apply(change)
        after, most = change.through, _WHOLE
        told(after, through)


def _first_difference(name: str, kept: Views, made: Views, through: int) -> Difference | None:
    for mine, theirs in zip_longest(_as_known(kept, name, through), _as_known(made, name, through)):
        if mine != theirs:
            first = min((one for one in (mine, theirs) if one is not None), key=_key)
            return Difference(
                list=name,
                root=first.root,
                part=first.part,
                position=first.since,
                kept=mine if mine is not None and _key(mine) == _key(first) else None,
                made=theirs if theirs is not None and _key(theirs) == _key(first) else None,
            )
    return None


def _key(one: Entry) -> tuple[str, str, int]:
    return one.root, one.part, one.since


def _as_known(views: Views, name: str, through: int) -> Iterator[Entry]:
    """The entries of a list as they were known at a position, gone ones too."""
    for one in views.all(name):
        if one.since > through:
            continue
        yield one if one.gone <= through else msgspec.structs.replace(one, gone=STANDS)
