"""`coi play`: a story file, sent through the API of any ledger; the answers that it states must come back."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from services.cli.player import Answer
    from services.cli.running import Run
    from services.cli.staging import Stage
    from services.cli.story import StoryFile

EXAMPLES: Final = (
    "\b\nExamples:\n"
    "  coi play --list           # the stories and the scenarios of the law\n"
    "  coi play point_of_care    # on a ledger of its own\n"
    "  coi play 18a_wrong_patient\n"
    "  coi play my_story.json --target localhost:50051\n"
    "  coi play my_story.json --target localhost:50051 --run may1\n"
)


def _list(context: click.Context, _: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - as click calls it
    """Names and titles of what the package has to play."""
    from services.cli import outcome, screen, story

    if asked:
        names = [*story.packaged(), *story.library()]
        screen.out().print(outcome.titles({name: story.load(name).title for name in names}))
        context.exit()


def _print(context: click.Context, _: click.Parameter, scenario: str | None) -> None:
    """A story with every request in full."""
    import msgspec

    from services.cli import screen
    from services.cli.failing import explained

    if scenario is not None:
        with explained():
            screen.echo_json(msgspec.to_builtins(_read(scenario)))
        context.exit()


@click.command(
    name="play", short_help="Send a story file through the API; its answers must come back.", epilog=EXAMPLES
)
@click.argument("scenario")
@click.option(
    "--list",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list,
    help="List the stories and scenarios of the package.",
)
@click.option(
    "--print",
    metavar="SCENARIO",
    is_eager=True,
    expose_value=False,
    callback=_print,
    help="Print one with every request in full, and play nothing.",
)
@click.option("--target", metavar="HOST:PORT", help="Play it on this server.")
@click.option("--dsn", metavar="DSN", help="Play it on the store in this Postgres.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Play it on the embedded store in DIR, which is made if there is none.",
)
@click.option("--run", "name", metavar="NAME", help="Name of the run. The same name sends nothing twice.")
@click.option("--json", "as_json", is_flag=True, help="End with one JSON object on stdout; progress goes to stderr.")
def command(
    *, scenario: str, target: str | None, dsn: str | None, data: Path | None, name: str | None, as_json: bool
) -> None:
    """Play SCENARIO, the path of a story file or the name of a packaged story, step by step.

    It stops at the first answer that is not the one stated, names both, and exits with 1; 2 means it could not be
    played. A story may say how its things stand at the end, and what is left open: that is looked up too. A story is
    JSON: each step is the JSON of one request, with the answer that must come back. A scenario tells the same in short:
    --print writes it out, every request to copy, and --list names those of the package.

    Without --target, --dsn or --data it is played as it is written on a throw-away ledger, on the story's own clock.
    Scenarios suspend licences and sites, and wait: they come back as stated there, not on a ledger that others use.

    A ledger in use has a clock of its own, so there the story is moved in time: its first decision (a release, for
    example) is recorded now, and what went before is reported late, with that reason, at its own distances. Days are
    moved by whole days. What follows the first decision happens between one answer and the next: an answer that
    depends on waiting there, such as a check gone stale, can only come back on the story's own clock.

    Every run there has keys and ids of its own (chains, patients, donations, containers, batches, consignments), made
    from its name, so runs do not meet; registers are shared by all. A run that broke off is resumed with --run: what
    was answered before is asked for by its key, and nothing is sent twice.
    """
    from services.cli import logs, outcome, player, screen
    from services.cli.failing import FINDING, explained

    logs.to_stderr("error")
    told = _read(scenario)
    alone = target is None and dsn is None and data is None
    run = _run(name, own_ledger=alone)
    progress = screen.err() if as_json else screen.out()
    with explained(), _stage(told, run, target, dsn, data, resumes=name is not None) as (address, stage):
        answers = list(_until_surprised(outcome.told(progress, told.title, player.play(told, address, stage))))
        left = _left(told, run, address, answers, alone=alone)
    shape = _shape(told, run, answers, left)
    if as_json:
        screen.echo_json(shape)
    else:
        which = "" if run is None else f", run {run.name}"
        thing = f"chain {shape['coi']}" if shape["coi"].startswith("coi:") else shape["coi"]
        played = f"{len(answers)} of {screen.plural(len(told.steps), 'step')} played{which}, {thing}"
        screen.plain(progress, f"\n{played}")
        if told.state and not left and not answers[-1].surprise:
            screen.plain(progress, f"It ends as stated: {screen.plural(len(told.state), 'thing')} looked at.")
    if answers and (surprise := answers[-1].surprise):
        last = answers[-1].step
        screen.plain(screen.err(), f"coi: step {last.name!r} ({last.type}), not as stated: {surprise}")
    for difference in left:
        screen.plain(screen.err(), f"coi: it does not end as stated: {difference}")
    if not shape["as_stated"]:
        raise SystemExit(FINDING)


def _read(scenario: str) -> "StoryFile":
    import msgspec

    from services.cli import story
    from services.cli.failing import Failure

    try:
        told = story.load(scenario)
    except OSError as error:
        names = ", ".join(story.packaged())
        known = f"packaged stories are: {names}, and those of coi play --list"
        raise Failure(f"{scenario!r} cannot be read ({error.strerror}); {known}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Failure(f"{scenario} is no story: {error}") from error
    if not told.steps:
        raise Failure(f"{scenario} has no steps: give at least one")
    return told


def _run(name: str | None, *, own_ledger: bool) -> "Run | None":
    """The run: of this name, or of a new one; none where the story is alone and is sent as it is written."""
    import secrets

    from services.cli.running import Run

    return None if own_ledger and name is None else Run(name or secrets.token_hex(4))


@contextmanager
def _stage(
    told: "StoryFile", run: "Run | None", target: str | None, dsn: str | None, data: Path | None, *, resumes: bool
) -> "Iterator[tuple[str, Stage]]":
    """Where the story is played, and how."""
    from services import wiring
    from services.cli.failing import Failure, configured
    from services.cli.staging import Rehearsal, Visit

    given = [option for option, value in (("--target", target), ("--dsn", dsn), ("--data", data)) if value is not None]
    if len(given) > 1:
        raise Failure(f"{' and '.join(given)} name different ledgers: give one of them")
    if run is None or not given:
        with (
            tempfile.TemporaryDirectory(prefix="coi-play-", ignore_cleanup_errors=True) as folder,
            wiring.demonstration(configured(), Path(folder)) as running,
        ):
            yield running.target, Rehearsal(running.set_clock, run)
    elif target is not None:
        yield target, Visit(told, run, resumes=resumes)
    else:
        with wiring.visiting(configured(), dsn=dsn, data=data) as address:
            yield address, Visit(told, run, resumes=resumes)


def _until_surprised(answers: "Iterable[Answer]") -> "Iterator[Answer]":
    """What follows a wrong answer rests on it, so it is the last."""
    for answer in answers:
        yield answer
        if answer.surprise:
            return


def _left(
    told: "StoryFile", run: "Run | None", address: str, answers: "list[Answer]", *, alone: bool
) -> tuple[str, ...]:
    """Where things do not stand as the story ends; nothing of one that did not come to its end."""
    from services.cli import ending, remote

    if not told.state or answers[-1].surprise:
        return ()
    with remote.asked(address) as ledger:
        return tuple(ending.differences(told, ledger, run, alone=alone))


def _shape(told: "StoryFile", run: "Run | None", answers: "list[Answer]", left: tuple[str, ...]) -> dict[str, Any]:
    """The object with which `coi play --json` ends."""
    surprised = next((answer for answer in answers if answer.surprise), None)
    return {
        "title": told.title,
        "run": None if run is None else run.name,
        "coi": told.coi if run is None else run.tag(told.coi),
        "as_stated": surprised is None and not left,
        "steps": len(told.steps),
        "answers": [
            {
                "name": answer.step.name,
                "type": answer.step.type,
                "position": answer.position,
                "state": answer.state or None,
                "refused": list(answer.refused),
                "notes": list(answer.notes),
                "cures": list(answer.cures),
                "clearance": answer.cleared or None,
            }
            for answer in answers
        ],
        "surprise": None if surprised is None else {"step": surprised.step.name, "found": surprised.surprise},
        "ends_otherwise": list(left),
    }
