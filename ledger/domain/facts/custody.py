"""From hand to hand and from site to site."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind, Link, Second
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.shape import ANY, Code, Decimal, Text, Time, Word
from ledger.domain.facts.values import (
    AgreementId,
    AgreementRef,
    CheckOutcome,
    ConsignmentId,
    Document,
    EquipmentId,
    Identifier,
    LicenceRef,
    LotId,
    MaterialId,
    OrganisationId,
    SignatureMeaning,
    SiteId,
)


class Transport(Word):
    """How a consignment travels."""

    INTERNAL = "TRANSPORT_INTERNAL"
    OWN_VEHICLE = "TRANSPORT_OWN_VEHICLE"
    CARRIER = "TRANSPORT_CARRIER"


class SealState(Word):
    """Seals on arrival."""

    INTACT = "SEAL_STATE_INTACT"
    BROKEN = "SEAL_STATE_BROKEN"
    MISSING = "SEAL_STATE_MISSING"
    NOT_FITTED = "SEAL_STATE_NOT_FITTED"
    NOT_CHECKED = "SEAL_STATE_NOT_CHECKED"


class ConsignmentDispatched(Fact, frozen=True, kw_only=True):
    """A consignment left its sender (2006/86 Annex II D)."""

    about: ClassVar[About] = About(
        no=83, stage="custody", inherits="c", kind=Kind.HAPPENING, signs=(SignatureMeaning.PERFORMED,)
    )

    consignment: ConsignmentId
    """Its id, made by the sender."""
    materials: Annotated[tuple[MaterialId, ...], ANY] = ()
    """Containers in it; needed unless it was packed before."""
    lots: Annotated[tuple[LotId, ...], ANY] = ()
    """Lots in it."""
    destination: SiteId
    """Consignee's site."""
    transport: Transport
    """Internal, own vehicle, carrier."""
    carrier: OrganisationId | None = None
    """Carrier."""
    agreement: AgreementId | None = None
    """Agreement with the carrier."""
    waybill: Code | None = None
    """Waybill number."""
    min_celsius: Decimal | None = None
    """Lowest temperature allowed."""
    max_celsius: Decimal | None = None
    """Highest temperature allowed."""
    due_by: Time | None = None
    """Time limit."""
    seals: Annotated[tuple[Code, ...], ANY] = ()
    """Seal numbers."""
    quarantine_transfer: bool | None = None
    """Sent before release for circulation, to be held."""
    border_licence: LicenceRef | None = None
    """Import or export licence relied on."""
    border_agreement: AgreementRef | None = None
    """Supplier agreement of an import or export licence."""
    shippers: Annotated[tuple[EquipmentId, ...], ANY] = ()
    """Shippers and loggers."""

    def handles(self) -> tuple[Identifier, ...]:
        """What was sent."""
        return self.materials

    def lineage(self) -> Iterator[Link]:
        """A consignment carries its contents."""
        consignment = tag_of("consignment", self.consignment)
        yield from (Link(consignment, tag_of("material", item), "carried") for item in self.materials)
        yield from (Link(consignment, tag_of("lot", item), "carried") for item in self.lots)


class ConsignmentReceived(Fact, frozen=True, kw_only=True):
    """A consignment arrived; occurred_at is the arrival and performed_by the receiver."""

    about: ClassVar[About] = About(
        no=86,
        stage="custody",
        inherits="c",
        kind=Kind.HAPPENING,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.ACCEPTED,),
    )

    consignment: ConsignmentId
    """Its id."""
    origin: SiteId | None = None
    """Where it came from, as far as the receiver knows."""
    materials: Annotated[tuple[MaterialId, ...], ANY] = ()
    """Containers found in it."""
    seals: SealState | None = None
    """Seals on arrival."""
    loggers: Annotated[tuple[Document, ...], ANY] = ()
    """Logger download."""
    min_celsius: Decimal | None = None
    """Lowest temperature logged."""
    max_celsius: Decimal | None = None
    """Highest temperature logged."""
    contents: CheckOutcome
    """Contents against the manifest."""
    labels: CheckOutcome
    """Labels against the chain."""
    condition: Text | None = None
    """Condition of the package."""
    border_licence: LicenceRef | None = None
    """Import licence relied on."""
    border_agreement: AgreementRef | None = None
    """Supplier agreement of an import licence."""
    lots: Annotated[tuple[LotId, ...], ANY] = ()
    """Lots found in it."""
