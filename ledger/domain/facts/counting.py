"""What a fact counts as, and from when: imported history counts as the fact inside it, at the time of that."""

from datetime import datetime

from ledger.domain.facts import tagging
from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.content import Content
from ledger.domain.facts.historic import HistoricRecordImported


def inside(content: Content) -> Content:
    """Returns the fact inside imported history; every other fact is itself."""
    fact = content.fact
    if not isinstance(fact, HistoricRecordImported):
        return content
    known = content.__dict__.get("counting.inside")
    if not isinstance(known, Content):
        told = fact.fact.only()
        known = Content(id=content.id, type=type(told).__name__, envelope=fact.envelope, fact=told)
        content.__dict__["counting.inside"] = known
    return known


def effective(content: Content, recorded_at: datetime) -> datetime:
    """Says when a fact takes effect, as it counts; a decision of the past took effect when it was made.

    Raises:
        KeyError: No such type is built.
    """
    counted = inside(content)
    kind = TYPES[counted.type].about.kind
    past = counted is not content and kind is not Kind.REGISTER
    return tagging.effective(counted, Kind.HAPPENING if past else kind, recorded_at)
