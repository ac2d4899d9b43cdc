"""`coi trace`: where a thing came from and what it went into."""

from datetime import datetime
from pathlib import Path
from typing import Final

import click

from services.cli.options import asked_axes, axes, beyond, reading

EXAMPLES: Final = (
    "\b\nExamples:\n"
    "  coi trace A999926123456            # a donation, both ways\n"
    "  coi trace lot.VEC:V123 --forward   # who received this vector lot?\n"
    "  coi trace lot.VEC:V123 --known-at 2026-04-13T23:00\n"
    "  coi trace material:isbt128-mpho:A9996A0002A999926123456A00000 --back\n"
)


@click.command(name="trace", short_help="Where a thing came from, and what it went into.", epilog=EXAMPLES)
@click.argument("identifier", metavar="IDENTIFIER")
@click.option("--forward", is_flag=True, help="Only towards the patients who received it.")
@click.option("--back", is_flag=True, help="Only towards donors, lots and batches.")
@axes
@reading
def command(  # noqa: PLR0913 - one parameter per option
    *,
    identifier: str,
    forward: bool,
    back: bool,
    as_of: datetime | None,
    known_at: datetime | None,
    at_position: int | None,
    target: str | None,
    dsn: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Trace a thing over its lineage: donor to bag to batch to patient, and every lot that touched the cells.

    IDENTIFIER names a donation, material, batch, lot, consignment, site, equipment, person, patient or chain, as
    kind:scheme:value, as scheme:value, or as a value that only one thing bears.

    A step ends with the facts that state it. "refused" names reports about that thing that were refused and settled
    since; "reported, refused, open" one that nobody has settled: it may have happened; "imported, never judged" history
    that was copied from paper, a registry or another system.

    --as-of goes by the times that facts
    claimed when they were recorded.
    """
    from services.cli import failing, genealogy, identifying, screen, shapes, source

    if forward and back:
        raise failing.Failure("--forward and --back exclude each other: leave both out for both ways")
    asked = asked_axes(as_of, known_at, at_position)
    direction = "forward" if forward else "back" if back else "both"
    with source.opened(failing.configured(), target=target, dsn=dsn, data=data) as ledger:
        found = ledger.trace(identifying.resolved(ledger, identifier), direction, asked)
        unknown = beyond(asked, ledger.info())
    if unknown:
        screen.plain(screen.err() if as_json else screen.out(), unknown, "yellow")
    if as_json:
        screen.echo_json(shapes.trace(found))
        return
    genealogy.show(screen.out(), found, direction)
