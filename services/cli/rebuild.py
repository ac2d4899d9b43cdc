"""`coi rebuild`: makes the reading lists anew from the log, or checks that they are what the log says."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from services.cli.options import reading_itself

if TYPE_CHECKING:
    from ledger.api import Difference

EXAMPLES: Final = (
    "\b\nExamples:\n"
    "  coi rebuild --check                # is every list what the log says?\n"
    "  coi rebuild --data ./coi-data      # make all of them anew\n"
)


@click.command(name="rebuild", short_help="Make the reading lists anew from the log, or check them.", epilog=EXAMPLES)
@click.option("--check", is_flag=True, help="Change nothing: make the lists a second time, and compare.")
@reading_itself
def command(*, check: bool, target: str | None, dsn: str | None, data: Path | None, as_json: bool) -> None:
    """Make every reading list anew from the log.

    Nothing in a list is evidence: the log is, and a list can be made again from it at any time. With --check they are
    made beside those that are kept and compared row by row, gone rows too; the exit code is 1 for a difference, and the
    first one is named. It opens the store itself, as a role that may change lists.
    """
    from services import wiring
    from services.cli import failing, screen

    if target is not None:
        raise failing.Failure("a server is not asked to check itself: give --data DIR or --dsn, without --target")
    with (
        failing.explained(),
        wiring.library(failing.configured(), dsn=dsn, data=data) as ledger,
        screen.counting(screen.err(), "making lists") as seen,
    ):
        if check:
            through, difference = ledger.lists.check(seen)
        else:
            through, difference = ledger.lists.rebuild(seen), None
    if as_json:
        screen.echo_json({"checked": check, "through": through, "difference": _shape(difference)})
    else:
        _tell(through, difference, check=check)
    if difference is not None:
        raise click.exceptions.Exit(failing.FINDING)


def _shape(difference: "Difference | None") -> dict[str, Any] | None:
    if difference is None:
        return None
    names = ("list", "root", "part", "position")
    found: dict[str, Any] = {name: getattr(difference, name) for name in names}
    for name in ("kept", "made"):
        entry = getattr(difference, name)
        found[name] = None if entry is None else entry.cells.decode()
    return found


def _tell(through: int, difference: "Difference | None", *, check: bool) -> None:
    from services.cli import screen

    console = screen.out()
    if difference is None:
        done = "is what the log says" if check else "was made anew"
        screen.plain(console, f"every list {done}, through position {through}", "green")
        return
    where = f"{difference.root} from position {difference.position}"
    screen.plain(console, f"the list {difference.list} is not what the log says: {where}", "bold red")
    for name, words in (("kept", "kept:        "), ("made", "the log says:")):
        entry = getattr(difference, name)
        said = "nothing" if entry is None else f"{entry.cells.decode()}, stood from {entry.since}"
        screen.plain(console, f"  {words} {screen.printable(said)}")
    screen.plain(console, "find out who changed it, then make it anew with `coi rebuild`", "dim")
