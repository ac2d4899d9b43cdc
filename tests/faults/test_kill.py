"""Kill -9 under load: after recovery every acknowledged fact is there, as it was told, and once.

Each fault is tried on the ledger and on a twin that is broken on purpose: an oracle that cannot go red shows nothing.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from ledger.postgres.launcher import EmbeddedPostgres
from ledger.store.postgres_log import create_log
from tests.faults.oracle import Judgement, acknowledged, judge
from tests.faults.server import EARLY, KEYLESS, TORN, WHOLE
from tests.support.clusters import ORIGIN
from tests.support.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.xdist_group("faults")]

TIMES = 10
BETWEEN = 16
"""Facts that are acknowledged between two kills, at least."""


class Scene:
    """A Postgres, a server on it that can be killed, and callers with their journal."""

    def __init__(self, folder: Path, variant: str) -> None:
        self.postgres = EmbeddedPostgres(folder / "pg", settings=("shared_buffers=16MB",))
        self.journal = folder / "journal"
        self._folder, self._variant, self._starts = folder, variant, 0
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._address = f"127.0.0.1:{probe.getsockname()[1]}"

    @contextmanager
    def playing(self) -> Iterator[None]:
        """Run everything while the block runs; then let the callers finish, and stop."""
        self.postgres.start()
        create_log(self.postgres.dsn(), ORIGIN)
        self.server = self._serving()
        told = [sys.executable, "-m", "tests.faults.load", self._address, str(self.journal)]
        callers = subprocess.Popen(told, stdin=subprocess.PIPE)
        try:
            yield
            callers.communicate(timeout=60)
        finally:
            for process in (callers, self.server):
                process.kill()
                process.wait()

    def _serving(self) -> "subprocess.Popen[bytes]":
        dsn = self.postgres.dsn(user="coi_ledger_writer")
        told = [sys.executable, "-m", "tests.faults.server", dsn, self._address, self._variant]
        self._starts += 1
        said = self._folder / f"server-{self._starts}.log"
        with said.open("wb") as output:
            server = subprocess.Popen(told, stdout=output)
        until(lambda: said.read_text().startswith("ready"), 60)
        return server

    def work(self) -> None:
        """Wait until more facts are acknowledged."""
        before = acknowledged(self.journal)
        until(lambda: acknowledged(self.journal) >= before + BETWEEN, 60)

    def kill_the_server(self) -> None:
        """And start another."""
        self.stop_the_server()
        self.server = self._serving()

    def stop_the_server(self) -> None:
        """Kill it, and leave what it did as it stands."""
        self.server.kill()
        self.server.wait()

    def kill_postgres(self) -> None:
        """The postmaster, with all it has not written; and start it again."""
        pid = self.postgres.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert self.postgres._process is not None
        self.postgres._process.wait()
        self.postgres._launch()
        self.postgres._await_answer()

    def kill_a_backend(self) -> None:
        """The session that writes; Postgres then ends all others and recovers."""
        with psycopg.connect(self.postgres.dsn(), autocommit=True) as owner:
            row = owner.execute(
                "select pid from pg_stat_activity where application_name = 'coi ledger' limit 1"
            ).fetchone()
        assert row is not None
        os.kill(int(row[0]), signal.SIGKILL)

    def judged(self) -> Judgement:
        """What the oracle says."""
        return judge(self.journal, self.postgres.dsn(user="coi_ledger_writer"))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Callable[[str], Scene]]:
    """Makes a scene; stops its Postgres."""
    made: list[Scene] = []

    def make(variant: str) -> Scene:
        made.append(Scene(tmp_path, variant))
        return made[-1]

    yield make
    for each in made:
        each.postgres.stop()


KILLS = {
    "the server": Scene.kill_the_server,
    "postgres": Scene.kill_postgres,
    "a backend of postgres": Scene.kill_a_backend,
}


@pytest.mark.parametrize("kill", KILLS.values(), ids=KILLS)
def test_nothing_acknowledged_is_lost_and_nothing_is_doubled(
    scene: Callable[[str], Scene], kill: Callable[[Scene], None]
) -> None:
    played = scene(WHOLE)
    with played.playing():
        for _ in range(TIMES):
            played.work()
            kill(played)
        played.work()
    found = played.judged()
    assert found.well, found
    assert found.acknowledged >= TIMES * BETWEEN


def test_a_ledger_that_answers_before_commit_is_caught(scene: Callable[[str], Scene]) -> None:
    played = scene(EARLY)
    with played.playing():
        for _ in range(3):
            played.work()
            played.kill_the_server()
        played.work()
    assert played.judged().lost


def test_a_ledger_that_looks_no_key_up_is_caught(scene: Callable[[str], Scene]) -> None:
    played = scene(KEYLESS)
    with played.playing():
        for _ in range(TIMES):
            played.work()
            played.kill_the_server()
            if played.judged().doubled:
                break
        played.work()
    assert played.judged().doubled


def test_a_ledger_that_records_a_batch_piece_by_piece_is_caught(scene: Callable[[str], Scene]) -> None:
    played = scene(TORN)
    torn: tuple[tuple[str, ...], ...] = ()
    with played.playing():
        for _ in range(TIMES):
            played.work()
            played.stop_the_server()
            torn = played.judged().torn
            played.kill_the_server()
            if torn:
                break
        played.work()
    assert torn
