"""The sequencer: one thread that takes what has queued, decides it in order under the writers' lock, and commits once.

Bounded queue, natural batching, one recorded_at per commit. A caller's deadline never cancels a commit. What fails for
one fact fails only that one. Any number of processes may do this on one log.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from queue import Empty, Full, Queue
from typing import Any, Final, NamedTuple

from ledger.domain.facts.birth import Malformed, Violation
from ledger.domain.receipt import AppendsHeld, Draft, DraftBatch, Overloaded, Receipt, Unavailable
from ledger.domain.rules import aftermath
from ledger.store import continuity
from ledger.store.batch import Batch
from ledger.store.errors import Held, Rejected, StoreError, Unfit, Unknown
from ledger.store.log import Log
from ledger.store.moments import microseconds
from ledger.store.rows import EMPTY, Head
from ledger.store.rulebook import Rulebook
from ledger.store.subjects_cache import SubjectsCache
from ledger.store.tally import Commit, Watch, counted, unwatched

QUEUE: Final = 4096
"""Requests that may wait; one more is refused at once."""

BATCH: Final = 256
"""Facts after which a commit takes no further request."""

_RETRIES: Final = 20

_IDLE: Final = "25P03"
"""Postgres ended a transaction that asked nothing for too long: that of a process which stood still, or was slow."""


class Job(NamedTuple):
    """A draft, or a batch of them, and who waits for it."""

    work: Draft | DraftBatch
    future: Future[Any]

    @property
    def facts(self) -> int:
        """How many facts it is."""
        return len(self.work.items) if isinstance(self.work, DraftBatch) else 1


class Sequencer:
    """The one writer loop of a process."""

    def __init__(
        self,
        log: Log,
        clock: Callable[[], datetime],
        entropy: Callable[[int], bytes],
        *,
        rehearsal: bool = False,
        watch: Watch = unwatched,
    ) -> None:
        """Starts the loop.

        Args:
            log: Where facts go.
            clock: Our clock, in UTC.
            entropy: Gives random bytes, for salts.
            rehearsal: The clock is a story's: it is not held against the store's.
            watch: Told of every commit, in the loop's thread.
        """
        self._watch, self._failure, self._entered = watch, "", 0.0
        self._log, self._clock, self._entropy, self._rehearsal = log, clock, entropy, rehearsal
        self._queue: Queue[Job | None] = Queue(QUEUE)
        self._cache = SubjectsCache()
        self._rulebook = Rulebook()
        self._seen = self._known = EMPTY
        self._closing = threading.Event()
        self._door = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="sequencer", daemon=True)
        self._thread.start()

    def submit(self, draft: Draft) -> Future[Receipt]:
        """Queues a draft.

        Raises:
            Overloaded: The queue is full; nothing was stored.
            Unavailable: The ledger is closing.
        """
        return self._queued(Job(draft, Future()))

    def submit_batch(self, drafts: DraftBatch) -> Future[tuple[Receipt, ...]]:
        """Queues facts that are recorded all or none; raises as `submit`."""
        return self._queued(Job(drafts, Future()))

    def _queued(self, job: Job) -> Future[Any]:
        with self._door:
            if self._closing.is_set():
                raise Unavailable("the ledger is closing; send the same request to another server")
            try:
                self._queue.put_nowait(job)
            except Full:
                raise Overloaded from None
        return job.future

    @property
    def waiting(self) -> int:
        """Drafts queued now, roughly."""
        return self._queue.qsize()

    @property
    def known(self) -> Head:
        """The newest end of the log that is known to be as safe as it must be; never forgotten, whatever fails."""
        return self._known

    @property
    def failure(self) -> str:
        """Why the last commit failed, in the store's words; empty when it did not."""
        return self._failure

    @property
    def under_way(self) -> float:
        """Seconds that the commit of this moment has taken so far; 0 when there is none."""
        entered = self._entered
        return time.monotonic() - entered if entered else 0.0

    def works_again(self) -> None:
        """Forgets the last failure: somebody else has seen that the store takes a transaction."""
        self._failure = ""

    def close(self) -> None:
        """Answers what is queued, then stops. Nothing is queued after that: nobody waits for ever."""
        with self._door:
            first = not self._closing.is_set()
            self._closing.set()
        if first:
            self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            jobs, last = self._take()
            if jobs:
                self._settle(jobs)
            if last:
                return

    def _take(self) -> tuple[list[Job], bool]:
        first = self._queue.get()
        jobs, last = ([], True) if first is None else ([first], False)
        facts = sum(job.facts for job in jobs)
        with suppress(Empty):
            while facts < BATCH:
                job = self._queue.get_nowait()
                if job is None:
                    last = True
                else:
                    jobs.append(job)
                    facts += job.facts
        return jobs, last

    def _settle(self, jobs: list[Job]) -> None:
        """Answers every job, whatever happens."""
        self._entered = time.monotonic()
        try:
            self._commit(jobs)
            self._failure = ""
        except Rejected as error:
            self._forget()
            self._split(jobs, error)
        except (StoreError, Unavailable) as error:
            self._forget()
            self._failure = str(error)
            _fail(jobs, unavailable(error))
        except Exception as error:  # noqa: BLE001 - one batch may not end the loop; nothing of it was stored
            self._forget()
            if len(jobs) > 1:
                self._split(jobs, error)
            else:
                _fail(jobs, error)
        finally:
            self._entered = 0.0

    def _split(self, jobs: list[Job], error: Exception) -> None:
        if len(jobs) == 1:
            state = error.sqlstate if isinstance(error, StoreError) else ""
            _fail(jobs, Malformed([Violation("request", f"cannot be stored: the store refuses it ({state})")]))
            return
        for job in jobs:
            self._settle([job])

    def _commit(self, jobs: list[Job]) -> None:
        """Decides and commits a batch; a lost answer is settled by entering again and looking the keys up.

        What was too slow as a whole is tried again in halves: on a machine that is starved it would be so every time.
        """
        for attempt in range(_RETRIES):
            try:
                batch = self._attempt(jobs)
            except Unknown as error:
                self._forget()
                if error.sqlstate == _IDLE and len(jobs) > 1:
                    middle = len(jobs) // 2
                    self._commit(jobs[:middle])
                    self._settle(jobs[middle:])
                    return
                self._closing.wait(min(0.05 * (attempt + 1), 1.0))
                continue
            if batch.needs_barrier:
                self._log.barrier()
            self._seen = batch.head
            if batch.verdicts or batch.needs_barrier:
                self._known = batch.head
            self._cache.settle()
            batch.answer()
            self._tell(jobs, batch)
            return
        raise Held("the store did not answer, and what became of the batch is not known")

    def _attempt(self, jobs: list[Job]) -> Batch:
        with self._log.appending() as block:
            if reason := continuity.broken(block, block.head(), self._known):
                raise Unfit(reason)
            batch = Batch(block, self._cache, self._rulebook, self._entropy)
            batch.fix_time(microseconds(self._clock()), rehearsal=self._rehearsal)
            batch.catch_up(self._seen)
            batch.decide([(job.work, job.future) for job in jobs])
            batch.append()
        return batch

    def _tell(self, jobs: list[Job], batch: Batch) -> None:
        if self._watch is unwatched:
            return
        outcomes, rules = counted(batch.verdicts)
        first = batch.size - len(batch.verdicts) + 1
        left = tuple(at for at, verdict in enumerate(batch.verdicts, first) if aftermath.left_out(verdict.findings))
        told = Commit(len(jobs), len(batch.verdicts), self.under_way, self.waiting, outcomes, rules, left)
        with suppress(Exception):  # whoever counts must not fail what is recorded
            self._watch(told)

    def _forget(self) -> None:
        self._cache.clear()
        self._rulebook.forget()
        self._seen = EMPTY


def unavailable(error: Exception) -> Unavailable:
    """What callers are told; only of what our own checks found, why."""
    if isinstance(error, Unfit):
        return AppendsHeld(str(error))
    return Unavailable(f"not recorded or not known: {error}; send the same request again")


def _fail(jobs: list[Job], error: Exception) -> None:
    for job in jobs:
        if not job.future.done():
            with suppress(Exception):
                job.future.set_exception(error)
