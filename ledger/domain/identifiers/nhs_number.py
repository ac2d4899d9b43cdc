"""NHS numbers: recognised only to keep them out of the ledger, and read only where a wristband is compared.

Ten digits, modulus 11 (NHS Data Dictionary). Health and Care numbers of Northern Ireland and CHI numbers of Scotland
have the same form and check; which is which follows from ranges, and a CHI number begins with a date of birth. The
ledger holds no identity of a patient: a number that passes the check anywhere in free text is refused and never echoed,
and a number that is read stays sealed.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from ledger.domain.identifiers.errors import SCAN_AGAIN, CheckError, FormError, RangeError
from ledger.domain.identifiers.sealed import IdentityKind, Sealed

KIND: Final = "NHS number"

_CANDIDATE: Final = re.compile(r"(?<![0-9A-Za-z])([0-9]{3})[ \-]?([0-9]{3})[ \-]?([0-9]{4})(?![0-9A-Za-z])")
_ON_A_BAND: Final = re.compile("5050898([0-9]{10})")
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
    """Tells whether a text contains a valid NHS number: one run, the printed form 3-3-4, or as wristbands wrap it."""
    candidates = [*_CANDIDATE.finditer(text), *_ON_A_BAND.finditer(text)]
    return any(is_valid("".join(match.groups())) for match in candidates)


class Issuer(StrEnum):
    """Who issues numbers of a range."""

    SCOTLAND = "SCOTLAND"
    """Community Health Index: begins with the date of birth, day, month, year."""
    NORTHERN_IRELAND = "NORTHERN_IRELAND"
    """Health and Care number."""
    ENGLAND_AND_WALES = "ENGLAND_AND_WALES"
    """NHS number, also of the Isle of Man."""
    NOBODY = "NOBODY"
    """Numbers for tests, which begin with 9."""


_RANGES: Final = (
    ("0100000000", "3112999999", Issuer.SCOTLAND),
    ("3200000000", "3999999999", Issuer.NORTHERN_IRELAND),
    ("4000000000", "4999999999", Issuer.ENGLAND_AND_WALES),
    ("6000000000", "7999999999", Issuer.ENGLAND_AND_WALES),
    ("9000000000", "9999999999", Issuer.NOBODY),
)


@dataclass(frozen=True, slots=True)
class NhsNumber:
    """A number that was read, sealed.

    Attributes:
        sealed: Its ten digits.
        issuer: Who issued it.
    """

    sealed: Sealed
    issuer: Issuer

    def reveal_printed(self) -> str:
        """Returns the number as people read it, 3-3-4; as `Sealed.reveal`, for the edge only."""
        digits = self.sealed.reveal()
        return f"{digits[:3]} {digits[3:6]} {digits[6:]}"


def parse(text: str, *, tests: bool = False) -> NhsNumber:
    """Reads a number written as one run or in the printed form 3-3-4.

    Args:
        text: What was read.
        tests: Whether the numbers count that are kept for tests and issued to nobody.

    Raises:
        IdentifierError: It is none, or nobody can have been given it.
    """
    match = _CANDIDATE.fullmatch(text)
    if match is None:
        raise FormError(KIND, "10 digits, as one run or 3-3-4", SCAN_AGAIN)
    digits = "".join(match.groups())
    if not is_valid(digits):
        raise CheckError(KIND, "the last digit is the check digit of the others, modulus 11", SCAN_AGAIN)
    issuer = next((issuer for first, last, issuer in _RANGES if first <= digits <= last), None)
    if issuer is None:
        raise RangeError(KIND, "lies in a range that is issued in the UK", SCAN_AGAIN)
    if issuer is Issuer.NOBODY and not tests:
        raise RangeError(KIND, "does not begin with 9: those are for tests", "use the patient's own number")
    if issuer is Issuer.SCOTLAND and not _begins_with_a_day(digits):
        raise RangeError(KIND, "in Scotland begins with a date of birth", SCAN_AGAIN)
    return NhsNumber(Sealed(IdentityKind.NHS_NUMBER, digits), issuer)


def _begins_with_a_day(digits: str) -> bool:
    try:
        # Every day of 1900 to 1999 is, with these two digits of its year, also one of 2000 to 2099.
        date(2000 + int(digits[4:6]), int(digits[2:4]), int(digits[:2]))
    except ValueError:
        return False
    return True
