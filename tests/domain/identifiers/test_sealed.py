"""What is sealed is compared and never shown."""

import copy
import json
import pickle

import msgspec
import pytest

from ledger.domain.identifiers.sealed import IdentityKind, Sealed

SECRET = "JORDAN,Dwayne"


def sealed(value: str = SECRET, kind: IdentityKind = IdentityKind.NAME) -> Sealed:
    """A sealed name."""
    return Sealed(kind, value)


def test_it_shows_its_kind_only() -> None:
    assert [str(sealed()), repr(sealed()), f"{sealed()}", f"{sealed()!s:>5}"] == ["<sealed NAME>"] * 4
    assert SECRET not in repr({"band": [sealed()]})


@pytest.mark.parametrize(
    "write",
    [pickle.dumps, copy.copy, copy.deepcopy, hash, json.dumps, msgspec.json.encode],
    ids=["pickle", "copy", "deepcopy", "hash", "json", "msgspec"],
)
def test_nothing_writes_it_anywhere(write: object) -> None:
    assert callable(write)
    with pytest.raises(TypeError) as caught:
        write(sealed())
    assert SECRET not in str(caught.value)


def test_it_equals_the_same_identity_of_the_same_kind() -> None:
    assert sealed() == sealed()
    assert sealed() != sealed("Jordan,Dwayne")
    assert sealed() != sealed(kind=IdentityKind.HOSPITAL_NUMBER)
    assert sealed("é\ud800") == sealed("é\ud800")
    assert sealed() != SECRET


def test_it_is_revealed_when_asked() -> None:
    assert sealed().reveal() == SECRET
