"""Where facts are born: the only way from outside data to a Struct that the ledger believes.

`msgspec` checks in `convert`, not in constructors, and reports the first error only. So a fact is converted once, which
is the fast path; when that fails, a second walk collects every violation with its path.
"""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from ledger.domain.facts import anatomy
from ledger.domain.facts.anatomy import Part
from ledger.domain.facts.shape import OneOf, Value
from ledger.domain.facts.values import Identifier
from ledger.domain.identifiers import nhs_number, schemes, tag
from ledger.domain.identifiers.errors import IdentifierError

MOST_IDENTIFIERS: Final = 64
"""A fact names at most so many things; more is several facts."""

_PEOPLE: Final = frozenset(("patient", "donor"))
_IDENTITY_SCHEMES: Final = frozenset(("nhs", "nhs-number", "nhsnumber", "chi", "hcn", "h-and-c", "passport", "name"))

_MOST_IN_ORDER: Final = 65_536

_IN_ORDER: Final[set[tuple[str, str, str]]] = set()
"""Identifiers found in order before, by kind, scheme and value: most of what a fact names was named by many."""

V = TypeVar("V", bound=Value)


class Violation(NamedTuple):
    """One thing wrong with a request: where, and what would be right."""

    path: str
    description: str


class Malformed(Exception):  # noqa: N818 - said of a request, in the words of the contract
    """A request that is not a fact at all: nothing of it is stored and its key is not spent.

    Attributes:
        violations: Every one of them.
    """

    def __init__(self, violations: list[Violation]) -> None:
        """Keeps the violations; the message names the first."""
        self.violations = tuple(violations)
        first = self.violations[0]
        more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
        super().__init__(f"{first.path}: {first.description}{more}")


def born(struct: type[V], data: object, path: str = "") -> V:
    """Turns plain data (dicts, lists, str, int, bool, bytes, datetime) into a checked Struct.

    Args:
        struct: The Struct to make.
        data: What was sent, keyed by field name; absent fields absent.
        path: Where it stands in the request, for the violations.

    Raises:
        Malformed: With every violation and its path.
    """
    try:
        value = msgspec.convert(data, struct)
    except msgspec.ValidationError:
        raise Malformed(_collect(struct, data, path) or [Violation(path, "is not valid")]) from None
    violations = [] if _sound(value) else _inspect(value, path)
    named = anatomy.identifiers(value)
    if len(named) > MOST_IDENTIFIERS:
        violations.append(Violation(path, f"names {len(named)} things; at most {MOST_IDENTIFIERS}: split the fact"))
    if violations:
        raise Malformed(violations)
    return value


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _groups(struct: type[Value]) -> tuple[OneOf, ...]:
    return getattr(struct, "one_of", ())


def _group_violations(groups: tuple[OneOf, ...], present: set[str], path: str) -> list[Violation]:
    found = []
    for group in groups:
        set_here = [name for name in group.fields if name in present]
        if len(set_here) > 1 or (group.required and not set_here):
            wanted = "exactly one" if group.required else "at most one"
            text = f"give {wanted} of {', '.join(group.fields)}; given: {', '.join(set_here) or 'none'}"
            found.append(Violation(_at(path, group.name), text))
    return found


Fine = Callable[[Any], bool]
"""Says of one value of a field whether there is nothing to say against it."""


def _sound(value: Value) -> bool:
    """Whether a Struct passes every check of `_inspect`: hardly any does not, so no path is told."""
    struct = type(value)
    for group in _groups(struct):
        given = [name for name in group.fields if getattr(value, name) is not None]
        if len(given) > 1 or (group.required and not given):
            return False
    for name, repeated, fine in _checks(struct):
        item = getattr(value, name)
        if item is not None and not (all(map(fine, item)) if repeated else fine(item)):
            return False
    return True


@cache
def _checks(struct: type[Value]) -> tuple[tuple[str, bool, Fine], ...]:
    """The fields of a Struct of which its type cannot say everything, each with its check."""
    return tuple((part.name, part.repeated, _fine(part)) for part in _inspected(struct))


def _fine(part: Part) -> Fine:
    if part.type is Identifier:
        kind = part.kind
        return lambda one: (kind, one.scheme, one.value) in _IN_ORDER or not _inspect_identifier(part, one, "")
    if issubclass(part.type, Value):
        return _sound
    if part.type is str and not (part.free_text or part.day):
        return lambda one: " " not in one or not nhs_number.is_in(one)
    return lambda one: not _inspect_part(part, one, "")


def _inspect(value: Value, path: str) -> list[Violation]:
    """Checks what a type cannot say: alternatives, identity in free text, identifiers."""
    struct = type(value)
    found: list[Violation] = []
    if groups := _groups(struct):
        present = {name for name in struct.__struct_fields__ if getattr(value, name) is not None}
        found += _group_violations(groups, present, path)
    for part in _inspected(struct):
        item = getattr(value, part.name)
        if item is None or (part.repeated and not item):
            continue
        for number, one in enumerate(item if part.repeated else (item,)):
            where = _at(path, part.name) + (f"[{number}]" if part.repeated else "")
            found += _inspect_part(part, one, where)
    return found


@cache
def _inspected(struct: type[Value]) -> tuple[Part, ...]:
    """The fields of a Struct of which its type cannot say everything."""
    told = (str, datetime, Value)
    return tuple(part for part in anatomy.parts(struct) if part.day or issubclass(part.type, told))


