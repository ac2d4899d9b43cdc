"""Where a record's microseconds go: the sequencer's thread looked at often, from outside, while chains are told."""

import sys
import threading
import traceback
from collections import Counter
from typing import Final

from msgspec import Struct

from tests.bench.row import rounded
from tests.bench.stage import Stage

_PAUSE: Final = 0.001
_PARTS: Final = (
    ("waiting for callers", "sequencer.py", "_take"),
    ("answering callers", "batch.py", "answer"),
    ("COMMIT", "postgres_log.py", "_commit"),
    ("writing rows", "batch.py", "append"),
    ("lock, head and clock", "postgres_reading.py", "__init__"),
    ("reading what is missing", "subjects_cache.py", "fetch"),
    ("keys", "postgres_reading.py", "keys"),
    ("next step (clearance)", "decision.py", "cleared"),
    ("encoding, hashing, filing", "batch.py", "_file"),
    ("judging", "decision.py", "decide"),
)
"""What each part is known by: the outermost of these functions that is running. The rest is everything else."""

REST: Final = "all else"


class Share(Struct, frozen=True):
    """One part of what a record costs.

    Attributes:
        part: What is done.
        us: Microseconds of the writer's thread for one fact.
    """

    part: str
    us: float


def part_of(stack: list[tuple[str, str]]) -> str:
    """The part that a stack of (file, function) belongs to, innermost frame last."""
    for file, function in reversed(stack):
        for part, its_file, its_function in _PARTS:
            if (file, function) == (its_file, its_function):
                return part
    return REST


def shares(seen: Counter[str], us: float) -> list[Share]:
    """Microseconds of each part, largest first, when a fact takes so many in all."""
    total = sum(seen.values())
    return [Share(part, rounded(us * count / total)) for part, count in seen.most_common()]


def where_they_go(stage: Stage) -> list[Share]:
    """Tells chains, looking at the writer's thread a thousand times a second at most."""
    stage.recorded(stage.chains())
    seen, done = Counter[str](), threading.Event()
    (writer,) = (thread for thread in threading.enumerate() if thread.name == "sequencer")

    def look() -> None:
        while not done.wait(_PAUSE):
            frame = sys._current_frames().get(writer.ident or 0)
            stack = traceback.StackSummary.extract(traceback.walk_stack(frame), lookup_lines=False)
            seen[part_of([(item.filename.rpartition("/")[2], item.name) for item in reversed(stack)])] += 1

    looking = threading.Thread(target=look, name="looking")
    chains = stage.chains()
    looking.start()
    rate = stage.recorded(chains)
    done.set()
    looking.join()
    return shares(seen, 1e6 / rate)
