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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from importlib.resources import files
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
from msgspec import Struct

from services.cli import nation_registers
from services.cli.nation_registers import LOTS, is_register, numbered, recorded
from services.cli.running import Changes, Run, changed
from services.cli.story import REFERENCE, StoryFile, StoryStep, load

DAYS: Final = 364
"""Days over which orders begin: 52 weeks."""

MONTH: Final = 28
"""Days after which new lots are used."""

_LASTS: Final = DAYS + 180
"""Days for which registers must hold: the last order begins on the last day."""


WAITS_AT: Final = "dose-retrieved"
"""The step of a central scenario before which a dose waits in the store, for as long as its order is drawn to take."""


class Way(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What becomes of an order.

    Attributes:
        name: In a few words.
        story: The scenario that tells it.
        of_thousand: Orders of a thousand that go this way.
        source: Whose figure that is; `ours` where nobody has published one.
        lasts: Name of the length from vein to vein that is drawn for it; as long as the scenario when empty.
    """

    name: str
    story: str
    of_thousand: float
    source: str
    lasts: str = ""


class Share(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Some orders, and the median days from vein to vein that were published of them."""

    orders: int
    median: float


class Length(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long it is from vein to vein.

    Attributes:
        name: By which ways name it.
        of: Whose medians, and how many orders each stands for.
        source: Whose figures.
    """

    name: str
    of: tuple[Share, ...]
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
        lengths: How long orders last.
        spread: Least, lower quartile, median, upper quartile and most of a length, as parts of its median.
        published: What was published of it.
    """

    about: str
    ways: tuple[Way, ...]
    lengths: tuple[Length, ...]
    spread: tuple[float, float, float, float, float]
    published: tuple[Published, ...]


class Order(NamedTuple):
    """One order of the year.

    Attributes:
        number: From 1, in the order of their beginning.
        way: What becomes of it.
        day: On which day of the year it begins, from 0.
        days: From vein to vein, as it was drawn; 0 for as long as its scenario.
    """

    number: int
    way: Way
    day: int
    days: float = 0


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
    ways = numbered_ids(seed, drawing, stories)
    chains = [(ids, stories[order.way.story]) for order, ids in zip(drawing, ways, strict=True)]
    first = {told.title: (order.way.story, ids, told) for order, (ids, told) in zip(drawing, chains, strict=True)}
    own = {story: nation_registers.own(told, ids) for story, ids, told in first.values()}
    steps = [
        nation_registers.told(seed, chains, _LASTS),
        *(_lots(seed, month, stories.values()) for month in sorted({order.day // MONTH for order in drawing})),
        *(_chain(order, ids, told, own[order.way.story]) for order, (ids, told) in zip(drawing, chains, strict=True)),
    ]
    told = StoryFile(
        title=f"A nation's year: {orders} orders, seed {seed}",
        about=nation.about,
        coi=ways[0].tag(stories[drawing[0].way.story].coi),
        steps=tuple(heapq.merge(*steps, key=recorded)),
    )
    return Year(drawing, told)


def numbered_ids(seed: int, drawing: Sequence[Order], stories: Mapping[str, StoryFile]) -> list["_Ids"]:
    """The ids of each order: no two have one in common.

    Args:
        seed: Of the year.
        drawing: Its orders.
        stories: The scenarios that tell them, by their names.
    """
    named = {way: _named(told) for way, told in stories.items()}
    homes = frozenset(home for told in stories.values() for home in _homes(told))
    taken: set[tuple[str, str]] = set()
    return [_Ids.free(seed, order, named[order.way.story], homes, taken) for order in drawing]


def drawn(nation: Nation, orders: int, seed: int) -> Iterator[Order]:
    """Draws who goes which way, and when: the arguments are those of a `year`."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret: a seed gives the same year again
    given = _apportioned([way.of_thousand for way in nation.ways], orders)
    ways = [way for way, number in zip(nation.ways, given, strict=True) for _ in range(number)]
    chance.shuffle(ways)
    days = sorted(chance.randrange(DAYS) for _ in range(orders))
    lengths = {
        length.name: _days(length, nation.spread, sum(way.lasts == length.name for way in ways), chance)
        for length in nation.lengths
    }
    for number, (way, day) in enumerate(zip(ways, days, strict=True), start=1):
        yield Order(number, way, day, lengths[way.lasts].pop() if way.lasts else 0)


def _days(length: Length, spread: Sequence[float], orders: int, chance: random.Random) -> list[float]:
    """Draws how long orders last: spaced evenly over what was published, so that few come near to it already."""
    found: list[float] = []
    given = _apportioned([share.orders for share in length.of], orders)
    for share, number in zip(length.of, given, strict=True):
        for place in range(number):
            quarter, part = divmod((place + chance.random()) / number * (len(spread) - 1), 1)
            least, most = spread[int(quarter)], spread[int(quarter) + 1]
            found.append(share.median * (least + part * (most - least)))
    chance.shuffle(found)
    return found


def _apportioned(shares: Sequence[float], orders: int) -> list[int]:
    """Whole orders of each share, by largest remainder."""
    exact = [orders * share / sum(shares) for share in shares]
    given = [int(share) for share in exact]
    most = sorted(range(len(shares)), key=lambda place: given[place] - exact[place])
    for place in most[: orders - sum(given)]:
        given[place] += 1
    return given


_Named: TypeAlias = tuple[str, str, str]
"""What a story has for itself: kind, scheme and value."""


class _Ids(Run):
    """The ids of one order by a number; lots bear that of their month.

    Args:
        name: Name of the run, from which its keys are made.
        number: From which its ids are made.
        month: Of the year, from 0.
        homes: Sites that are a patient's home.
    """

    def __init__(self, name: str, number: int, month: int, homes: frozenset[str] = frozenset()) -> None:
        super().__init__(name)
        self._number, self._month, self._homes = number, month, homes

    @classmethod
    def free(
        cls, seed: int, order: Order, named: Iterable[_Named], homes: frozenset[str], taken: set[tuple[str, str]]
    ) -> "_Ids":
        """The ids of an order, none of which another order has; they are taken from then on."""
        run = f"nation {seed} {order.number}"
        tried = (cls(run, number, order.day // MONTH, homes) for number in itertools.count(order.number))
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
        if kind == "zone" or (kind == "site" and identifier["value"] in self._homes):
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


def _homes(told: StoryFile) -> Iterator[str]:
    """Sites of a story that are a patient's home, of which each order has its own."""
    for step in told.steps:
        if step.type == "SiteRegistered" and step.request["fact"]["kind"] == "SITE_KIND_HOME":
            yield str(step.request["fact"]["site"]["value"])


def _lots(seed: int, month: int, stories: Iterable[StoryFile]) -> list[StoryStep]:
    """The lots of one month, registered and released as far before it as the stories have them."""
    ids = _Ids(f"nation {seed} lots {month}", 0, month)
    once = _once(step for told in stories for step in told.steps if step.type in LOTS)
    moved = [_moved(step, ids, timedelta(days=month * MONTH)) for step in once]
    return sorted(numbered(f"month {month}", moved), key=recorded)


def _once(steps: Iterable[StoryStep]) -> Iterator[StoryStep]:
    """Leaves out what says the same as one before."""
    said = set[str]()
    for step in steps:
        words = json.dumps([step.rpc, step.request["fact"]], sort_keys=True)
        if words not in said:
            said.add(words)
            yield step


def _chain(order: Order, ids: Run, told: StoryFile, own: frozenset[str]) -> list[StoryStep]:
    """The steps of an order, from its own day on; its dose waits in the store for as long as it was drawn to."""
    prefix, wait = f"{order.number}/", timedelta(days=_wait(order, told))
    by, steps = timedelta(days=order.day), list[StoryStep]()
    for step in told.steps:
        by += wait if step.name == WAITS_AT else timedelta()
        if not is_register(step) or step.name in own:
            steps.append(_renamed(_moved(step, ids, by), prefix))
    return sorted(steps, key=recorded)


def _wait(order: Order, told: StoryFile) -> int:
    """Whole days by which a dose lies longer in the store than the scenario has it, or less long."""
    if not order.days:
        return 0
    names = [step.name for step in told.steps]
    taken_out = names.index(WAITS_AT)
    spare = told.steps[taken_out].recorded_at - told.steps[taken_out - 1].recorded_at
    return max(round(order.days - lasting(told)), -spare.days)


def lasting(told: StoryFile) -> float:
    """Days from vein to vein that a scenario itself has."""
    collected = next(step for step in told.steps if step.type == "ApheresisPerformed")
    given = next(step for step in told.steps if step.type == "AdministrationStarted" and not step.expect.refused)
    began = datetime.fromisoformat(given.request["envelope"]["occurred_at"]["time"])
    return (began - datetime.fromisoformat(collected.request["fact"]["ended_at"])) / timedelta(days=1)


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
