"""A process goes on with no log that lacks what it knows to be recorded, and by itself when the right one is back."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec
import pytest

from ledger.domain.receipt import AppendsHeld, Receipt
from ledger.store import continuity, holding
from ledger.store.holding import hold
from ledger.store.log import Log
from ledger.store.memory_log import MemoryLog
from ledger.store.sequencer import Sequencer
from tests.store.drafts import Draft, size_of, store
from tests.support import world
from tests.support.clusters import ORIGIN
from tests.support.wrapped_log import WrappedLog


class Primary(WrappedLog):
    """A log in whose place another one can come, as when a standby is promoted."""

    def switch_to(self, other: Log) -> None:
        self._log = other


def now() -> datetime:
    return datetime.now(UTC)


def copy() -> MemoryLog:
    """A log with one fact, the same in every copy."""
    made = MemoryLog(ORIGIN)
    store(made, Draft())
    return made


@pytest.fixture
def right() -> MemoryLog:
    return copy()


@pytest.fixture
def log(right: MemoryLog) -> Primary:
    return Primary(right)


@pytest.fixture
def sequencer(log: Primary) -> Iterator[Sequencer]:
    made = Sequencer(log, now, lambda size: b"s" * size)
    yield made
    made.close()


def send(sequencer: Sequencer) -> Receipt:
    return sequencer.submit(world.organisation()).result(5)


BEHIND = "the log ends at 1, and 2 facts are known to be recorded"
ELSEWHERE = "the log goes another way before 2 than the one that is known to be recorded"
WAY_OUT = ": a server that lacks acknowledged facts took over, bring back the one that has them"


@pytest.mark.parametrize(
    ("commits", "why"),
    [((), BEHIND), ((1,), ELSEWHERE), ((1, 1), ELSEWHERE), ((2,), ELSEWHERE)],
    ids=["shorter", "another fact in its place", "longer by another way", "no commit ended there"],
)
def test_a_log_that_lacks_what_is_known_is_left_as_it_is(
    log: Primary, right: MemoryLog, sequencer: Sequencer, commits: Sequence[int], why: str
) -> None:
    assert send(sequencer).position == 2
    stale = copy()
    for facts in commits:
        store(stale, *[Draft(type="Other")] * facts)
    log.switch_to(stale)
    before = size_of(stale)
    with pytest.raises(AppendsHeld, match=why):
        send(sequencer)
    assert hold(log, sequencer, now) == (holding.STALE, why + WAY_OUT)
    assert size_of(stale) == before
    log.switch_to(right)
    assert send(sequencer).position == 3
    assert hold(log, sequencer, now) is None


def test_not_even_a_spent_key_is_answered_by_a_log_that_lacks_what_is_known(log: Primary, sequencer: Sequencer) -> None:
    draft = world.organisation()
    sequencer.submit(draft).result(5)
    log.switch_to(copy())
    with pytest.raises(AppendsHeld, match=BEHIND):
        sequencer.submit(draft).result(5)


def test_what_others_recorded_meanwhile_is_gone_on_from(log: Primary, right: MemoryLog, sequencer: Sequencer) -> None:
    send(sequencer)
    store(right, Draft(), Draft())
    store(right, Draft())
    assert send(sequencer).position == 6


def test_an_epoch_before_the_known_one_is_not_gone_on_from(log: Primary, sequencer: Sequencer) -> None:
    send(sequencer)
    with log.reading() as reading:
        head = reading.head()
        known = msgspec.structs.replace(head, epoch=1)
        assert continuity.broken(reading, head, known).startswith("the log is in epoch 0, and epoch 1 is known")


def test_what_was_only_asked_makes_nothing_known(log: Primary, sequencer: Sequencer) -> None:
    """An end that others reached may not be confirmed by a standby yet."""
    asked = msgspec.structs.replace(world.organisation(), validate_only=True)
    sequencer.submit(asked).result(5)
    assert sequencer.known.size == 0
    log.switch_to(MemoryLog(ORIGIN))
    assert send(sequencer).position == 1
