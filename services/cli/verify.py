"""`coi verify`: does every stored byte still match the log?"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from services.cli.options import reading_itself

if TYPE_CHECKING:
    from rich.console import Console

    from ledger.api import Verification
    from services.cli.noted import Noted

EXAMPLES: Final = (
    "\b\nExamples:\n"
    "  coi verify --data ./coi-data\n"
    "  coi verify --data ./coi-data --size 106 --root e5fc…   # as you noted them\n"
    "  coi verify --dsn 'host=db dbname=coi user=auditor' --json\n"
)


@click.command(name="verify", short_help="Re-hash every stored byte and rebuild the tree.", epilog=EXAMPLES)
@click.option(
    "--size", type=click.IntRange(min=0), help="The log had so many facts when you noted it: it must not be shorter."
)
@click.option(
    "--root", metavar="HEX", help="The root that you noted at that size; compared while the log has that size."
)
@reading_itself
def command(
    *,
    size: int | None,
    root: str | None,
    target: str | None,
    dsn: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Check the whole log: hash every stored record again, rebuild the Merkle tree, compare tags and lineage with it.

    The first position that does not match is named, and the exit code is 1. It reads the store itself, so that nobody
    has to be believed: give --data DIR or --dsn. Without either it reads the store under ./coi-data.

    What cannot be seen from inside: whether facts were removed from the end. Compare size and root with a receipt or a
    note that you kept, by --size and --root. A root is compared only while the log has exactly that size; of a log that
    has grown since, the size alone.
    """
    from services import wiring
    from services.cli import noted, screen, shapes
    from services.cli.failing import FINDING, configured, explained

    _check(target, dsn, data, size, root)
    with (
        explained(),
        wiring.library(configured(), dsn=dsn, data=data) as ledger,
        screen.counting(screen.err(), "hashing") as progress,
    ):
        result = ledger.verify(progress)
        broken = "" if result.holds else noted.break_of(ledger, result)
    compared = None if size is None else noted.compared(result, size, root)
    if as_json:
        told = {} if compared is None else {"noted": {"size": size, "root": root, "holds": compared.holds}}
        screen.echo_json(shapes.verification(result) | told)
    else:
        _show(screen.out(), result, broken, compared)
    if not result.holds or (compared is not None and not compared.holds):
        raise SystemExit(FINDING)


def _check(target: str | None, dsn: str | None, data: Path | None, size: int | None, root: str | None) -> None:
    """Refuses options that exclude each other.

    Raises:
        Failure: They do.
    """
    from services.cli.failing import Failure

    if target is not None:
        raise Failure(f"verify believes no server, so it cannot ask {target}: give --data DIR or --dsn")
    if dsn is not None and data is not None:
        raise Failure("--dsn and --data name different stores: give one of them")
    if root is not None and size is None:
        raise Failure("--root is a root at some size: give --size N too, as you noted it")
    if root is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", root):
        raise Failure(f"--root {root!r} is no root: it has 64 hexadecimal digits")


def _show(console: "Console", result: "Verification", broken: str, compared: "Noted | None") -> None:
    from services.cli import screen

    if broken:
        screen.plain(console, f"log does NOT verify: {broken}", "bold red")
    elif not result.size:
        screen.plain(console, "nothing is recorded yet")
    else:
        screen.plain(console, f"log verified: {screen.plural(result.size, 'fact')}", "bold green")
        screen.plain(console, f"root {result.root.hex()}")
    if compared is not None:
        screen.plain(console, compared.words, "" if compared.holds else "bold red")
    elif not broken:
        console.print(
            "Not covered: facts removed from the end cannot be seen from inside. Compare size and root with a receipt "
            "or a note that you kept (--size, --root).",
            style="dim",
        )
