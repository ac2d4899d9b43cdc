"""On which basis: licences, master files, suspensions, rulebooks. Part of the registry stage."""

from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind
from ledger.domain.facts.registry import Activity, Nation
from ledger.domain.facts.shape import ANY, SOME, Code, Count, Date, Decimal, Seconds, Text, Time, Value, Word
from ledger.domain.facts.values import (
    DesignationId,
    Document,
    LicenceId,
    ManufacturingMode,
    MasterFileId,
    OrganisationId,
    ProductId,
    ProductRef,
    ReleaseModel,
    SignatureMeaning,
    SiteId,
)


class GrantChange(Word):
    """First grant or variation."""

    GRANTED = "GRANT_CHANGE_GRANTED"
    VARIED = "GRANT_CHANGE_VARIED"


class Authority(Word):
    """Who granted."""

    HTA = "AUTHORITY_HTA"
    MHRA = "AUTHORITY_MHRA"
    HFEA = "AUTHORITY_HFEA"
    HSE = "AUTHORITY_HSE"
    EEA_AUTHORITY = "AUTHORITY_EEA_AUTHORITY"
    OTHER = "AUTHORITY_OTHER"


class LicenceKind(Word):
    """HTA licence, BEA, MIA, MIA(IMP), MS, exempt-ATMP licence, WDA, HFEA licence, contained use."""

    HUMAN_APPLICATION = "LICENCE_KIND_HUMAN_APPLICATION"
    BLOOD_ESTABLISHMENT = "LICENCE_KIND_BLOOD_ESTABLISHMENT"
    MANUFACTURING = "LICENCE_KIND_MANUFACTURING"
    MANUFACTURING_INVESTIGATIONAL = "LICENCE_KIND_MANUFACTURING_INVESTIGATIONAL"
    MANUFACTURING_SPECIALS = "LICENCE_KIND_MANUFACTURING_SPECIALS"
    MANUFACTURING_EXEMPT_ATMP = "LICENCE_KIND_MANUFACTURING_EXEMPT_ATMP"
    WHOLESALE = "LICENCE_KIND_WHOLESALE"
    FERTILITY = "LICENCE_KIND_FERTILITY"
    CONTAINED_USE = "LICENCE_KIND_CONTAINED_USE"
    OTHER = "LICENCE_KIND_OTHER"


class SuspensionScope(Word):
    """How far a suspension goes."""

    NEW_BATCHES = "SUSPENSION_SCOPE_NEW_BATCHES"
    ALL_MANUFACTURE = "SUSPENSION_SCOPE_ALL_MANUFACTURE"
    ALSO_RELEASE_AND_USE = "SUSPENSION_SCOPE_ALSO_RELEASE_AND_USE"


class BatchesInProcess(Word):
    """What becomes of open batches."""

    FINISH_UNDER_QA = "BATCHES_IN_PROCESS_FINISH_UNDER_QA"
    STOP = "BATCHES_IN_PROCESS_STOP"
    TRANSFER = "BATCHES_IN_PROCESS_TRANSFER"


class ProductLine(Value, frozen=True, kw_only=True):
    """One product on a licence."""

    product: ProductRef
    """The product."""
    dosage_form: Text | None = None
    """Dosage form of the licensed activity."""
    modes: Annotated[tuple[ManufacturingMode, ...], ANY] = ()
    """Modes in which it may be made; absent means the licence's."""


class LicenceGranted(Fact, frozen=True, kw_only=True):
    """A licence as granted or varied; a variation is the whole entry again."""

    about: ClassVar[About] = About(no=23, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.PERFORMED,))

    licence: LicenceId
    """Authority's number."""
    change: GrantChange
    """Granted or varied."""
    reference: Code | None = None
    """Reference of the decision."""
    authority: Authority
    """Who granted it."""
    kind: LicenceKind
    """Kind of licence."""
    modes: Annotated[tuple[ManufacturingMode, ...], ANY] = ()
    """Decentralised modes on it: point of care, modular (HMR 17A, 17B)."""
    organisation: OrganisationId
    """Holder."""
    nation: Nation
    """Nation of the holder."""
    sites: Annotated[tuple[SiteId, ...], SOME]
    """Sites on the licence; for decentralised manufacture the control site."""
    activities: Annotated[tuple[Activity, ...], SOME]
    """What it permits."""
    product_lines: Annotated[tuple[ProductLine, ...], ANY] = ()
    """Products on it; absent means that it is not limited to products."""
    effective_from: Date
    """First day."""
    effective_to: Date | None = None
    """Last day; a manufacturer's licence has none (HMR 25)."""


