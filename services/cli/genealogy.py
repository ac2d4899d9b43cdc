"""A trace as a tree: towards the patient who receives, and back to the donor and every lot."""

from collections import defaultdict
from collections.abc import Callable

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from ledger.api import Edge, Node, Trace
from services.cli import screen
from services.cli.timeline import axes, short

OTHER_KIND = "other"
KINDS = {
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

PEOPLE = ("patient", "donor")
"""Where a branch ends: what comes after is another story, or the same one again."""


def trees(trace: Trace) -> list[Tree]:
    """One tree for each way that has anything in it."""
    forward: dict[str, list[Edge]] = defaultdict(list)
    back: dict[str, list[Edge]] = defaultdict(list)
    for edge in trace.edges:
        forward[edge.parent].append(edge)
        back[edge.child].append(edge)
    nodes = {node.tag: node for node in trace.nodes}
    found = []
    if back[trace.start]:
        found.append(_tree(f"{short(trace.start)}  came from", trace.start, back, lambda edge: edge.parent, nodes))
    if forward[trace.start]:
        found.append(_tree(f"{short(trace.start)}  went into", trace.start, forward, lambda edge: edge.child, nodes))
    return found


def _tree(
    title: str, start: str, edges: dict[str, list[Edge]], far: Callable[[Edge], str], nodes: dict[str, Node]
) -> Tree:
    """Each thing stands once with what is behind it; where it comes up again, it is only named."""
    tree = Tree(Text(title, style="bold"), guide_style="dim")
    shown: set[str] = {start}
    again: dict[int, tuple[Tree, list[str]]] = {}
    waiting = [(tree, step) for step in reversed(_merged(edges[start], far))]
    while waiting:
        branch, (other, kinds, sources) = waiting.pop()
        if other in shown:
            again.setdefault(id(branch), (branch, []))[1].append(short(other))
            continue
        shown.add(other)
        grown = branch.add(_line(other, kinds, sources, nodes.get(other)))
        if _kind(other) not in PEOPLE:
            waiting += [(grown, step) for step in reversed(_merged(edges[other], far))]
    for branch, labels in again.values():
        branch.add(Text(f"and {', '.join(labels)} (above)", style="dim"))
    return tree


def _merged(edges: list[Edge], far: Callable[[Edge], str]) -> list[tuple[str, str, list[int]]]:
    """Several steps between the same two things are one line."""
    by_other: dict[str, list[Edge]] = defaultdict(list)
    for edge in edges:
        by_other[far(edge)].append(edge)
    merged = [
        (other, ", ".join(dict.fromkeys(edge.kind for edge in group)), sorted({edge.source for edge in group}))
        for other, group in by_other.items()
    ]
    return sorted(merged, key=lambda step: (list(KINDS).index(_kind(step[0])), step[2], step[0]))


def _kind(label: str) -> str:
    kind = label.partition(":")[0]
    return kind if kind in KINDS else OTHER_KIND


def _line(label: str, kinds: str, sources: list[int], node: Node | None) -> Text:
    text = Text(f"{kinds} ", style="dim")
    text.append(short(label), style=KINDS[_kind(label)])
    text.append("  " + ", ".join(f"#{source}" for source in sources), style="dim")
    if node is not None and node.refused:
        text.append(f"  refused reports: {', '.join(f'#{position}' for position in node.refused)}", style="red")
    return text


def show(console: Console, trace: Trace) -> None:
    """Prints the trees, what else was touched, and through which position it is complete."""
    drawn = trees(trace)
    for tree in drawn:
        console.print(tree)
        console.print()
    linked = {trace.start} | {tag for edge in trace.edges for tag in (edge.child, edge.parent)}
    beside = [node for node in trace.nodes if node.tag not in linked]
    if not drawn or beside:
        _beside(console, trace, beside)
    counts = f"{screen.plural(len(trace.nodes), 'thing')}, {screen.plural(len(trace.edges), 'step')} of lineage"
    console.print(Text(f"{counts}, complete through position {trace.through}"))
    console.print(Text(axes(trace.as_of), style="dim"))
    if not trace.complete:
        console.print(Text("Cut because it grew too large: start again from a thing at its rim.", style="red"))


def _beside(console: Console, trace: Trace, beside: list[Node]) -> None:
    own = next((node for node in trace.nodes if node.tag == trace.start), None)
    if own is not None:
        console.print(Text(f"{short(own.tag)}  in facts {_positions(own)}"))
    for node in beside:
        if node.tag != trace.start:
            console.print(Text(f"  with {short(node.tag)}  in facts {_positions(node)}"))


def _positions(node: Node) -> str:
    first = ", ".join(f"#{position}" for position in node.positions[:8])
    return first + (", …" if len(node.positions) > 8 else "")  # noqa: PLR2004 - as many as fit a line
