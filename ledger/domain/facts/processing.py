"""Steps of a batch record: cleared, consumed, processed, filled, divided, counted, sampled."""

from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind, Second, Work
from ledger.domain.facts.registry import Activity
from ledger.domain.facts.shape import (
    ANY,
    SOME,
    Code,
    Count,
    Date,
    Text,
    Time,
    Value,
    Word,
)
from ledger.domain.facts.terms import StepParameter
from ledger.domain.facts.values import (
    BatchId,
    Document,
    LotUsed,
    MaterialId,
    MaterialIn,
    MaterialOut,
    Quantity,
    SignatureMeaning,
    ZoneId,
)


class ProcessStep(Word):
    """Step of a batch record."""

    SELECTION = "PROCESS_STEP_SELECTION"
    ACTIVATION = "PROCESS_STEP_ACTIVATION"
    WASH = "PROCESS_STEP_WASH"
    CONCENTRATION = "PROCESS_STEP_CONCENTRATION"
    FORMULATION = "PROCESS_STEP_FORMULATION"
    PRINTING = "PROCESS_STEP_PRINTING"
    FILTRATION = "PROCESS_STEP_FILTRATION"
    GAS_FILL = "PROCESS_STEP_GAS_FILL"
    DEVICE_ATTACHMENT = "PROCESS_STEP_DEVICE_ATTACHMENT"
    DILUTION = "PROCESS_STEP_DILUTION"
    RECONSTITUTION = "PROCESS_STEP_RECONSTITUTION"
    OTHER = "PROCESS_STEP_OTHER"


class SamplePurpose(Word):
    """What a sample is for."""

    TEST = "SAMPLE_PURPOSE_TEST"
    RETAINED = "SAMPLE_PURPOSE_RETAINED"
    REFERENCE = "SAMPLE_PURPOSE_REFERENCE"


class LineCleared(Fact, frozen=True, kw_only=True):
    """A work zone was cleared before a batch: nothing of the last one is left."""

    about: ClassVar[About] = About(
        no=97,
        stage="manufacture",
        kind=Kind.HAPPENING,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.PERFORMED, SignatureMeaning.VERIFIED),
    )

    zone: ZoneId
    """Work zone."""
    batch: BatchId
    """Batch that comes."""
    last_batch: BatchId | None = None
    """Batch that was there."""
    checked: Annotated[tuple[Text, ...], ANY] = ()
    """What was checked."""
    clear: bool
    """The zone is clear."""


class MaterialsConsumed(Fact, frozen=True, kw_only=True):
    """Materials and lots were taken into a batch."""

    about: ClassVar[About] = About(
        no=99,
        stage="manufacture",
        inherits="mb",
        kind=Kind.HAPPENING,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.PERFORMED,),
    )

    batch: BatchId
    """Batch."""
    inputs: Annotated[tuple[MaterialIn, ...], ANY] = ()
    """Containers."""
    lots: Annotated[tuple[LotUsed, ...], ANY] = ()
    """Lots."""

    def work(self) -> Work:
        """What the batch took."""
        return Work(inputs=self.inputs, lots=self.lots, batch=self.batch)


class ProcessStepPerformed(Fact, frozen=True, kw_only=True):
    """A step of the batch record: selection, activation, wash, formulation, printing."""

    about: ClassVar[About] = About(
        no=100, stage="manufacture", inherits="mb", kind=Kind.HAPPENING, signs=(SignatureMeaning.PERFORMED,)
    )

    batch: BatchId | None = None
    """Batch."""
    step: ProcessStep
    """Which."""
    step_name: Text | None = None
    """Name in the batch record."""
    activity: Activity | None = None
    """Licensed activity; absent means manufacture."""
    inputs: Annotated[tuple[MaterialIn, ...], ANY] = ()
    """What went in."""
    outputs: Annotated[tuple[MaterialOut, ...], ANY] = ()
    """What came out."""
    lots: Annotated[tuple[LotUsed, ...], ANY] = ()
    """Lots that touched it."""
    losses: Annotated[tuple[Quantity, ...], ANY] = ()
    """Recorded losses and samples."""
    parameters: Annotated[tuple[StepParameter, ...], ANY] = ()
    """What was measured."""
    device_identifier: Code | None = None
    """UDI-DI of a device that becomes part of the product."""
    production_identifier: Code | None = None
    """UDI-PI of it."""
    conformity: Code | None = None
    """Its declaration or certificate of conformity."""
    design: Document | None = None
    """Design file that was printed."""
    contained_use_approval: Code | None = None
    """Contained-use approval."""
    ended_at: Time
    """End; the start is occurred_at."""

    def work(self) -> Work:
        """What the step used and made."""
        return Work(
            inputs=self.inputs,
            outputs=self.outputs,
            lots=self.lots,
            losses=self.losses,
            batch=self.batch,
            ended_at=self.ended_at,
            how="processed",
        )


