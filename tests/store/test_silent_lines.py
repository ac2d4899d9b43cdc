"""Lines that fall silent and stay open: given up when no answer will come, waited for as long as the server works."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ledger.postgres.attended import APPLICATION
from ledger.postgres.connection import open_connection
from ledger.store.errors import Held, Unknown
from ledger.store.postgres_log import Patience, PostgresLog
from tests.faults.lines import Direction, Line, postgres_messages, unix
from tests.store.drafts import ORGANISATION, Draft, everything, key_of, positions, put, size_of, store
from tests.support.clusters import ORIGIN, Database
from tests.support.waiting import until

KEY = (ORGANISATION, UUID(int=1))
SOON = 0.5
"""Seconds of silence after which a test's log asks."""


@pytest.fixture
def line(database: Database, tmp_path: Path) -> Iterator[Line]:
    """A line to the server, over TCP, as between machines."""
    server = Path(str(conninfo_to_dict(database.writer)["host"])) / ".s.PGSQL.5432"
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    with Line(listener, lambda: unix(server), postgres_messages) as opened:
        yield opened


def through(line: Line, database: Database) -> str:
    """The address of the log through the line."""
    host, port = line._listener.getsockname()
    return make_conninfo(database.writer, host=host, port=port, sslmode="disable", gssencmode="disable")


@pytest.fixture
def log(line: Line, database: Database) -> Iterator[PostgresLog]:
    """The log through the line."""
    opened = PostgresLog(
        through(line, database), origin=ORIGIN, patience=Patience(frozen_after_ms=1_000, silent_after=SOON)
    )
    yield opened
    line.drop()
    opened.close()


@pytest.fixture
def direct(database: Database) -> Iterator[PostgresLog]:
    """The same log on a line that is well."""
    opened = PostgresLog(database.writer, origin=ORIGIN, patience=Patience(frozen_after_ms=60_000))
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("lost", "stored"), [(("up", "down"), 0), (("down",), 1)], ids=["neither question nor answer", "no answer"]
)
def test_a_commit_of_which_nothing_is_heard_is_settled_by_its_key(
    line: Line, log: PostgresLog, direct: PostgresLog, lost: tuple[Direction, ...], stored: int
) -> None:
    def lose_the_commit() -> None:
        with log.appending() as block:
            put(block, [Draft()], [key_of(1, 1)])
            line.silence(*lost)

    with pytest.raises(Unknown, match="fell silent"):
        lose_the_commit()
    with log.appending() as block:
        assert (block.head().size, len(block.keys([KEY]))) == (stored, stored)
        if not stored:
            put(block, [Draft()], [key_of(1, 1)])
    assert positions(everything(direct)) == [1]


def test_a_reader_whose_line_fell_silent_is_told_and_reads_again(line: Line, log: PostgresLog) -> None:
    store(log, Draft())
    with log.reading() as one, log.reading() as another:
        assert (one.head().size, another.head().size) == (1, 1)
    line.silence("down")
    with pytest.raises(Held, match="fell silent"):
        size_of(log)
    assert size_of(log) == 1


def test_a_server_that_nobody_reaches_holds_the_log_until_it_is_reached(line: Line, log: PostgresLog) -> None:
    store(log, Draft())
    line.darken()
    with pytest.raises(Unknown, match="fell silent"):
        store(log, Draft())
    line.lighten()
    assert store(log, Draft()).size == 2


def test_a_lock_that_takes_long_is_waited_for(database: Database, log: PostgresLog, direct: PostgresLog) -> None:
    """Longer than the silence after which a line is asked about: the server says that it is at work."""
    asked = "select count(*) from pg_stat_activity where application_name = %s"
    with ThreadPoolExecutor() as threads, psycopg.connect(database.owner, autocommit=True) as owner:
        with direct.appending():
            later = threads.submit(store, log, Draft())
            until(lambda: owner.execute(asked, [APPLICATION]).fetchone() == (1,))
            until(lambda: owner.execute(asked, [APPLICATION]).fetchone() == (0,))
            until(lambda: owner.execute(asked, [APPLICATION]).fetchone() == (1,))
        assert later.result(20).size == 1


def test_whoever_waits_for_news_hears_of_it_although_its_line_fell_silent(
    line: Line, log: PostgresLog, direct: PostgresLog
) -> None:
    assert log.wait(0, 0.01) == 0
    line.silence("down")
    store(direct, Draft())
    with pytest.raises(Held, match="fell silent"):
        log.wait(0, 0.01)
    assert log.wait(0, 0.01) == 1


def test_both_ends_of_a_line_count_it_as_lost_when_the_peer_acknowledges_nothing(
    line: Line, database: Database
) -> None:
    with open_connection(through(line, database), application="test") as connection:
        with socket.socket(fileno=socket.dup(connection.fileno())) as own:
            assert [own.getsockopt(socket.IPPROTO_TCP, option) for option in OPTIONS] == [15_000, 10, 5, 3]
        asked = str(conninfo_to_dict(connection.asked_at)["options"])
    assert [value in asked for value in THEIRS] == [True] * len(THEIRS)


OPTIONS = (socket.TCP_USER_TIMEOUT, socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
THEIRS = ("tcp_user_timeout=15000", "tcp_keepalives_idle=10", "tcp_keepalives_interval=5", "tcp_keepalives_count=3")
"""The server's end is a unix socket here, which keeps none of them: what it is asked for is what can be seen."""


def test_a_large_answer_on_a_slow_line_is_heard_to_its_end(line: Line, database: Database) -> None:
    """The server has said all of it and is idle again, and it still comes in."""
    with open_connection(through(line, database), application="test") as connection:
        connection.silent_after = SOON
        line.hold()
        with ThreadPoolExecutor() as threads:
            answer = threads.submit(connection.execute, "select 1")
            time.sleep(SOON * 1.5)
            line._passing.set()
            assert answer.result(20).fetchone() == (1,)
