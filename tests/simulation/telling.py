"""Each thing that is done at a site, in the words of a fact and in those of the plain law."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.receipt import Draft
from tests.model import world
from tests.model.law import Act

Volumes = Mapping[str, int]

QUALITY = "QA1"
"""Quality assurance of the control site, of the central site and of the hospital."""


class Told(NamedTuple):
    """A deed before anybody tells it."""

    what: str
    site: str
    draft: Draft
    act: Act | None = None

    @property
    def decision(self) -> bool:
        """It takes effect when it is recorded."""
        return TYPES[self.draft.content.type].about.kind is Kind.DECISION


class Teller:
    """Tells of one patient's therapy."""

    def __init__(self, number: int) -> None:
        """Name whose."""
        self.number = number

    def collect(self, bags: Volumes, at: datetime) -> Told:
        fact = self.collected(bags, at)
        draft = world.draft("ApheresisPerformed", fact, at=at, where=world.COLLECTION)
        return Told("collect", world.COLLECTION, draft, self.collecting(bags, at))

    def collected(self, bags: Volumes, at: datetime) -> world.Data:
        held = [world.container(name, volume) for name, volume in bags.items()]
        return world.collection_fact(self.number, held, at + world.MINUTE)

    def collecting(self, bags: Volumes, at: datetime) -> Act:
        return Act(0, "collect", at, world.COLLECTION, {"patient": self.number, "bags": dict(bags)})

    def tests(self, sampled: datetime, at: datetime) -> Told:
        return Told("test", world.COLLECTION, world.tests(self.number, sampled, at=at))

    def circulate(self, bags: Sequence[str], at: datetime) -> Told:
        return Told("circulate", world.COLLECTION, world.circulation(bags, self.number, at=at))

    def dispatch(self, name: str, bags: Sequence[str], origin: str, to: str, at: datetime) -> Told:
        act = Act(0, "dispatch", at, origin, {"bags": list(bags), "consignment": name})
        return Told("dispatch", origin, world.dispatch(name, bags, origin=origin, to=to, at=at), act)

    def receive(self, name: str, where: str, at: datetime) -> Told:
        act = Act(0, "receive", at, where, {"consignment": name})
        return Told("receive", where, world.receipt(name, where=where, at=at), act)

    def open(self, name: str, where: str, at: datetime) -> Told:
        return Told("open", where, world.opening(name, self.number, where=where, at=at))

    def make(self, name: str, inputs: Sequence[str], outputs: Volumes, where: str, at: datetime, *, last: bool) -> Told:
        """A modification, or the completion of the product: all that is in the inputs is used."""
        kind, made = ("complete", world.completion) if last else ("modify", world.modification)
        taken = [world.taken(one) for one in inputs]
        filled = [world.container(one, volume) for one, volume in outputs.items()]
        said = {"inputs": dict.fromkeys(inputs), "outputs": dict(outputs), "batch": name}
        return Told(kind, where, made(name, taken, filled, where=where, at=at), Act(0, kind, at, where, said))

    def release(self, name: str, bags: Sequence[str], where: str, at: datetime) -> Told:
        act = Act(0, "release", at, where, {"batch": name, "bags": tuple(bags)})
        return Told("release", where, world.release(name, bags, where=where, at=at), act)

    def check(self, name: str, where: str, at: datetime, *, patient: int | None = None) -> Told:
        number = patient or self.number
        draft = world.check(name, number, where=where, at=at, matches=number == self.number)
        return Told("check", where, draft)

    def start(self, name: str, where: str, at: datetime, patient: int, excuse: Sequence[world.Data] = ()) -> Told:
        act = Act(0, "start", at, where, {"bag": name, "patient": patient})
        return Told("start", where, world.start(name, patient, where=where, at=at, exceptions=excuse), act)

    def end(self, name: str, volume: int, where: str, at: datetime) -> Told:
        draft = world.end(name, self.number, volume, where=where, at=at)
        return Told("end", where, draft, _ending(name, volume, where, at))

    # What was typed wrongly

    def correct_collection(self, position: int, bags: Volumes, was: datetime, at: datetime) -> tuple[Told, Act]:
        fact = self.collected(bags, was)
        draft = world.correction(position, "apheresis_performed", fact, where=world.COLLECTION, at=at)
        return Told("correct", world.COLLECTION, draft), self.collecting(bags, was)

    def correct_end(self, position: int, right: Told, volume: int, at: datetime) -> tuple[Told, Act]:
        assert right.act is not None
        name, where = right.act.said["bag"], right.site
        fact = {
            "material": world.bag(name),
            "patient": world.patient(self.number),
            "given": [world.millilitres(volume)],
            "remainder": "REMAINDER_DISPOSITION_NONE_LEFT",
        }
        draft = world.correction(position, "administration_ended", fact, where=where, at=at)
        return Told("correct", where, draft), _ending(name, volume, where, right.act.at)

    # What stands in the way

    def quarantine(self, name: str, where: str, at: datetime) -> Told:
        fact = {"containers": _containers(name), "reason": "a doubt about its storage"}
        draft = world.draft("QuarantineImposed", fact, at=at, where=where, checked=())
        return Told("quarantine", where, draft, Act(0, "quarantine", at, where, {"bag": name}))

    def lift(self, name: str, position: int, at: datetime) -> Told:
        fact = {"containers": _containers(name), "quarantine": position, "basis": "storage was right"}
        draft = world.draft("QuarantineLifted", fact, at=at, where=world.CONTROL, by=QUALITY, checked=())
        return Told("lift", world.CONTROL, draft, Act(0, "settle", at, world.CONTROL, {"position": position}))

    def excursion(self, name: str, where: str, at: datetime) -> Told:
        fact = {"containers": _containers(name), "highest_celsius": "11.5", "max_celsius": "8", "duration_seconds": 900}
        draft = world.draft("TemperatureExcursionDetected", fact, at=at, where=where, checked=())
        return Told("excursion", where, draft, Act(0, "excursion", at, where, {"bag": name}))

    def assess(self, name: str, position: int, at: datetime) -> Told:
        fact = {
            "materials": [world.bag(name)],
            "excursion": position,
            "outcome": "EXCURSION_OUTCOME_USE",
            "basis": "inside the stability data",
        }
        draft = world.draft("ExcursionAssessed", fact, at=at, where=world.CENTRAL, by=QUALITY, checked=())
        return Told("assess", world.CENTRAL, draft, Act(0, "settle", at, world.CENTRAL, {"position": position}))


