"""facts.md is the source: the messages on the wire and the Structs of the domain say the same, field by field."""

import re
from datetime import datetime
from typing import Any, get_args, get_origin

import pytest
from google.protobuf.descriptor import FieldDescriptor

from ledger.domain.facts import anatomy, shape
from ledger.domain.facts.about import About, Second
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.values import SignatureMeaning
from ledger.domain.identifiers.tag import KINDS
from tests.domain.facts.test_pair import STRUCTS, WORDS
from tests.support import facts_document, wire
from tests.support.facts_document import FieldRow, TypeRow

MEANINGS = {
    "P": SignatureMeaning.PERFORMED,
    "V": SignatureMeaning.VERIFIED,
    "R": SignatureMeaning.REVIEWED,
    "C": SignatureMeaning.CERTIFIED,
    "A": SignatureMeaning.ACCEPTED,
    "AP": SignatureMeaning.APPROVED,
}
SCALARS: dict[str, tuple[int, Any]] = {
    "text": (FieldDescriptor.TYPE_STRING, shape.Text),
    "code": (FieldDescriptor.TYPE_STRING, shape.Code),
    "name": (FieldDescriptor.TYPE_STRING, shape.SystemName),
    "offset": (FieldDescriptor.TYPE_STRING, shape.Offset),
    "decimal": (FieldDescriptor.TYPE_STRING, shape.Decimal),
    "date": (FieldDescriptor.TYPE_STRING, shape.Date),
    "expiry": (FieldDescriptor.TYPE_STRING, shape.Expiry),
    "count": (FieldDescriptor.TYPE_UINT32, shape.Count),
    "seconds": (FieldDescriptor.TYPE_UINT32, shape.Seconds),
    "position": (FieldDescriptor.TYPE_UINT64, shape.Position),
    "bool": (FieldDescriptor.TYPE_BOOL, bool),
    "bytes": (FieldDescriptor.TYPE_BYTES, None),
}
BUILT = {row.name.rstrip(" †"): row for row in facts_document.type_rows() if row.step in {"A", "B", "D"}}


Meanings = tuple[tuple[SignatureMeaning, ...], ...]


def parsed_sign(sign: str) -> tuple[Second | None, Meanings]:
    """Reads the column of signatures, with those that stand for each other; what it asks only of some is left out."""
    bare = re.sub(r"\([^)]*\)|critical: \w+", "", sign)
    second = {"2P!": Second.TWO_PEOPLE, "2P": Second.PERSON_OR_CHECK}.get(bare.partition(";")[0].strip())
    rest = bare.partition(";")[2] if second else bare
    asked = [re.findall(r"[A-Z]+(?![?A-Z])", choice) for choice in rest.split(",")]
    return second, tuple(tuple(MEANINGS[word] for word in words) for words in asked if words)


def own_kinds(row: TypeRow) -> set[str]:
    """The tag kinds named in the column of own tags."""
    return set(re.findall(r"[a-z]+", re.sub(r"\([^)]*\)", "", row.own_tags))) & KINDS


def row_of(about: About) -> tuple[int, str, str, Second | None, Meanings, bool]:
    """What a Struct says about itself, as a row."""
    return about.no, about.stage, about.kind.value, about.second, about.signatures, about.server_made


def test_what_is_to_be_built_by_now_is_built_and_nothing_else() -> None:
    assert set(BUILT) == set(TYPES)


@pytest.mark.parametrize("name", TYPES)
def test_each_type_is_what_its_row_says(name: str) -> None:
    row = BUILT[name]
    second, signs = parsed_sign(row.sign)
    assert row_of(TYPES[name].about) == (row.no, row.stage, row.kind, second, signs, row.server_made)
    assert TYPES[name].about.never_barred == ("never barred" in row.main_fields)


@pytest.mark.parametrize(
    "name", sorted(name for name, row in BUILT.items() if name == "IdentifierLinked" or row.kind != "record")
)
def test_each_type_bears_the_tags_of_its_row(name: str) -> None:
    def kinds(struct: type[shape.Value]) -> set[str]:
        found = set()
        for part in anatomy.parts(struct):
            if part.names:
                found |= {part.names.kind} if part.names.tagged else set()
            elif issubclass(part.type, shape.Value):
                found |= kinds(part.type)
        return found

    numbered_by_the_ledger = {"deviation"} if name == "DeviationRaised" else set()
    assert kinds(TYPES[name]) | numbered_by_the_ledger == own_kinds(BUILT[name])


