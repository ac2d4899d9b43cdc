"""`coi search`: facts by what they say of themselves."""

from datetime import datetime
from pathlib import Path
from typing import Final

import click

from services.cli.options import MOMENT, asked_axes, axes, beyond, reading

EXAMPLES: Final = (
    "\b\nExamples:\n"
    "  coi search --outcome refused\n"
    "  coi search --tag coi:isbt128-coi:CHA999926000017 --rule I1\n"
    "  coi search --type AdministrationStarted --from 2026-04-01 --newest\n"
    "  coi search --reference 'HL7-20260414-0042' --json\n"
)
OUTCOMES: Final = {
    "recorded": "OUTCOME_RECORDED",
    "deviation": "OUTCOME_RECORDED_AS_DEVIATION",
    "refused": "OUTCOME_REFUSED",
}
DEFAULT: Final = 50


@click.command(name="search", short_help="Facts by tag, type, time, recorder, outcome or rule.", epilog=EXAMPLES)
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="They bear this tag; give it again for more.")
@click.option("--type", "types", multiple=True, metavar="TYPE", help="They are of this type, or of one of several.")
@click.option("--from", "happened_from", type=MOMENT, help="They happened from then on.")
@click.option("--until", "happened_until", type=MOMENT, help="They happened before then.")
@click.option("--recorded-from", type=MOMENT, help="They were recorded from then on.")
@click.option("--recorded-until", type=MOMENT, help="They were recorded before then.")
@click.option("--by", "organisation", default="", metavar="ORG", help="Recorded by this organisation: ods:RR8.")
@click.option("--outcome", type=click.Choice(tuple(OUTCOMES)), help="What became of them when they were sent.")
@click.option("--rule", default="", metavar="ID", help="This rule was found on them.")
@click.option("--reference", default="", help="The sender's own reference.")
@click.option("--newest", is_flag=True, help="The newest first.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=DEFAULT, show_default=True, help="Facts at most.")
@axes
@reading
def command(  # noqa: PLR0913 - one parameter per option
    *,
    tags: tuple[str, ...],
    types: tuple[str, ...],
    happened_from: datetime | None,
    happened_until: datetime | None,
    recorded_from: datetime | None,
    recorded_until: datetime | None,
    organisation: str,
    outcome: str | None,
    rule: str,
    reference: str,
    newest: bool,
    limit: int,
    as_of: datetime | None,
    known_at: datetime | None,
    at_position: int | None,
    target: str | None,
    dsn: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """List the facts of which everything given holds; every fact when nothing is given.

    Refusals are found too, under the type that was sent. The log is searched as it stood when the search began.
    """
    from ledger.api import Question, Span
    from ledger.domain.finding import Outcome
    from services.cli import failing, found, identifying, screen, source

    asked = asked_axes(as_of, known_at, at_position)
    with source.opened(failing.configured(), target=target, dsn=dsn, data=data) as ledger:
        question = Question(
            tags=tuple(identifying.resolved(ledger, tag) for tag in tags),
            types=types,
            occurred=Span(start=happened_from, end=happened_until),
            recorded=Span(start=recorded_from, end=recorded_until),
            organisation=found.organisation(organisation),
            outcome=None if outcome is None else Outcome(OUTCOMES[outcome]),
            rule=rule.upper(),
            sender_reference=reference,
            newest_first=newest,
            as_of=asked,
        )
        all_found = found.collected(ledger, question, limit)
        unknown = beyond(asked, ledger.info())
    if unknown:
        screen.plain(screen.err() if as_json else screen.out(), unknown, "yellow")
    if as_json:
        screen.echo_json(found.shape(all_found))
    else:
        found.show(screen.out(), all_found)
