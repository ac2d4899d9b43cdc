"""The law in dictionaries: what was done, in the order of time, and where it breaks one of four promises.

Written from the words of the law, with nothing of the ledger in it. It knows no licences, consents or checks: only
whose cells are in a container, who has it, how much is in it, and whether it was released.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

TOLERANCE = 1.05
"""Volumes are measured."""


@dataclass(frozen=True)
class Act:
    """Something done, as it counts.

    Attributes:
        position: of the fact.
        kind: collect, dispatch, receive, open, modify, complete, release, start, end.
        at: when it counts from.
        site: where.
        said: what.
    """

    position: int
    kind: str
    at: datetime
    site: str
    said: dict[str, Any]


@dataclass(frozen=True)
class Breach:
    """A promise broken by an act.

    Attributes:
        promise: whose, holder, amount, release.
        position: of the act.
        about: the container or consignment.
    """

    promise: str
    position: int
    about: str


@dataclass
class World:
    """What is so after some acts."""

    runs: dict[str, str]
    whose: dict[str, set[int]] = field(default_factory=dict)
    filled: dict[str, int] = field(default_factory=dict)
    left: dict[str, float] = field(default_factory=dict)
    empty: set[str] = field(default_factory=set)
    place: dict[str, str] = field(default_factory=dict)
    travels: dict[str, str] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)
    arrived: dict[str, str] = field(default_factory=dict)
    batch: dict[str, str] = field(default_factory=dict)
    released: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    given: dict[str, list[int]] = field(default_factory=dict)
    giving: dict[str, int] = field(default_factory=dict)


def breaches(acts: list[Act], runs: dict[str, str]) -> Iterator[Breach]:
    """Everything that the acts break, in order of time; acts of one moment in the order of their positions."""
    world = World(runs)
    for act in sorted(acts, key=lambda one: (one.at, one.position)):
        yield from _STEPS[act.kind](world, act)


def _fill(
    world: World, act: Act, outputs: dict[str, float], whose: set[int], kept: frozenset[str] = frozenset()
) -> Iterator[Breach]:
    """An id is for one container; cells worked on and left in their container do not fill a second one."""
    for name, volume in outputs.items():
        if name in world.filled and name not in kept:
            yield Breach("amount", act.position, name)
        world.filled.setdefault(name, act.position)
        world.left[name] = world.left.get(name, 0) + volume
        world.whose[name] = world.whose.get(name, set()) | whose
        world.place[name] = act.site
        world.travels.pop(name, None)


def _handle(world: World, act: Act, name: str) -> Iterator[Breach]:
    """Only who holds it may handle it."""
    travel = world.travels.get(name)
    holder = world.arrived.get(travel) if travel is not None else world.place.get(name)
    if travel is None and holder is None:
        return
    if holder is None or world.runs[holder] != world.runs[act.site]:
        yield Breach("holder", act.position, name)


def _take(world: World, act: Act, name: str, volume: float | None, *, kept: bool = False) -> Iterator[Breach]:
    """Not more than is left, and nothing of what is empty; what is put back into its container does not empty it."""
    world.used.add(name)
    if name in world.empty or (
        volume is not None and name in world.left and volume > max(world.left[name], 0) * TOLERANCE
    ):
        yield Breach("amount", act.position, name)
    if volume is None:
        world.empty |= set() if kept else {name}
        world.left[name] = 0
    elif name in world.left:
        world.left[name] -= volume


def _collect(world: World, act: Act) -> Iterator[Breach]:
    """Into new bags: what was taken or given out of before was another container, or was not collected then."""
    for name in act.said["bags"]:
        if name in world.used and name not in world.filled:
            yield Breach("amount", act.position, name)
    yield from _fill(world, act, act.said["bags"], {act.said["patient"]})


def _dispatch(world: World, act: Act) -> Iterator[Breach]:
    for name in act.said["bags"]:
        yield from _handle(world, act, name)
        world.travels[name] = act.said["consignment"]
    world.sent.add(act.said["consignment"])


def _receive(world: World, act: Act) -> Iterator[Breach]:
    number = act.said["consignment"]
    if number not in world.sent or number in world.arrived:
        yield Breach("holder", act.position, number)
    world.arrived[number] = act.site


def _make(world: World, act: Act) -> Iterator[Breach]:
    inputs, outputs = act.said["inputs"], act.said["outputs"]
    kept = frozenset(inputs) & frozenset(outputs)
    whose: set[int] = set()
    into, known = 0.0, True
    for name, volume in inputs.items():
        yield from _handle(world, act, name)
        known = known and name in world.left
        into += max(world.left.get(name, 0), 0) if volume is None else volume
        whose |= world.whose.get(name, set())
        yield from _take(world, act, name, volume, kept=name in kept)
    if known and inputs and sum(outputs.values()) > into * TOLERANCE:
        yield Breach("amount", act.position, next(iter(outputs)))
    yield from _fill(world, act, outputs, whose, kept)
    world.batch |= dict.fromkeys(outputs, act.said["batch"])


def _release(world: World, act: Act) -> Iterator[Breach]:
    world.released.append((act.said["batch"], act.said["bags"]))
    yield from ()


def _start(world: World, act: Act) -> Iterator[Breach]:
    name, patient = act.said["bag"], act.said["patient"]
    yield from _handle(world, act, name)
    if world.whose.get(name, set()) - {patient}:
        yield Breach("whose", act.position, name)
    batch = world.batch.get(name)
    if not any(one == batch and (not bags or name in bags) for one, bags in world.released):
        yield Breach("release", act.position, name)
    if name in world.empty or world.giving.get(name) or set(world.given.get(name, [])) - {patient}:
        yield Breach("amount", act.position, name)
    world.used.add(name)
    world.given.setdefault(name, []).append(patient)
    world.giving[name] = world.giving.get(name, 0) + 1


def _end(world: World, act: Act) -> Iterator[Breach]:
    name = act.said["bag"]
    yield from _take(world, act, name, act.said["volume"])
    world.giving[name] = max(world.giving.get(name, 0) - 1, 0)
    if act.said["none_left"]:
        world.empty.add(name)


_STEPS = {
    "collect": _collect,
    "dispatch": _dispatch,
    "receive": _receive,
    "modify": _make,
    "complete": _make,
    "release": _release,
    "start": _start,
    "end": _end,
}
