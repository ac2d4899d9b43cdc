"""A stage for faults: a Postgres, servers on it that can be killed, and callers with their journal outside."""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final

import psycopg

from ledger.postgres.launcher import EmbeddedPostgres, LaunchError, find_binaries
from ledger.store.postgres_log import USUAL, Patience, create_log
from tests.faults import server
from tests.faults.broken import LYING, WHOLE
from tests.faults.disk import Disk
from tests.faults.oracle import Judgement, acknowledged, judge
from tests.faults.server import Nursery, Order
from tests.support.clusters import ORIGIN
from tests.support.waiting import until

BETWEEN: Final = 12
"""Facts that are acknowledged between two faults, at least."""
SETTINGS: Final = ("shared_buffers=16MB", "max_wal_size=64MB", "wal_recycle=on", "restart_after_crash=on")
PATIENCE: Final = 60.0
"""Seconds after which work that does not go on is a fault of ours."""
STANDSTILL: Final = 8.0
"""Seconds after which a ledger that is broken on purpose is taken to stand still."""


class StandstillError(AssertionError):
    """Nobody's facts are recorded any more."""


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Who plays.

    Attributes:
        variant: Of the servers; `whole`, or broken.
        servers: How many.
        disk: Whether Postgres stands on a disk that can fail.
        wrong: Seconds by which the callers' clocks may be wrong.
        settings: Further settings of Postgres.
        patience: How long the servers wait for Postgres.
        callers: How many record at once.
    """

    variant: str = WHOLE
    servers: int = 1
    disk: bool = False
    wrong: float = 0
    settings: tuple[str, ...] = ()
    patience: Patience = USUAL
    callers: int = 8


@cache
def nursery() -> Nursery:
    """The one of this process."""
    made = Nursery()
    atexit.register(made.close)
    return made


@cache
def template() -> Path:
    """The data of a Postgres with an empty log, stopped well; made once and copied for each scene."""
    folder = Path(tempfile.mkdtemp(prefix="coi-faults-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with EmbeddedPostgres(folder, settings=SETTINGS) as postgres:
        create_log(postgres.dsn(), ORIGIN)
    return postgres.data


def free_address() -> str:
    """An address that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


