"""Reads a protobuf message into plain data, ready for `born`: dicts, lists, str, int, bool, bytes, datetime.

One closure per message type, compiled at first use from its descriptor. What protobuf allows and a fact does not (a
time finer than a microsecond, an enum's zero) is left in the data as `Unplain`, which no Struct takes: so the fast path
asks nothing, and the slow path knows every path.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.protobuf.unknown_fields import UnknownFieldSet

from ledger.domain.facts.birth import Violation

Reader = Callable[[Any], Any]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NANOS: Final = 1_000_000_000
_TIMESTAMP: Final = Timestamp.DESCRIPTOR.full_name


class Unplain:
    """A value that no fact may hold; says what is wrong with it."""

    __slots__ = ("wrong",)

    def __init__(self, wrong: str) -> None:
        """Keeps what is wrong, in the words of a violation."""
        self.wrong = wrong


def _time(stamp: Timestamp) -> datetime | Unplain:
    micros, finer = divmod(stamp.nanos, 1000)
    if finer and 0 <= stamp.nanos < _NANOS:
        return Unplain("is finer than a microsecond: round it where it is measured")
    if not 0 <= stamp.nanos < _NANOS:
        return Unplain("is no time: nanos must lie between 0 and 999999999")
    try:
        return _EPOCH + timedelta(seconds=stamp.seconds, microseconds=micros)
    except OverflowError:
        return Unplain("lies outside the years 1 to 9999")


def _enum(enum: EnumDescriptor) -> Reader:
    names = {value.number: value.name for value in enum.values if value.number}
    choices = f"choose one of {', '.join(names.values())}"

    def read(number: int) -> str | Unplain:
        return names.get(number) or Unplain(f"{number} is no value of {enum.name}: {choices}")

    return read


def _each(read: Reader | None) -> Reader:
    if read is None:
        return list
    return lambda items: [read(item) for item in items]


def _field(field: FieldDescriptor) -> Reader | None:
    """The reader of one field; None when the value is plain already."""
    read: Reader | None = None
    if field.enum_type is not None:
        read = _enum(field.enum_type)
    elif field.message_type is not None:
        read = _time if field.message_type.full_name == _TIMESTAMP else reader(field.message_type)
    return _each(read) if field.is_repeated else read


_READERS: Final[dict[str, Callable[[Message], dict[str, Any]]]] = {}


def reader(descriptor: Descriptor) -> Callable[[Message], dict[str, Any]]:
    """Returns the function that reads messages of this type; fields that were not sent are absent from its result."""
    known = _READERS.get(descriptor.full_name)
    if known is not None:
        return known
    plan: dict[int, tuple[str, Reader | None]] = {}

    def read(message: Message) -> dict[str, Any]:
        data = {}
        for field, value in message.ListFields():
            name, convert = plan[field.number]
            data[name] = value if convert is None else convert(value)
        return data

    _READERS[descriptor.full_name] = read  # before its fields: a fact may hold any fact
    plan.update({field.number: (field.name, _field(field)) for field in descriptor.fields})
    return read


def data(message: Message) -> dict[str, Any]:
    """Reads one message."""
    return reader(cast("Descriptor", message.DESCRIPTOR))(message)


def unplain(value: object, path: str) -> Iterator[Violation]:
    """Yields a violation for everything in the data that no fact may hold."""
    if isinstance(value, Unplain):
        yield Violation(path, value.wrong)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from unplain(item, f"{path}.{name}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from unplain(item, f"{path}[{number}]")


def has_unknown_fields(message: Message) -> bool:
    """Tells whether the message, at any depth, carries fields that this program does not know."""
    known = type(message)()
    known.CopyFrom(message)
    known.DiscardUnknownFields()
    return known.ByteSize() != message.ByteSize()


def unknown_fields(message: Message, path: str = "") -> Iterator[Violation]:
    """Yields a violation for every field, at any depth, that this program does not know."""
    unknown: Any = UnknownFieldSet(message)  # iterable, though its types do not say so
    for field in unknown:
        yield Violation(path or "request", f"holds field {field.field_number}, which this server does not know")
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        where = f"{path}.{field.name}" if path else field.name
        if field.is_repeated:
            for number, item in enumerate(value):
                yield from unknown_fields(item, f"{where}[{number}]")
        else:
            yield from unknown_fields(value, where)
