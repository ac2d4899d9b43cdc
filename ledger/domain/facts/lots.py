"""Lots, specifications, and the release of a lot for use."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind, Link
from ledger.domain.facts.licensing import HoldLimit
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.shape import (
    ANY,
    SOME,
    Code,
    Date,
    Decimal,
    Expiry,
    Text,
    Value,
)
from ledger.domain.facts.terms import TestStage
from ledger.domain.facts.values import (
    Document,
    LicenceRef,
    LotId,
    LotKind,
    OrganisationId,
    ProductId,
    ProductRef,
    SignatureMeaning,
    SiteId,
    SpecificationId,
)


class SpecificationTest(Value, frozen=True, kw_only=True):
    """One test of a specification."""

    name: Code
    """Name of the test, as results give it."""
    method: Code | None = None
    """Method."""
    unit: Code | None = None
    """UCUM unit of the limits."""
    low: Decimal | None = None
    """Lower limit, kept when equal."""
    high: Decimal | None = None
    """Upper limit, kept when equal."""
    expected: Text | None = None
    """What is expected when it is no number."""
    late: bool | None = None
    """May come after certification (late test)."""
    stage: TestStage | None = None
    """Stage at which it is done; absent means release."""


class SpecificationApproved(Fact, frozen=True, kw_only=True):
    """The tests and limits of a product, material or intermediate."""

    about: ClassVar[About] = About(no=22, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.APPROVED,))

    specification: SpecificationId
    """Its id."""
    product: ProductId
    """Its product."""
    version: Code
    """Version."""
    tests: Annotated[tuple[SpecificationTest, ...], SOME]
    """Tests with limits."""
    hold_limits: Annotated[tuple[HoldLimit, ...], ANY] = ()
    """How long something may wait."""
    effective_from: Date
    """First day."""
    effective_to: Date | None = None
    """Last day."""


class EmbryonicOrigin(Value, frozen=True, kw_only=True):
    """Where a human embryonic stem-cell line comes from."""

    research_licence: LicenceRef | None = None
    """HFEA research licence of a line derived in the United Kingdom."""
    deposit: Code | None = None
    """Deposit reference of the UK Stem Cell Bank."""
    deposit_pending: bool | None = None
    """The deposit was applied for and is not done yet."""


class LotRegistered(Fact, frozen=True, kw_only=True):
    """A lot of a raw, ancillary or consumable material, a vector, a cell bank or a device part."""

    about: ClassVar[About] = About(no=44, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.PERFORMED,))

    lot: LotId
    """Lot number under its supplier's scheme."""
    supplier: OrganisationId
    """Who supplies it."""
    made_from: Annotated[tuple[LotId, ...], ANY] = ()
    """Lots that it was made from."""
    product: ProductId | None = None
    """Product that it belongs to."""
    item: Text
    """What it is."""
    kind: LotKind
    """Which class of material."""
    expiry: Expiry | None = None
    """Expiry printed on it."""
    certificate: Document | None = None
    """Certificate of analysis."""
    udi: Code | None = None
    """Unique device identification."""
    embryonic: EmbryonicOrigin | None = None
    """For a line derived from human embryonic stem cells."""
    effective_from: Date
    """First day."""

    def lineage(self) -> Iterator[Link]:
        """The lots that it was made from."""
        lot = tag_of("lot", self.lot)
        yield from (Link(lot, tag_of("lot", item), "made-from") for item in self.made_from)


class LotReleased(Fact, frozen=True, kw_only=True):
    """A lot was released for use."""

    about: ClassVar[About] = About(no=45, stage="registry", kind=Kind.DECISION, signs=(SignatureMeaning.APPROVED,))

    lot: LotId
    """Which."""
    site: SiteId | None = None
    """For one site; absent means everywhere."""
    products: Annotated[tuple[ProductRef, ...], ANY] = ()
    """For which products; absent means all."""
    tests: Annotated[tuple[Code, ...], ANY] = ()
    """Tests on which it rests."""
    until: Date | None = None
    """Last day."""