class Scene:
    """Postgres, servers, callers; everything that can happen to them.

    Attributes:
        happened: How many faults happened, where that is not how often the play was to let them happen.
        measured: What was measured meanwhile.
    """

    def __init__(self, folder: Path, cast: Cast | None = None) -> None:
        """Prepare; nothing runs yet."""
        self.cast = cast or Cast()
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.disk = Disk(folder / "disk", find_binaries()[0]) if self.cast.disk else None
        self.postgres = self._postgres()
        self.journals = [folder / "journal"]
        self.addresses = [free_address() for _ in range(self.cast.servers)]
        self.servers: dict[str, int] = {}
        self.clock = folder / "clock"
        self.happened = 0
        self.measured: dict[str, float] = {}
        self._starts = 0

    @property
    def journal(self) -> Path:
        """That of the callers."""
        return self.journals[0]

    def _postgres(self) -> EmbeddedPostgres:
        made = EmbeddedPostgres(
            self.folder / "pg",
            binaries=self.disk.binaries if self.disk else None,
            settings=(*SETTINGS, *self.cast.settings),
        )
        made.folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(template(), made.data)
        return made

    @contextmanager
    def standing(self) -> Iterator[None]:
        """Run Postgres and the servers while the block runs; end them with a kill."""
        if self.disk is not None and self.cast.variant == LYING:
            self.disk.lie()
        self.start_postgres()
        try:
            for address in self.addresses:
                self.start_server(address)
            yield
        finally:
            for pid in self.servers.values():
                server.kill(pid)

    @contextmanager
    def playing(self) -> Iterator[None]:
        """The same with callers, who finish what they began when the block ends."""
        with self.standing():
            told = [sys.executable, "-m", "tests.faults.load", ",".join(self.addresses), str(self.journal)]
            told += [str(self.cast.wrong), str(self.cast.callers)]
            callers = subprocess.Popen(told, stdin=subprocess.PIPE)
            try:
                yield
                callers.communicate(timeout=PATIENCE)
            finally:
                callers.kill()
                callers.wait()
                if callers.stdin is not None:
                    with suppress(OSError):
                        callers.stdin.close()

    @contextmanager
    def over(self) -> Iterator[None]:
        """Stop Postgres when the block is left, however."""
        try:
            yield
        finally:
            with suppress(OSError, psycopg.Error):
                self.postgres.stop()

    # Servers

    def start_server(self, address: str) -> None:
        """Start one, or start it again."""
        self._starts += 1
        self.servers[address] = nursery().start(
            Order(
                dsn=self.dsn(),
                address=address,
                variant=self.cast.variant,
                said=str(self.folder / f"server-{self._starts}"),
                clock=str(self.clock),
                patience=self.cast.patience,
            )
        )

    def dsn(self) -> str:
        """What the servers are told of Postgres."""
        return self.postgres.dsn(user="coi_ledger_writer")

    def stop_server(self, number: int = 0) -> None:
        """Kill one, and leave what it did as it stands."""
        server.kill(self.servers[self.addresses[number]])

    def kill_server(self, number: int = 0) -> None:
        """Kill one, and start another in its place."""
        self.stop_server(number)
        self.start_server(self.addresses[number])

    # Postgres

    def start_postgres(self) -> None:
        """Before the servers."""
        self.postgres.start()

    def kill_postgres(self) -> None:
        """The postmaster, with all it has not written; and start it again."""
        self.end_postgres()
        self.revive_postgres()

    def end_postgres(self) -> None:
        """Kill the postmaster, and wait until its children are gone too."""
        assert self.postgres._process is not None
        self.postgres._process.kill()
        self.postgres._process.wait()

    def revive_postgres(self) -> None:
        """Start it as its supervisor would: if it is gone, until it comes up."""
        process = self.postgres._process
        if process is None or process.poll() is not None:
            self.postgres._launch()
        self.postgres._await_answer()

    def kill_process(self, kind: str) -> None:
        """Kill a process of Postgres by the beginning of what it is; it then ends all others and recovers."""
        found = self.process(kind)
        if found is not None:
            os.kill(found, signal.SIGKILL)

    def process(self, kind: str) -> int | None:
        """The process id of the first one of a kind: `client backend` is the session that writes."""
        statement = """select pid from pg_stat_activity
            where backend_type = %s and (backend_type <> 'client backend' or application_name = 'coi ledger') limit 1"""
        with suppress(psycopg.Error), psycopg.connect(self.postgres.dsn(), autocommit=True) as owner:
            row = owner.execute(statement, (kind,)).fetchone()
            return None if row is None else int(row[0])
        return None

    def ask(self, statement: str) -> object:
        """Run a statement as the owner; return its first value, if it has any."""
        with psycopg.connect(self.postgres.dsn(), autocommit=True) as owner:
            told = owner.execute(statement.encode())
            row = told.fetchone() if told.description else None
        return row and row[0]

    # What comes of it

    def acknowledged(self) -> int:
        """Answers so far."""
        return acknowledged(self.journal)

    def work(self, facts: int = BETWEEN) -> None:
        """Wait until more facts are acknowledged, and start a Postgres that ended, as whoever runs it does.

        Raises:
            StandstillError: None are.
        """
        before = self.acknowledged()

        def enough() -> bool:
            self._supervise()
            return self.acknowledged() >= before + facts

        try:
            until(enough, PATIENCE if self.cast.variant == WHOLE else STANDSTILL)
        except AssertionError as error:
            raise StandstillError("nothing is acknowledged any more") from error

    def _supervise(self) -> None:
        """Start a Postgres that ended by itself."""
        process = self.postgres._process
        if process is not None and process.poll() is not None:
            self.postgres._launch()

    def _answers(self) -> bool:
        self._supervise()
        with suppress(psycopg.Error, LaunchError):
            return self.ask("select true") is True
        return False

    def goes_on(self, seconds: float) -> bool:
        """Whether anything is acknowledged within some seconds, beside what is under way now."""
        time.sleep(0.3)
        before, deadline = self.acknowledged(), time.monotonic() + seconds
        while self.acknowledged() == before:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def idle(self, seconds: float, settling: float = 0.3) -> int:
        """How many facts are acknowledged within some seconds, once what was under way has had time to end."""
        time.sleep(settling)
        before = self.acknowledged()
        time.sleep(seconds)
        return self.acknowledged() - before

    def shift_server_clock(self, by: timedelta) -> None:
        """Make the clock of all servers wrong by so much."""
        new = self.clock.with_suffix(".new")
        new.write_text(str(by.total_seconds()))
        new.rename(self.clock)

    def judged(self, faults: int = 0, wrong: Sequence[str] = ()) -> Judgement:
        """What the oracle says, after so many faults, once Postgres is back."""
        until(self._answers, PATIENCE)
        return judge(self.journals, self.dsn()).and_saw(faults, wrong)
