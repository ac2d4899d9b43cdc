"""ISO/IEC 7064, MOD 37-2: the check character of ISBT 128 (ST-001 v6.2.2, appendix A).

It catches each single wrong character and each swap of two neighbours. It is printed for people who type, in a box
behind the number; it is never part of a bar code and never part of a stored value.
"""

from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
"""The characters by their value, 0 to 36; the asterisk appears as a check character only."""

_VALUE: Final = {character: value for value, character in enumerate(ALPHABET[:-1])}
_MODULUS: Final = 37


def checksum(text: str) -> int:
    """Returns the checksum, 0 to 36, of a text of ASCII digits and capital letters.

    Args:
        text: Already known to consist of these characters only.
    """
    total = 0
    for character in text:
        total = (total + _VALUE[character]) * 2 % _MODULUS
    return (_MODULUS + 1 - total) % _MODULUS


def check_character(text: str) -> str:
    """Returns the check character K of such a text."""
    return ALPHABET[checksum(text)]
