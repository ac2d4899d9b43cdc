"""The log as each run finds it: everything registered and three patients enrolled, recorded once in a process."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from itertools import chain
from typing import NamedTuple
from uuid import UUID

from ledger.domain.receipt import Draft
from ledger.store.memory_log import MemoryLog
from ledger.store.rows import FactRow, Head, KeyRow
from tests.model import world
from tests.simulation.deeds import keyed
from tests.simulation.server import SteppedSequencer
from tests.simulation.timeline import Timeline

PATIENTS = 3
QUALITY = "QA1"
"""Quality assurance of the control site, of the central site and of the hospital."""


class Commit(NamedTuple):
    """One commit of the opening."""

    rows: tuple[FactRow, ...]
    keys: tuple[KeyRow, ...]
    head: Head


@cache
def commits() -> tuple[Commit, ...]:
    """The opening, the same in every process."""
    registered, enrolled = world.START - timedelta(days=30), world.START - timedelta(days=6)
    log, timeline = MemoryLog("ledger.test/simulation"), Timeline(registered, 0)
    sequencer = SteppedSequencer(log, timeline, lambda: timeline.now)
    enrolments = chain.from_iterable(world.enrolment(number) for number in range(1, PATIENTS + 1))
    found = [_committed(log, sequencer, [*world.registers(), *_quality(registered)], 1)]
    timeline.now = enrolled
    found.append(_committed(log, sequencer, enrolments, 1_000))
    return tuple(found)


def _committed(log: MemoryLog, sequencer: SteppedSequencer, drafts: Iterable[Draft], number: int) -> Commit:
    before = len(log._tables.facts)
    told = [keyed(draft, UUID(int=number + place, version=4)) for place, draft in enumerate(drafts)]
    answers = [sequencer.submit(draft) for draft in told]
    sequencer.step()
    keys = [(world.tag_of("organisation", {"scheme": one.recorder.organisation.scheme, "value": one.recorder.organisation.value}).partition(":")[2], one.content.id) for one in told]
    for answer in answers:
        answer.result(0)
    with log.reading() as reading:
        spent = reading.keys(keys)
        return Commit(tuple(log._tables.facts[before:]), tuple(spent[key] for key in keys), reading.head())


def _quality(at: datetime) -> Iterable[Draft]:
    def enter(fact_type: str, fact: world.Data) -> Draft:
        return world.draft(
            fact_type, {**fact, "effective_from": world.FROM}, at=at, where=world.CONTROL, checked=()
        )

    yield enter("PersonRegistered", {"person": world.person(QUALITY)})
    for code in ("MPC", "PCW", "RXK"):
        role = {"person": world.person(QUALITY), "role": "ROLE_QUALITY_ASSURANCE"}
        yield enter("RoleGranted", {**role, "organisation": world.organisation(code)})


def opened() -> MemoryLog:
    """A log that holds the opening and nothing else."""
    log = MemoryLog("ledger.test/simulation")
    for commit in commits():
        with log.appending() as block:
            block.append(commit.rows, commit.keys, commit.head)
    return log
