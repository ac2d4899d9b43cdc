"""`coi demo`: one patient's whole story on an embedded server, then the replay, the lineage and the proof."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from rich.console import Console

    from services.cli.outcome import Outcome
    from services.cli.player import Answer
    from services.cli.story import StoryFile
    from services.wiring import Demonstration


EXAMPLES: Final = (
    "\b\nExamples:\n  coi demo\n  coi demo --keep ./demo-data    # keep the store, to look at it\n  coi demo --json\n"
)


@click.command(name="demo", short_help="Play one patient's whole story, then replay and prove it.", epilog=EXAMPLES)
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Keep the store in DIR, to look at it afterwards. Without it everything is thrown away.",
)
@click.option("--json", "as_json", is_flag=True, help="End with one JSON object on stdout; progress goes to stderr.")
def command(*, keep: Path | None, as_json: bool) -> None:
    """Start a Postgres and a server of its own, and play a story through the API.

    Cells are collected under a licence, sent, modified, finished at a hospital under a control site, released, checked
    at the bedside and given. Four times something goes wrong, and the ledger says no, or keeps the ugly truth. Then the
    story is replayed and traced, and every stored byte is verified.
    """
    from services.cli import logs, outcome, screen, story
    from services.cli.failing import FINDING, explained

    logs.to_stderr("error")
    told, progress = story.load(), screen.err() if as_json else screen.out()
    with explained(), folder(keep) as where, started(progress, where) as running:
        answers = _played(progress, told, running)
        result = _looked_at(progress, told, running, answers)
    if as_json:
        screen.echo_json(outcome.shape(result))
    else:
        outcome.show(progress, result, keep)
    if result.surprises or not result.verification.holds:
        raise SystemExit(FINDING)


@contextmanager
def folder(keep: Path | None) -> Iterator[Path]:
    """A folder for the store: the one to keep, or one that is thrown away."""
    import tempfile

    from services.cli.failing import Failure

    if keep is not None:
        if keep.exists() and any(keep.iterdir()):
            raise Failure(f"{keep} is not empty: give a new folder, or look at the one you have with --data {keep}")
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="coi-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def started(console: "Console", folder: Path) -> Iterator["Demonstration"]:
    """A Postgres in a folder and a server on it, on a clock that is set by hand; it says so."""
    from services import wiring
    from services.cli import screen
    from services.cli.failing import configured

    with ExitStack() as stack:
        # Told to stop, it still stops the Postgres that it started, as on Ctrl-C.
        stack.callback(signal.signal, signal.SIGTERM, signal.signal(signal.SIGTERM, signal.default_int_handler))
        with screen.working(console, "starting Postgres and a server"):
            running = stack.enter_context(wiring.demonstration(configured(), folder))
        console.print(f"Postgres and a server are running; it listens on {running.target}.", style="dim")
        yield running


def _played(console: "Console", told: "StoryFile", running: "Demonstration") -> "list[Answer]":
    """Plays the story as it is written, on its own clock, saying each step."""
    from services.cli import outcome, player, staging

    stage = staging.Rehearsal(running.set_clock)
    return list(outcome.told(console, told.title, player.play(told, running.target, stage)))


def _looked_at(console: "Console", told: "StoryFile", running: "Demonstration", answers: "list[Answer]") -> "Outcome":
    """Asks the server for the story and the lineage, and verifies the store behind it."""
    from services.cli import outcome, remote, screen

    with remote.asked(running.target) as server:
        replayed = server.replay(told.coi)
        given = outcome.given(replayed)
        trace = server.trace(given, "back") if given else None
    with screen.counting(console, "verifying") as progress:
        verification = running.ledger.verify(progress)
    return outcome.Outcome(
        coi=told.coi,
        answers=tuple(answers),
        story=replayed,
        trace=trace,
        verification=verification,
        info=running.ledger.info(),
    )
