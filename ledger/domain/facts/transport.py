"""Packed, handed over, redirected, lost and found; shippers."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind, Link, Second
from ledger.domain.facts.custody import SealState
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.shape import (
    ANY,
    Code,
    Decimal,
    OneOf,
    Text,
    Time,
)
from ledger.domain.facts.terms import Materials
from ledger.domain.facts.values import (
    CheckOutcome,
    ConsignmentId,
    Document,
    EquipmentId,
    Identifier,
    LotId,
    MaterialId,
    OrganisationId,
    PersonRef,
    Quantity,
    SignatureMeaning,
    SiteId,
)


class ConsignmentPacked(Fact, frozen=True, kw_only=True):
    """A consignment was packed."""

    about: ClassVar[About] = About(
        no=82,
        stage="custody",
        inherits="m",
        kind=Kind.HAPPENING,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.PERFORMED,),
    )

    consignment: ConsignmentId
    """Its id, made by the sender."""
    materials: Annotated[tuple[MaterialId, ...], ANY] = ()
    """Containers in it."""
    lots: Annotated[tuple[LotId, ...], ANY] = ()
    """Lots in it."""
    shippers: Annotated[tuple[EquipmentId, ...], ANY] = ()
    """Shippers and loggers."""
    seals: Annotated[tuple[Code, ...], ANY] = ()
    """Seal numbers."""
    min_celsius: Decimal | None = None
    """Lowest temperature allowed."""
    max_celsius: Decimal | None = None
    """Highest temperature allowed."""
    hold_until: Time | None = None
    """How long the shipper holds."""
    outer_label: Document | None = None
    """Outer label."""

    def handles(self) -> tuple[Identifier, ...]:
        """What was packed."""
        return self.materials

    def lineage(self) -> Iterator[Link]:
        """A consignment carries its contents."""
        consignment = tag_of("consignment", self.consignment)
        yield from (Link(consignment, tag_of("material", item), "carried") for item in self.materials)
        yield from (Link(consignment, tag_of("lot", item), "carried") for item in self.lots)


class CustodyTransferred(Fact, frozen=True, kw_only=True):
    """Custody went from hand to hand; both sign."""

    about: ClassVar[About] = About(
        no=84,
        stage="custody",
        inherits="cm",
        kind=Kind.HAPPENING,
        second=Second.TWO_PEOPLE,
        signs=(SignatureMeaning.PERFORMED, SignatureMeaning.ACCEPTED),
    )
    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("scope", ("consignment", "containers"), required=True),)

    consignment: ConsignmentId | None = None
    """A consignment."""
    containers: Materials | None = None
    """Containers."""
    giver: OrganisationId
    """Who gave."""
    taker: OrganisationId
    """Who took."""
    given_by: PersonRef | None = None
    """Person who gave."""
    taken_by: PersonRef | None = None
    """Person who took."""
    seals: SealState | None = None
    """Seals."""
    condition: Text | None = None
    """Condition."""


class ConsignmentRedirected(Fact, frozen=True, kw_only=True):
    """A consignment on its way goes to another consignee."""

    about: ClassVar[About] = About(
        no=85, stage="custody", inherits="c", kind=Kind.DECISION, signs=(SignatureMeaning.APPROVED,)
    )

    consignment: ConsignmentId
    """Its id."""
    former: SiteId
    """Consignee before."""
    destination: SiteId
    """Consignee now."""
    reason: Text
    """Why."""
    due_by: Time | None = None
    """New time limit."""


class ConsignmentArrivedUnexpectedly(Fact, frozen=True, kw_only=True):
    """Something arrived that nobody announced; it goes to quarantine."""

    about: ClassVar[About] = About(no=87, stage="custody", inherits="cm", kind=Kind.SAFETY_ACT)

    consignment: ConsignmentId | None = None
    """Number on it."""
    materials: Annotated[tuple[MaterialId, ...], ANY] = ()
    """Containers in it."""
    labels: CheckOutcome | None = None
    """Labels, as seen."""
    seals: SealState | None = None
    """Seals."""
    condition: Text | None = None
    """Condition, as seen."""


class ConsignmentLost(Fact, frozen=True, kw_only=True):
    """A consignment cannot be found."""

    about: ClassVar[About] = About(no=88, stage="custody", inherits="c", kind=Kind.SAFETY_ACT)

    consignment: ConsignmentId
    """Its id."""
    last_seen: Text | None = None
    """Where and when it was seen last."""
    search: Text | None = None
    """What is done to find it."""


class ConsignmentFound(Fact, frozen=True, kw_only=True):
    """A lost consignment was found; its contents wait for an assessment."""

    about: ClassVar[About] = About(no=89, stage="custody", inherits="c", kind=Kind.SAFETY_ACT)

    consignment: ConsignmentId
    """Its id."""
    found_at: Text | None = None
    """Where."""
    condition: Text | None = None
    """Condition."""


class ShipperRecharged(Fact, frozen=True, kw_only=True):
    """Liquid nitrogen was added to a dry shipper."""

    about: ClassVar[About] = About(
        no=90, stage="custody", inherits="c", kind=Kind.HAPPENING, signs=(SignatureMeaning.PERFORMED,)
    )

    shipper: EquipmentId
    """The shipper."""
    consignment: ConsignmentId | None = None
    """Consignment in it."""
    nitrogen: Quantity | None = None
    """How much was added."""
    weight: Quantity | None = None
    """Weight after."""
    hold_until: Time | None = None
    """How long it holds now."""


class ShipperReturned(Fact, frozen=True, kw_only=True):
    """A shipper came back."""

    about: ClassVar[About] = About(no=91, stage="custody", kind=Kind.HAPPENING, signs=(SignatureMeaning.PERFORMED,))

    shipper: EquipmentId
    """The shipper."""
    destination: SiteId
    """Where."""
    condition: Text | None = None
    """Condition."""
    logger: Document | None = None
    """Logger download."""
