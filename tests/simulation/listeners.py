"""Those who follow the log: they keep the last position handled, die between two facts, and begin again after it."""

from collections.abc import Callable, Sequence
from typing import Protocol

from ledger.api import Ledger
from ledger.audit.feed import PartyGained, Wanted
from ledger.store.follow import Progress, follow
from ledger.store.log import Log
from tests.simulation.timeline import Timeline
from tests.support.wrapped_log import WrappedLog

Heard = tuple[int, str]

_DIES = 0.1
"""Chance that a listener dies after a fact."""


class Listener(Protocol):
    """Somebody who follows.

    Attributes:
        name: for people.
        heard: position and leaf of each fact that it handled, in order; of a chain gained, position and tag.
    """

    name: str
    heard: list[Heard]

    def poll(self, *, steady: bool = False) -> None:
        """Hear what there is, or die on the way; a steady one does not die."""
        ...


class _Idle(WrappedLog):
    """Ends a follower instead of letting it wait for news."""

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self.idle = False

    def wait(self, after: int, timeout: float) -> int:
        self.idle = True
        return super().wait(after, 0.0)

    def is_set(self) -> bool:
        return self.idle


class Follower:
    """Follows the log itself, by tags and types."""

    def __init__(self, name: str, log: Log, timeline: Timeline, types: Sequence[str] = ()) -> None:
        """Begin at the beginning."""
        self.name, self.types = name, tuple(types)
        self.heard: list[Heard] = []
        self.saved = 0
        self._log, self._timeline = log, timeline

    def poll(self, *, steady: bool = False) -> None:
        """See Listener."""
        log = _Idle(self._log)
        for item in follow(log, self.saved, (), self.types, log):
            if isinstance(item, Progress):
                self.saved = item.through
            else:
                self.heard.append((item.position, item.leaf.hex()[:8]))
                self.saved = item.position
                if not steady and self._timeline.chance.random() < _DIES:
                    self._timeline.say(f"{self.name} dies after {self.saved}")
                    return


class Feed:
    """Hears the feed of one organisation from any server, a few rows at a time; a gain is handled with its fact."""

    def __init__(self, organisation: str, ledger: Callable[[], Ledger | None], timeline: Timeline) -> None:
        """Begin at the beginning."""
        self.name = f"the feed of {organisation}"
        self.organisation = organisation
        self.wanted = Wanted(organisation=f"organisation:ods:{organisation}")
        self.heard: list[Heard] = []
        self.saved = 0
        self._ledger, self._timeline = ledger, timeline

    def poll(self, *, steady: bool = False) -> None:
        """See Listener."""
        chance = self._timeline.chance
        while (ledger := self._ledger()) is not None:
            page = ledger.feed(self.saved, self.wanted, chance.choice((1, 7, 64)))
            gains: list[Heard] = []
            for event in page.events:
                if isinstance(event, PartyGained):
                    gains.append((event.position, event.tag))
                    continue
                self.heard += [*gains, (event.position, event.leaf_hash.hex()[:8])]
                gains = []
                self.saved = event.position
                if not steady and chance.random() < _DIES:
                    self._timeline.say(f"{self.name} dies after {self.saved}")
                    return
            self.heard += gains
            self.saved = page.through
            if page.through >= page.size:
                return
