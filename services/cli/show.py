"""`coi show`: one fact in full, for an inspector."""

from pathlib import Path
from typing import Final

import click

from services.cli.options import reading

EXAMPLES: Final = "\b\nExamples:\n  coi show 102\n  coi show 102 --data ./coi-data\n  coi show 102 --json\n"


@click.command(
    name="show", short_help="One fact in full: every field, what was found, what became of it.", epilog=EXAMPLES
)
@click.argument("position", metavar="POSITION", type=click.IntRange(min=1))
@reading
def command(*, position: int, target: str | None, dsn: str | None, data: Path | None, as_json: bool) -> None:
    """Show all that the ledger holds about the fact at POSITION.

    What, when, where and by whom; the basis relied on; every field as it was sent; the verdict with each rule's text;
    signatures; and the records about it, with what each of them changed, why and by whom.
    """
    from services.cli import failing, in_full, screen, source

    with source.opened(failing.configured(), target=target, dsn=dsn, data=data) as ledger:
        found = in_full.looked_up(ledger, position)
    if as_json:
        screen.echo_json(in_full.shape(found))
        return
    in_full.show(screen.out(), found)
