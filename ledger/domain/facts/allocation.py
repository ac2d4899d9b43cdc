"""Cells that somebody gave for others are set aside for one patient."""

from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind, Second
from ledger.domain.facts.shape import SOME, OneOf, Position, Text
from ledger.domain.facts.values import CoiId, Document, MaterialId, PatientId, SignatureMeaning


class MaterialAllocated(Fact, frozen=True, kw_only=True):
    """Directed or allogeneic material was set aside for one patient (2006/86 Annex II E)."""

    about: ClassVar[About] = About(
        no=130,
        stage="release",
        inherits="mk",
        kind=Kind.DECISION,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.APPROVED,),
    )
    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("recipient", ("coi", "patient"), required=True),)

    materials: Annotated[tuple[MaterialId, ...], SOME]
    """Containers."""
    coi: CoiId | None = None
    """Chain of the patient."""
    patient: PatientId | None = None
    """Pseudonym of the patient, where there is no chain."""
    prescription: Position | None = None
    """The prescription."""
    matching: Text | None = None
    """How donor and recipient match: HLA, blood group."""
    matching_report: Document | None = None
    """The report of it."""
    replaces: Position | None = None
    """The allocation that this one replaces."""
    reason: Text | None = None
    """Why it goes to another person than before."""
