"""The Chain of Identity identifier, data structure 040 of ISBT 128 (ST-001 v6.2.2, 2.4.40; ST-028).

One for all donations of one therapy event of one patient, assigned before or at the first collection. Printed with its
check character; scanned with `&/`; stored as 15 characters.
"""

import re
from dataclasses import dataclass
from typing import Final

from ledger.domain.identifiers import isbt128, mod37
from ledger.domain.identifiers.errors import SCAN_AGAIN, TYPE_WITH_CHECK, CheckError, FormError, RangeError

KIND: Final = "Chain of Identity identifier"
DATA_IDENTIFIER: Final = "&/"

_FORM: Final = re.compile(f"CH{isbt128.FIN}[0-9]{{2}}[A-Z0-9]{{6}}")
_FACILITY: Final = re.compile(isbt128.FIN)
_YEAR: Final = re.compile("[0-9]{2}")
_LENGTH: Final = 15
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

NUMBERS: Final = len(_DIGITS) ** 6
"""How many numbers a facility has in one year."""


@dataclass(frozen=True, slots=True)
class Coi:
    """A Chain of Identity identifier.

    Attributes:
        value: The 15 characters that are stored and compared.
    """

    value: str

    def __post_init__(self) -> None:
        if not _FORM.fullmatch(self.value):
            rule = "CH, 5 characters of the facility (no letter O), 2 digits of the year, 6 capital letters or digits"
            raise FormError(KIND, rule, SCAN_AGAIN)

    @property
    def facility(self) -> str:
        """Facility Identification Number of who allocated it."""
        return self.value[2:7]

    @property
    def year(self) -> str:
        """Nominal year, two digits."""
        return self.value[7:9]

    @property
    def sequence(self) -> str:
        """Number within facility and year, letters and digits."""
        return self.value[9:]

    @property
    def number(self) -> int:
        """The sequence as a number, from 0, so that blocks can be handed out in order."""
        return int(self.sequence, len(_DIGITS))

    @property
    def check_character(self) -> str:
        """The character K that must be printed behind it."""
        return mod37.check_character(self.value)

    @property
    def wire(self) -> str:
        """As a bar code holds it."""
        return f"{DATA_IDENTIFIER}{self.value}"

    @property
    def printed(self) -> str:
        """As people read it, with its check character."""
        return f"CH {self.facility} {self.year} {self.sequence} {self.check_character}"


def parse(text: str) -> Coi:
    """Reads the identifier from a scan, with its data identifier.

    Raises:
        IdentifierError: It is none.
    """
    if not text.startswith(DATA_IDENTIFIER):
        raise FormError(KIND, "a scan begins with &/", SCAN_AGAIN)
    return Coi(text.removeprefix(DATA_IDENTIFIER))


def parse_typed(text: str) -> Coi:
    """Reads what a person typed from the print: spaces do not count, the check character must be there.

    Raises:
        IdentifierError: It is none, or the check character disagrees.
    """
    typed = text.replace(" ", "")
    if len(typed) != _LENGTH + 1:
        raise FormError(KIND, "15 characters and the check character", TYPE_WITH_CHECK)
    coi = Coi(typed[:_LENGTH])
    if typed[-1] != coi.check_character:
        raise CheckError(KIND, "the check character disagrees with the identifier", TYPE_WITH_CHECK)
    return coi


def numbered(facility: str, year: str, number: int) -> Coi:
    """Makes the identifier with a given number of a facility and year; the inverse of `Coi.number`.

    Raises:
        IdentifierError: The facility or year is none, or the year's numbers are used up.
    """
    if not _FACILITY.fullmatch(facility) or not _YEAR.fullmatch(year):
        raise FormError(KIND, "a facility of 5 characters (no letter O) and a year of 2 digits", "ask who allocates")
    if not 0 <= number < NUMBERS:
        raise RangeError(KIND, "six letters or digits number what a facility allocates in a year", "use another year")
    sequence = ""
    for _ in range(6):
        number, digit = divmod(number, len(_DIGITS))
        sequence = _DIGITS[digit] + sequence
    return Coi(f"CH{facility}{year}{sequence}")
