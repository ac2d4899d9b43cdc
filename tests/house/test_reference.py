"""The reference is what the program says of itself, and every link in the documents leads somewhere."""

import re
from pathlib import Path

from tests.house.tree import ROOT, name
from tests.support.reference.pages import FOLDER, pages

DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
LINK = re.compile(r"(?<!\\)\[[^\]]+\]\((?!https?:)([^)#]*)#?([^)]*)\)")


def test_the_reference_is_current() -> None:
    kept = {path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.md")}
    current = pages()
    stale = sorted(path for path in {*kept, *current} if kept.get(path) != current.get(path))
    assert stale == [], "make reference"


def test_every_link_leads_to_a_heading_or_a_file() -> None:
    broken = [
        f"{name(document)}: {path}#{heading}"
        for document in DOCUMENTS
        for path, heading in LINK.findall(document.read_text(encoding="utf-8"))
        if not leads(document, path, heading)
    ]
    assert broken == []


def leads(document: Path, path: str, heading: str) -> bool:
    """Whether a link of a document ends at a file, and at a heading of it if it names one."""
    target = (document.parent / path).resolve() if path else document
    return target.exists() and (not heading or heading in headings(target))


def headings(document: Path) -> set[str]:
    """The headings of a document as links name them."""
    found = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}
