"""Many writers on one Postgres: the lock, the head read under it, and readers that skip nothing."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from threading import Event

import psycopg
import pytest

from ledger.store.errors import Unknown
from ledger.store.follow import follow
from ledger.store.postgres_log import Patience, PostgresLog, create_log
from ledger.store.rows import Stored
from tests.store.conftest import OpenLog
from tests.store.drafts import Draft, everything, positions, put, size_of, store
from tests.support.clusters import ORIGIN, Database
from tests.support.waiting import until

WRITERS = 32
EACH = 12
SLOW = """
create function dawdle() returns trigger language plpgsql as
    $$ begin if new.size in (50, 200) then perform pg_sleep(0.3); end if; return new; end $$;
create trigger dawdle before insert on ledger.commit for each row execute function dawdle();
"""


def waiting_for_the_lock(database: Database) -> Callable[[], bool]:
    """Whether a writer waits for an advisory lock."""
    statement = "select count(*) from pg_locks where locktype = 'advisory' and not granted"

    def look() -> bool:
        with psycopg.connect(database.owner) as connection:
            return connection.execute(statement).fetchone() != (0,)

    return look


def test_the_head_is_read_after_the_lock_was_waited_for(open_log: OpenLog, each_database: Database) -> None:
    """store-trial W7: lock and head in one statement showed a head from before the wait."""
    first, second = open_log(), open_log()
    with ThreadPoolExecutor() as threads:
        with first.appending() as block:
            later = threads.submit(store, second, Draft())
            until(waiting_for_the_lock(each_database))
            put(block, [Draft()] * 3)
        assert later.result(10).size == 4
    assert positions(everything(first)) == [1, 2, 3, 4]


def test_no_reader_ever_skips_a_late_commit(open_log: OpenLog, each_database: Database) -> None:
    """trust.md F2: with the library's own function a tailing reader missed 95 of 18,927 events."""
    with psycopg.connect(each_database.owner) as connection:
        connection.execute(SLOW)
    logs = [open_log() for _ in range(WRITERS)]
    total = WRITERS * EACH

    def write(log: PostgresLog) -> None:
        for _ in range(EACH):
            store(log, Draft(tags=["all"]))

    def tail(tags: list[str]) -> list[int]:
        facts = (news for news in follow(logs[0], 0, tags, [], Event()) if isinstance(news, Stored))
        return [fact.position for fact in islice(facts, total)]

    with ThreadPoolExecutor(WRITERS + 3) as threads:
        readers = [threads.submit(tail, tags) for tags in ([], ["all"], [])]
        list(threads.map(write, logs))
        assert [reader.result(30) for reader in readers] == [list(range(1, total + 1))] * 3


def test_threads_of_one_process_take_turns(open_log: OpenLog) -> None:
    log = open_log()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: store(log, Draft(), Draft()), range(40)))
    assert positions(everything(log)) == list(range(1, 81))


def test_two_processes_store_every_key_once_and_without_gaps(open_log: OpenLog, each_database: Database) -> None:
    told = [sys.executable, "-m", "tests.store.appender", each_database.writer]
    both = [subprocess.Popen([*told, "60", first], stdout=subprocess.PIPE, text=True) for first in ("0", "20")]
    stored = [process.communicate(timeout=60)[0].split() for process in both]
    assert sorted(map(int, stored[0] + stored[1])) == list(range(80))
    log = open_log()
    assert positions(everything(log)) == list(range(1, 81))
    with log.reading() as reading:
        assert all(len(reading.search([f"key:{number}"], [], 0, 99, 9)) == 1 for number in range(80))


@pytest.mark.parametrize("appended", [0, 1])
def test_a_frozen_writer_lets_the_others_go_on(open_log: OpenLog, each_database: Database, appended: int) -> None:
    frozen = PostgresLog(each_database.writer, origin=ORIGIN, patience=Patience(frozen_after_ms=200))

    def freeze() -> None:
        with frozen.appending() as block:
            put(block, [Draft("Frozen")] * appended)
            store(open_log(), Draft("Other"))
            put(block, [Draft("Frozen")])

    with pytest.raises(Unknown):
        freeze()
    store(frozen, Draft("Thawed"))
    assert [fact.type for fact in everything(frozen)] == ["Other", "Thawed"]
    frozen.close()


def test_two_logs_in_one_database_do_not_wait_for_each_other(each_database: Database, open_log: OpenLog) -> None:
    create_log(each_database.owner, "ledger.test/reads", schema="reads")
    reads = PostgresLog(each_database.writer, schema="reads")
    log = open_log()
    with log.appending() as block:
        put(block, [Draft()])
        store(reads, Draft(), Draft())
    assert (size_of(log), size_of(reads)) == (1, 2)
    reads.close()
