"""`coi bench-store`: make a store of many facts, to measure on."""

import os
import time
from pathlib import Path
from typing import Final

import click

EXAMPLES: Final = (
    "\b\nExamples:\n"
    "  coi bench-store 1000000 --data ./million\n"
    "  coi verify --data ./million\n"
    "  coi bench-store 10000 --dsn 'host=db dbname=trial' --json\n"
)
MOST: Final = 25_000_000
"""Most facts; beyond, chains would run out of serial numbers."""


@click.command(name="bench-store", short_help="Make a store of N facts, to measure on.", epilog=EXAMPLES)
@click.argument("facts", metavar="N", type=click.IntRange(min=1, max=MOST))
@click.option("--dsn", metavar="DSN", help="Fill this Postgres: migrated, and without a fact.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Fill a new embedded store in DIR.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, for programs.")
def command(*, facts: int, dsn: str | None, data: Path | None, as_json: bool) -> None:
    """Fill an empty store with N facts: one patient's story, 60 facts from order to infusion, told for many patients.

    Two chains are really recorded, with every rule; all others are written by COPY as those would have been, with ids,
    times, positions, leaves and keys of their own. So `coi verify` holds, the log can be judged again, and 64 chains
    lie side by side. Synthetic: all chains are alike, nothing is refused, late or corrected, and weeks take minutes.

    Never fill a store that real facts are to come into: what is recorded stays.
    """
    from ledger.api import fill
    from services import wiring
    from services.cli import screen
    from services.cli.alike import Cohort
    from services.cli.failing import configured, explained

    with (
        explained(),
        wiring.fillable(configured(), dsn=dsn, data=data) as address,
        screen.counting(screen.err(), "copying") as progress,
    ):
        began = time.perf_counter()
        size = fill(address, Cohort(), facts, os.urandom, progress)
        seconds = time.perf_counter() - began
    if as_json:
        screen.echo_json({"facts": size, "seconds": round(seconds, 3)})
    else:
        click.echo(f"{screen.plural(size, 'fact')} in {seconds:.1f} s, {size / seconds:,.0f} a second")
