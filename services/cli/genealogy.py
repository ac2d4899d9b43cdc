"""A trace as a tree: towards the patient who receives, and back to the donor and every lot."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from ledger.api import SAME_PATIENT, Edge, Node, Trace
from services.cli import reached, screen
from services.cli.timeline import axes

OTHER_KIND: Final = "other"
KINDS: Final = {
    "coi": "bold",
    "donation": "magenta",
    "material": "green",
    "patient": "bold cyan",
    "donor": "bold cyan",
    "batch": "blue",
    "lot": "yellow",
    OTHER_KIND: "",
}
"""Styles, in the order in which branches are drawn: the cells first."""

OPEN: Final = "reported, refused, open"
"""Said of a step that rests on a report which was refused and that nobody has settled."""

HISTORY: Final = "imported, never judged"
"""Said of a step that rests on history, copied from paper, a registry or another system."""

PEOPLE: Final = ("patient", "donor")
"""Where a branch ends: what comes after is another story, or the same one again."""


class Drawing:
    """Trees over one way through a trace. Each thing stands once; where it comes up again, it is only named."""

    def __init__(self, trace: Trace, *, forward: bool) -> None:
        """Sorts the steps by where they start."""
        self._title = "went into" if forward else "came from"
        self._nodes = {node.tag: node for node in trace.nodes}
        self._steps: dict[str, list[tuple[str, Edge]]] = defaultdict(list)
        self._shown: set[str] = set()
        for edge in trace.edges:
            here, there = (edge.parent, edge.child) if forward else (edge.child, edge.parent)
            self._steps[here].append((there, edge))

    def starts_at(self, label: str) -> bool:
        """Tells whether there is anything to draw from a thing."""
        return bool(self._steps.get(label))

    def tree(self, label: str) -> Tree:
        """Draws everything that is reached from a thing."""
        tree = Tree(Text(f"{screen.printable(label)}  {self._title}", style="bold"), guide_style="dim")
        self._shown.add(label)
        again: dict[int, tuple[Tree, list[str]]] = {}
        waiting = [(tree, step) for step in reversed(self._next(label))]
        while waiting:
            branch, (other, edges) = waiting.pop()
            if other in self._shown:
                again.setdefault(id(branch), (branch, []))[1].append(screen.printable(other))
                continue
            self._shown.add(other)
            grown = branch.add(_line(other, edges, self._nodes.get(other)))
            if not _is_of(other, *PEOPLE) or any(edge.kind == SAME_PATIENT for edge in edges):
                waiting += [(grown, step) for step in reversed(self._next(other))]
        for branch, labels in again.values():
            branch.add(Text(f"and {', '.join(labels)} (above)", style="dim"))
        return tree

    def _next(self, label: str) -> list[tuple[str, list[Edge]]]:
        """Steps from a thing, the cells first; several steps to the same thing are one."""
        by_other: dict[str, list[Edge]] = defaultdict(list)
        for other, edge in self._steps.get(label, ()):
            by_other[other].append(edge)
        return sorted(
            by_other.items(),
            key=lambda step: (list(KINDS).index(_kind(step[0])), min(edge.source for edge in step[1]), step[0]),
        )


def trees(trace: Trace, direction: str = "both") -> list[Tree]:
    """One tree for each way that has anything in it; without lineage of its own, those of what was made with it.

    The way that was asked for stands alone: a patient who is the donor too lies at both ends of the same steps.
    """
    back, forward = Drawing(trace, forward=False), Drawing(trace, forward=True)
    asked = [way for name, way in (("back", back), ("forward", forward)) if direction in (name, "both")]
    ways = [way.tree(trace.start) for way in asked if way.starts_at(trace.start)]
    return ways or [back.tree(end) for end in _ends(trace)]


def _ends(trace: Trace) -> list[str]:
    """What was made and went into nothing but a patient or a consignment."""
    beside = (*PEOPLE, "consignment")
    used = {edge.parent for edge in trace.edges if _is_of(edge.child, "material", "batch")}
    made = dict.fromkeys(edge.child for edge in trace.edges if not _is_of(edge.child, *beside))
    return sorted((label for label in made if label not in used), key=lambda label: not _is_of(label, "material"))


def _is_of(label: str, *kinds: str) -> bool:
    return label.partition(":")[0] in kinds


def _kind(label: str) -> str:
    kind = label.partition(":")[0]
    return kind if kind in KINDS else OTHER_KIND


def _line(label: str, edges: list[Edge], node: Node | None) -> Text:
    text = Text(f"{', '.join(dict.fromkeys(edge.kind for edge in edges))} ", style="dim")
    text.append(screen.printable(label), style=KINDS[_kind(label)])
    stated = sorted({edge.source for edge in edges if not edge.refused and not edge.imported})
    imported = sorted({edge.source for edge in edges if edge.imported})
    waiting = sorted({edge.source for edge in edges if edge.refused})
    if stated:
        text.append(f"  {facts(stated)}", style="dim")
    if imported:
        text.append(f"  {facts(imported)} {HISTORY}", style="yellow")
    if waiting:
        text.append(f"  {facts(waiting)} {OPEN}", style="bold red")
    settled = sorted(set(node.refused) - set(waiting)) if node is not None else []
    if settled:
        text.append(f"  refused: {facts(settled)}", style="red")
    return text


def facts(positions: Iterable[int]) -> str:
    """Positions in one line."""
    return ", ".join(f"#{position}" for position in positions)


def show(console: Console, trace: Trace, direction: str = "both") -> None:
    """Prints the trees, what else was touched, through which position it is complete, and whom to follow up."""
    drawn = trees(trace, direction)
    for tree in drawn:
        console.print(tree)
        console.print()
    linked = {trace.start} | {tag for edge in trace.edges for tag in (edge.child, edge.parent)}
    beside = [node for node in trace.nodes if node.tag not in linked]
    if not drawn or beside:
        _beside(console, trace, beside)
    counts = f"{screen.plural(len(trace.nodes), 'thing')}, {screen.plural(len(trace.edges), 'step')} of lineage"
    console.print(Text(counts))
    console.print(Text(axes(trace.as_of, trace.through), style="dim"))
    if not trace.complete:
        console.print(Text("Cut because it grew too large: start again from a thing at its rim.", style="red"))
    if direction != "forward" and (found := reached.exposed(trace)) is not None:
        _exposed(console, found)
    console.print(Text(reached.sentence(reached.of(trace), back=direction == "back"), style="bold"))


def _exposed(console: Console, found: reached.Exposed) -> None:
    """What a patient was exposed to, as a table: each lot, batch and donation with the facts that link it."""
    beside = f" (also {', '.join(map(screen.printable, found.names[1:]))})" if found.names[1:] else ""
    console.print(Text(f"{screen.printable(found.names[0])}{beside} was exposed to:", style="bold"))
    table = Table.grid(padding=(0, 2, 0, 2))
    for one in found.things:
        what = Text(screen.printable(one.tag), style=KINDS[_kind(one.tag)])
        table.add_row(what, Text(facts(one.sources), style="dim"), Text(OPEN if one.open else "", style="bold red"))
    console.print(table if found.things else Text("  nothing that is known"))


def _beside(console: Console, trace: Trace, beside: list[Node]) -> None:
    own = next((node for node in trace.nodes if node.tag == trace.start), None)
    if own is not None:
        console.print(Text(f"{screen.printable(own.tag)}  in facts {_positions(own)}"))
    for node in beside:
        if node.tag != trace.start:
            console.print(Text(f"  with {screen.printable(node.tag)}  in facts {_positions(node)}"))


def _positions(node: Node) -> str:
    first = ", ".join(f"#{position}" for position in node.positions[:8])
    return first + (", …" if len(node.positions) > 8 else "")  # noqa: PLR2004 - as many as fit a line
