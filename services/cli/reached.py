"""Whom to follow up, and what a patient was exposed to: what a trace reached, and for what a refused report is open."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from ledger.api import SAME_PATIENT, Edge, Trace
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
        donors=tuple(
            sorted(
                edge
                for edge in {edge.parent for edge in recorded if edge.kind != SAME_PATIENT}
                if kind_of(edge) in ("patient", "donor")
            )
        ),
        open={**waiting, **dict.fromkeys(behind, ())},
        complete=trace.complete,
    )


def _patients(trace: Trace, edges: Iterable[Edge]) -> tuple[str, ...]:
    """Patients at the end of a walk forward over these edges, from the start or else from wherever the trace begins."""
    steps: dict[str, list[str]] = {}
    edges = [edge for edge in edges if edge.kind != SAME_PATIENT]
    for edge in edges:
        steps.setdefault(edge.parent, []).append(edge.child)
    lineage = [edge for edge in trace.edges if edge.kind != SAME_PATIENT]
    linked = {tag for edge in lineage for tag in (edge.child, edge.parent)}
    children = {edge.child for edge in lineage}
    todo = [trace.start] if trace.start in linked else sorted(linked - children)
    seen = set(todo)
    while todo:
        fresh = [child for child in steps.get(todo.pop(), ()) if child not in seen]
        seen.update(fresh)
        todo += fresh
    return tuple(sorted(tag for tag in seen & children if kind_of(tag) == "patient"))


class Exposure(Struct, frozen=True, kw_only=True):
    """One lot, batch or donation that a patient was exposed to.

    Attributes:
        tag: Its tag.
        sources: Facts that link it to what came of it, oldest first.
        open: Only reports that were refused and that nobody has settled say so: it may be so all the same.
    """

    tag: str
    sources: tuple[int, ...]
    open: bool = False


class Exposed(Struct, frozen=True, kw_only=True):
    """What a patient was exposed to.

    Attributes:
        names: The patient's pseudonyms, the one asked for first.
        things: Lots, then batches, then donations.
    """

    names: tuple[str, ...]
    things: tuple[Exposure, ...]


EXPOSING: Final = ("lot", "batch", "donation")
"""Kinds of things to which a patient is exposed, in the order in which they are told."""


def exposed(trace: Trace) -> Exposed | None:
    """What the patient from whom a trace starts was exposed to; None for a trace from anything else."""
    if kind_of(trace.start) != "patient":
        return None
    recorded, every = _back(trace, [edge for edge in trace.edges if not edge.refused]), _back(trace, trace.edges)
    sources: dict[str, set[int]] = {}
    for edge in trace.edges:
        sources.setdefault(edge.parent, set()).add(edge.source)
    found = [
        Exposure(tag=tag, sources=tuple(sorted(sources[tag])), open=tag not in recorded)
        for kind in EXPOSING
        for tag in sorted(every)
        if kind_of(tag) == kind
    ]
    names = {tag for edge in trace.edges if edge.kind == SAME_PATIENT for tag in (edge.child, edge.parent)}
    return Exposed(names=(trace.start, *sorted(names - {trace.start})), things=tuple(found))


def _back(trace: Trace, edges: Iterable[Edge]) -> set[str]:
    """Everything that a walk back from the start reaches over some steps."""
    steps: dict[str, list[str]] = {}
    for edge in edges:
        steps.setdefault(edge.child, []).append(edge.parent)
    todo, seen = [trace.start], {trace.start}
    while todo:
        fresh = [parent for parent in steps.get(todo.pop(), ()) if parent not in seen]
        seen.update(fresh)
        todo += fresh
    return seen


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
