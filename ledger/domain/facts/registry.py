"""Who and what exists, from when: organisations, sites, persons, roles, products."""

from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind
from ledger.domain.facts.shape import ANY, SOME, Code, Count, Date, Decimal, OneOf, Seconds, Text, Value, Word
from ledger.domain.facts.values import (
    AgreementId,
    AuthorisationId,
    CoiId,
    IntendedUse,
    LicenceId,
    OrganisationId,
    OrganisationRef,
    PersonId,
    PrescriptionBasis,
    ProductId,
    ProductRef,
    SignatureMeaning,
    SiteId,
)


class OrganisationRole(Word):
    """What an organisation does."""

    HOSPITAL = "ORGANISATION_ROLE_HOSPITAL"
    TISSUE_ESTABLISHMENT = "ORGANISATION_ROLE_TISSUE_ESTABLISHMENT"
    BLOOD_ESTABLISHMENT = "ORGANISATION_ROLE_BLOOD_ESTABLISHMENT"
    MANUFACTURER = "ORGANISATION_ROLE_MANUFACTURER"
    LABORATORY = "ORGANISATION_ROLE_LABORATORY"
    CARRIER = "ORGANISATION_ROLE_CARRIER"
    SUPPLIER = "ORGANISATION_ROLE_SUPPLIER"
    SPONSOR = "ORGANISATION_ROLE_SPONSOR"
    OPERATOR = "ORGANISATION_ROLE_OPERATOR"
    REGULATOR = "ORGANISATION_ROLE_REGULATOR"
    WHOLESALER = "ORGANISATION_ROLE_WHOLESALER"
    MARKETING_AUTHORISATION_HOLDER = "ORGANISATION_ROLE_MARKETING_AUTHORISATION_HOLDER"
    REGISTRY = "ORGANISATION_ROLE_REGISTRY"
    OTHER = "ORGANISATION_ROLE_OTHER"


class Nation(Word):
    """Where; tissue law differs between Great Britain, Northern Ireland and elsewhere."""

    ENGLAND = "NATION_ENGLAND"
    SCOTLAND = "NATION_SCOTLAND"
    WALES = "NATION_WALES"
    NORTHERN_IRELAND = "NATION_NORTHERN_IRELAND"
    EEA = "NATION_EEA"
    OTHER = "NATION_OTHER"


class SiteKind(Word):
    """Nature of a place."""

    FIXED = "SITE_KIND_FIXED"
    MODULAR = "SITE_KIND_MODULAR"
    MOBILE = "SITE_KIND_MOBILE"
    HOME = "SITE_KIND_HOME"
    AMBULANCE = "SITE_KIND_AMBULANCE"


class Activity(Word):
    """What a licence or basis permits."""

    PROCUREMENT = "ACTIVITY_PROCUREMENT"
    TESTING = "ACTIVITY_TESTING"
    PROCESSING = "ACTIVITY_PROCESSING"
    STORAGE = "ACTIVITY_STORAGE"
    DISTRIBUTION = "ACTIVITY_DISTRIBUTION"
    IMPORT = "ACTIVITY_IMPORT"
    EXPORT = "ACTIVITY_EXPORT"
    MANUFACTURE = "ACTIVITY_MANUFACTURE"
    ASSEMBLY = "ACTIVITY_ASSEMBLY"
    CERTIFICATION = "ACTIVITY_CERTIFICATION"
    WHOLESALE = "ACTIVITY_WHOLESALE"
    ADMINISTRATION = "ACTIVITY_ADMINISTRATION"
    CONTAINED_USE = "ACTIVITY_CONTAINED_USE"
    TRANSPORT = "ACTIVITY_TRANSPORT"


