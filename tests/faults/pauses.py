"""T29: a process stands still for a while and goes on as if nothing had been: a machine under strain, a snapshot."""

import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import Final

from tests.faults.broken import EARLY
from tests.faults.fault import Fault
from tests.faults.scene import Cast, Scene

_KINDS: Final = ("client backend", "walwriter", "checkpointer")
_FROZEN: Final = 1.0


def servers(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """One server stands still for longer than its session lives; the other one records meanwhile."""
    wrong = []
    for number in range(times):
        scene.work()
        pid = scene.servers[scene.addresses[number % 2]]
        os.kill(pid, signal.SIGSTOP)
        time.sleep(_FROZEN + 0.5)
        if not scene.goes_on(8.0):
            wrong.append("nothing was recorded while one of two servers stood still")
        os.kill(pid, signal.SIGCONT)
    return wrong


def postgres(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """A process of Postgres, or its postmaster."""
    for _ in range(times):
        scene.work()
        kind = chance.choice((*_KINDS, "postmaster"))
        pid = scene.postgres.pid() if kind == "postmaster" else scene.process(kind)
        if pid is None:
            continue
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            time.sleep(chance.uniform(0.05, 0.8))
            os.kill(pid, signal.SIGCONT)
    return ()


FAULTS: Final = (
    Fault(
        number="T29",
        name="one of two servers stands still",
        play=servers,
        times=2,
        twins={EARLY: 2},
        cast=Cast(servers=2, frozen_after_ms=int(_FROZEN * 1000)),
        release=500,
    ),
    Fault(number="T29", name="a process of Postgres stands still", play=postgres, times=6, twins={}, release=500),
)
