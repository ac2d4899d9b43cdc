"""GS1 keys as addresses: Digital Links and EPC names, read into the same elements as a bar code.

GS1 Digital Link and the EPC Tag Data Standard. An EPC name shows where the company prefix ends, so it can be read;
it cannot be written, since an element does not show it. A link is written in its canonical form.
"""

import re
from typing import Final
from urllib.parse import quote, unquote

from ledger.domain.identifiers import gs1
from ledger.domain.identifiers.errors import SCAN_AGAIN, FormError, KindError
from ledger.domain.identifiers.gs1_elements import Element

LINK: Final = "GS1 Digital Link"
NAME: Final = "EPC name"

_CANONICAL: Final = "https://id.gs1.org"
_LINK: Final = re.compile(r"https?://[^/?#\s]+(/[^?#\s]+)(?:\?([^#\s]*))?(?:#\S*)?")
_AI: Final = re.compile("[0-9]{2,4}")
_TWO_AND_THREE: Final = ("00", "01", "253", "255", "401", "402", "414", "415", "417")
_FOUR: Final = ("8003", "8004", "8006", "8010", "8013", "8017", "8018")
_KEYS: Final = frozenset((*_TWO_AND_THREE, *_FOUR))
_NAME: Final = re.compile(r"urn:epc:(id|class|idpat):([a-z]+):(\S+)")
_PREFIX: Final = re.compile("[0-9]{6,12}")
_REFERENCE: Final = re.compile("[0-9]*")
_ANY: Final = "*"


def parse_link(text: str) -> tuple[Element, ...]:
    """Reads a Digital Link: pairs of application identifier and value after any address, and in its query.

    Raises:
        IdentifierError: It is none.
    """
    match = _LINK.fullmatch(text)
    steps = match[1].removesuffix("/").split("/")[1:] if match else []
    start = next((place for place, step in enumerate(steps) if step in _KEYS and (len(steps) - place) % 2 == 0), None)
    if match is None or start is None:
        raise KindError(LINK, "a web address with a GS1 key and its value in pairs", SCAN_AGAIN)
    pairs = list(zip(steps[start::2], steps[start + 1 :: 2], strict=True))
    asked = [piece.partition("=")[::2] for piece in (match[2] or "").split("&")]
    pairs += [(ai, value) for ai, value in asked if _AI.fullmatch(ai)]
    return tuple(_element(ai, _unquoted(value)) for ai, value in pairs)


def link(elements: tuple[Element, ...]) -> str:
    """Writes elements, the key first, as the canonical Digital Link; the inverse of `parse_link`.

    Raises:
        IdentifierError: The first element is no key.
    """
    if not elements or elements[0].ai not in _KEYS:
        raise KindError(LINK, "begins with a GS1 key", "put the key first")
    return _CANONICAL + "".join(f"/{element.ai}/{quote(element.value, safe='')}" for element in elements)


def parse_name(text: str) -> tuple[Element, ...]:
    """Reads the EPC name of a thing, of a class of things or of all things of a class.

    Raises:
        IdentifierError: It is none.
    """
    match = _NAME.fullmatch(text)
    if match is None or match[2] not in _SCHEMES:
        raise KindError(NAME, "urn:epc:, id or class or idpat, and a scheme that names a GS1 key", SCAN_AGAIN)
    ais, lengths, extended = _SCHEMES[match[2]]
    fields = match[3].split(".", _FIELDS[match[2]] - 1)
    if len(fields) != _FIELDS[match[2]] or not _PREFIX.fullmatch(fields[0]):
        raise FormError(NAME, "a company prefix of 6 to 12 digits and the fields of its scheme, with dots", SCAN_AGAIN)
    return _elements(match[2], ais, lengths, [_unquoted(one) for one in fields], extended=extended)


# EPC scheme: application identifiers of key and extension, digits of the key without check digit, whether the first
# digit of the reference goes before the company prefix. No digits: a key without check digit.
_SCHEMES: Final[dict[str, tuple[tuple[str, str], int, bool]]] = {
    "sgtin": (("01", "21"), 13, True),
    "lgtin": (("01", "10"), 13, True),
    "upui": (("01", "235"), 13, True),
    "itip": (("8006", "21"), 13, True),
    "sscc": (("00", ""), 17, True),
    "sgln": (("414", "254"), 12, False),
    "pgln": (("417", ""), 12, False),
    "gdti": (("253", "253"), 12, False),
    "sgcn": (("255", "255"), 12, False),
    "grai": (("8003", "8003"), 12, False),
    "gsrn": (("8018", ""), 17, False),
    "gsrnp": (("8017", ""), 17, False),
    "gsin": (("402", ""), 16, False),
    "giai": (("8004", ""), 0, False),
    "ginc": (("401", ""), 0, False),
    "cpi": (("8010", "8011"), 0, False),
}
_FIELDS: Final = {
    **dict.fromkeys(("sscc", "pgln", "gsrn", "gsrnp", "gsin", "giai", "ginc"), 2),
    **dict.fromkeys(("sgtin", "lgtin", "upui", "sgln", "gdti", "sgcn", "grai", "cpi"), 3),
    "itip": 5,
}
_NO_EXTENSION: Final = "0"


def _elements(
    scheme: str, ais: tuple[str, str], length: int, fields: list[str], *, extended: bool
) -> tuple[Element, ...]:
    ai, extension_ai = ais
    extension = "" if len(fields) < 3 or fields[-1] == _ANY else fields[-1]  # noqa: PLR2004 - prefix, reference, more
    key = _key(scheme, length, fields, extended=extended)
    if scheme == "sgln" and extension == _NO_EXTENSION:
        extension = ""
    if ai == extension_ai:
        return (Element(ai, key + extension),)
    return (Element(ai, key), *((Element(extension_ai, extension),) if extension else ()))


def _key(scheme: str, length: int, fields: list[str], *, extended: bool) -> str:
    prefix, reference = fields[:2]
    if not length:
        return prefix + reference
    body = reference[:1] + prefix + reference[1:] if extended else prefix + reference
    if len(body) != length or not _REFERENCE.fullmatch(reference):
        raise FormError(NAME, "company prefix and reference have the digits of the key together", SCAN_AGAIN)
    key = body + gs1.check_digit(body)
    if scheme == "itip":
        key += "".join(fields[2:4])
    return f"0{key}" if scheme == "grai" else key


def _element(ai: str, value: str) -> Element:
    """An element of a link, which may hold any length of a GTIN."""
    return Element(ai, gs1.gtin(value) if ai == "01" else value)


def _unquoted(text: str) -> str:
    return unquote(text, errors="replace")
