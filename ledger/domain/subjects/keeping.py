"""Subjects of how records are kept: holds that stand on them, and who keeps them."""

from typing import Final

from msgspec import Struct

from ledger.domain.facts.keeping import LegalHoldLifted, LegalHoldPlaced, RecordCustodyTransferred
from ledger.domain.facts.naming import tag_of
from ledger.domain.subjects.subject import Entry, Subject

_MOST: Final = 256
"""Holds that stand on one thing at a time."""


class Holds(Struct, frozen=True, kw_only=True):
    """Positions of the legal holds that stand on the records of one chain, batch, organisation or case."""

    standing: tuple[int, ...] = ()


def _holds(state: Holds, entry: Entry) -> Holds:
    fact = entry.content.fact
    if isinstance(fact, LegalHoldPlaced) and entry.tag == held(fact):
        return Holds(standing=(*state.standing, entry.position)[-_MOST:])
    if isinstance(fact, LegalHoldLifted) and entry.tag == held(fact):
        return Holds(standing=tuple(hold for hold in state.standing if hold != fact.hold))
    return state


def held(fact: LegalHoldPlaced | LegalHoldLifted) -> str:
    """Returns the tag of what a hold is on."""
    chain, batch = tag_of("coi", fact.coi), tag_of("batch", fact.batch)
    return chain or batch or tag_of("organisation", fact.organisation) or tag_of("case", fact.case)


HOLDS = Subject(
    name="Holds",
    kinds=("coi", "batch", "organisation", "case"),
    types=frozenset(("LegalHoldPlaced", "LegalHoldLifted")),
    empty=Holds(),
    fold=_holds,
)


class RecordCustody(Struct, frozen=True, kw_only=True):
    """Who keeps the records of a site, or those under a licence.

    Attributes:
        holder: Organisation that took them over last; empty while nobody did.
        by: Position of that.
    """

    holder: str = ""
    by: int = 0


def _custody(state: RecordCustody, entry: Entry) -> RecordCustody:
    fact = entry.content.fact
    about = isinstance(fact, RecordCustodyTransferred) and entry.tag in {
        tag_of("site", fact.site),
        tag_of("licence", fact.licence),
    }
    if not isinstance(fact, RecordCustodyTransferred) or not about:
        return state
    return RecordCustody(holder=tag_of("organisation", fact.holder), by=entry.position)


RECORD_CUSTODY = Subject(
    name="RecordCustody",
    kinds=("site", "licence"),
    types=frozenset(("RecordCustodyTransferred",)),
    empty=RecordCustody(),
    fold=_custody,
)
