"""What all commands print alike: consoles, moments, progress."""

import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.text import Text

_OFFSET: Final = re.compile(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])")


def out() -> Console:
    """The console for results."""
    return Console(highlight=False, soft_wrap=False)


def err() -> Console:
    """The console for progress and remarks."""
    return Console(stderr=True, highlight=False)


def me() -> str:
    """How this program is called from here: `coi` where the shell finds it, else the path that was typed."""
    typed = Path(sys.argv[0])
    return "coi" if shutil.which("coi") or typed.name != "coi" else str(typed)


def plain(console: Console, words: str, style: str = "") -> None:
    """Prints a line as it is: brackets mean nothing, and a command to be copied is never broken."""
    console.print(Text(words, style=style), soft_wrap=True)


def echo_json(value: object) -> None:
    """Writes one JSON value to stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def stamp(moment: datetime) -> str:
    """A moment as programs read it: UTC, with microseconds only where there are any."""
    return moment.isoformat().replace("+00:00", "Z")


def offset(utc_offset: str) -> timedelta | None:
    """How far a clock was ahead of UTC; None for what no clock can be, whatever an old store holds."""
    found = _OFFSET.fullmatch(utc_offset)
    if found is None:
        return None
    ahead = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return ahead if found[1] == "+" else -ahead


def clock(moment: datetime, utc_offset: str = "+00:00") -> datetime:
    """A moment on the clock that people looked at; in UTC where their offset is none, or leads out of the calendar."""
    try:
        return moment.astimezone(timezone(offset(utc_offset) or timedelta()))
    except OverflowError:
        return moment


def said(moment: datetime, utc_offset: str = "+00:00") -> str:
    """A moment as a person writes it, with the offset of the clock: `14 Apr 2026 11:52 +01:00`."""
    shown = clock(moment, utc_offset)
    seconds = ":%S" if shown.second or shown.microsecond else ""
    at = shown.strftime(f"%-d %b %Y %H:%M{seconds}")
    return f"{at} UTC" if not shown.utcoffset() else f"{at} {utc_offset}"


def printable(words: str) -> str:
    """A text of somebody else's without what would steer a terminal."""
    return "".join(
        letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in words
    )


def duration(seconds: int) -> str:
    """A length of time as people say it: `6 d 22 h`, `39 min`, `12 s`."""
    from ledger.domain import civil_time

    return civil_time.length(seconds)


def humped(name: str, width: int) -> str:
    """The name of a type in lines of at most `width` columns, each broken before a capital: as it can be read."""
    lines = [""]
    for word in re.findall(r"[A-Z]?[^A-Z]+|[A-Z]", name):
        if lines[-1] and len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] += word
    return "\n".join(lines)


def plural(number: int, one: str, many: str = "") -> str:
    """A number with its noun: `1 deviation`, `3 refusals`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


@contextmanager
def working(console: Console, what: str) -> Iterator[None]:
    """Shows that something goes on; on a terminal only."""
    if not console.is_terminal:
        yield
        return
    with console.status(what):
        yield


@contextmanager
def counting(console: Console, what: str) -> Iterator[Callable[[int, int], None]]:
    """Gives a function to call with (done, total); shows a bar on a terminal, nothing elsewhere."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)

        def seen(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield seen


@contextmanager
def stages(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """Gives a function to call with (what, done, total), one bar for each thing done; on a terminal only."""
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal) as progress:

        def seen(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what)
            progress.update(tasks[what], completed=done, total=total)

        yield seen


def parsed(text: str) -> datetime:
    """Reads a moment as ProtoJSON writes it."""
    return datetime.fromisoformat(text)
