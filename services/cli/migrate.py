"""`coi migrate`: bring a store's schema up to this program."""

from pathlib import Path
from typing import Final

import click

EXAMPLES: Final = (
    "\b\nExamples:\n  coi migrate --dsn 'host=db dbname=coi user=owner'\n  coi migrate --data ./coi-data\n"
)


@click.command(name="migrate", short_help="Bring a store's schema up to this program.", epilog=EXAMPLES)
@click.option("--dsn", metavar="DSN", help="The Postgres to migrate, with a role that may create tables.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The embedded store in DIR; made if missing. Without either: ./coi-data.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, for programs.")
def command(*, dsn: str | None, data: Path | None, as_json: bool) -> None:
    """Apply the migrations that a store lacks. They go forward only, and a second run does nothing."""
    from services import wiring
    from services.cli import screen
    from services.cli.failing import configured, explained

    with explained():
        applied = wiring.migrated(configured(), dsn=dsn, data=data)
    if as_json:
        screen.echo_json({"applied": applied})
    elif applied:
        click.echo("\n".join(f"applied {name}" for name in applied))
    else:
        click.echo("the store is up to this program")
