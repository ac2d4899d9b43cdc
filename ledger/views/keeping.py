"""Where lists are kept: the contract of the two ways to keep them, on Postgres and in memory."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from ledger.views.entries import Change, Entry, Group, Key, Progress, Touch, Wanted


class Views(Protocol):
    """Entries of lists, and how far each list is kept."""

    def progress(self) -> dict[str, Progress]:
        """Returns how far each list is kept; a list that was never begun is missing."""
        ...

    def begin(self, fresh: Sequence[Progress]) -> None:
        """Begins lists anew: whatever was kept of them is let go."""
        ...

    def forget(self, names: Sequence[str]) -> None:
        """Lets go of whatever is kept of lists."""
        ...

    def leading(self) -> AbstractContextManager[bool]:
        """Lends the turn to catch up; False while somebody else has it."""
        ...

    def readers(self, touches: Iterable[Touch]) -> list[tuple[Touch, Key]]:
        """Returns the roots whose rows rest on what was touched, in one query."""
        ...

    def rests(self, keys: Iterable[Key]) -> dict[Key, frozenset[Touch]]:
        """Returns what the rows of these roots rest on, in one query."""
        ...

    def standing(self, keys: Iterable[Key]) -> dict[Key, list[Entry]]:
        """Returns the entries of these roots that stand, in one query."""
        ...

    def apply(self, change: Change) -> bool:
        """Takes up a change, all of it or nothing; False when the lists do not stand where it begins."""
        ...

    def page(self, wanted: Wanted) -> list[Entry]:
        """Returns the entries wanted, in the order of (time, root, part)."""
        ...

    def groups(self, wanted: Wanted, by: str) -> list[Group]:
        """Counts the entries wanted by a kind of label (`site`), or by `month`; in order; `limit` bounds the groups."""
        ...

    def all(self, name: str) -> Iterator[Entry]:
        """Gives every entry of a list, gone ones too, in the order of (root, part, since)."""
        ...

    def close(self) -> None:
        """Lets go of what it holds open."""
        ...
