"""Adverse reactions and events, defects, urgent measures, and the reports about them."""

from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind
from ledger.domain.facts.licensing import Authority
from ledger.domain.facts.shape import ANY, Code, Date, OneOf, Text, Time, Word
from ledger.domain.facts.values import (
    AuthorisationId,
    BatchId,
    CaseId,
    CoiId,
    ConsignmentId,
    DeviationId,
    Document,
    DonationId,
    DonorId,
    EquipmentId,
    LotId,
    MasterFileId,
    MaterialId,
    OrganisationId,
    PatientId,
    ProductId,
    SignatureMeaning,
    SiteId,
)


class AdverseReactionKind(Word):
    """Under which law: HMR 2012, a medicine; 2007 Regulations, tissues and cells; a trial; what happened to a donor."""

    SUSPECTED_ADVERSE_REACTION = "ADVERSE_REACTION_KIND_SUSPECTED_ADVERSE_REACTION"
    SERIOUS_ADVERSE_REACTION = "ADVERSE_REACTION_KIND_SERIOUS_ADVERSE_REACTION"
    SUSAR = "ADVERSE_REACTION_KIND_SUSAR"
    DONOR_REACTION = "ADVERSE_REACTION_KIND_DONOR_REACTION"


class Seriousness(Word):
    """Gravest criterion met."""

    NOT_SERIOUS = "SERIOUSNESS_NOT_SERIOUS"
    DEATH = "SERIOUSNESS_DEATH"
    LIFE_THREATENING = "SERIOUSNESS_LIFE_THREATENING"
    HOSPITALISATION = "SERIOUSNESS_HOSPITALISATION"
    DISABILITY = "SERIOUSNESS_DISABILITY"
    CONGENITAL_ANOMALY = "SERIOUSNESS_CONGENITAL_ANOMALY"
    MEDICALLY_IMPORTANT = "SERIOUSNESS_MEDICALLY_IMPORTANT"


class Causality(Word):
    """How likely the product or procedure caused it."""

    NOT_ASSESSABLE = "CAUSALITY_NOT_ASSESSABLE"
    EXCLUDED = "CAUSALITY_EXCLUDED"
    UNLIKELY = "CAUSALITY_UNLIKELY"
    POSSIBLE = "CAUSALITY_POSSIBLE"
    LIKELY = "CAUSALITY_LIKELY"
    CERTAIN = "CAUSALITY_CERTAIN"


class AdverseEventKind(Word):
    """Happened or nearly did."""

    EVENT = "ADVERSE_EVENT_KIND_EVENT"
    NEAR_MISS = "ADVERSE_EVENT_KIND_NEAR_MISS"


class AdverseOutcome(Word):
    """What became of the person (2015/565)."""

    COMPLETE_RECOVERY = "ADVERSE_OUTCOME_COMPLETE_RECOVERY"
    MINOR_SEQUELAE = "ADVERSE_OUTCOME_MINOR_SEQUELAE"
    SERIOUS_SEQUELAE = "ADVERSE_OUTCOME_SERIOUS_SEQUELAE"
    DEATH = "ADVERSE_OUTCOME_DEATH"
    NOT_RECOVERED = "ADVERSE_OUTCOME_NOT_RECOVERED"
    NOT_KNOWN = "ADVERSE_OUTCOME_NOT_KNOWN"


class DefectKind(Word):
    """Suspected defect or complaint."""

    DEFECT = "DEFECT_KIND_DEFECT"
    COMPLAINT = "DEFECT_KIND_COMPLAINT"


class ReportKind(Word):
    """What the law asks to be reported to an authority, a sponsor or a holder."""

    SERIOUS_ADVERSE_EVENT_OR_REACTION = "REPORT_KIND_SERIOUS_ADVERSE_EVENT_OR_REACTION"
    SERIOUS_ADVERSE_FOLLOW_UP = "REPORT_KIND_SERIOUS_ADVERSE_FOLLOW_UP"
    SUSPECTED_ADVERSE_REACTION = "REPORT_KIND_SUSPECTED_ADVERSE_REACTION"
    SUSAR = "REPORT_KIND_SUSAR"
    SERIOUS_BREACH = "REPORT_KIND_SERIOUS_BREACH"
    DEFECT = "REPORT_KIND_DEFECT"
    OUT_OF_SPECIFICATION = "REPORT_KIND_OUT_OF_SPECIFICATION"
    REPORTABLE_ISSUE = "REPORT_KIND_REPORTABLE_ISSUE"
    URGENT_SAFETY_MEASURE = "REPORT_KIND_URGENT_SAFETY_MEASURE"
    BLOOD_SERIOUS_ADVERSE = "REPORT_KIND_BLOOD_SERIOUS_ADVERSE"
    CONTROL_SITE_ANNUAL = "REPORT_KIND_CONTROL_SITE_ANNUAL"
    TISSUE_ESTABLISHMENT_ANNUAL = "REPORT_KIND_TISSUE_ESTABLISHMENT_ANNUAL"
    OTHER = "REPORT_KIND_OTHER"


