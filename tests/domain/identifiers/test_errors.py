"""The family of errors: told apart by what somebody can do, and complete in itself."""

import pickle

import pytest

from ledger.domain.identifiers import errors
from ledger.domain.identifiers.errors import IdentifierError

FAMILY: list[type[IdentifierError]] = [IdentifierError, *IdentifierError.__subclasses__()]


@pytest.mark.parametrize("error", FAMILY)
def test_each_is_drawn_in_the_tree_and_has_its_own_reason(error: type[IdentifierError]) -> None:
    assert errors.__doc__ is not None
    assert error.__name__ in errors.__doc__
    assert [one.REASON for one in FAMILY].count(error.REASON) == 1


@pytest.mark.parametrize("error", FAMILY)
def test_each_says_kind_rule_and_way_out(error: type[IdentifierError]) -> None:
    wrong = error("GTIN", "14 digits", "scan it again")
    assert str(wrong) == "GTIN: 14 digits; scan it again"
    assert str(pickle.loads(pickle.dumps(wrong))) == str(wrong)  # noqa: S301 - our own bytes