class CellsExpanded(Fact, frozen=True, kw_only=True):
    """Cells grew in culture."""

    about: ClassVar[About] = About(
        no=102, stage="manufacture", inherits="mb", kind=Kind.HAPPENING, signs=(SignatureMeaning.PERFORMED,)
    )

    batch: BatchId
    """Batch."""
    inputs: Annotated[tuple[MaterialIn, ...], SOME]
    """What went in."""
    outputs: Annotated[tuple[MaterialOut, ...], SOME]
    """What came out."""
    lots: Annotated[tuple[LotUsed, ...], ANY] = ()
    """Media."""
    losses: Annotated[tuple[Quantity, ...], ANY] = ()
    """Recorded losses and samples."""
    growth: Annotated[tuple[Quantity, ...], SOME]
    """Growth: what came to be more than was put in."""
    passages: Count | None = None
    """Passages."""
    ended_at: Time
    """End; the start is occurred_at."""

    def work(self) -> Work:
        """What grew, and from what."""
        return Work(
            inputs=self.inputs,
            outputs=self.outputs,
            lots=self.lots,
            losses=self.losses,
            growth=self.growth,
            batch=self.batch,
            ended_at=self.ended_at,
            how="expanded",
        )


class ContainersFilled(Fact, frozen=True, kw_only=True):
    """Final containers were filled."""

    about: ClassVar[About] = About(
        no=103,
        stage="manufacture",
        inherits="mb",
        kind=Kind.HAPPENING,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.PERFORMED, SignatureMeaning.VERIFIED),
    )

    batch: BatchId
    """Batch."""
    inputs: Annotated[tuple[MaterialIn, ...], SOME]
    """What went in."""
    containers: Annotated[tuple[MaterialOut, ...], SOME]
    """Final containers."""
    lots: Annotated[tuple[LotUsed, ...], ANY] = ()
    """Lots that touched it."""
    losses: Annotated[tuple[Quantity, ...], ANY] = ()
    """Recorded losses and samples."""
    overage: Quantity | None = None
    """Overage per container."""
    ended_at: Time
    """End; the start is occurred_at."""

    def work(self) -> Work:
        """What was filled, and from what."""
        return Work(
            inputs=self.inputs,
            outputs=self.containers,
            lots=self.lots,
            losses=self.losses,
            batch=self.batch,
            ended_at=self.ended_at,
            how="filled",
        )


class Division(Value, frozen=True, kw_only=True):
    """One part of a container that was divided."""

    number: Code
    """Division or split number."""
    container: MaterialOut
    """The new container."""


class MaterialSplit(Fact, frozen=True, kw_only=True):
    """A container was divided."""

    about: ClassVar[About] = About(
        no=104,
        stage="manufacture",
        inherits="m",
        kind=Kind.HAPPENING,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.PERFORMED,),
    )

    source: MaterialIn
    """The container."""
    divisions: Annotated[tuple[Division, ...], SOME]
    """What came out."""
    losses: Annotated[tuple[Quantity, ...], ANY] = ()
    """Recorded losses."""
    reason: Text | None = None
    """Why."""

    def work(self) -> Work:
        """What it was divided into."""
        return Work(
            inputs=(self.source,),
            outputs=tuple(item.container for item in self.divisions),
            losses=self.losses,
            how="split",
        )


class QuantityRecounted(Fact, frozen=True, kw_only=True):
    """What is in a container was counted again; the new count is the basis from here on."""

    about: ClassVar[About] = About(
        no=106,
        stage="manufacture",
        inherits="m",
        kind=Kind.HAPPENING,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.PERFORMED,),
    )

    material: MaterialId
    """The container."""
    counted: Annotated[tuple[Quantity, ...], SOME]
    """New count."""
    before: Annotated[tuple[Quantity, ...], ANY] = ()
    """Old basis."""
    method: Text | None = None
    """How."""
    explanation: Text
    """Why it differs."""


class SampleTaken(Fact, frozen=True, kw_only=True):
    """A sample was taken."""

    about: ClassVar[About] = About(
        no=107, stage="manufacture", inherits="mb", kind=Kind.HAPPENING, signs=(SignatureMeaning.PERFORMED,)
    )

    source: MaterialIn
    """The container."""
    sample: MaterialOut
    """The sample."""
    batch: BatchId | None = None
    """Batch."""
    purpose: SamplePurpose
    """What for."""
    retain_until: Date | None = None
    """How long it is kept."""

    def work(self) -> Work:
        """What was taken, and from what."""
        return Work(inputs=(self.source,), outputs=(self.sample,), batch=self.batch, how="sampled")
