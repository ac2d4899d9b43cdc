"""Stored, frozen, thawed, damaged, saved."""

from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind, Second, Work
from ledger.domain.facts.shape import (
    ANY,
    SOME,
    Code,
    Count,
    Seconds,
    Text,
    Time,
)
from ledger.domain.facts.terms import SegregationClass, TemperatureClass
from ledger.domain.facts.values import (
    Document,
    Identifier,
    LotUsed,
    MaterialId,
    MaterialIn,
    MaterialOut,
    Quantity,
    SignatureMeaning,
    ZoneId,
)


class MaterialStored(Fact, frozen=True, kw_only=True):
    """Containers were put into storage, or moved within it."""

    about: ClassVar[About] = About(
        no=78, stage="custody", inherits="m", kind=Kind.HAPPENING, second=Second.PERSON_OR_CHECK
    )

    materials: Annotated[tuple[MaterialId, ...], SOME]
    """Containers."""
    zone: ZoneId
    """Storage position."""
    moved_from: ZoneId | None = None
    """Position before, for a move."""
    spot: Text | None = None
    """Tank, rack, box, place."""
    temperature: TemperatureClass | None = None
    """Temperature class; absent means the position's."""
    segregation: SegregationClass | None = None
    """Segregation class; absent means the position's."""
    until: Time | None = None
    """Storage limit."""

    def handles(self) -> tuple[Identifier, ...]:
        """What was put away."""
        return self.materials


class MaterialRetrieved(Fact, frozen=True, kw_only=True):
    """Containers were taken out of storage."""

    about: ClassVar[About] = About(
        no=79, stage="custody", inherits="m", kind=Kind.HAPPENING, second=Second.PERSON_OR_CHECK
    )

    materials: Annotated[tuple[MaterialId, ...], SOME]
    """Containers."""
    zone: ZoneId
    """Storage position."""
    purpose: Text | None = None
    """What for."""
    out_of_storage_seconds: Seconds | None = None
    """How long it was out, when it goes back."""

    def handles(self) -> tuple[Identifier, ...]:
        """What was taken out."""
        return self.materials


class MaterialCryopreserved(Fact, frozen=True, kw_only=True):
    """Cells were frozen, in new containers or their own."""

    about: ClassVar[About] = About(
        no=80,
        stage="custody",
        inherits="m",
        kind=Kind.HAPPENING,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.PERFORMED,),
    )

    inputs: Annotated[tuple[MaterialIn, ...], SOME]
    """What went in."""
    outputs: Annotated[tuple[MaterialOut, ...], SOME]
    """What came out."""
    lots: Annotated[tuple[LotUsed, ...], ANY] = ()
    """Cryoprotectant, bags."""
    losses: Annotated[tuple[Quantity, ...], ANY] = ()
    """Recorded losses and samples."""
    profile: Document | None = None
    """Cooling curve."""
    ended_at: Time
    """End; the start is occurred_at."""

    def work(self) -> Work:
        """What was frozen."""
        return Work(
            inputs=self.inputs,
            outputs=self.outputs,
            lots=self.lots,
            losses=self.losses,
            ended_at=self.ended_at,
            how="frozen",
        )


class MaterialThawed(Fact, frozen=True, kw_only=True):
    """A container was thawed; its in-use limit runs from the end."""

    about: ClassVar[About] = About(
        no=81,
        stage="custody",
        inherits="m",
        kind=Kind.HAPPENING,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.PERFORMED,),
    )

    material: MaterialId
    """The container."""
    ended_at: Time
    """End; the start is occurred_at."""
    method: Code | None = None
    """Method."""
    in_use_until: Time | None = None
    """Limit on the instruction, where the product's data give none."""

    def handles(self) -> tuple[Identifier, ...]:
        """What was thawed."""
        return (self.material,)


class ContainerDamaged(Fact, frozen=True, kw_only=True):
    """A container leaked, burst or was found open."""

    about: ClassVar[About] = About(no=94, stage="custody", inherits="m", kind=Kind.SAFETY_ACT)

    material: MaterialId
    """The container."""
    what: Text
    """What."""
    noticed: Text | None = None
    """When and where it was noticed."""
    loss: Quantity | None = None
    """How much was lost."""
    sterile_barrier_broken: bool | None = None
    """The sterile barrier is broken."""


class ContentsTransferred(Fact, frozen=True, kw_only=True):
    """Contents were saved from one container into another."""

    about: ClassVar[About] = About(
        no=95,
        stage="custody",
        inherits="m",
        kind=Kind.HAPPENING,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.PERFORMED,),
    )

    source: MaterialIn
    """The old container."""
    output: MaterialOut
    """The new container."""
    lots: Annotated[tuple[LotUsed, ...], ANY] = ()
    """Lots that touched it."""
    losses: Annotated[tuple[Quantity, ...], ANY] = ()
    """Recorded losses."""
    reason: Text
    """Why."""

    def work(self) -> Work:
        """What was saved."""
        return Work(
            inputs=(self.source,), outputs=(self.output,), lots=self.lots, losses=self.losses, how="transferred"
        )


class StockCounted(Fact, frozen=True, kw_only=True):
    """A storage position was counted against what should lie there: expected, found, missing, unexpected."""

    about: ClassVar[About] = About(
        no=96,
        stage="custody",
        inherits="m",
        kind=Kind.HAPPENING,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.PERFORMED, SignatureMeaning.REVIEWED),
    )

    zone: ZoneId
    """Storage position."""
    spot: Text | None = None
    """The part of it that was counted: tank, rack, box."""
    expected: Count
    """How many containers should lie there by the list that was counted from."""
    found: Count
    """How many do."""
    missing: Annotated[tuple[MaterialId, ...], ANY] = ()
    """Containers expected and not there."""
    unexpected: Annotated[tuple[MaterialId, ...], ANY] = ()
    """Containers there and not expected."""
    explanation: Text | None = None
    """What is known about the differences."""
