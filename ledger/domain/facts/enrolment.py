"""From the prescription to the consent: what must stand before cells are taken."""

from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind, Second
from ledger.domain.facts.shape import ANY, SOME, Code, Count, Date, OneOf, Position, Text, Value, Word
from ledger.domain.facts.values import (
    CoiId,
    CoiRef,
    Document,
    DonorId,
    DonorRef,
    IntendedUse,
    OrganisationRef,
    PatientId,
    PersonRef,
    PrescriptionBasis,
    ProductId,
    ProductRef,
    Quantity,
    SignatureMeaning,
)


class ConsentKind(Word):
    """What is consented to."""

    PROCUREMENT_STORAGE_USE = "CONSENT_KIND_PROCUREMENT_STORAGE_USE"
    TREATMENT = "CONSENT_KIND_TREATMENT"
    TRIAL = "CONSENT_KIND_TRIAL"
    RESEARCH = "CONSENT_KIND_RESEARCH"
    FOLLOW_UP_AND_DATA_SHARING = "CONSENT_KIND_FOLLOW_UP_AND_DATA_SHARING"


class CapacityBasis(Word):
    """Capacity, or the law relied on."""

    HAS_CAPACITY = "CAPACITY_BASIS_HAS_CAPACITY"
    MENTAL_CAPACITY_ACT_2005 = "CAPACITY_BASIS_MENTAL_CAPACITY_ACT_2005"
    ADULTS_WITH_INCAPACITY_SCOTLAND_ACT_2000 = "CAPACITY_BASIS_ADULTS_WITH_INCAPACITY_SCOTLAND_ACT_2000"
    MENTAL_CAPACITY_ACT_NI_2016 = "CAPACITY_BASIS_MENTAL_CAPACITY_ACT_NI_2016"
    PARENTAL_RESPONSIBILITY = "CAPACITY_BASIS_PARENTAL_RESPONSIBILITY"
    COMPETENT_CHILD = "CAPACITY_BASIS_COMPETENT_CHILD"
    CLINICAL_TRIALS_REGULATIONS_2004 = "CAPACITY_BASIS_CLINICAL_TRIALS_REGULATIONS_2004"
    DECEASED = "CAPACITY_BASIS_DECEASED"


class ConsentGiver(Word):
    """Who gave a consent."""

    SELF = "CONSENT_GIVER_SELF"
    PARENT = "CONSENT_GIVER_PARENT"
    NOMINATED_REPRESENTATIVE = "CONSENT_GIVER_NOMINATED_REPRESENTATIVE"
    QUALIFYING_RELATIVE = "CONSENT_GIVER_QUALIFYING_RELATIVE"
    PERSON_WITH_PARENTAL_RESPONSIBILITY = "CONSENT_GIVER_PERSON_WITH_PARENTAL_RESPONSIBILITY"
    LEGAL_REPRESENTATIVE = "CONSENT_GIVER_LEGAL_REPRESENTATIVE"
    ATTORNEY_OR_GUARDIAN = "CONSENT_GIVER_ATTORNEY_OR_GUARDIAN"
    COURT = "CONSENT_GIVER_COURT"


class SpecialOrder(Value, frozen=True, kw_only=True):
    """The conditions of a special (HMR 167)."""

    specification: Text
    """The prescriber's specification."""
    unsolicited: bool
    """The order was not solicited."""
    special_need: Text | None = None
    """The special need of the patient, without identity."""


class TherapyPrescribed(Fact, frozen=True, kw_only=True):
    """A prescriber ordered a therapy for a patient (HMR 214; 167 for a special)."""

    about: ClassVar[About] = About(
        no=54, stage="enrolment", inherits="k", kind=Kind.HAPPENING, signs=(SignatureMeaning.PERFORMED,)
    )

    coi: CoiId | None = None
    """Chain, where one exists."""
    patient: PatientId
    """Pseudonym of the patient."""
    product: ProductId
    """What."""
    basis: PrescriptionBasis
    """On which basis."""
    dose_min: Quantity | None = None
    """Least dose."""
    dose_max: Quantity | None = None
    """Greatest dose."""
    planned_doses: Count | None = None
    """How many doses; absent means one."""
    indication: Text | None = None
    """Indication."""
    off_label_note: Text | None = None
    """Why outside the indication."""
    special: SpecialOrder | None = None
    """A special: what HMR 167 asks."""


class CoiAssigned(Fact, frozen=True, kw_only=True):
    """One chain of identity was opened for one patient's therapy event (ISBT 128 ST-028)."""

    about: ClassVar[About] = About(
        no=56,
        stage="enrolment",
        inherits="k",
        kind=Kind.HAPPENING,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.PERFORMED, SignatureMeaning.VERIFIED),
    )

    coi: CoiId
    """Chain of Identity identifier."""
    patient: PatientId
    """Pseudonym of the patient."""
    allocator: OrganisationRef
    """Who allocated the identifier."""
    product: ProductRef | None = None
    """Therapy."""
    intended_use: IntendedUse
    """Autologous, directed, allogeneic."""
    donor: DonorRef | None = None
    """Directed: the donor."""
    order: Code | None = None
    """Order reference."""
    follows: CoiRef | None = None
    """Earlier course of the same patient."""


class ConsentRecorded(Fact, frozen=True, kw_only=True):
    """A consent, with the kinds and purposes that it covers (2006/17 Annex IV; Human Tissue Act 2004)."""

    about: ClassVar[About] = About(no=58, stage="enrolment", kind=Kind.HAPPENING, signs=(SignatureMeaning.PERFORMED,))
    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("person", ("patient", "donor"), required=True),)

    patient: PatientId | None = None
    """The patient."""
    donor: DonorId | None = None
    """A donor who gives for others."""
    coi: CoiId | None = None
    """Limited to one chain."""
    kinds: Annotated[tuple[ConsentKind, ...], SOME]
    """What is consented to."""
    purposes: Annotated[tuple[Text, ...], ANY] = ()
    """Purposes in the form's words."""
    disposal_instruction: Text | None = None
    """What is to become of what is left."""
    form_version: Code | None = None
    """Version of the form."""
    form: Document | None = None
    """The signed form."""
    capacity: CapacityBasis | None = None
    """Capacity, or the law relied on."""
    given_by: ConsentGiver
    """Who gave it."""
    witness: PersonRef | None = None
    """Witness."""
    reconsent_due: Date | None = None
    """A child: when own consent is due."""
    supersedes: Position | None = None
    """Earlier consent that it replaces."""
    confirmed_by: OrganisationRef | None = None
    """Deceased, imported or referred donor: the establishment that confirmed it."""


class ConsentWithdrawn(Fact, frozen=True, kw_only=True):
    """A consent was withdrawn, from the moment it happened. A lone caller is enough; never refused."""

    about: ClassVar[About] = About(no=59, stage="enrolment", kind=Kind.SAFETY_ACT)
    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("person", ("patient", "donor"), required=True),)

    patient: PatientId | None = None
    """The patient."""
    donor: DonorId | None = None
    """The donor."""
    coi: CoiId | None = None
    """Limited to one chain."""
    kinds: Annotated[tuple[ConsentKind, ...], ANY] = ()
    """What is withdrawn; absent means all."""
    capacity: CapacityBasis | None = None
    """Capacity at the time."""
    disposal_wish: Text | None = None
    """What is to become of the cells."""
