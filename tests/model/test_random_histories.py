"""No history that was accepted breaks a promise unnamed."""

import pytest
from hypothesis import HealthCheck, example, given, settings

from ledger.audit.rejudge import rejudge
from ledger.domain.facts.record import Record
from ledger.store.memory_log import MemoryLog
from ledger.store.subjects_cache import SubjectsCache
from tests.model import world
from tests.model.desk import everything
from tests.model.histories import History, Step, begun, steps
from tests.model.law import Breach, breaches

pytestmark = pytest.mark.no_cover
"""What these run is covered by others; the tracer would only make them longer."""

NAMED_BY = {
    "whose": {"I1"},
    "holder": {"C1", "C2"},
    "amount": {"Q1", "Q5"},
    "release": {"R1"},
}
"""The rules that may name a broken promise."""

EXAMPLES = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

FEWER = settings(EXAMPLES, max_examples=40)
"""For questions that read a whole log again after each history."""


KEPT = [Step("modify", 0, 0, 0, wild=True, late=0, deviation=False)]
"""Cells that are worked on and put back into the container that they came from: not a second filling."""

ALL_KEPT = [
    Step("modify", 0, 1, 0, wild=True, late=0, deviation=False),
    Step("modify", 0, 0, 0, wild=True, late=0, deviation=False),
]
"""The same with all that was in it, and once more with a part: what was put back is there."""

COLLECTED_AFTER_USE = [
    Step("collect", 0, 3, 0, wild=False, late=0, deviation=False),
    Step("open", 0, 0, 0, wild=False, late=0, deviation=False),
    Step("modify", 0, 0, 0, wild=False, late=0, deviation=True),
    Step("not happened", 4, 0, 0, wild=False, late=0, deviation=False),
    Step("collect", 0, 1, 0, wild=True, late=0, deviation=True),
]
"""A collection is taken back after its bag was used, and one that came after that use is told to have filled it."""


KEPT_BEFORE_FILLED = [
    Step("collect", 0, 0, 0, wild=True, late=0, deviation=False),
    Step("collect", 0, 0, 0, wild=True, late=0, deviation=False),
    Step("dispatch", 0, 0, 0, wild=False, late=0, deviation=False),
    Step("dispatch", 0, 0, 0, wild=False, late=0, deviation=False),
    Step("modify", 0, 0, 0, wild=True, late=200, deviation=True),
]
"""Cells are told late to have been worked on in a container before anything was put into it."""


def played(told: list[Step]) -> History:
    """A history with these steps."""
    history = begun(MemoryLog("ledger.test/model"))
    try:
        history.play(told)
    finally:
        history.desk.sequencer.close()
    return history


def broken(history: History) -> list[Breach]:
    """What the accepted history breaks."""
    return list(breaches(list(history.counted.values()), world.SITES))


def is_named(breach: Breach, stored: list[Record]) -> bool:
    """Whether a finding names it: on the fact, on a record about it, or on the fact that made it impossible."""
    rules = NAMED_BY[breach.promise]
    for record in stored:
        effect = record.verdict.effect
        own = breach.position in (record.stamp.position, effect.target if effect is not None else 0)
        for found in record.verdict.findings:
            if found.rule in rules and (own or breach.position in found.positions):
                return True
    return False


WORKED_ON_WHERE_IT_IS = [
    Step(act="dispatch", a=1, b=0, c=0, wild=False, late=0, deviation=False),
    Step(act="modify", a=0, b=0, c=0, wild=True, late=0, deviation=False),
]
"""Cells are modified in the bag in which they came."""


@EXAMPLES
@example(told=WORKED_ON_WHERE_IT_IS)
@given(told=steps(free=False))
@example(told=KEPT)
@example(told=ALL_KEPT)
def test_without_exceptions_and_in_time_no_promise_is_ever_broken(told: list[Step]) -> None:
    assert broken(played(told)) == []


@EXAMPLES
@given(told=steps(free=True))
@example(told=KEPT)
@example(told=ALL_KEPT)
@example(told=COLLECTED_AFTER_USE)
@example(told=KEPT_BEFORE_FILLED)
def test_every_broken_promise_is_named_by_a_finding(told: list[Step]) -> None:
    history = played(told)
    stored = history.desk.records()
    unnamed = [breach for breach in broken(history) if not is_named(breach, stored)]
    assert unnamed == []


@FEWER
@given(told=steps(free=True))
def test_every_verdict_comes_out_again_and_the_log_verifies(told: list[Step]) -> None:
    verified, difference = played(told).desk.audit()
    assert (verified.reason, difference) == ("", None)


@FEWER
@given(told=steps(free=True))
def test_a_cold_cache_judges_like_a_warm_one(told: list[Step]) -> None:
    """Each fact is judged with what was kept since the first one; and again with nothing kept."""
    stored = everything(played(told).desk.log)
    assert rejudge(stored, SubjectsCache(most_entries=0)) is None
