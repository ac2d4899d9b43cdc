"""The leaf's exact bytes, which are permanent."""

import hashlib
import struct
from dataclasses import replace

import pytest

from ledger.evidence.leaf import LeafError, LeafRecord, commitment

SALT = bytes(range(32))
PAYLOAD = b'{"content":{},"stamp":{},"verdict":{}}'
LEAF = LeafRecord(
    position=258,
    recorded_at=1_767_225_600_000_001,
    type="ApheresisPerformed",
    organisation="RR8",
    commitment=commitment(SALT, PAYLOAD),
)


def test_the_commitment_is_a_salted_hash() -> None:
    assert commitment(SALT, PAYLOAD) == hashlib.sha256(b"coi-content/v1\x00" + SALT + PAYLOAD).digest()


def test_the_record_has_these_bytes() -> None:
    assert LEAF.to_bytes() == b"".join(
        (
            b"coi-leaf/v1\x00",
            struct.pack(">Q", 257),
            struct.pack(">Q", 1_767_225_600_000_001),
            b"\x12ApheresisPerformed",
            b"\x03RR8",
            b"\x01",
            b"\x20" + commitment(SALT, PAYLOAD),
        )
    )


def test_the_hash_is_of_these_bytes_for_ever() -> None:
    assert LEAF.hash() == hashlib.sha256(b"\x00" + LEAF.to_bytes()).digest()
    assert LEAF.hash().hex() == "dad6f839345820865f4c9e3de7c6f519d11127927d71e68b1244dbd12b412e13"


@pytest.mark.parametrize("salt", [b"", bytes(31), bytes(33)], ids=len)
def test_a_salt_has_thirty_two_bytes(salt: bytes) -> None:
    with pytest.raises(LeafError) as refused:
        commitment(salt, PAYLOAD)
    assert refused.value.field == "salt"


WRONG = [
    ("position", 0),
    ("position", 2**64),
    ("recorded_at", -1),
    ("recorded_at", 2**64),
    ("type", ""),
    ("type", "T" * 256),
    ("type", "É"),
    ("organisation", ""),
    ("organisation", "o" * 256),
    ("organisation", "ß"),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_what_does_not_fit_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(LeafError, match=field) as refused:
        replace(LEAF, **{field: value}).to_bytes()  # type: ignore[arg-type]
    assert refused.value.field == field


def test_the_longest_texts_fit() -> None:
    longest = replace(LEAF, type="T" * 255, organisation="o" * 255)
    assert len(longest.to_bytes()) == len(LEAF.to_bytes()) + 2 * 255 - len("ApheresisPerformed") - len("RR8")
