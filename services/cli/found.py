"""What a search found, collected over its pages: as a table, and for programs."""

from typing import Any, Final

from msgspec import Struct
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ledger.api import MOST_FACTS, AsOf, Question, StoredFact
from ledger.domain.finding import Outcome
from services.cli import screen, shapes
from services.cli.source import Source

TYPE: Final = 22
"""Columns for the type of a fact: longer ones go on in a second line, at a word of theirs."""

LONG: Final = 11
"""Characters from which the number of a recorder stands in a line of its own."""

WORDS: Final = {
    Outcome.RECORDED: "recorded",
    Outcome.RECORDED_AS_DEVIATION: "deviation",
    Outcome.REFUSED: "refused",
}


class Found(Struct, frozen=True, kw_only=True):
    """What a search found.

    Attributes:
        facts: In order of position, as asked.
        complete: There is no more.
        through: The log was searched through this position.
        as_of: The axes as they were used.
    """

    facts: tuple[StoredFact, ...]
    complete: bool
    through: int
    as_of: AsOf


def organisation(text: str) -> str:
    """The tag of an organisation that was typed whole or as scheme:value; nothing for nothing."""
    return f"organisation:{text.removeprefix('organisation:')}" if text else ""


def collected(source: Source, question: Question, most: int) -> Found:
    """Reads page after page until there is no more, or there is enough."""
    facts: list[StoredFact] = []
    token = ""
    while True:
        page = source.search(question, min(MOST_FACTS, most - len(facts)), token)
        facts += page.facts
        token = page.next_token
        if not token or len(facts) >= most:
            return Found(facts=tuple(facts), complete=not token, through=page.through, as_of=page.as_of)


def shape(found: Found) -> dict[str, Any]:
    """For programs."""
    return {
        "as_of": shapes.as_of(found.as_of),
        "through": found.through,
        "complete": found.complete,
        "facts": [{**shapes.fact(fact), "outcome": _outcome(fact) or None} for fact in found.facts],
    }


def _outcome(fact: StoredFact) -> str:
    return "" if fact.record is None else WORDS[fact.record.verdict.outcome]


def show(console: Console, found: Found) -> None:
    """Prints a table."""
    table = Table(box=None, pad_edge=False)
    table.add_column("#", style="dim", justify="right", no_wrap=True)
    for name in ("happened", "what", "became", "rules", "by"):
        table.add_column(name, overflow="fold", no_wrap=name in ("happened", "what", "became"))
    for fact in found.facts:
        table.add_row(*(Text(screen.printable(words)) for words in _row(fact)))
    if found.facts:
        console.print(table)
    count = screen.plural(len(found.facts), "fact")
    more = "" if found.complete else "; there are more: raise --limit"
    screen.plain(console, f"{count}, searched through position {found.through}{more}", "dim")


def _row(fact: StoredFact) -> tuple[str, ...]:
    record = fact.record
    if record is None:
        return str(fact.position), "", fact.type, "not a record of this ledger", "", ""
    moment = record.content.envelope.occurred_at
    rules = ", ".join(dict.fromkeys(one.rule for one in record.verdict.findings))
    recorder = record.stamp.recorder.organisation
    return (
        str(fact.position),
        f"{screen.clock(moment.time, moment.utc_offset):%-d %b %Y %H:%M}",
        screen.humped(fact.type, TYPE),
        _outcome(fact),
        rules,
        f"{recorder.scheme}:{'' if len(recorder.value) < LONG else chr(10)}{recorder.value}",
    )
