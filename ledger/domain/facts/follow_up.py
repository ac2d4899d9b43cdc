"""What becomes of a patient after the treatment."""

from typing import ClassVar

from ledger.domain.facts.about import About, Fact, Kind
from ledger.domain.facts.shape import Date, Word
from ledger.domain.facts.values import CoiId, PatientId


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
