"""The wire contract as descriptors: every message, enum, service and method of coi.ledger.v1."""

from collections.abc import Iterator
from functools import cache
from typing import Any, TypeAlias

from google.api.field_behavior_pb2 import REQUIRED, field_behavior
from google.protobuf.descriptor import (
    Descriptor,
    EnumDescriptor,
    FieldDescriptor,
    FileDescriptor,
    MethodDescriptor,
    OneofDescriptor,
)

from coi.ledger.v1 import feed_pb2

PACKAGE = "coi.ledger.v1"
AnyMessage: TypeAlias = Any
"""A message made from its descriptor: it has no type of its own."""


@cache
def files() -> tuple[FileDescriptor, ...]:
    """Every file of the package, found through imports from the one that imports the rest."""
    found: dict[str, FileDescriptor] = {}
    waiting = [feed_pb2.DESCRIPTOR]
    while waiting:
        file = waiting.pop()
        if file.package == PACKAGE and file.name not in found:
            found[file.name] = file
            waiting += file.dependencies
    return tuple(found[name] for name in sorted(found))


@cache
def messages() -> dict[str, Descriptor]:
    """Every message by name."""
    return {name: message for file in files() for name, message in file.message_types_by_name.items()}


@cache
def enums() -> dict[str, EnumDescriptor]:
    """Every enum by name."""
    return {name: enum for file in files() for name, enum in file.enum_types_by_name.items()}


def methods() -> Iterator[MethodDescriptor]:
    """Every rpc."""
    for file in files():
        for service in file.services_by_name.values():
            yield from service.methods


def is_required(field: FieldDescriptor) -> bool:
    """Whether the field is marked as required."""
    return REQUIRED in field.GetOptions().Extensions[field_behavior]


def type_name(field: FieldDescriptor) -> str:
    """The name of a field's message or enum, or the empty text."""
    named = field.message_type or field.enum_type
    return named.full_name.removeprefix(f"{PACKAGE}.") if named else ""


def is_repeated(field: FieldDescriptor) -> bool:
    """Whether it is a list."""
    return bool(field.is_repeated)


def oneofs(message: Descriptor) -> list[OneofDescriptor]:
    """The groups of alternatives that somebody wrote, without those that `optional` makes."""
    return [
        group for group in message.oneofs if not (len(group.fields) == 1 and group.name == f"_{group.fields[0].name}")
    ]
