"""What people are trained for, and roles that end."""

from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind
from ledger.domain.facts.registry import Role
from ledger.domain.facts.shape import (
    ANY,
    SOME,
    Code,
    Date,
    OneOf,
    Text,
)
from ledger.domain.facts.values import (
    Document,
    LicenceId,
    OrganisationId,
    PersonId,
    PersonRef,
    ProductId,
    SignatureMeaning,
    SiteId,
)


class RoleEnded(Fact, frozen=True, kw_only=True):
    """Somebody may no longer do what a role permitted."""

    about: ClassVar[About] = About(no=17, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.APPROVED,))
    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("scope", ("site", "organisation", "licence"), required=True),)

    person: PersonId
    """Who."""
    role: Role
    """Which role."""
    site: SiteId | None = None
    """At one site."""
    organisation: OrganisationId | None = None
    """In one organisation."""
    licence: LicenceId | None = None
    """Named on one licence."""
    steps: Annotated[tuple[Code, ...], ANY] = ()
    """Fact types that end; absent means all."""
    reason: Text | None = None
    """Why."""
    effective_from: Date
    """First day without it."""


class TrainingCompleted(Fact, frozen=True, kw_only=True):
    """Somebody was trained for steps at a site, and until when that holds."""

    about: ClassVar[About] = About(
        no=18, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.PERFORMED, SignatureMeaning.VERIFIED)
    )

    person: PersonId
    """Who."""
    site: SiteId
    """Where."""
    product: ProductId | None = None
    """For one product; absent means all."""
    steps: Annotated[tuple[Code, ...], SOME]
    """Fact types trained for."""
    procedure: Code | None = None
    """Version of the procedure."""
    trainer: PersonRef | None = None
    """Who trained and assessed."""
    evidence: Document | None = None
    """Training record."""
    effective_from: Date
    """First day."""
    effective_to: Date | None = None
    """Last day."""
