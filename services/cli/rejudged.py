"""What judging again came to, for people and for programs."""

from collections.abc import Iterator
from typing import Any, Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ledger.api import rejudging
from ledger.domain.facts.record import Verdict
from ledger.domain.finding import Outcome, Weight
from ledger.domain.identifiers import tag as tags
from ledger.domain.receipt import LedgerError
from services.cli import screen, shapes
from services.cli.source import Source

_WORDS: Final = {
    Outcome.RECORDED.value: "recorded",
    Outcome.RECORDED_AS_DEVIATION.value: "deviation",
    Outcome.REFUSED.value: "refused",
    Weight.BAR.value: "bars",
    Weight.NOTE.value: "notes",
    Weight.OVERRIDDEN.value: "taken on",
    "": "nothing",
}
"""Outcomes and weights, as they are said."""

_APART: Final = {
    "rulebook": "it was judged by another rulebook than the one in force then",
    "tags": "it is filed under other things than it names",
    "effect": "it makes something else of the fact that it is about",
    "names": "names count for other things",
}
"""What differs, where no outcome and no finding shows it."""


def named(ledger: Source, found: rejudging.Judgement) -> str:
    """Says what stands at the first position that is not as it should be: of which chain; empty when all is well."""
    if not found.breaks_at:
        return ""
    try:
        record = ledger.fact(found.breaks_at).record
    except LedgerError:
        return ""
    if record is None:
        return ""
    told = (*record.verdict.tags, *record.verdict.inherited)
    chain = next((tag for tag in told if tags.kind_of(tag) == "coi"), "")
    return f"{record.content.type}{f' of {chain}' if chain else ''}"


def shape(question: rejudging.Again, found: rejudging.Judgement) -> dict[str, Any]:
    """What --json prints."""
    return {
        "subject": question.subject or None,
        "under": question.under or None,
        "through": found.through,
        "end": found.end,
        "judged": found.judged,
        "refused": found.refused,
        "taken_as_they_stand": found.taken,
        "unjudged": found.unjudged,
        "unreadable": list(found.unreadable),
        "holds": not found.breaks_at,
        "first": None if found.first is None else _difference(found.first),
        "changes": [
            {
                "rule": change.rule or None,
                "stored": change.stored or None,
                "now": change.now or None,
                "facts": change.facts,
                "positions": list(change.positions),
            }
            for change in found.changes
        ],
    }


def _difference(first: rejudging.Difference) -> dict[str, Any]:
    return {
        "position": first.position,
        "type": first.type,
        "apart": list(first.apart),
        "stored": _verdict(first.stored),
        "now": _verdict(first.now),
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "outcome": verdict.outcome.value,
        "rulebook": verdict.rulebook,
        "findings": [shapes.finding(one) for one in verdict.findings],
        "cures": [{"deviation": cure.deviation, "rule": cure.rule} for cure in verdict.cures],
    }


def show(console: Console, question: rejudging.Again, found: rejudging.Judgement, named: str) -> None:
    """Says what it came to."""
    if found.breaks_at:
        at = f"position {found.breaks_at}{f', {named}' if named else ''}"
        wrong = "its bytes are no record" if found.breaks_at in found.unreadable else "its verdict does not come out"
        screen.plain(console, f"NOT as it is stored: {at}: {wrong}", "bold red")
        if found.first is not None and found.first.position == found.breaks_at:
            for line in ("", *_apart(found.first), ""):
                screen.plain(console, line)
    elif question.under:
        _would(console, question, found)
    elif found.end:
        screen.plain(console, "every verdict comes out as it is stored", "bold green")
    else:
        screen.plain(console, "nothing is recorded yet")
    for line in _counted(found):
        screen.plain(console, line, "dim" if found.breaks_at else "")


def _counted(found: rejudging.Judgement) -> Iterator[str]:
    refused = f", {screen.plural(found.refused, 'refusal')} among them" if found.refused else ""
    yield f"{screen.plural(found.judged, 'fact')} judged again{refused}, through position {found.through}"
    if found.taken:
        told = screen.plural(found.taken, "refusal")
        yield f"{told} of items of batches taken as stored: what they were judged after is on no record"
    if found.unjudged:
        yield f"{screen.plural(found.unjudged, 'fact')} that nobody judged, or of types that this program does not know"
    if len(found.unreadable) > 1:
        yield f"no records: {', '.join(f'#{position}' for position in found.unreadable)}"


def _apart(first: rejudging.Difference) -> Iterator[str]:
    """What differs, a line each, and below a finding what it is about: never broken, so that it can be copied."""
    if "outcome" in first.apart:
        yield _line("outcome", _WORDS[first.stored.outcome.value], _WORDS[first.now.outcome.value])
    for rule, tag, was, would in _findings(first):
        yield _line(rule, was, would)
        yield f"  {'':<10}{tag}"
    for what, (was, would) in _cures(first).items():
        yield _line("cures", was, would)
        yield f"  {'':<10}{what}"
    if "rulebook" in first.apart:
        yield _line("rulebook", str(first.stored.rulebook), str(first.now.rulebook))
    for name in ("tags", "effect", "names"):
        if name in first.apart:
            yield f"  {name:<10}{_APART[name]}"


def _line(what: str, was: str, would: str) -> str:
    return f"  {what:<10}stored: {was:<11}comes out: {would}"


def _findings(first: rejudging.Difference) -> Iterator[tuple[str, str, str, str]]:
    """Each finding that is in one verdict and not in the other."""
    stored, now = (
        {(one.rule, one.tag): _WORDS[one.weight.value] for one in verdict.findings}
        for verdict in (first.stored, first.now)
    )
    for rule, tag in sorted({*stored, *now}):
        was, would = stored.get((rule, tag), "nothing"), now.get((rule, tag), "nothing")
        if was != would:
            yield rule, tag, was, would


def _cures(first: rejudging.Difference) -> dict[str, tuple[str, str]]:
    stored, now = ({f"{cure.rule} of #{cure.deviation}" for cure in one.cures} for one in (first.stored, first.now))
    return {
        what: ("yes" if what in stored else "no", "yes" if what in now else "no")
        for what in sorted(stored.symmetric_difference(now))
    }


def _would(console: Console, question: rejudging.Again, found: rejudging.Judgement) -> None:
    """The report of a what-if."""
    by = "the rulebook in force today" if question.under == "today" else f"rulebook {question.under}"
    if not found.changes:
        screen.plain(console, f"by {by} every fact would be judged as it was", "bold green")
        return
    screen.plain(console, f"by {by}, facts would be judged otherwise than they were; nothing is changed", "bold")
    outcomes = [change for change in found.changes if not change.rule]
    if outcomes:
        console.print(Padding(_changes("would be", outcomes), (1, 0, 0, 2)))
    if rules := [change for change in found.changes if change.rule]:
        console.print(Padding(_changes("rule", rules), (1, 0, 0, 2)))
    console.print()


def _changes(what: str, changes: list[rejudging.Change]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(what, style="bold", no_wrap=True)
    table.add_column("was", no_wrap=True)
    if what == "rule":
        table.add_column("would", no_wrap=True)
    table.add_column("facts", justify="right", no_wrap=True)
    table.add_column("the first of them", ratio=1)
    for change in changes:
        was, would = Text(_WORDS[change.stored]), Text(_WORDS[change.now])
        named = " ".join(f"#{position}" for position in change.positions)
        more = " …" if change.facts > len(change.positions) else ""
        cells = (change.rule, was, would) if what == "rule" else (would, was)
        table.add_row(*cells, f"{change.facts:,}", f"{named}{more}")
    return table
