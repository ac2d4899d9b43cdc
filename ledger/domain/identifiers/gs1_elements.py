"""GS1 element strings: application identifiers and their values, as scanned and as printed.

GS1 General Specifications, chapters 3 and 7.8. A value of predefined length ends by itself; any other ends with FNC1,
which scanners send as the control character GS, or with the bar code. Which elements must stand beside which is a rule
about all bar codes of one item and is not asked of one of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from ledger.domain.identifiers import gs1
from ledger.domain.identifiers.errors import SCAN_AGAIN, CheckError, FormError, KindError, RangeError

FNC1: Final = "\x1d"
"""How a scanner sends the separator."""

KIND: Final = "GS1 element string"

_SIGNS: Final = r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]"
_DAY: Final = re.compile("[0-9]{6}")

_LENGTH_OF_AI: Final = {
    **dict.fromkeys(("00", "01", "02", "03", "10", "11", "12", "13"), 2),
    **dict.fromkeys(("15", "16", "17", "20", "21", "22", "30", "37"), 2),
    **dict.fromkeys(("23", "24", "25", "40", "41", "42", "71"), 3),
    **dict.fromkeys(("31", "32", "33", "34", "35", "36", "39", "43", "70", "72", "80", "81", "82"), 4),
    **{str(number): 2 for number in range(90, 100)},
}
"""How many digits an application identifier has, by its first two."""

_PREDEFINED: Final = {
    "00": 18,
    **dict.fromkeys(("01", "02", "03"), 14),
    **dict.fromkeys(("11", "12", "13", "15", "16", "17"), 6),
    "20": 2,
    **dict.fromkeys(("31", "32", "33", "34", "35", "36"), 6),
    "41": 13,
}
"""How long a value is that ends by itself, by the first two digits of its application identifier."""

_FORMS: Final = {
    ai: re.compile(form)
    for ai, form in {
        **dict.fromkeys(("10", "21", "22", "243", "254", "7020", "7021", "7022", "7240"), f"{_SIGNS}{{1,20}}"),
        **dict.fromkeys(("240", "241", "250", "251", "400", "401", "403", "8002"), f"{_SIGNS}{{1,30}}"),
        **dict.fromkeys(("30", "37"), "[0-9]{1,8}"),
        **dict.fromkeys(("4330", "4331", "4332", "4333"), "[0-9]{6}-?"),
        **dict.fromkeys(("7023", "8004"), "[0-9]{4}" + _SIGNS + "{0,26}"),
        **dict.fromkeys(("8017", "8018"), "[0-9]{18}"),
        **dict.fromkeys(("8006", "8026"), "[0-9]{18}"),
        "235": f"{_SIGNS}{{1,28}}",
        "253": f"[0-9]{{13}}{_SIGNS}{{0,17}}",
        "255": "[0-9]{13,25}",
        "402": "[0-9]{17}",
        "7003": "[0-9]{10}",
        "8003": f"0[0-9]{{13}}{_SIGNS}{{0,16}}",
        "8010": "[#\\-/0-9A-Z]{1,30}",
        "8011": "0|[1-9][0-9]{0,11}",
        "8013": f"{_SIGNS}{{1,25}}",
        "8019": "[0-9]{1,10}",
        "8020": f"{_SIGNS}{{1,25}}",
        "8030": "[=\\-0-9A-Z_a-z]{1,90}",
    }.items()
}
_ANY: Final = re.compile(f"{_SIGNS}{{1,90}}")

_CHECKED: Final = {
    **dict.fromkeys(("00", "8017", "8018"), slice(0, 18)),
    **dict.fromkeys(("01", "02", "03", "8006", "8026"), slice(0, 14)),
    **dict.fromkeys(("253", "255", "410", "411", "412", "413", "414", "415", "416", "417"), slice(0, 13)),
    "402": slice(0, 17),
    "8003": slice(1, 14),
}
"""Where a value holds digits that end with their check digit."""

_DATES: Final = frozenset(("11", "12", "13", "15", "16", "17", "7003"))
_HOURS: Final = 24
_MINUTES: Final = 60
_EXPIRY_MINUTE: Final = "7003"
_IDENTITY: Final = re.compile("8018|8019|725[0-9]|9[1-9]")


@dataclass(frozen=True, slots=True)
class Element:
    """One application identifier with its value.

    Attributes:
        ai: 2 to 4 digits.
        value: As scanned; case kept. A recipient's number, data of a person and what an issuer keeps for itself are
            not shown by `repr`, since wristbands hold them.
    """

    ai: str
    value: str

    def __post_init__(self) -> None:
        if _ai_length(self.ai) != len(self.ai) or not self.ai.isdecimal() or not self.ai.isascii():
            raise KindError(KIND, "begins with an application identifier that GS1 has assigned", SCAN_AGAIN)
        length = _predefined(self.ai)
        if length and (len(self.value) != length or not self.value.isdecimal() or not self.value.isascii()):
            raise FormError(f"GS1 element ({self.ai})", f"{length} digits", SCAN_AGAIN)
        if not _FORMS.get(self.ai, _ANY).fullmatch(self.value):
            raise FormError(f"GS1 element ({self.ai})", "the length and characters of its kind", SCAN_AGAIN)
        place = _CHECKED.get(self.ai)
        if place is not None and not gs1.is_checked(self.value[place]):
            raise CheckError(f"GS1 element ({self.ai})", "its last digit is the check digit of the others", SCAN_AGAIN)
        if self.ai in _DATES:
            _day(self.ai, self.value)

    @property
    def holds_identity(self) -> bool:
        """Whether it may hold a patient's identity."""
        return _IDENTITY.fullmatch(self.ai) is not None

    def __repr__(self) -> str:
        return f"Element(ai={self.ai!r}, value={'<sealed>' if self.holds_identity else repr(self.value)})"


