"""`coi restore`: a store again, of a backup, verified before it is used."""

from datetime import datetime
from pathlib import Path
from typing import Final

import click

from services.cli.options import MOMENT

EXAMPLES: Final = (
    "\b\nExamples:\n"
    "  coi restore --from /backup/coi --data ./restored\n"
    "  coi restore --from /backup/coi --data ./restored --until 2026-04-14T11:27\n"
    "  coi restore --from /backup/coi/20260414T020000Z --data ./new --until 1204\n"
)


class _Until(click.ParamType[datetime | int, str | datetime | int]):
    """A position, or a moment as elsewhere."""

    name = "time|position"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime | int:
        """Reads it, or says how it is written."""
        text = str(value)
        return int(text) if text.isascii() and text.isdigit() else MOMENT.convert(value, param, ctx)


@click.command(name="restore", short_help="Make a store of a backup, and verify it.", epilog=EXAMPLES)
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    required=True,
    help="What `coi backup --to` was given, or one base backup in it.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    required=True,
    help="Make the store here; it must hold none.",
)
@click.option("--until", type=_Until(), help="Stop after the commits of then, or after the commit of this position.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, for programs.")
def command(*, source: Path, data: Path, until: datetime | int | None, as_json: bool) -> None:
    """Copy a base backup, replay what was recorded after it, hash every stored byte again, rebuild the tree.

    The time of each part is printed, with the position and the root that came back: compare them with a receipt or a
    note that you kept. What does not verify is left in DIR/restoring and the exit code is 1. Facts of one commit are
    restored together, so the log may end a little after the position of --until.
    """
    from services import wiring
    from services.cli import screen
    from services.cli.failing import FINDING, explained

    with explained(), screen.stages(screen.err()) as progress:
        found = wiring.restored(source, data, until, progress)
    total = found.copied + found.replayed + found.verified
    if as_json:
        times = {"copied": found.copied, "replayed": found.replayed, "verified": found.verified, "total": total}
        screen.echo_json(
            {
                "base": str(found.base),
                "origin": found.origin,
                "position": found.position,
                "root": found.root.hex(),
                "seconds": {name: round(seconds, 3) for name, seconds in times.items()},
                "findings": list(found.findings),
                "verified": not found.findings,
            }
        )
    else:
        console = screen.out()
        for finding in found.findings:
            screen.plain(console, f"NOT as it was: {finding}", "bold red")
        head = f"restored {screen.plural(found.position, 'fact')} of {found.origin}"
        screen.plain(console, f"{head} and verified every byte" if not found.findings else head, "bold")
        screen.plain(console, f"root {found.root.hex()}")
        screen.plain(
            console,
            f"{total:.1f} s in all: copied {found.copied:.1f} s, replayed {found.replayed:.1f} s, "
            f"verified {found.verified:.1f} s",
        )
        where = data / "restoring" if found.findings else data
        screen.plain(console, f"from {found.base} into {where}", "dim")
    if found.findings:
        raise SystemExit(FINDING)