def _inspect_part(part: Part, one: Any, where: str) -> list[Violation]:  # noqa: ANN401 - any field value
    if part.type is str and (part.free_text or " " in one) and nhs_number.is_in(one):
        return [Violation(where, "holds an NHS number; the ledger keeps no identity: leave it out")]
    if part.day and not _is_a_day(one):
        return [Violation(where, f"{one} is no day of the calendar")]
    if part.type is datetime and one.utcoffset():
        return [Violation(where, "must be written in UTC, ending in Z")]
    if part.type is Identifier:
        return _inspect_identifier(part, one, where)
    if isinstance(one, Value):
        return _inspect(one, where)
    return []


def _is_a_day(text: str) -> bool:
    try:
        date.fromisoformat(text if len(text) > len("YYYY-MM") else f"{text}-01")
    except ValueError:
        return False
    return True


def _inspect_identifier(part: Part, one: Identifier, where: str) -> list[Violation]:
    if one.scheme.lower() in _IDENTITY_SCHEMES:
        return [Violation(where, f"scheme {one.scheme!r} is identity of a person; send the pseudonym instead")]
    as_text = " " in one.value or one.scheme == schemes.UNVERIFIED
    if nhs_number.is_in(one.scheme) or (as_text and nhs_number.is_in(one.value)):
        return [Violation(where, "holds an NHS number; the ledger keeps no identity: leave it out")]
    if part.names and part.names.kind in _PEOPLE and (one.scheme != "pseudonym" or nhs_number.is_in(one.value)):
        return [Violation(where, "must be a pseudonym: scheme `pseudonym`, a random value, no number of a person")]
    if part.names and len(tag.tag(part.names.kind, one.scheme, one.value)) > tag.LONGEST:
        return [Violation(where, f"is too long: its tag may have {tag.LONGEST} bytes")]
    found = _inspect_value(one, where)
    if not found:
        if len(_IN_ORDER) >= _MOST_IN_ORDER:
            _IN_ORDER.clear()
        _IN_ORDER.add((part.kind, one.scheme, one.value))
    return found


def _inspect_value(one: Identifier, where: str) -> list[Violation]:
    """A value of a published scheme is one of its values, in the one spelling that it has.

    The words never repeat what was sent, and fit into a status whole. What stands on a real label and fails its check
    is still a fact: it is sent under the scheme `unverified`.
    """
    if one.scheme not in schemes.WRITTEN and one.scheme.lower() in schemes.WRITTEN:
        return [Violation(where, f"has a published scheme in other letters: write {one.scheme.lower()!r}")]
    try:
        spelling = schemes.canonical(one.scheme, one.value)
    except IdentifierError as error:
        way_out = f"{error.remedy}, or send it as {schemes.UNVERIFIED!r}"
        return [Violation(where, f"is no {one.scheme}: {error.rule}; {way_out}")]
    if spelling != one.value:
        must = "its one spelling: every leading zero, no spaces, no data identifier, flags or words before it"
        return [Violation(where, f"is not written as {one.scheme} values are stored: send {must}")]
    return []


def _collect(struct: type[Value], data: object, path: str) -> list[Violation]:
    """The second walk: every violation of a request that did not convert."""
    if not isinstance(data, dict):
        return [Violation(path or "request", "must be an object")]
    known = {part.name: part for part in anatomy.parts(struct)}
    found = [Violation(_at(path, name), f"is not a field of {struct.__name__}") for name in data if name not in known]
    found += _group_violations(_groups(struct), set(data), path)
    hints = anatomy.hints(struct)
    for name, part in known.items():
        where = _at(path, name)
        if name not in data:
            if part.required:
                found.append(Violation(where, "is required"))
            continue
        found += _collect_field(part, hints[name], data[name], where)
    return found


def _collect_field(part: Part, hint: object, item: Any, where: str) -> list[Violation]:  # noqa: ANN401 - any data
    if part.repeated and isinstance(item, list | tuple):
        if part.required and not item:
            return [Violation(where, "is required: give at least one")]
        if issubclass(part.type, Value):
            return [
                violation
                for number, one in enumerate(item)
                for violation in _collect(part.type, one, f"{where}[{number}]")
                or _collect_identity(part, one, f"{where}[{number}]")
            ]
    elif issubclass(part.type, Value):
        return _collect(part.type, item, where) or _collect_identity(part, item, where)
    try:
        value = msgspec.convert(item, hint)
    except msgspec.ValidationError as error:
        return [Violation(where, _said(part, error))]
    if not part.free_text:
        return []
    each = enumerate(value) if part.repeated else ((None, value),)
    return [
        violation
        for number, one in each
        for violation in _inspect_part(part, one, where if number is None else f"{where}[{number}]")
    ]


def _said(part: Part, error: msgspec.ValidationError) -> str:
    """What is wrong, without what was sent: that could be anybody's name."""
    text = str(error).partition(" - at")[0]
    return f"is no value of {part.type.__name__}" if text.startswith("Invalid enum value") else text


def _collect_identity(part: Part, item: object, where: str) -> list[Violation]:
    return _inspect_identifier(part, msgspec.convert(item, Identifier), where) if part.type is Identifier else []
