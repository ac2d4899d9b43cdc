"""Where scenarios are played in tests: a ledger in memory behind a real server, on the scenario's own clock."""

from collections.abc import Iterator
from contextlib import contextmanager

from ledger import api
from services.cli.player import Answer, play
from services.cli.staging import Rehearsal
from services.cli.story import StoryFile
from services.server import ServerThread
from services.wiring import StoryClock


@contextmanager
def told_to(told: StoryFile) -> Iterator[tuple[list[Answer], api.Ledger]]:
    """Every answer of a ledger that holds nothing else, and that ledger, while it is open."""
    clock = StoryClock()
    ledger = api.in_memory(clock=clock)
    try:
        with ServerThread(ledger) as server:
            answers = list(play(told, server.address, Rehearsal(clock.show)))
        yield answers, ledger
    finally:
        ledger.close()


def played(told: StoryFile) -> list[Answer]:
    """Every answer of a ledger that holds nothing else."""
    with told_to(told) as (answers, _):
        return answers
