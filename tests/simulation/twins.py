"""Broken twins of the ledger and of those around it: each has one fault, and the oracle must find it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

import msgspec

from ledger.domain import decision
from ledger.domain.facts.record import Record
from ledger.domain.finding import Outcome
from ledger.domain.rules import catalogue, judging
from ledger.domain.rules.rule import Rule
from ledger.domain.subjects.history import History
from ledger.domain.subjects.subject import Statement, statement
from ledger.store import subjects_cache
from ledger.store.batch import Batch
from ledger.store.log import Appending, Log, Reading
from ledger.store.memory_log import MemoryReading
from ledger.store.rows import FactRow, Head, KeyRow
from tests.simulation.deeds import Call
from tests.simulation.listeners import Follower
from tests.simulation.run import Parts, Result, Run
from tests.simulation.server import Answer, SteppedSequencer
from tests.simulation.site import Site
from tests.simulation.timeline import Timeline
from tests.support.wrapped_log import WrappedLog

Spell = Callable[[], AbstractContextManager[object]]


def spell(*changes: tuple[object, str, object]) -> Spell:
    """Change attributes of the program for a while."""

    @contextmanager
    def cast_on() -> Iterator[None]:
        before = [(owner, name, vars(owner)[name]) for owner, name, _ in changes]
        try:
            for owner, name, now in changes:
                setattr(owner, name, now)
            yield
        finally:
            for owner, name, was in before:
                setattr(owner, name, was)

    return cast_on


# ---------------------------------------------------------------------------------------------------- the store


class Forgetful(WrappedLog):
    """Forgets keys: what is sent again is recorded again."""

    @contextmanager
    def appending(self) -> Iterator[Appending]:
        """See Log."""
        with self._log.appending() as block:
            yield cast("Appending", _Keyless(block))


class _Keyless:
    def __init__(self, block: Appending) -> None:
        self._block = block

    def keys(self, _wanted: Sequence[tuple[str, UUID]]) -> dict[tuple[str, UUID], KeyRow]:
        return {}

    def append(self, rows: Sequence[FactRow], _keys: Sequence[KeyRow], head: Head) -> None:
        self._block.append(rows, [], head)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the block has
        return getattr(self._block, name)


class Indiscreet(WrappedLog):
    """Lets readers see rows that are not committed."""

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """See Log."""
        with self._log.reading() as reading:
            tables, committed = cast("MemoryReading", reading)._tables, reading.head()
            seen = msgspec.structs.replace(committed, size=len(tables.facts))
            yield MemoryReading(tables, lambda: seen)


# ------------------------------------------------------------------------------------------------- the sequencer


class Credulous(SteppedSequencer):
    """Does not hold its clock against the store's."""

    def __init__(self, log: Log, timeline: Timeline, clock: Callable[[], Any]) -> None:
        """Start with whatever clock."""
        super().__init__(log, timeline, clock)
        self._rehearsal = True


_append, _catch_up = Batch.append, Batch.catch_up


def _answer_first(batch: Batch) -> None:
    """Answers when the rows are written, and not when they are committed."""
    _append(batch)
    batch.answer()


def _look_away(batch: Batch, seen: Head) -> None:
    """Takes nothing in of what other servers have appended."""
    _catch_up(batch, batch.head if seen.size else seen)


# ---------------------------------------------------------------------------------------------------- the domain


def _at_the_end(history: History, stated: Statement) -> None:
    """Folds in the order of arrival."""
    history._keys.append(stated.key)
    history._statements[stated.key] = stated
    history._refold(len(history._keys) - 1)


def _refused_too(record: Record) -> Statement | None:
    """Lets a refusal count as if it had been recorded."""
    if record.verdict.outcome is Outcome.REFUSED:
        record = msgspec.structs.replace(
            record, verdict=msgspec.structs.replace(record.verdict, outcome=Outcome.RECORDED)
        )
    return statement(record)


_LETS_REFUSALS_COUNT = spell((decision, "statement", _refused_too), (subjects_cache, "statement", _refused_too))


def silent(*rules: str) -> Spell:
    """Rules that say nothing."""

    def rules_for(fact_type: str, parameters: Mapping[str, str]) -> tuple[Rule, ...]:
        return tuple(rule for rule in catalogue.rules_for(fact_type, parameters) if rule.id not in rules)

    return spell((judging, "rules_for", rules_for))


# ---------------------------------------------------------------------------------------------- those around it


class Skipping(Follower):
    """Saves where a page ends before it has handled the page."""

    def poll(self, *, steady: bool = False) -> None:
        """See Listener."""
        before = self.saved
        super().poll(steady=steady)
        if self.saved > before:
            with self._log.reading() as reading:
                self.saved = reading.head().size


class Renewing(Site):
    """Makes a new key for each attempt."""

    def _attempt(self, call: Call) -> None:
        if call.tries and len(call.deeds) == 1 and not call.impostor:
            self.outbox.remove(call)
            self.tell(call.deeds[0])
        else:
            super()._attempt(call)

    def _answered(self, call: Call, answer: Answer) -> None:
        if call in self.outbox:
            super()._answered(call, answer)


class Twin(NamedTuple):
    """Something broken, and how the oracle says so.

    Attributes:
        parts: of a run with it.
        said: part of what the oracle says.
    """

    parts: Parts
    said: str


TWINS: Final[Mapping[str, Twin]] = {
    "forgets keys": Twin(Parts(log=Forgetful), "is stored 2 times"),
    "shows what is not committed": Twin(Parts(log=Indiscreet), "a follower of everything heard"),
    "answers before the commit": Twin(Parts(spell=spell((Batch, "append", _answer_first))), "and is not stored"),
    "does not see what others append": Twin(Parts(spell=spell((Batch, "catch_up", _look_away))), "was right and is"),
    "records by a wrong clock": Twin(Parts(sequencer=Credulous), "when it was"),
    "folds in the order of arrival": Twin(Parts(spell=spell((History, "_insert", _at_the_end))), "was right and is"),
    "lets refusals count": Twin(Parts(spell=_LETS_REFUSALS_COUNT), "was right and is"),
    "a follower that skips": Twin(Parts(follower=Skipping), "a follower of everything heard"),
    "a site that makes new keys": Twin(Parts(site=Renewing), "is recorded 2 times"),
    "gives to the wrong patient": Twin(Parts(spell=silent("I1", "I8")), "breaks whose of"),
    "lets two hold one consignment": Twin(Parts(spell=silent("C1")), "breaks holder of"),
    "makes more than there is": Twin(Parts(spell=silent("Q1")), "breaks amount of"),
    "gives before release": Twin(Parts(spell=silent("R1", "I8")), "breaks release of"),
    "gives what is quarantined": Twin(Parts(spell=silent("R6", "I8")), "breaks held of"),
    "gives what was warm": Twin(Parts(spell=silent("C5", "I8")), "breaks warm of"),
}
"""By what is wrong with them."""


def found(twin: Twin, seeds: range) -> Result | None:
    """The first run in which the oracle finds what is wrong."""
    for seed in seeds:
        result = Run(seed, twin.parts).play()
        if any(twin.said in failure for failure in result.failures):
            return result
    return None
