"""Following a log: from any position, by tags and types, first what is there, then what comes. Nothing is skipped.

It reads the head first and the facts at or below it afterwards. Writers commit one after the other in order of
position, so everything at or below a head once seen is there to be read.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from ledger.store.log import Log, Reading
from ledger.store.rows import Head, Stored

PAGE = 500
"""Facts asked for at once."""


class Progress(msgspec.Struct, frozen=True):
    """Everything wanted up to here has been given.

    Attributes:
        through: position to continue after.
    """

    through: int


class Page(msgspec.Struct, frozen=True):
    """What a log holds after a position, as far as one page goes.

    Attributes:
        rows: the facts wanted, in order.
        through: everything wanted up to here is among them: position to continue after.
        head: of the log when it was read.
    """

    rows: list[Stored]
    through: int
    head: Head


class Stop(Protocol):
    """Something that can be set from elsewhere, such as `threading.Event`."""

    def is_set(self) -> bool:
        """Return whether to stop."""
        ...


def page(reading: Reading, after: int, tags: Sequence[str], types: Sequence[str], limit: int = PAGE) -> Page:
    """Read the next facts after a position, at most `limit`; tags and types as in `Reading.search`."""
    head = reading.head()
    rows = reading.search(tags, types, after, head.size, limit) if head.size > after else []
    through = rows[-1].position if len(rows) == limit else max(head.size, after)
    return Page(rows, through, head)


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
            found = page(reading, through, tags, types)
        for fact in found.rows:
            if stop.is_set():
                return
            yield fact
        if found.through > through:
            through = found.through
            yield Progress(through)
        if through >= found.head.size and not stop.is_set():
            log.wait(through, pause)
