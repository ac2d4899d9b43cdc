"""Who says so, where, when, and with whose hand. The same for every fact."""

from typing import Annotated, ClassVar

from ledger.domain.facts.shape import ANY, Code, OneOf, Position, SystemName, Text, Value, Word
from ledger.domain.facts.values import (
    AgreementId,
    AuthorisationId,
    DeviationReason,
    Document,
    EquipmentId,
    EquipmentRef,
    LicenceId,
    Moment,
    OrganisationId,
    OrganisationRef,
    PersonId,
    PersonRef,
    Place,
    Signature,
)


class LateCode(Word):
    """Why a fact is recorded late."""

    NO_SIGNAL = "LATE_CODE_NO_SIGNAL"
    SYSTEM_DOWN = "LATE_CODE_SYSTEM_DOWN"
    PAPER_RECORD = "LATE_CODE_PAPER_RECORD"
    NOT_KNOWN_BEFORE = "LATE_CODE_NOT_KNOWN_BEFORE"
    OTHER = "LATE_CODE_OTHER"


class TranscriptionSource(Word):
    """What a fact was copied from."""

    PAPER = "TRANSCRIPTION_SOURCE_PAPER"
    DEVICE = "TRANSCRIPTION_SOURCE_DEVICE"
    MEMORY = "TRANSCRIPTION_SOURCE_MEMORY"


class ExceptionKind(Word):
    """What an exception is."""

    OVERRIDE = "EXCEPTION_KIND_OVERRIDE"
    LATE = "EXCEPTION_KIND_LATE"
    DEVIATION = "EXCEPTION_KIND_DEVIATION"


class ElectronicCheck(Value, frozen=True, kw_only=True):
    """A validated electronic check in place of a second person (EU GMP Annex 11, section 6)."""

    equipment: EquipmentId
    """The validated system or scanner."""
    evidence: Document | None = None
    """Its record."""


class LateReason(Value, frozen=True, kw_only=True):
    """Why a fact is recorded late."""

    code: LateCode
    """The class of reason."""
    text: Text
    """In words."""


class Transcription(Value, frozen=True, kw_only=True):
    """A fact copied from paper or memory."""

    transcribed_by: PersonRef
    """Who copied it."""
    verified_by: PersonRef | None = None
    """Who checked the copy; a critical entry needs it."""
    scanned_form: Document | None = None
    """The scanned form, or the device's printout."""
    source: TranscriptionSource | None = None
    """What it was copied from; absent means paper."""


class DeviceSequence(Value, frozen=True, kw_only=True):
    """The place of a fact in an offline device's own sequence."""

    device: EquipmentRef
    """The device."""
    number: Position
    """From 1, without gaps."""


class Envelope(Value, frozen=True, kw_only=True):
    """Who says so, where, when, on which basis and with whose hand; the same for every fact.

    Always asked: occurred_at, place.site, performed_by.
    """

    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("basis", ("licence", "agreement", "authorisation"), required=False),)

    occurred_at: Moment
    """When; the start of what lasts. A decision counts from its recording whatever stands here."""
    place: Place
    """Where."""
    performed_by: PersonId
    """The person who did it."""
    verified_by: Annotated[tuple[PersonId, ...], ANY] = ()
    """Second person or persons, compared as people."""
    electronic_check: ElectronicCheck | None = None
    """The validated electronic check that stands for a second person."""
    signatures: Annotated[tuple[Signature, ...], ANY] = ()
    """Signatures over the content."""
    on_behalf_of: OrganisationRef | None = None
    """Organisation on whose behalf; needs a registered delegation."""
    organisation: OrganisationId | None = None
    """Recording organisation; needed until access control lands, then refused when it differs from the credential."""
    system: SystemName | None = None
    """Recording system, until access control lands."""
    licence: LicenceId | None = None
    """Licence relied on; absent means the basis that the site registered for the activity."""
    agreement: AgreementId | None = None
    """Agreement relied on."""
    authorisation: AuthorisationId | None = None
    """Authorisation relied on."""
    procedure: Code | None = None
    """Procedure, protocol, batch record or master-file version followed."""
    equipment: Annotated[tuple[EquipmentId, ...], ANY] = ()
    """Instruments used."""
    late_reason: LateReason | None = None
    """Why it is recorded later than the type allows."""
    transcription: Transcription | None = None
    """For a time source of transcribed: who copied it, from what."""
    caused_by: Annotated[tuple[Position, ...], ANY] = ()
    """Facts that led to this one."""
    sender_reference: Code | None = None
    """HL7 message id, MES record; at most 200 characters, unique to nobody."""
    device_sequence: DeviceSequence | None = None
    """An offline device's own gapless sequence; twice the same number is a fork."""


class FactException(Value, frozen=True, kw_only=True):
    """Travels beside the envelope and is used only if a rule breaks."""

    kind: ExceptionKind
    """Override by the owner of the risk, late entry, or deviation."""
    rule: Code | None = None
    """The rule it is for; absent means any."""
    reason_code: DeviationReason
    """The class of reason."""
    reason: Text
    """In words."""
    reference: Code | None = None
    """The site's own reference."""
    approver: PersonRef | None = None
    """Owner of the risk who approves; an override needs one."""
    signature: Signature | None = None
    """The approver's signature."""
    proceeding: Position | None = None
    """Position of the decision to proceed that announced it."""
