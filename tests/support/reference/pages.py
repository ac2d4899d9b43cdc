"""All pages of the reference, by the path under docs/reference."""

from pathlib import Path
from typing import Final

from ledger.domain.rules.catalogue import NUMBER
from services.cli.markdown import page, paragraph
from tests.house.tree import ROOT
from tests.support.reference import commands, errors, facts, rules, scenarios, subjects, wire

FOLDER: Final = ROOT / "docs" / "reference"

_ROOMS: Final = (
    ("The wire contract", "wire/README.md", "services, rpcs, messages and enums, a page for each proto file"),
    ("Facts", "facts/README.md", "each type of fact: kind, tags, signatures, rules, subjects, fields"),
    ("Rules", "rules.md", "each rule: what it refuses, by which law, and who may take the risk on"),
    ("Subjects", "subjects.md", "the state that facts are folded into, which rules read"),
    ("Errors", "errors.md", "statuses, reasons and what they carry"),
    ("The command line", "commands.md", "the help of every command"),
)


def index() -> str:
    """The first page."""
    return page(
        "Reference",
        paragraph(
            "Written by `make reference` from the proto files, the catalogues of facts, rules and subjects, the table "
            f"of errors and the commands' own help; a test holds it current. Rulebook of this program: {NUMBER}."
        ),
        "\n".join(f"- [{title}]({path}): {about}" for title, path, about in _ROOMS),
        paragraph(
            "Tours for those who call the ledger: [integrators](../tour-integrator.md), "
            "[inspectors](../tour-inspector.md), [follow-up teams](../tour-follow-up.md). The law played out: "
            "[scenarios](../scenarios.md)."
        ),
    )


def pages() -> dict[str, str]:
    """Path and text of every page."""
    contract = wire.contract()
    return {
        "README.md": index(),
        **wire.pages(contract),
        **facts.pages(contract),
        "rules.md": rules.written(),
        "subjects.md": subjects.written(),
        "errors.md": errors.written(),
        "commands.md": commands.written(),
    }


def write(folder: Path) -> None:
    """Replaces what the folder holds of pages, and the page of scenarios beside it."""
    current = pages()
    for old in folder.rglob("*.md"):
        old.unlink()
    for path, text in current.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (folder.parent / "scenarios.md").write_text(scenarios.written(), encoding="utf-8")
