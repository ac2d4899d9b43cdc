"""What people do with one patient's cells, from collection to the end of the infusion, and what goes wrong.

People do things when they do them; their device tells of it when it can. They wait for the ledger's answer only before
a release and at the bedside. After a refusal they try again, record a deviation, or say that it did not happen.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import timedelta
from typing import TypeAlias, TypeVar

from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.receipt import Receipt, Refused, State
from tests.model import world
from tests.model.law import Act
from tests.simulation import telling
from tests.simulation.deeds import About, Deed
from tests.simulation.opening import COLLECTED, MADE
from tests.simulation.site import Site
from tests.simulation.telling import Teller, Told
from tests.simulation.timeline import Awaited, Script, Timeline

_TRIES = 3

_CHECK_HOLDS = timedelta(minutes=25)
"""After this the container and the patient are checked again."""

T = TypeVar("T")
ScriptOf: TypeAlias = Generator[timedelta | Awaited, None, T]


class Chain:
    """One patient's way.

    Attributes:
        steps: what must be accepted, if everything before it stands on record in its order.
        asides: what may spoil that, where it is accepted.
        deviations: that quality assurance has not looked at yet.
        lost: people gave up.
        given: the product was given.
    """

    def __init__(self, number: int, timeline: Timeline, sites: Mapping[str, Site]) -> None:
        """Prepare the therapy of a patient."""
        self.number, self._timeline, self._sites = number, timeline, sites
        self._chance, self.tell_of = timeline.chance, Teller(number)
        self.steps: list[Deed] = []
        self.asides: list[Deed] = []
        self.deviations: list[Deed] = []
        self.deeds: list[Deed] = []
        self.given = self.lost = False
        self._names = 0

    # ------------------------------------------------------------------------------------------------ telling

    def step(self, told: Told, *, mend: bool = True) -> Deed:
        """Tell of what ought to be done; unless it is mended, a refusal ends it."""
        deed = self._deed(told)
        deed.needs, deed.mend = tuple(self.steps), self._mend if mend else None
        self.steps.append(deed)
        return self._tell(deed)

    def aside(self, told: Told, about: About | None = None, spoils: Sequence["Chain"] = ()) -> Deed:
        """Tell of what ought not to be done, or of a fact; other chains may be spoilt as well."""
        deed = self._deed(told)
        deed.about = about
        if about is None:
            deed.mend = lambda wrong, refused: self._regret(wrong, refused, spoils)
        for chain in (self, *spoils):
            chain.asides.append(deed)
        return self._tell(deed)

    def _deed(self, told: Told) -> Deed:
        what = f"{told.what}/{self.number}"
        return Deed(what, told.site, told.draft, told.act, decision=told.decision, asides=self.asides)

    def _tell(self, deed: Deed) -> Deed:
        self.deeds.append(deed)
        self._sites[deed.site].tell(deed)
        return deed

    def _mend(self, deed: Deed, refused: Refused) -> bool:
        """Try again under a new key: what was missing may have come. In the end, what happened is a deviation."""
        if len(deed.calls) <= _TRIES and self._maybe(0.7):
            self._timeline.after(self._hours(0.2, 8), lambda: self._sites[deed.site].tell(deed))
            return True
        if TYPES[refused.type].about.kind is Kind.HAPPENING and self._maybe(0.8):
            told = telling.as_deviation(refused.position, deed.site, self._timeline.now)
            self.deviations.append(self.aside(told, About(refused.position, deed.act)))
        return False

    def _about(self, told: Told, about: About) -> None:
        """Tell of a fact what spoils nothing."""
        deed = self._deed(told)
        deed.about = about
        self._tell(deed)

    def _regret(self, deed: Deed, refused: Refused, spoils: Sequence["Chain"]) -> bool:
        """What ought not to be done was refused: mostly it was not done."""
        if TYPES[refused.type].about.kind is not Kind.HAPPENING:
            return False
        now, chance = self._timeline.now, self._chance.random()
        if chance < 0.5:
            self._about(telling.did_not_happen(refused.position, deed.site, now), About(refused.position, None))
        elif chance < 0.6:
            told = telling.as_deviation(refused.position, deed.site, now)
            self.aside(told, About(refused.position, deed.act), spoils)
        return False

    def _hours(self, least: float, most: float) -> timedelta:
        return timedelta(hours=self._chance.uniform(least, most))

    def _soon(self) -> timedelta:
        return timedelta(minutes=self._chance.randint(5, 40))

    def _maybe(self, chance: float) -> bool:
        return self._chance.random() < chance

    def _name(self, letter: str) -> str:
        self._names += 1
        return f"{self.number}{self._names:03}{letter}"

    # -------------------------------------------------------------------------------------------------- the way

    def way(self, others: Sequence["Chain"]) -> Script:
        """Everything, in order."""
        yield self._hours(0, 20)
        made: Mapping[str, int] = MADE.get(self.number, {})
        if not made:
            made = yield from self._central(COLLECTED.get(self.number) or (yield from self._collected()))
        point = self._chance.choice((world.POINT, world.POINT, world.POINT_2))
        yield from self._sent(made, world.CENTRAL, point)
        batch, final = yield from self._finished(made, point, others)
        if self._maybe(0.1):
            yield self.aside(self.tell_of.start(final, point, self._timeline.now, self.number))
            yield self._soon()
        yield from self._assessed()
        released = self.step(self.tell_of.release(batch, [final], point, self._timeline.now))
        yield released
        yield self._soon()
        yield from self._hindered(final, point)
        if not released.recorded or not all(deed.over for deed in self.steps):
            self.lost = True
            return
        yield from self._bedside(final, point, others)

    def _collected(self) -> ScriptOf[dict[str, int]]:
        at = self._timeline.now
        bags = {self._name("A"): 100}
        if self._maybe(0.3):
            bags[self._name("A")] = 60
        typed = dict.fromkeys(bags, 80) if self._maybe(0.15) else bags
        deed = self.step(self.tell_of.collect(typed, at))
        yield self._soon()
        if typed is not bags:
            yield deed
            self._correct(
                deed, lambda position: self.tell_of.correct_collection(position, bags, at, self._timeline.now)
            )
        self.step(self.tell_of.tests(at, self._timeline.now))
        yield self._soon()
        self.step(self.tell_of.circulate(list(bags), self._timeline.now))
        yield self._soon()
        yield from self._sent(bags, world.COLLECTION, world.CENTRAL)
        return bags

    def _sent(self, bags: Mapping[str, int], origin: str, to: str) -> Script:
        name = self._name("")
        self.step(self.tell_of.dispatch(name, list(bags), origin, to, self._timeline.now))
        yield self._hours(0.5, 20)
        self.step(self.tell_of.receive(name, to, self._timeline.now))
        yield self._soon()
        if self._maybe(0.05):
            self.aside(self.tell_of.receive(name, to, self._timeline.now))
        if self._maybe(0.15):
            yield from self._warm(self._chance.choice(list(bags)), to)

    def _warm(self, name: str, where: str) -> Script:
        """The logger shows an excursion; it is assessed before anything is done."""
        seen = self.step(self.tell_of.excursion(name, where, self._timeline.now))
        yield seen
        yield self._soon()
        if seen.recorded:
            yield self.step(self.tell_of.assess(name, seen.position, self._timeline.now))
            yield self._soon()

    def _central(self, bags: Mapping[str, int]) -> ScriptOf[dict[str, int]]:
        batch = f"C{self._name('')}"
        self.step(self.tell_of.open(batch, world.CENTRAL, self._timeline.now))
        yield self._soon()
        made = {self._name("B"): 60}
        if self._maybe(0.3):
            made[self._name("B")] = 30
        if self._maybe(0.05):
            too_much = dict.fromkeys(made, 400)
            now = self._timeline.now
            self.aside(self.tell_of.make(batch, list(bags), too_much, world.CENTRAL, now, last=False))
            yield self._soon()
        self.step(self.tell_of.make(batch, list(bags), made, world.CENTRAL, self._timeline.now, last=False))
        yield self._hours(1, 12)
        return made

    def _finished(self, made: Mapping[str, int], point: str, others: Sequence["Chain"]) -> ScriptOf[tuple[str, str]]:
        batch, final = f"L{self._name('')}", self._name("F")
        self.step(self.tell_of.open(batch, point, self._timeline.now))
        yield self._soon()
        now, foreign = self._timeline.now, self._foreign(others)
        if foreign and self._maybe(0.2):
            mixed = self.tell_of.make(batch, [self._chance.choice(foreign)], {final: 50}, point, now, last=True)
            self.aside(mixed, spoils=others)
            yield self._soon()
        yield from self._assessed()
        self.step(self.tell_of.make(batch, list(made), {final: 50}, point, self._timeline.now, last=True))
        yield self._soon()
        return batch, final

    def _assessed(self) -> Script:
        """Quality assurance finds what was a deviation fit for use, where it has heard of it."""
        while self.deviations and self._maybe(0.7):
            deviation = self.deviations.pop()
            if deviation.recorded:
                assessed = telling.fit(deviation.position, self._timeline.now)
                yield self._tell(self._deed(assessed))
                yield self._soon()

    def _foreign(self, others: Sequence["Chain"]) -> list[str]:
        """Containers on the way to other patients."""
        found = [name for number, made in MADE.items() for name in made if number != self.number]
        for one in others:
            for deed in one.steps:
                if deed.act is not None and deed.act.kind == "modify":
                    found += deed.act.said["outputs"]
        return found

    def _hindered(self, final: str, point: str) -> Script:
        """A doubt about the container after its release, and somebody who does not know of it."""
        if not self._maybe(0.25):
            return
        warm = self._maybe(0.5)
        doubt = (self.tell_of.excursion if warm else self.tell_of.quarantine)(final, point, self._timeline.now)
        held = self.step(doubt)
        yield held
        yield self._soon()
        if self._maybe(0.5):
            yield self.aside(self.tell_of.start(final, point, self._timeline.now, self.number))
            yield self._soon()
        if held.recorded:
            settle = self.tell_of.assess if warm else self.tell_of.lift
            yield self.step(settle(final, held.position, self._timeline.now))
            yield self._soon()

    def _bedside(self, final: str, point: str, others: Sequence["Chain"]) -> Script:
        if others and self._maybe(0.4):
            yield from self._wrong_patient(final, point, self._chance.choice([one.number for one in others]))
        if not (yield from self._started(final, point)):
            self.lost = True
            return
        yield self._soon()
        self.given = True
        volume = 40 if self._maybe(0.15) else 50
        right = self.tell_of.end(final, volume, point, self._timeline.now)
        ended = self.step(right)
        yield ended
        yield self._soon()
        if volume == 40:
            self._correct(ended, lambda position: self.tell_of.correct_end(position, right, 50, self._timeline.now))
        if self._maybe(0.2):
            self.aside(self.tell_of.start(final, point, self._timeline.now, self.number))

    def _started(self, final: str, point: str) -> ScriptOf[bool]:
        """Check and start; begin again with the check when the answer came too late, or was no."""
        for _ in range(_TRIES):
            at = self._timeline.now
            yield self.step(self.tell_of.check(final, point, at))
            stale = self._timeline.now - at > _CHECK_HOLDS
            if stale and self._maybe(0.8):
                continue
            yield timedelta(minutes=self._chance.randint(1, 4))
            started = self.step(self.tell_of.start(final, point, self._timeline.now, self.number), mend=False)
            started.needs = None if stale else started.needs
            yield started
            if started.recorded:
                return True
            self.steps.remove(started)
            yield self._soon()
        return False

    def _wrong_patient(self, final: str, point: str, other: int) -> Script:
        """The bag is brought to the wrong bed."""
        if self._maybe(0.5):
            yield self.aside(self.tell_of.check(final, point, self._timeline.now, patient=other))
            yield self._soon()
        excuse = [world.deviation()] if self._maybe(0.1) else []
        now = self._timeline.now
        yield self.aside(self.tell_of.start(final, point, now, other, excuse))
        yield self._soon()

    def _correct(self, deed: Deed, right: Callable[[int], tuple[Told, Act]]) -> None:
        if isinstance(deed.answer, Receipt) and deed.answer.state is State.RECORDED:
            told, act = right(deed.position)
            self.aside(told, About(deed.position, act))
