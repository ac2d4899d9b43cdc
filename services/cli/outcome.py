"""What a played story came to: each step as it is played, and the end of it for people and for programs."""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ledger.api import LedgerInfo, Story, Trace, Verification
from ledger.domain.facts.administration import AdministrationStarted
from ledger.domain.facts.naming import tag_of
from services.cli import details, genealogy, screen, timeline
from services.cli.player import Answer

DEVIATION = "RECORDED_AS_DEVIATION"


class Outcome(Struct, frozen=True, kw_only=True):
    """What a played story came to.

    Attributes:
        coi: Tag of its chain.
        answers: What came back, in order.
        story: The replay of the chain.
        trace: Where the container that was given came from.
        verification: Of the whole log.
        info: The ledger at the end.
    """

    coi: str
    answers: tuple[Answer, ...]
    story: Story
    trace: Trace | None
    verification: Verification
    info: LedgerInfo

    @property
    def refusals(self) -> tuple[Answer, ...]:
        """Steps that were refused."""
        return tuple(answer for answer in self.answers if answer.refused)

    @property
    def deviations(self) -> tuple[Answer, ...]:
        """Steps that were recorded as a deviation."""
        return tuple(answer for answer in self.answers if answer.state == DEVIATION)

    @property
    def surprises(self) -> tuple[Answer, ...]:
        """Steps whose answer was not the expected one."""
        return tuple(answer for answer in self.answers if answer.surprise)


def titles(stories: Mapping[str, str]) -> Table:
    """What there is to play."""
    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=1)
    for name, title in stories.items():
        grid.add_row(name, Text(title))
    return grid


def is_register(answer: Answer) -> bool:
    """Tells whether a step only says who and what there is."""
    return answer.step.rpc.startswith("RegistryService/") and answer.step.type != "SiteSuspendedByLicensingAuthority"


def given(story: Story) -> str:
    """Tag of the container whose administration stands in a story, or nothing."""
    for step in story.steps:
        fact = None if step.fact.record is None else step.fact.record.content.fact
        if isinstance(fact, AdministrationStarted) and step.standing == "recorded":
            return tag_of("material", fact.material)
    return ""


def told(console: Console, title: str, answers: Iterable[Answer]) -> Iterator[Answer]:
    """Says each step as its answer comes, and hands it on; the register's entries are only counted."""
    console.print(Text(f"\n{title}\n", style="bold"))
    registers = 0
    for answer in answers:
        if is_register(answer) and not answer.surprise:
            registers += 1
        else:
            if registers:
                say_registers(console, registers)
            registers = 0
            say(console, answer)
        yield answer
    if registers:
        say_registers(console, registers)


def say_registers(console: Console, number: int) -> None:
    """Sums up entries of the register."""
    _line(console, "ok", "green", "", Text(f"{number} entries: who, where, under which licence."), "")


def say(console: Console, answer: Answer) -> None:
    """Says one step and what came of it."""
    mark, style = _mark(answer)
    words = Text(answer.step.step)
    for said in answer.said:
        words.append(f"\n{said}", style=style if answer.refused else "yellow")
    if answer.cures:
        words.append(f"\ncures {', '.join(answer.cures)}", style="green")
    if answer.cleared:
        words.append(f"\n{answer.cleared}", style="green" if answer.may_follow else "bold red")
    if answer.surprise:
        words.append(f"\nNOT AS EXPECTED: {answer.surprise}", style="bold red")
    moment = answer.step.request["envelope"]["occurred_at"]
    when = screen.clock(screen.parsed(moment["time"]), moment["utc_offset"]).strftime("%-d %b %H:%M")
    _line(console, mark, style, when, words, f"#{answer.position}")


def _mark(answer: Answer) -> tuple[str, str]:
    if answer.refused:
        return "no", "red"
    if answer.state == DEVIATION:
        return "dev", "yellow"
    return ("note", "yellow") if answer.notes else ("ok", "green")


def _line(console: Console, mark: str, style: str, when: str, words: Text, position: str) -> None:
    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    grid.add_column(width=4, style=f"bold {style}")
    grid.add_column(width=12, style="dim")
    grid.add_column(ratio=1)
    grid.add_column(width=4, justify="right", style="dim")
    grid.add_row(mark, when, words, position)
    console.print(grid)


