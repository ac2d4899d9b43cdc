"""Trace: everything that touched a thing, or that it touched, over edges and tags, as known at a position."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
from msgspec import Struct

from ledger.audit.asked import AT_ONCE, AsOf, counted_tags, read, stretches, through
from ledger.audit.questions import told_again
from ledger.audit.states import StatesAsOf
from ledger.domain.identifiers import schemes
from ledger.domain.identifiers import tag as tagging
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.subjects.settlement import PATIENT_LINKS
from ledger.store import filing
from ledger.store.log import Direction, Reading
from ledger.store.rows import EdgeRow

MOST_EDGES: Final = 5_000
"""Edges of one answer; an answer that has more says that it is not complete."""

MOST_OF_A_SCOPE: Final = 250_000
"""The same for the scope of a recall, which has to be whole: it is told in pieces."""

MOST_POSITIONS: Final = 100
"""Facts named at one thing."""

_ROUNDS: Final = 8

_PEOPLE: Final = frozenset(("patient", "donor"))

SAME_PATIENT: Final = "same patient"
"""Kind of the step between two pseudonyms of one patient; no lineage, and walked only from the patient asked for."""

_LINKED: Final = "PatientRecordsLinked"


class Node(Struct, frozen=True, kw_only=True):
    """A thing in a trace.

    Attributes:
        tag: Its tag.
        positions: Facts that bear the tag as their own, refused reports included, oldest first, at most 100.
        refused: Those of them that are reports which were refused.
        imported: Those of them that are history, copied from elsewhere and judged by nobody.
    """

    tag: str
    positions: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()
    imported: tuple[int, ...] = ()


class Edge(Struct, frozen=True, kw_only=True):
    """A step of lineage: `child` came from `parent`, as the fact at `source` states.

    Attributes:
        child: Nearer to the patient who receives.
        parent: Nearer to the donor.
        kind: Name of the relation.
        source: Position of the fact that states it.
        refused: That fact is a report which was refused and is not settled: it may have happened all the same.
        imported: That fact is history, copied from elsewhere and judged by nobody.
    """

    child: str
    parent: str
    kind: str
    source: int
    refused: bool = False
    imported: bool = False


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


def trace(reading: Reading, start: str, direction: str, as_of: AsOf, most: int = MOST_EDGES) -> Trace:
    """Walks from a thing.

    Args:
        reading: The log.
        start: Tag of the thing.
        direction: `forward` towards patients, `back` towards donors and lots, or `both`.
        as_of: The axes.
        most: Edges of the answer.

    A walk goes through a person only where it starts there: what a patient was given before is not part of a container.
    One that starts at a patient starts at every pseudonym that is linked to theirs.
    Things without lineage of their own (a site, a person, equipment, a consignment) are traced through the facts that
    bear their tag.
    """
    last = through(reading, as_of)
    starts, whole = _starts(reading, start, last, most)
    ways: tuple[Direction, ...] = (
        ("up",) if direction == "back" else ("down",) if direction == "forward" else ("up", "down")
    )
    same = _same_patient(reading, start, last)
    starts += [far for _, far, _ in same]
    walks = [_walk(reading, starts, way, last, most) for way in ways]
    edges = sorted(
        {edge for found, _ in walks for edge in found} | {_link(step, way) for way in ways for step in same},
        key=lambda edge: (edge.source, edge.child, edge.parent, edge.kind),
    )
    tags = list(dict.fromkeys([start, *(tag for edge in edges for tag in (edge.parent, edge.child))]))
    nodes = tuple(_nodes(reading, tags, last))
    history = {position for node in nodes for position in node.imported}
    return Trace(
        start=start,
        nodes=nodes,
        edges=tuple(msgspec.structs.replace(edge, imported=True) if edge.source in history else edge for edge in edges),
        through=last,
        as_of=as_of,
        complete=whole and all(complete for _, complete in walks),
    )


def _same_patient(reading: Reading, start: str, last: int) -> list[tuple[str, str, int]]:
    """The pseudonyms that are linked to a patient's: (from which, which, by which fact). Who they are has no time."""
    if kind_of(start) != "patient":
        return []
    states = StatesAsOf(reading, last, _LONG_AGO, None)
    found, todo, seen = list[tuple[str, str, int]](), [start], {start}
    while todo:
        near = todo.pop(0)
        links = states.state(PATIENT_LINKS, near)
        fresh = [tag for tag in dict.fromkeys((links.survivor, *links.superseded)) if tag and tag not in seen]
        stated = _stated(reading, [near, *fresh], last) if fresh else {}
        found += [(near, far, max(stated[near] & stated[far], default=0)) for far in fresh]
        seen.update(fresh)
        todo += fresh
    return found


def _stated(reading: Reading, tags: list[str], last: int) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {tag: set() for tag in tags}
    for tag, position, _ in reading.bearers(tags, last, MOST_POSITIONS, _LINKED):
        found[tag].add(position)
    return found


def _link(step: tuple[str, str, int], way: Direction) -> Edge:
    near, far, source = step
    child, parent = (near, far) if way == "up" else (far, near)
    return Edge(child=child, parent=parent, kind=SAME_PATIENT, source=source)


