"""The patient's wristband (DCB1077): a GS1 bar code whose every element is identity. For the edge only.

`8018` and the service relation number that wraps the NHS number; `91` organisation and local patient number; `93`
family name, given name, date of birth; `92` for babies. Items end with a comma; the next element follows at once or
after FNC1, as printers differ, so an element is known by what it begins with. What is read is sealed, to be compared
where it was read, and gone; what nobody compares is not kept.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ledger.domain.identifiers import gs1, nhs_number
from ledger.domain.identifiers.errors import SCAN_AGAIN, CheckError, FormError, IdentifierError, KindError
from ledger.domain.identifiers.sealed import IdentityKind, Sealed

KIND: Final = "wristband"

_AI: Final = "8018"
_NHS_PREFIX: Final = "5050898"
_LENGTH: Final = 18
_NUMBER: Final = slice(7, 17)
_SEPARATOR: Final = re.compile("[,\x1d]")
_FIRST: Final = re.compile("9[123]")
_NEXT: Final = re.compile("91(?=[A-Z])|92(?=[0-9]/[0-9])|9[23](?![0-9])")
_LEAST_ITEMS: Final = {"91": 2}
"""A hospital's own number may begin with 93: the first items of an element are never taken for the next."""

_ORGANISATION: Final = re.compile("[A-Z0-9]{3,10}")
_DATE: Final = re.compile("[0-9]{1,2}-[A-Z][a-z]{2}-[0-9]{4}")


@dataclass(frozen=True, slots=True)
class Wristband:
    """What a wristband says, sealed; only the kinds can be seen.

    Attributes:
        fields: Each kind of identity that was read.
        organisation: ODS code of the hospital that printed it, empty when it does not say; not identity.
    """

    fields: Mapping[IdentityKind, Sealed]
    organisation: str = ""

    @property
    def kinds(self) -> frozenset[IdentityKind]:
        """Which kinds of identity it holds."""
        return frozenset(self.fields)

    def compare(self, other: "Wristband") -> dict[IdentityKind, bool]:
        """Returns, for each kind that both hold, whether they agree."""
        return {kind: self.fields[kind] == other.fields[kind] for kind in self.fields if kind in other.fields}


def is_one(text: str) -> bool:
    """Tells whether a scan begins as a wristband does."""
    return text.removeprefix("\x1d").startswith(_AI)


def parse(text: str, *, tests: bool = False) -> Wristband:
    """Reads the scan of a wristband, without its symbology identifier.

    Args:
        text: What a scanner sent.
        tests: Whether NHS numbers for tests count.

    Raises:
        IdentifierError: It is none, or a digit is wrong; nothing of it is repeated.
    """
    scan = text.removeprefix("\x1d")
    if not scan.startswith(_AI):
        raise KindError(KIND, f"begins with {_AI}", "scan the square bar code of the wristband")
    relation, rest = scan[len(_AI) :][:_LENGTH], scan[len(_AI) + _LENGTH :].removeprefix("\x1d")
    if len(relation) != _LENGTH or not (relation.isascii() and relation.isdecimal()):
        raise FormError(KIND, f"has {_LENGTH} digits after {_AI}", SCAN_AGAIN)
    if not gs1.is_checked(relation):
        raise CheckError(KIND, "the last digit of its number is the check digit of the others", SCAN_AGAIN)
    fields = {IdentityKind.WRISTBAND: Sealed(IdentityKind.WRISTBAND, relation)}
    if relation.startswith(_NHS_PREFIX):
        fields[IdentityKind.NHS_NUMBER] = _nhs_number(relation[_NUMBER], tests=tests)
    entries = _entries(rest)
    organisation, number = [*entries.get("91", ()), "", ""][:2]
    if number:
        fields[IdentityKind.HOSPITAL_NUMBER] = Sealed(IdentityKind.HOSPITAL_NUMBER, number)
    fields |= _person(entries.get("93", []))
    return Wristband(fields, organisation if _ORGANISATION.fullmatch(organisation) else "")


def _nhs_number(digits: str, *, tests: bool) -> Sealed:
    try:
        return nhs_number.parse(digits, tests=tests).sealed
    except IdentifierError as wrong:
        raise type(wrong)(f"{KIND}, {wrong.kind}", wrong.rule, wrong.remedy) from None


def _entries(rest: str) -> dict[str, list[str]]:
    """The items of the elements 91 to 93."""
    found: dict[str, list[str]] = {}
    entry = ""
    for item in _SEPARATOR.split(rest):
        form = _NEXT if entry else _FIRST
        begins = len(found.get(entry, ())) >= _LEAST_ITEMS.get(entry, 0) and form.match(item)
        if not entry and not begins and item:
            raise FormError(KIND, "after its number come elements 91 to 93", SCAN_AGAIN)
        entry = item[:2] if begins else entry
        found.setdefault(entry, []).append((item[2:] if begins else item).strip())
    return found


def _person(items: list[str]) -> dict[IdentityKind, Sealed]:
    """Names stand before the date of birth; where there is none, they are the first two items."""
    place = next((place for place, item in enumerate(items) if _DATE.fullmatch(item)), None)
    names = ",".join(item for item in items[: 2 if place is None else place] if item)
    said = {IdentityKind.NAME: names, IdentityKind.DATE_OF_BIRTH: "" if place is None else items[place]}
    return {kind: Sealed(kind, value) for kind, value in said.items() if value}
