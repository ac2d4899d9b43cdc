"""The options that reading commands share, and how times are written on the command line."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def reading(command: Command) -> Command:
    """Adds --target, --dsn, --data and --json."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, for programs."),
        click.option(
            "--data",
            type=click.Path(path_type=Path, file_okay=False),
            metavar="DIR",
            help="Open the embedded store in DIR; one that is being served is attached to.",
        ),
        click.option("--dsn", metavar="DSN", help="Open the store in this Postgres, for example 'host=db dbname=coi'."),
        click.option("--target", metavar="HOST:PORT", help="Ask this server. Without any of the three: the local one."),
    ):
        command = option(command)
    return command


class Moment(click.ParamType[datetime, str | datetime]):
    """A moment: ISO 8601. Without an offset it is UK time; a bare day means up to its end."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Reads it, or says how it is written."""
        from ledger.domain import civil_time

        if isinstance(value, datetime):
            return value
        text = str(value)
        try:
            if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
                datetime.fromisoformat(text)
                return civil_time.day_end(text)
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"{text!r} is no time: write 2026-04-14T11:27 (UK time), …T10:27Z, or a day", param, ctx)
        if moment.tzinfo is None:
            guess = moment.replace(tzinfo=UTC)
            return guess - civil_time.offset(guess - civil_time.offset(guess))
        return moment.astimezone(UTC)


MOMENT = Moment()
