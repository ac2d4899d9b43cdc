"""Who is told of what went wrong and what they answer: look-backs, notices, drills, corrective actions."""

from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind
from ledger.domain.facts.shape import ANY, Count, Date, OneOf, Position, Seconds, Sha256, Text, Time, Word
from ledger.domain.facts.values import (
    CaseId,
    CoiId,
    DeviationId,
    Document,
    DonationId,
    DonorId,
    LotId,
    MaterialId,
    OrganisationId,
    PatientId,
    SignatureMeaning,
    SiteId,
)


class NoticeRecipient(Word):
    """Who is told."""

    SITE = "NOTICE_RECIPIENT_SITE"
    CLINICIAN = "NOTICE_RECIPIENT_CLINICIAN"
    PATIENT_VIA_HOSPITAL = "NOTICE_RECIPIENT_PATIENT_VIA_HOSPITAL"
    AUTHORITY = "NOTICE_RECIPIENT_AUTHORITY"
    SPONSOR = "NOTICE_RECIPIENT_SPONSOR"
    SUPPLIER = "NOTICE_RECIPIENT_SUPPLIER"
    OTHER = "NOTICE_RECIPIENT_OTHER"


class NoticeMeans(Word):
    """How somebody is told."""

    TELEPHONE = "NOTICE_MEANS_TELEPHONE"
    EMAIL = "NOTICE_MEANS_EMAIL"
    LETTER = "NOTICE_MEANS_LETTER"
    PORTAL = "NOTICE_MEANS_PORTAL"
    IN_PERSON = "NOTICE_MEANS_IN_PERSON"
    OTHER = "NOTICE_MEANS_OTHER"


class IdentitySide(Word):
    """Whose identity."""

    DONOR = "IDENTITY_SIDE_DONOR"
    RECIPIENT = "IDENTITY_SIDE_RECIPIENT"


class CorrectiveActionCompleted(Fact, frozen=True, kw_only=True):
    """A corrective or preventive action that a deviation or a case called for was completed."""

    about: ClassVar[About] = About(
        no=145,
        stage="safety",
        inherits="d",
        kind=Kind.HAPPENING,
        signs=(SignatureMeaning.PERFORMED, SignatureMeaning.REVIEWED),
    )
    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("subject", ("deviation", "case"), required=True),)

    deviation: DeviationId | None = None
    """Deviation that called for it."""
    case: CaseId | None = None
    """Case that called for it."""
    action: Text
    """What was done, without identity."""
    effective: bool | None = None
    """The check showed that it works."""
    effectiveness: Text | None = None
    """How that was checked."""


class LookbackOpened(Fact, frozen=True, kw_only=True):
    """New information about a donor, a donation or a lot made somebody look who was reached by it."""

    about: ClassVar[About] = About(
        no=154, stage="safety", inherits="m", kind=Kind.SAFETY_ACT, signs=(SignatureMeaning.APPROVED,)
    )

    case: CaseId
    """Its id."""
    donor: DonorId | None = None
    """Donor that the information is about."""
    patient: PatientId | None = None
    """Patient who gave for themselves."""
    donation: DonationId | None = None
    """Donation concerned."""
    lot: LotId | None = None
    """Lot concerned."""
    information: Text
    """What became known, without identity."""
    scope_position: Position | None = None
    """Position at which the scope was taken."""
    scope_hash: Sha256 | None = None
    """SHA-256 of the scope, 32 bytes."""


class RecallDrillRun(Fact, frozen=True, kw_only=True):
    """A recall was rehearsed. Nothing changes its status by it."""

    about: ClassVar[About] = About(
        no=155, stage="safety", inherits="d", kind=Kind.RECORD, settles=True, signs=(SignatureMeaning.REVIEWED,)
    )

    case: CaseId
    """The drill's own id."""
    scope: Text
    """What was looked for."""
    scope_position: Position | None = None
    """Position at which the scope was taken."""
    scope_hash: Sha256 | None = None
    """SHA-256 of the scope, 32 bytes."""
    time_taken: Seconds
    """How long it took until everything was found."""
    reached: Count | None = None
    """How many of those to be told were reached."""
    unreachable: Count | None = None
    """How many were not."""
    findings: Text | None = None
    """What to do better."""


class NoticeSent(Fact, frozen=True, kw_only=True):
    """Somebody was told of a recall, a look-back or another case."""

    about: ClassVar[About] = About(
        no=156, stage="safety", inherits="d", kind=Kind.HAPPENING, signs=(SignatureMeaning.PERFORMED,)
    )

    case: CaseId
    """Which."""
    organisation: OrganisationId
    """Organisation that was told."""
    site: SiteId | None = None
    """Site that was told."""
    coi: CoiId | None = None
    """Chain that it is about."""
    recipient: NoticeRecipient
    """Who there."""
    means: NoticeMeans | None = None
    """How."""
    tells: Annotated[tuple[IdentitySide, ...], ANY] = ()
    """Whose identity or pseudonym it tells."""
    answer_by: Date | None = None
    """Until when an answer is asked for."""
    notice: Document | None = None
    """The notice."""


class NoticeAnswered(Fact, frozen=True, kw_only=True):
    """Somebody who was told of a case answered."""

    about: ClassVar[About] = About(
        no=157, stage="safety", inherits="dm", kind=Kind.HAPPENING, signs=(SignatureMeaning.PERFORMED,)
    )

    case: CaseId
    """Which."""
    organisation: OrganisationId
    """Organisation that answers."""
    materials: Annotated[tuple[MaterialId, ...], ANY] = ()
    """Containers that the answer is about."""
    coi: CoiId | None = None
    """Chain that it is about."""
    received_at: Time | None = None
    """When the notice arrived."""
    held: Count | None = None
    """Containers that are still held."""
    used: Count | None = None
    """Containers that were used."""
    action: Text | None = None
    """What was done, without identity."""
