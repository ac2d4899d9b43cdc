"""What becomes of a patient after the treatment: visits of a long-term follow-up, contact lost and regained, death."""

from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind
from ledger.domain.facts.shape import ANY, SOME, Code, Count, Date, Text, Value, Word
from ledger.domain.facts.values import (
    CaseRef,
    CoiId,
    CoiRef,
    Document,
    OrganisationId,
    PatientId,
    ProductId,
    SignatureMeaning,
    SiteId,
)


class FollowUpMode(Word):
    """How somebody is followed up: seen, asked in writing or by telephone, or from records alone."""

    EXAMINATION = "FOLLOW_UP_MODE_EXAMINATION"
    QUESTIONNAIRE = "FOLLOW_UP_MODE_QUESTIONNAIRE"
    TELEPHONE = "FOLLOW_UP_MODE_TELEPHONE"
    RECORDS = "FOLLOW_UP_MODE_RECORDS"


class FollowUpFindingKind(Word):
    """What long-term follow-up looks for."""

    MALIGNANCY = "FOLLOW_UP_FINDING_KIND_MALIGNANCY"
    NEUROLOGICAL = "FOLLOW_UP_FINDING_KIND_NEUROLOGICAL"
    AUTOIMMUNE = "FOLLOW_UP_FINDING_KIND_AUTOIMMUNE"
    HAEMATOLOGICAL = "FOLLOW_UP_FINDING_KIND_HAEMATOLOGICAL"
    REPLICATION_COMPETENT_VIRUS = "FOLLOW_UP_FINDING_KIND_REPLICATION_COMPETENT_VIRUS"
    INTEGRATION_SITE = "FOLLOW_UP_FINDING_KIND_INTEGRATION_SITE"
    PERSISTENCE = "FOLLOW_UP_FINDING_KIND_PERSISTENCE"
    PREGNANCY = "FOLLOW_UP_FINDING_KIND_PREGNANCY"
    INFECTION = "FOLLOW_UP_FINDING_KIND_INFECTION"
    DISEASE_STATUS = "FOLLOW_UP_FINDING_KIND_DISEASE_STATUS"
    OTHER = "FOLLOW_UP_FINDING_KIND_OTHER"


class FollowUpFindingOutcome(Word):
    """What was seen of it."""

    FOUND = "FOLLOW_UP_FINDING_OUTCOME_FOUND"
    NOT_FOUND = "FOLLOW_UP_FINDING_OUTCOME_NOT_FOUND"
    NOT_EXAMINED = "FOLLOW_UP_FINDING_OUTCOME_NOT_EXAMINED"
    INCONCLUSIVE = "FOLLOW_UP_FINDING_OUTCOME_INCONCLUSIVE"


class LossCause(Word):
    """Why a patient is lost to follow-up."""

    MOVED = "LOSS_CAUSE_MOVED"
    ABROAD = "LOSS_CAUSE_ABROAD"
    DECLINED = "LOSS_CAUSE_DECLINED"
    NOT_REACHED = "LOSS_CAUSE_NOT_REACHED"
    CENTRE_CLOSED = "LOSS_CAUSE_CENTRE_CLOSED"
    OTHER = "LOSS_CAUSE_OTHER"
    NOT_KNOWN = "LOSS_CAUSE_NOT_KNOWN"


class FollowUpTransferCause(Word):
    """Why another centre follows up."""

    MOVE = "FOLLOW_UP_TRANSFER_CAUSE_MOVE"
    SHARED_CARE = "FOLLOW_UP_TRANSFER_CAUSE_SHARED_CARE"
    ADULT_SERVICE = "FOLLOW_UP_TRANSFER_CAUSE_ADULT_SERVICE"
    CENTRE_CLOSED = "FOLLOW_UP_TRANSFER_CAUSE_CENTRE_CLOSED"
    OTHER = "FOLLOW_UP_TRANSFER_CAUSE_OTHER"


