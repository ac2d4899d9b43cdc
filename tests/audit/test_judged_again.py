"""Any stretch of a log, judged again by its index, gives what playing it all gives; another rulebook, what differs."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.api import Ledger
from ledger.audit import judged_again
from ledger.audit.judgement import Again, Change, Judgement
from ledger.audit.rejudge import rejudge
from ledger.domain.finding import Outcome, Weight
from ledger.domain.receipt import NotFound
from ledger.domain.rules import catalogue, judging
from ledger.domain.rules.rule import Rule
from ledger.store.log import Log
from ledger.store.memory_log import MemoryLog
from tests.model import world
from tests.model.desk import Desk, everything
from tests.model.histories import Step, steps
from tests.model.test_random_histories import FEWER, played
from tests.store.drafts import Draft as Raw
from tests.store.drafts import store

CHAIN = world.tag_of("coi", world.chain(1))
STARTED = world.START + timedelta(minutes=111)


def judged(log: Log, cuts: Sequence[int] = (), question: Again | None = None) -> Judgement:
    """A log judged in stretches that end at these positions, one after the other."""
    with log.reading() as reading:
        end = reading.head().size
        found = Judgement(after=0, through=0, end=end)
        for after, through in pairwise(sorted({0, *(cut for cut in cuts if cut < end), end})):
            found = found.then(judged_again.judge(reading, question or Again(), after, through))
        return found


@FEWER
@given(told=steps(free=True), cuts=st.lists(st.integers(1, 120), max_size=4))
def test_stretches_of_any_history_come_out_as_the_whole_of_it(told: list[Step], cuts: list[int]) -> None:
    log = played(told).desk.log
    found = judged(log, cuts)
    assert rejudge(everything(log)) is None
    assert (found.first, found.unreadable, found.judged) == (None, (), found.end)


@pytest.fixture
def careless(monkeypatch: pytest.MonkeyPatch) -> Log:
    """A log whose program asked no rule I8: what is given needed no check at the bedside. It is mended since."""

    def without(fact_type: str, parameters: dict[str, str]) -> tuple[Rule, ...]:
        return tuple(rule for rule in catalogue.rules_for(fact_type, parameters) if rule.id != "I8")

    log = MemoryLog("ledger.test/careless")
    with monkeypatch.context() as build, Desk(log) as desk:
        build.setattr(judging, "rules_for", without)
        desk.furnish()
        store(log, Raw("dcb:Anything"))
        desk.treat(1, steps=12)
        desk.record(world.start("000001F", 1, where=world.POINT, at=STARTED), STARTED)
    return log


def test_the_verdict_of_a_program_that_skipped_a_rule_is_named(careless: Log) -> None:
    """By playing the whole log, and by judging a stretch that ends with it; both say the same."""
    size = len(everything(careless))
    found = rejudge(everything(careless))
    assert found is not None
    assert (found.position, found.type, found.apart) == (size, "AdministrationStarted", ("outcome", "findings"))
    assert (found.stored.outcome, found.now.outcome) == (Outcome.RECORDED, Outcome.REFUSED)
    assert {one.rule for one in found.now.findings} - {one.rule for one in found.stored.findings} == {"I8"}
    stretch = judged(careless, [size - 3])
    assert (stretch.first, stretch.breaks_at, stretch.unjudged) == (found, size, 1)


def test_what_another_rulebook_would_refuse_is_told_by_rule_and_changes_nothing(careless: Log) -> None:
    before = everything(careless)
    at = (before[-1].position,)
    for under in ("0", "today"):
        found = judged(careless, [5], Again(under=under))
        assert found.first is None
        assert found.changes == (
            Change(stored=Outcome.RECORDED.value, now=Outcome.REFUSED.value, facts=1, positions=at),
            Change(rule="I8", now=Weight.BAR.value, facts=1, positions=at),
        )
    assert everything(careless) == before


def test_each_fact_is_judged_by_the_rulebook_of_its_moment() -> None:
    fact = {
        "organisation": world.organisation("MPC"),
        "number": 0,
        "rules": [{"rule": "I8", "revision": 1}],
        "parameters": [{"name": "bedside-check-identifiers", "value": "3"}],
    }
    log = MemoryLog("ledger.test/rulebooks")
    with Desk(log) as desk:
        desk.furnish()
        desk.treat(1, steps=13)
        desk.record(world.draft("RulebookAdopted", fact, at=STARTED, where=world.CONTROL, checked=()), STARTED)
        desk.try_(world.start("000001F", 1, where=world.POINT, at=STARTED), STARTED)
    size = len(everything(log))
    assert judged(log, [size - 1]).first is None
    assert judged(log, [], Again(under="today")).changes == ()
    assert [(change.rule, change.now) for change in judged(log, [], Again(under="0")).changes] == [
        ("", Outcome.RECORDED.value),
        ("I8", ""),
    ]


def ledger_on(log: Log) -> Ledger:
    return Ledger(log, lambda: world.START, bytes)


def test_a_chain_is_judged_alone_page_by_page_to_its_end(careless: Log) -> None:
    ledger = ledger_on(careless)
    try:
        whole = ledger.rejudging.page(Again(subject=CHAIN))
        assert whole.first == rejudge(everything(careless))
        assert 12 < whole.judged < len(everything(careless))
        first = ledger.rejudging.page(Again(subject=CHAIN), most=4)
        assert (first.judged, first.complete, first.end) == (4, False, whole.end)
        assert first.then(ledger.rejudging.page(Again(subject=CHAIN), first.through, first.end)) == whole
        with pytest.raises(NotFound, match=r"no fact about coi:isbt128-coi:nothing"):
            ledger.rejudging.page(Again(subject="coi:isbt128-coi:nothing"))
        with pytest.raises(NotFound, match="no rulebook '99' in this program: give today or 0"):
            ledger.rejudging.page(Again(under="99"))
    finally:
        ledger.close()


def test_reports_of_stretches_add_up() -> None:
    change = Change(rule="I8", now="WEIGHT_BAR", facts=7, positions=(1, 2, 3, 4, 5, 6, 7))
    one = Judgement(after=0, through=10, end=30, judged=8, refused=2, taken=1, unreadable=(3,), changes=(change,))
    two = Judgement(after=10, through=30, end=30, judged=18, unjudged=2, changes=(change,))
    assert one.then(two) == Judgement(
        after=0,
        through=30,
        end=30,
        judged=26,
        refused=2,
        taken=1,
        unjudged=2,
        unreadable=(3,),
        changes=(Change(rule="I8", now="WEIGHT_BAR", facts=14, positions=(1, 2, 3, 4, 5, 6, 7, 1, 2, 3)),),
    )
    assert (one.complete, one.breaks_at, two.complete, two.breaks_at) == (False, 3, True, 0)
