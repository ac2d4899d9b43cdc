"""What Postgres would do for a statement: which tables it would read whole, and which indexes it would look into."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from ledger.postgres.connection import Connection

LARGE = ("fact", "fact_tag", "fact_mark", "edge", "key", "commit", "entry", "label", "rests")
"""Tables that grow with the log, and those of the reading lists."""

Given = Sequence[Any] | Mapping[str, Any]


@dataclass(frozen=True)
class Plan:
    """A plan, as far as it reads.

    Attributes:
        indexes: indexes that it looks into for given values, or for the first rows in their order.
        whole: tables and indexes that it reads from one end to the other.
    """

    indexes: frozenset[str]
    whole: tuple[str, ...]


def custom(connection: Connection, statement: str, given: Given) -> Plan:
    """The plan for these values."""
    row = connection.execute(f"explain (format json) {statement}".encode(), given, binary=False).fetchone()
    assert row is not None
    return _read(row[0][0]["Plan"])


def generic(connection: Connection, statement: str) -> Plan:
    """The plan for any values: the one that a prepared statement comes to have."""
    row = connection.execute(f"explain (generic_plan, format json) {numbered(statement)}".encode()).fetchone()
    assert row is not None
    return _read(row[0][0]["Plan"])


def numbered(statement: str) -> str:
    """A statement with its placeholders as Postgres numbers them."""
    numbers, names = count(1), dict[str, int]()

    def number(found: re.Match[str]) -> str:
        name = found.group(1)
        return f"${next(numbers) if name is None else names.setdefault(name, len(names) + 1)}"

    return re.sub(r"%(?:\((\w+)\))?[bs]", number, statement)


def _read(plan: dict[str, Any]) -> Plan:
    nodes = list(_nodes(plan, limited=False))
    indexes = {node["Index Name"] for node, limited in nodes if "Index Name" in node and _narrow(node, limited=limited)}
    whole = [
        str(node.get("Index Name") or node.get("Relation Name"))
        for node, limited in nodes
        if node.get("Relation Name") in LARGE and not _narrow(node, limited=limited)
    ]
    return Plan(frozenset(indexes), tuple(sorted(whole)))


def _nodes(plan: dict[str, Any], *, limited: bool) -> Iterator[tuple[dict[str, Any], bool]]:
    yield plan, limited
    inner = plan["Node Type"] == "Limit" or (limited and plan["Node Type"] in ("Result", "Subquery Scan"))
    for child in plan.get("Plans", ()):
        yield from _nodes(child, limited=inner)


def _narrow(node: dict[str, Any], *, limited: bool) -> bool:
    """Whether a node looks for something, or stops after the first rows of an order; inserting reads nothing."""
    kind = node["Node Type"]
    if kind in ("Index Scan", "Index Only Scan"):
        return "Index Cond" in node or limited
    return kind in ("Bitmap Heap Scan", "ModifyTable") or (kind == "Bitmap Index Scan" and "Index Cond" in node)
