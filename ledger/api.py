"""The one door of the ledger: class `Ledger`. Programs import this and the types of `ledger.domain`."""

import asyncio
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Final
from uuid import UUID

from msgspec import Struct

from ledger.audit import replay as replays
from ledger.audit import trace as traces
from ledger.audit import verify as verifying
from ledger.audit.asked import AsOf, StoredFact, stored_fact
from ledger.audit.condition_at import Container
from ledger.audit.replay import Step, Story
from ledger.audit.trace import Edge, Node, Trace
from ledger.audit.verify import Verification
from ledger.domain.facts import record as records
from ledger.domain.facts.record import Recorder
from ledger.domain.receipt import Draft, NotFound, Receipt, Unavailable
from ledger.postgres import doctor as doctors
from ledger.postgres import migrations
from ledger.postgres.connection import DriverError, open_connection
from ledger.postgres.doctor import Check, UnfitError
from ledger.postgres.launcher import EmbeddedPostgres, LaunchError
from ledger.store import answers, filing
from ledger.store.errors import StoreError
from ledger.store.follow import Progress, Stop, follow
from ledger.store.log import Log, Reading
from ledger.store.memory_log import MemoryLog
from ledger.store.postgres_log import PostgresLog, WrongLogError, create_log, named_in
from ledger.store.rulebook import Rulebook
from ledger.store.sequencer import Sequencer

DEFAULT_ORIGIN: Final = "coi-ledger.example/ledger/a"
"""Name of a log that nobody named."""

Clock = Callable[[], datetime]
Entropy = Callable[[int], bytes]

__all__ = [
    "AsOf",
    "Check",
    "Container",
    "Edge",
    "Ledger",
    "LedgerInfo",
    "Node",
    "Progress",
    "Step",
    "StoredFact",
    "Story",
    "Trace",
    "Verification",
    "connect",
    "doctor",
    "embedded",
    "in_memory",
    "migrate",
    "migrate_embedded",
]


class LedgerInfo(Struct, frozen=True, kw_only=True):
    """This ledger.

    Attributes:
        origin: Log origin; clients pin it.
        server_time: Our clock, for a device to measure its own.
        size: Last position.
        root: Root of the log's tree at that size.
        rulebook: Number of the rulebook in force.
        software: Version of the program.
    """

    origin: str
    server_time: datetime
    size: int
    root: bytes
    rulebook: int
    software: str


class Ledger:
    """Records facts, and answers about them. Thread-safe."""

    def __init__(self, log: Log, clock: Clock, entropy: Entropy, *, rehearsal: bool = False) -> None:
        """Opens the ledger on a log and starts its sequencer.

        Args:
            log: Where facts are.
            clock: Our clock, in UTC.
            entropy: Gives random bytes, for salts.
            rehearsal: The clock is a story's: it is not held against the store's.
        """
        self._log, self._clock = log, clock
        self._sequencer = Sequencer(log, clock, entropy, rehearsal=rehearsal)

    def submit(self, draft: Draft) -> Future[Receipt]:
        """Queues a draft; the future gives its receipt after COMMIT. Cancelling it does not cancel the commit.

        Raises:
            Overloaded: At once, when the queue is full.

        The future raises Refused, KeyReused or Unavailable.
        """
        return self._sequencer.submit(draft)

    async def record(self, draft: Draft) -> Receipt:
        """The same, for coroutines."""
        return await asyncio.wrap_future(self.submit(draft))

    def receipt(self, recorder: Recorder, request_id: UUID) -> Receipt:
        """Gives the answer of an earlier request again.

        Raises:
            Refused: It was refused.
            NotFound: It was not recorded; send it again with the same key.
        """
        place = (filing.organisation_of(recorder.organisation), request_id)
        with self._reading() as reading:
            key = reading.keys([place]).get(place)
            rows = reading.facts([key.position]) if key is not None else []
        if not rows:
            raise NotFound(f"no answer was given to request_id {request_id}: not recorded, send it again with that key")
        self._log.barrier()
        record = records.read(rows[0].record)
        if record is None:
            raise Unavailable(f"the answer at {rows[0].position} was stored by a program newer than this one: ask that")
        answer = answers.answer(record, rows[0].leaf, repeated=True)
        if isinstance(answer, Receipt):
            return answer
        raise answer

    def fact(self, position: int) -> StoredFact:
        """Reads one stored fact.

        Raises:
            NotFound: There is none.
        """
        with self._reading() as reading:
            rows = reading.facts([position])
        if not rows:
            raise NotFound(f"there is no fact at position {position}")
        return stored_fact(rows[0])

    def replay(self, subject: str, as_of: AsOf | None = None) -> Story:
        """The story of one thing: its own facts and those of everything that it leads to.

        Raises:
            NotFound: No fact bears the tag.
        """
        asked = as_of or AsOf()
        self._wait_for(asked)
        with self._reading() as reading:
            story = replays.replay(reading, subject, asked)
        if not story.steps:
            raise NotFound(f"no fact about {subject} is known through position {story.through}")
        return story

    def trace(self, start: str, direction: str = "both", as_of: AsOf | None = None) -> Trace:
        """Lineage over edges and tags: `forward` to patients, `back` to donors and lots, or `both`.

        Raises:
            NotFound: Nothing of that name is known.
        """
        asked = as_of or AsOf()
        self._wait_for(asked)
        with self._reading() as reading:
            found = traces.trace(reading, start, direction, asked)
        if not found.edges and not any(node.positions for node in found.nodes):
            raise NotFound(f"nothing about {start} is known through position {found.through}")
        return found

    def find(self, text: str) -> tuple[str, ...]:
        """Finds the full tags of what somebody typed: a tag, `scheme:value`, or a value alone."""
        with self._reading() as reading:
            return traces.find(reading, text)

    def info(self) -> LedgerInfo:
        """Describes this ledger."""
        rulebook = Rulebook()
        with self._reading() as reading:
            head = reading.head()
            rulebook.load(reading, head.size)
        return LedgerInfo(
            origin=self._log.origin,
            server_time=self._clock(),
            size=head.size,
            root=head.frontier.root,
            rulebook=rulebook.number,
            software=metadata.version("coi-ledger"),
        )

    def verify(self, progress: Callable[[int, int], None] | None = None) -> Verification:
        """Re-hashes every stored byte, rebuilds the tree, compares tag and edge rows; names the first break."""
        return verifying.verify(self._log, progress)

    def follow(
        self, after: int, stop: Stop, tags: tuple[str, ...] = (), types: tuple[str, ...] = ()
    ) -> Iterator[StoredFact | Progress]:
        """From a position on, by tags and types, then live, until `stop` is set; nothing is skipped.

        Yields facts, and a Progress (its `through`) whenever everything wanted up to a position has been given.
        """
        for item in follow(self._log, after, tags, types, stop):
            yield item if isinstance(item, Progress) else stored_fact(item)

    @property
    def waiting(self) -> int:
        """Facts queued now, roughly."""
        return self._sequencer.waiting

    def close(self) -> None:
        """Answers what is queued, then stops."""
        self._sequencer.close()
        self._log.close()

    @contextmanager
    def _reading(self) -> Iterator[Reading]:
        try:
            with self._log.reading() as reading:
                yield reading
        except StoreError as error:
            raise Unavailable(f"the store cannot be read now: {error}") from error

    def _wait_for(self, as_of: AsOf) -> None:
        wanted = as_of.at_least or 0
        if wanted and self._log.wait(wanted - 1, 10.0) < wanted:
            raise Unavailable(f"position {wanted} is not there yet; ask again")


