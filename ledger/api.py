"""The one door of the ledger: class `Ledger`. Programs import this and the types of `ledger.domain`."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from ledger.domain.facts.record import Record, Recorder
from ledger.domain.receipt import Draft, Receipt


class AsOf(Struct, frozen=True, kw_only=True):
    """The two axes of a question. Empty: everything known now.

    Attributes:
        occurred: Only what took effect up to here ("as it was on D").
        recorded: Only what was recorded up to here ("as we knew it on K").
        position: The exact form of `recorded`; wins over it.
        at_least: Wait until the store has this position.
    """

    occurred: datetime | None = None
    recorded: datetime | None = None
    position: int | None = None
    at_least: int | None = None


class StoredFact(Struct, frozen=True, kw_only=True):
    """A fact as stored: the very bytes, and the same thing read.

    Attributes:
        position: Gapless.
        type: Leaf type: the fact's own type, also for a refusal.
        octets: The stored record, canonical JSON, byte for byte.
        salt: Salt of the leaf.
        leaf_hash: Leaf of the log.
        record: The record read; None when these bytes are no record of ours.
    """

    position: int
    type: str
    octets: bytes
    salt: bytes
    leaf_hash: bytes
    record: Record | None


class Status(Struct, frozen=True, kw_only=True):
    """Where a thing stood after a step of its story."""

    holder: str = ""
    status: str = ""


class Step(Struct, frozen=True, kw_only=True):
    """One fact of a replayed story.

    Attributes:
        fact: The fact.
        effective: When it takes effect, given what was known.
        standing: `recorded`, `deviation`, `reported, refused`, `corrected`, `did not happen`.
        corrected_by: Positions of the records about it that were known.
        cured: Rules that a later fact cured.
    """

    fact: StoredFact
    effective: datetime
    standing: str
    corrected_by: tuple[int, ...] = ()
    cured: tuple[str, ...] = ()


class Story(Struct, frozen=True, kw_only=True):
    """A replay: the steps in order of effective time, and through which position it is complete.

    Attributes:
        subject: Tag asked for.
        steps: The facts.
        through: Complete through this position.
        as_of: The axes as they were used; nothing is left to guess.
        vein_to_vein_seconds: From the first collection's end to the first administration's start, if both are there.
    """

    subject: str
    steps: tuple[Step, ...]
    through: int
    as_of: AsOf
    vein_to_vein_seconds: int | None = None


class Node(Struct, frozen=True, kw_only=True):
    """A thing in a trace.

    Attributes:
        tag: Its tag.
        positions: Facts that bear the tag as their own, refused reports included, oldest first, at most 100.
        refused: Those of them that are reports which were refused.
    """

    tag: str
    positions: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()


class Edge(Struct, frozen=True, kw_only=True):
    """A step of lineage: `child` came from `parent`, as the fact at `source` states."""

    child: str
    parent: str
    kind: str
    source: int


class Trace(Struct, frozen=True, kw_only=True):
    """Everything that touched a thing, or that it touched."""

    start: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    through: int
    as_of: AsOf
    complete: bool = True


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


class Verification(Struct, frozen=True, kw_only=True):
    """The result of `verify`.

    Attributes:
        size: Positions checked.
        root: Root rebuilt from the stored bytes.
        first_break: First position that does not match, or 0.
        reason: What does not match there.
    """

    size: int
    root: bytes
    first_break: int = 0
    reason: str = ""

    @property
    def holds(self) -> bool:
        """Nothing was found that does not match."""
        return not self.reason


class Ledger:
    """Records facts, and answers about them. Thread-safe."""

    def submit(self, draft: Draft) -> Future[Receipt]:
        """Queues a draft; the future gives its receipt after COMMIT. Cancelling it does not cancel the commit.

        Raises:
            Overloaded: At once, when the queue is full.

        The future raises Refused, KeyReused or Unavailable.
        """
        raise AssertionError

    async def record(self, draft: Draft) -> Receipt:
        """The same, for coroutines."""
        raise AssertionError

    def receipt(self, recorder: Recorder, request_id: UUID) -> Receipt:
        """Gives the answer of an earlier request again.

        Raises:
            Refused: It was refused.
            NotFound: It was not recorded; send it again with the same key.
        """
        raise AssertionError

    def fact(self, position: int) -> StoredFact:
        """Reads one stored fact. Raises NotFound."""
        raise AssertionError

    def replay(self, subject: str, as_of: AsOf | None = None) -> Story:
        """The story of one thing: its own facts and those of everything that its lineage reaches. Raises NotFound."""
        raise AssertionError

    def trace(self, start: str, direction: str = "both", as_of: AsOf | None = None) -> Trace:
        """Lineage over edges and tags: `forward` to patients, `back` to donors and lots, or `both`. Raises NotFound."""
        raise AssertionError

    def info(self) -> LedgerInfo:
        """Describes this ledger."""
        raise AssertionError

    def verify(self, progress: Callable[[int, int], None] | None = None) -> Verification:
        """Re-hashes every stored byte, rebuilds the tree, compares tag and edge rows; names the first break."""
        raise AssertionError

    def follow(self, after: int, tags: tuple[str, ...] = (), types: tuple[str, ...] = ()) -> Iterator[StoredFact]:
        """From a position on, by tags and types, then live."""
        raise AssertionError

    def close(self) -> None:
        """Answers what is queued, then stops."""
        raise AssertionError
