"""ProtoJSON, strictly: what is not exactly a message of the contract is malformed, with every place that is wrong.

The stock parser reads the values; what it lets pass (a field given under both of its spellings, an empty text where an
object belongs) and what it would say in the sender's own words is found here first. No violation repeats what was sent:
it could be somebody's name.
"""

import difflib
import json
import re
from collections.abc import Iterator
from typing import Any, Final, TypeVar, cast

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from ledger.domain.facts.birth import Malformed, Violation

M = TypeVar("M", bound=Message)

_DEEPEST: Final = 64
_WELL_KNOWN: Final = "google.protobuf."
_BASE64: Final = re.compile(r"(?:[A-Za-z0-9+/]*|[A-Za-z0-9_-]*)={0,2}")
"""The stock parser passes over any other character."""
_BYTES: Final = "must be bytes in base64"
_WHOLE: Final = "must be a whole number in the range of its field"
_KINDS: Final = {
    FieldDescriptor.CPPTYPE_STRING: "must be text",
    FieldDescriptor.CPPTYPE_BOOL: "must be true or false",
    FieldDescriptor.CPPTYPE_MESSAGE: "is no time: write it as 2026-04-07T09:05:00Z",
}
_UNREADABLE: Final = (json_format.Error, ValueError, TypeError, OverflowError)


class _Doubled(dict[str, Any]):
    """An object that gave a member twice."""


def read(octets: bytes, kind: type[M]) -> M:
    """Reads a message.

    Raises:
        Malformed: With every violation and its path.
    """
    descriptor = cast("Descriptor", kind.DESCRIPTOR)
    sent = _parsed(octets)
    wrong = list(_misshapen(descriptor, sent, ""))
    if wrong:
        raise Malformed(wrong)
    message = kind()
    try:
        json_format.ParseDict(sent, message)
    except _UNREADABLE:
        raise Malformed(list(_unreadable(descriptor, sent, ""))) from None
    return message


def write(message: Message) -> bytes:
    """Writes a message on one line, with the field names of the contract."""
    text = json_format.MessageToJson(message, preserving_proto_field_name=True, indent=None, ensure_ascii=False)
    return f"{text}\n".encode()


def _parsed(octets: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Reads JSON.

    Raises:
        Malformed: It is none; only the place is told.
    """
    try:
        return json.loads(octets.decode(), object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        wrong = f"is not JSON from line {error.lineno}, column {error.colno}"
    except UnicodeDecodeError as error:
        wrong = f"is not UTF-8 from byte {error.start}"
    except RecursionError:
        wrong = f"is nested deeper than {_DEEPEST} objects"
    except ValueError:
        wrong = "is not JSON: it holds a number that is none"
    raise Malformed([Violation("request", wrong)])


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Doubled(found)


def _no_constant(_: str) -> None:
    raise ValueError


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _nested(field: FieldDescriptor) -> Descriptor | None:
    """The type of a field that holds messages written as objects; a time is written as text."""
    kind = field.message_type
    return None if kind is None or kind.full_name.startswith(_WELL_KNOWN) else kind


def _fields(descriptor: Descriptor) -> dict[str, FieldDescriptor]:
    """Every field by each of its two spellings."""
    return {
        **{field.json_name: field for field in descriptor.fields},
        **{field.name: field for field in descriptor.fields},
    }


def _misshapen(descriptor: Descriptor, value: object, path: str, depth: int = 0) -> Iterator[Violation]:
    """Yields what is wrong with the objects and lists, before any value is read."""
    here = path or "request"
    if depth >= _DEEPEST:
        yield Violation(here, f"is nested deeper than {_DEEPEST} objects")
        return
    if not isinstance(value, dict):
        yield Violation(here, f"must be an object with the fields of {descriptor.name}")
        return
    if isinstance(value, _Doubled):
        yield Violation(here, "gives a field twice")
    yield from _misnamed(descriptor, value, path)
    known = _fields(descriptor)
    for name, item in value.items():
        if name in known and item is not None:
            yield from _misplaced(known[name], item, path, depth)


def _misplaced(field: FieldDescriptor, item: object, path: str, depth: int) -> Iterator[Violation]:
    """Yields what is wrong with the list or the objects in one field."""
    where, kind = _at(path, field.name), _nested(field)
    if field.is_repeated and not isinstance(item, list):
        yield Violation(where, "must be a list")
        return
    for place, one in _each(where, item, field):
        if kind is not None:
            yield from _misshapen(kind, one, place, depth + 1)
        elif field.type == FieldDescriptor.TYPE_BYTES and not (isinstance(one, str) and _BASE64.fullmatch(one)):
            yield Violation(place, _BYTES)


def _misnamed(descriptor: Descriptor, value: dict[str, Any], path: str) -> Iterator[Violation]:
    """Yields what is wrong with the names in one object: unknown ones, and fields that exclude each other."""
    known, here = _fields(descriptor), path or "request"
    given: set[str] = set()
    chosen: set[str] = set()
    for number, (name, item) in enumerate(value.items(), 1):
        field = known.get(name)
        if field is None:
            yield Violation(here, f"name {number} in it is no field of {_no_field(descriptor, name)}")
            continue
        if field.name in given:
            yield Violation(_at(path, field.name), "is given under both of its spellings")
            continue
        given.add(field.name)
        group = field.containing_oneof
        if group is None or item is None:
            continue
        if group.name in chosen:
            yield Violation(here, f"must hold one {group.name} only")
        chosen.add(group.name)


def _no_field(descriptor: Descriptor, name: str) -> str:
    """Says what a message has instead of a name, in the names of the contract alone."""
    known = [field.name for field in descriptor.fields]
    close = difflib.get_close_matches(name, known, n=1)
    advice = f"did you mean {close[0]}?" if close else f"it has {', '.join(known) or 'none'}"
    return f"{descriptor.name}; {advice}"


def _each(where: str, item: Any, field: FieldDescriptor) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any JSON
    """Yields the values of a field with their places."""
    if field.is_repeated:
        yield from ((f"{where}[{number}]", one) for number, one in enumerate(item))
    else:
        yield where, item


def _unreadable(descriptor: Descriptor, value: dict[str, Any], path: str) -> Iterator[Violation]:
    """Yields every value that the parser does not take, by giving it one value at a time."""
    known = _fields(descriptor)
    for name, item in value.items():
        if item is None:
            continue
        field = known[name]
        kind = _nested(field)
        for place, one in _each(_at(path, field.name), item, field):
            if kind is not None:
                yield from _unreadable(kind, one, place)
            elif not _taken(descriptor, field, one):
                yield Violation(place, _expected(field))


def _taken(descriptor: Descriptor, field: FieldDescriptor, value: object) -> bool:
    try:
        json_format.ParseDict({field.name: [value] if field.is_repeated else value}, GetMessageClass(descriptor)())
    except _UNREADABLE:
        return False
    return True


def _expected(field: FieldDescriptor) -> str:
    """Says what a field takes."""
    if field.enum_type is not None:
        names = ", ".join(value.name for value in field.enum_type.values if value.number)
        return f"is no value of {field.enum_type.name}: choose one of {names}"
    if field.type == FieldDescriptor.TYPE_BYTES:
        return _BYTES
    return _KINDS.get(field.cpp_type, _WHOLE)
