"""NHS numbers: recognised only to keep them out of the ledger (ten digits, modulus 11; NHS Data Dictionary).

The ledger holds no identity of a patient. A number that passes the check anywhere in free text is refused and never
echoed. Health and Care numbers of Northern Ireland and CHI numbers of Scotland have the same form and check.
"""

import re
from typing import Final

_CANDIDATE: Final = re.compile(r"(?<![0-9A-Za-z])([0-9]{3})[ \-]?([0-9]{3})[ \-]?([0-9]{4})(?![0-9A-Za-z])")
_LENGTH: Final = 10
_MODULUS: Final = 11


def is_valid(digits: str) -> bool:
    """Tells whether ten ASCII digits pass the modulus-11 check of an NHS number."""
    if len(digits) != _LENGTH or not (digits.isascii() and digits.isdigit()):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), digits, strict=False))
    check = (_MODULUS - total % _MODULUS) % _MODULUS
    return check == int(digits[-1])


def is_in(text: str) -> bool:
    """Tells whether a text contains a valid NHS number, written as one run or in the printed form 3-3-4."""
    return any(is_valid("".join(match.groups())) for match in _CANDIDATE.finditer(text))