def test_numbers_and_names_of_all_types_are_given_once() -> None:
    rows = facts_document.type_rows()
    assert len({row.no for row in rows}) == len({row.name for row in rows}) == len(rows) == 170


def test_each_message_of_the_document_has_a_struct_and_the_other_way_round() -> None:
    assert set(facts_document.messages()) == set(STRUCTS) - {"AnyFact"}


@pytest.mark.parametrize("name", facts_document.messages())
def test_each_message_stands_in_the_file_of_its_stage(name: str) -> None:
    assert wire.messages()[name].file.name == f"coi/ledger/v1/{facts_document.messages()[name].stage}.proto"


@pytest.mark.parametrize("name", facts_document.messages())
def test_each_message_has_the_fields_of_its_table(name: str) -> None:
    there = {field.number: field.name for field in wire.messages()[name].fields}
    assert there == {row.number: row.name for row in facts_document.messages()[name].fields}


def need(field: FieldDescriptor) -> str:
    """What the wire says about whether a field must be there."""
    message = field.containing_type
    assert message is not None
    group = next((group.name for group in wire.oneofs(message) if field in group.fields), None)
    if group is not None:
        required = {g.name: g.required for g in getattr(STRUCTS[message.name], "one_of", ())}
        return f"one of {group}" if required[group] else f"any of {group}"
    return "required" if wire.is_required(field) else "optional"


def wire_type(row: FieldRow, field: FieldDescriptor) -> bool:
    """Whether the type on the wire is that of the row."""
    word = re.sub(r"\[\]$", "", row.type)
    if word.startswith("Identifier"):
        word = "Identifier"
    if word == "time":
        word = "google.protobuf.Timestamp"
    if word in SCALARS:
        return field.type == SCALARS[word][0]
    return wire.type_name(field) == word


@pytest.mark.parametrize("name", facts_document.messages())
def test_each_field_on_the_wire_is_what_its_row_says(name: str) -> None:
    fields = wire.messages()[name].fields_by_name
    wrong = {
        row.name: row.type
        for row in facts_document.messages()[name].fields
        if need(fields[row.name]) != row.need
        or wire.is_repeated(fields[row.name]) != row.type.endswith("[]")
        or not wire_type(row, fields[row.name])
    }
    assert wrong == {}


def core(hint: Any) -> Any:  # noqa: ANN401 - a type hint has no type
    """The hint of one value: without `| None`, and inside the tuple."""
    if get_origin(hint) is None or get_origin(hint) is datetime:
        return hint
    arguments = [argument for argument in get_args(hint) if argument is not type(None)]
    if type(None) in get_args(hint):
        return arguments[0]
    if getattr(hint, "__metadata__", None) and get_origin(hint.__origin__) is tuple:
        return get_args(hint.__origin__)[0]
    return hint


def struct_type(row: FieldRow, part: anatomy.Part, hint: Any) -> bool:  # noqa: ANN401 - a type hint has no type
    """Whether the Struct's field has the type of the row."""
    word = re.sub(r"\[\]$", "", row.type)
    if word.startswith("Identifier"):
        kind = re.fullmatch(r"Identifier(?:<(\w+)>|~(\w+))", word)
        assert kind is not None
        return part.names == shape.Names(kind[1] or kind[2], tagged=bool(kind[1]))
    if word == "time":
        return part.type is datetime
    if word == "bytes":
        return core(hint) in (shape.Octets, shape.Sha256)
    if word in SCALARS:
        return core(hint) == SCALARS[word][1] and part.free_text == (word in {"text", "name"})
    return part.type.__name__ == word


@pytest.mark.parametrize("name", facts_document.messages())
def test_each_field_of_a_struct_is_what_its_row_says(name: str) -> None:
    parts = {part.name: part for part in anatomy.parts(STRUCTS[name])}
    hints = anatomy.hints(STRUCTS[name])
    rows = facts_document.messages()[name].fields
    assert set(parts) == {row.name for row in rows}
    wrong = {row.name: row.type for row in rows if not struct_type(row, parts[row.name], hints[row.name])}
    assert wrong == {}


def test_the_enums_are_those_of_the_document() -> None:
    stems = {name: re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper() for name in facts_document.enums()}
    assert {name: [word.value for word in words] for name, words in WORDS.items()} == {
        name: [f"{stems[name]}_{value}" for value in values] for name, values in facts_document.enums().items()
    }
