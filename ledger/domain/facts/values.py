"""Shared value types. No floats and no maps anywhere: decimals are text, lists are repeated."""

from typing import Annotated

from ledger.domain.facts.shape import (
    ANY,
    SOME,
    Code,
    Count,
    Decimal,
    Expiry,
    Names,
    Octets,
    Offset,
    Sha256,
    Text,
    Time,
    Value,
    Word,
)


class CheckedAgainst(Word):
    """What an identifier was compared with."""

    WRISTBAND = "CHECKED_AGAINST_WRISTBAND"
    SPOKEN = "CHECKED_AGAINST_SPOKEN"
    CONTAINER = "CHECKED_AGAINST_CONTAINER"
    PRESCRIPTION = "CHECKED_AGAINST_PRESCRIPTION"
    RECORD = "CHECKED_AGAINST_RECORD"


class Entry(Word):
    """How an identifier was entered: from a bar code, by hand, from another system."""

    SCANNED = "ENTRY_SCANNED"
    TYPED = "ENTRY_TYPED"
    SYSTEM = "ENTRY_SYSTEM"


class TimeSource(Word):
    """Clock of an instrument, typed at the time, copied later from paper."""

    DEVICE = "TIME_SOURCE_DEVICE"
    OPERATOR = "TIME_SOURCE_OPERATOR"
    TRANSCRIBED = "TIME_SOURCE_TRANSCRIBED"


class SignatureMeaning(Word):
    """What a signer says by signing."""

    PERFORMED = "SIGNATURE_MEANING_PERFORMED"
    VERIFIED = "SIGNATURE_MEANING_VERIFIED"
    REVIEWED = "SIGNATURE_MEANING_REVIEWED"
    CERTIFIED = "SIGNATURE_MEANING_CERTIFIED"
    ACCEPTED = "SIGNATURE_MEANING_ACCEPTED"
    APPROVED = "SIGNATURE_MEANING_APPROVED"


class IdentityField(Word):
    """What was compared; never its value. NHS_NUMBER is the NHS, CHI or Health and Care number."""

    NAME = "IDENTITY_FIELD_NAME"
    DATE_OF_BIRTH = "IDENTITY_FIELD_DATE_OF_BIRTH"
    NHS_NUMBER = "IDENTITY_FIELD_NHS_NUMBER"
    HOSPITAL_NUMBER = "IDENTITY_FIELD_HOSPITAL_NUMBER"
    WRISTBAND = "IDENTITY_FIELD_WRISTBAND"
    COI = "IDENTITY_FIELD_COI"
    DONATION = "IDENTITY_FIELD_DONATION"
    CONTAINER = "IDENTITY_FIELD_CONTAINER"
    PRESCRIPTION = "IDENTITY_FIELD_PRESCRIPTION"
    PARTICIPANT_NUMBER = "IDENTITY_FIELD_PARTICIPANT_NUMBER"


class CheckOutcome(Word):
    """What a comparison showed."""

    MATCH = "CHECK_OUTCOME_MATCH"
    DIFFERS = "CHECK_OUTCOME_DIFFERS"
    UNREADABLE = "CHECK_OUTCOME_UNREADABLE"
    NOT_AVAILABLE = "CHECK_OUTCOME_NOT_AVAILABLE"


class LotKind(Word):
    """Class of a lot."""

    CONSUMABLE = "LOT_KIND_CONSUMABLE"
    RAW = "LOT_KIND_RAW"
    ANCILLARY = "LOT_KIND_ANCILLARY"
    VECTOR = "LOT_KIND_VECTOR"
    PLASMID = "LOT_KIND_PLASMID"
    EDITOR = "LOT_KIND_EDITOR"
    GUIDE = "LOT_KIND_GUIDE"
    KIT = "LOT_KIND_KIT"
    CELL_BANK = "LOT_KIND_CELL_BANK"
    DEVICE_PART = "LOT_KIND_DEVICE_PART"
    OTHER = "LOT_KIND_OTHER"


class DeviationReason(Word):
    """Why something went on despite a rule."""

    EMERGENCY = "DEVIATION_REASON_EMERGENCY"
    CLINICAL_DECISION = "DEVIATION_REASON_CLINICAL_DECISION"
    PATIENT_DECISION = "DEVIATION_REASON_PATIENT_DECISION"
    SYSTEM_DOWN = "DEVIATION_REASON_SYSTEM_DOWN"
    EARLIER_FACT_MISSING = "DEVIATION_REASON_EARLIER_FACT_MISSING"
    NOT_KNOWN = "DEVIATION_REASON_NOT_KNOWN"
    OTHER = "DEVIATION_REASON_OTHER"


