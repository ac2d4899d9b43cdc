"""A medicine certified abroad and brought in: what the person responsible for the import verified."""

from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind
from ledger.domain.facts.shape import SOME, Code, Text
from ledger.domain.facts.values import BatchId, ConsignmentId, Document, LicenceId, SignatureMeaning


class ImportVerified(Fact, frozen=True, kw_only=True):
    """The certification of an imported batch by a Qualified Person abroad was verified (HMR 45AA)."""

    about: ClassVar[About] = About(
        no=122,
        stage="release",
        inherits="bc",
        kind=Kind.DECISION,
        signs=((SignatureMeaning.APPROVED, SignatureMeaning.CERTIFIED),),
    )

    batch: BatchId
    """Batch."""
    licence: LicenceId
    """Wholesale licence that names the responsible person (import), or manufacturer's licence that covers import."""
    consignment: ConsignmentId | None = None
    """Consignment in which it came."""
    country: Code
    """Country whose Qualified Person certified it, ISO 3166-1 alpha-2."""
    certificate: Document
    """The certificate of the Qualified Person abroad."""
    verified: Annotated[tuple[Text, ...], SOME]
    """What was verified."""
