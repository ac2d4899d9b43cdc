"""The one door of the ledger: class `Ledger`. Programs import this and the types of `ledger.domain`."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from importlib import metadata
from uuid import UUID

import msgspec

from ledger.audit import as_it_was, rejudging
from ledger.audit import feed as feeds
from ledger.audit import lookup as lookups
from ledger.audit import replay as replays
from ledger.audit import search as searches
from ledger.audit import trace as traces
from ledger.audit import verify as verifying
from ledger.audit.asked import AsOf, LedgerInfo, StoredFact, stored_fact
from ledger.audit.cards.card import Card, OpenQuestion
from ledger.audit.condition_at import Container
from ledger.audit.feed import FeedPage, PartyGained, Wanted
from ledger.audit.late_effects import late_effects
from ledger.audit.lists import ReadingLists
from ledger.audit.lookup import MOST_SCANS, Identified, LookedUp, Scanned, Told
from ledger.audit.party_book import PartyBook
from ledger.audit.reached import Patient
from ledger.audit.recall import Affected, Claim, Scope, recall_scope
from ledger.audit.replay import Step, Story
from ledger.audit.search import DEFAULT_FACTS, MOST_FACTS, Page, Question, Span
from ledger.audit.trace import SAME_PATIENT, Edge, Node, Trace
from ledger.audit.verify import Verification
from ledger.audit.whom_to_tell import Place
from ledger.domain.facts.record import Recorder
from ledger.domain.receipt import Draft, DraftBatch, LedgerError, NotFound, Receipt, Unavailable
from ledger.operating import DEFAULT_ORIGIN, Check, doctor, embedded, migrate, migrate_embedded, told
from ledger.store import answers, filing, holding
from ledger.store.awaiting import awaited
from ledger.store.errors import StoreError
from ledger.store.follow import Progress, Stop, follow
from ledger.store.holding import KINDS as HOLDS
from ledger.store.holding import Hold
from ledger.store.loading import fill
from ledger.store.log import Log, Reading
from ledger.store.memory_log import MemoryLog
from ledger.store.postgres_log import PostgresLog
from ledger.store.rulebook import Rulebook
from ledger.store.sequencer import Sequencer, unavailable
from ledger.store.tally import Commit, Watch, unwatched
from ledger.views.asking import BY, DEFAULT_ROWS, MOST_ROWS, ListCounts, ListPage, ListQuestion, ListRow
from ledger.views.catalogue import LISTS
from ledger.views.entries import Group
from ledger.views.keeper import Difference
from ledger.views.keeping import Views
from ledger.views.listing import Cell, CellKind, Column, Described, Listing, Timing
from ledger.views.memory_views import MemoryViews
from ledger.views.postgres_views import PostgresViews

Clock = Callable[[], datetime]
Entropy = Callable[[int], bytes]

__all__ = [
    "BY",
    "DEFAULT_FACTS",
    "DEFAULT_ORIGIN",
    "DEFAULT_ROWS",
    "HOLDS",
    "LISTS",
    "MOST_FACTS",
    "MOST_ROWS",
    "MOST_SCANS",
    "SAME_PATIENT",
    "Affected",
    "AsOf",
    "Card",
    "Cell",
    "CellKind",
    "Check",
    "Claim",
    "Column",
    "Commit",
    "Container",
    "Described",
    "Difference",
    "Edge",
    "FeedPage",
    "Group",
    "Hold",
    "Identified",
    "Ledger",
    "LedgerInfo",
    "ListCounts",
    "ListPage",
    "ListQuestion",
    "ListRow",
    "Listing",
    "LookedUp",
    "Node",
    "OpenQuestion",
    "Page",
    "PartyGained",
    "Patient",
    "Place",
    "Progress",
    "Question",
    "Scanned",
    "Scope",
    "Span",
    "Step",
    "StoredFact",
    "Story",
    "Timing",
    "Told",
    "Trace",
    "Verification",
    "Wanted",
    "awaited",
    "connect",
    "doctor",
    "embedded",
    "fill",
    "in_memory",
    "migrate",
    "migrate_embedded",
    "rejudging",
]


class Ledger:
    """Records facts, and answers about them; `lists` are its reading lists, `rejudging` judges again. Thread-safe."""

    def __init__(
        self,
        log: Log,
        clock: Clock,
        entropy: Entropy,
        *,
        views: tuple[Views, Views] | None = None,
        rehearsal: bool = False,
        watch: Watch = unwatched,
    ) -> None:
        """Opens the ledger on a log and starts its sequencer.

        Args:
            log: Where facts are.
            clock: Our clock, in UTC.
            entropy: Gives random bytes, for salts.
            views: Where reading lists are kept, and where they are made a second time to check them; memory if None.
            rehearsal: The clock is a story's: it is not held against the store's.
            watch: Told of every commit, in the thread that commits.
        """
        self._log, self._clock, self._rehearsal, self._parties = log, clock, rehearsal, PartyBook()
        self.rejudging = rejudging.Rejudging(log)
        self.lists = ReadingLists(log, clock, *(views or (MemoryViews(), MemoryViews())))
        self._sequencer = Sequencer(log, clock, entropy, rehearsal=rehearsal, watch=watch)

    def submit(self, draft: Draft) -> Future[Receipt]:
        """Queues a draft; the future gives its receipt after COMMIT. Cancelling it does not cancel the commit.

        Raises:
            Overloaded: At once, when the queue is full; the future raises Refused, KeyReused or Unavailable.
        """
        return self._sequencer.submit(draft)

    def submit_batch(self, drafts: DraftBatch) -> Future[tuple[Receipt, ...]]:
        """Queues facts that are recorded all or none, in order; the future gives a receipt for each after COMMIT.

        Raises and answers as `submit`. When an item is barred, `Refused.item` says which: its refusal is stored,
        nothing else is, and the key is spent with it.
        """
        return self._sequencer.submit_batch(drafts)

    async def record(self, draft: Draft) -> Receipt:
        """As `submit`, for coroutines."""
        return await awaited(self.submit(draft))

    def receipts(self, recorder: Recorder, request_id: UUID) -> tuple[Receipt, ...]:
        """Gives the answer of an earlier request again: one receipt, or one for each item of a batch.

        Raises:
            Refused: It was refused.
            NotFound: It was not recorded; send it again with the same key.
            Unavailable: The store cannot be reached, or the answer cannot be confirmed now; ask again.
        """
        place = (filing.organisation_of(recorder.organisation), request_id)
        with self._reading() as reading:
            key = reading.keys([place]).get(place)
            rows = reading.facts(range(key.position, key.position + key.size)) if key is not None else []
        if not rows:
            raise NotFound(f"no answer was given to request_id {request_id}: not recorded, send it again with that key")
        try:
            self._log.barrier()
        except StoreError as error:
            raise unavailable(error) from error
        answer = answers.of_key(request_id, rows)
        if isinstance(answer, LedgerError):
            raise answer
        return answer

    def fact(self, position: int, at_least: int = 0) -> StoredFact:
        """Reads one stored fact, with what it makes impossible later where that was too much for its transaction.

        Args:
            position: Its position.
            at_least: Wait until the store has this position.

        Raises:
            NotFound: There is none.
        """
        self._wait_for(AsOf(at_least=at_least))
        with self._reading() as reading:
            rows = reading.facts([position])
            if not rows:
                raise NotFound(f"there is no fact at position {position}")
            found = stored_fact(rows[0])
            if found.record is None or not (late := late_effects(reading, found.record)):
                return found
        return msgspec.structs.replace(found, late_effects=late)

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
            return found if asked.occurred is None else as_it_was.cut(reading, found, asked.occurred)

    def recall_scope(self, subject: str, as_of: AsOf | None = None) -> Scope:
        """The scope of a case, or of a thing: what came of it, where that is, whom it reached, who was told.

        Raises:
            NotFound: Nothing of that name is known, or the case names nothing to start from.
        """
        asked = as_of or AsOf()
        self._wait_for(asked)
        with self._reading() as reading:
            return recall_scope(reading, subject, asked, self._clock())

    def find(self, text: str) -> tuple[str, ...]:
        """Finds the full tags of what somebody typed: a tag, `scheme:value`, or a value alone."""
        with self._reading() as reading:
            return traces.find(reading, text)

    def look_up(self, asked: Sequence[Scanned] | str, as_of: AsOf | None = None) -> LookedUp:
        """Says what bar codes, or a text, name, with the card of each thing that is known.

        Identity of a person is told by its kind only: it is not stored, not logged and not repeated.
        """
        axes = as_of or AsOf()
        self._wait_for(axes)
        with self._reading() as reading:
            return lookups.look_up(reading, asked, axes, self._clock())

    def search(self, question: Question, size: int = DEFAULT_FACTS, token: str = "") -> Page:
        """Finds facts, a page at a time; later pages stay on the position of the first.

        Args:
            question: What is searched for.
            size: Facts of a page, at most; itself at most 200.
            token: From the page before; empty for the first.

        Raises:
            Malformed: The token is none of this question in this log.
        """
        origin = self._log.origin
        place = searches.place_in(token, question, origin) if token else None
        self._wait_for(question.as_of if place is None else AsOf(at_least=place.through))
        with self._reading() as reading:
            return searches.search(reading, question, min(size, MOST_FACTS), place, origin)

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

    def feed(self, after: int, wanted: Wanted, most_rows: int = feeds.MOST_ROWS) -> FeedPage:
        """The next page of a feed after a position: of one organisation, or of the operator.

        Args:
            after: The last position handled.
            wanted: Whose feed, and what of it.
            most_rows: Rows of the log to read at most, whether or not they are heard of.
        """
        with self._reading() as reading:
            return feeds.listen(reading, self._parties, after, wanted, most_rows)

    def wait(self, after: int, seconds: float) -> int:
        """Waits until the log has passed a position, at most so many seconds; returns its size."""
        try:
            return self._log.wait(after, seconds)
        except StoreError as error:
            raise Unavailable(f"the store cannot be read now: {error}") from error

    def hold(self) -> Hold | None:
        """Why nothing would be recorded at this moment; None when it would be. Asks the store, so it takes a moment."""
        return holding.hold(self._log, self._sequencer, None if self._rehearsal else self._clock)

    @property
    def waiting(self) -> int:
        """Facts queued now, roughly."""
        return self._sequencer.waiting

    def close(self) -> None:
        """Answers what is queued, then stops."""
        self._sequencer.close()
        self.lists.close()
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


def connect(  # noqa: PLR0913 - the parts of a ledger, each by its name
    dsn: str,
    *,
    origin: str | None = None,
    clock: Clock,
    entropy: Entropy = os.urandom,
    rehearsal: bool = False,
    standbys: int = 0,
    watch: Watch = unwatched,
) -> Ledger:
    """Opens the ledger of a database.

    Args:
        dsn: Of a role with SELECT and INSERT.
        origin: The name that the log must have; whatever it has if None.
        clock: Our clock.
        entropy: Gives random bytes.
        rehearsal: The clock is a story's, so it is not held against the store's. Never for real facts.
        standbys: How many must confirm each commit; with fewer, appends are held. 0 for as the server is set.
        watch: Told of every commit, in the thread that commits.

    Raises:
        Unavailable: The database cannot be reached, is not of this program, or holds another log.
    """
    with told():
        log = PostgresLog(dsn, origin=origin, standbys=standbys)
    views = PostgresViews(dsn), PostgresViews(dsn, check=True)
    return Ledger(log, clock, entropy, views=views, rehearsal=rehearsal, watch=watch)
