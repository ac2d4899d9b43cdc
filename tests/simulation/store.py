"""The store of a run: the memory log with a clock of its own, and lines to it that break at the worst moments."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any, cast

from ledger.store.errors import Held, Unknown
from ledger.store.log import Appending, Log
from ledger.store.memory_log import MemoryLog
from ledger.store.moments import microseconds
from tests.simulation.timeline import Timeline
from tests.support.wrapped_log import WrappedLog


class Fault(Enum):
    """What goes wrong with one block of a writer."""

    DIES_BEFORE_DECIDING = "the server dies before it decides"
    DIES_BEFORE_APPENDING = "the server dies between deciding and appending"
    DIES_BEFORE_COMMIT = "the server dies between appending and COMMIT"
    DIES_AFTER_COMMIT = "the server dies between COMMIT and answer"
    COMMIT_LOST = "COMMIT is lost on its way"
    ANSWER_LOST = "the answer to COMMIT is lost on its way back"
    HELD = "the store cannot append now"


DEADLY = frozenset(one for one in Fault if one.name.startswith("DIES"))


class Died(BaseException):
    """The process of a server is gone: nobody catches this, and nobody is answered."""


class Store(WrappedLog):
    """The one log of a run.

    Attributes:
        commits: of each commit that came about its size, its time and the right time, kept here and not read there.
        amid: called while a block holds rows that are not committed.
    """

    def __init__(self, timeline: Timeline, log: Log | None = None) -> None:
        """Keep the clock of the store right."""
        super().__init__(log or MemoryLog("ledger.test/simulation"))
        self.timeline = timeline
        self.commits: list[tuple[int, int, int]] = []
        self.amid: Callable[[], None] = lambda: None

    @contextmanager
    def appending(self) -> Iterator[Appending]:
        """See Log."""
        with self._log.appending() as block:
            before, now = block.head(), microseconds(self.timeline.now)
            yield cast("Appending", _Block(block, now, lambda: None))
            after = block.head()
        if after.size > before.size:
            self.commits.append((after.size, after.recorded_at, now))

    def wait(self, after: int, timeout: float) -> int:
        """See Log; nobody really waits."""
        return self._log.wait(after, 0.0)


class Line(WrappedLog):
    """One server's connection to the store.

    Attributes:
        fault: what goes wrong with the next block.
        met: faults that struck.
    """

    def __init__(self, store: Store) -> None:
        """Connect."""
        super().__init__(store)
        self._store = store
        self.fault: Fault | None = None
        self.met: list[Fault] = []

    @contextmanager
    def appending(self) -> Iterator[Appending]:
        """See Log."""
        self._strike(Fault.HELD)
        self._strike(Fault.DIES_BEFORE_DECIDING)
        with self._log.appending() as block:
            before = block.head().size
            yield cast("Appending", _Block(block, block.clock(), lambda: self._strike(Fault.DIES_BEFORE_APPENDING)))
            if block.head().size > before:
                self._store.amid()
                self._strike(Fault.DIES_BEFORE_COMMIT)
                self._strike(Fault.COMMIT_LOST)
        self._strike(Fault.ANSWER_LOST)
        self._strike(Fault.DIES_AFTER_COMMIT)

    def _strike(self, fault: Fault) -> None:
        if self.fault is not fault:
            return
        self.fault = None
        self.met.append(fault)
        self._store.timeline.say(f"  ! {fault.value}")
        if fault in DEADLY:
            raise Died
        if fault is Fault.HELD:
            raise Held(fault.value)
        raise Unknown(fault.value)


class _Block:
    """A writer's block that knows the store's clock, and does something before it appends."""

    def __init__(self, block: Appending, clock: int | None, before_append: Callable[[], None]) -> None:
        self._block, self._clock, self._before_append = block, clock, before_append

    def clock(self) -> int | None:
        return self._clock

    def append(self, *rows: Any) -> None:  # noqa: ANN401 - as Appending
        self._before_append()
        self._block.append(*rows)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the block has
        return getattr(self._block, name)
