"""T23, T26: a call of Postgres to its disk fails or kills it, and disks that are full."""

import errno
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import Final

import psycopg

from tests.faults.broken import EARLY, LYING
from tests.faults.disk import Call, Failure, Where
from tests.faults.fault import Fault
from tests.faults.scene import Cast, Scene
from tests.support.waiting import until

KINDS: Final = tuple(
    (call, where, error)
    for call, where, errors in (
        (Call.WRITE, Where.WAL, (errno.EIO, errno.ENOSPC, 0)),
        (Call.SYNC, Where.WAL, (errno.EIO, 0)),
        (Call.WRITE, Where.DATA, (errno.EIO, errno.ENOSPC, 0)),
        (Call.SYNC, Where.DATA, (errno.EIO, 0)),
        (Call.OPEN, Where.ANY, (errno.EIO, errno.ENOSPC, 0)),
        (Call.RENAME, Where.ANY, (errno.EIO, 0)),
    )
    for error in errors
)
"""Every kind of call that Postgres makes in an append or a checkpoint, with every way in which it fails."""


def calls(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """Each kind of call fails, the first or a later one of an append and its checkpoint; then the power is cut."""
    assert scene.disk is not None
    for number in range(times):
        call, where, error = KINDS[number % len(KINDS)]
        scene.work(4)
        scene.disk.fail(Failure(call, where, chance.choice((1, 2, 3, 5, 8)), error))
        _checkpoint(scene)
        with suppress(AssertionError):  # there are not so many calls of the kind
            until(lambda: scene.disk is not None and scene.disk.has_failed, 0.3)
        scene.disk.failed()
        if number % 4 == 3:
            scene.work(1)
            scene.disk.cut_power(scene.postgres, chance)
            scene.revive_postgres()
    scene.work()
    scene.disk.cut_power(scene.postgres, chance)
    scene.revive_postgres()
    return ()


def _checkpoint(scene: Scene) -> None:
    def ask() -> None:
        with suppress(psycopg.Error, OSError):
            scene.ask("select pg_switch_wal()")
            scene.ask("checkpoint")

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(2)


def full(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """The disk is full, of WAL or of data, for a while; nobody does anything but give it room again."""
    assert scene.disk is not None
    wrong = []
    for number in range(times):
        where = (Where.WAL, Where.DATA, Where.ANY)[number % 3]
        scene.work()
        scene.disk.fill(where)
        if where is Where.DATA:
            time.sleep(chance.uniform(0.5, 1.0))
        elif told := scene.idle(0.5):
            wrong.append(f"{told} facts were acknowledged with no room for WAL")
        scene.disk.empty()
    return wrong


FAULTS: Final = (
    Fault(
        number="T23",
        name="a call to the disk fails",
        play=calls,
        times=2 * len(KINDS),
        twins={LYING: 4},
        cast=Cast(disk=True),
    ),
    Fault(
        number="T26", name="the disk is full", play=full, times=6, twins={EARLY: 1}, cast=Cast(disk=True), release=100
    ),
)
