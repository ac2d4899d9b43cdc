"""T61: clocks of server, Postgres and senders that jump: nothing new is recorded meanwhile, and nothing is lost."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Final

from tests.faults.broken import TIMELESS
from tests.faults.fault import Fault
from tests.faults.scene import Cast, Scene

_YEARS: Final = timedelta(days=3652)
_JUMPS: Final = (
    timedelta(seconds=5),
    timedelta(seconds=-5),
    timedelta(minutes=10),
    timedelta(minutes=-10),
    _YEARS,
    -_YEARS,
)


def servers(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """The clock of the server is wrong, then right again."""
    wrong: list[str] = []
    for by in _jumps(chance, times):
        scene.work()
        scene.shift_server_clock(by)
        wrong += _held(scene, f"the server's clock was wrong by {by}")
        scene.shift_server_clock(timedelta())
    return wrong


def postgres(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """That of Postgres."""
    assert scene.disk is not None
    wrong: list[str] = []
    for by in _jumps(chance, times):
        scene.work()
        scene.disk.shift_clock(by)
        wrong += _held(scene, f"the clock of Postgres was wrong by {by}")
        scene.disk.shift_clock(timedelta())
    return wrong


def both(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """That of the machine: a little back is made up for, more than a minute before the last record is not."""
    assert scene.disk is not None
    wrong: list[str] = []
    for _ in range(times):
        for back in (timedelta(seconds=chance.uniform(1, 30)), timedelta(seconds=chance.uniform(90, 9000))):
            scene.work()
            scene.disk.shift_clock(-back)
            scene.shift_server_clock(-back)
            if back > timedelta(minutes=1):
                wrong += _held(scene, f"the clock of the machine went back by {back}")
            else:
                scene.work()
            scene.disk.shift_clock(timedelta())
            scene.shift_server_clock(timedelta())
    return wrong


def _jumps(chance: Random, times: int) -> Sequence[timedelta]:
    return [*chance.sample(_JUMPS, len(_JUMPS)), *chance.choices(_JUMPS, k=times)][:times]


def _held(scene: Scene, why: str) -> Sequence[str]:
    told = scene.idle(0.4)
    return [f"{told} facts were recorded while {why}"] if told else []


FAULTS: Final = (
    Fault(
        number="T61",
        name="the clocks of server and senders jump",
        play=servers,
        times=6,
        twins={TIMELESS: 1},
        cast=Cast(wrong=_YEARS.total_seconds()),
    ),
    Fault(
        number="T61",
        name="the clock of Postgres jumps",
        play=postgres,
        times=6,
        twins={TIMELESS: 1},
        cast=Cast(disk=True),
    ),
    Fault(
        number="T61",
        name="the clock of the machine goes back",
        play=both,
        times=2,
        twins={TIMELESS: 1},
        cast=Cast(disk=True),
    ),
)