def _containers(name: str) -> world.Data:
    return {"materials": [world.bag(name)]}


def _ending(name: str, volume: int, where: str, at: datetime) -> Act:
    return Act(0, "end", at, where, {"bag": name, "volume": volume, "none_left": True})


# ------------------------------------------------------------------------------------------- facts about facts


def did_not_happen(position: int, where: str, at: datetime) -> Told:
    return Told("did not happen", where, world.not_happened(position, where=where, at=at))


def as_deviation(position: int, where: str, at: datetime) -> Told:
    return Told("as deviation", where, world.as_deviation(position, where=where, at=at))


def fit(position: int, at: datetime) -> Told:
    """Quality assurance assesses a deviation as fit for use."""
    fact = {
        "deviation": {"scheme": "ledger", "value": str(position)},
        "outcome": "DEVIATION_OUTCOME_USE",
        "owner": "RISK_OWNER_QUALITY",
        "reason": "no impact on identity or quality",
    }
    draft = world.draft("DeviationAssessed", fact, at=at, where=world.CONTROL, by=QUALITY, checked=(), signed=True)
    return Told("fit", world.CONTROL, draft)


def suspend(code: str, at: datetime) -> Told:
    """The licensing authority suspends a site."""
    return Told("suspend", world.CONTROL, world.suspension(code, at=at))


def stranger(where: str, at: datetime) -> Told:
    """Something that has nothing to do with anybody's cells."""
    fact = {"person": world.person("X1"), "effective_from": world.FROM}
    return Told("stranger", where, world.draft("PersonRegistered", fact, at=at, where=where, checked=()))