class SiteSuspendedByLicensingAuthority(Fact, frozen=True, kw_only=True):
    """The licensing authority suspended one site or unit.

    Only an approved variation lifts it (CTR 45(5)-(6), HMR 27A). Never refused.
    """

    about: ClassVar[About] = About(
        no=40,
        stage="registry",
        inherits="s",
        kind=Kind.REGISTER,
        never_barred=True,
        signs=(SignatureMeaning.PERFORMED,),
    )

    site: SiteId
    """The site or unit."""
    masterfile: MasterFileId | None = None
    """Limited to one master file."""
    licence: LicenceId | None = None
    """The licence under which it worked."""
    scope: SuspensionScope | None = None
    """How far; absent means all manufacture, not use of what is released."""
    batches_in_process: BatchesInProcess | None = None
    """What becomes of open batches; absent means stop."""
    effective_from: Time
    """From when."""
    reference: Code | None = None
    """The authority's reference."""


class MasterFileSite(Value, frozen=True, kw_only=True):
    """One site or unit of a master file."""

    site: SiteId
    """The site; for homes their control site with a category."""
    latitude: Decimal | None = None
    """Place of a modular or mobile unit."""
    longitude: Decimal | None = None
    """See latitude."""
    tolerance_metres: Count | None = None
    """How far from the place it may stand."""
    steps: Annotated[tuple[Code, ...], ANY] = ()
    """Fact types that may be done there; absent means all."""
    category: Text | None = None
    """Homes: the category and the approval process."""
    identification: Text | None = None
    """Means of identifying a modular unit."""


class HoldLimit(Value, frozen=True, kw_only=True):
    """How long something may wait."""

    what: Code
    """What waits: fresh-collection, intermediate, or a fact type."""
    limit_seconds: Seconds
    """At most."""


class MasterFileVersionApproved(Fact, frozen=True, kw_only=True):
    """A version of a product's decentralised manufacture master file (HMR Sch 3 p1A, 1B)."""

    about: ClassVar[About] = About(no=35, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.APPROVED,))

    masterfile: MasterFileId
    """The master file."""
    product: ProductId
    """Its product."""
    licence: LicenceId
    """The control site's licence."""
    designation: DesignationId | None = None
    """The designation it rests on."""
    version: Code
    """Version."""
    sites: Annotated[tuple[MasterFileSite, ...], SOME]
    """Sites and units in it."""
    release_model: ReleaseModel
    """How batches are released."""
    critical_parameters: Annotated[tuple[Code, ...], ANY] = ()
    """Parameters on which local release rests."""
    label_exemption_limit_seconds: Seconds | None = None
    """Completion to use, for an unlabelled container given at once."""
    near: Text | None = None
    """What "at or near the place of use" means for this product."""
    hold_limits: Annotated[tuple[HoldLimit, ...], ANY] = ()
    """How long cells or intermediates may wait."""
    applies_to_batches_in_process: bool
    """Whether batches opened under the version before must follow this one."""
    effective_from: Date
    """First day."""
    regulator_reference: Code | None = None
    """Approval or notification reference."""
    document: Document | None = None
    """The file itself."""
    mode: ManufacturingMode | None = None
    """Mode that it is for."""


class RuleRevision(Value, frozen=True, kw_only=True):
    """One rule of a rulebook."""

    rule: Code
    """Id of the rule."""
    revision: Count
    """Its revision."""


class RulebookParameter(Value, frozen=True, kw_only=True):
    """One number of a rulebook."""

    name: Code
    """Name."""
    value: Decimal
    """Value."""


class RulebookAdopted(Fact, frozen=True, kw_only=True):
    """From this position on, facts are judged by this rulebook."""

    about: ClassVar[About] = About(no=46, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.APPROVED,))

    organisation: OrganisationId
    """The operator."""
    number: Count
    """Number of the rulebook."""
    rules: Annotated[tuple[RuleRevision, ...], SOME]
    """Each rule with its revision."""
    parameters: Annotated[tuple[RulebookParameter, ...], ANY] = ()
    """Limits, tolerances, clocks."""
