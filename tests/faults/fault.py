"""A fault: what happens, to whom, how often, and which broken ledgers it must show to be broken."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import TypeAlias

from ledger.postgres.launcher import LaunchError
from ledger.store.errors import Held
from tests.faults.broken import WHOLE
from tests.faults.oracle import Judgement
from tests.faults.scene import Cast, Scene, StandstillError

Play: TypeAlias = Callable[[Scene, Random, int], Sequence[str]]
"""Lets it happen so many times, by chance; says what it saw that must not be."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One way in which things go wrong.

    Attributes:
        number: Of the plan of tests.
        name: What happens.
        play: Lets it happen.
        times: How often in a run.
        twins: Broken ledgers that it must show to be broken, with how often it has to happen.
        cast: Who plays.
        stage: Where.
        alone: It brings its own callers.
        hindered: Why it cannot happen on this machine; empty if it can.
        release: How often it should have happened, over all runs of the campaign, before a version is called ready.
    """

    number: str
    name: str
    play: Play
    times: int
    twins: dict[str, int]
    cast: Cast = field(default_factory=Cast)
    stage: type[Scene] = Scene
    alone: bool = False
    hindered: Callable[[], str] = str
    release: int = 1_000

    @property
    def id(self) -> str:
        """For people."""
        return f"{self.number} {self.name}"


def _as_far_as_it_goes(fault: Fault, scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """Play a fault. A ledger that is broken may see for itself that facts are gone, and stand still: that is judged."""
    try:
        return fault.play(scene, chance, times)
    except StandstillError:
        if scene.cast.variant == WHOLE:
            raise
        return ()


def run(fault: Fault, folder: Path, seed: int, variant: str = WHOLE, times: int | None = None) -> Judgement:
    """Let a fault happen, and judge what is left."""
    return played(fault, folder, seed, variant, times)[0]


def played(
    fault: Fault, folder: Path, seed: int, variant: str = WHOLE, times: int | None = None
) -> tuple[Judgement, dict[str, float]]:
    """The same, with what was measured. A ledger that is whole must work on when it is over."""
    scene = fault.stage(folder, replace(fault.cast, variant=variant))
    chance, often = Random(seed), times or fault.times
    try:
        with scene.over():
            with scene.standing() if fault.alone else scene.playing():
                wrong = _as_far_as_it_goes(fault, scene, chance, often)
                if variant == WHOLE and not fault.alone:
                    scene.work()
            return scene.judged(scene.happened or often, wrong), scene.measured
    except LaunchError as error:
        return Judgement(faults=often, wrong=(f"Postgres does not start again: {error}",)), scene.measured
    except Held as error:
        return Judgement(faults=often, wrong=(f"the log cannot be read: {error}",)), scene.measured
