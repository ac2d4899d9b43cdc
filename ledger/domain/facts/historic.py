"""History: facts of the time before this ledger, copied from paper, a registry or another system."""

from collections.abc import Iterator
from typing import ClassVar

from ledger.domain.facts.about import About, Fact, Kind, Link
from ledger.domain.facts.any_fact import AnyFact
from ledger.domain.facts.envelope import Envelope
from ledger.domain.facts.shape import Code, Word
from ledger.domain.facts.values import Document, PersonRef, SignatureMeaning


class HistoricSource(Word):
    """What history was copied from."""

    PAPER = "HISTORIC_SOURCE_PAPER"
    REGISTRY = "HISTORIC_SOURCE_REGISTRY"
    EPCIS = "HISTORIC_SOURCE_EPCIS"
    OTHER_SYSTEM = "HISTORIC_SOURCE_OTHER_SYSTEM"


class HistoricRecordImported(Fact, frozen=True, kw_only=True):
    """A fact of the time before this ledger was copied from paper, a registry or another system.

    It counts from here on as the fact inside it, and is judged by nobody.
    """

    about: ClassVar[About] = About(
        no=175,
        stage="records",
        kind=Kind.RECORD,
        settles=True,
        signs=(SignatureMeaning.PERFORMED, SignatureMeaning.VERIFIED),
    )

    envelope: Envelope
    """Who, where and when, as it was then."""
    fact: AnyFact
    """What, as it was then."""
    source: HistoricSource
    """What it was copied from."""
    reference: Code | None = None
    """Where it stands there: register, volume, message id."""
    transcribed_by: PersonRef
    """Who copied it."""
    evidence: Document
    """What it was copied from, by its hash."""

    def lineage(self) -> Iterator[Link]:
        """That of the fact inside it."""
        yield from self.fact.only().lineage()
