"""Terms that several stages of life use."""

from typing import Annotated

from ledger.domain.facts.shape import SOME, Code, Text, Value, Word
from ledger.domain.facts.values import MaterialId, Quantity


class TemperatureClass(Word):
    """Class of storage temperature."""

    BODY_TEMPERATURE = "TEMPERATURE_CLASS_BODY_TEMPERATURE"
    CONTROLLED_ROOM = "TEMPERATURE_CLASS_CONTROLLED_ROOM"
    REFRIGERATED = "TEMPERATURE_CLASS_REFRIGERATED"
    FROZEN_MINUS_20 = "TEMPERATURE_CLASS_FROZEN_MINUS_20"
    FROZEN_MINUS_80 = "TEMPERATURE_CLASS_FROZEN_MINUS_80"
    VAPOUR_PHASE_NITROGEN = "TEMPERATURE_CLASS_VAPOUR_PHASE_NITROGEN"
    LIQUID_NITROGEN = "TEMPERATURE_CLASS_LIQUID_NITROGEN"


class SegregationClass(Word):
    """What may lie in a place."""

    GENERAL = "SEGREGATION_CLASS_GENERAL"
    UNTESTED = "SEGREGATION_CLASS_UNTESTED"
    QUARANTINE = "SEGREGATION_CLASS_QUARANTINE"
    BIOLOGICAL_HAZARD = "SEGREGATION_CLASS_BIOLOGICAL_HAZARD"
    REJECTED = "SEGREGATION_CLASS_REJECTED"


class TestStage(Word):
    """At which stage a test is done."""

    STARTING_MATERIAL = "TEST_STAGE_STARTING_MATERIAL"
    IN_PROCESS = "TEST_STAGE_IN_PROCESS"
    RELEASE = "TEST_STAGE_RELEASE"
    LATE = "TEST_STAGE_LATE"
    STABILITY = "TEST_STAGE_STABILITY"
    ENVIRONMENT = "TEST_STAGE_ENVIRONMENT"
    SHIPPED_SAMPLE = "TEST_STAGE_SHIPPED_SAMPLE"


class Route(Word):
    """Legal route to the patient."""

    MARKETING_AUTHORISATION = "ROUTE_MARKETING_AUTHORISATION"
    CLINICAL_TRIAL = "ROUTE_CLINICAL_TRIAL"
    HOSPITAL_EXEMPTION = "ROUTE_HOSPITAL_EXEMPTION"
    SPECIAL = "ROUTE_SPECIAL"
    EARLY_ACCESS = "ROUTE_EARLY_ACCESS"


class Materials(Value, frozen=True, kw_only=True):
    """Containers, where a scope may be them or something else."""

    materials: Annotated[tuple[MaterialId, ...], SOME]
    """The containers."""


class StepParameter(Value, frozen=True, kw_only=True):
    """One parameter of a process step or device run."""

    name: Code
    """Name in the batch record."""
    value: Quantity | None = None
    """What was measured."""
    words: Text | None = None
    """What was observed, when it is no number."""
    met: bool | None = None
    """Inside its limits."""
