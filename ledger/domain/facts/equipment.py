"""Zones, instruments, stores and shippers, and what they are qualified for."""

from typing import ClassVar

from ledger.domain.facts.about import About, Fact, Kind
from ledger.domain.facts.shape import Code, Date, Seconds, Text, Word
from ledger.domain.facts.terms import SegregationClass, TemperatureClass
from ledger.domain.facts.values import Document, EquipmentId, SignatureMeaning, SiteId, ZoneId


class ZoneKind(Word):
    """What a zone is for."""

    WORK_ZONE = "ZONE_KIND_WORK_ZONE"
    DEVICE_CHAMBER = "ZONE_KIND_DEVICE_CHAMBER"
    STORAGE_POSITION = "ZONE_KIND_STORAGE_POSITION"


class EquipmentKind(Word):
    """What an instrument is."""

    SEPARATOR = "EQUIPMENT_KIND_SEPARATOR"
    ISOLATOR = "EQUIPMENT_KIND_ISOLATOR"
    BIOREACTOR = "EQUIPMENT_KIND_BIOREACTOR"
    THAW_DEVICE = "EQUIPMENT_KIND_THAW_DEVICE"
    CONTROLLED_RATE_FREEZER = "EQUIPMENT_KIND_CONTROLLED_RATE_FREEZER"
    FREEZER = "EQUIPMENT_KIND_FREEZER"
    REFRIGERATOR = "EQUIPMENT_KIND_REFRIGERATOR"
    SHIPPER = "EQUIPMENT_KIND_SHIPPER"
    LOGGER = "EQUIPMENT_KIND_LOGGER"
    SCANNER = "EQUIPMENT_KIND_SCANNER"
    ANALYSER = "EQUIPMENT_KIND_ANALYSER"
    PRINTER = "EQUIPMENT_KIND_PRINTER"
    OTHER = "EQUIPMENT_KIND_OTHER"


class QualificationKind(Word):
    """What was qualified."""

    CALIBRATION = "QUALIFICATION_KIND_CALIBRATION"
    SOFTWARE_VERSION = "QUALIFICATION_KIND_SOFTWARE_VERSION"
    SHIPPER = "QUALIFICATION_KIND_SHIPPER"
    TEMPERATURE_MAP = "QUALIFICATION_KIND_TEMPERATURE_MAP"
    INSTALLATION = "QUALIFICATION_KIND_INSTALLATION"


class QualificationOutcome(Word):
    """How it ended."""

    PASSED = "QUALIFICATION_OUTCOME_PASSED"
    FAILED = "QUALIFICATION_OUTCOME_FAILED"
    WITHDRAWN = "QUALIFICATION_OUTCOME_WITHDRAWN"


class ZoneRegistered(Fact, frozen=True, kw_only=True):
    """A work zone, device chamber or storage position: where one batch, or one class of material, may be at a time."""

    about: ClassVar[About] = About(no=14, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.PERFORMED,))

    zone: ZoneId
    """Its id."""
    site: SiteId
    """Where it is."""
    kind: ZoneKind
    """What it is for."""
    name: Text | None = None
    """Name on its door."""
    temperature: TemperatureClass | None = None
    """Temperature class of a storage position."""
    segregation: SegregationClass | None = None
    """What may lie in it."""
    effective_from: Date
    """First day."""
    effective_to: Date | None = None
    """Last day."""


class EquipmentRegistered(Fact, frozen=True, kw_only=True):
    """An instrument, device, store or shipper."""

    about: ClassVar[About] = About(no=19, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.PERFORMED,))

    equipment: EquipmentId
    """Its id."""
    site: SiteId
    """Where it belongs."""
    kind: EquipmentKind
    """What it is."""
    serial: Code | None = None
    """Serial number."""
    udi: Code | None = None
    """Unique device identification."""
    name: Text | None = None
    """What people call it."""
    effective_from: Date
    """First day."""
    effective_to: Date | None = None
    """Last day."""


class EquipmentQualified(Fact, frozen=True, kw_only=True):
    """An instrument was calibrated or qualified, or failed, or its qualification was withdrawn."""

    about: ClassVar[About] = About(
        no=20, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.PERFORMED, SignatureMeaning.REVIEWED)
    )

    equipment: EquipmentId
    """Which."""
    what: QualificationKind
    """What was qualified."""
    outcome: QualificationOutcome
    """Pass, fail, withdrawn."""
    software_version: Code | None = None
    """Version that was qualified."""
    hold_seconds: Seconds | None = None
    """A shipper: how long it holds its temperature."""
    reference: Code | None = None
    """Certificate number."""
    evidence: Document | None = None
    """Certificate."""
    effective_from: Date
    """First day."""
    effective_to: Date | None = None
    """Last day; when the next is due."""
