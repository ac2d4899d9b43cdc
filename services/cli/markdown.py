"""Markdown that reads well as plain text: wrapped lines, lists instead of tables."""

import re
import textwrap
from collections.abc import Iterable
from typing import Final

WIDTH: Final = 120
MADE: Final = "<!-- Written by `make reference`; change what it is written from. -->"
_CODE: Final = re.compile(r"(`[^`]*`)")
_MARK: Final = re.compile(r"^(\s*)([-+#>*]|\d+[.)])(?=\s)")


def plain(text: str) -> str:
    """A text of the program's as markdown: only code spans keep a meaning."""
    parts = _CODE.split(" ".join(text.split()))
    return "".join(part if part.startswith("`") else re.sub(r"([<*\[\]])", r"\\\1", part) for part in parts)


def _wrapped(text: str, first: str, rest: str) -> str:
    lines = textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join([*lines[:1], *(_MARK.sub(r"\1\\\2", line) for line in lines[1:])])


def paragraph(text: str) -> str:
    """Lines of a paragraph; the text is markdown already."""
    return _wrapped(text, "", "")


def item(text: str) -> str:
    """One item of a list; the text is markdown already."""
    return _wrapped(text, "- ", "  ")


def items(texts: Iterable[str]) -> str:
    """A list; empty for no items."""
    return "\n".join(item(text) for text in texts)


def told(**words: str) -> str:
    """A list of named things, without those that are empty; an underscore in a name is a space."""
    return items(f"**{name.replace('_', ' ')}:** {text}" for name, text in words.items() if text)


def codes(names: Iterable[str]) -> str:
    """Names, each as code."""
    return ", ".join(f"`{name}`" for name in names)


def page(title: str, *blocks: str) -> str:
    """A whole page of the reference, which says what wrote it."""
    return joined(title, MADE, *blocks)


def joined(title: str, *blocks: str) -> str:
    """A whole document."""
    return "\n\n".join([f"# {title}", *(block for block in blocks if block)]) + "\n"
