"""The options that reading commands share, and how times are written on the command line."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from ledger.api import AsOf, LedgerInfo

Command = TypeVar("Command", bound=Callable[..., Any])


def reading(command: Command) -> Command:
    """Adds --target, --dsn, --data and --json."""
    told = "Ask this server. Without any of the three: the local one."
    return click.option("--target", metavar="HOST:PORT", help=told)(_of_a_store(command))


def reading_itself(command: Command) -> Command:
    """Adds --dsn, --data and --json for a command that believes no server; one that is named is answered with that."""
    return click.option("--target", metavar="HOST:PORT", hidden=True)(_of_a_store(command))


def _of_a_store(command: Command) -> Command:
    for option in (
        click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, for programs."),
        click.option(
            "--data",
            type=click.Path(path_type=Path, file_okay=False),
            metavar="DIR",
            help="Open the embedded store in DIR; one that is being served is attached to.",
        ),
        click.option("--dsn", metavar="DSN", help="Open the store in this Postgres, for example 'host=db dbname=coi'."),
    ):
        command = option(command)
    return command


class Moment(click.ParamType[datetime, str | datetime]):
    """A moment: ISO 8601. Without an offset it is UK time; a bare day means up to its end."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Reads it, or says how it is written."""
        if isinstance(value, datetime):
            return value
        text = str(value)
        try:
            return _read(text)
        except _UnclearError as error:
            self.fail(str(error), param, ctx)
        except (ValueError, OverflowError):
            self.fail(f"{text!r} is no time: write 2026-04-14T11:27 (UK time), …T10:27Z, or a day", param, ctx)


class _UnclearError(Exception):
    """A time that UK clocks showed twice, or never; says which times could be meant."""


def _read(text: str) -> datetime:
    from ledger.domain import civil_time

    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        datetime.fromisoformat(text)
        return civil_time.day_end(text)
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo is not None else _of_uk_clocks(moment, text)


def _of_uk_clocks(shown: datetime, text: str) -> datetime:
    """The one moment at which UK clocks showed this."""
    from ledger.domain import civil_time

    winter = shown.replace(tzinfo=UTC)
    summer = winter - timedelta(hours=1)
    found = [moment for moment in (summer, winter) if moment + civil_time.offset(moment) == winter]
    if len(found) == 1:
        return found[0]
    first, second = (moment.strftime("%Y-%m-%dT%H:%M:%SZ").replace(":00Z", "Z") for moment in (summer, winter))
    if found:
        raise _UnclearError(f"UK clocks showed {text!r} twice: write {first} (summer time) or {second} (winter time)")
    raise _UnclearError(f"UK clocks never showed {text!r}, they went forward: write {first} or {second}")


class Start(Moment):
    """As Moment, where something begins: a bare day means from its beginning."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Reads it, or says how it is written."""
        from ledger.domain import civil_time

        moment = super().convert(value, param, ctx)
        bare = isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value)
        return civil_time.day_start(value) if bare and isinstance(value, str) else moment


MOMENT = Moment()
START = Start()


def axes(command: Command) -> Command:
    """Adds --as-of, --known-at and --at-position."""
    for option in (
        click.option(
            "--at-position", type=click.IntRange(min=1), help="The exact form of --known-at: up to this position."
        ),
        click.option(
            "--known-at", type=MOMENT, help="As it was known then: only what was recorded up to T. Left out: now."
        ),
        click.option("--as-of", type=MOMENT, help="As it was then: only what took effect up to T. Left out: now."),
    ):
        command = option(command)
    return command


def asked_axes(as_of: datetime | None, known_at: datetime | None, at_position: int | None) -> "AsOf":
    """The two axes that were typed.

    Raises:
        Failure: One of them was typed twice.
    """
    from ledger.api import AsOf
    from services.cli.failing import Failure

    if known_at is not None and at_position is not None:
        raise Failure("--known-at and --at-position say the same thing twice: give one of them")
    return AsOf(occurred=as_of, recorded=known_at, position=at_position)


def beyond(asked: "AsOf", info: "LedgerInfo") -> str:
    """Says that a question reaches further than anything is known; nothing when it does not."""
    if asked.position is not None and asked.position > info.size:
        return f"nothing is known at position {asked.position}: the log ends at {info.size}; this is what it holds"
    if asked.recorded is not None and asked.recorded > info.server_time:
        then = f"{asked.recorded:%-d %b %Y %H:%M} UTC"
        return f"{then} is in the future: nothing is known that far; this is what is known now"
    return ""
