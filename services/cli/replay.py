"""`coi replay`: the story of one thing, on two time axes."""

from datetime import datetime
from pathlib import Path
from typing import Final

import click

from services.cli.options import MOMENT, reading

EXAMPLES: Final = (
    "\b\nExamples:\n"
    "  coi replay CHA999926000017\n"
    "  coi replay CHA999926000017 --known-at 2026-04-13T23:00\n"
    "  coi replay CHA999926000017 --data ./coi-data --json\n"
)


@click.command(name="replay", short_help="The story of one chain, on two time axes.", epilog=EXAMPLES)
@click.argument("coi", metavar="COI")
@click.option("--as-of", type=MOMENT, help="As it was then: only what took effect up to T. Left out: now.")
@click.option("--known-at", type=MOMENT, help="As it was known then: only what was recorded up to T. Left out: now.")
@click.option("--at-position", type=click.IntRange(min=1), help="The exact form of --known-at: up to this position.")
@reading
def command(  # noqa: PLR0913 - one parameter per option
    *,
    coi: str,
    as_of: datetime | None,
    known_at: datetime | None,
    at_position: int | None,
    target: str | None,
    dsn: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Tell the story of a chain of identity: its facts and those of everything its lineage reaches.

    COI is a chain (CHA999926000017), or any other thing: kind:scheme:value, scheme:value, or a value that only one
    thing bears. Facts stand in the order in which they took effect, with what the rules found and what became of it.

    "As it was on D" (--as-of) and "as we knew it on K" (--known-at) are two questions. Leave one out and it means now.
    """
    from ledger.api import AsOf
    from services.cli import failing, identifying, screen, shapes, source, timeline

    if known_at is not None and at_position is not None:
        raise failing.Failure("--known-at and --at-position say the same thing twice: give one of them")
    asked = AsOf(occurred=as_of, recorded=known_at, position=at_position)
    with source.opened(failing.configured(), target=target, dsn=dsn, data=data) as ledger:
        story = ledger.replay(identifying.resolved(ledger, coi, preferred="coi"), asked)
    if as_json:
        screen.echo_json(shapes.story(story))
        return
    console = screen.out()
    console.print(timeline.table(story))
    console.print()
    timeline.summary(console, story, asked)
