"""The registers of a nation's year: what the scenarios of its orders register, told once for all of them.

Two scenarios may register one thing with more or less of it: a licence for export too, a master file with the patient's
home. Entries of one name that differ in lists alone are one entry with all that any of them lists, since in a year one
licence is varied and not two granted. What names something of one order (its patient's home, its zones) goes with that
order; a list that names it is told with those of all orders.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeAlias

import msgspec

from ledger.domain.facts.catalogue import TYPES
from services.cli.running import Changes, Run, changed
from services.cli.story import StoryFile, StoryStep

LOTS: Final = ("LotRegistered", "LotReleased")
"""Registered month by month, since lots run out."""

_DATES: Final = ("effective_from", "effective_to")

Chain: TypeAlias = tuple[Run, StoryFile]
"""The ids of an order, and the scenario that tells it."""


def is_register(step: StoryStep) -> bool:
    """Whether a step says who and what there is."""
    return step.type in TYPES and TYPES[step.type].about.stage == "registry"


def own(scenario: StoryFile, ids: Run) -> frozenset[str]:
    """The steps of a scenario that register something which each order has for itself."""
    return frozenset(
        step.name for step in _registers(scenario) if _scalars(step.request["fact"]) != _scalars(_fact(step, ids))
    )


def told(seed: int, chains: Iterable[Chain], lasts: int) -> list[StoryStep]:
    """Tells every register entry of the chains once, at its own time; what would end within the year is renewed.

    Args:
        seed: Of the year; the keys of the entries are made from it.
        chains: All its orders.
        lasts: Days for which registers must hold.
    """
    run = Run(f"nation {seed} registers")
    once = [_under_key(step, run) for step in shared(chains)]
    renewed = [later for step in once for later in _renewed(step, run, lasts)]
    return sorted(numbered("register", [*once, *renewed]), key=recorded)


def shared(chains: Iterable[Chain]) -> Iterator[StoryStep]:
    """The register entries of the chains that are not one order's own, each once, by the names of their steps."""
    return _merged(_entries(chains))


def recorded(step: StoryStep) -> datetime:
    """When a step is recorded."""
    return step.recorded_at


def numbered(prefix: str, steps: Iterable[StoryStep]) -> Iterator[StoryStep]:
    """Names steps by their number."""
    for number, step in enumerate(steps, start=1):
        yield msgspec.structs.replace(step, name=f"{prefix} {number}")


def _registers(scenario: StoryFile) -> Iterator[StoryStep]:
    return (step for step in scenario.steps if is_register(step) and step.type not in LOTS)


def _entries(chains: Iterable[Chain]) -> Iterator[StoryStep]:
    """What all share, once for each scenario; what lists things of an order, once for each order."""
    listing: dict[str, list[StoryStep]] = {}
    for ids, scenario in chains:
        if scenario.title not in listing:
            mine = own(scenario, ids)
            rest = [step for step in _registers(scenario) if step.name not in mine]
            listing[scenario.title] = [step for step in rest if step.request["fact"] != _fact(step, ids)]
            yield from (step for step in rest if step not in listing[scenario.title])
        for step in listing[scenario.title]:
            yield msgspec.structs.replace(step, request={**step.request, "fact": _fact(step, ids)})


def _merged(entries: Iterable[StoryStep]) -> Iterator[StoryStep]:
    """One entry of each name and of the same words but for its lists, with all that these list, at the first time."""
    found: dict[str, StoryStep] = {}
    for step in entries:
        fact = step.request["fact"]
        words = json.dumps([step.name, step.rpc, _scalars(fact)], sort_keys=True)
        before = found.get(words)
        if before is None:
            found[words] = step
            continue
        told_before = before.request["fact"]
        lists = {
            name: _all(told_before.get(name, []), value) for name, value in fact.items() if isinstance(value, list)
        }
        earlier = min(before, step, key=recorded)
        found[words] = msgspec.structs.replace(earlier, request={**earlier.request, "fact": {**told_before, **lists}})
    yield from found.values()


def _all(first: list[Any], then: list[Any]) -> list[Any]:
    return [*first, *(one for one in then if one not in first)]


def _scalars(fact: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fact.items() if not isinstance(value, list)}


def _fact(step: StoryStep, ids: Run) -> dict[str, Any]:
    """What a step registers, under the ids of an order."""
    fact: dict[str, Any] = changed(step, Changes(run=ids))["fact"]
    return fact


def _under_key(step: StoryStep, run: Run) -> StoryStep:
    request = {**step.request, "request_id": run.key(str(step.request["request_id"]))}
    return msgspec.structs.replace(step, request=request)


def _renewed(step: StoryStep, run: Run, lasts: int) -> Iterator[StoryStep]:
    """The same entry again for as long once more, told at once, until it outlasts the year."""
    fact = step.request["fact"]
    if not all(name in fact for name in _DATES):
        return
    begins, ends = (date.fromisoformat(fact[name]) for name in _DATES)
    for times in range(1, lasts // max((ends - begins).days, 1) + 1):
        by = times * (ends - begins)
        request = {**step.request, "request_id": run.key(f"{step.request['request_id']} {times}")}
        yield msgspec.structs.replace(step, request=_later(request, by))


def _later(request: dict[str, Any], by: timedelta) -> dict[str, Any]:
    """A request whose fact has its days moved."""
    fact = {
        name: (date.fromisoformat(value) + by).isoformat() if name in _DATES else value
        for name, value in request["fact"].items()
    }
    return {**request, "fact": fact}
