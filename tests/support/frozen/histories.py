"""Histories that a release judged: every record of some stories, as it was stored, a line each."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from ledger import api
from ledger.domain.facts import record as records
from ledger.evidence.leaf import SALT_SIZE
from ledger.store import filing
from ledger.store.moments import microseconds
from ledger.store.rows import Stored
from services.cli import story as stories
from services.cli.player import play
from services.cli.staging import Rehearsal
from services.cli.story import StoryFile
from services.server import ServerThread
from services.wiring import StoryClock
from tests.house.tree import ROOT

FOLDER: Final = ROOT / "tests" / "golden" / "verdicts"
"""A folder for each rulebook, by its number; in it a file for each story."""


def names() -> tuple[str, ...]:
    """The stories of which histories are kept: that of the demonstration, and every scenario of the library."""
    return ("point_of_care", *stories.library())


def written(number: int, name: str) -> bytes:
    """Plays a story under a rulebook; returns its records, a line each, whatever was made of them."""
    told = under(stories.load(name), number)
    clock = StoryClock()
    ledger = api.in_memory(clock=clock)
    try:
        with ServerThread(ledger) as server:
            for _ in play(told, server.address, Rehearsal(clock.show)):
                pass
        facts = [ledger.fact(position) for position in range(1, ledger.info().size + 1)]
    finally:
        ledger.close()
    return b"".join(fact.octets + b"\n" for fact in facts)


def under(told: StoryFile, number: int) -> StoryFile:
    """A story whose operator adopts another rulebook."""
    steps = []
    for step in told.steps:
        request = step.request
        if step.type == "RulebookAdopted":
            request = {**request, "fact": {**request["fact"], "number": number}}
        steps.append(msgspec.structs.replace(step, request=request))
    return msgspec.structs.replace(told, steps=tuple(steps))


def keep(number: int, name: str) -> Path:
    """Writes the history of a story."""
    file = FOLDER / str(number) / f"{name}.jsonl.gz"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(gzip.compress(written(number, name), mtime=0))
    return file


def kept() -> list[Path]:
    """Every history that is kept."""
    return sorted(FOLDER.rglob("*.jsonl.gz"))


def rows(file: Path) -> Iterator[Stored]:
    """Reads a history, as a log would give it."""
    for octets in gzip.decompress(file.read_bytes()).splitlines():
        record = records.decode(octets)
        yield Stored(
            position=record.stamp.position,
            type=filing.filed_type(record),
            organisation=filing.organisation_of(record.stamp.recorder.organisation),
            recorded_at=microseconds(record.stamp.recorded_at),
            record=octets,
            salt=bytes(SALT_SIZE),
            leaf=bytes(32),
        )
