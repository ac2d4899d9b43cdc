"""Pseudonyms, and decisions for who cannot decide."""

from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind, Second
from ledger.domain.facts.enrolment import CapacityBasis
from ledger.domain.facts.shape import (
    ANY,
    Code,
    Count,
    Date,
    Text,
    Word,
)
from ledger.domain.facts.values import CoiId, Document, FieldCheck, OrganisationId, PatientId, SignatureMeaning, SiteRef


class LinkReason(Word):
    """Why one patient had two pseudonyms."""

    NHS_NUMBER_SUPERSEDED = "LINK_REASON_NHS_NUMBER_SUPERSEDED"
    DUPLICATE = "LINK_REASON_DUPLICATE"
    HEALTH_AND_CARE_NUMBER = "LINK_REASON_HEALTH_AND_CARE_NUMBER"
    OTHER = "LINK_REASON_OTHER"


class BestInterestsOutcome(Word):
    """What was decided."""

    TREAT = "BEST_INTERESTS_OUTCOME_TREAT"
    DO_NOT_TREAT = "BEST_INTERESTS_OUTCOME_DO_NOT_TREAT"


class PatientRegistered(Fact, frozen=True, kw_only=True):
    """A pseudonym was given to one patient. Identity stays in the vault of the hospital."""

    about: ClassVar[About] = About(no=47, stage="enrolment", kind=Kind.REGISTER, second=Second.PERSON_OR_CHECK)

    patient: PatientId
    """The pseudonym."""
    checks: Annotated[tuple[FieldCheck, ...], ANY] = ()
    """One per identifier compared; at least two must match."""
    effective_from: Date
    """First day."""


class PatientRecordsLinked(Fact, frozen=True, kw_only=True):
    """Two pseudonyms are the same patient. Undone by DidNotHappen."""

    about: ClassVar[About] = About(
        no=48, stage="enrolment", kind=Kind.REGISTER, second=Second.PERSON_OR_CHECK, signs=(SignatureMeaning.PERFORMED,)
    )

    survivor: PatientId
    """The pseudonym that stays."""
    superseded: PatientId
    """The pseudonym that leads to it."""
    reason: LinkReason
    """Why there were two."""
    effective_from: Date
    """First day."""


class IdentifiersIssued(Fact, frozen=True, kw_only=True):
    """Made by the server: a block of Chain of Identity numbers was given out, each number once for ever.

    Which numbers follows from the blocks before and stands in the verdict (`first`, `last`).
    """

    about: ClassVar[About] = About(no=57, stage="enrolment", kind=Kind.RECORD, settles=True, server_made=True)

    organisation: OrganisationId
    """To whom."""
    facility: OrganisationId
    """The facility whose numbers they are: scheme isbt128-fin, its Facility Identification Number."""
    year: Code
    """Nominal year, two digits."""
    numbers: Count
    """How many."""
    unit: SiteRef | None = None
    """The unit that holds the block."""


class BestInterestsDecided(Fact, frozen=True, kw_only=True):
    """What is done for a patient who lacks capacity was decided under the law of the nation."""

    about: ClassVar[About] = About(
        no=60,
        stage="enrolment",
        inherits="k",
        kind=Kind.DECISION,
        signs=(SignatureMeaning.APPROVED, SignatureMeaning.VERIFIED),
    )

    patient: PatientId
    """Pseudonym of the patient."""
    coi: CoiId
    """Chain."""
    law: CapacityBasis
    """Law relied on."""
    outcome: BestInterestsOutcome
    """To treat or not."""
    assessment: Document | None = None
    """Assessment of capacity."""
    reason: Text
    """Why."""
    consulted: Annotated[tuple[Text, ...], ANY] = ()
    """Who was consulted, by role."""
