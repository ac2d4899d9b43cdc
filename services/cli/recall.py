"""`coi recall`: what a recall or look-back covers, whom it reached, who was told; or the same as a drill."""

from datetime import datetime
from pathlib import Path
from typing import Final

import click

from services.cli.options import asked_axes, axes, beyond, reading

EXAMPLES: Final = (
    "\b\nExamples:\n"
    "  coi recall case:case.RXK:RCL-2026-001     # stock, patients, answers\n"
    "  coi recall lot.VEC:V123                   # a drill: nothing changes\n"
    "  coi recall lot.VEC:V123 --at-position 61  # as it was known then\n"
)


@click.command(name="recall", short_help="What a recall covers, whom it reached, who was told.", epilog=EXAMPLES)
@click.argument("identifier", metavar="CASE|THING")
@axes
@reading
def command(  # noqa: PLR0913 - one parameter per option
    *,
    identifier: str,
    as_of: datetime | None,
    known_at: datetime | None,
    at_position: int | None,
    target: str | None,
    dsn: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Take the scope of a recall or look-back: all that came of what it names, where it is, and whom it reached.

    CASE is what RecallOpened and LookbackOpened bear. A lot, batch, donation, container, donor, patient, site or
    instrument in its place is a drill: the same scope, and nothing changes. "later" marks what was made or given since
    the case's scope was taken. Patients are named by pseudonym; "cannot be reached" are those lost to follow-up.

    The position and the hash at the end are those that RecallOpened, LookbackOpened and RecallDrillRun ask for
    (scope_position, scope_hash): anybody can take the scope again at that position and compare.
    """
    from services.cli import failing, identifying, screen, shapes, source
    from services.cli.scope import show

    asked = asked_axes(as_of, known_at, at_position)
    with source.opened(failing.configured(), target=target, dsn=dsn, data=data) as ledger:
        found = ledger.recall_scope(identifying.resolved(ledger, identifier), asked)
        unknown = beyond(asked, ledger.info())
    if unknown:
        screen.plain(screen.err() if as_json else screen.out(), unknown, "yellow")
    if as_json:
        screen.echo_json(shapes.scope(found))
        return
    show(screen.out(), found)
