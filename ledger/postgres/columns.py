"""Columns of many rows as one binary parameter each: the arrays that `unnest` takes.

The driver writes a list item by item through a dumper of each item's type, which takes longer than any other step of
an append in our process. What a column holds is of one type, so its bytes are joined here.
"""

from operator import attrgetter
from struct import Struct
from typing import Any, Final
from uuid import UUID

from psycopg import Connection
from psycopg.adapt import Dumper
from psycopg.pq import Format

_HEADER: Final = Struct("!iiIii").pack
_LENGTH: Final = Struct("!i").pack
_FLAGS: Final = (b"\0", b"\1")
_ELEMENTS: Final[dict[type, tuple[int, Any]]] = {
    bool: (16, _FLAGS.__getitem__),
    bytes: (17, bytes),
    int: (20, Struct("!q").pack),
    str: (25, str.encode),
    UUID: (2950, attrgetter("bytes")),
}
"""How a value is sent, and the type that it is sent as; the statement says what it is stored as."""


class Column(tuple[Any, ...]):
    """Values of one type, one or more; whole numbers are sent as bigint."""

    __slots__ = ()


class _ColumnDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Column) -> bytes:
        """One dimension, no nulls; a text that is not Unicode cannot be sent."""
        oid, sent = _ELEMENTS[type(obj[0])]
        parts = [_HEADER(1, 0, oid, len(obj), 1)]
        for one in map(sent, obj):
            parts += (_LENGTH(len(one)), one)
        return b"".join(parts)


def take_columns(connection: "Connection[Any]") -> None:
    """Teaches a connection to send them."""
    connection.adapters.register_dumper(Column, _ColumnDumper)
