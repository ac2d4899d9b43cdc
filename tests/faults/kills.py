"""T20, T21, T29: processes killed under load, as an operator, a crash or a machine out of memory kills them."""

from collections.abc import Sequence
from random import Random
from typing import Final

from tests.faults.broken import EARLY, SLOW_KEYLESS, TORN
from tests.faults.fault import Fault
from tests.faults.scene import Cast, Scene

_KINDS: Final = ("checkpointer", "walwriter", "background writer", "client backend")


def servers(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """Each in turn; it is down while a torn batch would show, then replaced."""
    for number in range(times):
        scene.work()
        scene.kill_server(number % len(scene.addresses))
    return ()


def torn(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """The server, and it stays away: what was not finished stays as it is."""
    for number in range(times):
        if number:
            scene.start_server(scene.addresses[0])
        scene.work()
        scene.stop_server()
        if found := scene.judged().torn:
            return [f"{len(found)} batches were torn"]
    scene.start_server(scene.addresses[0])
    return ()


def postgres(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """The postmaster, with all it has not written."""
    for _ in range(times):
        scene.work()
        scene.kill_postgres()
    return ()


def processes(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """One process of Postgres, which then ends all others and recovers."""
    for _ in range(times):
        scene.work()
        scene.kill_process(chance.choice(_KINDS))
    return ()


FAULTS: Final = (
    Fault(number="T20", name="the server is killed", play=servers, times=10, twins={EARLY: 3, SLOW_KEYLESS: 5}),
    Fault(
        number="T20",
        name="one of two servers is killed",
        play=servers,
        times=6,
        twins={SLOW_KEYLESS: 5},
        cast=Cast(servers=2),
    ),
    Fault(number="T20", name="the server is killed between facts of a batch", play=torn, times=4, twins={TORN: 8}),
    Fault(number="T21", name="Postgres is killed", play=postgres, times=8, twins={EARLY: 3}),
    Fault(number="T21", name="a process of Postgres is killed", play=processes, times=8, twins={EARLY: 3}, release=500),
)
