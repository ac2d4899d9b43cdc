"""The log as everything above it sees it: read by position, append under one lock, wait for more.

Two implementations keep this contract, one on Postgres and one in memory; `tests/store` runs one suite on both.
Readers bound themselves by position: a position at or below a head once read is stored, visible and never changes.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Literal, Protocol, TypeAlias
from uuid import UUID

from ledger.store.rows import EdgeRow, FactRow, Head, KeyRow, Sifted, Stored, TagRow, Wanted

Subject: TypeAlias = tuple[str, frozenset[str]]
"""A tag and the types read under it."""

Direction: TypeAlias = Literal["up", "down"]
"""`up` goes from child to parent, `down` from parent to child."""


class Reading(Protocol):
    """Reads; each call is one short transaction, so bound several calls by one head."""

    def head(self) -> Head:
        """Return the newest end of the log."""
        ...

    def head_at(self, size: int) -> Head | None:
        """Return the end that the log had when it held so many facts; None where no commit ended there."""
        ...

    def load(
        self, keys: Sequence[Subject], through: int, after: int = 0, most: int | None = None
    ) -> list[list[Stored]]:
        """Return, for each (tag, types), the facts that bear the tag under one of the types, in order.

        One query for all of them. Only facts with after < position <= through. With `most`, the facts of one (tag,
        types) end where a type has that many: where there are fewer than `most` in all, there are no more; where there
        are as many or more, ask again after the last.
        """
        ...

    def met(self, tags: Sequence[str]) -> list[tuple[str, bool, bool]]:
        """Return each tag with whether any fact bears it, own or inherited, and whether any link leads up from it.

        One query for all of them; of the whole log, withdrawn links included.
        """
        ...

    def facts(self, positions: Sequence[int]) -> list[Stored]:
        """Return the facts at these positions in order; unknown positions are left out."""
        ...

    def scan(self, after: int, through: int, limit: int) -> list[Stored]:
        """Return the whole log in order: at most `limit` facts with after < position <= through."""
        ...

    def search(self, tags: Sequence[str], types: Sequence[str], after: int, through: int, limit: int) -> list[Stored]:
        """Return facts that bear every tag under one and the same type, which is one of `types`.

        No types means any type, no tags means by type alone, neither means `scan`. The first tag leads the search:
        put the rarest first.
        """
        ...

    def types(self, types: Sequence[str], after: int, through: int, limit: int) -> list[Stored]:
        """Return facts of these types in order; no types, no facts."""
        ...

    def edges(self, tags: Sequence[str], direction: Direction, through: int, limit: int) -> list[tuple[EdgeRow, int]]:
        """Return the links reachable from `tags` with the position of each row, ordered by position.

        As known at `through`: the newest row per (child, parent, kind, source) counts, and only if live. Cycles end.
        At most `limit`, the nearest ones; ask for one more than wanted to learn whether there are more.
        """
        ...

    def borne(self, tags: Sequence[str], through: int, most: int) -> list[list[Stored]]:
        """Return, for each tag, the oldest `most` facts at or below `through` that bear it, own or inherited, in order.

        One query for all tags; all rows of each are looked at: not for a tag that very many facts bear (`search`).
        """
        ...

    def bearers(self, tags: Sequence[str], through: int, most: int, type_: str = "") -> list[tuple[str, int, str]]:
        """Return (tag, position, type) of the oldest `most` rows of each tag that a fact bears as its own.

        One query for all tags; ordered by tag and position; only positions at or below `through`; of one type if told.
        """
        ...

    def tag_rows(self, after: int, through: int) -> list[tuple[int, TagRow]]:
        """Return every tag row of these positions with its position, ordered by position, tag and type."""
        ...

    def edge_rows(self, after: int, through: int) -> list[tuple[int, EdgeRow]]:
        """Return every edge row of these positions, live or not, ordered by position, child, parent, kind, source."""
        ...

    def mark_rows(self, after: int, through: int) -> list[tuple[int, str]]:
        """Return every mark of these positions with its position, ordered by position and mark."""
        ...

    def sift(self, wanted: Wanted, after: int, through: int, limit: int, *, newest: bool) -> Sifted:
        """Look at the next facts that could be wanted, after < position <= through, and return those that are.

        The condition that the fewest facts meet leads; at most `limit` facts that meet it are looked at, so a step
        may find nothing and leave more to search. `newest` begins at `through` and goes back.
        """
        ...

    def keys(self, wanted: Sequence[tuple[str, UUID]]) -> dict[tuple[str, UUID], KeyRow]:
        """Return the spent ones among these (organisation, id)."""
        ...

    def key_rows(self, after: int, through: int) -> list[KeyRow]:
        """Return every spent key that answers with one of these positions first, ordered by position and id."""
        ...


class Appending(Reading, Protocol):
    """What a writer has while it holds the writers' lock; its reads see its own rows."""

    def clock(self) -> int | None:
        """Return the store's own clock when the lock was taken, in microseconds; None if it has none."""
        ...

    def append(self, rows: Sequence[FactRow], keys: Sequence[KeyRow], head: Head) -> None:
        """Store facts with their tags, edges and leaves, the spent keys and the new head: the one way to append.

        Args:
            rows: facts whose positions follow the head; none if only keys are spent.
            keys: keys spent by them.
            head: the new head; without rows, the old one.

        Raises:
            Misplaced: positions, times, sizes or the frontier do not follow the head read under the lock.
            Rejected: when the block is left on Postgres, at once in memory: the rows cannot be stored.
        """
        ...


class Log(Protocol):
    """One log, named by its origin."""

    @property
    def origin(self) -> str:
        """Return the name of the log, as checkpoints carry it."""
        ...

    def reading(self) -> AbstractContextManager[Reading]:
        """Lend a way to read.

        Raises:
            Held: the store cannot be reached; reading may be tried again.
        """
        ...

    def appending(self) -> AbstractContextManager[Appending]:
        """Take the writers' lock, then read the head; leaving the block commits, an exception rolls back.

        Raises:
            Unknown: the connection was lost or COMMIT was sent without a good answer. Enter again (which takes the
                lock, and so waits for the lost transaction's end), look the keys up, repeat what is not stored.
            Rejected: the rows cannot be stored; nothing is.
            Held: the store cannot append now; nothing is stored.
        """
        ...

    def barrier(self) -> None:
        """Return when everything committed so far is as safe as a commit of this moment.

        Called before an answer is taken from a stored key: without it, a row that no standby has confirmed could be
        acknowledged and lost in a failover.

        Raises:
            Unknown: a standby did not confirm.
            Held: the store cannot be reached.
        """
        ...

    def unfit(self, now: Callable[[], datetime] | None) -> str:
        """Return why the store must not be appended to, and the way out; empty when it may.

        Args:
            now: our clock, held against the store's; None for a story's, which is not.

        Raises:
            Held: the store cannot be reached.
        """
        ...

    def wait(self, after: int, timeout: float) -> int:
        """Wait until the head has passed `after`, at most `timeout` seconds; return the head's size.

        Raises:
            Held: the store cannot be reached.
        """
        ...

    def close(self) -> None:
        """Let go of everything; the log must not be used afterwards."""
        ...
