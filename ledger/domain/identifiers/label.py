"""What the ISBT 128 bar codes of one label say together: which container it is, and whether they agree.

Scanners send several bar codes of a label in any order. Each alone names a donation, a product, a division; together
they name one bag or vial.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from ledger.domain.identifiers import isbt128, isbt128_structures, sec
from ledger.domain.identifiers.coi import Coi
from ledger.domain.identifiers.errors import SCAN_AGAIN, CheckError, FormError
from ledger.domain.identifiers.isbt128 import Box, Din, Mpho, ProductCode
from ledger.domain.identifiers.isbt128_structures import Structure
from ledger.domain.identifiers.sec import Sec

V = TypeVar("V", Din, ProductCode, Box, Sec, Coi)


@dataclass(frozen=True, slots=True)
class Label:
    """The bar codes of one label, which agree with each other.

    Attributes:
        structures: As they were scanned.
    """

    structures: tuple[Structure, ...]

    def __post_init__(self) -> None:
        code, divisions = self.product_code, self.divisions
        if code is not None and divisions and code.division != "99":
            raise FormError("label", "with divisions has a product code that ends with 99", SCAN_AGAIN)
        if code is not None and self.description != code.description:
            raise CheckError("label", "names one product in all its bar codes", SCAN_AGAIN)
        for one in self.all(Sec):
            sec.confirm(one, din=self.din, product=code)

    def all(self, kind: type[V]) -> Iterator[V]:
        """Every value of a kind, each once, in the order of the scan."""
        return iter(dict.fromkeys(one.value for one in self.structures if isinstance(one.value, kind)))

    @property
    def din(self) -> Din | None:
        """The donation, where it is one."""
        return self._only(Din)

    @property
    def product_code(self) -> ProductCode | None:
        """The product code, where it is one."""
        return self._only(ProductCode)

    @property
    def description(self) -> str:
        """Product Description Code, from the processor's product or from the product code; empty without either."""
        processed = self._content(isbt128_structures.PROCESSOR_PRODUCT)[11:]
        return processed or (self.product_code.description if self.product_code else "")

    @property
    def processor(self) -> str:
        """Facility that processed it, empty where the label names none."""
        whole = self._content(isbt128_structures.PROCESSOR_PRODUCT) or self._content(isbt128_structures.PROCESSOR)
        return whole[:5]

    @property
    def divisions(self) -> str:
        """Data structure 032, empty without."""
        return self._content(isbt128_structures.DIVISIONS)

    @property
    def mpho(self) -> Mpho | None:
        """Which container it is, where the label says enough.

        It does not without a donation, a product and a division; nor for a code that a nation or a facility defined
        for itself while no facility is named; nor for a numbered pack of tissue, which is no division.
        """
        din, code = self.din, self.product_code
        divisions = self.divisions or _divided(code)
        if din is None or not self.description or not divisions:
            return None
        if code is not None and code.is_local and not self.processor:
            return None
        processor = self.processor or isbt128.NO_PROCESSOR
        return Mpho(processor=processor, description=self.description, din=din, divisions=divisions)

    def _only(self, kind: type[V]) -> V | None:
        found = list(self.all(kind))
        return found[0] if len(found) == 1 else None

    def _content(self, number: str) -> str:
        found = {one.content for one in self.structures if one.number == number}
        return found.pop() if len(found) == 1 else ""


def _divided(code: ProductCode | None) -> str:
    """The division of a product code in the six characters of an MPHO identifier; empty where it tells none."""
    return "" if code is None or code.pack_number or code.division == "99" else f"{code.division}0000"
