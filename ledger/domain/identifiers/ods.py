"""Codes of the Organisation Data Service: NHS organisations and their sites (DCB0090).

They have no check digit; only the directory knows which exist. Since October 2020 new codes are drawn at random
(letter, digit, letter, digit, letter) and show no hierarchy: never take the organisation from the first characters of
a site.
"""

import re
from typing import Final

from ledger.domain.identifiers.errors import FormError

_FORM: Final = re.compile("[A-Z0-9]{3,10}")
_RANDOM: Final = re.compile("(?:[A-Z][0-9]){2}[A-Z]")


def parse(text: str) -> str:
    """Returns the code, when a text has the form of one.

    Raises:
        IdentifierError: It has not.
    """
    if not _FORM.fullmatch(text):
        raise FormError("ODS code", "3 to 10 capital letters and digits", "look it up in the ODS directory")
    return text


def is_random(code: str) -> bool:
    """Tells whether a code has the form of those drawn at random since October 2020."""
    return _RANDOM.fullmatch(code) is not None
