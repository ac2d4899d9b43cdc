"""From eligibility and order to the end of a chain."""

from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind, Second
from ledger.domain.facts.shape import (
    ANY,
    Code,
    Date,
    Position,
    Text,
    Word,
)
from ledger.domain.facts.terms import Route
from ledger.domain.facts.values import (
    AuthorisationId,
    CoiId,
    CoiRef,
    ConsignmentRef,
    Document,
    OrganisationId,
    PatientId,
    ProductId,
    SignatureMeaning,
    SiteId,
)


class ChainOutcome(Word):
    """How a chain ended."""

    INFUSED = "CHAIN_OUTCOME_INFUSED"
    NOT_INFUSED = "CHAIN_OUTCOME_NOT_INFUSED"
    DIED = "CHAIN_OUTCOME_DIED"
    WITHDRAWN = "CHAIN_OUTCOME_WITHDRAWN"
    FAILED = "CHAIN_OUTCOME_FAILED"


class EligibilityConfirmed(Fact, frozen=True, kw_only=True):
    """A clinical panel confirmed that the patient is eligible for the product."""

    about: ClassVar[About] = About(no=49, stage="enrolment", kind=Kind.DECISION, signs=(SignatureMeaning.APPROVED,))

    patient: PatientId
    """Pseudonym of the patient."""
    coi: CoiId | None = None
    """Chain, where one exists."""
    product: ProductId
    """What for."""
    indication: Code
    """Indication, as a code."""
    companion_test: Code | None = None
    """Reference of a genomic or companion test."""
    panel: Code | None = None
    """Reference of the panel's decision."""


class OrderPlaced(Fact, frozen=True, kw_only=True):
    """A therapy was ordered from its manufacturer."""

    about: ClassVar[About] = About(
        no=50, stage="enrolment", inherits="k", kind=Kind.HAPPENING, signs=(SignatureMeaning.PERFORMED,)
    )

    coi: CoiId | None = None
    """Chain, where one exists."""
    patient: PatientId
    """Pseudonym of the patient."""
    product: ProductId
    """What."""
    manufacturer: OrganisationId
    """From whom."""
    order: Code
    """Order reference."""
    collection_on: Date | None = None
    """Intended day of collection."""
    delivery_on: Date | None = None
    """Intended day of delivery."""
    follows: CoiRef | None = None
    """Earlier course of the same patient."""


class OrderAccepted(Fact, frozen=True, kw_only=True):
    """The manufacturer accepted an order and reserved a slot."""

    about: ClassVar[About] = About(
        no=51, stage="enrolment", inherits="k", kind=Kind.DECISION, signs=(SignatureMeaning.ACCEPTED,)
    )

    coi: CoiId | None = None
    """Chain, where one exists."""
    patient: PatientId
    """Pseudonym of the patient."""
    product: ProductId
    """What."""
    site: SiteId
    """Site that will make it."""
    order: Code
    """Order reference."""
    slot_on: Date | None = None
    """Day on which making begins."""
    collection_on: Date | None = None
    """Agreed day of collection."""
    delivery_on: Date | None = None
    """Agreed day of delivery."""


class OrderCancelled(Fact, frozen=True, kw_only=True):
    """An order was cancelled."""

    about: ClassVar[About] = About(
        no=52, stage="enrolment", inherits="k", kind=Kind.HAPPENING, signs=(SignatureMeaning.PERFORMED,)
    )

    coi: CoiId | None = None
    """Chain, where one exists."""
    patient: PatientId
    """Pseudonym of the patient."""
    order: Code | None = None
    """Order reference."""
    reason: Text
    """Why."""


class RouteConfirmed(Fact, frozen=True, kw_only=True):
    """The legal route by which the patient gets the product was confirmed."""

    about: ClassVar[About] = About(
        no=53, stage="enrolment", inherits="k", kind=Kind.DECISION, signs=(SignatureMeaning.APPROVED,)
    )

    coi: CoiId | None = None
    """Chain, where one exists."""
    patient: PatientId
    """Pseudonym of the patient."""
    product: ProductId
    """What."""
    route: Route
    """Which route."""
    authorisation: AuthorisationId | None = None
    """Authorisation, trial, opinion or exemption."""
    participant: Code | None = None
    """Participant number in a trial."""
    arm: Code | None = None
    """Arm of a trial."""
    special_need: Text | None = None
    """A special: the need of the patient, without identity."""
    non_routine: bool | None = None
    """Hospital exemption: made on a non-routine basis."""


class PrescriptionCancelled(Fact, frozen=True, kw_only=True):
    """A prescription no longer stands."""

    about: ClassVar[About] = About(
        no=55, stage="enrolment", inherits="k", kind=Kind.SAFETY_ACT, signs=(SignatureMeaning.PERFORMED,)
    )

    coi: CoiId | None = None
    """Chain, where one exists."""
    patient: PatientId
    """Pseudonym of the patient."""
    prescription: Position
    """The prescription."""
    reason: Text
    """Why."""


class TreatingSiteChanged(Fact, frozen=True, kw_only=True):
    """The patient's therapy goes on at another site."""

    about: ClassVar[About] = About(
        no=61, stage="enrolment", inherits="k", kind=Kind.DECISION, signs=(SignatureMeaning.ACCEPTED,)
    )

    coi: CoiId
    """Chain."""
    leaving: SiteId
    """Site that hands over."""
    joining: SiteId
    """Site that takes over."""
    reason: Text
    """Why."""
    consignments: Annotated[tuple[ConsignmentRef, ...], ANY] = ()
    """Consignments affected."""


class DesignFileBound(Fact, frozen=True, kw_only=True):
    """The design of a patient-matched or printed product was bound to its patient."""

    about: ClassVar[About] = About(
        no=62,
        stage="enrolment",
        inherits="k",
        kind=Kind.DECISION,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.APPROVED,),
    )

    patient: PatientId
    """Pseudonym of the patient."""
    coi: CoiId
    """Chain."""
    product: ProductId
    """What."""
    design: Document
    """The design file."""
    version: Code | None = None
    """Its version."""
    imaging_reference: Code | None = None
    """Reference of the images it was made from."""


class ChainClosed(Fact, frozen=True, kw_only=True):
    """A chain ended, with its outcome and what is still open."""

    about: ClassVar[About] = About(
        no=63, stage="enrolment", inherits="k", kind=Kind.DECISION, signs=(SignatureMeaning.PERFORMED,)
    )

    coi: CoiId
    """Chain."""
    outcome: ChainOutcome
    """How it ended."""
    open_items: Annotated[tuple[Text, ...], ANY] = ()
    """What is still open."""
