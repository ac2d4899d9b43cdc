"""What came from what, as far as it was asked for: the links of the log, with what the running batch states.

Kept from batch to batch, since a link is withdrawn only by a record about a fact: one of ours is linked here as it is
decided, one of another process lets everything go.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from ledger.domain.identifiers.tag import kind_of
from ledger.store.log import Reading
from ledger.store.rows import EdgeRow

MOST_EDGES: Final = 20_000
"""Edges read for one question about ancestors."""

_MOST_NODES: Final = 100_000
"""Things kept; beyond, all are forgotten and read again as they are asked for."""

_PEOPLE: Final = frozenset(("patient", "donor"))


class Lineage:
    """Parents of everything that was looked at."""

    def __init__(self) -> None:
        """Starts with nothing known."""
        self._parents: dict[str, dict[str, set[tuple[str, int]]]] = {}
        self._covered: set[str] = set()
        self._uncovered: set[str] = set()
        self._cut_short = False

    def ancestors(self, tag: str, walked: set[str]) -> frozenset[str] | None:
        """Everything that a thing came from; None when that is not at hand. The walk stops at people.

        What a patient was given before is not in this container.

        Args:
            tag: The thing.
            walked: Takes up everything whose links the answer rests on.
        """
        seen: set[str] = set()
        todo = [tag]
        while todo:
            node = todo.pop()
            if node not in self._covered:
                self._uncovered.add(node)
                return None
            walked.add(node)
            for parent in self._parents.get(node, ()):
                if parent not in seen:
                    seen.add(parent)
                    if kind_of(parent) not in _PEOPLE:
                        todo.append(parent)
        return frozenset(seen)

    def fetch(self, tags: Iterable[str], own: Sequence[EdgeRow], reading: Reading, through: int) -> None:
        """Reads the links above some things, in one query.

        Args:
            tags: The things.
            own: What the running batch states, which no reading knows yet.
            reading: Reads.
            through: Bound of what is read.
        """
        wanted = {*tags, *self._uncovered}
        self._uncovered.clear()
        self._covered |= wanted
        found = reading.edges(sorted(wanted), "up", through, MOST_EDGES)
        self._cut_short = self._cut_short or len(found) >= MOST_EDGES
        for edge, _ in found:
            self._covered |= {edge.child, edge.parent}
            self.link(edge)
        for edge in own:
            self.link(edge)

    def rootless(self, tag: str) -> None:
        """Takes note that no link in the log leads up from a thing."""
        self._covered.add(tag)

    def link(self, edge: EdgeRow) -> None:
        """Takes up a link that is stated, or one that is withdrawn."""
        sources = self._parents.setdefault(edge.child, {}).setdefault(edge.parent, set())
        if edge.live:
            sources.add((edge.kind, edge.source))
            return
        sources.discard((edge.kind, edge.source))
        if not sources:
            del self._parents[edge.child][edge.parent]

    def settle(self) -> None:
        """Ends a batch: keeps what is at hand, unless it is too much or was cut short."""
        self._uncovered.clear()
        if self._cut_short or len(self._covered) + len(self._parents) > _MOST_NODES:
            self.clear()

    def clear(self) -> None:
        """Forgets everything."""
        self._parents.clear()
        self._covered.clear()
        self._uncovered.clear()
        self._cut_short = False