def in_memory(*, origin: str = DEFAULT_ORIGIN, clock: Clock, entropy: Entropy = os.urandom) -> Ledger:
    """Opens an empty ledger in memory: the same code on the memory twin of the log. Nothing outlives the process."""
    return Ledger(MemoryLog(origin), clock, entropy)


def connect(
    dsn: str, *, origin: str | None = None, clock: Clock, entropy: Entropy = os.urandom, rehearsal: bool = False
) -> Ledger:
    """Opens the ledger of a database.

    Args:
        dsn: Of a role with SELECT and INSERT.
        origin: The name that the log must have; whatever it has if None.
        clock: Our clock.
        entropy: Gives random bytes.
        rehearsal: The clock is a story's, so it is not held against the store's. Never for real facts.

    Raises:
        Unavailable: The database cannot be reached, is not fit, or holds another log.
    """
    with _told():
        log = PostgresLog(dsn, origin=origin)
    return Ledger(log, clock, entropy, rehearsal=rehearsal)


def migrate(dsn: str, *, origin: str | None = None) -> list[str]:
    """Brings a database to this version and names its log; safe to repeat.

    Args:
        dsn: Of an owner.
        origin: Name of the log, permanent; a new log gets the default name, an old one keeps its own if None.

    Returns:
        Names of the migrations that were applied now.

    Raises:
        Unavailable: The database refuses, is ahead of this version, or holds another log.
    """
    with _told():
        applied = migrations.migrate(dsn)
        create_log(dsn, origin or named_in(dsn) or DEFAULT_ORIGIN)
    return applied


def doctor(dsn: str) -> list[Check]:
    """Examines a database: each setting with what it is, what it must be and what to do.

    Raises:
        Unavailable: The database cannot be reached.
    """
    with _told(), open_connection(dsn, application="coi doctor") as connection:
        return doctors.examine(connection)


@contextmanager
def embedded(folder: Path, *, origin: str | None = None) -> Iterator[str]:
    """Starts or attaches to an embedded Postgres in a folder; yields the DSN of its run-time role.

    Args:
        folder: Where the data are or will be.
        origin: As for `migrate`.

    Raises:
        Unavailable: It cannot be started, or holds another log.
    """
    with _server(folder) as server:
        migrate(server.dsn(), origin=origin)
        yield server.dsn(user="coi_ledger_writer")


def migrate_embedded(folder: Path, *, origin: str | None = None) -> list[str]:
    """Brings the embedded Postgres in a folder to this version; returns and raises as `migrate`."""
    with _server(folder) as server:
        return migrate(server.dsn(), origin=origin)


@contextmanager
def _server(folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder)
    with _told():
        server.start()
    try:
        yield server
    finally:
        with _told():
            server.stop()


@contextmanager
def _told() -> Iterator[None]:
    """Says in one of our errors what the store beneath said in one of its own."""
    try:
        yield
    except (StoreError, LaunchError, WrongLogError, migrations.MigrationError, UnfitError, DriverError) as error:
        raise Unavailable(str(error).strip()) from error
