"""What a person typed, as a tag: typed whole, as scheme and value, or as a value. Several meanings are an error."""

from collections.abc import Iterable
from typing import Final

from ledger.domain.identifiers import tag as tags
from services.cli.failing import FINDING, Failure
from services.cli.source import Source

MOST_SCANNED: Final = 20_000
"""Newest facts that are looked through for a value whose scheme nobody can guess."""


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
    known = source.find(text) or _searched(source, text)
    found = [label for label in known if tags.kind_of(label) == preferred] or sorted(known)
    if len(found) == 1:
        return found[0]
    if found:
        raise Failure(f"{text!r} names {len(found)} things: {', '.join(found)}. Give one of these", FINDING)
    example = "kind:scheme:value, for example lot:lot.VEC:V123"
    raise Failure(f"nothing named {text!r} is in the ledger; if you expected it, write it whole: {example}", FINDING)


def _searched(source: Source, text: str) -> list[str]:
    """Looks for a value in the newest facts."""
    from services.cli import screen

    size = source.info().size
    oldest = max(size - MOST_SCANNED, 0)
    found: set[str] = set()
    with screen.counting(screen.err(), f"looking for {text}") as progress:
        for position in range(oldest + 1, size + 1):
            found.update(label for label in _labels(source, position) if tags.parts(label)[2] == text)
            progress(position - oldest, size - oldest)
    return sorted(found)


def _labels(source: Source, position: int) -> Iterable[str]:
    record = source.fact(position).record
    return () if record is None else record.verdict.tags
