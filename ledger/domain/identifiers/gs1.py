"""GS1 keys: trade items, logistic units, locations and parties, assets, service relations (GS1 General Specifications).

A key is kept with its check digit, which belongs to it, and without its application identifier. Where the company
prefix ends is known to GS1 only, so a key is never split.
"""

import re
from dataclasses import dataclass
from typing import Final

from ledger.domain.identifiers.errors import SCAN_AGAIN, CheckError, FormError

SERIAL: Final = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}")
"""A serial or lot number: up to 20 characters of GS1's character set 82."""

_DIGITS: Final = re.compile("[0-9]+")
_ASSET: Final = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{4,30}")
_PRINTED: Final = ("(10)", "(21)")
_GTIN_LENGTHS: Final = (8, 12, 13, 14)
_GLN_LENGTH: Final = 13
_GRAI_LENGTH: Final = 14
_LONG: Final = 18
_GTIN: Final = 14


def check_digit(digits: str) -> str:
    """Returns the check digit, modulo 10 with weights 3 and 1 from the right.

    Args:
        digits: ASCII digits without the check digit.
    """
    total = sum((1 if place % 2 else 3) * int(digit) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def is_checked(digits: str) -> bool:
    """Tells whether digits end with their check digit."""
    return _DIGITS.fullmatch(digits) is not None and check_digit(digits[:-1]) == digits[-1]


def gtin(text: str) -> str:
    """Returns a trade item number as 14 digits, whichever of its lengths 8, 12, 13, 14 was given.

    Raises:
        IdentifierError: It is none.
    """
    return _checked(text, "GTIN", _GTIN_LENGTHS).rjust(_GTIN, "0")


def sscc(text: str) -> str:
    """Returns the number of a logistic unit, 18 digits.

    Raises:
        IdentifierError: It is none.
    """
    return _checked(text, "SSCC", (_LONG,))


def gln(text: str) -> str:
    """Returns the number of a location or party, 13 digits.

    Raises:
        IdentifierError: It is none.
    """
    return _checked(text, "GLN", (_GLN_LENGTH,))


def gsrn(text: str) -> str:
    """Returns the number of a service relation, 18 digits: of a provider; a recipient's is identity and stays sealed.

    Raises:
        IdentifierError: It is none.
    """
    return _checked(text, "GSRN", (_LONG,))


def giai(text: str) -> str:
    """Returns the number of one asset, up to 30 characters; it has no check digit.

    Raises:
        IdentifierError: It is none.
    """
    if not _ASSET.fullmatch(text) or not _DIGITS.fullmatch(text[:4]):
        raise FormError("GIAI", "the digits of a company prefix, then up to 30 characters in all", SCAN_AGAIN)
    return text


def grai(text: str) -> str:
    """Returns the number of one returnable asset: a zero, 13 digits with check digit, a serial of up to 16 characters.

    Raises:
        IdentifierError: It is none, or names a type of asset and no asset.
    """
    key, serial = text[:_GRAI_LENGTH], text[_GRAI_LENGTH:]
    if not key.startswith("0") or not SERIAL.fullmatch(serial) or len(text) > _GRAI_LENGTH + 16:
        raise FormError("GRAI", "a zero, 13 digits and a serial number of up to 16 characters", SCAN_AGAIN)
    _checked(key[1:], "GRAI", (_GLN_LENGTH,))
    return text


@dataclass(frozen=True, slots=True)
class TradeItem:
    """A trade item with its serial number (SGTIN) or with its lot (LGTIN); the scheme says which.

    Attributes:
        gtin: 14 digits.
        number: Serial or lot number, case kept.
    """

    gtin: str
    number: str

    def __post_init__(self) -> None:
        if len(self.gtin) != _GTIN:
            raise FormError("GTIN", "14 digits before a serial or lot number", SCAN_AGAIN)
        gtin(self.gtin)
        if not SERIAL.fullmatch(self.number):
            raise FormError("serial or lot number", "1 to 20 letters, digits and signs", SCAN_AGAIN)
        if self.number.startswith(_PRINTED):
            raise FormError("serial or lot number", "without the (10) or (21) that is printed before it", SCAN_AGAIN)

    @property
    def value(self) -> str:
        """What is stored and compared: the 14 digits, a dot, the number."""
        return f"{self.gtin}.{self.number}"


def trade_item(text: str) -> TradeItem:
    """Reads a trade item with serial or lot number as it is stored: 14 digits, a dot, the number.

    Raises:
        IdentifierError: It is none.
    """
    key, dot, number = text.partition(".")
    if not dot:
        raise FormError("trade item", "14 digits, a dot, the serial or lot number", SCAN_AGAIN)
    return TradeItem(key, number)


def _checked(text: str, kind: str, lengths: tuple[int, ...]) -> str:
    if len(text) not in lengths or not _DIGITS.fullmatch(text):
        raise FormError(kind, f"{' or '.join(map(str, lengths))} digits", SCAN_AGAIN)
    if check_digit(text[:-1]) != text[-1]:
        raise CheckError(kind, "the last digit is the check digit of the others", SCAN_AGAIN)
    return text
