"""One run: a hub, five sites, two or three patients, the weather of a seed; and what the oracle says of it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from ledger.api import Ledger
from ledger.audit.rejudge import rejudge
from ledger.audit.verify import verify
from ledger.domain.receipt import KeyReused
from ledger.store.log import Log
from ledger.store.rows import Stored
from tests.model import world
from tests.model.desk import everything
from tests.simulation import network, telling
from tests.simulation.deeds import Call, Deed
from tests.simulation.listeners import Feed, Follower, Heard, Listener
from tests.simulation.network import CALM, Network, Weather
from tests.simulation.opening import PATIENTS, opened, opening
from tests.simulation.oracle import REFUSED, Oracle, essence
from tests.simulation.server import Server, SteppedSequencer
from tests.simulation.site import Counter as Order
from tests.simulation.site import Site
from tests.simulation.store import Fault, Store
from tests.simulation.story import Chain
from tests.simulation.timeline import Restless, Timeline

_TROUBLED = timedelta(days=4)
"""After this everything works; what was begun is brought to its end."""

_POLLS = 6

_WHOLE = 10
"""Every so manyth run is verified and judged again by the ledger's own audit as well."""


@dataclass(frozen=True)
class Parts:
    """What a run is made of; a twin changes one of them.

    Attributes:
        sequencer: of each server.
        follower: of the log.
        site: each of the five.
        log: what the store is, made from the real one.
        spell: holds while everything happens.
    """

    sequencer: type[SteppedSequencer] = SteppedSequencer
    follower: type[Follower] = Follower
    site: type[Site] = Site
    log: Callable[[Log], Log] = field(default=lambda log: log)
    spell: Callable[[], AbstractContextManager[object]] = nullcontext


@dataclass(frozen=True)
class Result:
    """What became of a run.

    Attributes:
        seed: of it.
        failures: everything that is wrong; empty when all is well.
        root: of the log, in hexadecimal.
        counts: how often what happened.
        trace: what happened, line by line.
    """

    seed: int
    failures: tuple[str, ...]
    root: str
    counts: Counter[str]
    trace: tuple[str, ...]


