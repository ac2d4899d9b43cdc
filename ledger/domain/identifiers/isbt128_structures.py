"""Data structures of ISBT 128, alone, side by side, or in a compound message (ICCBBA ST-001 v6.2.2).

A scan is one data structure after the other without separators: the data identifier says how long each is. After `=` a
digit or capital letter belongs to a donation number already. A compound message, data structure 023, says first how
many follow; a message that holds more or fewer was not read whole. Structures that this reader does not know, and
those that nations define for themselves, have no known length and are refused.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from ledger.domain.identifiers import coi, isbt128, mod37, sec
from ledger.domain.identifiers.errors import SCAN_AGAIN, CheckError, FormError, KindError, RangeError

KIND: Final = "ISBT 128 bar code"
COMPOUND: Final = "=+"

_DIN: Final = re.compile("=[A-NP-Z1-9]")
_DIN_LENGTH: Final = 15
_PATIENT_NUMBER: Final = "&#"

_DAY: Final = "[0-9]{3}(?:00[1-9]|0[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9]|36[0-6])"
_MINUTE: Final = f"{_DAY}(?:[01][0-9]|2[0-3])[0-5][0-9]"

DIN: Final = "001"
PRODUCT_CODE: Final = "003"
DONOR: Final = "019"
DATE_OF_BIRTH: Final = "024"
PATIENT: Final = "025"
CONSIGNMENT: Final = "028"
DIVISIONS: Final = "032"
PROCESSOR: Final = "033"
PROCESSOR_PRODUCT: Final = "034"
SEC: Final = "038"
DONOR_REGISTRATION: Final = "039"
COI: Final = "040"

IDENTITY: Final = frozenset((DONOR, DATE_OF_BIRTH, PATIENT, DONOR_REGISTRATION))
"""Data structures that hold the identity of a patient or donor."""


Identified: TypeAlias = isbt128.Din | isbt128.ProductCode | isbt128.Box | sec.Sec | coi.Coi
"""What a data structure can identify."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """What is known of a data structure: its number, what people call it, how long it is, its form."""

    number: str
    name: str
    length: int
    form: re.Pattern[str]


_RULES: Final = {
    identifier: _Rule(number, name, length, re.compile(form))
    for identifier, number, name, length, form in (
        ("=%", "002", "blood groups", 4, "[A-Za-z0-9]{4}"),
        ("=<", PRODUCT_CODE, "product code", 8, ".*"),
        ("=>", "004", "expiry date", 6, _DAY),
        ("&>", "005", "expiry date and time", 10, _MINUTE),
        ("=*", "006", "collection date", 6, _DAY),
        ("&*", "007", "collection date and time", 10, _MINUTE),
        ("=}", "008", "production date", 6, _DAY),
        ("&}", "009", "production date and time", 10, _MINUTE),
        ("&(", "010", "special testing", 5, "[A-Za-z0-9]{5}"),
        ("=;", DONOR, "donor number", 21, f"{isbt128.FIN}[A-Z0-9]{{16}}"),
        ("=#", DATE_OF_BIRTH, "patient's date of birth", 10, "[A-Z0-9]{2}[0-9]{8}"),
        (_PATIENT_NUMBER, PATIENT, "patient number", 4, "[A-Z0-9]{2}[0-9]{2}[A-Za-z0-9]*"),
        ("=$", CONSIGNMENT, "consignment", 16, ".*"),
        ("=(", "031", "flexible date and time", 16, "[A-Z0-9]{4}[0-9]{12}"),
        ("=,", DIVISIONS, "divisions", 6, "[A-Z0-9]{6}"),
        ("&+", PROCESSOR, "processing facility", 11, f"{isbt128.FIN}[A-Z0-9]{{6}}"),
        ("=/", PROCESSOR_PRODUCT, "processor's product", 16, f"{isbt128.FIN}[A-Z0-9]{{6}}[A-Z][A-Z0-9]{{4}}"),
        ("&,1", "035", "lot number", 18, "[A-Z0-9]{18}"),
        ("&,2", "036", "supplemental number", 18, "[A-Z0-9]{18}"),
        (sec.DATA_IDENTIFIER, SEC, sec.KIND, 40, ".*"),
        ("&:", DONOR_REGISTRATION, "donor registration", 19, "[0-9]{4}[A-Z0-9]{13}[0-3][0-9]"),
        (coi.DATA_IDENTIFIER, COI, coi.KIND, 15, ".*"),
    )
}
_DIN_RULE: Final = _Rule(DIN, isbt128.DIN_KIND, _DIN_LENGTH, re.compile(".*"))
_REGISTRATION_LENGTH: Final = 17


@dataclass(frozen=True, slots=True)
class Structure:
    """One data structure of a scan.

    Attributes:
        identifier: Its data identifier; `=` for a donation number, whose first character is content as well.
        content: What follows. Identity is not shown by `repr`.
    """

    identifier: str
    content: str

    def __post_init__(self) -> None:
        rule = _rule(self.identifier)
        if self.length != len(self.content) or not rule.form.fullmatch(self.content):
            raise FormError(rule.name, "has the length and characters of its kind", SCAN_AGAIN)
        if rule.number == DONOR_REGISTRATION:
            _confirm_registration(self.content)
        if rule.form.pattern in (_DAY, _MINUTE):
            local_time(self.content)
        _ = self.value  # what it identifies is checked by being read

    @property
    def number(self) -> str:
        """Number of the data structure in the standard."""
        return _rule(self.identifier).number

    @property
    def name(self) -> str:
        """What people call it."""
        return _rule(self.identifier).name

    @property
    def length(self) -> int:
        """How long its content must be."""
        stated = self.content[2:4] if self.identifier == _PATIENT_NUMBER else ""
        return _rule(self.identifier).length + (int(stated) if stated.isascii() and stated.isdecimal() else 0)

    @property
    def value(self) -> Identified | None:
        """What it identifies, where it is one of those; None for everything else."""
        match self.number:
            case "001":
                return isbt128.parse_din(self.wire)
            case "003":
                return isbt128.ProductCode(self.content)
            case "028":
                return isbt128.parse_box(self.wire)
            case "038":
                return sec.parse(self.wire)
            case "040":
                return coi.Coi(self.content)
            case _:
                return None

    @property
    def holds_identity(self) -> bool:
        """Whether it is the identity of a patient or donor."""
        return self.number in IDENTITY

    @property
    def wire(self) -> str:
        """As a bar code holds it."""
        return f"{self.identifier}{self.content}"

    def __repr__(self) -> str:
        shown = "<sealed>" if self.holds_identity else repr(self.content)
        return f"Structure({self.number} {self.name}: {shown})"


def parse(text: str) -> tuple[Structure, ...]:
    """Reads a bar code, or several that were scanned as one, or a compound message.

    Raises:
        IdentifierError: It is none; a compound message holds more or fewer structures than it says.
    """
    stated, rest = _stated(text) if text.startswith(COMPOUND) else (None, text)
    found = []
    while rest:
        one = _first(rest)
        found.append(one)
        rest = rest[len(one.wire) :]
    if stated is not None and stated != len(found):
        raise FormError("compound message", "holds as many data structures as it says", SCAN_AGAIN)
    if not found:
        raise KindError(KIND, "begins with a data identifier, = or &", SCAN_AGAIN)
    return tuple(found)


def compound(structures: tuple[Structure, ...], order: int = 0) -> str:
    """Writes a compound message; the inverse of `parse`.

    Args:
        structures: At most 99.
        order: Registered sequence of the message; 0 for a free order.

    Raises:
        IdentifierError: There are too many, or the order has more than three digits.
    """
    if not structures or len(structures) >= 10**2 or not 0 <= order < 10**3:
        raise RangeError("compound message", "holds 1 to 99 data structures in an order of 3 digits", "send several")
    return f"{COMPOUND}{len(structures):02}{order:03}" + "".join(one.wire for one in structures)


def local_time(content: str) -> datetime:
    """Returns the date of a label, with its time or the last minute of the day, by the clock where it was printed.

    Args:
        content: Of data structure 004 to 009: the last three digits of the year, day of the year, perhaps a time.
            Three digits from 900 are of the years 1900 to 1999.

    Raises:
        IdentifierError: It is none, or there is no such day.
    """
    if not re.fullmatch(f"{_DAY}|{_MINUTE}", content):
        raise FormError("date of ISBT 128", "3 digits of the year, 3 of the day, perhaps 4 of the time", SCAN_AGAIN)
    short = int(content[:3])
    first = datetime(short + (1000 if short >= _LAST_CENTURY else 2000), 1, 1)  # noqa: DTZ001 - labels name no zone
    day = first + timedelta(days=int(content[3:6]) - 1)
    if day.year != first.year:
        raise RangeError("date of ISBT 128", "day 366 is of leap years only", SCAN_AGAIN)
    minute = content[6:] or "2359"
    return day.replace(hour=int(minute[:2]), minute=int(minute[2:]))


_LAST_CENTURY: Final = 900


def _rule(identifier: str) -> _Rule:
    rule = _DIN_RULE if identifier == "=" else _RULES.get(identifier)
    if rule is None:
        raise KindError(
            KIND, "begins with a data identifier that is read here", "scan the other bar codes of the label"
        )
    return rule


def _first(text: str) -> Structure:
    """The first structure of what is left."""
    identifier = "=" if _DIN.match(text) else text[: 3 if text.startswith("&,") else 2]
    length = _rule(identifier).length
    content = text[len(identifier) :]
    if identifier == _PATIENT_NUMBER and re.fullmatch("[0-9]{2}", content[2:4]):
        length += int(content[2:4])
    return Structure(identifier, content[:length])


def _stated(text: str) -> tuple[int, str]:
    """How many structures a compound message says it holds, and what follows."""
    head, rest = text[2:7], text[7:]
    if not re.fullmatch("[0-9]{5}", head):
        raise FormError("compound message", "begins with 2 digits of their count and 3 of their order", SCAN_AGAIN)
    return int(head[:2]), rest


def _confirm_registration(content: str) -> None:
    if mod37.checksum(content[:_REGISTRATION_LENGTH]) != int(content[_REGISTRATION_LENGTH:]):
        raise CheckError("donor registration", "the last two digits are the checksum of the others", SCAN_AGAIN)
