"""What to say of a value that has not the form it should have: in words and with an example, never with a pattern."""

from collections.abc import Iterator
from typing import Final, get_args

from msgspec import Meta

from ledger.domain.facts import shape

_FORMS: Final = (
    (shape.Offset, "write how far the clock was ahead of UTC, for example +01:00"),
    (shape.Decimal, "write a plain decimal as text, for example 2.60: no exponent, no plus sign, no leading zeros"),
    (shape.Date, "write a day as YYYY-MM-DD, for example 2026-04-14"),
    (shape.Expiry, "write a day or a month as printed, for example 2027-03-31 or 2027-03"),
    (shape.Text, "write text without control characters; line breaks are allowed"),
    (shape.Code, "write one line without control characters, for example RXK-DEV-2026-118"),
)


def _patterns() -> Iterator[tuple[str, str]]:
    for form, words in _FORMS:
        for mark in get_args(form)[1:]:
            if isinstance(mark, Meta) and mark.pattern is not None:
                yield f"matching regex {mark.pattern!r}", words


_SAID: Final = {**dict(_patterns()), "Expected `str` of length >= 1": "must not be empty"}
"""What to write, by what the checking library says of a pattern."""


def said(description: str) -> str:
    """A violation in words; a pattern is named by its form and an example."""
    return next((words for pattern, words in _SAID.items() if pattern in description), description)
