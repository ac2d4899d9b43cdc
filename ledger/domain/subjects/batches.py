"""The record of a batch: what was done in it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

from ledger.domain.facts.about import Fact, Work
from ledger.domain.facts.batches import IntermediateDeclared, RemakeStarted
from ledger.domain.facts.manufacture import BatchOpened
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.processing import LineCleared, ProcessStep, ProcessStepPerformed, SampleTaken
from ledger.domain.facts.quality import QualityTestResulted, TestOutcome
from ledger.domain.facts.terms import TestStage
from ledger.domain.facts.values import ManufacturingMode
from ledger.domain.subjects.subject import Entry, Subject

MOST_NAMED: Final = 256
"""Things of one sort that a batch record remembers: the newest."""


class Step(Struct, frozen=True, kw_only=True):
    """One step of a batch record: where it is on record, and which type of fact or step it was."""

    position: int
    name: str


class Device(Struct, frozen=True, kw_only=True):
    """A device that became part of the product; empty where it was not said."""

    position: int
    identifier: str = ""
    production: str = ""
    conformity: str = ""


class Tested(Struct, frozen=True, kw_only=True):
    """One result of a quality test of the batch."""

    position: int
    test: str
    stage: TestStage
    outcome: TestOutcome


class BatchRecord(Struct, frozen=True, kw_only=True):
    """The record of one batch.

    Attributes:
        openings: Positions of its opening; more than one is a second use of the number.
        opened_at: When it was opened.
        site: Where.
        zones: Work zones named at its opening.
        completed_at: Completion of manufacture; None until then.
        terminated_at: When it was ended before completion.
        closed_at: When it was closed.
        containers: Containers that were filled in it.
        consumed: Containers and lots that it took.
        samples: Samples taken in it.
        intermediates: Containers declared a stable intermediate.
        cleared: Zones that were cleared for it.
        steps: What was done in it.
        devices: Devices that became part of the product.
        designs: SHA-256 of each design file that was printed; empty for a printing that named none.
        failed: The batch that it replaces.
        remade: The batch that replaces it.
        results: Results of quality tests of the batch.
        investigations: Positions of investigations of a result out of specification.
        deviations: Positions of deviations raised about it.
        reviews: Positions of reviews of its record.
    """

    openings: tuple[int, ...] = ()
    opened_at: datetime | None = None
    site: str = ""
    product: str = ""
    coi: str = ""
    licence: str = ""
    masterfile: str = ""
    masterfile_version: str = ""
    mode: ManufacturingMode | None = None
    zones: tuple[str, ...] = ()
    completed_at: datetime | None = None
    terminated_at: datetime | None = None
    closed_at: datetime | None = None
    containers: tuple[str, ...] = ()
    consumed: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    intermediates: tuple[str, ...] = ()
    cleared: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    devices: tuple[Device, ...] = ()
    designs: tuple[bytes, ...] = ()
    failed: str = ""
    remade: str = ""
    results: tuple[Tested, ...] = ()
    investigations: tuple[int, ...] = ()
    deviations: tuple[int, ...] = ()
    reviews: tuple[int, ...] = ()

    @property
    def ended(self) -> bool:
        """Nothing of it is open any more: completed, ended before, or closed."""
        return any(moment is not None for moment in (self.completed_at, self.terminated_at, self.closed_at))


def _batch_record(state: BatchRecord, entry: Entry) -> BatchRecord:
    work = entry.content.fact.work()
    if work is not None:
        return _done(state, entry, work)
    step = _STEPS.get(entry.content.type)
    return state if step is None else step(state, entry, entry.content.fact)


def _done(state: BatchRecord, entry: Entry, work: Work) -> BatchRecord:
    """A step of the batch: what it took, what it filled; a sample is no container of the batch."""
    fact = entry.content.fact
    filled = tuple(tag_of("material", out.material) for out in work.outputs)
    took = (*(tag_of("material", item.material) for item in work.inputs), *(tag_of("lot", it.lot) for it in work.lots))
    name = fact.step.name if isinstance(fact, ProcessStepPerformed) else entry.content.type
    after = msgspec.structs.replace(
        state,
        steps=_last(state.steps, Step(position=entry.position, name=name or "")),
        completed_at=work.ended_at if work.final else state.completed_at,
    )
    if isinstance(fact, SampleTaken):
        return msgspec.structs.replace(after, samples=_with(state.samples, filled)[-MOST_NAMED:])
    if isinstance(fact, ProcessStepPerformed):
        after = _stepped(after, entry, fact)
    return msgspec.structs.replace(
        after,
        containers=_with(state.containers, filled),
        consumed=_with(state.consumed, took)[-MOST_NAMED:],
    )


def _stepped(state: BatchRecord, entry: Entry, fact: ProcessStepPerformed) -> BatchRecord:
    if fact.device_identifier or fact.step is ProcessStep.DEVICE_ATTACHMENT:
        device = Device(
            position=entry.position,
            identifier=fact.device_identifier or "",
            production=fact.production_identifier or "",
            conformity=fact.conformity or "",
        )
        state = msgspec.structs.replace(state, devices=_last(state.devices, device))
    if fact.design is not None or fact.step is ProcessStep.PRINTING:
        printed = fact.design.sha256 if fact.design is not None else b""
        state = msgspec.structs.replace(state, designs=_last(state.designs, printed))
    return state


def _opened(state: BatchRecord, entry: Entry, fact: BatchOpened) -> BatchRecord:
    return msgspec.structs.replace(
        state,
        openings=_last(state.openings, entry.position),
        opened_at=state.opened_at or entry.at,
        site=tag_of("site", entry.content.envelope.place.site),
        product=tag_of("product", fact.product),
        coi=tag_of("coi", fact.coi),
        licence=tag_of("licence", fact.licence),
        masterfile=tag_of("masterfile", fact.masterfile),
        masterfile_version=fact.masterfile_version or "",
        mode=fact.mode,
        zones=tuple(tag_of("zone", zone) for zone in fact.zones),
    )


def _cleared(state: BatchRecord, entry: Entry, fact: LineCleared) -> BatchRecord:
    if not fact.clear or tag_of("batch", fact.batch) != entry.tag:
        return state
    return msgspec.structs.replace(state, cleared=_with(state.cleared, (tag_of("zone", fact.zone),))[-MOST_NAMED:])


def _declared(state: BatchRecord, _entry: Entry, fact: IntermediateDeclared) -> BatchRecord:
    declared = tuple(tag_of("material", item) for item in fact.materials)
    return msgspec.structs.replace(state, intermediates=_with(state.intermediates, declared)[-MOST_NAMED:])


def _ended(state: BatchRecord, entry: Entry, _fact: Fact) -> BatchRecord:
    return msgspec.structs.replace(state, terminated_at=state.terminated_at or entry.at)


def _closed(state: BatchRecord, entry: Entry, _fact: Fact) -> BatchRecord:
    return msgspec.structs.replace(state, closed_at=state.closed_at or entry.at)


def _remade(state: BatchRecord, entry: Entry, fact: RemakeStarted) -> BatchRecord:
    batch, failed = tag_of("batch", fact.batch), tag_of("batch", fact.failed)
    if entry.tag == failed:
        state = msgspec.structs.replace(state, remade=batch)
    if entry.tag == batch:
        took = tuple(tag_of("material", item) for item in fact.materials)
        state = msgspec.structs.replace(state, failed=failed, consumed=_with(state.consumed, took)[-MOST_NAMED:])
    return state


def _resulted(state: BatchRecord, entry: Entry, fact: QualityTestResulted) -> BatchRecord:
    result = Tested(position=entry.position, test=fact.test, stage=fact.stage, outcome=fact.outcome)
    return msgspec.structs.replace(state, results=_last(state.results, result))


def _investigated(state: BatchRecord, entry: Entry, _fact: Fact) -> BatchRecord:
    return msgspec.structs.replace(state, investigations=_last(state.investigations, entry.position))


def _deviated(state: BatchRecord, entry: Entry, _fact: Fact) -> BatchRecord:
    return msgspec.structs.replace(state, deviations=_last(state.deviations, entry.position))


def _reviewed(state: BatchRecord, entry: Entry, _fact: Fact) -> BatchRecord:
    return msgspec.structs.replace(state, reviews=_last(state.reviews, entry.position))


_STEPS: Final[Mapping[str, Callable[[BatchRecord, Entry, Any], BatchRecord]]] = MappingProxyType(
    {
        "BatchOpened": _opened,
        "LineCleared": _cleared,
        "IntermediateDeclared": _declared,
        "BatchTerminated": _ended,
        "BatchClosed": _closed,
        "RemakeStarted": _remade,
        "QualityTestResulted": _resulted,
        "OutOfSpecificationInvestigated": _investigated,
        "DeviationRaised": _deviated,
        "BatchRecordReviewed": _reviewed,
    }
)

_DONE: Final = frozenset(
    (
        "MaterialsConsumed",
        "ProcessStepPerformed",
        "CellsModified",
        "CellsExpanded",
        "ContainersFilled",
        "SampleTaken",
        "ManufactureCompleted",
    )
)

T = TypeVar("T")


def _last(known: tuple[T, ...], item: T) -> tuple[T, ...]:
    return (*known, item)[-MOST_NAMED:]


def _with(known: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *more)))


def _batch_links(state: BatchRecord) -> Iterable[str]:
    return filter(None, (state.product, state.coi, state.licence, state.masterfile, state.site))


BATCH_RECORD = Subject(
    name="BatchRecord",
    kinds=("batch",),
    types=_DONE | frozenset(_STEPS),
    empty=BatchRecord(),
    fold=_batch_record,
    links=_batch_links,
)
