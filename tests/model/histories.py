"""Random histories: steps made of small numbers, and a driver that turns them into facts and keeps what counts."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
from hypothesis import strategies as st

from ledger.domain.facts.any_fact import AnyFact
from ledger.domain.facts.catalogue import field_name
from ledger.domain.facts.content import Content
from ledger.domain.facts.envelope import Envelope
from ledger.domain.facts.records import Corrected, CorrectionReason
from ledger.domain.receipt import Draft, Receipt, Refused
from ledger.store.memory_log import MemoryLog
from tests.model import world
from tests.model.desk import Desk
from tests.model.law import Act

PATIENTS = 3
VOLUMES = (10, 40, 60, 100, 120)
T = TypeVar("T")

ACTS = (
    *("collect", "dispatch", "receive", "open", "modify", "complete", "release", "check", "start", "end"),
    *("dispatch", "receive", "complete", "release", "start", "end", "start", "withdraw", "suspend", "again"),
)
RECORDS = ("correct", "correct", "not happened", "as deviation", "move")


@dataclass(frozen=True)
class Step:
    """One step of a history, before it is known what it means."""

    act: str
    a: int
    b: int
    c: int
    wild: bool
    late: int
    deviation: bool


def steps(*, free: bool) -> st.SearchStrategy[list[Step]]:
    """Histories; free ones come late, hold exceptions and records about facts."""
    small = st.integers(0, 7)
    one = st.builds(
        Step,
        act=st.sampled_from(ACTS + RECORDS if free else ACTS),
        a=small,
        b=small,
        c=small,
        wild=st.sampled_from((False, False, False, True)),
        late=st.sampled_from((0, 0, 0, 5, 45, 200)) if free else st.just(0),
        deviation=st.sampled_from((False, False, True)) if free else st.just(False),
    )
    return st.lists(one, min_size=4, max_size=30)


@dataclass(frozen=True)
class Sent:
    """A fact that was sent.

    Attributes:
        draft: what.
        act: its meaning; None where the law of the model has nothing to say.
        receipt: the answer, or None for a refusal.
        recorded_at: when it was recorded.
    """

    draft: Draft
    act: Act | None
    position: int
    accepted: bool
    recorded_at: datetime


@dataclass
class History:
    """The driver: what it knows of the world to make sensible steps, and the acts that count."""

    desk: Desk
    clock: datetime = world.START
    numbers: Any = field(default_factory=lambda: itertools.count(1))
    bags: dict[str, str] = field(default_factory=dict)
    travelling: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    batches: dict[str, tuple[int, str]] = field(default_factory=dict)
    finals: dict[str, str] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    counted: dict[int, Act] = field(default_factory=dict)
    first_recorded: dict[int, datetime] = field(default_factory=dict)

    def play(self, told: Sequence[Step]) -> None:
        """Play every step."""
        for step in told:
            self.clock += 10 * world.MINUTE
            _PLAYED[step.act](self, step)

    # ------------------------------------------------------------------------------------------------- sending

    def tell(self, step: Step, draft: Draft, act: Act | None) -> Receipt | None:
        """Send a fact; if it counts, keep its act."""
        answer = self.desk.try_(draft, self.clock + world.MINUTE)
        assert isinstance(answer, Receipt | Refused), answer
        position, accepted = answer.position, isinstance(answer, Receipt)
        if not (isinstance(answer, Receipt) and answer.repeated_call):
            recorded = self.desk.now
            self.sent.append(Sent(draft, act, position, accepted, recorded))
            self.first_recorded.setdefault(position, recorded)
            if act is not None and accepted:
                at = recorded if act.kind == "release" else min(act.at, recorded)
                self.counted[position] = replace(act, position=position, at=at)
        return answer if isinstance(answer, Receipt) else None

    def about(self, target: int, draft: Draft, act: Act | None) -> None:
        """Send a record about a fact; if it is accepted, the target counts so from now on, or no longer."""
        answer = self.desk.try_(draft, self.clock + world.MINUTE)
        assert isinstance(answer, Receipt | Refused), answer
        if isinstance(answer, Refused):
            return
        self.counted.pop(target, None)
        if act is not None:
            recorded = self.first_recorded[target]
            at = recorded if act.kind == "release" else min(act.at, recorded)
            self.counted[target] = replace(act, position=target, at=at)

    def when(self, step: Step) -> datetime:
        """The time that a step claims."""
        return self.clock - step.late * world.MINUTE

    def exceptions(self, step: Step) -> list[world.Data]:
        """The deviation that travels with a step."""
        return [world.deviation()] if step.deviation else []

    def new(self, letter: str) -> str:
        """A new name."""
        return f"{next(self.numbers):05}{letter}"


def pick(among: Sequence[T], number: int) -> T:
    """The newest first, so that small numbers are sensible."""
    return among[-1 - number % len(among)]


SITES = (world.POINT, world.CENTRAL, world.COLLECTION, world.POINT_2)


def _site(history: History, name: str, step: Step) -> str:
    return pick(SITES, step.c) if step.wild else history.bags.get(name, world.CENTRAL)


def _patient(step: Step, number: int) -> int:
    return 1 + number % PATIENTS


def _collect(h: History, step: Step) -> None:
    number, at = _patient(step, step.a), h.when(step)
    name = pick(list(h.bags), step.b) if step.wild and h.bags else h.new("A")
    volume = VOLUMES[step.b % len(VOLUMES)]
    session = next(h.numbers)
    draft = world.draft(
        "ApheresisPerformed",
        world.collection_fact(number, [world.container(name, volume)], at, session=session),
        at=at,
        where=world.COLLECTION,
        exceptions=h.exceptions(step),
    )
    act = Act(0, "collect", at, world.COLLECTION, {"patient": number, "bags": {name: volume}})
    if h.tell(step, draft, act):
        h.bags[name] = world.COLLECTION
        h.tell(step, world.tests(number, at, at=at), None)
        h.tell(step, world.circulation([name], session, at=h.clock), None)


def _dispatch(h: History, step: Step) -> None:
    if not h.bags:
        return
    names = list(dict.fromkeys([pick(list(h.bags), step.a), pick(list(h.bags), step.b)]))[: 1 + step.c % 2]
    origin, at, number = _site(h, names[0], step), h.when(step), h.new("")
    to = world.POINT if origin == world.CENTRAL else world.CENTRAL
    to = pick(SITES, step.c) if step.wild else to
    draft = world.dispatch(number, names, origin=origin, to=to, at=at, exceptions=h.exceptions(step))
    act = Act(0, "dispatch", at, origin, {"bags": names, "consignment": number})
    if h.tell(step, draft, act) or step.wild:
        h.travelling[number] = (to, names)


def _receive(h: History, step: Step) -> None:
    number = pick(list(h.travelling), step.a) if h.travelling else h.new("")
    number = h.new("") if step.wild and step.b == 0 else number
    to, names = h.travelling.get(number, (world.CENTRAL, []))
    where, at = (pick(SITES, step.c) if step.wild else to), h.when(step)
    draft = world.receipt(number, where=where, at=at, exceptions=h.exceptions(step))
    if h.tell(step, draft, Act(0, "receive", at, where, {"consignment": number})):
        h.bags |= dict.fromkeys(names, where)


def _open(h: History, step: Step) -> None:
    number, at = _patient(step, step.a), h.when(step)
    where = (world.CENTRAL, world.POINT)[step.b % 2]
    name = h.new("L")
    if h.tell(step, world.opening(name, number, where=where, at=at, exceptions=h.exceptions(step)), None):
        h.batches[name] = (number, where)


def _make(h: History, step: Step, kind: str) -> None:
    if not h.bags or not h.batches:
        return
    batch = pick(list(h.batches), step.c)
    names = list(dict.fromkeys([pick(list(h.bags), step.a), pick(list(h.bags), step.b)]))[: 1 + step.c % 2]
    where = _site(h, names[0], step)
    volume = None if step.b % 2 else VOLUMES[step.a % 3]
    output = pick(list(h.bags), step.c) if step.wild and step.a == 0 else h.new("F" if kind == "complete" else "B")
    filled = VOLUMES[step.b % (5 if step.wild else 2)]
    at = h.when(step)
    inputs: dict[str, float | None] = dict.fromkeys(names, volume)
    make = world.completion if kind == "complete" else world.modification
    draft = make(
        batch,
        [world.taken(name, volume) for name in names],
        [world.container(output, filled)],
        where=where,
        at=at,
        exceptions=h.exceptions(step),
    )
    act = Act(0, kind, at, where, {"inputs": inputs, "outputs": {output: filled}, "batch": batch})
    if h.tell(step, draft, act):
        h.bags[output] = where
        if kind == "complete":
            h.finals[output] = batch


def _release(h: History, step: Step) -> None:
    if not h.batches:
        return
    batch = pick(list(h.finals.values()) or list(h.batches), step.a)
    names = tuple(name for name, made in h.finals.items() if made == batch)[: step.b % 2]
    at = h.when(step)
    draft = world.release(batch, names, where=world.POINT, at=at)
    h.tell(step, draft, Act(0, "release", at, world.POINT, {"batch": batch, "bags": names}))


def _target(h: History, step: Step) -> tuple[str, int, str]:
    """A container to give, the patient, and the place."""
    name = pick(list(h.finals) if h.finals and not step.wild else list(h.bags), step.a)
    batch = h.finals.get(name, "")
    owner = h.batches.get(batch, (1, ""))[0]
    patient = _patient(step, step.b) if step.wild else owner
    return name, patient, _site(h, name, step)


def _check(h: History, step: Step) -> None:
    if h.bags:
        name, patient, where = _target(h, step)
        h.tell(step, world.check(name, patient, where=where, at=h.when(step), matches=step.c != 7), None)


def _start(h: History, step: Step) -> None:
    if not h.bags:
        return
    name, patient, where = _target(h, step)
    at = h.when(step)
    if step.b % 4:
        h.tell(step, world.check(name, patient, where=where, at=at - world.MINUTE), None)
    draft = world.start(name, patient, where=where, at=at, exceptions=h.exceptions(step))
    h.tell(step, draft, Act(0, "start", at, where, {"bag": name, "patient": patient}))


def _end(h: History, step: Step) -> None:
    if not h.bags:
        return
    name, patient, where = _target(h, step)
    at, volume = h.when(step), VOLUMES[step.b % len(VOLUMES)]
    rest = "NONE_LEFT" if step.c % 2 else "LABELLED"
    draft = world.end(name, patient, volume, where=where, at=at, rest=rest, exceptions=h.exceptions(step))
    h.tell(step, draft, Act(0, "end", at, where, {"bag": name, "volume": volume, "none_left": rest == "NONE_LEFT"}))


def _withdraw(h: History, step: Step) -> None:
    h.tell(step, world.withdrawal(_patient(step, step.a), at=h.when(step)), None)


def _suspend(h: History, step: Step) -> None:
    if step.wild:
        scope = ("NEW_BATCHES", "ALL_MANUFACTURE", "ALSO_RELEASE_AND_USE")[step.b % 3]
        h.tell(step, world.suspension(world.POINT_2, at=h.when(step), scope=scope), None)


def _again(h: History, step: Step) -> None:
    """A request sent twice."""
    if h.sent:
        earlier = pick(h.sent, step.a)
        answer = h.desk.try_(earlier.draft, h.clock)
        assert isinstance(answer, Receipt | Refused)
        assert (answer.position, answer.repeated_call) == (earlier.position, True)


# ---------------------------------------------------------------------------------------------- facts about facts


def _correct(h: History, step: Step) -> None:
    """Another patient, other containers, another amount."""
    known = [one for one in h.sent if one.act is not None and (one.accepted or one.position in h.counted)]
    if not known:
        return
    earlier = pick(known, step.a)
    right = _mended(h, earlier, step)
    if right is not None:
        _send_correction(h, earlier, *right)


def _mended(h: History, earlier: Sent, step: Step) -> tuple[Draft, Act] | None:
    act = h.counted.get(earlier.position) or earlier.act
    assert act is not None
    told, at = dict(act.said), act.at
    other = pick(list(h.bags), step.b) if h.bags else h.new("A")
    if act.kind == "collect":
        told["patient"] = _patient(step, step.b)
        name, volume = next(iter(told["bags"].items()))
        fact = world.collection_fact(told["patient"], [world.container(name, volume)], at, session=next(h.numbers))
        draft = world.draft("ApheresisPerformed", fact, at=at, where=act.site)
    elif act.kind == "dispatch":
        told["bags"] = [other]
        draft = world.dispatch(told["consignment"], [other], origin=act.site, to=world.POINT, at=at)
    elif act.kind in ("modify", "complete"):
        told["inputs"] = dict.fromkeys(told["inputs"], VOLUMES[step.b % len(VOLUMES)])
        make = world.completion if act.kind == "complete" else world.modification
        draft = make(
            told["batch"],
            [world.taken(name, volume) for name, volume in told["inputs"].items()],
            [world.container(name, volume) for name, volume in told["outputs"].items()],
            where=act.site,
            at=at,
        )
    elif act.kind == "start":
        told["patient"] = _patient(step, step.b)
        draft = world.start(told["bag"], told["patient"], where=act.site, at=at)
    elif act.kind == "end":
        told["volume"] = VOLUMES[step.b % len(VOLUMES)]
        rest = "NONE_LEFT" if told["none_left"] else "LABELLED"
        draft = world.end(told["bag"], 1, told["volume"], where=act.site, at=at, rest=rest)
    elif act.kind == "release":
        told["bags"] = (other,)
        draft = world.release(told["batch"], (other,), where=act.site, at=at)
    else:
        return None
    return draft, replace(act, said=told)


def _send_correction(h: History, earlier: Sent, right: Draft, act: Act) -> None:
    content = right.content
    changed: dict[str, Any] = {field_name(content.type): content.fact}
    fact = Corrected(
        position=earlier.position,
        reason_code=CorrectionReason.TYPING_ERROR,
        reason="Typed wrongly.",
        envelope=content.envelope,
        fact=AnyFact(**changed),
    )
    bare = world.not_happened(earlier.position, where=act.site, at=h.clock).content
    whole = Content(id=bare.id, type="Corrected", envelope=_unsigned(bare), fact=fact)
    h.about(earlier.position, world.as_draft(world.with_signature(whole, h.clock)), act)


def _unsigned(content: Content) -> Envelope:
    return msgspec.structs.replace(content.envelope, signatures=())


def _move(h: History, step: Step) -> None:
    """The same thing at another time."""
    known = [one for one in h.sent if one.position in h.counted]
    if not known:
        return
    earlier = pick(known, step.a)
    act = h.counted[earlier.position]
    at = act.at + timedelta(minutes=(-200, -45, -15, 15, 45, 200)[step.b % 6])
    moment = msgspec.structs.replace(earlier.draft.content.envelope.occurred_at, time=at)
    envelope = msgspec.structs.replace(earlier.draft.content.envelope, occurred_at=moment)
    fact = Corrected(
        position=earlier.position,
        reason_code=CorrectionReason.TYPING_ERROR,
        reason="Clock read wrongly.",
        envelope=envelope,
    )
    bare = world.not_happened(earlier.position, where=act.site, at=h.clock).content
    whole = Content(id=bare.id, type="Corrected", envelope=_unsigned(bare), fact=fact)
    h.about(earlier.position, world.as_draft(world.with_signature(whole, h.clock)), replace(act, at=at))


def _not_happened(h: History, step: Step) -> None:
    if h.sent:
        earlier = pick(h.sent, step.a)
        where = earlier.act.site if earlier.act is not None else world.POINT
        h.about(earlier.position, world.not_happened(earlier.position, where=where, at=h.clock), None)


def _as_deviation(h: History, step: Step) -> None:
    refused = [one for one in h.sent if not one.accepted]
    if refused:
        earlier = pick(refused, step.a)
        where = earlier.act.site if earlier.act is not None else world.POINT
        h.about(earlier.position, world.as_deviation(earlier.position, where=where, at=h.clock), earlier.act)


_PLAYED: dict[str, Callable[[History, Step], None]] = {
    "collect": _collect,
    "dispatch": _dispatch,
    "receive": _receive,
    "open": _open,
    "modify": lambda h, step: _make(h, step, "modify"),
    "complete": lambda h, step: _make(h, step, "complete"),
    "release": _release,
    "check": _check,
    "start": _start,
    "end": _end,
    "withdraw": _withdraw,
    "suspend": _suspend,
    "again": _again,
    "correct": _correct,
    "move": _move,
    "not happened": _not_happened,
    "as deviation": _as_deviation,
}


def begun(log: MemoryLog) -> History:
    """Everything registered, three patients enrolled; one being given, one released, one on the way."""
    history = History(Desk(log))
    history.desk.furnish(PATIENTS)
    plain = Step("", 0, 0, 0, wild=False, late=0, deviation=False)
    for number, far in ((1, 12), (2, 10), (3, 7)):
        way = (
            replace(plain, act="collect", a=number - 1, b=3),
            replace(plain, act="dispatch"),
            replace(plain, act="receive"),
            replace(plain, act="open", a=number - 1, b=0),
            replace(plain, act="modify", b=1),
            replace(plain, act="dispatch"),
            replace(plain, act="receive"),
            replace(plain, act="open", a=number - 1, b=1),
            replace(plain, act="complete", b=1),
            replace(plain, act="release", b=number % 2),
            replace(plain, act="start", b=1),
        )
        history.play(way[:far])
    return history