class IntendedUse(Word):
    """For the donor, a named other, anybody."""

    AUTOLOGOUS = "INTENDED_USE_AUTOLOGOUS"
    DIRECTED = "INTENDED_USE_DIRECTED"
    ALLOGENEIC = "INTENDED_USE_ALLOGENEIC"


class PrescriptionBasis(Word):
    """On which basis a medicine is given."""

    PRESCRIPTION = "PRESCRIPTION_BASIS_PRESCRIPTION"
    PATIENT_SPECIFIC_DIRECTION = "PRESCRIPTION_BASIS_PATIENT_SPECIFIC_DIRECTION"
    PATIENT_GROUP_DIRECTION = "PRESCRIPTION_BASIS_PATIENT_GROUP_DIRECTION"
    NATIONAL_PROTOCOL = "PRESCRIPTION_BASIS_NATIONAL_PROTOCOL"
    TRIAL = "PRESCRIPTION_BASIS_TRIAL"
    EMERGENCY = "PRESCRIPTION_BASIS_EMERGENCY"


class ManufacturingMode(Word):
    """How and where a product is made."""

    CENTRAL = "MANUFACTURING_MODE_CENTRAL"
    POINT_OF_CARE = "MANUFACTURING_MODE_POINT_OF_CARE"
    MODULAR = "MANUFACTURING_MODE_MODULAR"


class ReleaseModel(Word):
    """How batches of a master file are released."""

    CENTRAL_CERTIFICATION = "RELEASE_MODEL_CENTRAL_CERTIFICATION"
    REMOTE_CERTIFICATION = "RELEASE_MODEL_REMOTE_CERTIFICATION"
    CRITICAL_PARAMETERS = "RELEASE_MODEL_CRITICAL_PARAMETERS"
    TWO_STEP = "RELEASE_MODEL_TWO_STEP"


class Identifier(Value, frozen=True, kw_only=True):
    """The name of one thing.

    Two identifiers are the same thing only if scheme and value are equal; `scheme` says who guarantees that `value`
    is unique, so a number unique only inside an organisation has the organisation in its scheme: `batch.RR8`.
    """

    scheme: Code
    """Who guarantees uniqueness: isbt128-din, isbt128-mpho, isbt128-coi, gs1-sscc, ods, hta, mhra, nmc, batch.RR8."""
    value: Code
    """Canonical value without data identifier, flags or check character; case is kept."""
    entry: Entry | None = None
    """How it was entered."""


CoiId = Annotated[Identifier, Names("coi")]
CoiRef = Annotated[Identifier, Names("coi", tagged=False)]
PatientId = Annotated[Identifier, Names("patient")]
PatientRef = Annotated[Identifier, Names("patient", tagged=False)]
DonorId = Annotated[Identifier, Names("donor")]
DonorRef = Annotated[Identifier, Names("donor", tagged=False)]
DonationId = Annotated[Identifier, Names("donation")]
DonationRef = Annotated[Identifier, Names("donation", tagged=False)]
MaterialId = Annotated[Identifier, Names("material")]
MaterialRef = Annotated[Identifier, Names("material", tagged=False)]
BatchId = Annotated[Identifier, Names("batch")]
BatchRef = Annotated[Identifier, Names("batch", tagged=False)]
LotId = Annotated[Identifier, Names("lot")]
LotRef = Annotated[Identifier, Names("lot", tagged=False)]
ConsignmentId = Annotated[Identifier, Names("consignment")]
ConsignmentRef = Annotated[Identifier, Names("consignment", tagged=False)]
SiteId = Annotated[Identifier, Names("site")]
SiteRef = Annotated[Identifier, Names("site", tagged=False)]
ZoneId = Annotated[Identifier, Names("zone")]
ZoneRef = Annotated[Identifier, Names("zone", tagged=False)]
OrganisationId = Annotated[Identifier, Names("organisation")]
OrganisationRef = Annotated[Identifier, Names("organisation", tagged=False)]
LicenceId = Annotated[Identifier, Names("licence")]
LicenceRef = Annotated[Identifier, Names("licence", tagged=False)]
AgreementId = Annotated[Identifier, Names("agreement")]
AgreementRef = Annotated[Identifier, Names("agreement", tagged=False)]
DesignationId = Annotated[Identifier, Names("designation")]
DesignationRef = Annotated[Identifier, Names("designation", tagged=False)]
AuthorisationId = Annotated[Identifier, Names("authorisation")]
AuthorisationRef = Annotated[Identifier, Names("authorisation", tagged=False)]
ProductId = Annotated[Identifier, Names("product")]
ProductRef = Annotated[Identifier, Names("product", tagged=False)]
SpecificationId = Annotated[Identifier, Names("specification")]
SpecificationRef = Annotated[Identifier, Names("specification", tagged=False)]
MasterFileId = Annotated[Identifier, Names("masterfile")]
MasterFileRef = Annotated[Identifier, Names("masterfile", tagged=False)]
EquipmentId = Annotated[Identifier, Names("equipment")]
EquipmentRef = Annotated[Identifier, Names("equipment", tagged=False)]
DeviationId = Annotated[Identifier, Names("deviation")]
CaseId = Annotated[Identifier, Names("case")]
CaseRef = Annotated[Identifier, Names("case", tagged=False)]
PersonId = Annotated[Identifier, Names("person")]
PersonRef = Annotated[Identifier, Names("person", tagged=False)]


