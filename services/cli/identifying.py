"""What a person typed, as a tag: typed whole, as scheme and value, or as a value. Several meanings are an error."""

import re
from collections.abc import Iterable
from typing import Final

from ledger.domain.identifiers import tag as tags
from ledger.domain.receipt import NotFound
from services.cli.failing import FINDING, Failure
from services.cli.source import Source

MOST_SCANNED: Final = 20_000
"""Newest facts that are looked through for a bare value."""

SHAPES: Final = (
    ("coi", "isbt128-coi", re.compile(r"CH[A-Z0-9]{5}[0-9]{2}[A-Z0-9]{6}")),
    ("material", "isbt128-mpho", re.compile(r"[A-Z0-9]{29}")),
    ("donation", "isbt128-din", re.compile(r"[A-Z][A-Z0-9]{4}[0-9]{8}")),
    ("consignment", "gs1-sscc", re.compile(r"[0-9]{18}")),
)
"""Values that say by their shape what they are."""

EXAMPLE: Final = "write it whole as kind:scheme:value, for example material:isbt128-mpho:A9999…"


def resolved(source: Source, text: str, *, preferred: str = "") -> str:
    """Finds the one tag that a text means.

    Args:
        source: Where to look.
        text: What was typed.
        preferred: A kind that wins when there are several.

    Raises:
        Failure: The ledger knows nothing, or several things, of that name.
    """
    if text.partition(":")[0] in tags.KINDS and text.count(":") > 1:
        return text
    known = [label for label in _likely(text, preferred) if _is_known(source, label)] or _searched(source, text)
    found = [label for label in known if label.startswith(f"{preferred}:")] if preferred else []
    found = found or known
    if len(found) == 1:
        return found[0]
    if found:
        raise Failure(f"{text!r} names {len(found)} things: {', '.join(sorted(found))}. Give one of these", FINDING)
    raise Failure(f"nothing named {text!r} is in the ledger; if you expected it, {EXAMPLE}", FINDING)


def _likely(text: str, preferred: str) -> list[str]:
    """Tags that the text could be without looking anything up."""
    if ":" in text:
        scheme, _, value = text.partition(":")
        return [tags.tag(kind, scheme, value) for kind in sorted(tags.KINDS) if scheme and value]
    shaped = [tags.tag(kind, scheme, text) for kind, scheme, shape in SHAPES if shape.fullmatch(text)]
    return sorted(shaped, key=lambda label: not label.startswith(f"{preferred}:"))


def _is_known(source: Source, label: str) -> bool:
    try:
        source.trace(label)
    except NotFound:
        return False
    return True


def _searched(source: Source, text: str) -> list[str]:
    """Looks for a bare value in the newest facts."""
    if ":" in text:
        return []
    size = source.info().size
    oldest = max(size - MOST_SCANNED, 0)
    labels = {label for position in range(oldest + 1, size + 1) for label in _labels(source, position)}
    return [label for label in labels if tags.parts(label)[2] == text]


def _labels(source: Source, position: int) -> Iterable[str]:
    record = source.fact(position).record
    return () if record is None else (*record.verdict.tags, *record.verdict.inherited)
