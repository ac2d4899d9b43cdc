"""`coi replay`: the story of one thing, on two time axes."""

from datetime import datetime
from pathlib import Path
from typing import Final

import click

from services.cli.options import asked_axes, axes, beyond, reading

EXAMPLES: Final = (
    "\b\nExamples:\n"
    "  coi replay CHA999926000017\n"
    "  coi replay CHA999926000017 --details\n"
    "  coi replay CHA999926000017 --custody\n"
    "  coi replay CHA999926000017 --known-at 2026-04-13T23:00\n"
    "  coi replay CHA999926000017 --data ./coi-data --json\n"
)


@click.command(name="replay", short_help="The story of one chain, on two time axes.", epilog=EXAMPLES)
@click.argument("coi", metavar="COI")
@axes
@click.option(
    "--details", is_flag=True, help="Under each fact: who, basis, amounts, reasons, what was found or changed."
)
@click.option("--custody", is_flag=True, help="Step by step, how each container stood: with whom, where, what is open.")
@reading
def command(  # noqa: PLR0913 - one parameter per option
    *,
    coi: str,
    as_of: datetime | None,
    known_at: datetime | None,
    at_position: int | None,
    details: bool,
    custody: bool,
    target: str | None,
    dsn: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Tell the story of a chain of identity: its facts and those of everything its lineage reaches.

    COI is a chain (CHA999926000017), or any other thing: kind:scheme:value, scheme:value, or a value that only one
    thing bears. Facts stand in the order in which they took effect, with what the rules found and what became of it.

    Below it stands each container as the story leaves it (with --custody, as every step left it).

    "As it was on D" (--as-of) and "as we knew it on K" (--known-at) are two questions. Leave one out and it means now.
    """
    from services.cli import containers, failing, identifying, screen, shapes, source, timeline
    from services.cli import details as detailed

    asked = asked_axes(as_of, known_at, at_position)
    with source.opened(failing.configured(), target=target, dsn=dsn, data=data) as ledger:
        story = ledger.replay(identifying.resolved(ledger, coi, preferred="coi"), asked)
        unknown = beyond(asked, ledger.info())
    if unknown:
        screen.plain(screen.err() if as_json else screen.out(), unknown, "yellow")
    if as_json:
        screen.echo_json(shapes.story(story))
        return
    console = screen.out()
    detailed.zone(console, story)
    if details:
        detailed.show(console, story)
    else:
        console.print(timeline.table(story, width=console.width))
    console.print()
    if custody or containers.newest(story):
        shown = containers.every if custody else containers.last
        console.print(shown(story, width=console.width))
        console.print()
    timeline.summary(console, story, asked)
