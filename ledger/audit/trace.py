"""Trace: everything that touched a thing, or that it touched, over edges and tags, as known at a position."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from ledger.audit.asked import AsOf, counted_tags, own_tags, read, through
from ledger.domain.identifiers import tag as tagging
from ledger.domain.identifiers.tag import kind_of
from ledger.store import filing
from ledger.store.log import Direction, Reading
from ledger.store.rows import EdgeRow

MOST_EDGES: Final = 5_000
"""Edges of one answer; an answer that has more says that it is not complete."""

MOST_POSITIONS: Final = 100

_PEOPLE: Final = frozenset(("patient", "donor"))


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
    """Everything that touched a thing, or that it touched.

    Attributes:
        start: The tag asked for.
        nodes: Things, the start first.
        edges: Steps between them.
        through: Complete through this position.
        as_of: The axes as they were used.
        complete: False when there is more than one answer holds.
    """

    start: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    through: int
    as_of: AsOf
    complete: bool = True


def trace(reading: Reading, start: str, direction: str, as_of: AsOf) -> Trace:
    """Walks from a thing.

    Args:
        reading: The log.
        start: Tag of the thing.
        direction: `forward` towards patients, `back` towards donors and lots, or `both`.
        as_of: The axes.

    A walk goes through a person only where it starts there: what a patient was given before is not part of a container.
    Things without lineage of their own (a site, a person, equipment, a consignment) are traced through the facts that
    bear their tag.
    """
    last = through(reading, as_of)
    starts = _starts(reading, start, last)
    rows: dict[tuple[str, str, str, int], EdgeRow] = {}
    complete = True
    wanted: tuple[Direction, ...] = (
        ("up",) if direction == "back" else ("down",) if direction == "forward" else ("up", "down")
    )
    for way in wanted:
        found = reading.edges(starts, way, last, MOST_EDGES + 1)
        complete = complete and len(found) <= MOST_EDGES
        for row in _reachable([edge for edge, _ in found[:MOST_EDGES]], starts, way):
            rows[row.child, row.parent, row.kind, row.source] = row
    edges = sorted(rows.values(), key=lambda row: (row.source, row.child, row.parent, row.kind))
    tags = list(dict.fromkeys([start, *(tag for row in edges for tag in (row.parent, row.child))]))
    return Trace(
        start=start,
        nodes=tuple(_nodes(reading, tags, last)),
        edges=tuple(Edge(child=row.child, parent=row.parent, kind=row.kind, source=row.source) for row in edges),
        through=last,
        as_of=as_of,
        complete=complete,
    )


def _starts(reading: Reading, start: str, last: int) -> list[str]:
    """The thing itself; for a thing that lineage does not know, the materials and batches of the facts that bear it."""
    if kind_of(start) in ("material", "batch", "lot", "donation", "patient", "donor"):
        return [start]
    rows = reading.search([start], [], 0, last, MOST_EDGES)
    counted = counted_tags(record for row in rows if (record := read(row)) is not None)
    things = (tag for tags in counted.values() if start in tags for tag in tags)
    return sorted({start, *(tag for tag in things if kind_of(tag) in ("material", "donation"))})


def _reachable(edges: Iterable[EdgeRow], starts: Iterable[str], way: Direction) -> list[EdgeRow]:
    """The edges that a walk really passes, ending at people and leaving out records about facts."""
    step: dict[str, list[EdgeRow]] = {}
    for edge in edges:
        if edge.kind != filing.ABOUT:
            step.setdefault(edge.child if way == "up" else edge.parent, []).append(edge)
    todo, seen, found = list(starts), set(starts), []
    while todo:
        for edge in step.get(todo.pop(), ()):
            found.append(edge)
            beyond = edge.parent if way == "up" else edge.child
            if beyond not in seen:
                seen.add(beyond)
                if kind_of(beyond) not in _PEOPLE:
                    todo.append(beyond)
    return found


def _nodes(reading: Reading, tags: list[str], last: int) -> list[Node]:
    nodes = []
    for tag in tags:
        rows = reading.search([tag], [], 0, last, MOST_POSITIONS)
        own = [row for row in rows if (record := read(row)) is not None and tag in own_tags(record)]
        refused = tuple(row.position for row in own if row.type == filing.REFUSED)
        nodes.append(Node(tag=tag, positions=tuple(row.position for row in own), refused=refused))
    return nodes


SCHEMES: Final = (
    *("ods", "hta", "mhra", "nmc", "gmc", "gphc", "hcpc", "qp", "pseudonym", "sec"),
    *("isbt128-coi", "isbt128-din", "isbt128-mpho", "isbt128-pdc"),
    *("gs1-sscc", "gs1-sgtin", "gs1-lgtin", "gs1-gtin", "gs1-giai"),
)
"""Schemes that need not be written when an identifier is typed; any other scheme does."""


MOST_SCANNED: Final = 20_000
"""Newest facts whose tags are looked through for a value under a scheme that nobody wrote."""

_PAGE: Final = 2_000


def find(reading: Reading, text: str) -> tuple[str, ...]:
    """Finds the full tags of what somebody typed: a tag, `scheme:value`, or a value alone.

    A value alone is looked for under the published schemes, and then among the tags of the newest facts.
    """
    head = reading.head().size
    if kind_of(text) in tagging.KINDS and text.count(":") > 1:
        candidates = [text]
    elif ":" in text:
        candidates = [f"{kind}:{text}" for kind in sorted(tagging.KINDS)]
    else:
        candidates = [f"{kind}:{scheme}:{text}" for kind in sorted(tagging.KINDS) for scheme in SCHEMES]
    known = tuple(tag for tag in candidates if reading.search([tag], [], 0, head, 1))
    return known or (() if ":" in text else _among_the_newest(reading, text, head))


def _among_the_newest(reading: Reading, value: str, head: int) -> tuple[str, ...]:
    ending = f":{value}"
    found: set[str] = set()
    for after in range(max(head - MOST_SCANNED, 0), head, _PAGE):
        rows = reading.tag_rows(after, min(after + _PAGE, head))
        found |= {row.tag for _, row in rows if row.tag.endswith(ending) and tagging.parts(row.tag)[2] == value}
    return tuple(sorted(found))
