"""What a measurement stands on: a throw-away Postgres, stores of any size in it, and chains that nobody told before."""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

import psycopg
import uvloop

from ledger import api
from ledger.domain.receipt import Draft, LedgerError, NotFound
from ledger.postgres.launcher import EmbeddedPostgres
from ledger.store.postgres_log import create_log
from services.cli import nation
from services.cli.alike import BEGAN, SPAN, Cohort, Phase
from services.cli.player import play
from services.cli.staging import Rehearsal
from services.server import ServerThread
from services.wiring import StoryClock

CALLERS: Final = 64
_TOGETHER: Final = 256
_FIRST: Final = 1_700
"""The first block told live: its numbers lie beyond those of any store that is filled."""

_ORIGIN: Final = "coi-ledger.example/ledger/bench"
_MARGIN: Final = timedelta(hours=1)


class Clock:
    """The ledger's clock, set to where the cohort stands."""

    def __init__(self) -> None:
        """Shows the beginning."""
        self.now = BEGAN

    def __call__(self) -> datetime:
        """What it shows."""
        return self.now


Chains = list[list[Phase]]
Tell = Callable[[Sequence[Sequence[Draft]]], float]


class Store(NamedTuple):
    """One database with a filled log.

    Attributes:
        name: Of the database.
        owner: Address of its owner.
        writer: Address of the role that inserts and selects.
        facts: Facts in it when it was made.
        seconds: How long it took to make; 0 for one that was there.
    """

    name: str
    owner: str
    writer: str
    facts: int
    seconds: float


@contextmanager
def cluster(folder: Path) -> Iterator[EmbeddedPostgres]:
    """A Postgres with the settings of `coi serve`."""
    server = EmbeddedPostgres(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def created(server: EmbeddedPostgres, name: str) -> tuple[str, str]:
    """A new database with an empty log: the addresses of its owner and of its writer."""
    with psycopg.connect(server.dsn(), autocommit=True) as owner:
        owner.execute(f"drop database if exists {name}".encode())
        owner.execute(f"create database {name}".encode())
    address = server.dsn(database=name)
    create_log(address, _ORIGIN)
    return address, server.dsn(user="coi_ledger_writer", database=name)


def made(server: EmbeddedPostgres, facts: int) -> Store:
    """A store of so many facts, as `coi bench-store` makes it, vacuumed and checkpointed; or one kept from before."""
    name = f"facts_{facts}"
    if kept(server, name, facts):
        return Store(name, server.dsn(database=name), server.dsn(user="coi_ledger_writer", database=name), facts, 0)
    address, writer = created(server, name)
    began = time.perf_counter()
    size = api.fill(writer, Cohort(), facts, secrets.token_bytes, lambda _done, _all: None)
    seconds = time.perf_counter() - began
    with psycopg.connect(address, autocommit=True) as owner:
        owner.execute("vacuum (analyze)")
        owner.execute("checkpoint")
    return Store(name, address, writer, size, seconds)


def kept(server: EmbeddedPostgres, name: str, facts: int) -> bool:
    """Whether a store is there with so many facts; one that was not filled to its end is dropped."""
    with psycopg.connect(server.dsn(), autocommit=True) as owner:
        if owner.execute("select from pg_database where datname = %s", (name,)).fetchone() is None:
            return False
        with psycopg.connect(server.dsn(database=name)) as store:
            (size,) = store.execute("select coalesce(max(size), 0) from ledger.commit").fetchone() or (0,)
        if size < facts:
            owner.execute(f"drop database {name}".encode())
    return bool(size >= facts)


def lived(server: EmbeddedPostgres, orders: int) -> Store:
    """A store in which a nation's year was played through the API: no two orders alike, refusals and all."""
    address, writer = created(server, f"year_{orders}")
    clock = StoryClock()
    ledger = api.connect(writer, clock=clock, rehearsal=True)
    try:
        with ServerThread(ledger) as wire:
            told, began = nation.year(nation.read(), orders, seed=1).told, time.perf_counter()
            surprises = [answer for answer in play(told, wire.address, Rehearsal(clock.show)) if answer.surprise]
            seconds = time.perf_counter() - began
        assert surprises == []
        size = ledger.info().size
    finally:
        ledger.close()
    return Store(f"year_{orders}", address, writer, size, seconds)


class Stage:
    """A ledger on a store, told chain after chain by a clock of its own.

    Attributes:
        store: The store.
        callers: How many chains are told at once.
        ledger: The ledger on it.
        clock: The ledger's clock.
    """

    def __init__(self, store: Store, callers: int) -> None:
        """Opens it."""
        self.callers = callers
        self.store, self.clock = store, Clock()
        self.ledger = api.connect(store.writer, clock=self.clock, rehearsal=True)
        newest = self.ledger.fact(self.ledger.info().size).record
        assert newest is not None
        self._block = _FIRST
        while self._told(self._block):
            self._block += 1
        self._cohort = Cohort(newest.stamp.recorded_at + _MARGIN - SPAN * self._block, _TOGETHER)

    def _told(self, block: int) -> bool:
        """Whether an earlier run told a block on this store."""
        (lot, *_) = Cohort(together=_TOGETHER).shared(block).drafts
        try:
            self.ledger.receipts(lot.recorder, lot.content.id)
        except NotFound:
            return False
        return True

    def close(self) -> None:
        """Ends all connections."""
        self.ledger.close()

    def chains(self, count: int = 0) -> Chains:
        """Fresh chains of one block, one for each caller unless told; its lots are recorded now."""
        count = count or self.callers
        block, self._block = self._block, self._block + 1
        assert count <= _TOGETHER
        self.tell_at_once([self._cohort.shared(block)])
        return [self._cohort.chain(number) for number in range(block * _TOGETHER, block * _TOGETHER + count)]

    def tell_at_once(self, phases: Sequence[Phase]) -> None:
        """Records facts one after the other."""
        for phase in phases:
            self.clock.now = phase.clock
            for draft in phase.drafts:
                self.ledger.submit(draft).result()

    def told(self, chains: Chains, tell: Tell) -> float:
        """Facts a second: phase after phase, so that what was decided is known to what follows it."""
        elapsed, total = 0.0, 0
        for phase in zip(*chains, strict=True):
            self.clock.now = phase[0].clock
            drafts = [part.drafts for part in phase]
            elapsed += tell(drafts)
            total += sum(map(len, drafts))
        return total / elapsed

    def recorded(self, chains: Chains) -> float:
        """Facts a second through `Ledger.record`, a coroutine for each chain."""
        return self.told(chains, self._record)

    def _record(self, chains: Sequence[Sequence[Draft]]) -> float:
        refused: list[LedgerError] = []

        async def tell(chain: Sequence[Draft]) -> None:
            for draft in chain:
                try:
                    await self.ledger.record(draft)
                except LedgerError as error:
                    refused.append(error)

        async def all_of_them() -> float:
            began = time.perf_counter()
            await asyncio.gather(*(tell(chain) for chain in chains))
            return time.perf_counter() - began

        elapsed = uvloop.run(all_of_them())
        assert not refused, refused[0]
        return elapsed


@contextmanager
def staged(store: Store, callers: int = CALLERS) -> Iterator[Stage]:
    """A stage that is left in order."""
    with closing(Stage(store, callers)) as stage:
        yield stage
