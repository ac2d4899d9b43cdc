"""The Single European Code: 21 characters of the donation, 19 of the product (Directive 2006/86/EC as amended; ST-012).

It has no check character. It does not apply to advanced therapy medicines themselves and is gone in Great Britain; it
still applies in Northern Ireland, and starting material from elsewhere bears it. Whether an establishment or a product
exists is known to the EU's own compendia only and is not asked here.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from ledger.domain.identifiers import isbt128
from ledger.domain.identifiers.errors import SCAN_AGAIN, CheckError, FormError, IdentifierError, RangeError

KIND: Final = "Single European Code"
DATA_IDENTIFIER: Final = "&,4"

_DONATION: Final = re.compile("([A-Z]{2})([A-Z0-9]{6})([A-Z0-9]{13})")
_PRODUCT: Final = re.compile("([ABE])([A-Z0-9]{7})([A-Za-z0-9]{3})([0-9]{8})")
_PRINTED: Final = re.compile(r"SEC:\s{0,4}(\S{21})\s{1,4}(\S{19})")
_DONATION_LENGTH: Final = 21
_LENGTH: Final = 40
_NEVER: Final = "00000000"

_COUNTRIES: Final = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW "
    "BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI "
    "FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN "
    "IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME "
    "MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF "
    "PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV "
    "SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE "
    "YT ZA ZM ZW"
)
COUNTRIES: Final = frozenset(_COUNTRIES.split())
"""ISO 3166-1 alpha-2."""


@dataclass(frozen=True, slots=True)
class DonationSequence:
    """The first part: which donation. It goes with the documents of starting material where a whole code is not due.

    Attributes:
        value: 21 characters.
    """

    value: str

    def __post_init__(self) -> None:
        if not _DONATION.fullmatch(self.value):
            rule = "its donation part has a country of 2, an establishment of 6 and a donation of 13 capitals or digits"
            raise FormError(KIND, rule, SCAN_AGAIN)
        if self.country not in COUNTRIES:
            raise RangeError(KIND, "it begins with the ISO 3166 code of a country", SCAN_AGAIN)

    @property
    def country(self) -> str:
        """ISO 3166-1 alpha-2."""
        return self.value[:2]

    @property
    def establishment(self) -> str:
        """Tissue establishment, with its leading zeros."""
        return self.value[2:8]

    @property
    def donation(self) -> str:
        """Unique donation number, with its leading zeros; a DIN fits exactly."""
        return self.value[8:]


@dataclass(frozen=True, slots=True)
class ProductSequence:
    """The second part: which product, which split, until when.

    Attributes:
        value: 19 characters.
    """

    value: str

    def __post_init__(self) -> None:
        if not _PRODUCT.fullmatch(self.value):
            rule = "its product part has A, B or E, a product of 7, a split of 3 and a date of 8 digits"
            raise FormError(KIND, rule, SCAN_AGAIN)
        if self.system == "A" and not (self.product.startswith("00") and isbt128.is_description(self.product[2:])):
            raise FormError(KIND, "a product of system A is 00 and an ISBT 128 product description", SCAN_AGAIN)
        if self.value[11:] != _NEVER:
            _day(self.value[11:])

    @property
    def system(self) -> str:
        """Who coded the product: A ISBT 128, B Eurocode, E EUTC."""
        return self.value[0]

    @property
    def product(self) -> str:
        """Product code, with its leading zeros."""
        return self.value[1:8]

    @property
    def split(self) -> str:
        """Which part; case counts."""
        return self.value[8:11]

    @property
    def expiry(self) -> date | None:
        """Last day of use; none when it does not expire or does not say."""
        return None if self.value[11:] == _NEVER else _day(self.value[11:])


@dataclass(frozen=True, slots=True)
class Sec:
    """A whole Single European Code.

    Attributes:
        donation: The first part.
        product: The second part.
    """

    donation: DonationSequence
    product: ProductSequence

    @property
    def value(self) -> str:
        """The 40 characters that are stored and compared."""
        return f"{self.donation.value}{self.product.value}"

    @property
    def printed(self) -> str:
        """As people read it, on one line."""
        return f"SEC: {self.donation.value} {self.product.value}"

    @property
    def wire(self) -> str:
        """As a bar code of ISBT 128 holds it, data structure 038."""
        return f"{DATA_IDENTIFIER}{self.value}"

    @property
    def din(self) -> isbt128.Din | None:
        """The donation number as a DIN, where the code is of ISBT 128 and holds one."""
        try:
            return isbt128.Din(self.donation.donation) if self.product.system == "A" else None
        except IdentifierError:
            return None


def parse(text: str) -> Sec:
    """Reads a code as printed after `SEC:`, from a scan with `&,4`, or as the 40 stored characters.

    Raises:
        IdentifierError: It is none.
    """
    printed = _PRINTED.fullmatch(text)
    whole = "".join(printed.groups()) if printed else text.removeprefix(DATA_IDENTIFIER)
    if len(whole) != _LENGTH:
        raise FormError(KIND, "40 characters; in print SEC: 21 characters, a space, 19 characters", SCAN_AGAIN)
    return Sec(DonationSequence(whole[:_DONATION_LENGTH]), ProductSequence(whole[_DONATION_LENGTH:]))


def confirm(code: Sec, *, din: isbt128.Din | None, product: isbt128.ProductCode | None) -> None:
    """Holds a code against the other bar codes of the same label.

    Raises:
        IdentifierError: It names another donation, product or division than they do.
    """
    if code.product.system != "A":
        return
    if din is not None and code.donation.donation != din.value:
        raise CheckError(KIND, "it names the donation of the label's donation number", SCAN_AGAIN)
    if product is not None and code.product.product[2:] != product.description:
        raise CheckError(KIND, "it names the product of the label's product code", SCAN_AGAIN)
    if product is not None and product.division != "99" and code.product.split != product.split:
        raise CheckError(KIND, "its split is the division of the label's product code", SCAN_AGAIN)


def _day(digits: str) -> date:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise RangeError(KIND, "it ends with a day that exists, or with eight zeros", SCAN_AGAIN) from None
