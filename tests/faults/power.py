"""T22: the power is cut: all of Postgres ends, and what it had not synced is lost, or some of it."""

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import Final

import psycopg

from tests.faults.broken import EARLY, LYING, UNFIT
from tests.faults.fault import Fault
from tests.faults.scene import Cast, Scene


def cut(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """At work, in a checkpoint, and again while it recovers."""
    assert scene.disk is not None
    for number in range(times):
        scene.work()
        checkpoint = threading.Thread(target=_checkpoint, args=(scene,))
        if number % 3 == 1:
            checkpoint.start()
            time.sleep(chance.uniform(0, 0.05))
        scene.disk.cut_power(scene.postgres, chance)
        if number % 3 == 1:
            checkpoint.join()
        if number % 3 == 2:
            scene.postgres._launch()
            time.sleep(chance.uniform(0.02, 0.3))
            scene.disk.cut_power(scene.postgres, chance)
        scene.revive_postgres()
    return ()


def _checkpoint(scene: Scene) -> None:
    with suppress(psycopg.Error):
        scene.ask("checkpoint")


FAULTS: Final = (
    Fault(
        number="T22",
        name="the power is cut",
        play=cut,
        times=12,
        twins={LYING: 2, UNFIT: 4, EARLY: 3},
        cast=Cast(disk=True),
    ),
)
