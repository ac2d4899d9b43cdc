"""From cells to a medicine, with every lot that touched them."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind, Link, Second, Work, made
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.shape import ANY, SOME, Code, Count, Decimal, Position, Time, Value, Word
from ledger.domain.facts.values import (
    BatchId,
    CoiId,
    DesignationId,
    Document,
    LicenceId,
    LotUsed,
    ManufacturingMode,
    MasterFileId,
    MaterialIn,
    MaterialOut,
    ProductId,
    Quantity,
    SignatureMeaning,
    SpecificationId,
    ZoneId,
)


class ModificationMethod(Word):
    """How cells were modified."""

    TRANSDUCTION = "MODIFICATION_METHOD_TRANSDUCTION"
    TRANSFECTION = "MODIFICATION_METHOD_TRANSFECTION"
    EDITING = "MODIFICATION_METHOD_EDITING"


class BatchOpened(Fact, frozen=True, kw_only=True):
    """A batch was opened at a site under a licence."""

    about: ClassVar[About] = About(
        no=98,
        stage="manufacture",
        inherits="ks",
        kind=Kind.HAPPENING,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.PERFORMED,),
    )

    batch: BatchId
    """Batch number under the licence holder's scheme."""
    product: ProductId
    """What is made."""
    coi: CoiId | None = None
    """Chain, for a patient-specific product."""
    mode: ManufacturingMode
    """Central, point of care, modular."""
    licence: LicenceId | None = None
    """Licence under which it is made."""
    masterfile: MasterFileId | None = None
    """Master file, for point of care and modular."""
    masterfile_version: Code | None = None
    """Its version."""
    batch_record_version: Code | None = None
    """Version of the batch record."""
    zones: Annotated[tuple[ZoneId, ...], ANY] = ()
    """Work zones."""
    specification: SpecificationId | None = None
    """Specification."""
    designation: DesignationId | None = None
    """Designation."""
    intended_containers: Count | None = None
    """Containers meant to be filled."""


class CellsModified(Fact, frozen=True, kw_only=True):
    """Cells were genetically modified; the vector or editor lot is named for ever."""

    about: ClassVar[About] = About(
        no=101,
        stage="manufacture",
        inherits="mb",
        kind=Kind.HAPPENING,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.PERFORMED, SignatureMeaning.VERIFIED),
    )

    batch: BatchId
    """Batch."""
    method: ModificationMethod
    """Transduction, transfection, editing."""
    inputs: Annotated[tuple[MaterialIn, ...], SOME]
    """What went in."""
    outputs: Annotated[tuple[MaterialOut, ...], SOME]
    """What came out."""
    lots: Annotated[tuple[LotUsed, ...], SOME]
    """Vector, editor, guide, kit."""
    losses: Annotated[tuple[Quantity, ...], ANY] = ()
    """Recorded losses and samples."""
    multiplicity_of_infection: Decimal | None = None
    """Vector particles per cell."""
    contained_use_approval: Code | None = None
    """Contained-use approval."""
    ended_at: Time
    """End; the start is occurred_at."""

    def work(self) -> Work:
        """What was modified, and with what."""
        return Work(
            inputs=self.inputs,
            outputs=self.outputs,
            lots=self.lots,
            losses=self.losses,
            batch=self.batch,
            ended_at=self.ended_at,
            how="modified",
        )


class CriticalParameter(Value, frozen=True, kw_only=True):
    """One critical process parameter."""

    name: Code
    """Name in the master file."""
    value: Quantity | None = None
    """What was measured."""
    met: bool
    """Inside its limits."""


class ManufactureCompleted(Fact, frozen=True, kw_only=True):
    """The final steps of manufacture.

    At a point-of-care site, a unit or centrally; the completion time starts label and in-use clocks.
    """

    about: ClassVar[About] = About(
        no=110,
        stage="manufacture",
        inherits="mb",
        kind=Kind.HAPPENING,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.PERFORMED,),
    )

    batch: BatchId
    """Batch."""
    inputs: Annotated[tuple[MaterialIn, ...], ANY] = ()
    """What went into the final containers."""
    containers: Annotated[tuple[MaterialOut, ...], SOME]
    """Final containers."""
    lots: Annotated[tuple[LotUsed, ...], ANY] = ()
    """Lots added."""
    losses: Annotated[tuple[Quantity, ...], ANY] = ()
    """Recorded losses and samples."""
    completed_at: Time
    """Completion of manufacture."""
    critical_parameters: Annotated[tuple[CriticalParameter, ...], ANY] = ()
    """Parameters on which local release rests."""
    device_runs: Annotated[tuple[Document, ...], ANY] = ()
    """Device run log."""
    go_ahead: Position | None = None
    """The clinical go-ahead."""

    def work(self) -> Work:
        """Final containers, and what they were made from."""
        return Work(
            inputs=self.inputs,
            outputs=self.containers,
            lots=self.lots,
            losses=self.losses,
            batch=self.batch,
            ended_at=self.completed_at,
            final=True,
        )

    def lineage(self) -> Iterator[Link]:
        """Final containers come from the batch, from what went in and from every lot."""
        yield from made(self.work())
        batch = tag_of("batch", self.batch)
        yield from (Link(tag_of("material", out.material), batch, "made-in") for out in self.containers)