class SubsequentTherapyKind(Word):
    """Which therapy came after."""

    TRANSPLANT = "SUBSEQUENT_THERAPY_KIND_TRANSPLANT"
    SECOND_PRODUCT = "SUBSEQUENT_THERAPY_KIND_SECOND_PRODUCT"
    CYTOTOXIC = "SUBSEQUENT_THERAPY_KIND_CYTOTOXIC"
    RADIOTHERAPY = "SUBSEQUENT_THERAPY_KIND_RADIOTHERAPY"
    OTHER = "SUBSEQUENT_THERAPY_KIND_OTHER"


class RecordsRecipient(Word):
    """Who is sent records of a treatment."""

    GENERAL_PRACTITIONER = "RECORDS_RECIPIENT_GENERAL_PRACTITIONER"
    REFERRING_TEAM = "RECORDS_RECIPIENT_REFERRING_TEAM"
    FOLLOW_UP_CENTRE = "RECORDS_RECIPIENT_FOLLOW_UP_CENTRE"
    PATIENT = "RECORDS_RECIPIENT_PATIENT"
    OTHER = "RECORDS_RECIPIENT_OTHER"


class RecordsContent(Word):
    """What is sent of a treatment's records."""

    LETTER = "RECORDS_CONTENT_LETTER"
    PATIENT_CARD = "RECORDS_CONTENT_PATIENT_CARD"
    WHOLE_RECORD = "RECORDS_CONTENT_WHOLE_RECORD"
    OTHER = "RECORDS_CONTENT_OTHER"


class FollowUpWindow(Value, frozen=True, kw_only=True):
    """One visit that a plan asks for, in whole days after the day of the treatment."""

    visit: Code
    """Name of the visit in the plan: day 100, month 6, year 15."""
    opens_day: Count
    """First day of its window."""
    due_day: Count
    """Day on which it is due."""
    closes_day: Count
    """Last day of its window."""
    mode: FollowUpMode | None = None
    """How the plan asks for it; absent means either way."""


class FollowUpFinding(Value, frozen=True, kw_only=True):
    """What was looked for at a visit, and what was seen. No identity."""

    kind: FollowUpFindingKind
    """What was looked for."""
    outcome: FollowUpFindingOutcome
    """What was seen."""
    description: Text | None = None
    """In words, without identity."""
    case: CaseRef | None = None
    """Case under which it was reported as an adverse reaction."""
    report: Document | None = None
    """Laboratory or imaging report."""


class FollowUpScheduled(Fact, frozen=True, kw_only=True):
    """A long-term follow-up was planned after a treatment: visits with windows, by the plan of the product.

    Sent again, whole, when it changes. When a visit is due is computed and never sent.
    """

    about: ClassVar[About] = About(
        no=159, stage="follow_up", inherits="k", kind=Kind.HAPPENING, signs=(SignatureMeaning.PERFORMED,)
    )

    coi: CoiId
    """Chain."""
    patient: PatientId
    """Pseudonym of the patient."""
    product: ProductId
    """Product given."""
    site: SiteId
    """Centre responsible for the follow-up."""
    plan: Code
    """Plan followed, with its version."""
    treated_on: Date
    """Day of the treatment, from which the windows count."""
    visits: Annotated[tuple[FollowUpWindow, ...], SOME]
    """Visits."""
    until: Date | None = None
    """Last day of the follow-up; absent means the end of the last window."""


class FollowUpVisitCompleted(Fact, frozen=True, kw_only=True):
    """A follow-up visit took place, or its questions were answered."""

    about: ClassVar[About] = About(
        no=160, stage="follow_up", inherits="k", kind=Kind.HAPPENING, signs=(SignatureMeaning.PERFORMED,)
    )

    coi: CoiId
    """Chain."""
    patient: PatientId
    """Pseudonym of the patient."""
    site: SiteId
    """Centre that saw the patient or asked."""
    visit: Code
    """Name of the visit in the plan; any other for a visit that no plan asked for."""
    mode: FollowUpMode
    """How."""
    findings: Annotated[tuple[FollowUpFinding, ...], ANY] = ()
    """What was looked for, and what was seen."""


