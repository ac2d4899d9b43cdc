"""The parts of a Struct, worked out once per type: which fields hold identifiers, free text, or further parts.

Tagging, checking and mapping walk this plan instead of knowing any fact type.
"""

from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from ledger.domain.facts.shape import Day, FreeText, Names, Value
from ledger.domain.facts.values import Identifier


@dataclass(frozen=True)
class Part:
    """One field of a Struct.

    Attributes:
        name: Field name.
        repeated: A list of them.
        required: Must be there; a list must have an item.
        type: The bare Python type: a Struct, an enum, str, int, bool, bytes, datetime.
        names: For an Identifier: the kind of thing named.
        free_text: Written by a person.
        day: A day or a month, which must be one of the calendar.
    """

    name: str
    repeated: bool
    required: bool
    type: type
    names: Names | None = None
    free_text: bool = False
    day: bool = False

    @property
    def kind(self) -> str:
        """For an Identifier: the kind of tag that it makes; empty for none."""
        return "" if self.names is None else self.names.kind


def _strip(hint: Any) -> tuple[Any, list[Any]]:  # noqa: ANN401 - a type hint has no type
    """Takes Annotated and `| None` off a hint; returns what is left and all annotations met."""
    marks: list[Any] = []
    while True:
        if get_origin(hint) is Annotated:
            marks += hint.__metadata__
            hint = hint.__origin__
        elif get_origin(hint) in (Union, UnionType):
            hint = next(arg for arg in get_args(hint) if arg is not type(None))
        else:
            return hint, marks


def _part(field: msgspec.structs.FieldInfo, hint: Any) -> Part:  # noqa: ANN401 - a type hint has no type
    bare, marks = _strip(hint)
    repeated = get_origin(bare) is tuple
    if repeated:
        bare, inner = _strip(get_args(bare)[0])
        marks += inner
    return Part(
        name=field.name,
        repeated=repeated,
        required=field.required,
        type=bare,
        names=next((mark for mark in marks if isinstance(mark, Names)), None),
        free_text=any(isinstance(mark, FreeText) for mark in marks),
        day=any(isinstance(mark, Day) for mark in marks),
    )


@cache
def hints(struct: type[Value]) -> dict[str, Any]:
    """Returns the full type hints of a Struct by field name."""
    return get_type_hints(struct, include_extras=True)


@cache
def parts(struct: type[Value]) -> tuple[Part, ...]:
    """Returns the fields of a Struct in their order."""
    annotated = hints(struct)
    return tuple(_part(field, annotated[field.name]) for field in msgspec.structs.fields(struct))


@cache
def _interesting(struct: type[Value]) -> tuple[Part, ...]:
    return tuple(
        part
        for part in parts(struct)
        if part.type is Identifier or (issubclass(part.type, Value) and _interesting(part.type))
    )


def identifiers(value: Value) -> list[tuple[Names, Identifier]]:
    """Returns every identifier in a Struct with the kind of thing it names, in field order."""
    found: list[tuple[Names, Identifier]] = []
    _collect(value, found)
    return found


def _collect(value: Value, found: list[tuple[Names, Identifier]]) -> None:
    for name, repeated, names in _plan(type(value)):
        item = getattr(value, name)
        if item is None:
            continue
        for one in item if repeated else (item,):
            if names is not None:
                found.append((names, one))
            else:
                _collect(one, found)


@cache
def _plan(struct: type[Value]) -> tuple[tuple[str, bool, Names | None], ...]:
    return tuple((part.name, part.repeated, part.names) for part in _interesting(struct))
