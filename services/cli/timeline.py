"""A story as a table: what happened when and where, what was found, and what became of it."""

from collections.abc import Iterator
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ledger.api import AsOf, Step, Story
from ledger.domain.facts.record import Record
from ledger.domain.finding import Finding, Outcome, Weight
from ledger.domain.identifiers import tag as tags
from services.cli import screen

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
LATE_SECONDS: Final = 3_600


def short(label: str) -> str:
    """A tag for people: kind and value, with the organisation where the value is unique only inside it."""
    try:
        kind, scheme, value = tags.parts(label)
    except ValueError:
        return label
    owner = scheme.partition(".")[2]
    return f"{kind} {owner}:{value}" if owner else f"{kind} {value}"


def axes(asked: AsOf, through: int) -> str:
    """Both axes of an answer in one line; what was left out of the question is now."""
    was = screen.stamp(asked.occurred) if asked.occurred else "now"
    known = screen.stamp(asked.recorded) if asked.recorded and asked.position is None else "now"
    if asked.position is not None:
        return f"as it was {was} · as known at position {through}"
    return f"as it was {was} · as known {known}, at position {through}"


def table(story: Story) -> Table:
    """The facts in order of effect, under a heading for each day."""
    grid = Table(box=None, pad_edge=False, show_edge=False, header_style="bold")
    grid.add_column("#", justify="right", no_wrap=True)
    grid.add_column("time", no_wrap=True)
    grid.add_column("fact", max_width=26, overflow="fold")
    grid.add_column("site", max_width=14, overflow="fold")
    grid.add_column("remarks", overflow="fold")
    day = ""
    for step in story.steps:
        shown = _when(step)
        if shown.partition(" ")[2] != day:
            day = shown.partition(" ")[2]
            grid.add_row("", "", Text(day, style="bold"), "", "")
        style = STYLES.get(step.standing, "")
        grid.add_row(
            str(step.fact.position),
            shown.partition(" ")[0],
            Text(step.fact.type, style=style),
            _site(step),
            _remarks(step),
        )
    return grid


def summary(console: Console, story: Story, asked: AsOf) -> None:
    """Prints what holds for the whole story, and which question it answers."""
    console.print(Text(f"{screen.plural(len(story.steps), 'fact')} of {story.subject}"))
    console.print(Text(axes(asked, story.through), style="dim"))
    if story.vein_to_vein_seconds is not None:
        console.print(Text(f"vein to vein: {screen.duration(story.vein_to_vein_seconds)}", style="bold"))


def _when(step: Step) -> str:
    """Time and day on the clock that people looked at."""
    record = step.fact.record
    if record is None:
        return step.effective.strftime("%H:%M %a %-d %b %Y")
    moment = record.content.envelope.occurred_at
    return screen.clock(moment.time, moment.utc_offset).strftime("%H:%M %a %-d %b %Y")


def _site(step: Step) -> str:
    return "" if step.fact.record is None else step.fact.record.content.envelope.place.site.value


def _remarks(step: Step) -> Text:
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
    yield from _found(record)
    yield from _became(step)
    if record.verdict.cures:
        yield ", ".join(f"cures {cure.rule} of deviation {cure.deviation}" for cure in record.verdict.cures), "green"
    yield from _late(record)


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


def _late(record: Record) -> Iterator[tuple[str, str]]:
    from ledger.domain.facts.catalogue import TYPES

    about = TYPES[record.content.type].about if record.content.type in TYPES else None
    ended = [
        moment
        for name in ("ended_at", "completed_at")
        if (moment := getattr(record.content.fact, name, None)) is not None
    ]
    happened = max([record.content.envelope.occurred_at.time, *ended])
    seconds = int((record.stamp.recorded_at - happened).total_seconds())
    if about is not None and about.kind == "happening" and seconds >= LATE_SECONDS:
        yield f"recorded {screen.duration(seconds)} later", "dim"


def finding_line(finding: Finding) -> Text:
    """One finding in words: the rule, what was found, what must be."""
    word, style = WORDS[finding.weight]
    text = Text(f"{finding.rule} ", style=f"bold {style}")
    if finding.weight is not Weight.BAR:
        text.append(f"({word}) ", style=style)
    text.append(finding.found)
    if finding.must:
        text.append(f"; must be: {finding.must}", style="dim")
    return text
