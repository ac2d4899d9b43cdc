"""How the tests of this room look at an error."""

import pytest

from ledger.domain.identifiers.errors import SCAN_AGAIN, TYPE_WITH_CHECK, IdentifierError


def is_refused(read: object, text: str, error: type[IdentifierError] = IdentifierError) -> IdentifierError:
    """The error with which a reader refuses a text; it says kind, rule and way out."""
    assert callable(read)
    with pytest.raises(error) as caught:
        read(text)
    wrong = caught.value
    assert wrong.kind
    assert wrong.rule
    assert wrong.remedy
    return wrong


def is_total(read: object, text: str) -> None:
    """Holds a reader to its promise: a value or an IdentifierError, and nothing of the text in the error."""
    assert callable(read)
    said = ""
    try:
        read(text)
    except IdentifierError as wrong:
        said = f"{wrong} {wrong.__cause__}"
    of_ours = f"{SCAN_AGAIN} {TYPE_WITH_CHECK}"
    assert len(text) < ECHO or text not in said or text in of_ours


ECHO = 9
"""Shorter texts may stand in a sentence by accident."""
