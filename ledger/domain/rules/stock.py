"""Stock counts, for rule C2: what lies in a storage position against what the records say. Every gap is a note."""

from collections.abc import Iterator

from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.storage import StockCounted
from ledger.domain.rules.case import Case, tags_of
from ledger.domain.rules.rule import Broken
from ledger.domain.subjects.materials import CUSTODY, MATERIAL


def gaps(case: Case, fact: StockCounted) -> Iterator[Broken]:
    """C2: containers that are not where the records have them, or are where the records have none of them."""
    zone = tag_of("zone", fact.zone)
    for material in tags_of("material", fact.missing):
        must = "found, or what became of it recorded"
        yield Broken(tag=material, found=_missing(case, material, zone), must=must, note=True)
    for material in tags_of("material", fact.unexpected):
        must = "how it came there recorded"
        yield Broken(tag=material, found=_unexpected(case, material, zone), must=must, note=True)
    told = fact.expected - len(fact.missing) + len(fact.unexpected)
    if told != fact.found:
        found = f"{fact.expected} expected, {len(fact.missing)} missing, {len(fact.unexpected)} unexpected: {told}"
        found = f"{found}; {fact.found} were found"
        yield Broken(tag=zone, found=found, must="each missing and each unexpected container named", note=True)


def _missing(case: Case, material: str, zone: str) -> str:
    state, custody = case.state(MATERIAL, material), case.state(CUSTODY, material)
    if state.emptied_by:
        return f"not in {zone}; used up or destroyed in fact {state.emptied_by[-1]}, so the list is old"
    if custody.zone == zone:
        return f"not in {zone}, where it lies by the records"
    return f"not in {zone}; {_recorded(case, material)}"


def _unexpected(case: Case, material: str, zone: str) -> str:
    state, custody = case.state(MATERIAL, material), case.state(CUSTODY, material)
    if state.emptied_by:
        return f"in {zone}, though fact {state.emptied_by[-1]} used or destroyed it"
    if custody.zone == zone:
        return f"in {zone}, where it lies by the records; the list did not have it"
    return f"in {zone}; {_recorded(case, material)}"


def _recorded(case: Case, material: str) -> str:
    custody = case.state(CUSTODY, material)
    place = custody.zone or case.holder_site(material) or custody.consignment
    return f"the records have it at {place}" if place else "nothing is recorded of it"
