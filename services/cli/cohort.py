"""`coi cohort`: a nation's year of orders, played through the API, and held against the published figures."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from rich.console import Console

    from services.cli.nation import Nation, Year
    from services.cli.nation_figures import Figure
    from services.cli.player import Answer
    from services.wiring import Demonstration

EXAMPLES: Final = (
    "\b\nExamples:\n  coi cohort 40\n  coi cohort 400 --seed 7 --keep ./year    # keep the store, to look at it\n"
)
MOST: Final = 5_000
"""Most orders: with more, chains would run out of numbers of their own."""


@click.command(
    name="cohort",
    short_help="Play a nation's year of N orders, and hold it against published figures.",
    epilog=EXAMPLES,
)
@click.argument("orders", metavar="N", type=click.IntRange(min=1, max=MOST))
@click.option("--seed", default=1, show_default=True, help="Who goes which way, and when.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Keep the store in DIR, to look at it afterwards. Without it everything is thrown away.",
)
@click.option("--json", "as_json", is_flag=True, help="End with one JSON object on stdout; progress goes to stderr.")
def command(*, orders: int, seed: int, keep: Path | None, as_json: bool) -> None:
    """Draw a year of N orders of CAR-T cells to the published national figures, and play it through the API.

    Each order goes a way that a scenario tells: not collected, collected and never given, failed and made again,
    supplied out of specification, finished at a point of care … A Postgres and a server are started for it; the year
    is told on its own clock, chains side by side. Afterwards the feed is read, and what the ledger tells of the year
    stands beside what was published. Every answer must be the one that its scenario states; else it exits with 1.
    """
    from services.cli import demo, logs, nation, screen
    from services.cli.failing import FINDING, explained

    logs.to_stderr("error")
    progress = screen.err() if as_json else screen.out()
    figures = nation.read()
    with explained(), demo.folder(keep) as folder:
        drawn = nation.year(figures, orders, seed)
        with demo.started(progress, folder) as running:
            surprises = _played(progress, drawn, running)
            told = _read(running)
    if as_json:
        screen.echo_json(_shape(figures, drawn, told, surprises))
    else:
        _show(progress, figures, drawn, told)
    for answer in surprises[:10]:
        screen.plain(screen.err(), f"coi: {answer.step.name} ({answer.step.type}), not as stated: {answer.surprise}")
    if surprises:
        raise SystemExit(FINDING)


def _played(console: "Console", drawn: "Year", running: "Demonstration") -> "list[Answer]":
    """Plays the year and returns the answers that are not those stated."""
    from services.cli import player, screen, staging

    stage = staging.Rehearsal(running.set_clock)
    surprises: list[Answer] = []
    with screen.counting(console, "playing the year") as progress:
        for done, answer in enumerate(player.play(drawn.told, running.target, stage), start=1):
            if answer.surprise:
                surprises.append(answer)
            progress(done, len(drawn.told.steps))
    return surprises


def _read(running: "Demonstration") -> "tuple[tuple[Figure, ...], dict[str, int]]":
    """The figures of the year and the outcomes of its facts, from the feed and the reading lists."""
    from coi_client import Client, Wanted
    from services.cli import nation_figures, remote

    with Client(running.target) as client, remote.asked(running.target) as ledger:
        heard = client.follow(0, Wanted(refusals=True), until_head=True)
        return nation_figures.read((item.fact for item in heard if item.fact is not None), ledger.lists)


def _show(
    console: "Console", figures: "Nation", drawn: "Year", told: "tuple[tuple[Figure, ...], dict[str, int]]"
) -> None:
    from collections import Counter

    from rich.table import Table

    from services.cli import screen

    ways = Counter(order.way.name for order in drawn.orders)
    drew = Table(box=None, pad_edge=False, header_style="bold")
    drew.add_column("orders", justify="right", no_wrap=True)
    drew.add_column("way", ratio=1)
    drew.add_column("told by", no_wrap=True, style="dim")
    for way in figures.ways:
        drew.add_row(str(ways[way.name]), way.name, way.story)
    console.print(drew)
    console.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("figure", "this year", "published"):
        table.add_column(name, ratio=2 if name == "figure" else 1)
    published = {one.name: one for one in figures.published}
    for figure in told[0]:
        known = published.get(figure.name)
        table.add_row(
            known.words if known else figure.name.replace("-", " "),
            figure.said,
            known.said if known else "none published",
        )
    console.print(table)
    counted = ", ".join(f"{number} {name}" for name, number in told[1].items())
    screen.plain(console, f"\n{sum(told[1].values())} facts: {counted}. Sources: coi cohort --json")


def _shape(
    figures: "Nation",
    drawn: "Year",
    told: "tuple[tuple[Figure, ...], dict[str, int]]",
    surprises: "list[Answer]",
) -> dict[str, Any]:
    published = {one.name: one for one in figures.published}
    ways = [order.way.name for order in drawn.orders]
    return {
        "orders": len(drawn.orders),
        "facts": told[1],
        "ways": [
            {"name": way.name, "story": way.story, "orders": ways.count(way.name), "source": way.source}
            for way in figures.ways
        ],
        "figures": [
            {
                "name": figure.name,
                "value": round(figure.value, 4),
                "said": figure.said,
                "published": published[figure.name].value if figure.name in published else None,
                "source": published[figure.name].source if figure.name in published else None,
            }
            for figure in told[0]
        ],
        "as_stated": not surprises,
        "surprises": [{"step": answer.step.name, "found": answer.surprise} for answer in surprises],
    }
