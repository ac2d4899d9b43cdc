"""A log that keeps every promise of the one it wraps, and notes what is asked of it."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from ledger.store.log import Appending, Log, Reading
from tests.support.wrapped_log import WrappedLog


class WatchedLog(WrappedLog):
    """Counts the questions inside each block, and barriers; may do something before a commit.

    Attributes:
        blocks: for each writer's block that was left well, how often each method was called.
        barriers: how many barriers were asked for.
        before_commit: called when a block is about to be left.
    """

    def __init__(self, log: Log) -> None:
        """Watch a log."""
        super().__init__(log)
        self.blocks: list[Counter[str]] = []
        self.barriers = 0
        self.before_commit: Callable[[], None] = lambda: None

    @contextmanager
    def appending(self) -> Iterator[Appending]:
        """See Log."""
        asked: Counter[str] = Counter()
        with self._log.appending() as block:
            yield cast("Appending", _Counting(block, asked))
            self.before_commit()
        self.blocks.append(asked)

    def barrier(self) -> None:
        """See Log."""
        self.barriers += 1
        super().barrier()


class _Counting:
    """Passes every call on, and counts it unless it only tells what the block knows already."""

    def __init__(self, block: Reading, asked: Counter[str]) -> None:
        self._block, self._asked = block, asked

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the block has
        if name not in {"head", "clock"}:
            self._asked[name] += 1
        return getattr(self._block, name)


def watching(reading: Reading) -> tuple[Reading, Counter[str]]:
    """The same reading, and how often each of its methods was called."""
    asked: Counter[str] = Counter()
    return cast("Reading", _Counting(reading, asked)), asked
