"""Deviations raised and closed; recalls."""

from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind
from ledger.domain.facts.shape import (
    ANY,
    Code,
    Date,
    Position,
    Sha256,
    Text,
    Time,
    Word,
)
from ledger.domain.facts.values import (
    BatchId,
    CaseId,
    CoiId,
    ConsignmentId,
    DeviationId,
    DonationId,
    EquipmentId,
    LotId,
    MaterialId,
    PersonRef,
    SignatureMeaning,
    SiteId,
)
from ledger.domain.facts.vigilance import ReportKind


class DeviationClass(Word):
    """How grave a deviation is."""

    MINOR = "DEVIATION_CLASS_MINOR"
    MAJOR = "DEVIATION_CLASS_MAJOR"
    CRITICAL = "DEVIATION_CLASS_CRITICAL"


class RecallClass(Word):
    """MHRA class of a recall."""

    CLASS_1 = "RECALL_CLASS_CLASS_1"
    CLASS_2 = "RECALL_CLASS_CLASS_2"
    CLASS_3 = "RECALL_CLASS_CLASS_3"
    CLASS_4 = "RECALL_CLASS_CLASS_4"
    COMPANY_LED = "RECALL_CLASS_COMPANY_LED"


class DeviationRaised(Fact, frozen=True, kw_only=True):
    """Something went otherwise than it should. Its number is made by the ledger from its position."""

    about: ClassVar[About] = About(no=143, stage="safety", inherits="mb", kind=Kind.SAFETY_ACT)

    severity: DeviationClass
    """How grave."""
    description: Text
    """What, without identity."""
    immediate_action: Text | None = None
    """What was done at once."""
    owner: PersonRef | None = None
    """Who looks after it."""
    due: Date | None = None
    """Until when."""
    reference: Code | None = None
    """The site's own reference."""
    coi: CoiId | None = None
    """Chain concerned."""
    donation: DonationId | None = None
    """Donation concerned."""
    consignment: ConsignmentId | None = None
    """Consignment concerned."""
    batch: BatchId | None = None
    """Batch concerned."""
    materials: Annotated[tuple[MaterialId, ...], ANY] = ()
    """Containers concerned."""
    site: SiteId | None = None
    """Site concerned."""
    lot: LotId | None = None
    """Lot concerned."""
    equipment: EquipmentId | None = None
    """Instrument concerned."""
    calls_for: ReportKind | None = None
    """Report that it calls for: a serious breach of a trial, or an issue that the control site notifies."""


class DeviationClosed(Fact, frozen=True, kw_only=True):
    """A deviation was closed."""

    about: ClassVar[About] = About(
        no=144, stage="safety", inherits="d", kind=Kind.DECISION, signs=(SignatureMeaning.APPROVED,)
    )

    deviation: DeviationId
    """Which."""
    root_cause: Text | None = None
    """Root cause."""
    impact: Text
    """Impact on identity and quality."""
    actions: Annotated[tuple[Text, ...], ANY] = ()
    """Corrective and preventive actions."""


class RecallOpened(Fact, frozen=True, kw_only=True):
    """A recall was opened: what it covers is not used until it is closed.

    A site or instrument that is named alone covers what was made or handled there, or with it, in the period.
    """

    about: ClassVar[About] = About(
        no=153, stage="safety", inherits="mb", kind=Kind.SAFETY_ACT, signs=(SignatureMeaning.APPROVED,)
    )

    case: CaseId
    """Its id."""
    lot: LotId | None = None
    """Lot recalled."""
    batch: BatchId | None = None
    """Batch recalled."""
    donation: DonationId | None = None
    """Donation recalled."""
    materials: Annotated[tuple[MaterialId, ...], ANY] = ()
    """Containers recalled."""
    site: SiteId | None = None
    """Site concerned."""
    equipment: EquipmentId | None = None
    """Instrument concerned."""
    recall_class: RecallClass
    """Class."""
    reason: Text
    """Why."""
    scope_position: Position | None = None
    """Position at which the scope was taken."""
    scope_hash: Sha256 | None = None
    """SHA-256 of the scope, 32 bytes."""
    worked_since: Time | None = None
    """Where a site or an instrument alone is named: begin of the period; absent means from the first."""
    worked_until: Time | None = None
    """End of the period; absent means until it is closed."""


class CaseClosed(Fact, frozen=True, kw_only=True):
    """A case was closed."""

    about: ClassVar[About] = About(
        no=158, stage="safety", inherits="d", kind=Kind.DECISION, signs=(SignatureMeaning.APPROVED,)
    )

    case: CaseId
    """Which."""
    effectiveness: Text
    """What was reached."""
    reconciliation: Text | None = None
    """What was returned, used, destroyed."""
