"""Following a log: from any position, by tags and types, first what is there, then what comes. Nothing is skipped.

It reads the head first and the facts at or below it afterwards. Writers commit one after the other in order of
position, so everything at or below a head once seen is there to be read.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from ledger.store.log import Log
from ledger.store.rows import Stored

PAGE = 500
"""Facts asked for at once."""


class Progress(msgspec.Struct, frozen=True):
    """Everything wanted up to here has been given.

    Attributes:
        through: position to continue after.
    """

    through: int


class Stop(Protocol):
    """Something that can be set from elsewhere, such as `threading.Event`."""

    def is_set(self) -> bool:
        """Return whether to stop."""
        ...


def follow(
    log: Log, after: int, tags: Sequence[str], types: Sequence[str], stop: Stop, *, pause: float = 1.0
) -> Iterator[Stored | Progress]:
    """Give the facts after a position that bear every tag under one of the types, in order, without end.

    Args:
        log: to follow.
        after: position to start after; 0 for everything.
        tags: as in `Reading.search`; none for every tag.
        types: as in `Reading.search`; none for every type.
        stop: ends the iteration when set, after at most `pause`.
        pause: seconds to wait for news before `stop` is looked at again.

    Yields:
        Facts, and a Progress after each page and whenever the log has grown without a match.

    Raises:
        Held: the store cannot be reached; follow again from the last Progress or fact.
    """
    through = after
    while not stop.is_set():
        with log.reading() as reading:
            size = reading.head().size
            page = reading.search(tags, types, through, size, PAGE) if size > through else []
        for fact in page:
            if stop.is_set():
                return
            yield fact
        reached = page[-1].position if len(page) == PAGE else max(size, through)
        if reached > through:
            through = reached
            yield Progress(through)
        if through >= size and not stop.is_set():
            log.wait(through, pause)
