"""A log that does what the one it wraps does: for tests that change or watch one thing of it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime

from ledger.store.log import Appending, Log, Reading


class WrappedLog:
    """Passes everything on."""

    def __init__(self, log: Log) -> None:
        """Wrap a log."""
        self._log = log

    @property
    def origin(self) -> str:
        """See Log."""
        return self._log.origin

    def reading(self) -> AbstractContextManager[Reading]:
        """See Log."""
        return self._log.reading()

    @contextmanager
    def appending(self) -> Iterator[Appending]:
        """See Log."""
        with self._log.appending() as block:
            yield block

    def barrier(self) -> None:
        """See Log."""
        self._log.barrier()

    def unfit(self, now: Callable[[], datetime] | None) -> str:
        """See Log."""
        return self._log.unfit(now)

    def wait(self, after: int, timeout: float) -> int:
        """See Log."""
        return self._log.wait(after, timeout)

    def close(self) -> None:
        """See Log."""
        self._log.close()
