"""The ledger that the clients talk to: every rule, an empty log, a clock that the test sets."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from ledger import api


class Clock:
    """A clock that a test sets; it starts when the apheresis of the story arrives."""

    def __init__(self) -> None:
        self.now = datetime(2026, 4, 7, 12, 15, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def show(self, moment: datetime) -> None:
        self.now = moment


@pytest.fixture
def clock() -> Clock:
    """The clock of the ledger."""
    return Clock()


@pytest.fixture
def ledger(clock: Clock) -> Iterator[api.Ledger]:
    """An empty ledger with every rule."""
    made = api.in_memory(clock=clock)
    yield made
    made.close()
