"""The content of a stored fact: what the caller said, as canonical JSON.

Canonical JSON is ProtoJSON of the message of that name: snake_case names, enum value names, keys sorted, absent fields
absent, no null and no floats, times in UTC with no or six fraction digits, 64-bit numbers as numbers, bytes as base64.
It is readable in any language with the proto files, and with a text editor.
"""

import hashlib
from collections.abc import Iterable
from typing import Final
from uuid import UUID, uuid5

import msgspec
from msgspec import Raw, Struct

from ledger.domain.facts.about import Fact
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.envelope import Envelope, FactException


class UnknownFact(Fact, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """A fact that this program is too old to know: kept, hashed, shown, folded by nobody."""


class Content(Struct, frozen=True, kw_only=True, omit_defaults=True, dict=True):
    """What the caller said. What is derived from it alone is kept beside the fields, never with them.

    Attributes:
        id: The caller's request id; a signature over the content cannot be moved to another request.
        type: Name of the fact type.
        envelope: Who, where, when.
        fact: What.
        exceptions: What the caller sent in case a rule breaks.
    """

    id: UUID
    type: str
    envelope: Envelope
    fact: Fact
    exceptions: tuple[FactException, ...] = ()


class _Outer(Struct, frozen=True, kw_only=True):
    id: UUID
    type: str
    envelope: Raw
    fact: Raw
    exceptions: tuple[FactException, ...] = ()


_ENCODER: Final = msgspec.json.Encoder(order="sorted")
_OUTER: Final = msgspec.json.Decoder(_Outer)
_ENVELOPE: Final = msgspec.json.Decoder(Envelope)
_FACTS: Final = {name: msgspec.json.Decoder(struct) for name, struct in TYPES.items()}
_UNKNOWN: Final = UnknownFact()


def encode(value: object) -> bytes:
    """Writes a Struct as canonical JSON."""
    return _ENCODER.encode(value)


def decode(octets: bytes | Raw) -> Content:
    """Reads stored content. A fact of an unknown shape comes back as UnknownFact; it never fails on what was accepted.

    Raises:
        msgspec.DecodeError: The bytes are no content at all.
    """
    outer = _OUTER.decode(octets)
    decoder = _FACTS.get(outer.type)
    try:
        fact: Fact = decoder.decode(outer.fact) if decoder else _UNKNOWN
    except msgspec.ValidationError:
        fact = _UNKNOWN
    return Content(
        id=outer.id, type=outer.type, envelope=_ENVELOPE.decode(outer.envelope), fact=fact, exceptions=outer.exceptions
    )


def digest(octets: bytes) -> bytes:
    """SHA-256 of canonical content: what a request's key is bound to."""
    return hashlib.sha256(octets).digest()


_BATCH: Final = b"coi-batch/v1\0"


def digest_of_batch(items: Iterable[bytes]) -> bytes:
    """SHA-256 over the digests of each item's canonical content, in order: what the key of a batch is bound to."""
    return hashlib.sha256(_BATCH + b"".join(digest(octets) for octets in items)).digest()


def item_id(key: UUID, number: int) -> UUID:
    """Returns the id of one item of a batch: the same for ever for the same key and place.

    Args:
        key: The key of the batch.
        number: Place of the item, from 0.
    """
    return uuid5(key, f"items[{number}]")


def signed_octets(content: Content) -> bytes:
    """Returns the canonical content without any signature, an approver's included: the bytes that signatures cover."""
    bare = msgspec.structs.replace(content.envelope, signatures=())
    exceptions = tuple(msgspec.structs.replace(item, signature=None) for item in content.exceptions)
    return encode(msgspec.structs.replace(content, envelope=bare, exceptions=exceptions))
