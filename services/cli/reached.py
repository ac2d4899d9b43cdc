"""Whom to follow up: the patients whom a trace reached, and those for whom a refused report is still open."""

from collections.abc import Iterable

from msgspec import Struct

from ledger.api import Edge, Trace
from ledger.domain.identifiers.tag import kind_of


class Reached(Struct, frozen=True, kw_only=True):
    """Whom a trace reached.

    Attributes:
        patients: Those who were given something, as recorded.
        donors: Those from whom something came, as recorded.
        open: Things for which a report was refused and stands unresolved, with the positions of the reports; patients
            behind them included.
        complete: Whether the trace was not cut.
    """

    patients: tuple[str, ...]
    donors: tuple[str, ...]
    open: dict[str, tuple[int, ...]]
    complete: bool


def of(trace: Trace) -> Reached:
    """Sorts out whom a trace reached."""
    recorded = [edge for edge in trace.edges if not edge.refused]
    forward = _patients(trace, recorded)
    reports: dict[str, set[int]] = {}
    for edge in trace.edges:
        if edge.refused:
            reports.setdefault(edge.child, set()).add(edge.source)
    waiting = {tag: tuple(sorted(positions)) for tag, positions in sorted(reports.items())}
    behind = [tag for tag in _patients(trace, trace.edges) if tag not in forward and tag not in waiting]
    return Reached(
        patients=forward,
        donors=tuple(sorted({edge.parent for edge in recorded if kind_of(edge.parent) in ("patient", "donor")})),
        open={**waiting, **dict.fromkeys(behind, ())},
        complete=trace.complete,
    )


def _patients(trace: Trace, edges: Iterable[Edge]) -> tuple[str, ...]:
    """Patients at the end of a walk forward over these edges, from the start or else from wherever the trace begins."""
    steps: dict[str, list[str]] = {}
    for edge in edges:
        steps.setdefault(edge.parent, []).append(edge.child)
    linked = {tag for edge in trace.edges for tag in (edge.child, edge.parent)}
    children = {edge.child for edge in trace.edges}
    todo = [trace.start] if trace.start in linked else sorted(linked - children)
    seen = set(todo)
    while todo:
        fresh = [child for child in steps.get(todo.pop(), ()) if child not in seen]
        seen.update(fresh)
        todo += fresh
    return tuple(sorted(tag for tag in seen & children if kind_of(tag) == "patient"))


def sentence(found: Reached, *, back: bool = False) -> str:
    """One sentence for follow-up."""
    people = f"donors: {_all(found.donors)}" if back else f"patients reached: {_all(found.patients)}"
    reports = (
        f"{tag} ({', '.join(f'#{position}' for position in positions)})" if positions else f"{tag} (behind them)"
        for tag, positions in found.open.items()
    )
    return f"{people}; reported but refused and open: {_all(reports)}; complete: {'yes' if found.complete else 'no'}"


def _all(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