class PatientLostToFollowUp(Fact, frozen=True, kw_only=True):
    """A patient could not be followed any more."""

    about: ClassVar[About] = About(
        no=161, stage="follow_up", inherits="k", kind=Kind.HAPPENING, signs=(SignatureMeaning.PERFORMED,)
    )

    coi: CoiId
    """Chain."""
    patient: PatientId
    """Pseudonym of the patient."""
    cause: LossCause
    """The class of reason."""
    reason: Text | None = None
    """In words, without identity."""
    last_contact: Date | None = None
    """Day of the last contact."""
    attempts: Count | None = None
    """How often contact was tried."""


class ContactRegained(Fact, frozen=True, kw_only=True):
    """A patient who was lost to follow-up was found again."""

    about: ClassVar[About] = About(
        no=162, stage="follow_up", inherits="k", kind=Kind.HAPPENING, signs=(SignatureMeaning.PERFORMED,)
    )

    coi: CoiId
    """Chain."""
    patient: PatientId
    """Pseudonym of the patient."""
    how: Text
    """How, without identity."""


class FollowUpResponsibilityTransferred(Fact, frozen=True, kw_only=True):
    """Another centre became responsible for the follow-up. Both accept it."""

    about: ClassVar[About] = About(
        no=163, stage="follow_up", inherits="k", kind=Kind.HAPPENING, signs=(SignatureMeaning.ACCEPTED,)
    )

    coi: CoiId
    """Chain."""
    patient: PatientId
    """Pseudonym of the patient."""
    leaving: SiteId
    """Centre that hands over."""
    joining: SiteId
    """Centre that takes over."""
    cause: FollowUpTransferCause
    """The class of reason."""
    reason: Text | None = None
    """In words, without identity."""


class SubsequentTherapyGiven(Fact, frozen=True, kw_only=True):
    """A patient was given another therapy after this one, which changes what later findings mean."""

    about: ClassVar[About] = About(
        no=165, stage="follow_up", inherits="k", kind=Kind.HAPPENING, signs=(SignatureMeaning.PERFORMED,)
    )

    patient: PatientId
    """Pseudonym of the patient."""
    coi: CoiId | None = None
    """Chain after which it was given."""
    kind: SubsequentTherapyKind
    """What sort."""
    given_on: Date | None = None
    """Day on which it was given; absent means when this is said to have happened."""
    other_coi: CoiRef | None = None
    """Its own chain of identity, where it has one."""
    description: Text | None = None
    """In words, without identity."""


class RecordsSent(Fact, frozen=True, kw_only=True):
    """Records of a treatment were sent to who looks after the patient, or given to the patient."""

    about: ClassVar[About] = About(
        no=166, stage="follow_up", inherits="k", kind=Kind.HAPPENING, signs=(SignatureMeaning.PERFORMED,)
    )

    coi: CoiId
    """Chain."""
    patient: PatientId
    """Pseudonym of the patient."""
    recipient: RecordsRecipient
    """To whom."""
    organisation: OrganisationId | None = None
    """Organisation to which it was sent; absent where it was given to the patient."""
    what: RecordsContent
    """What was sent."""
    document: Document | None = None
    """What was sent, as a document."""


class DeathCause(Word):
    """Category of a cause of death."""

    UNDERLYING_DISEASE = "DEATH_CAUSE_UNDERLYING_DISEASE"
    PRODUCT = "DEATH_CAUSE_PRODUCT"
    OTHER_TREATMENT = "DEATH_CAUSE_OTHER_TREATMENT"
    OTHER = "DEATH_CAUSE_OTHER"
    NOT_KNOWN = "DEATH_CAUSE_NOT_KNOWN"


class PatientDied(Fact, frozen=True, kw_only=True):
    """A patient died. Never refused."""

    about: ClassVar[About] = About(no=164, stage="follow_up", inherits="k", kind=Kind.SAFETY_ACT)

    patient: PatientId
    """The patient."""
    coi: CoiId | None = None
    """Chain concerned."""
    died_on: Date | None = None
    """Day of death; absent means that it is not known."""
    cause: DeathCause | None = None
    """Category of the cause."""
    autopsy_asked: bool | None = None
    """An autopsy was asked for."""