class Role(Word):
    """What a person may do."""

    QUALIFIED_PERSON = "ROLE_QUALIFIED_PERSON"
    QUALITY_CONTROLLER = "ROLE_QUALITY_CONTROLLER"
    QUALITY_ASSURANCE = "ROLE_QUALITY_ASSURANCE"
    DESIGNATED_INDIVIDUAL = "ROLE_DESIGNATED_INDIVIDUAL"
    RESPONSIBLE_PERSON = "ROLE_RESPONSIBLE_PERSON"
    RESPONSIBLE_PERSON_IMPORT = "ROLE_RESPONSIBLE_PERSON_IMPORT"
    PRESCRIBER = "ROLE_PRESCRIBER"
    TREATING_PHYSICIAN = "ROLE_TREATING_PHYSICIAN"
    NURSE = "ROLE_NURSE"
    PHARMACIST = "ROLE_PHARMACIST"
    OPERATOR = "ROLE_OPERATOR"
    RELEASER = "ROLE_RELEASER"
    COURIER = "ROLE_COURIER"
    PRODUCTION_MANAGER = "ROLE_PRODUCTION_MANAGER"
    PHARMACOVIGILANCE = "ROLE_PHARMACOVIGILANCE"
    DESIGNATED_INDIVIDUAL_DELEGATE = "ROLE_DESIGNATED_INDIVIDUAL_DELEGATE"
    OTHER = "ROLE_OTHER"


class ProductClass(Word):
    """Class of a product."""

    GENE_THERAPY = "PRODUCT_CLASS_GENE_THERAPY"
    SOMATIC_CELL_THERAPY = "PRODUCT_CLASS_SOMATIC_CELL_THERAPY"
    TISSUE_ENGINEERED = "PRODUCT_CLASS_TISSUE_ENGINEERED"
    COMBINED = "PRODUCT_CLASS_COMBINED"
    BLOOD_PRODUCT = "PRODUCT_CLASS_BLOOD_PRODUCT"
    MEDICINAL_GAS = "PRODUCT_CLASS_MEDICINAL_GAS"
    VACCINE = "PRODUCT_CLASS_VACCINE"


class LimitBinds(Word):
    """What must lie inside a limit."""

    START = "LIMIT_BINDS_START"
    END = "LIMIT_BINDS_END"


class OrganisationRegistered(Fact, frozen=True, kw_only=True):
    """An organisation that takes part in the chain, as it stands from a date."""

    about: ClassVar[About] = About(no=11, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.PERFORMED,))

    organisation: OrganisationId
    """Its id, an ODS code in the NHS."""
    name: Text
    """Name as registered."""
    roles: Annotated[tuple[OrganisationRole, ...], SOME]
    """What it does."""
    nation: Nation
    """Nation of its seat."""
    effective_from: Date
    """First day."""
    effective_to: Date | None = None
    """Last day."""


class SiteBasis(Value, frozen=True, kw_only=True):
    """The basis on which a site carries out one activity."""

    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("basis", ("licence", "agreement", "authorisation"), required=True),)

    activity: Activity
    """What for."""
    licence: LicenceId | None = None
    """A licence."""
    agreement: AgreementId | None = None
    """An agreement with a licence holder."""
    authorisation: AuthorisationId | None = None
    """A marketing, trial or exemption authorisation naming the site."""
    effective_from: Date
    """First day."""
    effective_to: Date | None = None
    """Last day."""


class SiteRegistered(Fact, frozen=True, kw_only=True):
    """A place where facts happen: fixed site, modular or mobile unit, ambulance, home.

    A POC site or modular unit names its control site (HMR 17A, 17B).
    """

    about: ClassVar[About] = About(no=13, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.PERFORMED,))

    site: SiteId
    """Its id; opaque for a home."""
    kind: SiteKind
    """Nature of the place."""
    name: Text | None = None
    """Name on its door; never for a home."""
    nation: Nation
    """Where it stands."""
    organisation: OrganisationId
    """Who runs it; for a home, the organisation that sends its staff there."""
    host: OrganisationRef | None = None
    """Whose premises, when not its own: a contract mobile service."""
    control_site: SiteId | None = None
    """The control site that supervises it; makes it a POC site or modular unit."""
    home_of: Annotated[tuple[CoiId, ...], ANY] = ()
    """A home: the chains of the patient who lives there."""
    latitude: Decimal | None = None
    """Modular or mobile unit: place in the master file."""
    longitude: Decimal | None = None
    """See latitude."""
    bases: Annotated[tuple[SiteBasis, ...], ANY] = ()
    """Licence, agreement or authorisation used when a fact names none."""
    effective_from: Date
    """First day."""
    effective_to: Date | None = None
    """Last day."""


