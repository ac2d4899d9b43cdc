"""What the world may not be like, by the plain law: the four promises of the model, and two about what is held back.

Nothing of the ledger's rules is used: dictionaries and the order of time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tests.model import law, world
from tests.model.law import Act, Breach

NAMED_BY = {
    "whose": {"I1"},
    "holder": {"C1", "C2"},
    "amount": {"Q1", "Q5"},
    "release": {"R1"},
    "held": {"R6"},
    "warm": {"C5"},
}
"""The rules that may name a broken promise."""

_HELD_BACK = frozenset(("quarantine", "excursion", "settle"))


@dataclass
class _Doubts:
    """What is open against containers."""

    held: dict[str, set[int]] = field(default_factory=dict)
    warm: dict[str, set[int]] = field(default_factory=dict)
    made_of: dict[str, set[str]] = field(default_factory=dict)

    def settle(self, position: int) -> None:
        for doubts in (self.held, self.warm):
            for open_ones in doubts.values():
                open_ones.discard(position)

    def line(self, name: str) -> set[str]:
        """A container and all that it was made of."""
        found, todo = set(), [name]
        while todo:
            one = todo.pop()
            if one not in found:
                found.add(one)
                todo += sorted(self.made_of.get(one, ()))
        return found


def breaches(acts: Iterable[Act]) -> Iterator[Breach]:
    """Every promise that the acts break."""
    told = list(acts)
    yield from law.breaches([act for act in told if act.kind not in _HELD_BACK], world.SITES)
    yield from _doubtful(told)


def _doubtful(told: list[Act]) -> Iterator[Breach]:
    doubts = _Doubts()
    for act in sorted(told, key=lambda one: (one.at, one.position)):
        said = act.said
        if act.kind == "quarantine":
            doubts.held.setdefault(said["bag"], set()).add(act.position)
        elif act.kind == "excursion":
            doubts.warm.setdefault(said["bag"], set()).add(act.position)
        elif act.kind == "settle":
            doubts.settle(said["position"])
        elif act.kind in ("modify", "complete"):
            yield from _used(doubts, act, said["inputs"])
            for name in said["outputs"]:
                doubts.made_of.setdefault(name, set()).update(said["inputs"])
        elif act.kind == "start":
            yield from _used(doubts, act, [said["bag"]])


def _used(doubts: _Doubts, act: Act, names: Iterable[str]) -> Iterator[Breach]:
    for name in names:
        if doubts.held.get(name):
            yield Breach("held", act.position, name)
        if any(doubts.warm.get(one) for one in doubts.line(name)):
            yield Breach("warm", act.position, name)