_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""The states that are asked for know no moment."""


def _walk(reading: Reading, starts: list[str], way: Direction, last: int, most: int) -> tuple[set[Edge], bool]:
    """Follows what is recorded, then what was only reported, then what is recorded beyond, until nothing is new."""
    edges: set[Edge] = set()
    todo, seen = set(starts), set(starts)
    for _ in range(_ROUNDS):
        found = reading.edges(sorted(todo), way, last, most + 1)
        if len(found) > most:
            return edges, False
        for row in _reachable([edge for edge, _ in found], todo, way):
            edges.add(Edge(child=row.child, parent=row.parent, kind=row.kind, source=row.source))
        near = seen | {tag for edge in edges for tag in (edge.child, edge.parent)}
        reported = {
            edge for edge in _reported(reading, near, last) if (edge.child if way == "up" else edge.parent) in near
        }
        edges |= reported
        beyond = {edge.parent if way == "up" else edge.child for edge in reported}
        todo = {tag for tag in beyond - near if kind_of(tag) not in _PEOPLE}
        seen = near | beyond
        if not todo:
            break
    return edges, True


def _starts(reading: Reading, start: str, last: int, most: int) -> tuple[list[str], bool]:
    """The thing itself; for a thing that lineage does not know, the materials and batches of the facts that bear it.

    Says too whether that is all of them.
    """
    if kind_of(start) in ("material", "batch", "lot", "donation", "patient", "donor"):
        return [start], True
    things, after, looked = {start}, 0, 0
    while rows := reading.search([start], [], after, last, AT_ONCE):
        counted = counted_tags(record for row in rows if (record := read(row)) is not None)
        found = (tag for tags in counted.values() if start in tags for tag in tags)
        things |= {tag for tag in found if kind_of(tag) in ("material", "donation")}
        after, looked = rows[-1].position, looked + len(rows)
        if looked >= most:
            return sorted(things), not reading.search([start], [], after, last, 1)
    return sorted(things), True


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
    found: dict[str, tuple[dict[int, None], list[int], list[int]]] = {tag: ({}, [], []) for tag in tags}
    for tag, position, kind in reading.bearers(tags, last, MOST_POSITIONS):
        positions, refused, imported = found[tag]
        positions[position] = None
        if kind == filing.REFUSED:
            refused.append(position)
        elif kind == _HISTORY:
            imported.append(position)
    return [
        Node(tag=tag, positions=tuple(positions), refused=tuple(refused), imported=tuple(imported))
        for tag, (positions, refused, imported) in found.items()
    ]


_HISTORY: Final = "HistoricRecordImported"


def _reported(reading: Reading, reached: Iterable[str], last: int) -> list[Edge]:
    """Lineage in reports that were refused and that nobody has settled: it may have happened all the same."""
    bearing = reading.bearers(sorted(reached), last, MOST_POSITIONS, filing.REFUSED)
    refused = sorted({position for _, position, _ in bearing})
    found: list[Edge] = []
    for some in stretches(refused):
        found += _unsettled(reading, some, last)
    return found


def _unsettled(reading: Reading, refused: Sequence[int], last: int) -> list[Edge]:
    settled = reading.edges([filing.fact_node(position) for position in refused], "down", last, MOST_EDGES)
    done = {edge.source for edge, _ in settled if edge.kind == filing.ABOUT}
    done |= {int(edge.parent.partition(":")[2]) for edge, _ in settled if edge.kind == filing.ABOUT}
    found: list[Edge] = []
    rows = reading.facts([position for position in refused if position not in done])
    records = [record for row in rows if (record := read(row)) is not None]
    again = told_again(reading, records, last)
    for record in records:
        source = record.stamp.position
        links = [link for link in record.content.fact.lineage() if link.child and link.parent and source not in again]
        found += (Edge(child=a.child, parent=a.parent, kind=a.kind, source=source, refused=True) for a in links)
    return found


SCHEMES: Final = (*schemes.CHECKS, "pseudonym", "qp")
"""Schemes that need not be written when an identifier is typed; any other scheme does."""

MOST_SCANNED: Final = 20_000
"""Newest facts whose tags are looked through for a value under a scheme that nobody wrote."""

_PAGE: Final = 2_000


def find(reading: Reading, text: str, last: int | None = None) -> tuple[str, ...]:
    """Finds the full tags of what somebody typed: a tag, `scheme:value`, or a value alone.

    A value alone is looked for under the published schemes, and then among the tags of the newest facts.

    Args:
        reading: The log.
        text: What was typed.
        last: As known through this position; everything if None.
    """
    head = reading.head().size if last is None else last
    if kind_of(text) in tagging.KINDS and text.count(":") > 1:
        candidates = [text]
    elif ":" in text:
        candidates = [f"{kind}:{text}" for kind in sorted(tagging.KINDS)]
    else:
        candidates = [f"{kind}:{scheme}:{text}" for kind in sorted(tagging.KINDS) for scheme in SCHEMES]
    known = tuple(dict.fromkeys(tag for tag, _, _ in reading.bearers(candidates, head, 1)))
    return known or (() if ":" in text else _among_the_newest(reading, text, head))


def _among_the_newest(reading: Reading, value: str, head: int) -> tuple[str, ...]:
    ending = f":{value}"
    found: set[str] = set()
    for after in range(max(head - MOST_SCANNED, 0), head, _PAGE):
        rows = reading.tag_rows(after, min(after + _PAGE, head))
        found |= {row.tag for _, row in rows if row.tag.endswith(ending) and tagging.parts(row.tag)[2] == value}
    return tuple(sorted(found))