class PersonRegistered(Fact, frozen=True, kw_only=True):
    """A member of staff, known by ids.

    An equal professional number is the same person and is refused at a second registration.
    """

    about: ClassVar[About] = About(no=15, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.PERFORMED,))

    person: PersonId
    """The id used first."""
    numbers: Annotated[tuple[PersonId, ...], ANY] = ()
    """Professional numbers: gmc, nmc, gphc, hcpc, qp."""
    employer: OrganisationRef | None = None
    """Employer."""
    effective_from: Date
    """First day."""
    effective_to: Date | None = None
    """Last day."""


class RoleGranted(Fact, frozen=True, kw_only=True):
    """What a person may do, where, from and to."""

    about: ClassVar[About] = About(no=16, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.APPROVED,))
    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("scope", ("site", "organisation", "licence"), required=True),)

    person: PersonId
    """Who."""
    role: Role
    """In which role."""
    site: SiteId | None = None
    """At one site."""
    organisation: OrganisationId | None = None
    """In one organisation."""
    licence: LicenceId | None = None
    """Named on one licence."""
    steps: Annotated[tuple[Code, ...], ANY] = ()
    """Fact types that the grant covers; absent means all of the role."""
    products: Annotated[tuple[ProductRef, ...], ANY] = ()
    """Products that it covers; absent means all."""
    effective_from: Date
    """First day."""
    effective_to: Date | None = None
    """Last day."""


class BedsideCheckPolicy(Value, frozen=True, kw_only=True):
    """How a product's bedside identity check is done."""

    persons: Count | None = None
    """How many people; a validated electronic check counts as one."""
    identifiers: Count | None = None
    """How many independent identifiers of the patient must match."""
    valid_for_seconds: Seconds | None = None
    """How old the check may be at the start."""


class ProductRegistered(Fact, frozen=True, kw_only=True):
    """A product and the data that decide which rules apply to it."""

    about: ClassVar[About] = About(no=21, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.APPROVED,))

    product: ProductId
    """Its id."""
    organisation: OrganisationId
    """Who is responsible for it."""
    name: Text
    """Name."""
    product_class: ProductClass
    """Class under the law."""
    intended_use: IntendedUse
    """For the donor, a named other, anybody."""
    patient_specific: bool
    """Made for one named patient: the bedside check is asked."""
    multi_dose: bool
    """One container may serve several patients."""
    prescription_bases: Annotated[tuple[PrescriptionBasis, ...], ANY] = ()
    """Bases on which it may be given; absent means prescription."""
    shelf_life_seconds: Seconds | None = None
    """From completion of manufacture."""
    in_use_limit_seconds: Seconds | None = None
    """From completion or thaw to use."""
    in_use_limit_binds: LimitBinds | None = None
    """What must lie inside the in-use limit; absent means the start."""
    bedside_check: BedsideCheckPolicy | None = None
    """Its own check policy; absent means the rulebook's."""
    gene_modified: bool
    """Contains a genetically modified organism."""
    device: Text | None = None
    """Integral device, for a combined product."""
    classification_reference: Code | None = None
    """The MHRA's classification opinion."""
    effective_from: Date
    """First day."""
    effective_to: Date | None = None
    """Last day."""
    cell_or_tissue_based: bool | None = None
    """Consists of cells or tissues; in-vivo vectors do not."""
    administration_limit_seconds: Seconds | None = None
    """How long giving may last."""