class AdverseReactionReported(Fact, frozen=True, kw_only=True):
    """A patient or donor is suspected to have reacted badly. Never refused, whatever is not known yet."""

    about: ClassVar[About] = About(no=147, stage="safety", inherits="mbk", kind=Kind.SAFETY_ACT)
    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("person", ("patient", "donor"), required=True),)

    case: CaseId
    """Its case; a report that adds to it names the same."""
    patient: PatientId | None = None
    """The patient."""
    donor: DonorId | None = None
    """A donor who gives for others."""
    kind: AdverseReactionKind
    """Under which law it is suspected."""
    seriousness: Seriousness
    """The gravest criterion that it meets."""
    reaction: Text
    """What happened, without identity."""
    onset: Time | None = None
    """When it began."""
    causality: Causality | None = None
    """How likely the product or procedure caused it."""
    coi: CoiId | None = None
    """Chain concerned."""
    product: ProductId | None = None
    """Product suspected."""
    brand: Text | None = None
    """Brand name as printed."""
    batch: BatchId | None = None
    """Batch suspected."""
    donation: DonationId | None = None
    """Donation suspected."""
    materials: Annotated[tuple[MaterialId, ...], ANY] = ()
    """Containers suspected."""
    identifier_sought: bool | None = None
    """Neither batch nor another product identifier is known yet, and it is being sought."""
    site: SiteId | None = None
    """Site or unit of manufacture."""
    known_at: Time | None = None
    """When who reports learnt of it: reporting clocks run from it. Absent means when it was reported here."""


class AdverseEventReported(Fact, frozen=True, kw_only=True):
    """Something happened, or nearly did, that could harm whoever gets tissues or cells. Never refused."""

    about: ClassVar[About] = About(no=148, stage="safety", inherits="mbc", kind=Kind.SAFETY_ACT)

    case: CaseId
    """Its case; a report that adds to it names the same."""
    kind: AdverseEventKind
    """Whether it happened or nearly did."""
    event: Text
    """What, without identity."""
    harm_possible: bool | None = None
    """It could lead to serious harm; absent counts as yes."""
    donation: DonationId | None = None
    """Donation concerned."""
    materials: Annotated[tuple[MaterialId, ...], ANY] = ()
    """Containers concerned."""
    consignment: ConsignmentId | None = None
    """Consignment concerned."""
    batch: BatchId | None = None
    """Batch concerned."""
    site: SiteId | None = None
    """Site concerned."""
    known_at: Time | None = None
    """When it was discovered: reporting clocks run from it. Absent means when it was reported here."""


class AdverseReportConcluded(Fact, frozen=True, kw_only=True):
    """The investigation of an adverse reaction or event was concluded (Directive (EU) 2015/565, Annexes III and IV)."""

    about: ClassVar[About] = About(
        no=149, stage="safety", inherits="d", kind=Kind.DECISION, signs=(SignatureMeaning.APPROVED,)
    )

    case: CaseId
    """Which."""
    confirmed: bool
    """It was what it was reported as."""
    changed_to: Text | None = None
    """What it turned out to be, if something else."""
    outcome: AdverseOutcome | None = None
    """What became of the person."""
    root_cause: Text | None = None
    """Root cause."""
    actions: Annotated[tuple[Text, ...], ANY] = ()
    """Corrective and preventive actions."""
    identifier_not_found: Text | None = None
    """Why neither batch nor another product identifier could be found, and what was tried."""


class DefectReported(Fact, frozen=True, kw_only=True):
    """A product, lot or instrument is suspected to be defective, or somebody complained of it.

    Never refused.
    """

    about: ClassVar[About] = About(no=150, stage="safety", inherits="mb", kind=Kind.SAFETY_ACT)

    case: CaseId
    """Its case; a report that adds to it names the same."""
    kind: DefectKind
    """Defect or complaint."""
    defect: Text
    """What, without identity."""
    may_lead_to_recall: bool | None = None
    """It may lead to a recall or to restricted supply; absent counts as yes."""
    batch: BatchId | None = None
    """Batch concerned."""
    lot: LotId | None = None
    """Lot concerned."""
    materials: Annotated[tuple[MaterialId, ...], ANY] = ()
    """Containers concerned."""
    equipment: EquipmentId | None = None
    """Instrument concerned."""
    known_at: Time | None = None
    """When it was discovered. Absent means when it was reported here."""


class UrgentSafetyMeasureTaken(Fact, frozen=True, kw_only=True):
    """Subjects of a trial were protected at once, before anybody could be asked. Never refused."""

    about: ClassVar[About] = About(no=151, stage="safety", inherits="k", kind=Kind.SAFETY_ACT)

    authorisation: AuthorisationId
    """The trial."""
    measure: Text
    """What was done."""
    reason: Text
    """Against which hazard."""
    site: SiteId | None = None
    """Site where it was taken."""
    coi: CoiId | None = None
    """Chain concerned, if one."""
    sponsor_told_at: Time | None = None
    """When the sponsor was told."""


class ReportSubmitted(Fact, frozen=True, kw_only=True):
    """A report that the law asks for was sent. What is due, and when, is computed and never sent."""

    about: ClassVar[About] = About(
        no=152, stage="safety", inherits="d", kind=Kind.HAPPENING, signs=(SignatureMeaning.PERFORMED,)
    )

    report: ReportKind
    """Which report."""
    recipient: OrganisationId
    """To whom."""
    case: CaseId | None = None
    """Case that it is about."""
    deviation: DeviationId | None = None
    """Deviation that it is about."""
    batch: BatchId | None = None
    """Batch that it is about."""
    site: SiteId | None = None
    """Site that it is about."""
    masterfile: MasterFileId | None = None
    """Master file that it is about."""
    authorisation: AuthorisationId | None = None
    """Authorisation or trial that it is about."""
    coi: CoiId | None = None
    """Chain that it is about."""
    known_at: Time | None = None
    """When who reports learnt of what no earlier fact tells, such as a serious breach."""
    period_from: Date | None = None
    """First day that a periodic report covers."""
    period_to: Date | None = None
    """Last day that it covers."""
    reference: Code | None = None
    """Reference that the recipient gave."""
    document: Document | None = None
    """The report."""
    authority: Authority | None = None
    """Authority that the recipient is, or receives it for; where it is not said, the report meets no clock of one."""
