"""A server of the hub: the real ledger on one line to the store, stepped by the timeline instead of by a thread."""

from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime, timedelta
from threading import Event
from typing import Any
from uuid import UUID

from ledger.api import Ledger
from ledger.audit.party_book import PartyBook
from ledger.domain.facts.birth import Malformed
from ledger.domain.facts.record import Recorder
from ledger.domain.receipt import Draft, DraftBatch, LedgerError, Receipt
from ledger.store.log import Log
from ledger.store.sequencer import Sequencer
from tests.simulation.store import Died, Fault, Line, Store
from tests.simulation.timeline import Timeline

Answer = Receipt | tuple[Receipt, ...] | LedgerError | Malformed
Reply = Callable[[Answer], None]


class SteppedSequencer(Sequencer):
    """The sequencer as it is, except that nobody waits: its thread ends at once, and `step` takes its place."""

    def __init__(self, log: Log, timeline: Timeline, clock: Callable[[], datetime]) -> None:
        """Start from nothing, as a new process does."""
        super().__init__(log, clock, timeline.salts.randbytes)
        self._thread.join()
        self._closing = _Patience(timeline)

    def _run(self) -> None:
        """The simulator steps."""

    def step(self) -> None:
        """Settle what is queued now."""
        if self.waiting:
            jobs, _ = self._take()
            self._settle(jobs)


class _Patience(Event):
    """Waits in simulated time."""

    def __init__(self, timeline: Timeline) -> None:
        super().__init__()
        self._timeline = timeline

    def wait(self, timeout: float | None = None) -> bool:
        self._timeline.pause(timeout or 0.0)
        return self.is_set()


class SteppedLedger(Ledger):
    """The ledger on a stepped sequencer: opened without a thread, the rest is the real thing."""

    def __init__(self, log: Log, timeline: Timeline, clock: Callable[[], datetime], sequencer: type) -> None:
        """Open it."""
        self._log, self._clock, self._parties = log, clock, PartyBook()
        self.stepped: SteppedSequencer = sequencer(log, timeline, clock)
        self._sequencer = self.stepped


class Server:
    """A process that comes and goes. What it was asked and has not answered dies with it.

    Attributes:
        skew: how far its clock is ahead of the right time.
        trouble: chance that a batch meets a fault.
        crashes: how often it died.
    """

    def __init__(self, name: str, store: Store, skew: timedelta, sequencer: type = SteppedSequencer) -> None:
        """Start it."""
        self.name, self.skew, self.trouble, self.crashes = name, skew, 0.0, 0
        self.line = Line(store)
        self._store, self._timeline, self._kind = store, store.timeline, sequencer
        self._waiting: list[tuple[Future[Any], Reply]] = []
        self._due = False
        self.ledger: SteppedLedger | None = None
        self.start()

    def start(self) -> None:
        """Begin with empty caches."""
        self.ledger = SteppedLedger(self.line, self._timeline, self._clock, self._kind)

    def _clock(self) -> datetime:
        return self._timeline.now + self.skew

    def receive(self, work: Draft | DraftBatch, reply: Reply) -> None:
        """Take a request; nobody is told when the server is down."""
        if self.ledger is None:
            return
        future: Future[Any]
        future = self.ledger.submit_batch(work) if isinstance(work, DraftBatch) else self.ledger.submit(work)
        self._waiting.append((future, reply))
        if not self._due:
            self._due = True
            self._timeline.soon(self._step, 0.5)

    def receipts(self, recorder: Recorder, key: UUID) -> tuple[Receipt, ...] | LedgerError | None:
        """What GetReceipt says; None when the server is down."""
        try:
            return None if self.ledger is None else self.ledger.receipts(recorder, key)
        except LedgerError as error:
            return error

    def look_up(
        self, recorder: Recorder, key: UUID, reply: Callable[[tuple[Receipt, ...] | LedgerError], None]
    ) -> None:
        """Answer what became of a key; nobody is told when the server is down."""
        found = self.receipts(recorder, key)
        if found is not None:
            reply(found)

    def _step(self) -> None:
        self._due = False
        if self.ledger is None:
            return
        chance = self._timeline.chance
        self.line.fault = chance.choice(list(Fault)) if chance.random() < self.trouble else None
        try:
            self.ledger.stepped.step()
        except Died:
            self._answer()
            self.die()
            return
        self._answer()
        if self._waiting:
            self._due = True
            self._timeline.soon(self._step, 0.5)

    def _answer(self) -> None:
        """Pass on every answer that was given, be it before a death: it is on its way then."""
        waiting, self._waiting = self._waiting, []
        for future, reply in waiting:
            if future.done():
                reply(_told(future))
            else:
                self._waiting.append((future, reply))

    def die(self) -> None:
        """Lose everything but the store; come back after a while."""
        if self.ledger is None:
            return
        self.ledger, self._waiting, self.line.fault = None, [], None
        self.crashes += 1
        self._timeline.say(f"{self.name} is down")
        self._timeline.after(timedelta(seconds=self._timeline.chance.uniform(1, 600)), self._again)

    def _again(self) -> None:
        self._timeline.say(f"{self.name} is up again")
        self.start()


def _told(future: Future[Any]) -> Answer:
    error = future.exception()
    if error is None:
        answer: Answer = future.result()
        return answer
    if not isinstance(error, LedgerError | Malformed):
        raise error
    return error
