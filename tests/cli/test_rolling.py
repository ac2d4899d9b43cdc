"""Servers are replaced one by one under load, and a client that retries sees no error and loses nothing."""

import re
import signal
import socket
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest

from coi.ledger.v1.receipt_pb2 import Receipt
from coi_client import Client, Item, Wanted
from ledger import api
from ledger.audit.verify import verify
from ledger.domain.facts import record as records
from ledger.store.postgres_log import PostgresLog
from tests.cli.conftest import COI, environment
from tests.faults.load import envelope, fact
from tests.model.desk import everything
from tests.support.waiting import until

pytestmark = pytest.mark.slow

ROUNDS = 2
CALLERS = 4
BETWEEN = 40
"""Facts acknowledged between two replacements, at least."""


class Callers:
    """Callers of each kind: one fact at a time, a stream of facts, and one that follows."""

    def __init__(self, target: str) -> None:
        self.receipts: list[Receipt] = []
        self.heard: list[int] = []
        self.errors: list[BaseException] = []
        self._stop = threading.Event()
        self._target = target
        kinds = [*[self._record] * CALLERS, self._stream, self._follow]
        self._threads = [threading.Thread(target=self._run, args=(kind,)) for kind in kinds]

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Call while the block runs, and stop when everything is answered."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join(60)
        assert not any(thread.is_alive() for thread in self._threads)

    def work(self) -> None:
        """Wait until more is acknowledged."""
        before = len(self.receipts)
        until(lambda: bool(self.errors) or len(self.receipts) >= before + BETWEEN, 60)

    def _run(self, kind: Callable[[Client], None]) -> None:
        try:
            with Client(self._target) as client:
                kind(client)
        except BaseException as error:  # noqa: BLE001 - whatever a client sees is counted
            self.errors.append(error)

    def _record(self, client: Client) -> None:
        while not self._stop.is_set():
            key = uuid4()
            self.receipts.append(client.record(fact(key), envelope(), key=key))

    def _stream(self, client: Client) -> None:
        for result in client.record_stream(self._items()):
            assert isinstance(result, Receipt), result
            self.receipts.append(result)

    def _items(self) -> Iterator[Item]:
        while not self._stop.wait(0.01):
            key = uuid4()
            yield Item(fact=fact(key), envelope=envelope(), key=key)

    def _follow(self, client: Client) -> None:
        for heard in client.follow(0, Wanted()):
            if heard.fact:
                self.heard.append(heard.position)
            if self._stop.is_set() and len(self.heard) >= len(self.receipts):
                return


class Program:
    """`coi serve` on a port that stays its own."""

    def __init__(self, dsn: str, folder: Path, number: int) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._command = [COI, "serve", "--dsn", dsn, "--port", str(self.port)]
        self._said = folder / f"server-{number}.log"
        self._starts = count()
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """And wait until it answers."""
        said = self._said.with_suffix(f".{next(self._starts)}.log")
        with said.open("wb") as output:
            self._running = subprocess.Popen(self._command, stderr=output, env=environment())
        self._said = said
        until(lambda: bool(re.search("^serving on", said.read_text(), re.MULTILINE)), 60)

    def stop(self) -> None:
        """As an operator does; it must end well."""
        assert self._running is not None
        self._running.send_signal(signal.SIGTERM)
        assert self._running.wait(60) == 0
        assert self._said.read_text().splitlines()[-1] == "stopped"

    def kill(self) -> None:
        """Whatever happened."""
        if self._running is not None:
            self._running.kill()
            self._running.wait()


@pytest.fixture
def dsn(tmp_path: Path) -> Iterator[str]:
    with api.embedded(tmp_path / "store") as given:
        yield given


@pytest.fixture
def servers(dsn: str, tmp_path: Path) -> Iterator[list[Program]]:
    made = [Program(dsn, tmp_path, number) for number in range(2)]
    for program in made:
        program.start()
    yield made
    for program in made:
        program.kill()


def test_servers_are_replaced_under_load_and_no_client_sees_an_error(dsn: str, servers: list[Program]) -> None:
    callers = Callers("ipv4:" + ",".join(f"127.0.0.1:{program.port}" for program in servers))
    with callers.calling():
        for _ in range(ROUNDS):
            for program in servers:
                callers.work()
                program.stop()
                callers.work()
                program.start()
        callers.work()
    assert callers.errors == []
    log = PostgresLog(dsn)
    stored = {row.position: row for row in everything(log)}
    verified = verify(log)
    log.close()
    assert {receipt.position: receipt.leaf_hash for receipt in callers.receipts} == {
        position: row.leaf for position, row in stored.items()
    }
    keys = Counter(str(records.decode(row.record).content.id) for row in stored.values())
    assert keys == Counter(receipt.request_id for receipt in callers.receipts)
    assert callers.heard == sorted(set(callers.heard))
    assert callers.heard == list(range(1, len(callers.heard) + 1))
    assert verified.holds
    assert len(callers.receipts) >= 2 * BETWEEN * ROUNDS * len(servers)
