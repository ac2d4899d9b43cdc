"""How records are kept: held for the law, handed to another keeper, disclosed."""

from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind
from ledger.domain.facts.enrolment import ConsentKind
from ledger.domain.facts.shape import ANY, Code, Count, Date, OneOf, Position, Text, Word
from ledger.domain.facts.values import (
    BatchId,
    CaseId,
    CoiId,
    Document,
    DonorId,
    LicenceId,
    OrganisationId,
    PatientId,
    SignatureMeaning,
    SiteId,
)


class RecordCustodyReason(Word):
    """Why records change hands."""

    INSOLVENCY = "RECORD_CUSTODY_REASON_INSOLVENCY"
    LICENCE_ENDED = "RECORD_CUSTODY_REASON_LICENCE_ENDED"
    SITE_CEASED = "RECORD_CUSTODY_REASON_SITE_CEASED"
    SUCCESSION = "RECORD_CUSTODY_REASON_SUCCESSION"
    OTHER = "RECORD_CUSTODY_REASON_OTHER"


class DisclosurePurpose(Word):
    """What data leave the ledger for."""

    TRACING = "DISCLOSURE_PURPOSE_TRACING"
    INSPECTOR = "DISCLOSURE_PURPOSE_INSPECTOR"
    COURT = "DISCLOSURE_PURPOSE_COURT"
    REGISTRY = "DISCLOSURE_PURPOSE_REGISTRY"
    MARKETING_AUTHORISATION_HOLDER = "DISCLOSURE_PURPOSE_MARKETING_AUTHORISATION_HOLDER"
    RESEARCH = "DISCLOSURE_PURPOSE_RESEARCH"
    TREATMENT = "DISCLOSURE_PURPOSE_TREATMENT"
    OTHER = "DISCLOSURE_PURPOSE_OTHER"


class AuditTrailReviewed(Fact, frozen=True, kw_only=True):
    """What was recorded about a licence, a site or a batch was reviewed (EU GMP Annex 11 section 9)."""

    about: ClassVar[About] = About(
        no=176, stage="records", kind=Kind.RECORD, settles=True, signs=(SignatureMeaning.REVIEWED,)
    )
    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("scope", ("licence", "site", "batch"), required=True),)

    licence: LicenceId | None = None
    """What was done under a licence was reviewed."""
    site: SiteId | None = None
    """What was done at a site was reviewed."""
    batch: BatchId | None = None
    """What was done in a batch was reviewed."""
    period_from: Date | None = None
    """First day reviewed."""
    period_to: Date | None = None
    """Last day reviewed."""
    first_position: Position | None = None
    """First position reviewed."""
    last_position: Position | None = None
    """Last position reviewed."""
    findings: Annotated[tuple[Text, ...], ANY] = ()
    """What was found, without identity; none means nothing."""


class LegalHoldPlaced(Fact, frozen=True, kw_only=True):
    """Records are to be kept, whatever their retention, until the hold is lifted."""

    about: ClassVar[About] = About(
        no=177, stage="records", kind=Kind.RECORD, settles=True, signs=(SignatureMeaning.APPROVED,)
    )
    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("scope", ("coi", "batch", "organisation", "case"), required=True),)

    coi: CoiId | None = None
    """Records of a chain are held."""
    batch: BatchId | None = None
    """Records of a batch are held."""
    organisation: OrganisationId | None = None
    """Records of an organisation are held."""
    case: CaseId | None = None
    """Records of a case are held."""
    reason: Text
    """Why, without identity."""
    reference: Code | None = None
    """Reference of who asked: a court, a claim, an inspection."""


class LegalHoldLifted(Fact, frozen=True, kw_only=True):
    """A hold on records was lifted, by two people."""

    about: ClassVar[About] = About(
        no=178, stage="records", kind=Kind.RECORD, settles=True, signs=(SignatureMeaning.APPROVED,)
    )
    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("scope", ("coi", "batch", "organisation", "case"), required=True),)

    coi: CoiId | None = None
    """Records of a chain were held."""
    batch: BatchId | None = None
    """Records of a batch were held."""
    organisation: OrganisationId | None = None
    """Records of an organisation were held."""
    case: CaseId | None = None
    """Records of a case were held."""
    hold: Position
    """Position of the hold."""
    reason: Text
    """Why, without identity."""


class RecordCustodyTransferred(Fact, frozen=True, kw_only=True):
    """Records went from one keeper to another: when a site closed, a licence ended or an organisation failed."""

    about: ClassVar[About] = About(
        no=179, stage="records", kind=Kind.RECORD, settles=True, signs=(SignatureMeaning.ACCEPTED,)
    )

    giver: OrganisationId
    """Who kept them."""
    holder: OrganisationId
    """Who keeps them from now on."""
    site: SiteId | None = None
    """Only the records of a site."""
    licence: LicenceId | None = None
    """Only the records under a licence."""
    cause: RecordCustodyReason
    """What made it necessary."""
    reason: Text | None = None
    """In words."""
    manifest: Document | None = None
    """List of what was handed over."""


class DisclosureMade(Fact, frozen=True, kw_only=True):
    """Data left the ledger for somebody who is no party to them.

    Its list is what the law asks to be kept.
    """

    about: ClassVar[About] = About(
        no=180, stage="records", kind=Kind.RECORD, settles=True, signs=(SignatureMeaning.APPROVED,)
    )

    purpose: DisclosurePurpose
    """What for."""
    recipient: OrganisationId
    """To whom."""
    coi: Annotated[tuple[CoiId, ...], ANY] = ()
    """Chains disclosed."""
    patient: PatientId | None = None
    """Patient disclosed."""
    donor: DonorId | None = None
    """Donor disclosed."""
    case: CaseId | None = None
    """Case that it was for."""
    legal_basis: Text | None = None
    """Law, order or agreement that it rests on."""
    consent: ConsentKind | None = None
    """Kind of consent that it rests on."""
    disclosed: Annotated[tuple[Code, ...], ANY] = ()
    """Names of the fields that were told, never their values."""
    people: Count | None = None
    """How many people it is about."""
    export: Document | None = None
    """What was handed over."""
