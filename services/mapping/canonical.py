"""Reads canonical content that was sent as it is to be stored: the road of devices that build and sign while offline.

What is read here passes the same checks as what is sent as a message, and is refused unless it is, byte for byte, what
the ledger itself would have written of the same fact. So one fact has one content, whichever road it came.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec

from ledger.domain.facts import content as contents
from ledger.domain.facts.birth import Malformed, Violation, born
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.content import Content
from ledger.domain.facts.envelope import Envelope, FactException
from ledger.domain.facts.shape import Value
from services.mapping.wording import said

_PARTS: Final = ("envelope", "exceptions", "fact", "id", "type")
_REQUIRED: Final = ("envelope", "fact", "id", "type")
_PLAIN: Final = re.compile(r"[a-z_0-9.\[\]]{1,200}\Z")

V = TypeVar("V", bound=Value)


def read(octets: bytes, key: UUID) -> Content:
    """Reads canonical content.

    Args:
        octets: The content.
        key: The key that it was sent under, which must be its id.

    Raises:
        Malformed: With every violation and its path.
    """
    data = _object(octets)
    wrong = list(_frame(data, key))
    if wrong:
        raise Malformed(wrong)
    envelope = _part(Envelope, data["envelope"], "envelope", wrong)
    fact = _part(TYPES[data["type"]], data["fact"], "fact", wrong)
    exceptions = [
        _part(FactException, one, f"exceptions[{i}]", wrong) for i, one in enumerate(data.get("exceptions", ()))
    ]
    if envelope is None or fact is None or wrong:
        raise Malformed(wrong)
    given = tuple(one for one in exceptions if one is not None)
    content = Content(id=key, type=data["type"], envelope=envelope, fact=fact, exceptions=given)
    written = contents.encode(content)
    if written != octets:
        raise Malformed([Violation("content", f"is not canonical JSON: {_difference(octets, written)}")])
    return content


def _object(octets: bytes) -> dict[str, Any]:
    try:
        data = msgspec.json.decode(octets)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        data = None
    if not isinstance(data, dict):
        raise Malformed([Violation("content", f"must be a JSON object of {', '.join(_PARTS)}")])
    return data


def _frame(data: dict[str, Any], key: UUID) -> Iterator[Violation]:
    """What is wrong around the envelope and the fact."""
    if not data.keys() <= {*_PARTS}:
        yield Violation("content", f"has other parts than {', '.join(_PARTS)}")
    yield from (Violation(f"content.{name}", "is required") for name in _REQUIRED if name not in data)
    if "id" in data and data["id"] != str(key):
        yield Violation("content.id", "must be the request_id: one key, said twice")
    if "type" in data and (data["type"] not in _SENT if isinstance(data["type"], str) else True):
        yield Violation("content.type", "must be the name of a fact type that callers may send: see ListFactTypes")
    if not isinstance(data.get("exceptions", []), list):
        yield Violation("content.exceptions", "must be a list")


_SENT: Final = frozenset(name for name, struct in TYPES.items() if not struct.about.server_made)


def _part(struct: type[V], data: object, name: str, wrong: list[Violation]) -> V | None:
    try:
        return born(struct, data, f"content.{name}")
    except Malformed as error:
        wrong += (_told(one) for one in error.violations)
        return None


def _told(one: Violation) -> Violation:
    """A violation in words; a field that is named by anything but a field's name is not repeated."""
    path = one.path if _PLAIN.match(one.path) else "content"
    return Violation(path, said(one.description))


def _difference(sent: bytes, written: bytes) -> str:
    """Where two texts part."""
    place = next((at for at, (ours, theirs) in enumerate(zip(sent, written, strict=False)) if ours != theirs), None)
    at = min(len(sent), len(written)) if place is None else place
    return f"from byte {at} on it is not what the ledger writes (keys sorted, no spaces, nothing absent, times in UTC)"
