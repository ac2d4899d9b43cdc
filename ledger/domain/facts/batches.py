"""What becomes of a batch: intermediate, go-ahead, device runs, terminated, made again, closed."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind, Link
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.shape import (
    ANY,
    SOME,
    Code,
    Decimal,
    OneOf,
    Seconds,
    Text,
    Time,
)
from ledger.domain.facts.terms import StepParameter, TemperatureClass
from ledger.domain.facts.values import (
    BatchId,
    CoiId,
    ConsignmentId,
    Document,
    EquipmentId,
    MaterialId,
    Quantity,
    SignatureMeaning,
    SiteRef,
    ZoneId,
)


class IntermediateDeclared(Fact, frozen=True, kw_only=True):
    """Containers were declared a stable intermediate, to be finished elsewhere."""

    about: ClassVar[About] = About(
        no=108,
        stage="manufacture",
        inherits="mb",
        kind=Kind.HAPPENING,
        signs=(SignatureMeaning.PERFORMED, SignatureMeaning.REVIEWED),
    )

    materials: Annotated[tuple[MaterialId, ...], SOME]
    """Containers."""
    batch: BatchId
    """Batch."""
    hold_limit_seconds: Seconds | None = None
    """How long they may wait."""
    temperature: TemperatureClass | None = None
    """How they are stored."""
    sites: Annotated[tuple[SiteRef, ...], ANY] = ()
    """Where they may be finished."""


class ClinicalGoAheadGiven(Fact, frozen=True, kw_only=True):
    """The treating physician gave the go-ahead for the last step: the patient is ready."""

    about: ClassVar[About] = About(
        no=109, stage="manufacture", inherits="b", kind=Kind.DECISION, signs=(SignatureMeaning.APPROVED,)
    )

    coi: CoiId
    """Chain."""
    batch: BatchId
    """Batch."""
    conditioned: bool | None = None
    """The patient was conditioned."""
    ready: bool
    """The patient is ready."""
    valid_until: Time | None = None
    """Until when."""


class DeviceRunImported(Fact, frozen=True, kw_only=True):
    """The log of a device run was taken over."""

    about: ClassVar[About] = About(no=111, stage="manufacture", inherits="bc", kind=Kind.HAPPENING)
    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("run_of", ("batch", "consignment"), required=False),)

    equipment: EquipmentId
    """The device."""
    batch: BatchId | None = None
    """Batch that it made."""
    consignment: ConsignmentId | None = None
    """Consignment that it logged."""
    software_version: Code | None = None
    """Version of its software."""
    log: Document
    """The log."""
    clock_offset_seconds: Decimal | None = None
    """How far its clock was ahead."""
    parameters: Annotated[tuple[StepParameter, ...], ANY] = ()
    """What it measured."""


class BatchTerminated(Fact, frozen=True, kw_only=True):
    """A batch was ended before it was completed."""

    about: ClassVar[About] = About(
        no=114, stage="manufacture", inherits="mb", kind=Kind.SAFETY_ACT, signs=(SignatureMeaning.PERFORMED,)
    )

    batch: BatchId
    """Batch."""
    materials: Annotated[tuple[MaterialId, ...], ANY] = ()
    """What is left."""
    zones: Annotated[tuple[ZoneId, ...], ANY] = ()
    """Work zones that are free."""
    reason: Text
    """Why."""
    remains: Text | None = None
    """What becomes of what is left."""


class RemakeStarted(Fact, frozen=True, kw_only=True):
    """A new batch replaces a failed one."""

    about: ClassVar[About] = About(
        no=115, stage="manufacture", inherits="bm", kind=Kind.HAPPENING, signs=(SignatureMeaning.APPROVED,)
    )

    batch: BatchId
    """New batch."""
    failed: BatchId
    """Failed batch."""
    materials: Annotated[tuple[MaterialId, ...], ANY] = ()
    """From what."""
    delay_consented: bool | None = None
    """The treating physician agreed to the delay."""

    def lineage(self) -> Iterator[Link]:
        """The new batch follows the failed one, and takes what is left."""
        batch = tag_of("batch", self.batch)
        yield Link(batch, tag_of("batch", self.failed), "remade")
        yield from (Link(batch, tag_of("material", item), "consumed") for item in self.materials)


class BatchClosed(Fact, frozen=True, kw_only=True):
    """A batch was closed: everything made in it is accounted for."""

    about: ClassVar[About] = About(
        no=116,
        stage="manufacture",
        inherits="b",
        kind=Kind.DECISION,
        signs=(SignatureMeaning.REVIEWED, SignatureMeaning.APPROVED),
    )

    batch: BatchId
    """Batch."""
    zones: Annotated[tuple[ZoneId, ...], ANY] = ()
    """Work zones that are free."""
    yielded: Annotated[tuple[Quantity, ...], ANY] = ()
    """Yield."""
    explanation: Text | None = None
    """What does not add up, and why."""
