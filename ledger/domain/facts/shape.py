r"""The shapes that facts are made of: scalars with their limits, value objects, enums, groups of alternatives.

Every limit here is a limit of a stored format (facts.md 5): it may be loosened, never tightened, or a stored fact
would no longer decode. Patterns end in `\Z` and name ASCII digits, since `$` and `\\d` let more through than they say.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct

_PRINTABLE: Final = r"\A[^\x00-\x1f\x7f-\x9f]+\Z"


class FreeText:
    """Marks a text that a person wrote, in which an identity number could stand."""


Text = Annotated[str, Meta(min_length=1, max_length=4000, pattern=r"\A[^\x00-\x09\x0b-\x1f\x7f-\x9f]+\Z"), FreeText()]
"""Free text for people, line breaks allowed; no other control character. An NHS number in it is refused."""

Code = Annotated[str, Meta(min_length=1, max_length=200, pattern=_PRINTABLE)]
"""A short token: a code of a published list, or somebody's own reference. At most 200 characters."""

SystemName = Annotated[str, Meta(min_length=1, max_length=200, pattern=_PRINTABLE), FreeText()]
"""Name of a system that sends facts; somebody may type anything there, so it is looked through as free text is."""

Offset = Annotated[str, Meta(pattern=r"\A[+-](0[0-9]|1[0-4]):[0-5][0-9]\Z")]
"""How far a clock on the wall is ahead of UTC: `+01:00`."""

Decimal = Annotated[str, Meta(max_length=40, pattern=r"\A-?(0|[1-9][0-9]*)(\.[0-9]+)?\Z")]
"""A plain decimal, kept as it was sent: no exponent, no sign but minus, trailing zeros kept."""


class Day:
    """Marks a text that is a day or a month, and must be one of the calendar."""


Date = Annotated[str, Meta(pattern=r"\A[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\Z"), Day()]
"""A UK civil day, `YYYY-MM-DD`."""

Expiry = Annotated[str, Meta(pattern=r"\A[0-9]{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?\Z"), Day()]
"""An expiry as printed: a UK civil day, or a month, which means its last day."""

Time = Annotated[datetime, Meta(tz=True)]
"""A moment in UTC with at most microseconds."""

Count = Annotated[int, Meta(ge=0, le=2**32 - 1)]
"""A whole number of things."""

Seconds = Annotated[int, Meta(ge=0, le=2**32 - 1)]
"""A duration in whole seconds."""

Position = Annotated[int, Meta(ge=1, le=2**53 - 1)]
"""The position of a stored fact, or another number counted from 1."""

Octets = Annotated[bytes, Meta(max_length=16384)]
"""Bytes in somebody else's format; base64 in the stored form."""

Sha256 = Annotated[bytes, Meta(min_length=32, max_length=32)]
"""A SHA-256 value."""

ANY = Meta(max_length=256)
"""A list that may be empty."""

SOME = Meta(min_length=1, max_length=256)
"""A list with at least one item."""


class Word(StrEnum):
    """One value of a published list, spelled as on the wire."""


@dataclass(frozen=True)
class Names:
    """Says of an Identifier field what kind of thing it names.

    Attributes:
        kind: The tag kind, for example `coi` or `material`.
        tagged: Whether the fact is filed under that tag.
    """

    kind: str
    tagged: bool = True


@dataclass(frozen=True)
class OneOf:
    """A group of alternative fields: a `oneof` on the wire.

    Attributes:
        name: Name of the oneof.
        fields: Its fields.
        required: Exactly one must be there; otherwise at most one.
    """

    name: str
    fields: tuple[str, ...]
    required: bool


class Value(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A part of a fact. Absent fields are None or empty and are not written."""
