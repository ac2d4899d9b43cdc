"""One entry for everything a scanner reads or a person types: which things it names, as tags want them.

The symbology identifier that scanners send in front (ISO/IEC 15424: `]C1`, `]d2`) says that GS1 wrote the content;
without one the content says itself what it is. A text that could be several things, such as eighteen bare digits, is
refused with the way out, never guessed. Identity of a patient or donor is told by its kind only: read a wristband with
`wristband.parse` where it is compared.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from ledger.domain.identifiers import (
    coi,
    gs1,
    gs1_elements,
    gs1_links,
    isbt128,
    isbt128_structures,
    nhs_number,
    schemes,
    sec,
    tag,
    wristband,
)
from ledger.domain.identifiers.coi import Coi
from ledger.domain.identifiers.errors import SCAN_AGAIN, FormError, KindError
from ledger.domain.identifiers.gs1_elements import Element
from ledger.domain.identifiers.isbt128 import Box, Din, ProductCode
from ledger.domain.identifiers.label import Label
from ledger.domain.identifiers.sealed import IdentityKind
from ledger.domain.identifiers.sec import Sec

KIND: Final = "reading"

LONGEST: Final = 7_089
"""Most characters that a bar code of any symbology holds (a QR code of digits)."""

_SYMBOLOGY: Final = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_GS1: Final = frozenset(("]C1", "]e0", "]e1", "]e2", "]d2", "]Q3", "]J1"))
_RETAIL: Final = frozenset(("]E0", "]E4"))
_TWO: Final = "00|01|02|10|11|13|15|17|21"
_FOUR: Final = "253|254|41[0-7]|7003|800[34]|8017"
_BARE_ELEMENTS: Final = re.compile(f"\x1d.*|(?:{_TWO}|{_FOUR}).*\x1d.*|(?:00[0-9]{{18}}|01[0-9]{{14}}).*", re.DOTALL)

_TYPED_COI: Final = re.compile("CH[0-9A-Z]{13}[0-9A-Z*]")
_TYPED_DIN: Final = re.compile(f"(?![0-9]{{3}}){isbt128.FIN}[0-9]{{8}}[0-9A-Z*]")


@dataclass(frozen=True, slots=True)
class Named:
    """One thing that a reading names.

    Attributes:
        kinds: What kind of thing it can be; the fact or the search that asks knows which.
        scheme: Who guarantees that the value is unique.
        value: Canonical: without data identifier, flags and check character; case kept.
    """

    kinds: tuple[str, ...]
    scheme: str
    value: str

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags that it can have."""
        return tuple(tag.tag(kind, self.scheme, self.value) for kind in self.kinds)


@dataclass(frozen=True, slots=True)
class Scan:
    """What a reading says.

    Attributes:
        named: The things that it names, each once.
        withheld: Which identity it holds; never the identity.
        what: What sort of bar code or print it was, for a person.
        structures: The data structures of ISBT 128 in it, to be put together with those of other bar codes of a label.
    """

    named: tuple[Named, ...] = ()
    withheld: frozenset[IdentityKind] = frozenset()
    what: str = field(default="", compare=False)
    structures: tuple[isbt128_structures.Structure, ...] = field(default=(), compare=False, repr=False)


def read(reading: str, symbology: str = "", *, tests: bool = False) -> Scan:
    """Reads what a scanner sent or a person typed from a bar code.

    Args:
        reading: The text, with or without the symbology identifier in front.
        symbology: The symbology identifier, where the scanner sent it beside the text.
        tests: Whether NHS numbers for tests count as such.

    Raises:
        IdentifierError: It names nothing, or nothing in one way only, or a check disagrees; nothing of it is repeated.
    """
    if len(reading) > LONGEST:
        raise FormError(KIND, f"has at most {LONGEST} characters", SCAN_AGAIN)
    sent = _SYMBOLOGY.match(reading)
    if sent and symbology and sent[0] != symbology:
        raise KindError(KIND, "has one symbology identifier", "send the one that the scanner read")
    symbology, content = (sent[0], reading[3:]) if sent else (symbology, reading)
    content = content.rstrip("\r\n")
    if symbology in _RETAIL:
        return Scan((Named(("product",), schemes.GTIN, gs1.gtin(content)),), what="GS1 retail bar code")
    if wristband.is_one(content):
        return _of_wristband(content, tests=tests)
    elements = _elements(content, symbology)
    scan = _of_gs1(elements, _written(content), tests=tests) if elements else _by_its_look(content)
    if not scan.named and not scan.withheld:
        raise KindError(KIND, "names a thing", "scan the other bar codes of the label")
    return scan


def _elements(content: str, symbology: str) -> tuple[Element, ...]:
    """What GS1 wrote, in any of its forms; nothing where it wrote nothing."""
    if content.startswith("urn:"):
        return gs1_links.parse_name(content)
    if content.startswith(("http://", "https://")):
        return gs1_links.parse_link(content)
    if content.startswith("("):
        return gs1_elements.parse_printed(content)
    if symbology in _GS1 or _BARE_ELEMENTS.fullmatch(content):
        return gs1_elements.parse(content)
    return ()


