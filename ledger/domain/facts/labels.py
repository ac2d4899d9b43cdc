"""Labels: printed, applied, verified, reconciled."""

from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind, Second
from ledger.domain.facts.shape import (
    ANY,
    SOME,
    Count,
    OneOf,
    Sha256,
    Word,
)
from ledger.domain.facts.terms import Materials
from ledger.domain.facts.values import (
    BatchId,
    BatchRef,
    CheckOutcome,
    CoiId,
    CoiRef,
    Document,
    DonationId,
    DonationRef,
    FieldCheck,
    MaterialId,
    PatientId,
    PatientRef,
    SignatureMeaning,
)


class LabelRegime(Word):
    """Which rules a label follows.

    2006/86 Annex II E, ATMP starting material, licensed product, HMR Sch 4 Pt 3, CTR 46, HMR Sch 25, ISO 21973, own
    process.
    """

    TISSUE = "LABEL_REGIME_TISSUE"
    STARTING_MATERIAL = "LABEL_REGIME_STARTING_MATERIAL"
    PRODUCT = "LABEL_REGIME_PRODUCT"
    EXEMPT_PRODUCT = "LABEL_REGIME_EXEMPT_PRODUCT"
    INVESTIGATIONAL = "LABEL_REGIME_INVESTIGATIONAL"
    DISPENSED = "LABEL_REGIME_DISPENSED"
    SHIPPING = "LABEL_REGIME_SHIPPING"
    IN_PROCESS = "LABEL_REGIME_IN_PROCESS"


class LabelItem(Word):
    """What stands on a label."""

    COI = "LABEL_ITEM_COI"
    DONATION = "LABEL_ITEM_DONATION"
    PATIENT = "LABEL_ITEM_PATIENT"
    BATCH = "LABEL_ITEM_BATCH"
    PRODUCT = "LABEL_ITEM_PRODUCT"
    MATERIAL = "LABEL_ITEM_MATERIAL"
    EXPIRY = "LABEL_ITEM_EXPIRY"
    STORAGE = "LABEL_ITEM_STORAGE"
    AUTOLOGOUS_USE_ONLY = "LABEL_ITEM_AUTOLOGOUS_USE_ONLY"
    BIOLOGICAL_HAZARD = "LABEL_ITEM_BIOLOGICAL_HAZARD"
    NOT_EVALUATED = "LABEL_ITEM_NOT_EVALUATED"
    CONTENTS = "LABEL_ITEM_CONTENTS"
    ACTIVE_SUBSTANCE = "LABEL_ITEM_ACTIVE_SUBSTANCE"
    ORIGIN = "LABEL_ITEM_ORIGIN"
    EXCIPIENTS = "LABEL_ITEM_EXCIPIENTS"
    ROUTE = "LABEL_ITEM_ROUTE"
    DIRECTIONS = "LABEL_ITEM_DIRECTIONS"
    DISPOSAL = "LABEL_ITEM_DISPOSAL"
    HOLDER = "LABEL_ITEM_HOLDER"
    LICENCE = "LABEL_ITEM_LICENCE"
    ESTABLISHMENT = "LABEL_ITEM_ESTABLISHMENT"
    TRIAL_USE_ONLY = "LABEL_ITEM_TRIAL_USE_ONLY"
    SPONSOR = "LABEL_ITEM_SPONSOR"
    TRIAL = "LABEL_ITEM_TRIAL"
    PARTICIPANT = "LABEL_ITEM_PARTICIPANT"
    SUPPLIER = "LABEL_ITEM_SUPPLIER"
    SUPPLIED_ON = "LABEL_ITEM_SUPPLIED_ON"
    TISSUES_AND_CELLS = "LABEL_ITEM_TISSUES_AND_CELLS"
    SENDER = "LABEL_ITEM_SENDER"
    CONSIGNEE = "LABEL_ITEM_CONSIGNEE"
    SENT_ON = "LABEL_ITEM_SENT_ON"
    DO_NOT_IRRADIATE = "LABEL_ITEM_DO_NOT_IRRADIATE"
    RECIPIENT = "LABEL_ITEM_RECIPIENT"
    OUT_OF_REACH = "LABEL_ITEM_OUT_OF_REACH"
    COMPARATOR = "LABEL_ITEM_COMPARATOR"
    CONTACT = "LABEL_ITEM_CONTACT"


class LabelsPrinted(Fact, frozen=True, kw_only=True):
    """Labels were printed."""

    about: ClassVar[About] = About(
        no=72, stage="procurement", inherits="m", kind=Kind.HAPPENING, signs=(SignatureMeaning.PERFORMED,)
    )

    materials: Annotated[tuple[MaterialId, ...], SOME]
    """For which containers."""
    coi: CoiId | None = None
    """Chain on them."""
    donation: DonationId | None = None
    """Donation on them."""
    patient: PatientId | None = None
    """Patient on them."""
    regime: LabelRegime
    """Which rules of labelling."""
    items: Annotated[tuple[LabelItem, ...], ANY] = ()
    """What stands on them."""
    content_hash: Sha256 | None = None
    """SHA-256 of the printed content, 32 bytes."""
    copies: Count
    """How many."""


class LabelApplied(Fact, frozen=True, kw_only=True):
    """A label was applied to a container."""

    about: ClassVar[About] = About(
        no=73, stage="procurement", inherits="m", kind=Kind.HAPPENING, signs=(SignatureMeaning.PERFORMED,)
    )

    material: MaterialId
    """The container."""
    regime: LabelRegime
    """Which rules of labelling."""
    items: Annotated[tuple[LabelItem, ...], ANY] = ()
    """What stands on it."""
    coi: CoiRef | None = None
    """Chain on it."""
    donation: DonationRef | None = None
    """Donation on it."""
    patient: PatientRef | None = None
    """Patient on it."""
    batch: BatchRef | None = None
    """Batch on it."""
    chairside: bool | None = None
    """Applied beside the donor or patient."""
    hazard_label: bool | None = None
    """BIOLOGICAL HAZARD is on it (2006/86 Annex II E 1(f))."""
    label_hash: Sha256 | None = None
    """SHA-256 of the printed content, 32 bytes."""
    accompanying_sheet: Document | None = None
    """Accompanying documentation."""


class LabelVerified(Fact, frozen=True, kw_only=True):
    """A second person compared a label with chain, donation and patient."""

    about: ClassVar[About] = About(
        no=74,
        stage="procurement",
        inherits="m",
        kind=Kind.HAPPENING,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.VERIFIED,),
    )

    material: MaterialId
    """The container."""
    checks: Annotated[tuple[FieldCheck, ...], SOME]
    """One per identifier compared."""
    outcome: CheckOutcome
    """Outcome of the whole."""


class LabelsReconciled(Fact, frozen=True, kw_only=True):
    """Printed labels were counted against those used, destroyed and left."""

    about: ClassVar[About] = About(
        no=75,
        stage="procurement",
        inherits="mb",
        kind=Kind.HAPPENING,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.REVIEWED,),
    )
    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("scope", ("containers", "batch"), required=True),)

    containers: Materials | None = None
    """Of some containers."""
    batch: BatchId | None = None
    """Of a batch."""
    printed: Count
    """Printed."""
    applied: Count
    """Used."""
    destroyed: Count
    """Destroyed."""
    left: Count
    """Left."""
