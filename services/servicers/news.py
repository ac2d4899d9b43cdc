"""Waking listeners: one thread waits for the log to grow, however many listen."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

from ledger.api import Ledger
from ledger.domain.receipt import Unavailable

PAUSE: Final = 0.5
"""Seconds after which the thread looks whether it is still wanted."""
PARTING: Final = 2.0
"""Seconds that a stream has to end in good order when the server stops; one whose reader stands still is cut then."""


class News:
    """Tells coroutines that the log has passed a position."""

    def __init__(self, ledger: Ledger) -> None:
        """Nothing is watched until somebody waits."""
        self._ledger = ledger
        self._size = 0
        self._grown = asyncio.Event()
        self._over = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="coi-news")
        self._watching: asyncio.Task[None] | None = None
        self._streams: dict[asyncio.Task[Any], int] = {}

    @property
    def over(self) -> bool:
        """The server stops: nobody waits any more."""
        return self._over

    @contextmanager
    def streaming(self) -> Iterator[None]:
        """Counts the running task among the streams that end when the server stops."""
        task = asyncio.current_task()
        assert task is not None, "a coroutine runs in a task"  # noqa: S101 - for the type checker
        self._streams[task] = 0
        try:
            yield
        finally:
            del self._streams[task]

    def reached(self, position: int) -> None:
        """Notes that the running stream has told everything through a position."""
        task = asyncio.current_task()
        if task in self._streams:
            self._streams[task] = position

    def behind(self, size: int) -> int:
        """How many facts the slowest stream has yet to tell of a log of this size; 0 when nobody listens."""
        return max(0, size - min(self._streams.values(), default=size))

    async def beyond(self, position: int, seconds: float) -> None:
        """Returns when the log has passed a position, when so many seconds are over, or when the server stops."""
        if self._watching is None and not self._over:
            self._watching = asyncio.create_task(self._watch())
        try:
            async with asyncio.timeout(seconds):
                while self._size <= position and not self._over:
                    await self._grown.wait()
        except TimeoutError:
            return

    async def close(self) -> bool:
        """Wakes everybody for the last time, and cuts the streams that cannot end because nobody reads them.

        Returns:
            Whether there were any: what was written to them is stuck.
        """
        self._over = True
        self._wake()
        _, stuck = await asyncio.wait(self._streams, timeout=PARTING) if self._streams else (set(), set())
        for task in stuck:
            task.cancel()
        if self._watching is not None:
            await self._watching
        self._thread.shutdown(wait=False)
        return bool(stuck)

    async def _watch(self) -> None:
        """A store that cannot be reached is no news: whoever reads from it is told."""
        loop = asyncio.get_running_loop()
        while not self._over:
            began, known = loop.time(), self._size
            try:
                self._size = await loop.run_in_executor(self._thread, self._ledger.wait, known, PAUSE)
            except Unavailable:
                await asyncio.sleep(PAUSE)
                continue
            if self._size > known:
                self._wake()
            elif loop.time() - began < PAUSE / 2:
                await asyncio.sleep(PAUSE)  # a log that lost its last facts in a failover

    def _wake(self) -> None:
        self._grown.set()
        self._grown = asyncio.Event()
