"""T10, T11: many callers at several servers, and readers who must see what was answered, without a gap."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from random import Random
from typing import Final

from ledger.store.errors import Held
from ledger.store.follow import follow
from ledger.store.postgres_log import PostgresLog
from ledger.store.rows import Stored
from tests.faults.broken import EARLY
from tests.faults.fault import Fault
from tests.faults.oracle import newest
from tests.faults.scene import Cast, Scene


class Tail:
    """A reader who follows the log from its beginning."""

    def __init__(self, dsn: str) -> None:
        """Begin."""
        self._log, self._stop = PostgresLog(dsn), threading.Event()
        self.positions: list[int] = []
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        with suppress(Held):
            for news in follow(self._log, 0, [], [], self._stop):
                if isinstance(news, Stored):
                    self.positions.append(news.position)

    def end(self, through: int) -> Sequence[str]:
        """Stop once it came so far; say what it skipped."""
        deadline = time.monotonic() + 10
        while (not self.positions or self.positions[-1] < through) and time.monotonic() < deadline:
            time.sleep(0.02)
        self._stop.set()
        self._thread.join(10)
        self._log.close()
        seen = list(self.positions)
        return [] if seen == list(range(1, len(seen) + 1)) and len(seen) >= through else ["a reader skipped facts"]


def read(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """For some seconds: whoever reads after an answer must see the fact as it was told."""
    wrong: list[str] = []
    looked, deadline = 0, time.monotonic() + times
    with _reading(scene) as log:
        tails = [Tail(scene.dsn()) for _ in range(2)]
        furthest = 0
        scene.work()
        while time.monotonic() < deadline:
            position, leaf = newest(scene.journal)
            furthest = max(furthest, position)
            with log.reading() as reading:
                found = reading.facts([position])
            looked += 1
            if [row.leaf.hex() for row in found] != [leaf]:
                wrong.append(f"{position} was acknowledged and a reader did not see it")
            time.sleep(0.005)
        for tail in tails:
            wrong += tail.end(furthest)
    return wrong[:5]


@contextmanager
def _reading(scene: Scene) -> Iterator[PostgresLog]:
    log = PostgresLog(scene.dsn())
    yield log
    log.close()


def _servers(count: int, callers: int) -> Fault:
    return Fault(
        number="T10/T11",
        name=f"{callers} callers at {count} servers, and readers",
        play=read,
        times=5,
        twins={EARLY: 6},
        cast=Cast(servers=count, callers=callers),
        release=86_400,
    )


FAULTS: Final = (_servers(2, 16), _servers(4, 32))
