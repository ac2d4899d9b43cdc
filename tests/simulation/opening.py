"""The log as each run finds it: all is registered, three patients enrolled, two collected from; made once a process."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Final, NamedTuple
from uuid import UUID

from ledger.domain.receipt import Draft
from ledger.store.filing import organisation_of
from ledger.store.memory_log import MemoryLog
from ledger.store.rows import FactRow, Head, KeyRow
from tests.model import world
from tests.model.law import Act
from tests.simulation.deeds import keyed
from tests.simulation.server import SteppedSequencer
from tests.simulation.telling import QUALITY, Teller, Told
from tests.simulation.timeline import Timeline

PATIENTS = 3

COLLECTED: Final[Mapping[int, Mapping[str, int]]] = {2: {"2901A": 100}, 3: {"3901A": 100, "3902A": 60}}
"""What was collected from a patient and has arrived at the central site, by patient."""

MADE: Final[Mapping[int, Mapping[str, int]]] = {2: {"2903B": 60}}
"""What was made of it there."""


class Commit(NamedTuple):
    """One commit of the opening."""

    rows: tuple[FactRow, ...]
    keys: tuple[KeyRow, ...]
    head: Head


class Opening(NamedTuple):
    """What is there before a run.

    Attributes:
        commits: in order.
        acts: what was done, by position.
    """

    commits: tuple[Commit, ...]
    acts: Mapping[int, Act]

    @property
    def size(self) -> int:
        """Facts that are there."""
        return self.commits[-1].head.size


@cache
def opening() -> Opening:
    """The opening, the same in every process."""
    registered = world.START - timedelta(days=30)
    log, timeline = MemoryLog("ledger.test/simulation"), Timeline(registered, 0)
    sequencer = SteppedSequencer(log, timeline, lambda: timeline.now)
    begun = list(_begun())
    told: tuple[tuple[datetime, list[Draft]], ...] = (
        (registered, [*world.registers(), *_quality(registered)]),
        (world.START - timedelta(days=6), [one for n in range(1, PATIENTS + 1) for one in world.enrolment(n)]),
        (world.START - timedelta(hours=1), [one.draft for one in begun]),
    )
    commits = []
    for number, (timeline.now, drafts) in enumerate(told, 1):
        commits.append(_committed(log, sequencer, drafts, number * 1_000))
    first = commits[-1].head.size - len(begun) + 1
    return Opening(tuple(commits), {at: _counted(one, at) for at, one in enumerate(begun, first) if one.act})


def _begun() -> Iterator[Told]:
    """The therapies that have begun."""
    for number, bags in COLLECTED.items():
        teller, at, name = Teller(number), world.START - timedelta(hours=12), f"{number}904"
        yield teller.collect(bags, at)
        yield teller.tests(at, at + 30 * world.MINUTE)
        yield teller.circulate(list(bags), at + 60 * world.MINUTE)
        yield teller.dispatch(name, list(bags), world.COLLECTION, world.CENTRAL, at + 90 * world.MINUTE)
        yield teller.receive(name, world.CENTRAL, at + 300 * world.MINUTE)
        if number in MADE:
            batch = f"C{number}905"
            yield teller.open(batch, world.CENTRAL, at + 330 * world.MINUTE)
            made = at + 360 * world.MINUTE
            yield teller.make(batch, list(bags), MADE[number], world.CENTRAL, made, last=False)


def _counted(told: Told, position: int) -> Act:
    assert told.act is not None
    return replace(told.act, position=position)


def _committed(log: MemoryLog, sequencer: SteppedSequencer, drafts: Sequence[Draft], number: int) -> Commit:
    before = len(log._tables.facts)
    told = [keyed(draft, UUID(int=number + place, version=4)) for place, draft in enumerate(drafts)]
    answers = [sequencer.submit(draft) for draft in told]
    sequencer.step()
    for answer in answers:
        answer.result(0)
    keys = [(organisation_of(one.recorder.organisation), one.content.id) for one in told]
    with log.reading() as reading:
        spent = reading.keys(keys)
        return Commit(tuple(log._tables.facts[before:]), tuple(spent[key] for key in keys), reading.head())


def _quality(at: datetime) -> Iterable[Draft]:
    def enter(fact_type: str, fact: world.Data) -> Draft:
        return world.draft(fact_type, {**fact, "effective_from": world.FROM}, at=at, where=world.CONTROL, checked=())

    yield enter("PersonRegistered", {"person": world.person(QUALITY)})
    for code in ("MPC", "PCW", "RXK"):
        role = {"person": world.person(QUALITY), "role": "ROLE_QUALITY_ASSURANCE"}
        yield enter("RoleGranted", {**role, "organisation": world.organisation(code)})


def opened() -> MemoryLog:
    """A log that holds the opening and nothing else."""
    log = MemoryLog("ledger.test/simulation")
    for commit in opening().commits:
        with log.appending() as block:
            block.append(commit.rows, commit.keys, commit.head)
    return log
