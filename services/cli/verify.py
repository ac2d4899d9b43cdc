"""`coi verify`: does every stored byte still match the log?"""

from pathlib import Path
from typing import Final

import click

from services.cli.options import reading

EXAMPLES: Final = (
    "\b\nExamples:\n  coi verify --data ./coi-data\n  coi verify --dsn 'host=db dbname=coi user=auditor' --json\n"
)


@click.command(name="verify", short_help="Re-hash every stored byte and rebuild the tree.", epilog=EXAMPLES)
@reading
def command(*, target: str | None, dsn: str | None, data: Path | None, as_json: bool) -> None:
    """Check the whole log: hash every stored record again, rebuild the Merkle tree, compare tags and lineage with it.

    The first position that does not match is named, and the exit code is 1. It reads the store itself, so that nobody
    has to be believed: give --data DIR or --dsn. Without either it reads the store under ./coi-data.
    """
    from services import wiring
    from services.cli import screen, shapes
    from services.cli.failing import FINDING, Failure, configured, explained

    if target is not None:
        raise Failure(f"verify believes no server, so it cannot ask {target}: give --data DIR or --dsn")
    if dsn is not None and data is not None:
        raise Failure("--dsn and --data name different stores: give one of them")
    chosen, console = configured(), screen.err()
    with (
        explained(),
        wiring.library(chosen, dsn=dsn, data=data) as ledger,
        screen.counting(console, "hashing") as progress,
    ):
        result = ledger.verify(progress)
    if as_json:
        screen.echo_json(shapes.verification(result))
    elif result.holds:
        screen.plain(screen.out(), f"log verified: {screen.plural(result.size, 'fact')}", "bold green")
        screen.plain(screen.out(), f"root {result.root.hex()}")
    else:
        where = f"first break at position {result.first_break}: {result.reason}"
        screen.plain(screen.out(), f"log does NOT verify: {where}", "bold red")
    if not result.holds:
        raise SystemExit(FINDING)
