"""POC sites and units in their working life: onboarded, paused, suspended, resumed, moved, ceased."""

from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind
from ledger.domain.facts.licensing import BatchesInProcess, SuspensionScope
from ledger.domain.facts.shape import ANY, Code, Decimal, Position, Text, Word
from ledger.domain.facts.values import (
    AgreementId,
    AgreementRef,
    Document,
    MasterFileId,
    OrganisationRef,
    ProductId,
    ProductRef,
    SignatureMeaning,
    SiteId,
)


class SiteAssessmentPurpose(Word):
    """What a site is assessed for."""

    SUITABILITY = "SITE_ASSESSMENT_PURPOSE_SUITABILITY"
    REMOTE_REVIEW = "SITE_ASSESSMENT_PURPOSE_REMOTE_REVIEW"
    ON_SITE_REVIEW = "SITE_ASSESSMENT_PURPOSE_ON_SITE_REVIEW"


class SiteAssessmentOutcome(Word):
    """What an assessment came to."""

    SUITABLE = "SITE_ASSESSMENT_OUTCOME_SUITABLE"
    SUITABLE_WITH_ACTIONS = "SITE_ASSESSMENT_OUTCOME_SUITABLE_WITH_ACTIONS"
    NOT_SUITABLE = "SITE_ASSESSMENT_OUTCOME_NOT_SUITABLE"


class SiteOnboarded(Fact, frozen=True, kw_only=True):
    """The control site accepted a POC site or unit for a product: from here on it may work under the master file."""

    about: ClassVar[About] = About(
        no=36, stage="registry", inherits="s", kind=Kind.DECISION, signs=(SignatureMeaning.APPROVED,)
    )

    site: SiteId
    """The site or unit."""
    masterfile: MasterFileId
    """Under which master file."""
    product: ProductRef | None = None
    """For which product."""
    approval: Code | None = None
    """Reference of the approval."""
    assessment: Position | None = None
    """The assessment on which it rests."""
    agreement: AgreementRef | None = None
    """The agreement with the site."""


class SiteAssessed(Fact, frozen=True, kw_only=True):
    """The control site assessed whether a place is suitable, jointly with the healthcare provider, or reviewed it.

    HMR 2012 Sch 3 para 1A.
    """

    about: ClassVar[About] = About(
        no=37,
        stage="registry",
        inherits="s",
        kind=Kind.HAPPENING,
        signs=(SignatureMeaning.PERFORMED, SignatureMeaning.ACCEPTED),
    )

    site: SiteId
    """The site or unit."""
    masterfile: MasterFileId | None = None
    """For which master file."""
    agreement: AgreementId | None = None
    """The agreement with the healthcare provider."""
    purpose: SiteAssessmentPurpose
    """Suitability, or a review remote or on site."""
    outcome: SiteAssessmentOutcome
    """What it came to."""
    findings: Annotated[tuple[Text, ...], ANY] = ()
    """What was found, without identity."""
    document: Document | None = None
    """The report."""


class SitePaused(Fact, frozen=True, kw_only=True):
    """Work at a site was stopped by anybody there or at the control site."""

    about: ClassVar[About] = About(no=38, stage="registry", inherits="s", kind=Kind.SAFETY_ACT)

    site: SiteId
    """The site or unit."""
    masterfile: MasterFileId | None = None
    """Limited to one master file."""
    product: ProductId | None = None
    """Limited to one product."""
    scope: SuspensionScope | None = None
    """How far; absent means all manufacture."""
    batches_in_process: BatchesInProcess | None = None
    """What becomes of open batches; absent means stop."""
    reason: Text
    """Why."""


class SiteSuspendedByHolder(Fact, frozen=True, kw_only=True):
    """The licence holder suspended a site or unit (HMR Sch 3 p1A(2)(e))."""

    about: ClassVar[About] = About(
        no=39, stage="registry", inherits="s", kind=Kind.SAFETY_ACT, signs=(SignatureMeaning.APPROVED,)
    )

    site: SiteId
    """The site or unit."""
    masterfile: MasterFileId
    """Under which master file."""
    scope: SuspensionScope | None = None
    """How far; absent means all manufacture, not use of what is released."""
    batches_in_process: BatchesInProcess | None = None
    """What becomes of open batches; absent means stop."""
    reason: Text
    """Why."""


class SiteResumed(Fact, frozen=True, kw_only=True):
    """A pause or suspension was lifted."""

    about: ClassVar[About] = About(
        no=41, stage="registry", inherits="s", kind=Kind.DECISION, signs=(SignatureMeaning.APPROVED,)
    )

    site: SiteId
    """The site or unit."""
    masterfile: MasterFileId | None = None
    """Limited to one master file."""
    stop: Position
    """The pause or suspension that is lifted."""
    variation_reference: Code | None = None
    """Approved variation; needed after the licensing authority's suspension."""


class SiteCeased(Fact, frozen=True, kw_only=True):
    """A site or unit ended its work under a master file."""

    about: ClassVar[About] = About(
        no=42, stage="registry", inherits="s", kind=Kind.DECISION, signs=(SignatureMeaning.APPROVED,)
    )

    site: SiteId
    """The site or unit."""
    masterfile: MasterFileId
    """Under which master file."""
    records_custodian: OrganisationRef | None = None
    """Who keeps its records."""
    batches: Text | None = None
    """Where its batches and stock go."""


class UnitRelocated(Fact, frozen=True, kw_only=True):
    """A modular or mobile unit was moved and made ready at its new place."""

    about: ClassVar[About] = About(
        no=43,
        stage="registry",
        inherits="s",
        kind=Kind.HAPPENING,
        signs=(SignatureMeaning.PERFORMED, SignatureMeaning.APPROVED),
    )

    site: SiteId
    """The unit."""
    masterfile: MasterFileId
    """Under which master file."""
    previous_latitude: Decimal | None = None
    """Where it stood, decimal degrees."""
    previous_longitude: Decimal | None = None
    """See previous_latitude."""
    latitude: Decimal
    """Where it stands now, decimal degrees."""
    longitude: Decimal
    """See latitude."""
    requalified: bool | None = None
    """Re-qualified at the new place."""
    requalification: Document | None = None
    """The record of it."""
