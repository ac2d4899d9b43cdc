"""A nation's year: many chains, drawn to published national figures, each told by a scenario of the library.

What becomes of a patient's order is a *way*, and each way is a scenario; `services/stories/figures/nation.json` says
how many of a thousand orders go it, and by whose figures. The ways are apportioned by largest remainder, so that a year
of any size comes as near to the figures as whole patients can; the seed says who goes which way, and when.

The year is one story: chains have ids of their own and lie side by side in time, registers are shared, lots and work
zones too: lots by the month, since they run out, and zones by none, since no two batches may be open in one.
"""

import heapq
import itertools
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from importlib.resources import files
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
from msgspec import Struct

from ledger.domain.facts.catalogue import TYPES
from services.cli.running import Changes, Run, changed
from services.cli.story import REFERENCE, StoryFile, StoryStep, load

DAYS: Final = 364
"""Days over which orders begin: 52 weeks."""

MONTH: Final = 28
"""Days after which new lots are used."""

_LASTS: Final = DAYS + 180
"""Days for which registers must hold: the last order begins on the last day."""

_LOTS: Final = ("LotRegistered", "LotReleased")
_OWN: Final = ("ZoneRegistered",)
"""Register entries that each order has for itself."""


class Way(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What becomes of an order.

    Attributes:
        name: In a few words.
        story: The scenario that tells it.
        of_thousand: Orders of a thousand that go this way.
        source: Whose figure that is; `ours` where nobody has published one.
    """

    name: str
    story: str
    of_thousand: float
    source: str


class Published(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A published figure that a year is held against.

    Attributes:
        name: Name of the figure (`nation_figures`).
        words: What it says, in a few words.
        value: The figure.
        said: As its source puts it.
        source: Its source.
    """

    name: str
    words: str
    value: float
    said: str
    source: str


class Nation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The figures of a nation.

    Attributes:
        about: What they are of.
        ways: What becomes of orders.
        published: What was published of it.
    """

    about: str
    ways: tuple[Way, ...]
    published: tuple[Published, ...]


class Order(NamedTuple):
    """One order of the year.

    Attributes:
        number: From 1, in the order of their beginning.
        way: What becomes of it.
        day: On which day of the year it begins, from 0.
    """

    number: int
    way: Way
    day: int


class Year(NamedTuple):
    """A drawn year.

    Attributes:
        orders: Who goes which way, and when.
        told: All of it, as one story.
    """

    orders: tuple[Order, ...]
    told: StoryFile


def read() -> Nation:
    """Reads the packaged figures."""
    return msgspec.json.decode((files("services") / "stories" / "figures" / "nation.json").read_bytes(), type=Nation)


def year(nation: Nation, orders: int, seed: int) -> Year:
    """Draws a year.

    Args:
        nation: Its figures.
        orders: How many; at least 1.
        seed: The same seed gives the same year on every machine.
    """
    drawing = tuple(drawn(nation, orders, seed))
    stories = {way: load(way) for way in sorted({order.way.story for order in drawing})}
    named = {way: _named(told) for way, told in stories.items()}
    taken: set[tuple[str, str]] = set()
    ways = [_Ids.free(seed, order, named[order.way.story], taken) for order in drawing]
    steps = [
        _registers(seed, stories.values()),
        *(_lots(seed, month, stories.values()) for month in sorted({order.day // MONTH for order in drawing})),
        *(_chain(order, ids, stories[order.way.story]) for order, ids in zip(drawing, ways, strict=True)),
    ]
    told = StoryFile(
        title=f"A nation's year: {orders} orders, seed {seed}",
        about=nation.about,
        coi=ways[0].tag(stories[drawing[0].way.story].coi),
        steps=tuple(heapq.merge(*steps, key=_recorded)),
    )
    return Year(drawing, told)


def drawn(nation: Nation, orders: int, seed: int) -> Iterator[Order]:
    """Draws who goes which way, and when: the arguments are those of a `year`."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret: a seed gives the same year again
    ways = [way for way, number in _apportioned(nation.ways, orders) for _ in range(number)]
    chance.shuffle(ways)
    days = sorted(chance.randrange(DAYS) for _ in range(orders))
    for number, (way, day) in enumerate(zip(ways, days, strict=True), start=1):
        yield Order(number, way, day)


def _apportioned(ways: Sequence[Way], orders: int) -> list[tuple[Way, int]]:
    """Whole orders of each way, by largest remainder."""
    whole = sum(way.of_thousand for way in ways)
    exact = [orders * way.of_thousand / whole for way in ways]
    given = [int(share) for share in exact]
    most = sorted(range(len(ways)), key=lambda place: given[place] - exact[place])
    for place in most[: orders - sum(given)]:
        given[place] += 1
    return list(zip(ways, given, strict=True))


def _recorded(step: StoryStep) -> datetime:
    return step.recorded_at


_Named: TypeAlias = tuple[str, str, str]
"""What a story has for itself: kind, scheme and value."""


class _Ids(Run):
    """The ids of one order by a number; lots bear that of their month.

    Args:
        name: Name of the run, from which its keys are made.
        number: From which its ids are made.
        month: Of the year, from 0.
    """

    def __init__(self, name: str, number: int, month: int) -> None:
        super().__init__(name)
        self._number, self._month = number, month

    @classmethod
    def free(cls, seed: int, order: Order, named: Iterable[_Named], taken: set[tuple[str, str]]) -> "_Ids":
        """The ids of an order, none of which another order has; they are taken from then on."""
        run = f"nation {seed} {order.number}"
        tried = (cls(run, number, order.day // MONTH) for number in itertools.count(order.number))
        ids, own = next((ids, own) for ids in tried if not (own := ids.of(named)) & taken)
        taken |= own
        return ids

    def of(self, named: Iterable[_Named]) -> set[tuple[str, str]]:
        """What these are called here."""
        return {
            (kind, self.identifier(kind, {"scheme": scheme, "value": value})["value"]) for kind, scheme, value in named
        }

    def identifier(self, kind: str, identifier: dict[str, Any]) -> dict[str, Any]:
        """The order's own id of a thing, or its month's of a lot."""
        if kind == "lot":
            return {**identifier, "value": f"{identifier['value']}-{self._month:02}"}
        if kind == "zone":
            return {**identifier, "value": f"{identifier['value']}-{self._number:06}"}
        return super().identifier(kind, identifier)


class _Names(Run):
    """Notes which ids a story has for itself."""

    def __init__(self) -> None:
        super().__init__("names")
        self.found: set[_Named] = set()

    def identifier(self, kind: str, identifier: dict[str, Any]) -> dict[str, Any]:
        """Notes it."""
        if super().identifier(kind, identifier) is not identifier:
            self.found.add((kind, str(identifier["scheme"]), str(identifier["value"])))
        return identifier


def _named(told: StoryFile) -> tuple[_Named, ...]:
    asked = _Names()
    for step in told.steps:
        changed(step, Changes(run=asked))
    return tuple(sorted(asked.found))


def _is_register(step: StoryStep) -> bool:
    return step.type in TYPES and TYPES[step.type].about.stage == "registry"


def _registers(seed: int, stories: Iterable[StoryFile]) -> list[StoryStep]:
    """Every register entry of the stories once, at its own time; what would end within the year is renewed."""
    run = Run(f"nation {seed} registers")
    entries = (step for told in stories for step in told.steps if _is_register(step))
    once = _once(step for step in entries if step.type not in (*_LOTS, *_OWN))
    shared = [_moved(step, run, timedelta()) for step in once]
    renewed = [later for step in shared for later in _renewed(step, run)]
    return sorted(_numbered("register", [*shared, *renewed]), key=_recorded)


def _renewed(step: StoryStep, run: Run) -> Iterator[StoryStep]:
    """The same entry again for as long once more, told at once, until it outlasts the year."""
    fact = step.request["fact"]
    if not ("effective_from" in fact and "effective_to" in fact):
        return
    begins, ends = (date.fromisoformat(fact[name]) for name in ("effective_from", "effective_to"))
    for times in range(1, _LASTS // max((ends - begins).days, 1) + 1):
        by = times * (ends - begins)
        told = {**step.request, "request_id": run.key(f"{step.request['request_id']} {times}")}
        yield msgspec.structs.replace(step, request=_later(told, by))


def _later(request: dict[str, Any], by: timedelta) -> dict[str, Any]:
    """A request whose fact has its days moved."""
    fact = {
        name: (date.fromisoformat(value) + by).isoformat() if name in ("effective_from", "effective_to") else value
        for name, value in request["fact"].items()
    }
    return {**request, "fact": fact}


def _lots(seed: int, month: int, stories: Iterable[StoryFile]) -> list[StoryStep]:
    """The lots of one month, registered and released as far before it as the stories have them."""
    ids = _Ids(f"nation {seed} lots {month}", 0, month)
    once = _once(step for told in stories for step in told.steps if step.type in _LOTS)
    moved = [_moved(step, ids, timedelta(days=month * MONTH)) for step in once]
    return sorted(_numbered(f"month {month}", moved), key=_recorded)


def _once(steps: Iterable[StoryStep]) -> Iterator[StoryStep]:
    """Leaves out what says the same as one before."""
    said = set[str]()
    for step in steps:
        words = json.dumps([step.rpc, step.request["fact"]], sort_keys=True)
        if words not in said:
            said.add(words)
            yield step


def _numbered(prefix: str, steps: Sequence[StoryStep]) -> Iterator[StoryStep]:
    for number, step in enumerate(steps, start=1):
        yield msgspec.structs.replace(step, name=f"{prefix} {number}")


def _chain(order: Order, ids: Run, told: StoryFile) -> list[StoryStep]:
    """The steps of an order, from its own day on."""
    by, prefix = timedelta(days=order.day), f"{order.number}/"
    own = (step for step in told.steps if not _is_register(step) or step.type in _OWN)
    return sorted((_renamed(_moved(step, ids, by), prefix) for step in own), key=_recorded)


def _moved(step: StoryStep, run: Run, by: timedelta) -> StoryStep:
    def moment(told: datetime) -> datetime:
        return told + by

    def day(told: date) -> date:
        return told + by

    request = changed(step, Changes(run=run, moment=moment, day=day))
    return msgspec.structs.replace(step, request=request, recorded_at=step.recorded_at + by)


def _renamed(step: StoryStep, prefix: str) -> StoryStep:
    """A step under a name of its own, which names others of its order."""
    return msgspec.structs.replace(step, name=prefix + step.name, request=_referring(step.request, prefix))


def _referring(said: Any, prefix: str) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(said, list):
        return [_referring(item, prefix) for item in said]
    if not isinstance(said, dict):
        return said
    if said.keys() == {REFERENCE}:
        return {REFERENCE: prefix + said[REFERENCE]}
    return {name: _referring(value, prefix) for name, value in said.items()}
