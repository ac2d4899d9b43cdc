"""T29: a process stands still for a while and goes on as if nothing had been: a machine under strain, a snapshot."""

import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import Final

from ledger.store.postgres_log import Patience
from tests.faults.broken import EARLY
from tests.faults.fault import Fault
from tests.faults.scene import Cast, Scene

_KINDS: Final = ("client backend", "walwriter", "checkpointer")
_FROZEN: Final = 1.0


def pauses(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """In turn one of two servers, for longer than its session lives, and a process of Postgres or its postmaster."""
    wrong: list[str] = []
    for number in range(times):
        scene.work()
        if number % 2:
            _postgres(scene, chance)
        else:
            wrong += _server(scene, number // 2 % 2)
    return wrong


def _server(scene: Scene, number: int) -> Sequence[str]:
    """The other one records meanwhile."""
    pid = scene.servers[scene.addresses[number]]
    os.kill(pid, signal.SIGSTOP)
    time.sleep(_FROZEN + 0.5)
    goes_on = scene.goes_on(8.0)
    os.kill(pid, signal.SIGCONT)
    return [] if goes_on else ["nothing was recorded while one of two servers stood still"]


def _postgres(scene: Scene, chance: Random) -> None:
    kind = chance.choice((*_KINDS, "postmaster"))
    pid = scene.postgres.pid() if kind == "postmaster" else scene.process(kind)
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            time.sleep(chance.uniform(0.05, 0.8))
            os.kill(pid, signal.SIGCONT)


FAULTS: Final = (
    Fault(
        number="T29",
        name="a process stands still and goes on",
        play=pauses,
        times=6,
        twins={EARLY: 3},
        cast=Cast(servers=2, patience=Patience(frozen_after_ms=int(_FROZEN * 1000))),
        release=500,
    ),
)
