"""How a story is put on: on a clock of its own, as it is written; or on a ledger whose clock is everybody's.

A ledger in use judges by its own clock, so a story played there is moved in time. Its first decision (a release, for
example), which counts from its recording, is recorded now; what went before keeps its distances and lies in the past,
recorded late with that reason. What follows is told to have happened between one answer and the next: its waits are not
waited for, and its times are exact, since an uncertainty of minutes would blur what lies seconds apart.
"""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from services.cli.running import Changes, Run, changed
from services.cli.story import StoryFile, StoryStep

_DAY: Final = timedelta(days=1)
_ROOM: Final = timedelta(milliseconds=10)
"""Passes at least between an answer and the next step, so that what happened between them has room."""
_LONGEST_WAIT: Final = timedelta(seconds=1)
_LATE: Final = {"code": "LATE_CODE_OTHER", "text": "played from a story"}
_OWES_A_REASON: Final = (Kind.HAPPENING, Kind.SAFETY_ACT)


class Stage(Protocol):
    """Where a story is played.

    Attributes:
        resumes: A step may have been answered before, under the same key.
    """

    resumes: bool

    def key(self, step: StoryStep) -> UUID:
        """The key under which a step is sent here."""
        ...

    def begin(self, now: Callable[[], datetime]) -> None:
        """Told once, before the first step, how to read the ledger's clock."""
        ...

    def reach(self, step: StoryStep) -> None:
        """Told before a step is sent."""
        ...

    def request(self, step: StoryStep) -> dict[str, Any]:
        """The request of a step, as it is sent here."""
        ...

    def signed_at(self, step: StoryStep) -> datetime:
        """When a step is signed."""
        ...

    def answered(self, step: StoryStep, recorded_at: datetime | None) -> None:
        """Told after a step, answered now or before; a refusal does not say when it was recorded."""
        ...


class Rehearsal:
    """A ledger of one's own: its clock shows what the story says, and every request is sent as it is written.

    Args:
        set_clock: Sets the ledger's clock.
        run: Gives ids and keys of their own; as written when left out.
    """

    resumes = False

    def __init__(self, set_clock: Callable[[datetime], None], run: Run | None = None) -> None:
        self._set_clock, self._run = set_clock, run

    def key(self, step: StoryStep) -> UUID:
        """As written, or the run's own."""
        written = str(step.request["request_id"])
        return UUID(written if self._run is None else self._run.key(written))

    def begin(self, now: Callable[[], datetime]) -> None:
        """The story brings its own clock."""

    def reach(self, step: StoryStep) -> None:
        """Sets the clock."""
        self._set_clock(step.recorded_at)

    def request(self, step: StoryStep) -> dict[str, Any]:
        """As written, under the run's own ids if there is a run."""
        return step.request if self._run is None else changed(step, Changes(run=self._run))

    def signed_at(self, step: StoryStep) -> datetime:
        """When the story says that it arrives."""
        return step.recorded_at

    def answered(self, step: StoryStep, recorded_at: datetime | None) -> None:
        """Nothing moves."""


class Visit:
    """A ledger that others use too: times are moved, ids and keys are the run's own.

    Args:
        told: The story.
        run: Its ids and keys.
        resumes: The run may have begun before.
        wait: Waits so many seconds.
    """

    def __init__(
        self, told: StoryFile, run: Run, *, resumes: bool, wait: Callable[[float], object] = time.sleep
    ) -> None:
        self.resumes, self._run, self._wait = resumes, run, wait
        self._pivot = _first_decision(told)
        self._now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._times: Times | None = None
        self._reached = ""

    def key(self, step: StoryStep) -> UUID:
        """The run's own."""
        return UUID(self._run.key(str(step.request["request_id"])))

    def begin(self, now: Callable[[], datetime]) -> None:
        """Takes the ledger's clock."""
        self._now = now

    @property
    def times(self) -> "Times":
        """Where the story's times lie; they are fixed with the first question."""
        if self._times is None:
            self._times = Times(self._pivot, self._now())
        return self._times

    def reach(self, step: StoryStep) -> None:
        """Lets the story's time go on to this step; a moment passes, into which what happened since is put."""
        times = self.times
        if step.recorded_at > self._pivot and (short := times.since + _ROOM - self._now()) > timedelta():
            self._wait(min(short, _LONGEST_WAIT).total_seconds())
        times.reach(step.recorded_at, self._now())
        self._reached = step.name

    def request(self, step: StoryStep) -> dict[str, Any]:
        """Moved in time, under the run's own ids; what went before the first decision says why it comes late."""
        past = step.recorded_at <= self._pivot
        request = changed(step, Changes(run=self._run, moment=self.times.at, day=self.times.day, exact=not past))
        if past and _owes_a_reason(step):
            request["envelope"] = {"late_reason": _LATE, **request["envelope"]}
        return request

    def signed_at(self, step: StoryStep) -> datetime:
        """When it arrives."""
        return self.times.at(step.recorded_at)

    def answered(self, step: StoryStep, recorded_at: datetime | None) -> None:
        """What comes next happens after this; a run that is resumed goes on from when it began, by the same steps."""
        if self._times is None and recorded_at is not None:
            self._times = Times(self._pivot, recorded_at)
        now = self._now()
        if step.name != self._reached:
            now = self.times.since + _ROOM
            self.times.reach(step.recorded_at, now)
        self.times.settle(recorded_at or now)


def _owes_a_reason(step: StoryStep) -> bool:
    """Rule E9 asks why it comes late; a story in which that is the point states what it finds."""
    happened = step.type in TYPES and TYPES[step.type].about.kind in _OWES_A_REASON
    return happened and "envelope" in step.request and "E9" not in (*step.expect.notes, *step.expect.refused)


def _first_decision(told: StoryFile) -> datetime:
    """When the first decision that stands is recorded in the story; its end when there is none."""
    decided = (
        step.recorded_at
        for step in told.steps
        if step.type in TYPES and TYPES[step.type].about.kind is Kind.DECISION and step.expect.state
    )
    return next(decided, told.steps[-1].recorded_at)


class Times:
    """Where the times of a story lie on another clock; later stays later.

    Args:
        pivot: Up to here, in the story, distances are kept.
        base: Where that lies.

    Attributes:
        since: Whatever is reached next lies after this.
    """

    def __init__(self, pivot: datetime, base: datetime) -> None:
        self._pivot, self._base, self.since = pivot, base, base
        self._pieces: list[tuple[datetime, datetime, datetime, datetime]] = []

    def reach(self, told: datetime, now: datetime) -> None:
        """Puts the story's time since the last step between its answer and now."""
        begin = self._pieces[-1][1] if self._pieces else self._pivot
        if told > begin:
            self._pieces.append((begin, told, self.since, max(now, self.since)))

    def settle(self, recorded_at: datetime) -> None:
        """Whatever is reached next lies after this."""
        self.since = max(self.since, recorded_at)

    def at(self, told: datetime) -> datetime:
        """Where a time of the story lies."""
        if told <= self._pivot:
            return self._base + (told - self._pivot)
        end, there = self._pivot, self._base
        for begin, end, since, there in self._pieces:
            if told <= end:
                return since + (there - since) * ((told - begin) / (end - begin))
        return there + (told - end)

    def day(self, told: date) -> date:
        """Where a day of the story lies: moved by whole days."""
        return told + ((self._base - self._pivot) // _DAY) * _DAY
