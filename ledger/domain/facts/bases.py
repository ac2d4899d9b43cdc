"""What activities rest on beside a licence as granted: its suspension, agreements, authorisations, designations."""

from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind
from ledger.domain.facts.registry import Activity, Nation
from ledger.domain.facts.shape import (
    ANY,
    Code,
    Date,
    Text,
    Time,
    Word,
)
from ledger.domain.facts.values import (
    AgreementId,
    AuthorisationId,
    DesignationId,
    DesignationRef,
    Document,
    LicenceId,
    ManufacturingMode,
    OrganisationId,
    OrganisationRef,
    ProductId,
    ProductRef,
    SignatureMeaning,
    SiteId,
    SiteRef,
)


class LicenceScope(Word):
    """How much of a licence."""

    ALL = "LICENCE_SCOPE_ALL"
    PRODUCT_LINE = "LICENCE_SCOPE_PRODUCT_LINE"
    PREMISES = "LICENCE_SCOPE_PREMISES"


class LicenceEndReason(Word):
    """How a licence ended."""

    REVOKED = "LICENCE_END_REASON_REVOKED"
    SURRENDERED = "LICENCE_END_REASON_SURRENDERED"
    EXPIRED = "LICENCE_END_REASON_EXPIRED"


class AgreementPurpose(Word):
    """What an agreement is for.

    HTA third party, GMP technical, carrier, import or export supplier, contract mobile service, delegation, host site.
    """

    THIRD_PARTY = "AGREEMENT_PURPOSE_THIRD_PARTY"
    TECHNICAL = "AGREEMENT_PURPOSE_TECHNICAL"
    CARRIER = "AGREEMENT_PURPOSE_CARRIER"
    SUPPLIER = "AGREEMENT_PURPOSE_SUPPLIER"
    MOBILE_SERVICE = "AGREEMENT_PURPOSE_MOBILE_SERVICE"
    DELEGATION = "AGREEMENT_PURPOSE_DELEGATION"
    SITE = "AGREEMENT_PURPOSE_SITE"


class AuthorisationChange(Word):
    """First grant, variation, sites opened."""

    GRANTED = "AUTHORISATION_CHANGE_GRANTED"
    VARIED = "AUTHORISATION_CHANGE_VARIED"
    SITES_OPENED = "AUTHORISATION_CHANGE_SITES_OPENED"


class AuthorisationKind(Word):
    """Marketing, trial, early access, exemption, special, ILAP passport."""

    MARKETING_AUTHORISATION = "AUTHORISATION_KIND_MARKETING_AUTHORISATION"
    CLINICAL_TRIAL = "AUTHORISATION_KIND_CLINICAL_TRIAL"
    EARLY_ACCESS = "AUTHORISATION_KIND_EARLY_ACCESS"
    HOSPITAL_EXEMPTION = "AUTHORISATION_KIND_HOSPITAL_EXEMPTION"
    SPECIAL = "AUTHORISATION_KIND_SPECIAL"
    INNOVATION_PASSPORT = "AUTHORISATION_KIND_INNOVATION_PASSPORT"


class DesignationEndReason(Word):
    """How a designation ended."""

    SUPERSEDED = "DESIGNATION_END_REASON_SUPERSEDED"
    WITHDRAWN = "DESIGNATION_END_REASON_WITHDRAWN"


class LicenceSuspended(Fact, frozen=True, kw_only=True):
    """An authority suspended a licence, whole or in part (HMR 26(2)). Never refused."""

    about: ClassVar[About] = About(
        no=24, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.PERFORMED,), never_barred=True
    )

    licence: LicenceId
    """Which."""
    scope: LicenceScope
    """All of it, product lines, or premises."""
    products: Annotated[tuple[ProductRef, ...], ANY] = ()
    """Product lines suspended."""
    sites: Annotated[tuple[SiteRef, ...], ANY] = ()
    """Premises suspended."""
    reference: Code | None = None
    """The authority's reference."""
    reason: Text | None = None
    """Why."""
    effective_from: Time
    """From when."""


class LicenceReinstated(Fact, frozen=True, kw_only=True):
    """An authority lifted the suspension of a licence."""

    about: ClassVar[About] = About(no=25, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.PERFORMED,))

    licence: LicenceId
    """Which."""
    scope: LicenceScope
    """All of it, product lines, or premises."""
    products: Annotated[tuple[ProductRef, ...], ANY] = ()
    """Product lines reinstated."""
    sites: Annotated[tuple[SiteRef, ...], ANY] = ()
    """Premises reinstated."""
    reference: Code | None = None
    """The authority's reference."""
    effective_from: Time
    """From when."""


