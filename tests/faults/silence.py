"""T27: lines between server and Postgres that fall silent and stay open: nobody hangs up, and nothing comes any more.

As when a proxy, a tunnel or a firewall in between still acknowledges for a peer that it no longer reaches.
"""

from collections.abc import Sequence
from random import Random
from typing import Final

from ledger.store.postgres_log import Patience
from tests.faults.broken import DEAF
from tests.faults.cuts import Severed
from tests.faults.fault import Fault
from tests.faults.lines import Direction
from tests.faults.scene import Cast, Scene

_WAYS: Final[tuple[tuple[Direction, ...], ...]] = (("down",), ("up",), ("up", "down"))
"""Answers do not come, questions do not arrive, neither."""
_PATIENCE: Final = Patience(frozen_after_ms=1_000, silent_after=1.0)
_BOUND: Final = 12.0
"""Seconds after which work must have gone on: twice the silence, a question about it, the lock of who fell silent."""


def open_lines(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """Those that are open, in one direction or both; new ones are well."""
    assert isinstance(scene, Severed)
    wrong = []
    for number in range(times):
        scene.work()
        way = _WAYS[number % len(_WAYS)]
        scene.line.silence(*way)
        if not scene.goes_on(_BOUND):
            wrong.append(f"nothing was recorded for {_BOUND} s after lines fell silent ({' and '.join(way)})")
    return wrong


def all_lines(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """For some seconds new ones too: nothing is acknowledged meanwhile, and work goes on soon after."""
    assert isinstance(scene, Severed)
    scene.work()
    scene.line.darken()
    told = scene.idle(times, settling=0.5)
    scene.line.lighten()
    wrong = [f"{told} facts were acknowledged with no line to Postgres"] if told else []
    return wrong if scene.goes_on(2 * _BOUND) else [*wrong, "nothing was recorded when the line was back"]


FAULTS: Final = (
    Fault(
        number="T27",
        name="lines to Postgres fall silent and stay open",
        play=open_lines,
        times=3,
        twins={DEAF: 1},
        cast=Cast(patience=_PATIENCE),
        stage=Severed,
        release=300,
    ),
    Fault(
        number="T27",
        name="nothing passes between server and Postgres for some seconds",
        play=all_lines,
        times=6,
        twins={DEAF: 3},
        cast=Cast(patience=_PATIENCE),
        stage=Severed,
        release=6_000,
    ),
)
