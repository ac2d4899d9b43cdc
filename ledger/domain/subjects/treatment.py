"""Subjects of one patient's treatment: on which prescription, and with which say of theirs."""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Final

from msgspec import Struct

from ledger.domain.facts.enrolment import (
    CapacityBasis,
    ConsentKind,
    ConsentRecorded,
    ConsentWithdrawn,
    TherapyPrescribed,
)
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.ordering import PrescriptionCancelled
from ledger.domain.facts.patients import BestInterestsDecided, BestInterestsOutcome
from ledger.domain.facts.values import PrescriptionBasis
from ledger.domain.subjects.subject import Entry, Subject

_MOST: Final = 64
"""Prescriptions and sayings kept of one patient, newest last."""


class Special(Struct, frozen=True, kw_only=True):
    """What a prescriber said of a special that they specified.

    Attributes:
        unsolicited: Nobody solicited the order.
        need: The special need of the patient is said.
    """

    unsolicited: bool
    need: bool


class Prescription(Struct, frozen=True, kw_only=True):
    """One prescription or direction.

    Attributes:
        position: The fact.
        product: What.
        coi: Chain; empty when it was written before there was one.
        basis: On which basis.
        special: A special, with the prescriber's specification.
    """

    position: int
    product: str
    coi: str
    basis: PrescriptionBasis
    special: Special | None = None


class Prescriptions(Struct, frozen=True, kw_only=True):
    """What stands prescribed for one patient; what was cancelled is gone."""

    standing: tuple[Prescription, ...] = ()


def _prescriptions(state: Prescriptions, entry: Entry) -> Prescriptions:
    fact = entry.content.fact
    if isinstance(fact, TherapyPrescribed):
        new = Prescription(
            position=entry.position,
            product=tag_of("product", fact.product),
            coi=tag_of("coi", fact.coi),
            basis=fact.basis,
            special=_special(fact),
        )
        return Prescriptions(standing=(*state.standing, new)[-_MOST:])
    if isinstance(fact, PrescriptionCancelled):
        return Prescriptions(standing=tuple(item for item in state.standing if item.position != fact.prescription))
    return state


def _special(fact: TherapyPrescribed) -> Special | None:
    said = fact.special
    return None if said is None else Special(unsolicited=said.unsolicited, need=said.special_need is not None)


PRESCRIPTIONS = Subject(
    name="Prescriptions",
    kinds=("patient",),
    types=frozenset(("TherapyPrescribed", "PrescriptionCancelled")),
    empty=Prescriptions(),
    fold=_prescriptions,
)


class Say(StrEnum):
    """What was said about treating a patient."""

    CONSENTED = "consent to treatment was given"
    WITHDRAWN = "consent to treatment was withdrawn"
    TREAT = "a best-interests decision is to treat"
    DO_NOT_TREAT = "a best-interests decision is not to treat"


WITHOUT_CAPACITY: Final = frozenset(
    (
        CapacityBasis.MENTAL_CAPACITY_ACT_2005,
        CapacityBasis.ADULTS_WITH_INCAPACITY_SCOTLAND_ACT_2000,
        CapacityBasis.MENTAL_CAPACITY_ACT_NI_2016,
    )
)
"""The law relied on for a patient who lacks capacity."""


class Standing(IntEnum):
    """How much a refusal weighs, by the capacity of who refused."""

    LACKING = 0
    """Said to lack capacity: a best-interests decision may go against it."""
    PRESUMED = 1
    """Nothing is said, so capacity is presumed: the decision has to record the assessment that it is lacking."""
    CAPABLE = 2
    """A refusal by who can decide: nothing goes against it but a new consent."""


class Said(Struct, frozen=True, kw_only=True):
    """One saying.

    Attributes:
        position: The fact.
        at: When.
        say: What.
        coi: For one chain, or for all (empty).
        capacity: Capacity at that time, where it was stated.
        assessed: A decision recorded the assessment by which capacity is lacking.
    """

    position: int
    at: datetime
    say: Say
    coi: str
    capacity: CapacityBasis | None = None
    assessed: bool = False

    @property
    def standing(self) -> Standing:
        """What may go against it."""
        if self.capacity is None:
            return Standing.PRESUMED
        return Standing.LACKING if self.capacity in WITHOUT_CAPACITY else Standing.CAPABLE

    def overcome_by(self, *, assessed: bool) -> bool:
        """Whether a best-interests decision, with or without the assessment of capacity, may go against it."""
        return self.standing is Standing.LACKING or (self.standing is Standing.PRESUMED and assessed)


class TreatmentConsent(Struct, frozen=True, kw_only=True):
    """What was said about treating one patient, oldest first."""

    said: tuple[Said, ...] = ()


def _treatment(state: TreatmentConsent, entry: Entry) -> TreatmentConsent:
    said = _said(entry)
    return state if said is None else TreatmentConsent(said=(*state.said, said)[-_MOST:])


def _said(entry: Entry) -> Said | None:
    fact, assessed = entry.content.fact, False
    if isinstance(fact, ConsentRecorded) and ConsentKind.TREATMENT in fact.kinds:
        say, capacity = Say.CONSENTED, fact.capacity
    elif isinstance(fact, ConsentWithdrawn) and (not fact.kinds or ConsentKind.TREATMENT in fact.kinds):
        say, capacity = Say.WITHDRAWN, fact.capacity
    elif isinstance(fact, BestInterestsDecided):
        say = Say.TREAT if fact.outcome is BestInterestsOutcome.TREAT else Say.DO_NOT_TREAT
        capacity, assessed = fact.law, fact.assessment is not None
    else:
        return None
    coi = tag_of("coi", fact.coi)
    return Said(position=entry.position, at=entry.at, say=say, coi=coi, capacity=capacity, assessed=assessed)


TREATMENT_CONSENT = Subject(
    name="TreatmentConsent",
    kinds=("patient",),
    types=frozenset(("ConsentRecorded", "ConsentWithdrawn", "BestInterestsDecided")),
    empty=TreatmentConsent(),
    fold=_treatment,
)
