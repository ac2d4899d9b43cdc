"""What a stored fact says, in words: names of fields, identifiers as scheme:value, amounts, times, choices.

It reads the stored JSON, not the types of today, so it is total: whatever is stored is shown, known or not.
"""

import base64
import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import Struct

from ledger.api import StoredFact
from services.cli import screen

_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z")
_HASHES: Final = frozenset(("sha256", "content_hash"))
_IDENTIFIER: Final = (frozenset(("scheme", "value")), frozenset(("entry",)))
_QUANTITY: Final = (frozenset(("value", "unit")), frozenset(("of",)))
_MOMENT: Final = (frozenset(("time", "utc_offset")), frozenset(("uncertainty_ms", "source")))


class Line(Struct, frozen=True):
    """One line of a fact in words.

    Attributes:
        depth: How deep it stands.
        label: Name of the field.
        words: What it says; empty where the next lines say it.
    """

    depth: int
    label: str
    words: str = ""


class Change(Struct, frozen=True, kw_only=True):
    """One field that a record about a fact changed; None where there is nothing."""

    field: str
    old: str | None
    new: str | None

    @property
    def said(self) -> str:
        """In words."""
        return f"{self.field}: {self.old or 'nothing'} -> {self.new or 'nothing'}"


def stored(fact: StoredFact) -> dict[str, Any]:
    """The stored record as plain JSON; empty when its bytes are none."""
    try:
        found = msgspec.json.decode(fact.octets)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def inside(value: object, *names: str) -> Any:  # noqa: ANN401 - any JSON value
    """What stands under these names, one in the other; None when it does not."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def items(value: object) -> list[Any]:
    """A list, or none."""
    return value if isinstance(value, list) else []


def offset_of(record: dict[str, Any]) -> str:
    """The offset of the clock that people looked at."""
    return str(inside(record, "content", "envelope", "occurred_at", "utc_offset") or "")


def label(name: str) -> str:
    """The name of a field for people."""
    return screen.printable(name.replace("_", " "))


@cache
def _choices() -> dict[str, str]:
    """Every value of every published list, without the name of its list."""
    from ledger.domain.facts.catalogue import TYPES
    from ledger.domain.facts.shape import Word

    assert TYPES, "all fact types are there, and with them all lists"  # noqa: S101 - the import is its purpose
    return {str(value): value.name.lower().replace("_", " ") for one in Word.__subclasses__() for value in one}


def words(value: object, utc_offset: str = "", name: str = "") -> str | None:
    """One value in words; None when it has parts of its own.

    Args:
        value: From JSON.
        utc_offset: Of the clock on which its times are shown.
        name: Of the field, since a hash looks like any other text.
    """
    if isinstance(value, dict):
        return _of_parts(value)
    if isinstance(value, list):
        each = [words(item, utc_offset, name) for item in value]
        return None if None in each else ", ".join(str(item) for item in each)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return _text(value, utc_offset, name)
    return "nothing" if value is None else str(value)


def _is(value: dict[str, Any], form: tuple[frozenset[str], frozenset[str]]) -> bool:
    needed, more = form
    plain = all(isinstance(part, str | int) for part in value.values())
    return plain and needed <= value.keys() and value.keys() <= needed | more


def _of_parts(value: dict[str, Any]) -> str | None:
    if _is(value, _IDENTIFIER):
        entry = f" ({_text(str(value['entry']), '', '')})" if "entry" in value else ""
        return screen.printable(f"{value['scheme']}:{value['value']}{entry}")
    if _is(value, _QUANTITY):
        what = f" of {value['of']}" if "of" in value else ""
        return screen.printable(f"{value['value']} {value['unit']}{what}")
    if _is(value, _MOMENT):
        return moment(value)
    return None if value else "nothing"


def moment(value: dict[str, Any]) -> str:
    """A claimed time: on which clock, whose, and how sure."""
    own = str(value["utc_offset"])
    said = [_text(str(value["time"]), own, "")]
    if screen.offset(own) is None:
        said.append(f"its offset {own!r} is none")
    if "source" in value:
        said.append(f"source: {_text(str(value['source']), '', '')}")
    if "uncertainty_ms" in value:
        said.append(f"± {value['uncertainty_ms']} ms")
    return screen.printable(", ".join(said))


def _text(value: str, utc_offset: str, name: str) -> str:
    if _TIME.fullmatch(value):
        try:
            return screen.said(datetime.fromisoformat(value), utc_offset)
        except ValueError:
            return value
    if name in _HASHES:
        try:
            return base64.b64decode(value, validate=True).hex()
        except ValueError:
            return screen.printable(value)
    return _choices().get(value) or screen.printable(value)


def lines(value: object, utc_offset: str = "", depth: int = 0) -> Iterator[Line]:
    """Everything that a JSON object says, one line per field, parts indented."""
    for name, item in value.items() if isinstance(value, dict) else ():
        said = words(item, utc_offset, name)
        if said is not None:
            yield Line(depth, label(name), said)
        elif isinstance(item, dict):
            yield Line(depth, label(name))
            yield from lines(item, utc_offset, depth + 1)
        else:
            yield from _numbered(name, item, utc_offset, depth)


def _numbered(name: str, several: list[Any], utc_offset: str, depth: int) -> Iterator[Line]:
    for number, item in enumerate(several, 1):
        title = f"{label(name)} {number}"
        said = words(item, utc_offset, name)
        yield Line(depth, title, said or "")
        if said is None:
            inner = item if isinstance(item, dict) else {"part": item}
            yield from lines(inner, utc_offset, depth + 1)


def leaves(value: object, utc_offset: str = "", path: str = "", name: str = "") -> Iterator[tuple[str, str, object]]:
    """Every value that has no parts of its own: its path in words, itself in words, itself."""
    said = words(value, utc_offset, name)
    if said is not None:
        yield path, said, value
    elif isinstance(value, dict):
        for inner, item in value.items():
            yield from leaves(item, utc_offset, f"{path}, {label(inner)}" if path else label(inner), inner)
    else:
        for number, item in enumerate(items(value), 1):
            yield from leaves(item, utc_offset, f"{path} {number}", name)


def changes(old: object, new: object, utc_offset: str = "") -> list[Change]:
    """Which fields of a content differ, from what to what."""
    before, after = (
        {
            path: said
            for part in ("envelope", "fact")
            for path, said, _ in leaves(_unsigned(inside(content, part)), utc_offset)
        }
        for content in (old, new)
    )
    return [
        Change(field=path, old=before.get(path), new=after.get(path))
        for path in dict.fromkeys((*before, *after))
        if before.get(path) != after.get(path)
    ]


def _unsigned(part: object) -> object:
    """Without signatures: they are over the record that they were made for, never over a later one."""
    return {name: item for name, item in part.items() if name != "signatures"} if isinstance(part, dict) else {}
