"""The leaf of one fact: the exact bytes that the tree hashes, version 1. Permanent.

All integers are big-endian; a length is one byte::

    "coi-leaf/v1" 0x00                          12 bytes, domain separation
    seq            u64                          position - 1
    recorded_at    u64                          microseconds since 1970 UTC
    type           len u8 + ASCII
    organisation   len u8 + ASCII
    alg            u8                           1 = SHA-256
    content        len u8 + commitment

    commitment = SHA-256("coi-content/v1" 0x00 || salt[32] || payload)
    leaf hash  = SHA-256(0x00 || the record above)

The payload is hashed as it was first stored, never re-serialised. The salt keeps others from guessing a short content.
"""

import hashlib
import struct
from dataclasses import dataclass

from ledger.evidence.merkle import EvidenceError, leaf_hash

SALT_SIZE = 32
"""Bytes of the salt that lies beside every stored payload."""

_LEAF_PREFIX = b"coi-leaf/v1\x00"
_CONTENT_PREFIX = b"coi-content/v1\x00"
_SHA_256 = 1
_LENGTH_MAX = 255
_U64_MAX = 2**64 - 1


class LeafError(EvidenceError):
    """A value cannot be written into a leaf.

    Attributes:
        field: name of the field of `LeafRecord`, or `salt`.
    """

    def __init__(self, field: str, problem: str) -> None:
        """Name the field and what is wrong with it."""
        super().__init__(f"{field} {problem}")
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafRecord:
    """What a leaf commits to.

    Attributes:
        position: gapless number of the fact, from 1.
        recorded_at: microseconds since 1970 UTC.
        type: name of the fact type, ASCII, 1 to 255 bytes.
        organisation: code of the recorder's organisation, ASCII, 1 to 255 bytes.
        commitment: 32 bytes from `commitment`.
    """

    position: int
    recorded_at: int
    type: str
    organisation: str
    commitment: bytes

    def to_bytes(self) -> bytes:
        """Return the exact bytes.

        Raises:
            LeafError: a text is empty, longer than 255 bytes or not ASCII, or a number does not fit.
        """
        if not 1 <= self.position <= _U64_MAX:
            raise LeafError("position", f"must be 1 or more, is {self.position}")
        if not 0 <= self.recorded_at <= _U64_MAX:
            raise LeafError("recorded_at", f"must be microseconds since 1970, is {self.recorded_at}")
        return b"".join(
            (
                _LEAF_PREFIX,
                struct.pack(">QQ", self.position - 1, self.recorded_at),
                _text("type", self.type),
                _text("organisation", self.organisation),
                bytes((_SHA_256, len(self.commitment))),
                self.commitment,
            ),
        )

    def hash(self) -> bytes:
        """Return the leaf hash, the leaf of the tree.

        Raises:
            LeafError: as `to_bytes`.
        """
        return leaf_hash(self.to_bytes())


def commitment(salt: bytes, payload: bytes) -> bytes:
    """Commit to a payload without showing it.

    Args:
        salt: 32 random bytes, stored beside the payload.
        payload: the bytes as first stored.

    Raises:
        LeafError: the salt is not 32 bytes long.
    """
    if len(salt) != SALT_SIZE:
        raise LeafError("salt", f"must be {SALT_SIZE} bytes, is {len(salt)}")
    return hashlib.sha256(_CONTENT_PREFIX + salt + payload).digest()


def _text(field: str, text: str) -> bytes:
    if not text.isascii():
        raise LeafError(field, "must be ASCII")
    if not 1 <= len(text) <= _LENGTH_MAX:
        raise LeafError(field, f"must be 1 to {_LENGTH_MAX} bytes, is {len(text)}")
    return bytes((len(text),)) + text.encode("ascii")
