"""`coi lookup`: what a bar code names, and the card of the thing in hand."""

from datetime import datetime
from pathlib import Path
from typing import Final

import click

from services.cli.options import asked_axes, axes, beyond, reading

EXAMPLES: Final = (
    "\b\nExamples:\n"
    "  coi lookup '=A99992612345600'           # as a scanner reads a bag\n"
    "  coi lookup '=A99992612345600' '=<S11281A0'   # all of one label\n"
    "  coi lookup CHA999926000017 --known-at 2026-04-13T23:00\n"
    "  coi lookup lot.VEC:V123 --json\n"
)


@click.command(name="lookup", short_help="Scan anything: what it is, where, and what may come next.", epilog=EXAMPLES)
@click.argument("scans", metavar="SCAN...", nargs=-1, required=True)
@axes
@reading
def command(  # noqa: PLR0913 - one parameter per option
    *,
    scans: tuple[str, ...],
    as_of: datetime | None,
    known_at: datetime | None,
    at_position: int | None,
    target: str | None,
    dsn: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Show what SCAN names, with a card for each thing that the ledger knows.

    SCAN is what a scanner sends (ISBT 128, Single European Code, GS1, Digital Link), what is printed under a bar code,
    a tag, scheme:value, or a value. Give all bar codes of one label together: a donation, a product and a division name
    one bag. A wristband or a patient's number is told by its kind only: whose it is, your own map knows.
    """
    from ledger.api import Scanned
    from services.cli import cards, failing, screen, shapes, source

    asked = asked_axes(as_of, known_at, at_position)
    with source.opened(failing.configured(), target=target, dsn=dsn, data=data) as ledger:
        given = scans[0] if len(scans) == 1 else [Scanned(content=one) for one in scans]
        found = ledger.look_up(given, asked)
        unknown = beyond(asked, ledger.info())
    if unknown:
        screen.plain(screen.err() if as_json else screen.out(), unknown, "yellow")
    if as_json:
        screen.echo_json(shapes.looked_up(found))
    else:
        cards.show(screen.out(), found)
    if not found.tags:
        raise click.exceptions.Exit(failing.FINDING)
