"""The writer loop on a real server: several processes, lost answers, killed sessions, clocks that differ."""

import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ledger.domain.receipt import Draft, DraftBatch, Receipt, Unavailable
from ledger.store.postgres_log import Patience, PostgresLog
from ledger.store.sequencer import Sequencer
from tests.model import world
from tests.model.desk import Desk
from tests.store.conftest import OpenLog
from tests.store.rival import Rival
from tests.store.watched_log import WatchedLog
from tests.support.clusters import ORIGIN, Database
from tests.support.cutting_proxy import Cut, CuttingProxy

AT = world.START
LATER = AT + timedelta(hours=12)
KILL = """select count(pg_terminate_backend(pid)) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()"""


def kill_sessions(database: Database) -> None:
    """End every session of the log."""
    with psycopg.connect(database.owner, autocommit=True) as connection:
        connection.execute(KILL)


@pytest.fixture
def desk(open_log: OpenLog) -> Iterator[Desk]:
    """A furnished desk with one patient, on each version of Postgres."""
    with Desk(open_log()) as opened:
        opened.furnish()
        yield opened


def collecting(name: str = "000001A") -> Draft:
    return world.collection(1, [world.container(name, 100)], AT)


def test_two_processes_give_one_container_once_and_judge_as_one(desk: Desk, each_database: Database) -> None:
    patients = range(2, 10)
    for number in patients:
        desk.record_all(world.enrolment(number, AT - timedelta(hours=25)), AT - timedelta(days=1))
    for number in patients:
        desk.treat(number, AT + timedelta(hours=3), steps=13)
    when = AT + timedelta(hours=4, minutes=51)
    with ExitStack() as stack:
        rivals = [stack.enter_context(Rival(each_database.writer, when + world.MINUTE)) for _ in range(2)]
        for number in patients:
            for rival in rivals:
                rival.tell([world.start(f"{number:06}F", number, where=world.POINT, at=when)])
        told = [[rival.answers()[0] for _ in patients] for rival in rivals]
    for words in zip(*told, strict=True):
        assert sorted(word.startswith("Refused") for word in words) == [False, True]
    verified, difference = desk.audit()
    assert (verified.holds, verified.reason) == (True, "")
    assert difference is None


def test_two_processes_with_the_same_keys_store_each_fact_once(desk: Desk, each_database: Database) -> None:
    drafts = [collecting(f"{number:06}K") for number in range(60)]
    before = len(desk.rows())
    with ExitStack() as stack:
        rivals = [stack.enter_context(Rival(each_database.writer, LATER)) for _ in range(2)]
        for rival in rivals:
            rival.tell(drafts)
        told = [rival.answers() for rival in rivals]
    assert told[0] == told[1]
    assert sorted(map(int, told[0])) == list(range(before + 1, before + 61))
    assert len(desk.rows()) == before + 60


@pytest.fixture
def proxy(each_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CuttingProxy, str]]:
    """A proxy, and the address of the log through it."""
    folder = tmp_path_factory.mktemp("cut")
    server = str(conninfo_to_dict(each_database.writer)["host"])
    with CuttingProxy(folder, server) as cutting:
        yield cutting, make_conninfo(each_database.writer, host=str(folder))


@pytest.mark.parametrize("cut", ["question", "answer"])
def test_a_lost_answer_to_commit_is_settled_by_the_keys(desk: Desk, proxy: tuple[CuttingProxy, str], cut: Cut) -> None:
    cutting, dsn = proxy
    log = PostgresLog(dsn, origin=ORIGIN)
    with Desk(log) as through:
        draft, before = collecting(), len(desk.rows())
        through.record(world.opening("C1", 1, where=world.CENTRAL, at=AT), LATER)
        cutting.cut = cut
        receipt = through.record(draft)
        assert receipt.position == before + 2
        # stored before the line was cut: then the key that was looked up gave the answer
        assert receipt.repeated_call is (cut == "answer")
        assert desk.record(draft, LATER).position == receipt.position
    log.close()
    assert len(desk.rows()) == before + 2


def collected_and_sent() -> DraftBatch:
    """Two facts under one key."""
    sent = world.dispatch("1", ["000001A"], origin=world.COLLECTION, to=world.CENTRAL, at=AT + 10 * world.MINUTE)
    return world.as_batch(collecting(), sent)


def answered(desk: Desk, batch: DraftBatch) -> tuple[Receipt, ...]:
    """The receipts of a batch, sent as often as a server that ends its sessions and says why makes its caller send."""
    for _ in range(10):
        with suppress(Unavailable):
            return desk.record_batch(batch, LATER)
    raise AssertionError("never answered")


