"""Where scenarios are played in tests: a ledger in memory behind a real server, on the scenario's own clock."""

from ledger import api
from services.cli.player import Answer, play
from services.cli.staging import Rehearsal
from services.cli.story import StoryFile
from services.server import ServerThread
from services.wiring import StoryClock


def played(told: StoryFile) -> list[Answer]:
    """Every answer of a ledger that holds nothing else."""
    clock = StoryClock()
    ledger = api.in_memory(clock=clock)
    try:
        with ServerThread(ledger) as server:
            return list(play(told, server.address, Rehearsal(clock.show)))
    finally:
        ledger.close()
