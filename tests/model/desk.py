"""A desk where histories are recorded: a sequencer on a log, with a clock that is set by hand."""

import secrets
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Self

from ledger.audit.rejudge import Difference, rejudge
from ledger.audit.verify import Verification, pages, verify
from ledger.domain.facts import record as records
from ledger.domain.facts.record import Record
from ledger.domain.receipt import Draft, DraftBatch, LedgerError, Receipt
from ledger.store.log import Log
from ledger.store.rows import Stored
from ledger.store.sequencer import Sequencer
from tests.model import world
from tests.support.waiting import until

Answer = Receipt | BaseException


class Desk:
    """One process's sequencer, with the answers that it gives."""

    def __init__(self, log: Log, *, rehearsal: bool = True) -> None:
        self.log = log
        self.now = world.START - timedelta(days=40)
        self.sequencer = Sequencer(log, lambda: self.now, secrets.token_bytes, rehearsal=rehearsal)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sequencer.close()

    def send(self, drafts: Iterable[Draft], at: datetime | None = None) -> list[Future[Receipt]]:
        """Queue drafts; the clock shows `at` from now on."""
        self.now = at or self.now
        return [self.sequencer.submit(draft) for draft in drafts]

    def record(self, draft: Draft, at: datetime | None = None) -> Receipt:
        """Record one draft; raise what it is answered with if that is no receipt."""
        return self.send([draft], at)[0].result(30)

    def try_(self, draft: Draft, at: datetime | None = None) -> Answer:
        """Record one draft; return whatever it is answered with."""
        (future,) = self.send([draft], at)
        return future.exception(30) or future.result()

    def record_batch(self, drafts: DraftBatch, at: datetime | None = None) -> tuple[Receipt, ...]:
        """Record drafts all or none; raise what they are answered with if that is no receipts."""
        self.now = at or self.now
        return self.sequencer.submit_batch(drafts).result(30)

    def record_all(self, drafts: Iterable[Draft], at: datetime | None = None) -> list[Receipt]:
        """Record drafts that follow each other."""
        return [future.result(30) for future in self.send(drafts, at)]

    def furnish(self, patients: int = 1) -> None:
        """Register everything, and enrol patients from 1 on."""
        self.record_all(world.registers(), world.START - timedelta(days=30) + world.MINUTE)
        for number in range(1, patients + 1):
            self.record_all(world.enrolment(number), world.START - timedelta(days=6, hours=12))

    def treat(self, number: int, at: datetime = world.START, steps: int = 15) -> list[Receipt]:
        """Record a patient's way, or its first steps."""
        told = list(world.therapy(number, at))[:steps]
        return [self.record(draft, max(self.now, t + 2 * world.MINUTE)) for t, draft in told]

    @contextmanager
    def stalled(self, other: Log | None = None) -> Iterator[None]:
        """Keep the writers' lock, so that everything sent meanwhile waits, and then goes into one batch.

        Args:
            other: a second opening of the same log, whose session keeps the lock.
        """
        with (other or self.log).appending():
            plug = self.sequencer.submit(next(world.registers()))
            until(lambda: self.sequencer.waiting == 0 and self.sequencer.under_way > 0)
            yield
        plug.result(30)

    def rows(self) -> list[Stored]:
        """Everything that is stored."""
        return everything(self.log)

    def records(self) -> list[Record]:
        """The same, read."""
        return [records.decode(row.record) for row in self.rows()]

    def audit(self) -> tuple[Verification, Difference | None]:
        """Verify and judge again."""
        return verify(self.log), judged_again(self.log)


def everything(log: Log) -> list[Stored]:
    """Every fact of a log."""
    with log.reading() as reading:
        return reading.scan(0, 10**9, 10**6)


def judged_again(log: Log) -> Difference | None:
    """The first verdict that does not come out again."""
    with log.reading() as reading:
        return rejudge(row for page in pages(reading, reading.head().size) for row in page)


def error_of(answer: Answer) -> LedgerError:
    """The error that an answer is."""
    assert isinstance(answer, LedgerError), answer
    return answer
