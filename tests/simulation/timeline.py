"""Simulated time: what happens next happens at once, and nothing waits. One number orders what falls together."""

import heapq
import itertools
from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from random import Random
from typing import Protocol

MOST_EVENTS = 20_000
"""Events of one run; a run that needs more does not come to rest."""


class Awaited(Protocol):
    """Something that a script can wait for."""

    def when_over(self, act: Callable[[], None]) -> None:
        """Call back once, when it is over; at once if it is."""
        ...


Script = Generator[timedelta | Awaited, None, None]
"""What people do, one after the other: each step waits so long, or for an answer."""


class Restless(Exception):  # noqa: N818 - what the run is
    """A run goes on for ever: somebody waits for an answer that never comes."""


class Timeline:
    """The one clock and the sources of chance of a run; everything that will happen is in its queue."""

    def __init__(self, start: datetime, seed: int) -> None:
        """Nothing will happen yet."""
        self.now = start
        self.chance, self.salts = Random(seed), Random(-1 - seed)
        self.said: list[str] = []
        self._queue: list[tuple[datetime, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    def after(self, delay: timedelta, act: Callable[[], None]) -> None:
        """Let something happen later."""
        heapq.heappush(self._queue, (self.now + delay, next(self._numbers), act))

    def soon(self, act: Callable[[], None], most: float = 5.0) -> None:
        """Let something happen within seconds, by chance."""
        self.after(timedelta(seconds=self.chance.uniform(0.001, most)), act)

    def pause(self, seconds: float) -> None:
        """Let somebody who holds everything up wait: what was due meanwhile comes late."""
        self.now += timedelta(seconds=seconds)

    def play(self, script: Script) -> None:
        """Begin a script."""
        self.after(timedelta(), lambda: self._on(script))

    def _on(self, script: Script) -> None:
        wanted = next(script, None)
        if isinstance(wanted, timedelta):
            self.after(wanted, lambda: self._on(script))
        elif wanted is not None:
            wanted.when_over(lambda: self._on(script))

    def run(self) -> None:
        """Let everything happen, until nothing is left.

        Raises:
            Restless: There is no end to it.
        """
        for _ in range(MOST_EVENTS):
            if not self._queue:
                return
            due, _number, act = heapq.heappop(self._queue)
            self.now = max(self.now, due)
            act()
        raise Restless(f"{len(self._queue)} things are still to happen after {MOST_EVENTS} events, at {self.now}")

    def say(self, text: str) -> None:
        """Write a line of the trace."""
        self.said.append(f"{self.now:%m-%d %H:%M:%S.%f}  {text}")
