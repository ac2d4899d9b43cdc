"""Procurement other than apheresis, what was broken off, and material released and accepted."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind, Link, Second, Work
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.procurement import Allogeneic, Autologous, Directed, DonorReaction, collected, giver
from ledger.domain.facts.shape import (
    ANY,
    SOME,
    Code,
    OneOf,
    Position,
    Text,
    Time,
    Word,
)
from ledger.domain.facts.values import (
    BatchId,
    CheckOutcome,
    CoiId,
    ConsignmentId,
    DonationId,
    DonorId,
    LotUsed,
    MaterialId,
    MaterialOut,
    PatientId,
    Quantity,
    SignatureMeaning,
)


class ProcurementMethod(Word):
    """How cells or tissue were procured."""

    BONE_MARROW = "PROCUREMENT_METHOD_BONE_MARROW"
    BIOPSY = "PROCUREMENT_METHOD_BIOPSY"
    TISSUE = "PROCUREMENT_METHOD_TISSUE"
    CORD_BLOOD = "PROCUREMENT_METHOD_CORD_BLOOD"
    WHOLE_BLOOD = "PROCUREMENT_METHOD_WHOLE_BLOOD"
    GAMETE = "PROCUREMENT_METHOD_GAMETE"
    EMBRYO = "PROCUREMENT_METHOD_EMBRYO"


class AbandonReason(Word):
    """Why a collection was broken off."""

    ACCESS = "ABANDON_REASON_ACCESS"
    REACTION = "ABANDON_REASON_REACTION"
    LOW_YIELD = "ABANDON_REASON_LOW_YIELD"
    EQUIPMENT = "ABANDON_REASON_EQUIPMENT"
    DONOR_DECISION = "ABANDON_REASON_DONOR_DECISION"
    OTHER = "ABANDON_REASON_OTHER"


class AcceptanceDisposition(Word):
    """Where accepted material goes."""

    TO_USE = "ACCEPTANCE_DISPOSITION_TO_USE"
    TO_QUARANTINE = "ACCEPTANCE_DISPOSITION_TO_QUARANTINE"


class ProcurementPerformed(Fact, frozen=True, kw_only=True):
    """One procurement other than apheresis: marrow, biopsy, tissue, cord blood, whole blood, gamete, embryo."""

    about: ClassVar[About] = About(
        no=70,
        stage="procurement",
        kind=Kind.HAPPENING,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.PERFORMED,),
    )
    one_of: ClassVar[tuple[OneOf, ...]] = (
        OneOf("intended_for", ("autologous", "directed", "allogeneic"), required=True),
    )

    coi: CoiId | None = None
    """Chain."""
    donation: DonationId
    """Donation number of this session, the collecting facility's DIN."""
    autologous: Autologous | None = None
    """For the donor."""
    directed: Directed | None = None
    """For a named other person."""
    allogeneic: Allogeneic | None = None
    """For anybody suitable."""
    method: ProcurementMethod
    """How."""
    deceased: bool | None = None
    """From a deceased donor."""
    ended_at: Time
    """End; the start is occurred_at."""
    bags: Annotated[tuple[MaterialOut, ...], SOME]
    """What was procured, one per container."""
    lots: Annotated[tuple[LotUsed, ...], ANY] = ()
    """Every lot that touched it."""
    reactions: Annotated[tuple[DonorReaction, ...], ANY] = ()
    """Reactions of the donor; absent says nothing."""
    no_reaction: bool | None = None
    """True: the donor had no reaction."""

    @property
    def person(self) -> str:
        """Tag of whose cells these are: the patient, or a donor who gives for others."""
        return giver(self.autologous, self.directed, self.allogeneic)

    def work(self) -> Work:
        """What was procured."""
        return Work(outputs=self.bags, lots=self.lots, ended_at=self.ended_at)

    def lineage(self) -> Iterator[Link]:
        """Containers come from the donation and touched the lots; the donation comes from the person."""
        yield from collected(self.donation, self.person, self.bags, self.lots)


class CollectionAbandoned(Fact, frozen=True, kw_only=True):
    """A collection was broken off."""

    about: ClassVar[About] = About(no=71, stage="procurement", kind=Kind.SAFETY_ACT)
    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("person", ("patient", "donor"), required=True),)

    coi: CoiId | None = None
    """Chain."""
    donation: DonationId | None = None
    """Donation number, where one was used."""
    patient: PatientId | None = None
    """The patient, who is the donor."""
    donor: DonorId | None = None
    """A donor who gives for others."""
    reason: AbandonReason
    """Why."""
    explanation: Text | None = None
    """In words."""
    processed: Quantity | None = None
    """Blood processed."""
    bags: Annotated[tuple[MaterialOut, ...], ANY] = ()
    """What was collected all the same."""
    disposition: Text | None = None
    """What became of it."""

    @property
    def person(self) -> str:
        """Tag of whose cells these are."""
        return tag_of("patient", self.patient) or tag_of("donor", self.donor)

    def work(self) -> Work:
        """What was collected all the same."""
        return Work(outputs=self.bags)

    def lineage(self) -> Iterator[Link]:
        """What was collected comes from the donation, and that from the person."""
        if self.donation is not None:
            yield from collected(self.donation, self.person, self.bags, ())


class MaterialReleasedForCirculation(Fact, frozen=True, kw_only=True):
    """The Designated Individual, or a delegate, released material for circulation."""

    about: ClassVar[About] = About(
        no=76, stage="procurement", inherits="m", kind=Kind.DECISION, signs=(SignatureMeaning.APPROVED,)
    )

    materials: Annotated[tuple[MaterialId, ...], SOME]
    """Containers."""
    donation: DonationId
    """Donation."""
    donation_code: Code | None = None
    """Single European Code, donation identification sequence."""
    quarantine_transfer: bool | None = None
    """Tests are not complete: may be sent and used at risk, not certified."""
    tests: Annotated[tuple[Position, ...], ANY] = ()
    """Results on which it rests."""
    conditions: Text | None = None
    """Conditions."""
    inactivated: bool | None = None
    """A validated step of processing inactivates the viruses concerned (2006/17 Annex II 2.6)."""


class MaterialAccepted(Fact, frozen=True, kw_only=True):
    """The receiver accepted material, to use or to quarantine."""

    about: ClassVar[About] = About(
        no=77, stage="procurement", inherits="mc", kind=Kind.DECISION, signs=(SignatureMeaning.APPROVED,)
    )

    materials: Annotated[tuple[MaterialId, ...], SOME]
    """Containers."""
    consignment: ConsignmentId | None = None
    """Consignment in which it came."""
    batch: BatchId | None = None
    """Batch that it is meant for."""
    transport: CheckOutcome | None = None
    """Transport check."""
    logger: CheckOutcome | None = None
    """Temperature record."""
    seals: CheckOutcome | None = None
    """Seals."""
    labels: CheckOutcome | None = None
    """Labels."""
    documents: CheckOutcome | None = None
    """Documents."""
    samples: CheckOutcome | None = None
    """Samples that came along."""
    disposition: AcceptanceDisposition
    """To use or to quarantine."""