def parse(text: str) -> tuple[Element, ...]:
    """Reads what a scanner sent, without its symbology identifier; a leading FNC1 does not count.

    Raises:
        IdentifierError: It is no element string.
    """
    found: list[Element] = []
    rest = text.removeprefix(FNC1)
    while rest:
        ai = rest[: _ai_length(rest)]
        rest = rest[len(ai) :]
        length = _predefined(ai)
        value = rest[:length] if length else rest.partition(FNC1)[0]
        rest = rest[len(value) :].removeprefix(FNC1)
        found.append(Element(ai, value))
    return _told_once(found)


_PRINTED: Final = re.compile(r"\(([0-9]{2,4})\)")


def parse_printed(text: str) -> tuple[Element, ...]:
    """Reads what a person typed from the print, application identifiers in brackets: `(01)09506000134352(10)ABC`.

    Brackets with 2 to 4 digits begin an element, wherever they stand.

    Raises:
        IdentifierError: It is no element string.
    """
    before, *pieces = _PRINTED.split(text)
    if before:
        raise FormError(KIND, "begins with an application identifier in brackets", SCAN_AGAIN)
    return _told_once([Element(ai, value) for ai, value in zip(pieces[::2], pieces[1::2], strict=True)])


def scanned(elements: tuple[Element, ...]) -> str:
    """Writes elements as a scanner sends them; the inverse of `parse`."""
    return "".join(_pieces(elements)).removesuffix(FNC1)


def printed(elements: tuple[Element, ...]) -> str:
    """Writes elements as people read them."""
    return "".join(f"({element.ai}){element.value}" for element in elements)


def last_day(value: str) -> date:
    """Returns the day that six digits of an expiry date mean; day 00 is the last of its month.

    Args:
        value: Value of element 15, 16 or 17: year, month, day. Years are read for the years 2000 to 2099.

    Raises:
        IdentifierError: There is no such day.
    """
    if not _DAY.fullmatch(value):
        raise FormError("GS1 date", "6 digits: year, month, day", SCAN_AGAIN)
    return _day("17", value)


def _pieces(elements: tuple[Element, ...]) -> Iterator[str]:
    for element in elements:
        yield f"{element.ai}{element.value}{'' if _predefined(element.ai) else FNC1}"


def _told_once(elements: list[Element]) -> tuple[Element, ...]:
    if not elements:
        raise FormError(KIND, "holds at least one element", SCAN_AGAIN)
    told: dict[str, str] = {}
    for element in elements:
        if told.setdefault(element.ai, element.value) != element.value:
            raise FormError(f"GS1 element ({element.ai})", "has one value in one bar code", SCAN_AGAIN)
    return tuple(elements)


def _ai_length(text: str) -> int:
    length = _LENGTH_OF_AI.get(text[:2])
    if length is None:
        raise KindError(KIND, "begins with an application identifier that GS1 has assigned", SCAN_AGAIN)
    return length


def _predefined(ai: str) -> int:
    return _PREDEFINED.get(ai[:2], 0)


def _day(ai: str, value: str) -> date:
    year, month, number = 2000 + int(value[:2]), int(value[2:4]), int(value[4:6])
    whole_month = number == 0 and ai != _EXPIRY_MINUTE
    try:
        first = date(year, month, 1)
        day = _end_of_month(first) if whole_month else first.replace(day=number)
    except ValueError:
        raise RangeError(f"GS1 element ({ai})", "holds a day that exists", SCAN_AGAIN) from None
    if len(value) > len("YYMMDD") and not (int(value[6:8]) < _HOURS and int(value[8:]) < _MINUTES):
        raise RangeError(f"GS1 element ({ai})", "holds a time of day", SCAN_AGAIN)
    return day


def _end_of_month(first: date) -> date:
    next_month = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return next_month - timedelta(days=1)