def shape(result: Outcome) -> dict[str, Any]:
    """The object with which `coi demo --json` ends."""
    return {
        "coi": result.coi,
        "position": result.info.size,
        "root": result.verification.root.hex(),
        "refusals": [_short(answer) | {"rules": list(answer.refused)} for answer in result.refusals],
        "deviations": [_short(answer) for answer in result.deviations],
        "verified": result.verification.holds,
    }


def _short(answer: Answer) -> dict[str, Any]:
    return {"position": answer.position, "type": answer.step.type}


def show(console: Console, result: Outcome, keep: Path | None) -> None:
    """Prints timeline, genealogy, refusals and deviations, the proof, and what to type next."""
    _heading(console, "The story as the ledger tells it")
    details.zone(console, result.story)
    console.print(timeline.table(result.story, width=console.width))
    if result.trace is not None:
        _heading(console, "Where the bag that was given came from")
        for tree in genealogy.trees(result.trace):
            console.print(tree)
    _heading(console, "Refusals and deviations")
    for line in _ugly(result):
        console.print(line)
    _heading(console, "In the end")
    if result.story.vein_to_vein_seconds is not None:
        console.print(f"vein to vein   {screen.duration(result.story.vein_to_vein_seconds)}")
    console.print(f"facts          {result.info.size}, judged by rulebook {result.info.rulebook}")
    console.print(f"root           {result.verification.root.hex()}")
    if result.verification.holds:
        console.print("[bold green]log verified[/]   every stored byte, tag and link matches the log")
    else:
        broken = result.verification
        words = f"log does NOT verify at position {broken.first_break}: {broken.reason}"
        screen.plain(console, words, "bold red")
    for answer in result.surprises:
        console.print(Text(f"not as expected: {answer.step.name}: {answer.surprise}", style="bold red"))
    _next(console, result, keep)


def _heading(console: Console, words: str) -> None:
    console.print(f"\n[bold underline]{words}[/]\n")


_SETTLED: Final = {"DeviationConfirmed": "confirmed by a second person", "DeviationAssessed": "assessed"}


def _settled(result: Outcome, answer: Answer) -> Iterator[tuple[int, str]]:
    """What was said of a deviation afterwards: (position, words)."""
    named = f"deviation:ledger:{answer.position}"
    for step in result.story.steps:
        record = step.fact.record
        if step.fact.type in _SETTLED and record is not None and named in record.verdict.tags:
            yield step.fact.position, _SETTLED[step.fact.type]


def _ugly(result: Outcome) -> Iterator[Text]:
    standing = {step.fact.position: step for step in result.story.steps}
    for answer in (*result.refusals, *result.deviations):
        text = Text(f"#{answer.position} {answer.step.type} ", style="bold")
        if answer.refused:
            text.append(f"refused by {', '.join(answer.refused)}", style="not bold red")
        else:
            text.append(f"recorded as deviation {answer.position}", style="not bold yellow")
        step = standing.get(answer.position)
        if step is not None and step.corrected_by:
            became = ", ".join(f"#{position} {_type(standing, position)}".rstrip() for position in step.corrected_by)
            text.append(f"; then {became}", style="not bold")
        if step is not None and step.cured and answer.state == DEVIATION:
            text.append(f"; cured of {', '.join(step.cured)} by a late fact", style="not bold green")
        for position, words in _settled(result, answer):
            text.append(f"; {words} #{position}", style="not bold green")
        yield text


def _type(standing: dict[int, Any], position: int) -> str:
    step = standing.get(position)
    return "" if step is None else str(step.fact.type)


def _next(console: Console, result: Outcome, keep: Path | None) -> None:
    value = result.coi.rpartition(":")[2]
    _heading(console, "What to type next")
    lines = ["demo --keep ./demo-data     # the same, and keep the store to look at"]
    if keep is not None:
        corrected = next((step.fact.position for step in result.story.steps if step.standing == "corrected"), 1)
        there = f"--data {shlex.quote(str(keep))}"
        lines = [
            f"replay {value} {there}",
            f"replay {value} {there} --known-at 2026-04-13T23:00",
            f"show {corrected} {there}",
            f"trace V123 --forward {there}",
            f"verify {there}",
            f"serve {there}",
        ]
    for line in (*lines, "rules I1                    # what was broken at the bedside", "--help"):
        screen.plain(console, f"{screen.me()} {line}")
