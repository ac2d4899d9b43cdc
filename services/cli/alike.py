"""A cohort: the story of one patient told for many, each with ids of their own, in a time that is squeezed together.

It is made to measure and to fill a store: the packaged story without what is refused in it and without what names the
position of an earlier fact, and with the steps of a batch record and the hand-overs that a story leaves out, 60 facts
in all. Six weeks take some twenty minutes, so that a store of ten million facts spans weeks and no licence ends in it.

A decision counts when it is recorded, so what follows it must have happened later: a chain is told in phases, each of
which ends with decisions, and the clock of the ledger shows the end of the phase while it is recorded.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from ledger.domain.facts import content as contents
from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.content import Content
from ledger.domain.facts.envelope import Envelope
from ledger.domain.facts.record import Recorder
from ledger.domain.facts.values import Signature
from ledger.domain.identifiers import gs1, schemes
from ledger.domain.receipt import Draft
from services.cli.alike_steps import STEPS, Step
from services.cli.running import Changes, Run, changed
from services.cli.story import StoryStep, load

TOGETHER: Final = 64
"""Chains that share the lots of their reagents, and that are told side by side."""

BEGAN: Final = datetime(2026, 4, 20, tzinfo=UTC)
"""When the first block begins, in the story's own spring, whatever the day on which it is told."""

SPAN: Final = timedelta(minutes=30)
"""From the beginning of one block to that of the next."""

_SQUEEZED: Final = 1 / 1_000
_MOMENT: Final = timedelta(milliseconds=5)
_SHARED: Final = ("LotRegistered", "LotReleased")
_SERIAL: Final = slice(11, 17)
_OF_BLOCK: Final = ("lot", "zone")
_POSITIONS: Final = ("DidNotHappen", "RecordedAsDeviation", "Corrected")
_OMITTED: Final = (*_POSITIONS, "SiteSuspendedByLicensingAuthority")
_NIGHT: Final = (
    "stored",
    "excursion",
    "night-move",
    "night-confirmed",
    "excursion-assessed",
    "night-assessed",
    "retrieved",
)
"""What the story tells of the night: it rests on what is refused."""
_DECIDED: Final = ("eligible-therapy", "route", "order-accepted", "ready", "reviewed", "batch-closed")
"""Decisions that a chain can do without: each would be a phase of its own."""


class Phase(NamedTuple):
    """Facts that are recorded in order while the ledger's clock stands still.

    Attributes:
        clock: What the clock shows.
        drafts: The facts.
    """

    clock: datetime
    drafts: list[Draft]


class Numbered(Run):
    """The ids of one chain by its number; lots and storage positions bear that of the first of its block.

    Args:
        number: Of the chain, from 0.
        first: Of the first chain of its block.
    """

    def __init__(self, number: int, first: int) -> None:
        super().__init__(f"cohort {number}")
        self._number, self._first = number, first

    def identifier(self, kind: str, identifier: dict[str, Any]) -> dict[str, Any]:
        """The chain's own id of a thing, or its block's of a lot and of a place in a store."""
        if kind not in _OF_BLOCK:
            return super().identifier(kind, identifier)
        return {**identifier, "value": f"{identifier['value']}-{self._first:06}"}

    def value(self, scheme: str, value: str) -> str:
        """As any run's; but a chain's journeys lie side by side, or one would bear the number of another chain's."""
        if scheme != schemes.SSCC:
            return super().value(scheme, value)
        serial = f"{self._number * 2 + int(value[_SERIAL]) % 2:06}"
        bare = value[: _SERIAL.start] + serial + value[_SERIAL.stop : -1]
        return bare + gs1.check_digit(bare)


class _Asked(Run):
    """Notes which ids a story gives to what is a chain's own."""

    def __init__(self) -> None:
        super().__init__("asked")
        self.names: dict[tuple[str, str, str], None] = {}

    def identifier(self, kind: str, identifier: dict[str, Any]) -> dict[str, Any]:
        """Notes it."""
        if kind in _OF_BLOCK or super().identifier(kind, identifier) is not identifier:
            self.names[kind, str(identifier["scheme"]), str(identifier["value"])] = None
        return identifier


