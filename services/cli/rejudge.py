"""`coi rejudge`: does every stored verdict come out again?"""

from pathlib import Path
from typing import Final

import click

from services.cli.options import reading

EXAMPLES: Final = (
    "\b\nExamples:\n"
    "  coi rejudge --data ./coi-data                      # the whole log\n"
    "  coi rejudge CHA999926000017                        # one chain\n"
    "  coi rejudge --data ./coi-data --state night.json   # goes on after a break\n"
    "  coi rejudge --data ./coi-data --under today        # what if\n"
)


@click.command(name="rejudge", short_help="Work out every verdict again; name the first that differs.", epilog=EXAMPLES)
@click.argument("coi", metavar="[COI]", required=False)
@click.option(
    "--under",
    metavar="today|N",
    default="",
    help="What if: judge by the rulebook in force today, or by rulebook N of this program. Changes nothing.",
)
@click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Keep in FILE how far it is, and go on from there: after a break, or for what has been recorded since.",
)
@click.option(
    "--workers", type=click.IntRange(min=1), help="Processes, where it opens the store itself. Left out: one a core."
)
@reading
def command(  # noqa: PLR0913 - one parameter per option
    *,
    coi: str | None,
    under: str,
    state: Path | None,
    workers: int | None,
    target: str | None,
    dsn: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Judge every fact again, refusals included, and name the first verdict that does not come out as it is stored.

    Each fact is judged by the rulebook that judged it, over what was known before it, at the time of its recording.
    With COI, only the facts of that chain's story are; of any other thing, give kind:scheme:value.

    It shows that nobody changed a verdict, or made one by other rules. Whether the stored bytes are those that were
    recorded is what `coi verify` shows; an inspector asks both.

    Exit code 1 names a verdict that differs or bytes that are no record; with --under, that something would differ.
    """
    from ledger.api import rejudging
    from services.cli import failing, identifying, judging, rejudged, screen, source

    if under not in rejudging.KNOWN:
        known = " or ".join(rejudging.KNOWN[1:])
        raise failing.Failure(f"--under {under}: this program has no such rulebook: give {known}")
    if coi is not None and state is not None:
        raise failing.Failure("--state is for the whole log: a chain is judged in a moment, leave it out")
    with source.opened(failing.configured(), target=target, dsn=dsn, data=data) as ledger:
        subject = "" if coi is None else identifying.resolved(ledger, coi, preferred="coi")
        question = rejudging.Again(subject=subject, under=under)
        with screen.counting(screen.err(), "judging") as progress:
            found = judging.run(ledger, question, judging.Kept(state), workers or 0, progress)
        named = rejudged.named(ledger, found)
    if as_json:
        screen.echo_json(rejudged.shape(question, found))
    else:
        rejudged.show(screen.out(), question, found, named)
    if found.breaks_at or found.changes:
        raise SystemExit(failing.FINDING)
