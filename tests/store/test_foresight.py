"""Deciding ahead of one's turn: once for most facts, again for those that an earlier one of the batch changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import msgspec
import pytest

from ledger.domain import decision
from ledger.domain.decision import Command, Decision
from ledger.domain.facts.record import Verdict
from ledger.domain.finding import Outcome
from ledger.domain.receipt import Draft, Receipt, Refused
from ledger.domain.rules.context import Lookup, Missing
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.subject import statement
from ledger.store.foresight import Foresight
from ledger.store.log import Log
from ledger.store.memory_log import MemoryLog
from ledger.store.postgres_log import Patience, PostgresLog
from ledger.store.subjects_cache import SubjectsCache
from tests.model import world
from tests.model.desk import Desk
from tests.store.drafts import Draft as Row
from tests.store.drafts import link, store

LATER = world.START + timedelta(days=1)
STARTING = world.START + timedelta(minutes=111)
"""When the first patient's container may be started: released and checked."""


@contextmanager
def another_opening(log: Log) -> Iterator[Log]:
    """The same log as a second process would open it; memory is shared as it is."""
    if not isinstance(log, PostgresLog):
        yield log
        return
    opened = PostgresLog(log._dsn, patience=Patience(frozen_after_ms=60_000))
    yield opened
    opened.close()


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Positions in the order in which they are decided, each as often as it is."""
    found: list[int] = []
    whole = decision.decide

    def noting(command: Command, look: Lookup, missing: Missing) -> Decision | None:
        found.append(command.position)
        return whole(command, look, missing)

    monkeypatch.setattr(decision, "decide", noting)
    return found


def at_once(desk: Desk, drafts: list[Draft]) -> list[Receipt]:
    """Record drafts in one batch."""
    with desk.stalled():
        sent = desk.send(drafts, LATER)
    return [future.result(60) for future in sent]


def whole_ways(patients: int) -> list[Draft]:
    """Several patients' whole ways, step by step, each fact of one after that of another."""
    ways = [[draft for _, draft in world.therapy(number)] for number in range(1, patients + 1)]
    return [draft for step in zip(*ways, strict=True) for draft in step]


def collections(patients: int) -> list[Draft]:
    """A collection from each patient: facts that have nothing to do with each other."""
    return [
        world.collection(number, [world.container(f"00000{number}A", 100)], world.START)
        for number in range(1, patients + 1)
    ]


def verdicts(desk: Desk) -> list[Verdict]:
    """What was found of every fact, without the advice for the next step, which tells the time."""
    return [msgspec.structs.replace(record.verdict, clearance=None) for record in desk.records()]


def test_facts_that_have_nothing_to_do_with_each_other_are_decided_once_each(decided: list[int]) -> None:
    with Desk(MemoryLog("m")) as desk:
        desk.furnish(6)
        at_once(desk, collections(3))
        decided.clear()
        receipts = at_once(desk, collections(6)[3:])
        assert sorted(decided[1:]) == [receipt.position for receipt in receipts]


def test_facts_of_one_chain_are_decided_in_their_turn_and_not_ahead(decided: list[int]) -> None:
    with Desk(MemoryLog("m")) as desk:
        desk.furnish()
        decided.clear()
        receipts = at_once(desk, whole_ways(1)[:9])
        times = {receipt.type: decided.count(receipt.position) for receipt in receipts}
        assert (times["CellsModified"], times["ManufactureCompleted"]) == (1, 1)
        assert desk.audit()[1] is None


def test_facts_that_earlier_ones_change_are_decided_again_in_their_turn(decided: list[int]) -> None:
    with Desk(MemoryLog("m")) as desk:
        desk.furnish(2)
        stop = world.suspension(world.COLLECTION, at=world.START - timedelta(hours=1))
        decided.clear()
        with desk.stalled():
            sent = desk.send([stop, *collections(2)], LATER)
        answers = [future.exception(60) or future.result() for future in sent]
        assert [type(answer) for answer in answers] == [Receipt, Receipt, Receipt]
        assert [decided.count(answer.position) for answer in answers if isinstance(answer, Receipt)] == [1, 2, 2]
        assert desk.audit()[1] is None


