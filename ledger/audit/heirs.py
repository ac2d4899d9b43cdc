"""Who took over whom, as the log knows it: a successor takes part where its predecessors did, from then on."""

from collections.abc import Iterable, Mapping
from typing import Final

from ledger.audit.asked import read
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.succession import OrganisationSucceeded, SuccessionPart
from ledger.domain.subjects.subject import Statement, statement
from ledger.store.log import Reading

_SUCCESSION: Final = frozenset(("OrganisationSucceeded",))
_MOST_ROUNDS: Final = 8
"""Successions in a row that are followed."""


def predecessors(reading: Reading, organisations: Iterable[str], through: int) -> dict[str, dict[str, int]]:
    """Returns whom each organisation took over whole, and whom those had, with the position from which that is known.

    Args:
        reading: The log.
        organisations: Tags of those asked about.
        through: As known through this position.
    """
    asked = sorted(set(organisations))
    taken: dict[str, dict[str, int]] = {}
    todo = asked
    for _ in range(_MOST_ROUNDS):
        if not todo:
            break
        pages = reading.load([(tag, _SUCCESSION) for tag in todo], through)
        for tag, rows in zip(todo, pages, strict=True):
            said = (statement(record) for row in rows if (record := read(row)) is not None)
            taken[tag] = _taken(tag, (one for one in said if one is not None))
        todo = sorted({old for found in taken.values() for old in found} - taken.keys())
    return {tag: _all(tag, taken) for tag in asked}


def _taken(tag: str, said: Iterable[Statement]) -> dict[str, int]:
    """Predecessors by what counts of each succession: all sites, or the records, have passed."""
    newest: dict[int, Statement] = {}
    for one in said:
        if one.target not in newest or one.known > newest[one.target].known:
            newest[one.target] = one
    facts = [(one.target, one.content.fact) for one in newest.values() if one.content is not None]
    return {
        tag_of("organisation", fact.predecessor): position
        for position, fact in facts
        if isinstance(fact, OrganisationSucceeded) and tag_of("organisation", fact.successor) == tag and _whole(fact)
    }


def _whole(fact: OrganisationSucceeded) -> bool:
    return SuccessionPart.RECORDS in fact.passes or (SuccessionPart.SITES in fact.passes and not fact.sites)


def _all(tag: str, taken: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Everybody whose place an organisation has, from the last of the successions that lead there."""
    found: dict[str, int] = {}
    todo = [(tag, 0)]
    while todo:
        current, since = todo.pop()
        for old, position in taken.get(current, {}).items():
            known = max(since, position)
            if old != tag and known < found.get(old, known + 1):
                found[old] = known
                todo.append((old, known))
    return found
