"""Each Struct of the domain and each message of the wire are one thing said twice: held against each other."""

import keyword
from datetime import datetime
from enum import StrEnum

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from ledger.domain.facts import anatomy, shape
from ledger.domain.facts.anatomy import Part
from ledger.domain.facts.any_fact import AnyFact
from ledger.domain.facts.catalogue import TYPES, field_name
from ledger.domain.facts.envelope import Envelope, FactException
from ledger.domain.facts.shape import Value
from ledger.domain.finding import Outcome, Weight
from ledger.domain.receipt import State
from tests.support import wire

SCALARS = {str: {FieldDescriptor.TYPE_STRING}, bytes: {FieldDescriptor.TYPE_BYTES}, bool: {FieldDescriptor.TYPE_BOOL}}
LARGEST = {FieldDescriptor.TYPE_UINT32: 2**32 - 1, FieldDescriptor.TYPE_UINT64: 2**53 - 1}
ANSWERS: dict[str, type[StrEnum]] = {"ReceiptState": State, "Weight": Weight, "Outcome": Outcome}


def reachable(*roots: type[Value]) -> dict[str, type[Value]]:
    """Every Struct that these consist of."""
    found: dict[str, type[Value]] = {}
    waiting = list(roots)
    while waiting:
        struct = waiting.pop()
        if found.setdefault(struct.__name__, struct) is struct:
            waiting += [
                part.type
                for part in anatomy.parts(struct)
                if issubclass(part.type, Value) and part.type.__name__ not in found
            ]
    return found


STRUCTS = reachable(Envelope, FactException, *TYPES.values())
RECORDS = {field_name(name) for name, struct in TYPES.items() if struct.about.stage == "records"}
"""In the wire's AnyFact alone: a correction carries no record about a fact."""
WORDS: dict[str, type[StrEnum]] = {
    part.type.__name__: part.type
    for struct in STRUCTS.values()
    for part in anatomy.parts(struct)
    if issubclass(part.type, StrEnum)
}


def differences(part: Part, field: FieldDescriptor, *, grouped: bool) -> list[str]:
    """What the two say differently about one field."""
    found = []
    if part.repeated != wire.is_repeated(field):
        found.append("is a list on one side only")
    if (part.required and not grouped) != wire.is_required(field):
        found.append("is required on one side only")
    if not part.repeated and not field.has_presence:
        found.append("cannot be absent on the wire")
    if not same_type(part, field):
        found.append(f"is {part.type.__name__} here and type {field.type} there")
    return found


def same_type(part: Part, field: FieldDescriptor) -> bool:
    """Whether the bare types match."""
    if issubclass(part.type, Value | StrEnum):
        return wire.type_name(field) == part.type.__name__
    if part.type is datetime:
        return wire.type_name(field) == "google.protobuf.Timestamp"
    if part.type is int:
        return field.type in LARGEST
    return field.type in SCALARS[part.type]


@pytest.mark.parametrize("name", STRUCTS)
def test_struct_and_message_have_the_same_fields(name: str) -> None:
    struct, message = STRUCTS[name], wire.messages()[name]
    expected = {field.name for field in message.fields}
    assert set(struct.__struct_fields__) == (expected - RECORDS if struct is AnyFact else expected)


@pytest.mark.parametrize("name", STRUCTS)
def test_struct_and_message_agree_on_each_field(name: str) -> None:
    message = wire.messages()[name]
    grouped = {field.name for group in wire.oneofs(message) for field in group.fields}
    found = {
        part.name: wrong
        for part in anatomy.parts(STRUCTS[name])
        if (wrong := differences(part, message.fields_by_name[part.name], grouped=part.name in grouped))
    }
    assert found == {}


@pytest.mark.parametrize("name", STRUCTS)
def test_numbers_end_at_the_same_limit(name: str) -> None:
    hints = anatomy.hints(STRUCTS[name])
    found = {
        part.name: str(hints[part.name])
        for part in anatomy.parts(STRUCTS[name])
        if part.type is int
        and f"le={LARGEST[wire.messages()[name].fields_by_name[part.name].type]}" not in str(hints[part.name])
    }
    assert found == {}


@pytest.mark.parametrize("name", STRUCTS)
def test_struct_and_message_have_the_same_alternatives(name: str) -> None:
    message = wire.messages()[name]
    here = {group.name: set(group.fields) for group in getattr(STRUCTS[name], "one_of", ())}
    there = {group.name: {field.name for field in group.fields} for group in wire.oneofs(message)}
    if name == AnyFact.__name__:
        there["fact"] -= RECORDS
    assert here == there


@pytest.mark.parametrize("name", [*WORDS, *ANSWERS])
def test_words_are_spelled_as_on_the_wire(name: str) -> None:
    values = wire.enums()[name].values
    stem = "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in name).lstrip("_")
    assert (values[0].name, values[0].number) == (f"{stem}_UNSPECIFIED", 0)
    words = [word.value for word in {**WORDS, **ANSWERS}[name]]
    assert [(value.name, value.number) for value in values[1:]] == list(zip(words, range(1, 99), strict=False))


def test_any_fact_carries_each_type_under_its_permanent_number() -> None:
    there = {field.number: (field.name, wire.type_name(field)) for field in wire.messages()["AnyFact"].fields}
    assert there == {struct.about.no: (field_name(name), name) for name, struct in TYPES.items()}


def test_any_fact_inside_a_correction_holds_what_callers_may_send_and_is_no_record_about_a_fact() -> None:
    assert set(AnyFact.__struct_fields__) == {field_name(name) for name in TYPES} - RECORDS


def messages_of_facts() -> list[Descriptor]:
    """The messages that have a Struct, and every request."""
    return [m for name, m in wire.messages().items() if name in STRUCTS or name.endswith("Request")]


def test_nothing_on_the_wire_is_a_float_or_a_map_or_named_like_a_keyword() -> None:
    floats = {FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT}
    wrong = [
        field.full_name
        for message in wire.messages().values()
        for field in message.fields
        if field.type in floats
        or keyword.iskeyword(field.name)
        or (field.message_type and field.message_type.GetOptions().map_entry)
        or wire.type_name(field) == "google.protobuf.Duration"
    ]
    assert wrong == []


def test_what_a_caller_sends_can_always_be_told_from_what_was_left_out() -> None:
    bare = [
        field.full_name
        for message in messages_of_facts()
        for field in message.fields
        if not wire.is_repeated(field) and not field.has_presence
    ]
    assert bare == []


def test_the_patterns_end_where_the_text_ends() -> None:
    patterns = [
        str(mark.pattern)
        for alias in (shape.Text, shape.Code, shape.Decimal, shape.Date, shape.Expiry)
        for mark in alias.__metadata__  # type: ignore[attr-defined]  # an alias made by Annotated
        if getattr(mark, "pattern", None)
    ]
    assert [pattern for pattern in patterns if not pattern.endswith(r"\Z")] == []