def test_many_at_once_get_the_verdicts_that_they_would_get_one_by_one() -> None:
    drafts = whole_ways(3)
    with Desk(MemoryLog("m")) as together, Desk(MemoryLog("m")) as alone:
        for desk in (together, alone):
            desk.furnish(3)
        with together.stalled():
            sent = together.send(drafts, LATER)
        alone.record(next(world.registers()))  # in the place of what kept the others waiting
        one_by_one = [alone.try_(draft, LATER) for draft in drafts]
        answers = [future.exception(60) or future.result() for future in sent]
        assert [type(answer) for answer in answers] == [type(answer) for answer in one_by_one]
        assert verdicts(together) == verdicts(alone)
        assert together.audit()[1] is None


def test_of_two_that_cannot_both_be_the_second_is_refused_though_both_were_decided_ahead(log: Log) -> None:
    with Desk(log) as desk:
        desk.furnish()
        desk.treat(1, steps=13)
        with another_opening(log) as keeper, desk.stalled(keeper):
            sent = desk.send(
                world.start("000001F", 1, where=world.POINT, at=STARTING + n * world.MINUTE) for n in (0, 1)
            )
        answers = [future.exception(30) or future.result() for future in sent]
        assert [type(answer) for answer in answers] == [Receipt, Refused]
        assert [record.verdict.outcome for record in desk.records()[-2:]] == [Outcome.RECORDED, Outcome.REFUSED]


def test_a_log_tells_which_tags_it_has_ever_met(log: Log) -> None:
    store(log, Row(tags=["known"], edges=[link("bag", "lot")]))
    with log.reading() as reading:
        found = sorted(reading.met(["known", "bag", "lot", "unheard of", "known"]))
        assert found == [
            ("bag", False, True),
            ("known", True, False),
            ("lot", False, False),
            ("unheard of", False, False),
        ]
        assert reading.met([]) == []


def test_what_is_kept_without_ever_being_loaded_is_what_loading_gives() -> None:
    with Desk(MemoryLog("m")) as desk:
        desk.furnish(2)
        desk.treat(1)
        desk.treat(2, desk.now + timedelta(hours=1))
        kept, loaded = desk.sequencer._cache, SubjectsCache()
        places = list(kept._histories.values())
        with desk.log.reading() as reading:
            wanted = {(history.subject, history.tag) for history in places}
            loaded.fetch(Missing(histories=wanted), reading, reading.head().size)
        again = [loaded.history(history.subject, history.tag) for history in places]
        assert {history.tag.partition(":")[0] for history in places} >= {"coi", "material", "batch", "site"}
        assert [one.newest for one in again if one is not None] == [history.newest for history in places]
        assert [one.known for one in again if one is not None] == [history.known for history in places]


def test_what_was_decided_ahead_with_something_that_going_back_let_go_is_decided_again() -> None:
    with Desk(MemoryLog("m")) as desk:
        desk.furnish()
        desk.treat(1)
        last = desk.records()[-1]
        stated = statement(last)
        cache, wanted = SubjectsCache(), {(MATERIAL, tag) for tag in last.verdict.tags if tag.startswith("material:")}
        with desk.log.reading() as reading:
            before = reading.head().size - 1
            cache.fetch(Missing(histories=wanted), reading, before)
            ahead = cache.watch()
            assert [cache.history(*place) is not None for place in wanted] == [True]
            mark = cache.mark()
            cache.fetch(Missing(whole=wanted), reading, before)
            cache.back(mark)
            cache.advance(last, stated, (), ())
        assert not cache.unchanged(ahead)


def test_one_content_that_two_send_is_decided_for_each_of_them() -> None:
    with Desk(MemoryLog("m")) as desk:
        desk.furnish()
        mine = collections(1)[0]
        theirs = msgspec.structs.replace(mine.recorder, system="another")
        command = Command(content=mine.content, recorder=mine.recorder, recorded_at=LATER, position=1)
        with desk.log.reading() as reading:
            foresight = Foresight(desk.sequencer._cache, reading, reading.head().size)
            foresight.look([command])
            ahead = foresight._ahead[1]
            assert foresight._stands(ahead, command)
            assert not foresight._stands(ahead, msgspec.structs.replace(command, recorder=theirs))