class Moment(Value, frozen=True, kw_only=True):
    """A claimed time, as somebody or something read it from a clock."""

    time: Time
    """The time in UTC; finer than a microsecond is refused, never rounded."""
    utc_offset: Offset
    """Offset of the clock that people looked at, +01:00; printed records show it."""
    uncertainty_ms: Count | None = None
    """Half width in milliseconds; absent means the rulebook's default for the source."""
    source: TimeSource
    """Where the time came from."""


class Place(Value, frozen=True, kw_only=True):
    """Where it happened. Nation, licence and nature of the site come from the register, not from the caller."""

    site: SiteId
    """Registered site or unit; a home is a site with an opaque id."""
    zone: ZoneId | None = None
    """Registered work zone or storage position."""
    spot: Text | None = None
    """Room, isolator, bed space."""
    latitude: Decimal | None = None
    """Modular or mobile unit: where it stood, decimal degrees; never for a home."""
    longitude: Decimal | None = None
    """See latitude."""


class Quantity(Value, frozen=True, kw_only=True):
    """A measured or counted amount."""

    value: Decimal
    """Plain decimal, trailing zeros kept: 2.60 has three significant figures."""
    unit: Code
    """UCUM code: mL, g, 10*6, 10*9, 10*6/kg, Cel, %, {container}."""
    of: Code | None = None
    """What was counted, when the unit does not say: viable-cd3, total-nucleated."""


class Document(Value, frozen=True, kw_only=True):
    """A document kept elsewhere: logger download, device run, consent form, printed label."""

    sha256: Sha256
    """SHA-256 of the file, 32 bytes."""
    media_type: Code
    """For example application/pdf."""
    title: Text | None = None
    """What a person would call it."""
    uri: Code | None = None
    """Where its keeper holds it; may die before the hash does."""


class Signature(Value, frozen=True, kw_only=True):
    """An electronic signature over the content without its signatures.

    Ask with `validate_only`, show `Receipt.content`, sign `Receipt.content_hash`, send the same request again with
    the signatures.
    """

    person: PersonRef
    """The signer."""
    printed_name: Text
    """Name of the member of staff as printed on the record."""
    meaning: SignatureMeaning
    """What the signer says by signing."""
    signed_at: Time
    """When."""
    content_hash: Sha256
    """SHA-256 of the canonical content without signatures, 32 bytes."""
    authenticated_at: Time | None = None
    """Last authentication of the signer."""
    method: Code | None = None
    """smartcard, passkey, pin-and-badge."""
    proof: Octets | None = None
    """Token or assertion that proves it, in the method's own form."""


class FieldCheck(Value, frozen=True, kw_only=True):
    """One identifier of a person or container compared. Its kind, never its value."""

    field: IdentityField
    """What was compared."""
    outcome: CheckOutcome
    """What the comparison showed."""
    against: CheckedAgainst | None = None
    """What it was compared with."""
    reason: Text | None = None
    """Why it could not be read or was keyed."""


class MaterialIn(Value, frozen=True, kw_only=True):
    """Material that an activity used."""

    material: MaterialId
    """The container that it came from."""
    taken: Annotated[tuple[Quantity, ...], ANY] = ()
    """How much was taken; absent means all that was left."""


class MaterialOut(Value, frozen=True, kw_only=True):
    """A container that an activity filled."""

    material: MaterialId
    """Its id, made by whoever labels or first fills it."""
    contents: Annotated[tuple[Quantity, ...], SOME]
    """Volume and counts."""
    expires_at: Time | None = None
    """Expiry on the label."""
    expiry: Expiry | None = None
    """Expiry on the label where it is a day or a month."""


class LotUsed(Value, frozen=True, kw_only=True):
    """A lot that touched the cells: consumable, reagent, vector, editor."""

    lot: LotId
    """Lot number under its supplier's scheme."""
    item: Text
    """What it is."""
    kind: LotKind | None = None
    """Which class of material."""
    quantity: Quantity | None = None
    """How much."""
    expiry: Expiry | None = None
    """Expiry printed on it; a month means its last day."""
    in_contact: bool | None = None
    """Touched the cells."""
    certificate: Document | None = None
    """Certificate of analysis."""
