"""The source of a rule: its declaration and everything in `ledger/domain/rules` that it reaches by name, hashed.

Frozen are the rule's own words, types, weights and subjects, its check, and each function, constant and class that the
check reaches in the rooms of rules. Not frozen are docstrings, comments and the layout of lines. Where the rules end
the freezing ends: the machinery that asks them (`MACHINERY`), the case, facts and subjects may be mended, and the
histories in `tests/golden/verdicts` show whether verdicts stay what they were.
"""

import ast
import io
import tokenize
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Final, NamedTuple

from ledger.domain.rules import records
from ledger.domain.rules.owners import ROOMS
from ledger.domain.rules.rule import Rule

ROOM: Final = "ledger.domain.rules"
MACHINERY: Final = frozenset(
    ("aftermath", "case", "catalogue", "context", "judging", "owners", "reaching", "rule", "rulebooks")
)
"""Modules beside the rules that ask them, or that put the case before them."""

Read = Callable[[str], str]


class Place(NamedTuple):
    """A name at the top of a module of rules."""

    module: str
    name: str


class _Module(NamedTuple):
    """A module of rules: what it defines, and what its names of other modules mean."""

    defined: Mapping[str, ast.stmt]
    names: Mapping[str, Place]
    modules: Mapping[str, str]


@cache
def text_of(module: str) -> str:
    """Returns the source of a module of rules."""
    return Path(str(import_module(f"{ROOM}.{module}").__file__)).read_text("utf-8")


def revisions() -> Iterator[tuple[Rule, Place]]:
    """Yields every revision of every rule, with where it is declared."""
    for room in (*ROOMS, records):
        module = room.__name__.removeprefix(f"{ROOM}.")
        own = _parsed(text_of(module)).defined
        for name, value in vars(room).items():
            if isinstance(value, Rule) and name in own:
                yield value, Place(module, name)


def digest(place: Place, read: Read = text_of) -> str:
    """Returns the hash of everything that a rule reaches, hex."""
    return sha256(plain(place, read).encode()).hexdigest()


def plain(place: Place, read: Read = text_of) -> str:
    """Returns the bare source of everything that a rule reaches, name by name."""
    reached = sorted(reach(place, read))
    return "".join(f"{one.module}.{one.name}\n{_plain(read(one.module), one.name)}\n" for one in reached)


def reach(place: Place, read: Read = text_of) -> set[Place]:
    """Returns everything that a name reaches, itself included."""
    found, todo = {place}, [place]
    while todo:
        here = todo.pop()
        fresh = {
            one for one in _named(here, read(here.module)) - found if one.name in _parsed(read(one.module)).defined
        }
        found |= fresh
        todo += fresh
    return found


@cache
def _named(place: Place, text: str) -> frozenset[Place]:
    """The names that a definition reaches by itself."""
    module, found = _parsed(text), set[Place]()
    for part in ast.walk(module.defined[place.name]):
        if isinstance(part, ast.Name) and part.id in module.defined:
            found.add(Place(place.module, part.id))
        elif isinstance(part, ast.Name) and part.id in module.names:
            found.add(module.names[part.id])
        elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in module.modules:
            found.add(Place(module.modules[part.value.id], part.attr))
    return frozenset(found)


@cache
def _parsed(text: str) -> _Module:
    defined: dict[str, ast.stmt] = {}
    names: dict[str, Place] = {}
    modules: dict[str, str] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            defined |= {target.id: node for target in targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                said = alias.asname or alias.name
                if node.module == ROOM and alias.name not in MACHINERY:
                    modules[said] = alias.name
                elif node.module.startswith(f"{ROOM}.") and node.module.removeprefix(f"{ROOM}.") not in MACHINERY:
                    names[said] = Place(node.module.removeprefix(f"{ROOM}."), alias.name)
    return _Module(defined, names, modules)


@cache
def _plain(source: str, name: str) -> str:
    """The source of a definition without docstrings, comments and layout."""
    node, lines = _parsed(source).defined[name], source.splitlines(keepends=True)
    for part in ast.walk(node):
        if isinstance(part, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(part, clean=False) is not None:
            said = part.body[0]
            for number in range(said.lineno - 1, said.end_lineno or said.lineno):
                lines[number] = "\n"
    first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
    text = "".join(lines[first - 1 : node.end_lineno])
    kept = text.splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            kept[row - 1] = kept[row - 1][:column] + "\n"
    bare = "".join("".join(kept).split())
    for end in ")]}":
        bare = bare.replace(f",{end}", end)
    return bare
