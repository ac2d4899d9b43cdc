"""From the patient's arm to the first label."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind, Link, Second, Work
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.shape import ANY, SOME, Count, OneOf, Text, Time, Value, Word
from ledger.domain.facts.values import (
    CoiId,
    DonationId,
    DonorId,
    FieldCheck,
    Identifier,
    LotUsed,
    MaterialOut,
    OrganisationRef,
    PatientId,
    PatientRef,
    Quantity,
    SignatureMeaning,
)


class IdentificationMethod(Word):
    """How a donor was identified."""

    IN_PERSON = "IDENTIFICATION_METHOD_IN_PERSON"
    CONFIRMED_BY_SUPPLYING_ESTABLISHMENT = "IDENTIFICATION_METHOD_CONFIRMED_BY_SUPPLYING_ESTABLISHMENT"
    DECEASED_CONFIRMED = "IDENTIFICATION_METHOD_DECEASED_CONFIRMED"


class VenousAccess(Word):
    """Venous access."""

    PERIPHERAL = "VENOUS_ACCESS_PERIPHERAL"
    CENTRAL = "VENOUS_ACCESS_CENTRAL"
    OTHER = "VENOUS_ACCESS_OTHER"


class DonorIdentified(Fact, frozen=True, kw_only=True):
    """How, and by whom, the donor was identified before anything was taken (2006/17 Annex IV 1.1.1)."""

    about: ClassVar[About] = About(
        no=64,
        stage="procurement",
        inherits="k",
        kind=Kind.HAPPENING,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.PERFORMED, SignatureMeaning.VERIFIED),
    )
    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("person", ("patient", "donor"), required=True),)

    patient: PatientId | None = None
    """The patient, who is the donor."""
    donor: DonorId | None = None
    """A donor who gives for others."""
    coi: CoiId | None = None
    """Chain."""
    how: IdentificationMethod
    """Seen in person, or confirmed by the supplying establishment."""
    establishment: OrganisationRef | None = None
    """The establishment that confirmed it."""
    checks: Annotated[tuple[FieldCheck, ...], ANY] = ()
    """One per identifier compared; at least two must match."""
    asked_aloud: bool | None = None
    """The donor said them; nobody read them out for a yes."""
    scanned_patient: PatientRef | None = None
    """Pseudonym that the wristband resolved to."""


class Autologous(Value, frozen=True, kw_only=True):
    """For the donor."""

    patient: PatientId
    """Pseudonym of the patient, who is the donor."""


class Directed(Value, frozen=True, kw_only=True):
    """For a named recipient."""

    donor: DonorId
    """Pseudonym of the donor."""
    recipient: PatientRef
    """Pseudonym of the recipient."""
    partner: bool | None = None
    """The recipient is the donor's partner (gametes)."""


class Allogeneic(Value, frozen=True, kw_only=True):
    """For anybody suitable."""

    donor: DonorId
    """Pseudonym of the donor."""


class DonorReaction(Value, frozen=True, kw_only=True):
    """Something happened to the donor."""

    serious: bool
    """Serious or not: must be said."""
    description: Text
    """What."""


def giver(autologous: Autologous | None, directed: Directed | None, allogeneic: Allogeneic | None) -> str:
    """Returns the tag of whose cells these are: the patient, or a donor who gives for others."""
    if autologous is not None:
        return tag_of("patient", autologous.patient)
    other = directed or allogeneic
    return "" if other is None else tag_of("donor", other.donor)


def collected(
    donation: Identifier, person: str, bags: tuple[MaterialOut, ...], lots: tuple[LotUsed, ...]
) -> Iterator[Link]:
    """Yields the lineage of a procurement: containers come from the donation, and the donation from the person."""
    number = tag_of("donation", donation)
    yield Link(number, person, "donated")
    for bag in bags:
        material = tag_of("material", bag.material)
        yield Link(material, number, "collected")
        yield from (Link(material, tag_of("lot", used.lot), "touched") for used in lots)


class ApheresisPerformed(Fact, frozen=True, kw_only=True):
    """One collection on one day. A second day is a second fact with its own donation number and the same chain."""

    about: ClassVar[About] = About(
        no=69,
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
    ended_at: Time
    """End; the start is occurred_at."""
    access: VenousAccess | None = None
    """Venous access."""
    processed: Quantity | None = None
    """Blood processed."""
    bags: Annotated[tuple[MaterialOut, ...], SOME]
    """What was collected, one per container."""
    lots: Annotated[tuple[LotUsed, ...], SOME]
    """Set, anticoagulant, saline: every lot that touched blood or cells."""
    reactions: Annotated[tuple[DonorReaction, ...], ANY] = ()
    """Reactions of the donor; absent says nothing, `no_reaction` says that there was none."""
    cycles: Count | None = None
    """Cycles of the separator, when it counts them."""
    no_reaction: bool | None = None
    """True: the donor had no reaction."""

    @property
    def person(self) -> str:
        """Tag of whose cells these are: the patient, or a donor who gives for others."""
        return giver(self.autologous, self.directed, self.allogeneic)

    def work(self) -> Work:
        """What was collected."""
        return Work(outputs=self.bags, lots=self.lots, ended_at=self.ended_at)

    def lineage(self) -> Iterator[Link]:
        """Bags come from the donation and touched the lots; the donation comes from the person."""
        yield from collected(self.donation, self.person, self.bags, self.lots)
