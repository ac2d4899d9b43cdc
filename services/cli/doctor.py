"""`coi doctor`: is this Postgres fit to keep a ledger?"""

from pathlib import Path
from typing import Final

import click

EXAMPLES: Final = "\b\nExamples:\n  coi doctor\n  coi doctor --dsn 'host=db dbname=coi user=coi'\n"


@click.command(name="doctor", short_help="Is this Postgres fit to keep a ledger?", epilog=EXAMPLES)
@click.option("--dsn", metavar="DSN", help="Look at this Postgres.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Look at the embedded one in DIR. Without either: at ./coi-data, or at a throw-away one if there is none.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, for programs.")
def command(*, dsn: str | None, data: Path | None, as_json: bool) -> None:
    """Look at what could lose an acknowledged fact or let a stored one be changed: settings, triggers, rights.

    Each line says what was found and, where it is not as it should be, what to do. The exit code is 1 when something
    that is required is missing.
    """
    from services import wiring
    from services.cli import screen
    from services.cli.failing import FINDING, configured, explained

    with explained():
        checks = wiring.examined(configured(), dsn=dsn, data=data)
    failed = [check for check in checks if not check.ok and check.required]
    if as_json:
        names = ("name", "value", "wanted", "ok", "required", "advice")
        rows = [{name: getattr(check, name) for name in names} for check in checks]
        screen.echo_json({"fit": not failed, "checks": rows})
    else:
        _print(checks)
    if failed:
        raise SystemExit(FINDING)


def _print(checks: list) -> None:  # type: ignore[type-arg]
    from rich.table import Table
    from rich.text import Text

    from services.cli import screen

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", "check", "found", "wanted"):
        table.add_column(name, overflow="fold")
    for check in checks:
        mark = (
            Text("ok", style="green")
            if check.ok
            else Text("no", style="red")
            if check.required
            else Text("hm", style="yellow")
        )
        table.add_row(mark, check.name, check.value, "" if check.ok else f"{check.wanted}: {check.advice}")
    console = screen.out()
    console.print(table)
