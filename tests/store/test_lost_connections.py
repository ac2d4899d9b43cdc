"""Lost connections, lost answers and failing servers: what is stored is always found out, nothing is stored twice."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.dcb.api import DCBEvent
from eventsourcing.persistence import OperationalError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ledger.postgres.connection import Connection, open_connection
from ledger.postgres.launcher import EmbeddedPostgres
from ledger.store.errors import Held, Rejected, Unknown
from ledger.store.listener import Listener
from ledger.store.postgres_log import PostgresLog, create_log
from ledger.store.recorder import LogRecorder
from tests.store.conftest import OpenLog
from tests.store.drafts import ORGANISATION, SALT, Draft, everything, key_of, positions, put, size_of, store
from tests.support.clusters import ORIGIN, Database
from tests.support.cutting_proxy import Cut, CuttingProxy
from tests.support.waiting import until

KEY = (ORGANISATION, UUID(int=1))
SESSIONS = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"


def ask(database: Database, statement: str) -> object:
    """Run a statement as the owner; return its first value."""
    with psycopg.connect(database.owner, autocommit=True) as connection:
        row = connection.execute(statement.encode()).fetchone()
    return row and row[0]


@pytest.fixture
def proxy(each_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CuttingProxy, str]]:
    """A proxy, and the address of the log through it."""
    folder = tmp_path_factory.mktemp("cut")
    server = str(conninfo_to_dict(each_database.writer)["host"])
    with CuttingProxy(folder, server) as cutting:
        yield cutting, make_conninfo(each_database.writer, host=str(folder))


def test_a_connection_lost_in_the_middle_is_unknown_and_nothing_is_stored(
    open_log: OpenLog, each_database: Database
) -> None:
    log = open_log()

    def lose_the_line() -> None:
        with log.appending() as block:
            put(block, [Draft()], [key_of(1, 1)])
            ask(each_database, f"select count(pg_terminate_backend(pid)) {SESSIONS}")
            put(block, [Draft()])

    with pytest.raises(Unknown):
        lose_the_line()
    with log.appending() as block:
        assert (block.head().size, block.keys([KEY])) == (0, {})
        put(block, [Draft()], [key_of(1, 1)])
    assert positions(everything(log)) == [1]


def test_idle_connections_that_were_lost_are_replaced_unnoticed(open_log: OpenLog, each_database: Database) -> None:
    log = open_log()
    store(log, Draft())
    ask(each_database, f"select count(pg_terminate_backend(pid)) {SESSIONS}")
    until(lambda: ask(each_database, f"select count(*) {SESSIONS}") == 0)
    assert size_of(log) == 1
    assert store(log, Draft()).size == 2


@pytest.mark.parametrize(("cut", "stored"), [("question", 0), ("answer", 1)])
def test_a_lost_commit_is_settled_by_its_key(proxy: tuple[CuttingProxy, str], cut: Cut, stored: int) -> None:
    cutting, dsn = proxy
    log = PostgresLog(dsn, origin=ORIGIN)

    def lose_the_commit() -> None:
        with log.appending() as block:
            put(block, [Draft()], [key_of(1, 1)])
            cutting.cut = cut

    with pytest.raises(Unknown):
        lose_the_commit()
    with log.appending() as block:
        assert (block.head().size, len(block.keys([KEY]))) == (stored, stored)
        if not stored:
            put(block, [Draft()], [key_of(1, 1)])
    assert positions(everything(log)) == [1]
    log.close()


@pytest.mark.parametrize("cut", ["question", "answer"])
def test_the_recorder_stores_once_when_an_answer_is_lost(proxy: tuple[CuttingProxy, str], cut: Cut) -> None:
    """trust.md F4: the library's own retry reports a conflict although the event is stored."""
    cutting, dsn = proxy
    log = PostgresLog(dsn, origin=ORIGIN)
    recorder = LogRecorder(log, now=lambda: 1, new_id=uuid4, new_salt=lambda: SALT)
    cutting.cut = cut
    assert recorder.append([DCBEvent("T", b"1"), DCBEvent("T", b"2")]) == 2
    assert positions(everything(log)) == [1, 2]
    log.close()


def test_a_failed_statement_that_the_block_swallows_is_not_committed(open_log: OpenLog) -> None:
    log = open_log()

    def go_on_after_a_failure() -> None:
        with log.appending() as block:
            put(block, [Draft()])
            with suppress(psycopg.Error):
                put(block, [Draft(tags=["x" * 300])])

    with pytest.raises(Held):
        go_on_after_a_failure()
    assert size_of(log) == 0


