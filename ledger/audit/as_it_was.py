"""A trace as it was on a day: only the steps whose facts had taken effect by then, by the times they first claimed."""

from datetime import UTC, datetime
from typing import Final

import msgspec

from ledger.audit.asked import read, stretches
from ledger.audit.trace import SAME_PATIENT, Edge, Trace
from ledger.domain.facts import counting
from ledger.domain.facts.catalogue import TYPES
from ledger.store.log import Reading
from ledger.store.rows import Stored

_NEVER: Final = datetime.max.replace(tzinfo=UTC)


def cut(reading: Reading, trace: Trace, moment: datetime) -> Trace:
    """Leaves out the steps that took effect later, and what only they led to. Who a patient is has no time."""
    sources = sorted({edge.source for edge in trace.edges})
    rows = (row for some in stretches(sources) for row in reading.facts(some))
    then = {row.position for row in rows if _effective(row) <= moment}
    edges = _connected(trace, [edge for edge in trace.edges if edge.source in then or edge.kind == SAME_PATIENT])
    before, after = _things(trace.edges), _things(edges)
    nodes = tuple(
        node for node in trace.nodes if node.tag == trace.start or node.tag in after or node.tag not in before
    )
    return msgspec.structs.replace(trace, edges=tuple(edges), nodes=nodes)


def _effective(row: Stored) -> datetime:
    record = read(row)
    if record is None:
        return _NEVER
    if record.content.type not in TYPES:
        return record.stamp.recorded_at
    return counting.effective(record.content, record.stamp.recorded_at)


def _things(edges: "tuple[Edge, ...] | list[Edge]") -> set[str]:
    return {tag for edge in edges for tag in (edge.child, edge.parent)}


def _connected(trace: Trace, edges: list[Edge]) -> list[Edge]:
    """The steps that still hang together with the start; all of them where the start has no lineage of its own."""
    if trace.start not in _things(trace.edges):
        return edges
    beside: dict[str, set[str]] = {}
    for edge in edges:
        beside.setdefault(edge.child, set()).add(edge.parent)
        beside.setdefault(edge.parent, set()).add(edge.child)
    todo, seen = [trace.start], {trace.start}
    while todo:
        fresh = beside.get(todo.pop(), set()) - seen
        seen |= fresh
        todo += fresh
    return [edge for edge in edges if edge.child in seen]