class LicenceEnded(Fact, frozen=True, kw_only=True):
    """A licence was revoked, surrendered or expired."""

    about: ClassVar[About] = About(no=26, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.PERFORMED,))

    licence: LicenceId
    """Which."""
    reason: LicenceEndReason
    """How it ended."""
    records_custodian: OrganisationRef | None = None
    """Who keeps its records from then on."""
    reference: Code | None = None
    """Reference of the decision."""
    effective_from: Time
    """From when."""


class AgreementSigned(Fact, frozen=True, kw_only=True):
    """An agreement on which activities rest: third-party, technical, carrier, supplier, mobile service, delegation."""

    about: ClassVar[About] = About(no=27, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.ACCEPTED,))

    agreement: AgreementId
    """Its id."""
    giver: OrganisationId
    """Contract giver; for a third-party agreement the licence holder."""
    acceptor: OrganisationId
    """Contract acceptor, who does the work."""
    licence: LicenceId | None = None
    """Licence that covers what is done under it."""
    purpose: AgreementPurpose
    """What for."""
    activities: Annotated[tuple[Activity, ...], ANY] = ()
    """Activities covered."""
    sites: Annotated[tuple[SiteRef, ...], ANY] = ()
    """Sites covered; absent means all of the acceptor's."""
    products: Annotated[tuple[ProductRef, ...], ANY] = ()
    """Products covered; absent means all."""
    reference: Code | None = None
    """Reference."""
    document: Document | None = None
    """The agreement."""
    effective_from: Date
    """First day."""
    effective_to: Date | None = None
    """Last day, included, in UK civil time."""


class AgreementEnded(Fact, frozen=True, kw_only=True):
    """An agreement ended before its last day."""

    about: ClassVar[About] = About(no=28, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.PERFORMED,))

    agreement: AgreementId
    """Which."""
    reason: Text | None = None
    """Why."""
    effective_from: Time
    """From when."""


class AuthorisationGranted(Fact, frozen=True, kw_only=True):
    """A marketing authorisation, trial authorisation, early access opinion or hospital exemption."""

    about: ClassVar[About] = About(no=29, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.PERFORMED,))

    authorisation: AuthorisationId
    """Its number."""
    product: ProductId
    """Product."""
    organisation: OrganisationId
    """Holder or sponsor."""
    change: AuthorisationChange
    """Granted, varied, sites opened."""
    kind: AuthorisationKind
    """Which kind."""
    nations: Annotated[tuple[Nation, ...], ANY] = ()
    """Where it holds."""
    indications: Annotated[tuple[Code, ...], ANY] = ()
    """Indications; absent means not limited."""
    sites: Annotated[tuple[SiteId, ...], ANY] = ()
    """Sites named: trial sites open, makers abroad."""
    reference: Code | None = None
    """Reference of the decision."""
    ethics_reference: Code | None = None
    """REC or HRA reference of a trial."""
    applied_for: Date | None = None
    """Day of the application."""
    effective_from: Date
    """First day."""
    effective_to: Date | None = None
    """Last day."""
    blinded: bool | None = None
    """A trial in which it is not told who gets the product, a comparator or a placebo."""


class DesignationGranted(Fact, frozen=True, kw_only=True):
    """The MHRA designated a product for manufacture at the point of care or in modular units."""

    about: ClassVar[About] = About(no=33, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.PERFORMED,))

    designation: DesignationId
    """Its number."""
    product: ProductId
    """Product."""
    mode: ManufacturingMode
    """Point of care or modular."""
    reference: Code | None = None
    """Reference of the decision."""
    basis: Text | None = None
    """On which grounds."""
    effective_from: Date
    """First day."""


class DesignationEnded(Fact, frozen=True, kw_only=True):
    """A designation was superseded or withdrawn."""

    about: ClassVar[About] = About(no=34, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.PERFORMED,))

    designation: DesignationId
    """Which."""
    product: ProductId
    """Product."""
    reason: DesignationEndReason
    """How it ended."""
    successor: DesignationRef | None = None
    """The designation that replaced it."""
    effective_from: Date
    """First day without it."""
