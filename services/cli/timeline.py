"""A story as a table: what happened when and where, what was found, and what became of it."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from msgspec import Struct
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ledger.api import AsOf, Step, Story
from ledger.domain.facts.about import Kind
from ledger.domain.facts.counting import inside
from ledger.domain.facts.historic import HistoricRecordImported
from ledger.domain.facts.record import Record
from ledger.domain.finding import Outcome, Weight
from services.cli import aftermath, screen, timing, wording

WORDS: Final = {
    Weight.BAR: ("refused by", "red"),
    Weight.NOTE: ("note", "yellow"),
    Weight.OVERRIDDEN: ("overridden", "yellow"),
}
STYLES: Final = {
    "recorded": "",
    "deviation": "yellow",
    "reported, refused": "red",
    "corrected": "cyan",
    "did not happen": "dim",
}


TYPE: Final = 24
"""Columns for the type of a fact: longer ones go on in a second line, at a word of theirs."""

WIDE: Final = 100
"""Columns from which the table also says who did it; in fewer the remarks would be too narrow to read."""


class Row(Struct, frozen=True, kw_only=True):
    """One fact of a story with its time as it is shown.

    Attributes:
        step: The fact.
        time: On the clock on site.
        day: The same.
        opens_day: No fact above it is of that day.
    """

    step: Step
    time: str
    day: str
    opens_day: bool


def axes(asked: AsOf, through: int) -> str:
    """Both axes of an answer in one line; what was left out of the question is now."""
    was = screen.stamp(asked.occurred) if asked.occurred else "now"
    known = screen.stamp(asked.recorded) if asked.recorded and asked.position is None else "now"
    if asked.position is not None:
        return f"as it was {was} · as known at position {through}"
    return f"as it was {was} · as known {known}, at position {through}"


def table(story: Story, *, width: int = 80) -> Table:
    """The facts in order of effect, under a heading for each day; who did it too, where there is room."""
    wide = width >= WIDE
    grid = Table(box=None, pad_edge=False, show_edge=False, header_style="bold")
    grid.add_column("#", justify="right", no_wrap=True)
    grid.add_column("time", no_wrap=True)
    grid.add_column("fact", max_width=26, overflow="fold")
    grid.add_column("site", max_width=14, overflow="fold")
    if wide:
        grid.add_column("by", max_width=14, overflow="fold")
    grid.add_column("remarks", overflow="fold")
    for row in rows(story):
        if row.opens_day:
            grid.add_row("", "", Text(row.day, style="bold"), *[""] * (3 if wide else 2))
        step = row.step
        by = [_by(step)] if wide else []
        name = Text(screen.humped(screen.printable(step.fact.type), TYPE), style=STYLES.get(step.standing, ""))
        grid.add_row(str(step.fact.position), row.time, name, _site(step), *by, remarks(step))
    return grid


def rows(story: Story) -> list[Row]:
    """The facts with their times on the clocks on site; where two would show the same minute, with seconds."""
    shown = [(step, timing.effective(step)) for step in story.steps]
    minutes = Counter(_minute(step, moment) for step, moment in shown)
    found: list[Row] = []
    for step, moment in shown:
        if moment is None:
            time, day = "?", "at a time that cannot be read"
        else:
            time = moment.strftime(
                "%H:%M:%S" if _minute(step, moment) and minutes[_minute(step, moment)] > 1 else "%H:%M"
            )
            day = moment.strftime("%a %-d %b %Y")
        found.append(Row(step=step, time=time, day=day, opens_day=not found or found[-1].day != day))
    return found


def _minute(step: Step, moment: datetime | None) -> str:
    """The minute of a fact; none for a register's, which counts from a date."""
    is_date = timing.kind_of(step.fact.type) is Kind.REGISTER
    return "" if moment is None or is_date else moment.strftime("%H:%M %j %Y")


def summary(console: Console, story: Story, asked: AsOf) -> None:
    """Prints what holds for the whole story, and which question it answers."""
    console.print(Text(f"{screen.plural(len(story.steps), 'fact')} of {story.subject}"))
    console.print(Text(axes(asked, story.through), style="dim"))
    if story.vein_to_vein_seconds is not None:
        console.print(Text(f"vein to vein: {screen.duration(story.vein_to_vein_seconds)}", style="bold"))
    if story.retention is not None:
        for line in story.retention.lines:
            console.print(Text(line))


def _site(step: Step) -> str:
    return "" if step.fact.record is None else screen.printable(step.fact.record.content.envelope.place.site.value)


def _by(step: Step) -> str:
    return "" if step.fact.record is None else screen.printable(step.fact.record.content.envelope.performed_by.value)


def remarks(step: Step) -> Text:
    """What was found on a fact, what became of it, and what is odd about its time."""
    text = Text()
    for words, style in _pieces(step):
        if text:
            text.append("; ")
        text.append(words, style=style)
    return text


def _pieces(step: Step) -> Iterator[tuple[str, str]]:
    record = step.fact.record
    if record is None:
        yield "bytes that this program cannot read", "red"
        return
    effect = record.verdict.effect
    if effect is not None:
        yield f"about #{effect.target}", "dim"
    elif (about := aftermath.target(wording.stored(step.fact))) is not None:
        yield f"about #{about}", "dim"
    if isinstance(record.content.fact, HistoricRecordImported):
        yield f"{inside(record.content).type}, imported, never judged", "yellow"
    yield from _found(record)
    yield from _became(step)
    if record.verdict.cures:
        yield ", ".join(f"cures {cure.rule} of deviation {cure.deviation}" for cure in record.verdict.cures), "green"
    yield from ((words, "dim") for words in timing.remarks(step, record))


def _became(step: Step) -> Iterator[tuple[str, str]]:
    about = ", ".join(f"#{position}" for position in step.corrected_by)
    if step.standing in STYLES and step.standing not in ("recorded", "reported, refused"):
        yield f"{step.standing} ({about})" if about else step.standing, STYLES[step.standing]
    elif about:
        yield f"see {about}", "cyan"
    if step.cured:
        yield f"cured of {', '.join(step.cured)}", "green"


def _found(record: Record) -> Iterator[tuple[str, str]]:
    for weight, (word, style) in WORDS.items():
        rules = [finding.rule for finding in record.verdict.findings if finding.weight is weight]
        counts_all_the_same = weight is Weight.BAR and record.verdict.outcome is not Outcome.REFUSED
        if rules:
            yield f"{'despite' if counts_all_the_same else word} {', '.join(dict.fromkeys(rules))}", style