@pytest.mark.parametrize("text", ["a\0", "\ud800"], ids=["NUL", "surrogate"])
def test_a_question_that_no_text_can_answer_is_rejected(open_log: OpenLog, text: str) -> None:
    log = open_log()
    with pytest.raises(Rejected), log.reading() as reading:
        reading.search([text], [], 0, 9, 9)
    assert size_of(log) == 0


def test_a_cancelled_statement_holds_the_log_and_stores_nothing(open_log: OpenLog, each_database: Database) -> None:
    first, second = open_log(), open_log()
    waiting = "from pg_locks where locktype = 'advisory' and not granted"
    with ThreadPoolExecutor() as threads, first.appending():
        later = threads.submit(store, second, Draft())
        until(lambda: ask(each_database, f"select count(*) {waiting}") == 1)
        ask(each_database, f"select count(pg_cancel_backend(pid)) {waiting}")
        assert isinstance(later.exception(10), Held)
    assert size_of(second) == 0


@pytest.fixture
def server(each_database: Database, tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A server of one's own with a log, for faults that concern the whole of it."""
    own = EmbeddedPostgres(tmp_path / "own", binaries=each_database.server._binaries)
    with own:
        create_log(own.dsn(), ORIGIN)
        yield own


def test_a_commit_that_no_standby_confirmed_is_unknown(server: EmbeddedPostgres) -> None:
    """trust.md F5: a cancel makes COMMIT return well with only a warning, and the row on one node."""
    log = PostgresLog(server.dsn(user="coi_ledger_writer"))
    with psycopg.connect(server.dsn(), autocommit=True) as owner:
        owner.execute("alter system set synchronous_standby_names = 'nobody'")
        owner.execute("select pg_reload_conf()")
        stuck = "from pg_stat_activity where wait_event = 'SyncRep'"
        with ThreadPoolExecutor() as threads:
            for work in (lambda: store(log, Draft()), log.barrier):
                stored = threads.submit(work)
                until(lambda: owner.execute(f"select count(*) {stuck}".encode()).fetchone() == (1,))
                owner.execute(f"select count(pg_cancel_backend(pid)) {stuck}".encode())
                assert isinstance(stored.exception(10), Unknown)
    assert size_of(log) == 1
    log.close()


def test_a_barrier_costs_nothing_without_standbys(open_log: OpenLog) -> None:
    log = open_log()
    log.barrier()
    store(log, Draft())
    log.barrier()
    assert size_of(log) == 1


def test_a_server_that_stopped_holds_the_log_until_it_is_back(server: EmbeddedPostgres) -> None:
    log = PostgresLog(server.dsn(user="coi_ledger_writer"))
    recorder = LogRecorder(log, now=lambda: 1, new_id=uuid4, new_salt=lambda: SALT)
    store(log, Draft())
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(log.wait, 1, 60)
        until(lambda: log._listener._thread is not None)
        server.stop()
        with pytest.raises(Held):
            store(log, Draft())
        with pytest.raises(Held):
            size_of(log)
        with pytest.raises(OperationalError):
            recorder.append([DCBEvent("T", b"")])
        with pytest.raises(OperationalError):
            recorder.read()
        server.start()
        assert store(log, Draft()).size == 2
        assert waiting.result(20) == 2
    log.close()


def test_an_outcome_that_stays_unknown_is_the_librarys_operational_error(proxy: tuple[CuttingProxy, str]) -> None:
    cutting, dsn = proxy
    log = PostgresLog(dsn, origin=ORIGIN)

    def new_salt() -> bytes:
        cutting.cut = "question"
        return SALT

    recorder = LogRecorder(log, now=lambda: 1, new_id=uuid4, new_salt=new_salt)
    with pytest.raises(OperationalError, match="not known after 5 attempts"):
        recorder.append([DCBEvent("T", b"")])
    assert size_of(log) == 0
    log.close()


def test_where_the_server_does_not_notify_it_is_asked(each_database: Database, open_log: OpenLog) -> None:
    """As on a standby, where LISTEN is an error."""
    log = open_log()

    def connect() -> Connection:
        return open_connection(each_database.reader, application="test", read_only=True)

    listener = Listener("no channel's name", connect, lambda: size_of(log))
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(listener.wait, 0, 60)
        until(lambda: listener._thread is not None)
        store(log, Draft())
        assert waiting.result(20) == 1
    listener.close()
