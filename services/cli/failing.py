"""How commands fail: with one sentence that names the value and the way out, and with the right exit code."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from services.settings import Settings

FINDING: Final = 1
"""Exit code: the answer is a finding or a refusal."""

CANNOT_RUN: Final = 2
"""Exit code: there is no answer."""


class Failure(click.ClickException):
    """A sentence on stderr and an exit code."""

    def __init__(self, message: str, exit_code: int = CANNOT_RUN) -> None:
        """Keeps both."""
        super().__init__(message)
        setattr(self, "exit_code", exit_code)  # noqa: B010 - click declares it as a constant of the class

    def show(self, file: IO[Any] | None = None) -> None:
        """Writes the sentence, without colour, so that it reads the same in a log."""
        click.echo(f"coi: {self.format_message()}", file=file, err=file is None)


@contextmanager
def explained() -> Iterator[None]:
    """Turns the ledger's own errors into failures: what is not there is a finding, what cannot be reached is none."""
    from ledger.domain.receipt import LedgerError, NotFound
    from services.settings import SettingsError

    try:
        yield
    except NotFound as error:
        raise Failure(str(error), FINDING) from error
    except (LedgerError, SettingsError) as error:
        raise Failure(" ".join(str(error).split())) from error


def configured() -> "Settings":
    """Reads the settings.

    Raises:
        Failure: One of them cannot be used.
    """
    from services import settings

    with explained():
        return settings.read()
