"""ISBT 128: donation numbers, product codes, divisions, and the identifier of one medical product of human origin.

Structure and check characters follow ST-001 v6.2.2 of ICCBBA; the product and facility tables are licensed and are not
here. Case is significant everywhere, so nothing is ever turned into capitals. A scan holds a data identifier, flags and
no check character; a typed number must end with its check character; a stored value holds neither.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from ledger.domain.identifiers import mod37
from ledger.domain.identifiers.errors import SCAN_AGAIN, TYPE_WITH_CHECK, CheckError, FormError, RangeError

FIN: Final = "[A-NP-Z1-9][A-NP-Z0-9]{2}[0-9]{2}"
"""Form of a Facility Identification Number: no letter O, and the first is no zero."""

NO_PROCESSOR: Final = "00000"
"""Stands for the processing facility where a label names none (MPHO unique identifier)."""

_DIN: Final = re.compile(f"{FIN}[0-9]{{8}}")
_FLAGS: Final = re.compile("[0-9A-HJ-NPR-Y]{2}")
_CHECKED_FLAGS: Final = range(60, 97)
_PRODUCT_CODE: Final = re.compile("[A-Z][A-Z0-9]{4}[A-Za-z0-9][A-Z0-9][a-z0-9]")
_DESCRIPTION: Final = re.compile("[A-Z][A-Z0-9]{4}")
_DIVISIONS: Final = re.compile("[A-Z0-9]{6}|[A-Z0-9][a-z]0000")
_PROCESSOR: Final = re.compile(f"{FIN}|{NO_PROCESSOR}")
_DIN_LENGTH: Final = 13
_MPHO_LENGTH: Final = 29
_CONSIGNMENT: Final = re.compile(f"{FIN}[0-9]{{7}}")
_BOX: Final = re.compile(f"=\\$({FIN}[0-9]{{7}})([0-9]{{2}})([0-9]{{2}})")
_PACKED: Final = frozenset("MNRTVW")
_LOCAL: Final = frozenset("ABCD")


@dataclass(frozen=True, slots=True)
class Din:
    """A Donation Identification Number, data structure 001: one collection at one facility, unique for 100 years.

    Attributes:
        value: The 13 characters that make it: facility, nominal year, sequence.
        flags: What a scan says beside it. Not part of the number: two containers of one donation have equal DINs.
    """

    value: str
    flags: str = field(default="00", compare=False)

    def __post_init__(self) -> None:
        if not _DIN.fullmatch(self.value):
            rule = "5 characters of the facility (no letter O), 2 digits of the year, 6 digits"
            raise FormError(DIN_KIND, rule, SCAN_AGAIN)
        if not _FLAGS.fullmatch(self.flags):
            raise FormError(DIN_KIND, "the flags are two digits or capital letters", SCAN_AGAIN)
        if self.flags.isdigit() and int(self.flags) in _CHECKED_FLAGS and self.flags != self.checking_flags:
            raise CheckError(DIN_KIND, "flags 60 to 96 are 60 and the checksum of the number", SCAN_AGAIN)

    @property
    def facility(self) -> str:
        """Facility Identification Number of who assigned it."""
        return self.value[:5]

    @property
    def year(self) -> str:
        """Nominal year, two digits; it may differ from the year of collection by a month."""
        return self.value[5:7]

    @property
    def sequence(self) -> str:
        """Number within facility and year."""
        return self.value[7:]

    @property
    def check_character(self) -> str:
        """The character K that is printed in a box behind it."""
        return mod37.check_character(self.value)

    @property
    def checking_flags(self) -> str:
        """Flags of type 3, which carry the checksum in the bar code."""
        return str(_CHECKED_FLAGS.start + mod37.checksum(self.value))

    @property
    def wire(self) -> str:
        """As a bar code holds it."""
        return f"={self.value}{self.flags}"

    @property
    def printed(self) -> str:
        """As people read it, with its check character."""
        return f"{self.facility} {self.year} {self.sequence} {self.check_character}"


DIN_KIND: Final = "donation identification number"


def parse_din(text: str) -> Din:
    """Reads the content of data structure 001, with its data identifier.

    Raises:
        IdentifierError: It is none.
    """
    if not text.startswith("=") or len(text) != 1 + _DIN_LENGTH + 2:
        raise FormError(DIN_KIND, "a scan has = and 15 characters, flags included", SCAN_AGAIN)
    return Din(text[1 : 1 + _DIN_LENGTH], text[1 + _DIN_LENGTH :])


def parse_typed_din(text: str) -> Din:
    """Reads a DIN that a person typed from its print: spaces do not count, the check character must be there.

    Args:
        text: 13 characters, the two flags if they were typed too, and the check character.

    Raises:
        IdentifierError: It is none, or the check character disagrees.
    """
    typed = text.replace(" ", "")
    if len(typed) not in (_DIN_LENGTH + 1, _DIN_LENGTH + 3):
        raise FormError(DIN_KIND, "13 characters and the check character", TYPE_WITH_CHECK)
    din = Din(typed[:_DIN_LENGTH], typed[_DIN_LENGTH:-1] or "00")
    if typed[-1] != din.check_character:
        raise CheckError(DIN_KIND, "the check character disagrees with the number", TYPE_WITH_CHECK)
    return din


@dataclass(frozen=True, slots=True)
class ProductCode:
    """A product code, data structure 003: what it is, how it was given, which part of it this is.

    Attributes:
        value: 8 characters.
    """

    value: str

    def __post_init__(self) -> None:
        if not _PRODUCT_CODE.fullmatch(self.value):
            rule = "5 characters of the description, 1 of the collection, 2 of the division, where case counts"
            raise FormError("product code", rule, SCAN_AGAIN)

    @property
    def description(self) -> str:
        """Product Description Code, 5 characters."""
        return self.value[:5]

    @property
    def collection(self) -> str:
        """How it was given: autologous, directed, volunteer."""
        return self.value[5]

    @property
    def division(self) -> str:
        """Which part: `00` undivided, `A0`, `Aa`; `99` says that data structure 032 tells."""
        return self.value[6:]

    @property
    def pack_number(self) -> str:
        """The last three characters of tissue, where they number the pack; empty for everything else."""
        return self.value[5:] if self.value[0] in _PACKED else ""

    @property
    def is_local(self) -> bool:
        """Whether a nation or a facility defined it for itself, so that it means nothing without the facility."""
        return self.value[0] in _LOCAL

    @property
    def split(self) -> str:
        """The same part as the Single European Code writes it (ST-012 3.2)."""
        return self.pack_number or f"0{self.division}"

    @property
    def wire(self) -> str:
        """As a bar code holds it."""
        return f"=<{self.value}"


def parse_product_code(text: str) -> ProductCode:
    """Reads a product code from a scan, with its data identifier.

    Raises:
        IdentifierError: It is none.
    """
    if not text.startswith("=<"):
        raise FormError("product code", "a scan begins with =<", SCAN_AGAIN)
    return ProductCode(text[2:])


def is_description(text: str) -> bool:
    """Tells whether a text has the form of a Product Description Code."""
    return _DESCRIPTION.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mpho:
    """The unique identifier of one medical product of human origin: this bag, this vial.

    Attributes:
        processor: Facility that assigned the product code; `00000` where the label names none.
        description: Product Description Code.
        din: The donation.
        divisions: Which part, 6 characters.
    """

    processor: str = NO_PROCESSOR
    description: str
    din: Din
    divisions: str

    def __post_init__(self) -> None:
        for part, form, rule in (
            (self.processor, _PROCESSOR, "begins with the facility that processed it, or 00000"),
            (self.description, _DESCRIPTION, "then a product description code of 5 capital letters and digits"),
            (self.divisions, _DIVISIONS, "ends with 6 capital letters and digits of the division"),
        ):
            if not form.fullmatch(part):
                raise FormError(MPHO_KIND, rule, SCAN_AGAIN)

    @property
    def value(self) -> str:
        """The 29 characters that are stored and compared."""
        return f"{self.processor}{self.description}{self.din.value}{self.divisions}"

    @property
    def printed(self) -> str:
        """As people read it."""
        return f"{self.processor} {self.description} {self.din.printed} {self.divisions}"


MPHO_KIND: Final = "MPHO unique identifier"


def parse_mpho(text: str) -> Mpho:
    """Reads an MPHO unique identifier: 29 characters, without data identifier or check character.

    Raises:
        IdentifierError: It is none.
    """
    if len(text) != _MPHO_LENGTH:
        raise FormError(MPHO_KIND, "29 characters: facility 5, product 5, donation 13, divisions 6", SCAN_AGAIN)
    return Mpho(processor=text[:5], description=text[5:10], din=Din(text[10:23]), divisions=text[23:])


@dataclass(frozen=True, slots=True)
class Consignment:
    """A product consignment, data structure 028, without the number of the box.

    Attributes:
        value: 12 characters: facility, nominal year, number.
    """

    value: str

    def __post_init__(self) -> None:
        if not _CONSIGNMENT.fullmatch(self.value):
            raise FormError("consignment", "5 characters of the facility (no letter O) and 7 digits", SCAN_AGAIN)


@dataclass(frozen=True, slots=True)
class Box:
    """One box of a consignment, as data structure 028 numbers it.

    Attributes:
        consignment: Which consignment.
        number: Which box; 0 on its paperwork.
        of: How many boxes there are.
    """

    consignment: Consignment
    number: int
    of: int

    @property
    def wire(self) -> str:
        """As a bar code holds it."""
        return f"=${self.consignment.value}{self.number:02}{self.of:02}"


def parse_box(text: str) -> Box:
    """Reads data structure 028 from a scan, with its data identifier.

    Raises:
        IdentifierError: It is none.
    """
    match = _BOX.fullmatch(text)
    if match is None:
        rule = "=$, 5 characters of the facility, 7 digits, and 2 digits each of the box and of all boxes"
        raise FormError("consignment", rule, SCAN_AGAIN)
    box = Box(Consignment(match[1]), int(match[2]), int(match[3]))
    if box.number > box.of:
        raise RangeError("consignment", "has as many boxes as its bar code says", SCAN_AGAIN)
    return box