def together(scans: Iterable[Scan]) -> tuple[Named, ...]:
    """Returns what the bar codes of one label name together: a donation, a product and a division are one container.

    Raises:
        IdentifierError: They disagree.
    """
    structures = tuple(dict.fromkeys(one for scan in scans for one in scan.structures))
    return tuple(dict.fromkeys(_on(Label(structures))))


def _written(content: str) -> str:
    """In which of its forms GS1 wrote something."""
    if content.startswith("urn:"):
        return gs1_links.NAME
    if content.startswith(("http://", "https://")):
        return gs1_links.LINK
    return "GS1 element string"


def _by_its_look(content: str) -> Scan:
    if content.startswith(("=", "&")):
        compound = " compound message" if content.startswith(isbt128_structures.COMPOUND) else ""
        return _of_isbt128(Label(isbt128_structures.parse(content)), f"ISBT 128{compound}")
    if content.startswith("SEC:"):
        return Scan((Named(("material",), schemes.SEC, sec.parse(content).value),), what=f"{sec.KIND}, printed")
    typed = content.replace(" ", "")
    if _TYPED_COI.fullmatch(typed):
        return Scan((Named(("coi",), schemes.COI, coi.parse_typed(typed).value),), what=f"{coi.KIND}, printed")
    if _TYPED_DIN.fullmatch(typed):
        din = isbt128.parse_typed_din(typed)
        return Scan((Named(("donation",), schemes.DIN, din.value),), what=f"{isbt128.DIN_KIND}, printed")
    if nhs_number.is_in(content):
        return Scan(withheld=frozenset((IdentityKind.NHS_NUMBER,)), what=nhs_number.KIND)
    raise KindError(
        KIND,
        "a bar code or a name with its scheme says what it is, and this does not",
        "scan a bar code with its symbology, or type scheme:value",
    )


_DONOR_NUMBERS: Final = (isbt128_structures.DONOR, isbt128_structures.DONOR_REGISTRATION)


def _of_isbt128(label: Label, written: str) -> Scan:
    withheld = {_identity(one.number) for one in label.structures if one.holds_identity}
    what = f"{written}: {', '.join(dict.fromkeys(one.name for one in label.structures))}"
    return Scan(tuple(dict.fromkeys(_on(label))), frozenset(withheld), what, label.structures)


def _identity(number: str) -> IdentityKind:
    if number in _DONOR_NUMBERS:
        return IdentityKind.DONOR
    birth = number == isbt128_structures.DATE_OF_BIRTH
    return IdentityKind.DATE_OF_BIRTH if birth else IdentityKind.HOSPITAL_NUMBER


def _on(label: Label) -> Iterator[Named]:
    if label.mpho is not None:
        yield Named(("material",), schemes.MPHO, label.mpho.value)
    for chain in label.all(Coi):
        yield Named(("coi",), schemes.COI, chain.value)
    for din in label.all(Din):
        yield Named(("donation",), schemes.DIN, din.value)
    for code in label.all(ProductCode):
        yield Named(("product",), schemes.PRODUCT_DESCRIPTION, code.description)
    if label.description:
        yield Named(("product",), schemes.PRODUCT_DESCRIPTION, label.description)
    for european in label.all(Sec):
        yield Named(("material",), schemes.SEC, european.value)
    for box in label.all(Box):
        yield Named(("consignment",), schemes.CONSIGNMENT, box.consignment.value)


def _of_wristband(content: str, *, tests: bool) -> Scan:
    return Scan(withheld=wristband.parse(content, tests=tests).kinds, what=wristband.KIND)


def _of_gs1(elements: tuple[Element, ...], written: str, *, tests: bool) -> Scan:
    values = {element.ai: element.value for element in elements}
    if "8018" in values:
        return _of_wristband(f"8018{values['8018']}", tests=tests)
    return Scan(tuple(_in(values)), what=f"{written} {''.join(f'({ai})' for ai in values)}")


_ONE_KEY: Final = (
    ("00", ("consignment",), schemes.SSCC),
    ("414", ("site",), schemes.GLN),
    ("416", ("site",), schemes.GLN),
    ("417", ("organisation",), schemes.GLN),
    ("8004", ("equipment",), schemes.GIAI),
    ("8017", ("person",), schemes.GSRN),
)


def _in(values: dict[str, str]) -> Iterator[Named]:
    item = values.get("01")
    if item and "21" in values:
        yield Named(("material", "equipment"), schemes.SGTIN, gs1.TradeItem(item, values["21"]).value)
    if item and "10" in values:
        yield Named(("lot",), schemes.LGTIN, gs1.TradeItem(item, values["10"]).value)
    if item:
        yield Named(("product",), schemes.GTIN, item)
    if len(values.get("8003", "")) > len("00000000000000"):
        yield Named(("equipment",), schemes.GRAI, values["8003"])
    for ai, kinds, scheme in _ONE_KEY:
        if ai in values:
            yield Named(kinds, scheme, values[ai])
