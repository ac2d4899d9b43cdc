"""`coi list`: worklists, registers and reports."""

from datetime import datetime
from pathlib import Path
from typing import Final

import click

from services.cli.options import MOMENT, START, asked_axes, axes, beyond, reading

EXAMPLES: Final = (
    "\b\nExamples:\n"
    "  coi list                                  # which lists there are\n"
    "  coi list unresolved-refusals --site ods:RXKP1\n"
    "  coi list deviations --by rule --from 2026-01-01 --until 2026-12-31\n"
    "  coi list late-entries --person nmc:98I0003E --csv > late.csv\n"
    "  coi list open-deviations --known-at 2026-04-14 --json\n"
)
DEFAULT: Final = 100


@click.command(name="list", short_help="Worklists, registers and reports.", epilog=EXAMPLES)
@click.argument("name", metavar="[NAME]", default="")
@click.option("--site", default="", metavar="SITE", help="Of this site: ods:RXKP1.")
@click.option("--organisation", default="", metavar="ORG", help="Of this organisation: ods:RXK.")
@click.option("--person", default="", metavar="PERSON", help="Of this person: nmc:98I0003E.")
@click.option("--product", default="", metavar="PRODUCT", help="Of this product.")
@click.option("--rule", default="", metavar="ID", help="By this rule.")
@click.option("--about", default="", metavar="TAG", help="About this chain, batch, container, case or other thing.")
@click.option("--from", "start", type=START, help="From then on, by the time of the list; a bare day is included.")
@click.option("--until", "end", type=MOMENT, help="Before then; a bare day is included.")
@click.option(
    "--by", default="", metavar="WHAT", help="Count by site, organisation, person, rule, product, what or month."
)
@click.option("--limit", type=click.IntRange(1, 100_000), default=DEFAULT, show_default=True, help="Rows at most.")
@click.option("--csv", "as_csv", is_flag=True, help="Every column as CSV on stdout, for a spreadsheet.")
@axes
@reading
def command(  # noqa: PLR0913 - one parameter per option
    *,
    name: str,
    site: str,
    organisation: str,
    person: str,
    product: str,
    rule: str,
    about: str,
    start: datetime | None,
    end: datetime | None,
    by: str,
    limit: int,
    as_csv: bool,
    as_of: datetime | None,
    known_at: datetime | None,
    at_position: int | None,
    target: str | None,
    dsn: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Show the list NAME, or name all lists.

    Each list names the position through which it is complete. A table shows the columns that matter first; --json and
    --csv give all of them. A list of stock is asked for a moment with --as-of; any list as it was known with --known-at
    or --at-position.
    """
    from ledger.api import ListQuestion
    from services.cli import failing, identifying, listed, screen, source

    if as_csv and as_json:
        raise failing.Failure("--csv and --json are two forms of the same: give one of them")
    if not name:
        listed.names(as_json=as_json)
        return
    asked = asked_axes(as_of, known_at, at_position)
    with source.opened(failing.configured(), target=target, dsn=dsn, data=data) as ledger, listed.understood():
        question = ListQuestion(
            name=name,
            site=listed.of_kind("site", site),
            organisation=listed.of_kind("organisation", organisation),
            person=listed.of_kind("person", person),
            product=listed.of_kind("product", product),
            rule=rule.upper(),
            about=identifying.resolved(ledger, about) if about else "",
            start=start,
            end=end,
        )
        unknown = beyond(asked, ledger.info())
        found = listed.collected(ledger.lists, question, limit, asked) if not by else None
        counted = ledger.lists.count(question, by, asked) if by else None
    if unknown:
        screen.plain(screen.err(), unknown, "yellow")
    if counted is not None:
        listed.tell_counts(counted, as_json=as_json, as_csv=as_csv)
    if found is not None:
        listed.tell(found, as_json=as_json, as_csv=as_csv)
