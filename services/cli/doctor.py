"""`coi doctor`: is this Postgres fit to keep a ledger?"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from ledger.api import Check

EXAMPLES: Final = (
    "\b\nExamples:\n"
    "  coi doctor\n"
    "  coi doctor --dsn 'host=db dbname=coi user=coi_ledger_writer' --standbys 1\n"
    "  coi doctor --json | jq '.checks[] | select(.ok | not)'\n"
)


@click.command(name="doctor", short_help="Is this Postgres fit to keep a ledger?", epilog=EXAMPLES)
@click.option("--dsn", metavar="DSN", help="Look at this Postgres.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Look at the embedded one in DIR. Without either: at ./coi-data, or at a throw-away one if there is none.",
)
@click.option(
    "--standbys",
    type=click.IntRange(0, 8),
    help="So many standbys must confirm each commit. Without it: COI_STANDBYS, or as the server is set.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, for programs.")
def command(*, dsn: str | None, data: Path | None, standbys: int | None, as_json: bool) -> None:
    """Look at what could lose an acknowledged fact or let a stored one be changed: settings, tables, rights, clocks.

    Ask as the role that appends, with the DSN of the server. Each line says what was found and, where it is not as it
    should be, what to do: "no" holds appends until it is mended, "hm" is advice. The exit code is 1 for any "no".
    """
    from services import wiring
    from services.cli import screen
    from services.cli.failing import FINDING, configured, explained

    with explained():
        checks = wiring.examined(configured(), dsn=dsn, data=data, standbys=standbys)
    failed = [check for check in checks if not check.ok and check.required]
    if as_json:
        names = ("name", "value", "wanted", "ok", "required", "advice")
        rows = [{name: getattr(check, name) for name in names} for check in checks]
        screen.echo_json({"fit": not failed, "checks": rows})
    else:
        _print(checks, len(failed))
    if failed:
        raise SystemExit(FINDING)


def _print(checks: "list[Check]", failed: int) -> None:
    from rich.table import Table
    from rich.text import Text

    from services.cli import screen

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", "check", "found"):
        table.add_column(name, overflow="fold")
    for check in checks:
        word, style = ("ok", "green") if check.ok else ("no", "red") if check.required else ("hm", "yellow")
        told = check.value if check.ok else f"{check.value}; wanted: {check.wanted}\n{check.advice}"
        table.add_row(Text(word, style=style), Text(check.name), Text(told))
    console = screen.out()
    console.print(table)
    if failed:
        screen.plain(console, f'NOT fit: appends are held until what says "no" is mended ({failed})', "bold red")
    else:
        screen.plain(console, "fit to keep a ledger", "bold green")