class Cohort:
    """The chains of a cohort by their number; the same number gives the same facts on every machine.

    Args:
        began: When the first block begins; later than the registers of the story.
        together: Chains of a block.

    Attributes:
        named: The names of a chain as the story has them: kind, scheme and value.
    """

    def __init__(self, began: datetime = BEGAN, together: int = TOGETHER) -> None:
        self._began, self._together = began, together
        left_out = (*_NIGHT, *_DECIDED)
        told = [step for step in load().steps if step.type not in _OMITTED and step.name not in left_out]
        stands = [step for step in told if step.expect.state or step.type == "ConsignmentReceived"]
        registry = [step for step in stands if TYPES[step.type].about.stage == "registry"]
        self._registers = [step for step in registry if step.type not in _SHARED]
        self._lots = [step for step in registry if step.type in _SHARED]
        own = [_known_at_once(step) for step in stands if TYPES[step.type].about.stage != "registry"]
        named = {step.name: step for step in own}
        own += [_added(named[extra.like], extra, number) for number, extra in enumerate(STEPS)]
        self._story = sorted(own, key=lambda step: step.recorded_at)
        self._first, self._last = self._story[0].recorded_at - timedelta(hours=1), self._story[-1].recorded_at
        self._keys = [str(step.request["request_id"]) for step in (*self._lots, *self._story)]
        named_too = _Asked()
        for step in (*self._lots, *self._story):
            changed(step, Changes(run=named_too))
        self.named = tuple(named_too.names)

    @property
    def together(self) -> int:
        """Chains of a block."""
        return self._together

    @property
    def facts(self) -> int:
        """Facts of one chain."""
        return len(self._story)

    def began(self, block: int) -> datetime:
        """When a block begins."""
        return self._began + block * SPAN

    def names(self, number: int) -> list[str]:
        """The ids that a chain has for itself or with its block, always in the same order."""
        run = self._run(number)
        return [run.identifier(kind, {"scheme": scheme, "value": value})["value"] for kind, scheme, value in self.named]

    def key(self, number: int, place: int) -> UUID:
        """The request id of a chain's fact; those of what its block shares come first."""
        return UUID(self._run(number).key(self._keys[place]))

    def _run(self, number: int) -> Numbered:
        return Numbered(number, number - number % self._together)

    def registers(self) -> Phase:
        """The registers that all chains share, at the times of the story."""
        drafts = [_draft(step, step.request, step.recorded_at) for step in self._registers]
        return Phase(self._registers[-1].recorded_at + timedelta(hours=1), drafts)

    def shared(self, block: int) -> Phase:
        """The lots of one block, registered and released before its chains begin."""
        run, clock = self._run(block * self._together), self.began(block)
        drafts = [_draft(step, changed(step, Changes(run=run)), step.recorded_at) for step in self._lots]
        return Phase(clock, drafts)

    def chain(self, number: int) -> list[Phase]:
        """The facts of one patient, in order."""
        run, moved = self._run(number), _Squeezed(self._first, self._last, self.began(number // self._together))
        changes = Changes(run=run, moment=moved, exact=True)
        return [
            Phase(
                moved(steps[-1].recorded_at) + _MOMENT,
                [_draft(step, changed(step, changes), moved(step.recorded_at)) for step in steps],
            )
            for steps in _phases(self._story)
        ]


class _Squeezed:
    """Where a time of the story lies: the story itself a thousandth as long, what is due after it as far away as told.

    Args:
        first: Beginning of the story.
        last: Its end.
        began: Where its beginning lies.
    """

    def __init__(self, first: datetime, last: datetime, began: datetime) -> None:
        self._first, self._last, self._began = first, last, began

    def __call__(self, told: datetime) -> datetime:
        if told <= self._first:
            return self._began - (self._first - told)
        inside = min(told, self._last) - self._first
        return self._began + inside * _SQUEEZED + max(told - self._last, timedelta())


def _known_at_once(step: StoryStep) -> StoryStep:
    """A step that comes late in the story, told when it happened; and without the position that it names."""
    envelope = {name: value for name, value in step.request["envelope"].items() if name != "late_reason"}
    request = _without_positions({**step.request, "envelope": envelope})
    late = "late_reason" in step.request["envelope"]
    at = datetime.fromisoformat(envelope["occurred_at"]["time"]) + timedelta(minutes=1) if late else step.recorded_at
    return msgspec.structs.replace(step, request=request, recorded_at=at)


def _added(like: StoryStep, extra: Step, number: int) -> StoryStep:
    """A step that the story leaves out, told by who told the one that it follows or precedes."""
    at = like.recorded_at + timedelta(minutes=extra.minutes)
    occurred = {**like.request["envelope"]["occurred_at"], "time": (at - timedelta(minutes=1)).isoformat()}
    ended = {"ended_at": at.isoformat()} if extra.type == "ProcessStepPerformed" else {}
    request = {
        "request_id": f"cohort-{number}",
        "envelope": {**like.request["envelope"], "occurred_at": occurred},
        "fact": extra.fact | ended,
    }
    stage = TYPES[extra.type].about.stage.capitalize()
    return msgspec.structs.replace(
        like,
        name=f"cohort-{number}",
        rpc=f"{stage}Service/Record{extra.type}",
        recorded_at=at,
        request=request,
        sign=(),
    )


def _without_positions(item: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(item, list):
        return [_without_positions(one) for one in item]
    if isinstance(item, dict):
        kept = {name: one for name, one in item.items() if not (isinstance(one, dict) and "$position" in one)}
        return {name: _without_positions(one) for name, one in kept.items()}
    return item


def _phases(steps: Sequence[StoryStep]) -> Iterator[list[StoryStep]]:
    """Cuts after decisions: whatever follows one must be later than its recording."""
    found: list[StoryStep] = []
    for step in steps:
        decides = TYPES[step.type].about.kind is Kind.DECISION
        if found and TYPES[found[-1].type].about.kind is Kind.DECISION and not decides:
            yield found
            found = []
        found.append(step)
    yield found


def _draft(step: StoryStep, request: dict[str, Any], signed_at: datetime) -> Draft:
    """The draft of a step, signed by who signs it."""
    envelope = msgspec.json.decode(json.dumps(request["envelope"]), type=Envelope)
    fact = msgspec.json.decode(json.dumps(request["fact"]), type=TYPES[step.type])
    content = Content(id=UUID(request["request_id"]), type=step.type, envelope=envelope, fact=fact)
    if step.sign:
        signatures = tuple(_signatures(step, content, signed_at))
        content = msgspec.structs.replace(content, envelope=msgspec.structs.replace(envelope, signatures=signatures))
    if envelope.organisation is None:
        raise ValueError(f"step {step.name} names no organisation that records it")
    recorder = Recorder(organisation=envelope.organisation, system=envelope.system)
    return Draft(content=content, octets=contents.encode(content), recorder=recorder)


def _signatures(step: StoryStep, content: Content, signed_at: datetime) -> Iterable[Signature]:
    digest = contents.digest(contents.signed_octets(content))
    for who in step.sign:
        given = {"person": who.person, "printed_name": who.printed_name, "meaning": who.meaning, "method": "smartcard"}
        yield msgspec.convert({**given, "signed_at": signed_at, "content_hash": digest}, type=Signature)
