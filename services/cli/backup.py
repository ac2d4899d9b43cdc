"""`coi backup`: a copy of the store, and of everything that is recorded from then on."""

from pathlib import Path
from typing import Final

import click

EXAMPLES: Final = (
    "\b\nExamples:\n"
    "  coi backup --to /backup/coi\n"
    "  coi backup --to /backup/coi --follow\n"
    "  coi backup --to /backup --dsn 'host=db dbname=coi user=coi_ledger_backup'\n"
)


@click.command(name="backup", short_help="Copy the store, and go on copying.", epilog=EXAMPLES)
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    required=True,
    help="Keep backups here, made if missing: on another disk, better on another machine.",
)
@click.option("--dsn", metavar="DSN", help="Of a role with REPLICATION that may read the log, on any Postgres.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The embedded store in DIR, served or not. Without either: ./coi-data.",
)
@click.option(
    "--follow",
    is_flag=True,
    help="Instead of a base backup, stream what is recorded until told to stop. Begin this first, leave it running.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, for programs.")
def command(*, to: Path, dsn: str | None, data: Path | None, follow: bool, as_json: bool) -> None:
    """Copy the whole store while it is in use, check the copy, and put it into DIR/<time>, whole or not at all.

    With --follow beside it, every commit is in DIR/wal a moment later, so that a restore loses nothing. Postgres keeps
    for the slot `coi_backup` what was not streamed yet: when nobody is to follow any more, drop that slot.

    `coi restore` makes a store of it again, and verifies it: try that now and then.
    """
    from services import wiring
    from services.cli import screen
    from services.cli.failing import Failure, configured, explained

    if dsn is not None and data is not None:
        raise Failure("--dsn and --data name different stores: give one of them")
    if follow:
        if as_json:
            raise Failure("--follow does not end by itself, so it has no --json")
        with explained():
            wiring.followed(configured(), to, dsn=dsn, data=data, told=click.echo)
        return
    with explained(), screen.stages(screen.err()) as progress:
        done = wiring.backed_up(configured(), to, progress, dsn=dsn, data=data)
    note = done.note
    if as_json:
        screen.echo_json(
            {
                "folder": str(done.folder),
                "origin": note.origin,
                "position": note.position,
                "root": note.root,
                "bytes": note.bytes,
                "seconds": note.seconds,
            }
        )
        return
    console = screen.out()
    screen.plain(console, f"backed up to {done.folder}", "bold green")
    screen.plain(console, f"{note.bytes / (1 << 20):,.1f} MiB in {note.seconds:.1f} s, each file checked by its hash")
    screen.plain(console, f"it holds position {note.position:,} and all before it; what was recorded meanwhile too")
    screen.plain(console, f"root {note.root}")
