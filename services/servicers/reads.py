"""Where blocking reads run: a small pool of threads, few long ones at once, so that questions never starve records."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

from ledger.domain.receipt import Overloaded

P = ParamSpec("P")
T = TypeVar("T")

LONG_AT_ONCE: Final = 2
"""Long reads, such as replays and traces, that run at the same time."""
MOST_WAITING: Final = 16
"""Reads that may wait; further ones are told to come back."""
_SHORT_THREADS: Final = 2
_PAGE_THREADS: Final = 2
_COME_BACK: Final = 1.0


class Reads:
    """Runs blocking reads beside the event loop."""

    def __init__(self) -> None:
        """Threads start when they are needed."""
        self._short = ThreadPoolExecutor(_SHORT_THREADS, thread_name_prefix="coi-read")
        self._long = ThreadPoolExecutor(LONG_AT_ONCE, thread_name_prefix="coi-long-read")
        self._pages = ThreadPoolExecutor(_PAGE_THREADS, thread_name_prefix="coi-feed")
        self._waiting = 0

    async def short(self, read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a read of one thing."""
        return await self._run(self._short, lambda: read(*args, **kwargs))

    async def long(self, read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a read of a whole story.

        Raises:
            Overloaded: Too many wait already.
        """
        return await self._run(self._long, lambda: read(*args, **kwargs))

    async def page(self, read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a read of one page of a feed. Listeners were counted when they came, so all of them get their turn."""
        return await asyncio.get_running_loop().run_in_executor(self._pages, lambda: read(*args, **kwargs))

    async def _run(self, pool: ThreadPoolExecutor, read: Callable[[], T]) -> T:
        if self._waiting >= MOST_WAITING:
            raise Overloaded(_COME_BACK)
        self._waiting += 1
        # A caller that left frees its place when the read ends, not before: the thread is busy until then.
        running = asyncio.get_running_loop().run_in_executor(pool, read)
        running.add_done_callback(self._done)
        return await asyncio.shield(running)

    def _done(self, _: object) -> None:
        self._waiting -= 1

    def close(self) -> None:
        """Lets running reads end, and starts no more."""
        self._short.shutdown(wait=False, cancel_futures=True)
        self._long.shutdown(wait=False, cancel_futures=True)
        self._pages.shutdown(wait=False, cancel_futures=True)
