"""Subject of the numbers that a facility gives out: how many of each year are gone."""

import msgspec
from msgspec import Struct

from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.patients import IdentifiersIssued
from ledger.domain.subjects.subject import Entry, Subject


class Issued(Struct, frozen=True, kw_only=True):
    """Chain of Identity numbers of one facility that are given out, by nominal year."""

    years: tuple[tuple[str, int], ...] = ()

    def used(self, year: str) -> int:
        """How many numbers of a year are gone."""
        return dict(self.years).get(year, 0)


def _issued(state: Issued, entry: Entry) -> Issued:
    fact = entry.content.fact
    if not isinstance(fact, IdentifiersIssued) or tag_of("organisation", fact.facility) != entry.tag:
        return state
    years = {**dict(state.years), fact.year: state.used(fact.year) + fact.numbers}
    return msgspec.structs.replace(state, years=tuple(sorted(years.items())))


ISSUED = Subject(
    name="Issued",
    kinds=("organisation",),
    types=frozenset(("IdentifiersIssued",)),
    empty=Issued(),
    fold=_issued,
)
