"""Tags: `kind:scheme:value`, the labels under which a fact is filed and found.

The scheme says who guarantees that the value is unique. Printable ASCII stays, everything else, space and percent sign
are percent-encoded, so a tag never holds a control character and two spellings never meet by accident.
"""

from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote

_PEOPLE: Final = ("coi", "patient", "donor", "person")
_THINGS: Final = ("donation", "material", "batch", "lot", "consignment", "product", "equipment")
_PLACES: Final = ("site", "zone", "organisation")
_PAPERS: Final = ("licence", "agreement", "designation", "authorisation", "specification", "masterfile")
_CASES: Final = ("deviation", "case")

KINDS: Final = frozenset((*_PEOPLE, *_THINGS, *_PLACES, *_PAPERS, *_CASES))
"""All tag kinds there are."""

LONGEST: Final = 200
"""Longest tag, in bytes."""

_KEPT: Final = "!\"#$&'()*+,-./;<=>?@[\\]^_`{|}~:"


@lru_cache(maxsize=65_536)
def tag(kind: str, scheme: str, value: str) -> str:
    """Makes the tag of one thing, for example `site:ods:RR813`."""
    return f"{kind}:{quote(scheme, safe='.-_~')}:{quote(value, safe=_KEPT)}"


def parts(label: str) -> tuple[str, str, str]:
    """Splits a tag into kind, scheme and value.

    Raises:
        ValueError: The text is not a tag.
    """
    kind, _, rest = label.partition(":")
    scheme, colon, value = rest.partition(":")
    if kind not in KINDS or not scheme or not colon or not value:
        message = f"{label!r} is not a tag: write kind:scheme:value, for example material:isbt128-mpho:A9999…"
        raise ValueError(message)
    return kind, unquote(scheme), unquote(value)


@lru_cache(maxsize=65_536)
def kind_of(label: str) -> str:
    """Returns the kind of a tag."""
    return label.partition(":")[0]
