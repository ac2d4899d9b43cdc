"""A story with the main values of each fact under it: who, on which basis, amounts, reasons, findings, changes."""

import re
from collections.abc import Iterator
from typing import Any, Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ledger.api import Story
from services.cli import screen, timeline, timing, versions, wording
from services.cli.versions import Revision
from services.cli.wording import inside, items

BASES: Final = ("licence", "agreement", "authorisation")
_TOLD: Final = re.compile(
    r"reason|explanation|text|note|comment|outcome|decision|parameter|item|name|celsius|duration|zone|moved"
)
Pair = tuple[str, str]


def show(console: Console, story: Story) -> None:
    """Prints each fact of a story with its main values."""
    about = versions.revisions(story.steps)
    for row in timeline.rows(story):
        step = row.step
        if row.opens_day:
            console.print(Text(row.day, style="bold"))
        line = Text(f"{step.fact.position:>4}  ", style="dim").append(f"{row.time}  ", style="not dim")
        line.append(screen.printable(step.fact.type), style=f"not dim {timeline.STYLES.get(step.standing, '')}")
        console.print(line)
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(style="dim", max_width=26, overflow="fold")
        table.add_column(ratio=1, overflow="fold")
        if remarks := timeline.remarks(step):
            table.add_row("so", remarks)
        for name, words in values(wording.stored(step.fact), about.get(step.fact.position)):
            table.add_row(Text(name), Text(words))
        console.print(Padding(table, (0, 0, 0, 6)))


def values(record: dict[str, Any], about: Revision | None) -> Iterator[Pair]:
    """The main values of one fact."""
    envelope = inside(record, "content", "envelope")
    own = wording.offset_of(record)
    if not timing.is_uk(inside(envelope, "occurred_at", "time"), own):
        yield "clock", screen.printable(own) or "not said"
    place = wording.words(inside(envelope, "place", "site"))
    yield "at", place or "not said"
    yield "by", wording.words(inside(envelope, "performed_by")) or "not said"
    if checked := checkers(envelope):
        yield "checked by", checked
    if relied := basis(record):
        yield "basis", relied
    if about is None or not about.changes:
        yield from ((path, said) for path, said, _ in _main(inside(record, "content", "fact"), own))
    if about is not None:
        yield from changed(about)
    for found in items(inside(record, "verdict", "findings")):
        yield str(inside(found, "rule")), finding(found)


def checkers(envelope: object) -> str:
    """The second person or persons, or the electronic check."""
    people = [wording.words(one) or "" for one in items(inside(envelope, "verified_by"))]
    machine = wording.words(inside(envelope, "electronic_check", "equipment"))
    if isinstance(inside(envelope, "electronic_check"), dict):
        people.append(f"electronic check by {machine}")
    return ", ".join(people)


def basis(record: dict[str, Any]) -> str:
    """The licence, agreement or authorisation relied on: as it was named, and as it was found."""
    envelope = inside(record, "content", "envelope")
    named = [f"{name} {wording.words(inside(envelope, name))}" for name in BASES if inside(envelope, name) is not None]
    found = [
        f"{screen.printable(str(inside(one, 'value')))} (found in the register{_where(one)})"
        for one in items(inside(record, "verdict", "resolved"))
        if inside(one, "name") in ("basis", *BASES)
    ]
    return "; ".join((*named, *found))


def _where(resolved: object) -> str:
    position = inside(resolved, "position")
    return f", #{position}" if position else ""


def changed(about: Revision) -> Iterator[Pair]:
    """What a record about a fact changed."""
    for change in about.changes:
        yield "changed", change.said
    if not about.counts:
        yield "changed", f"#{about.target} does not count"
    if about.changes and about.why:
        yield "why", about.why


def finding(found: object) -> str:
    """One finding in words."""
    weight = {"WEIGHT_BAR": "bars", "WEIGHT_NOTE": "note", "WEIGHT_OVERRIDDEN": "overridden"}
    must = inside(found, "must")
    words = f"{weight.get(str(inside(found, 'weight')), 'found')}: {inside(found, 'found')}"
    return screen.printable(f"{words}; needed: {must}" if must else words)


def _main(fact: object, own: str) -> Iterator[tuple[str, str, object]]:
    """Amounts, reasons and texts; the identifiers and the rest are for `coi show`."""
    for path, said, value in wording.leaves(fact, own):
        amounts = [value] if isinstance(value, dict) else items(value)
        is_amount = bool(amounts) and all(isinstance(one, dict) and "unit" in one for one in amounts)
        if is_amount or _TOLD.search(path.rpartition(", ")[2]):
            yield path, said, value


def zone(console: Console, story: Story) -> None:
    """Says in which zone the times stand, once."""
    console.print(Text(timing.zone(story), style="dim"))
    console.print()
