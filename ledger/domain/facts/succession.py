"""An organisation takes over from another: trusts merge, companies are bought."""

from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind
from ledger.domain.facts.shape import ANY, SOME, Code, Date, Text, Word
from ledger.domain.facts.values import LicenceRef, OrganisationId, SignatureMeaning, SiteRef


class SuccessionPart(Word):
    """What passes from one organisation to another."""

    SITES = "SUCCESSION_PART_SITES"
    LICENCES = "SUCCESSION_PART_LICENCES"
    RECORDS = "SUCCESSION_PART_RECORDS"


class OrganisationSucceeded(Fact, frozen=True, kw_only=True):
    """An organisation took over from another: its sites, licences or records count as the successor's from a day on."""

    about: ClassVar[About] = About(no=12, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.APPROVED,))

    predecessor: OrganisationId
    """Who was taken over."""
    successor: OrganisationId
    """Who took over."""
    passes: Annotated[tuple[SuccessionPart, ...], SOME]
    """What passes."""
    sites: Annotated[tuple[SiteRef, ...], ANY] = ()
    """Sites that pass; absent means all of the predecessor's."""
    licences: Annotated[tuple[LicenceRef, ...], ANY] = ()
    """Licences that pass; absent means all of the predecessor's."""
    reference: Code | None = None
    """Reference of the act, order or agreement."""
    reason: Text | None = None
    """Why."""
    effective_from: Date
    """First day."""
