"""Whether a ledger would record is known also while nobody sends a fact."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from ledger.api import Ledger
from ledger.domain.receipt import AppendsHeld, Receipt, Unavailable
from ledger.store import holding
from ledger.store.errors import Held, Unfit
from ledger.store.holding import Hold, hold
from ledger.store.log import Appending, Log
from ledger.store.memory_log import MemoryLog
from ledger.store.postgres_log import Patience, PostgresLog
from ledger.store.sequencer import Sequencer
from tests.support import world
from tests.support.clusters import ORIGIN, Database
from tests.support.waiting import until
from tests.support.wrapped_log import WrappedLog


class FullLog(WrappedLog):
    """A log whose disk can be made full, or to hang."""

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self.full = False
        self.hang: Callable[[], None] = lambda: None

    @contextmanager
    def appending(self) -> Iterator[Appending]:
        self.hang()
        if self.full:
            raise Held("could not extend file: No space left on device", "53100")
        with super().appending() as block:
            yield block


def now() -> datetime:
    """Our clock."""
    return datetime.now(UTC)


@pytest.fixture
def log() -> FullLog:
    return FullLog(MemoryLog(ORIGIN))


@pytest.fixture
def sequencer(log: FullLog) -> Iterator[Sequencer]:
    made = Sequencer(log, now, lambda size: b"s" * size)
    yield made
    log.hang = lambda: None
    made.close()


def send(sequencer: Sequencer) -> Future[Receipt]:
    """One fact."""
    return sequencer.submit(world.organisation())


def test_a_full_disk_holds_until_the_store_takes_a_transaction(log: FullLog, sequencer: Sequencer) -> None:
    log.full = True
    with pytest.raises(Unavailable):
        send(sequencer).result(5)
    found = hold(log, sequencer, now)
    assert found == Hold(
        holding.STORE, "the store cannot be reached, or takes nothing: could not extend file: No space left on device"
    )
    log.full = False
    assert (hold(log, sequencer, now), sequencer.failure) == (None, "")


def test_a_commit_that_hangs_holds(log: FullLog, sequencer: Sequencer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "STALLED", 0.05)
    go_on: Future[None] = Future()
    log.hang = lambda: go_on.result(5)
    sent = send(sequencer)
    until(lambda: sequencer.under_way > 0.05)
    found = hold(log, sequencer, now)
    assert found is not None
    assert (found.kind, found.reason[:19]) == (holding.STALLED_COMMIT, "a commit has waited")
    go_on.set_result(None)
    sent.result(5)
    assert hold(log, sequencer, now) is None


def test_a_clock_that_went_back_holds(log: FullLog, sequencer: Sequencer) -> None:
    send(sequencer).result(5)
    found = hold(log, sequencer, lambda: now() - timedelta(minutes=5))
    assert found is not None
    assert found.kind == holding.CLOCK
    assert found.reason.endswith("before the last record: set it right")
    assert hold(log, sequencer, None) is None


def test_an_unsafe_store_holds_and_its_callers_are_told_why(database: Database) -> None:
    log = PostgresLog(database.writer, patience=Patience(fit_seconds=0))
    sequencer = Sequencer(log, now, lambda size: b"s" * size)
    assert hold(log, sequencer, now) is None
    with psycopg.connect(database.owner) as owner:
        owner.execute("alter table ledger.edge disable trigger refuse_change")
    with pytest.raises(AppendsHeld, match="appends are held: unsealed tables is edge: find out who removed a trigger"):
        send(sequencer).result(5)
    found = hold(log, sequencer, now)
    assert found is not None
    assert found.kind == holding.UNFIT
    with psycopg.connect(database.owner) as owner:
        owner.execute("alter table ledger.edge enable always trigger refuse_change")
    assert hold(log, sequencer, now) is None
    assert send(sequencer).result(5).position == 1
    sequencer.close()
    log.close()


def test_clocks_that_differ_hold(database: Database) -> None:
    log = PostgresLog(database.writer)
    sequencer = Sequencer(log, now, lambda size: b"s" * size)
    found = hold(log, sequencer, lambda: now() + timedelta(seconds=9))
    assert found is not None
    assert (found.kind, found.reason[:36]) == (holding.UNFIT, "clocks apart: 9.0 s, at most 2 s: sy")
    sequencer.close()
    log.close()


class UnconfirmedLog(WrappedLog):
    """A log whose barrier fails."""

    def barrier(self) -> None:
        raise Unfit("synchronous_commit is off: set it on and reload")


def test_an_answer_that_cannot_be_confirmed_is_asked_for_again(log: FullLog) -> None:
    ledger = Ledger(UnconfirmedLog(log), now, lambda size: b"s" * size)
    try:
        draft = world.organisation()
        assert ledger.submit(draft).result().position == 1
        with pytest.raises(AppendsHeld, match="synchronous_commit is off"):
            ledger.receipts(draft.recorder, draft.content.id)
    finally:
        ledger.close()
