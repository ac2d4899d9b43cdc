"""The published schemes: for each the check that a stored value must pass, and the one spelling that it has.

Any other scheme belongs to an organisation, which has its own rules, and its values are taken as they are.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from ledger.domain.identifiers import coi, gs1, isbt128, ods, register_numbers, sec
from ledger.domain.identifiers.errors import FormError

COI: Final = "isbt128-coi"
DIN: Final = "isbt128-din"
MPHO: Final = "isbt128-mpho"
PRODUCT_DESCRIPTION: Final = "isbt128-pdc"
CONSIGNMENT: Final = "isbt128-consignment"
SEC: Final = "sec"
SSCC: Final = "gs1-sscc"
GTIN: Final = "gs1-gtin"
SGTIN: Final = "gs1-sgtin"
LGTIN: Final = "gs1-lgtin"
GLN: Final = "gs1-gln"
GIAI: Final = "gs1-giai"
GRAI: Final = "gs1-grai"
GSRN: Final = "gs1-gsrn"
ODS: Final = "ods"
UNVERIFIED: Final = "unverified"
"""What stands on a real label and fails its check: taken as it is read, and said to be so in the verdict."""


def canonical(scheme: str, value: str) -> str:
    """Returns the one spelling of a value under its scheme: no data identifier, flags or check character; case kept.

    Args:
        scheme: Who guarantees that the value is unique.
        value: As it was sent or typed, without its scheme.

    Raises:
        IdentifierError: The scheme is published and the value is none of its values.
    """
    check = CHECKS.get(scheme)
    return check(value) if check else value


def _description(value: str) -> str:
    if not isbt128.is_description(value):
        raise FormError("product description code", "5 capital letters and digits, a letter first", "read the label")
    return value


CHECKS: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {
        COI: lambda value: coi.Coi(value).value,
        DIN: lambda value: isbt128.Din(value).value,
        MPHO: lambda value: isbt128.parse_mpho(value).value,
        PRODUCT_DESCRIPTION: _description,
        CONSIGNMENT: lambda value: isbt128.Consignment(value).value,
        SEC: lambda value: sec.parse(value).value,
        SSCC: gs1.sscc,
        GTIN: gs1.gtin,
        SGTIN: lambda value: gs1.trade_item(value).value,
        LGTIN: lambda value: gs1.trade_item(value).value,
        GLN: gs1.gln,
        GIAI: gs1.giai,
        GRAI: gs1.grai,
        GSRN: gs1.gsrn,
        ODS: ods.parse,
        "gmc": register_numbers.gmc,
        "nmc": register_numbers.nmc,
        "gphc": register_numbers.gphc,
        "hcpc": register_numbers.hcpc,
        "hta": register_numbers.hta,
        "mhra": register_numbers.mhra,
    }
)
"""What each published scheme asks of a value."""

WRITTEN: Final = frozenset((*CHECKS, UNVERIFIED))
"""The names of schemes that have one spelling, so that no thing gets two names by capitals."""