class Run:
    """Everything of one seed."""

    def __init__(self, seed: int, parts: Parts | None = None) -> None:
        """Build the world."""
        self.seed, self._parts = seed, parts or Parts()
        parts = self._parts
        self.timeline = Timeline(world.START, seed)
        chance = self.timeline.chance
        self.weather: Weather = network.drawn(self.timeline)
        self.network = Network(self.timeline, self.weather)
        self.log = parts.log(opened())
        self.store = Store(self.timeline, self.log)
        self.hub = [
            Server(f"hub-{number}", self.store, self._skew(number), parts.sequencer)
            for number in range(1, self.weather.servers + 1)
        ]
        order = Order()
        self.sites = {name: parts.site(name, self.timeline, self.network, self.hub, order) for name in world.SITES}
        patients = sorted(chance.sample(range(1, PATIENTS + 1), chance.choice((1, 1, 2))))
        self.chains = [Chain(number, self.timeline, self.sites) for number in patients]
        self.listeners: list[Listener] = [
            parts.follower("a follower of everything", self.store, self.timeline),
            parts.follower("a follower of starts", self.store, self.timeline, ("AdministrationStarted", "Refused")),
            Feed(world.SITES[chance.choice(list(world.SITES))], self._some_ledger, self.timeline),
        ]
        self.store.amid = self._amid

    def _skew(self, number: int) -> timedelta:
        """The clock of a server; that of the first is always good enough."""
        if number > 1 and self.weather.wrong_clock:
            return timedelta(seconds=self.timeline.chance.choice((-90, -5, 5, 3_600)))
        return timedelta(seconds=self.timeline.chance.uniform(-0.9, 0.9))

    def _some_ledger(self) -> Ledger | None:
        return self.timeline.chance.choice(self.hub).ledger

    def _amid(self) -> None:
        """While rows are written and not committed, somebody reads."""
        if self.timeline.chance.random() < 0.3:
            self.timeline.chance.choice(self.listeners).poll()

    # ----------------------------------------------------------------------------------------------- what happens

    def play(self) -> Result:
        """Let it all happen, then ask the oracle."""
        self._arrange()
        for place, chain in enumerate(self.chains):
            self.timeline.play(chain.way([*self.chains[:place], *self.chains[place + 1 :]]))
        try:
            with self._parts.spell():
                self.timeline.run()
                for listener in self.listeners:
                    listener.poll(steady=True)
        except Restless as error:
            return self._result([str(error)])
        return self._result(list(self._wrong()))

    def _arrange(self) -> None:
        """Put what goes wrong with the world into its queue."""
        chance = self.timeline.chance
        for server in self.hub:
            server.trouble = self.weather.trouble
            if self.weather.trouble and chance.random() < 0.5:
                self._sometime(server.die)
        self._arrange_devices()
        for listener in self.listeners * _POLLS:
            self._sometime(listener.poll)
        for rare, act in ((0.1, self._suspend), (0.2, self._reuse)):
            if chance.random() < rare:
                self._sometime(act)
        self.timeline.after(_TROUBLED, self._calm)

    def _arrange_devices(self) -> None:
        """Sites go offline, devices start anew."""
        chance = self.timeline.chance
        for site in self.sites.values() if self.weather.offline else ():
            for _ in range(chance.randrange(4)):
                hours = chance.uniform(0.1, self.weather.offline)
                self._sometime(partial(self.network.cut, site.name, hours, site.pump))
        for _ in range(self.weather.crashes):
            self._sometime(chance.choice(list(self.sites.values())).crash)

    def _sometime(self, act: Callable[[], None]) -> None:
        self.timeline.after(_TROUBLED * self.timeline.chance.random(), act)

    def _calm(self) -> None:
        self.timeline.say("everything works from now on")
        self.network.weather = CALM
        for server in self.hub:
            server.trouble, server.skew = 0.0, timedelta()
        for site in self.sites.values():
            site.pump()

    def _suspend(self) -> None:
        """The licensing authority suspends the second POC site."""
        told = telling.suspend(world.POINT_2, self.timeline.now)
        deed = Deed(told.what, told.site, told.draft, told.act)
        for chain in self.chains:
            chain.asides.append(deed)
        self.sites[told.site].tell(deed)

    def _reuse(self) -> None:
        """A device sends something else under a key that it has used."""
        site = self.timeline.chance.choice(list(self.sites.values()))
        calls = [call for call in site.calls if len(call.deeds) == 1]
        if calls:
            told = telling.stranger(site.name, self.timeline.now)
            site.reuse(self.timeline.chance.choice(calls), Deed(told.what, told.site, told.draft))

    # -------------------------------------------------------------------------------------------- what came of it

    def _wrong(self) -> Iterator[str]:
        """Everything that is wrong."""
        rows = everything(self.store)
        with self.store.reading() as reading:
            root = reading.head().frontier.root
        self.oracle = Oracle(rows, self.calls, opening())
        yield from self.oracle.all(self.store.commits, root)
        yield from self._unanswered()
        yield from self._listened()
        yield from self._asked_again()
        if self.seed % _WHOLE == 0:
            yield from self._audited(rows)

    @property
    def calls(self) -> list[Call]:
        return [call for site in self.sites.values() for call in site.calls]

    def _unanswered(self) -> Iterator[str]:
        for site in self.sites.values():
            for call in site.outbox:
                yield f"{site.name} never had an answer to {call.key}"

    def _listened(self) -> Iterator[str]:
        """Each listener handled each fact that is for it once and in order."""
        for listener in self.listeners:
            wanted = self._wanted(listener)
            if listener.heard != wanted:
                yield f"{listener.name} heard {listener.heard} and not {wanted}"

    def _wanted(self, listener: Listener) -> list[Heard]:
        if isinstance(listener, Feed):
            fresh = Feed(listener.organisation, self._first_ledger, self.timeline)
            fresh.poll(steady=True)
            own = f"ods:{listener.organisation}"
            told = {
                fact.heard for fact in self.oracle.facts if fact.outcome != REFUSED and fact.row.organisation == own
            }
            return fresh.heard if told <= set(fresh.heard) else sorted({*fresh.heard, *told})
        types = getattr(listener, "types", ())
        return [fact.heard for fact in self.oracle.facts if not types or fact.filed in types]

    def _first_ledger(self) -> Ledger | None:
        return self.hub[0].ledger

    def _asked_again(self) -> Iterator[str]:
        """GetReceipt of any server gives the answer that was given."""
        for call in self.calls[::5]:
            if call.answers and not isinstance(call.answers[0], KeyReused):
                server = self.timeline.chance.choice(self.hub)
                now = server.receipts(call.items[0].recorder, call.key)
                if now is not None and essence(_alone(now)) != essence(_alone(call.answers[0])):
                    yield f"{server.name} answers {call.key} with {now}, and it was {call.answers[0]}"

    def _audited(self, rows: Sequence[Stored]) -> Iterator[str]:
        """The ledger's own audit agrees, and every verdict comes out again."""
        if reason := verify(self.store).reason:
            yield f"verify says: {reason}"
        if difference := rejudge(rows):
            yield f"the verdict of {difference.position} is another when judged again: {difference}"

    def _result(self, failures: Sequence[str]) -> Result:
        with self.store.reading() as reading:
            root = reading.head().frontier.root.hex()
        return Result(self.seed, tuple(failures), root, self._counts(), tuple(self.timeline.said))

    def _counts(self) -> Counter[str]:
        counts = Counter({fault.value: 0 for fault in Fault})
        counts.update(fault.value for server in self.hub for fault in server.line.met)
        counts["servers that died"] = sum(server.crashes for server in self.hub)
        counts["messages lost"], counts["messages doubled"] = self.network.lost, self.network.doubled
        counts["products given"] = sum(chain.given for chain in self.chains)
        counts["facts sent in a batch"] = sum(len(call.deeds) for call in self.calls if len(call.deeds) > 1)
        counts["requests"] = len(self.calls)
        return counts + self.oracle.counts() if hasattr(self, "oracle") else counts


def _alone(answer: object) -> object:
    return answer[0] if isinstance(answer, tuple) and len(answer) == 1 else answer