@pytest.mark.parametrize("cut", ["question", "answer"])
def test_a_lost_answer_to_the_commit_of_a_batch_is_settled_by_its_key(
    desk: Desk, proxy: tuple[CuttingProxy, str], cut: Cut
) -> None:
    cutting, dsn = proxy
    log = PostgresLog(dsn, origin=ORIGIN)
    with Desk(log) as through:
        batch, before = collected_and_sent(), len(desk.rows())
        through.record(world.opening("C1", 1, where=world.CENTRAL, at=AT), LATER)
        cutting.cut = cut
        receipts = through.record_batch(batch)
        assert [one.position for one in receipts] == [before + 2, before + 3]
        assert [one.repeated_call for one in receipts] == [cut == "answer"] * 2
        assert [one.leaf_hash for one in desk.record_batch(batch, LATER)] == [one.leaf_hash for one in receipts]
    log.close()
    assert len(desk.rows()) == before + 3


def test_a_session_killed_under_a_batch_leaves_all_of_it_or_nothing(
    desk: Desk, open_log: OpenLog, each_database: Database
) -> None:
    watched = WatchedLog(open_log())
    batch, sizes = collected_and_sent(), [len(desk.rows())]

    def kill_once() -> None:
        if len(sizes) == 1:
            kill_sessions(each_database)
            sizes.append(len(desk.rows()))

    with Desk(watched) as other:
        watched.before_commit = kill_once
        answered(other, batch)
        receipts = answered(other, batch)
    assert sizes == [sizes[0]] * 2
    assert [(one.position, one.repeated_call) for one in receipts] == [(sizes[0] + 1, True), (sizes[0] + 2, True)]
    assert len(desk.rows()) == sizes[0] + 2
    assert desk.audit()[0].holds


def test_a_session_killed_in_the_middle_is_replaced_and_nothing_is_stored_twice(
    desk: Desk, open_log: OpenLog, each_database: Database
) -> None:
    watched = WatchedLog(open_log())
    draft, before = collecting(), len(desk.rows())
    killed: list[int] = []

    def kill_once() -> None:
        if not killed:
            killed.append(1)
            kill_sessions(each_database)

    with Desk(watched) as other:
        watched.before_commit = kill_once
        receipt = other.record(draft, LATER)
    assert killed
    assert (receipt.position, receipt.repeated_call) == (before + 1, False)
    assert len(desk.rows()) == before + 1
    assert desk.audit()[0].holds


def test_a_batch_that_takes_longer_than_postgres_waits_is_recorded_in_parts(each_database: Database) -> None:
    def slowly(size: int) -> bytes:
        time.sleep(0.05)
        return secrets.token_bytes(size)

    log = PostgresLog(each_database.writer, origin=ORIGIN, patience=Patience(frozen_after_ms=600))
    drafts = list(world.registers())
    sequencer = Sequencer(log, lambda: AT, slowly, rehearsal=True)
    receipts = [sent.result(60) for sent in [sequencer.submit(draft) for draft in drafts]]
    sequencer.close()
    assert [receipt.position for receipt in receipts] == list(range(1, len(drafts) + 1))
    assert len(drafts) * 0.05 > 2 * 0.6
    log.close()


@pytest.mark.parametrize("minutes", [-1, 1])
def test_appends_are_held_while_our_clock_and_the_servers_differ(open_log: OpenLog, minutes: int) -> None:
    shown = [datetime.now(UTC) + timedelta(minutes=minutes)]
    sequencer = Sequencer(open_log(), lambda: shown[0], secrets.token_bytes)
    draft = next(world.registers())
    answer = sequencer.submit(draft).exception(20)
    assert isinstance(answer, Unavailable)
    assert "clocks differ" in str(answer)
    shown[0] = datetime.now(UTC)
    assert sequencer.submit(draft).result(20).position == 1
    sequencer.close()


def test_a_server_that_lets_nobody_in_makes_callers_try_again_with_the_same_key(
    open_log: OpenLog, each_database: Database
) -> None:
    """Held: nothing is stored, nothing is spent, and the next attempt works."""
    draft = next(world.registers())
    name = conninfo_to_dict(each_database.owner)["dbname"]
    statement = sql.SQL("alter database {} allow_connections {}")
    with Desk(open_log()) as desk, psycopg.connect(each_database.server.dsn(), autocommit=True) as owner:
        owner.execute(statement.format(sql.Identifier(str(name)), sql.Literal(False)))
        owner.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,))
        answer = desk.try_(draft)
        owner.execute(statement.format(sql.Identifier(str(name)), sql.Literal(True)))
        assert isinstance(answer, Unavailable)
        assert desk.record(draft).position == 1
