"""The non-functional rules of the house. Each test lists every offender and what to do instead."""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import PRODUCT, ROOT, modules, name, parse

FILE_LINES = 400
FUNCTION_LINES = 60
BUILT = {"build", "coi-data", "node_modules"}
VAGUE = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"}
BANNED = {
    r"\bNotImplementedError\b": "finish it, or leave it out",
    r"\bTODO\b|\bFIXME\b|\bXXX\b": "do it, or open an issue",
    r"\bpytest\.skip\b|\bmark\.skip|\bimportorskip\b|\bunittest\.skip|\bxfail\b": "a test runs, or is not there",
    r"\bunittest\.mock\b|\bmock import\b|\bMagicMock\b": "write a fake",
    r"pragma: no (cover|branch)\s*$": "say why after it",
    r"type: ignore\s*$|noqa\s*$": "name the rule",
}


def test_no_file_is_longer_than_a_reader_holds_in_mind() -> None:
    sizes = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules(*PRODUCT)}
    assert {path: lines for path, lines in sizes.items() if lines > FILE_LINES} == {}, "split it along its ideas"


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{name(path)}:{node.lineno} {node.name} has {lines} lines"
        for path in modules(*PRODUCT)
        for node in ast.walk(parse(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    ]
    assert long == [], "name its parts"


def test_every_module_says_why_it_is_there() -> None:
    silent = [name(path) for path in modules(*PRODUCT, "tests") if not ast.get_docstring(parse(path))]
    assert silent == [], "give it a docstring: what it is for, and what it must never do"


def test_no_room_has_a_vague_name() -> None:
    paths = [path.relative_to(ROOT) for path in modules(*PRODUCT, "tests")]
    vague = [
        str(path) for path in paths if VAGUE & {word for part in path.with_suffix("").parts for word in part.split("_")}
    ]
    assert vague == [], "name it by what it does"


@pytest.mark.parametrize(("pattern", "instead"), BANNED.items(), ids=[words.split("|")[0] for words in BANNED])
def test_nothing_is_left_half_done(pattern: str, instead: str) -> None:
    banned = re.compile(pattern)
    found = [
        f"{name(path)}:{number} {line.strip()}"
        for path in modules(*PRODUCT, "tests")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if banned.search(line)
    ]
    assert found == [], instead


def test_no_lock_file_is_kept() -> None:
    locks = [name(path) for path in visible_files() if path.suffix == ".lock" or path.name == "package-lock.json"]
    assert locks == [], "locks name registries; pin by hash in requirements/ or npm-shrinkwrap.json"


def visible_files() -> Iterator[Path]:
    """Every file outside hidden and built folders."""
    for folder, rooms, files in os.walk(ROOT):
        rooms[:] = [room for room in rooms if not room.startswith(".") and room not in BUILT]
        yield from (Path(folder) / file for file in files)
