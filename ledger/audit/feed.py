"""The feed: what is recorded, for one organisation or for the operator, in order of position and a page at a time.

A page reads so many rows of the log and gives those that may and shall be heard of; so it is bounded whatever is asked,
and says through which position it is complete. Nothing is skipped: the head is read first.
"""

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from msgspec import Struct

from ledger.audit.asked import StoredFact, stored_fact
from ledger.audit.heirs import predecessors
from ledger.audit.parties import Parties
from ledger.audit.party_book import PartyBook
from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.identifiers.tag import kind_of
from ledger.store import filing
from ledger.store.follow import page
from ledger.store.log import Reading
from ledger.store.rows import Stored, TagRow

MOST_ROWS: Final = 64
"""Rows of the log that one page reads: at 256 KiB each the most that a reader who stands still holds in memory."""

_REGISTERS: Final = frozenset(name for name, struct in TYPES.items() if struct.about.kind is Kind.REGISTER)

_OF_SOMEBODY: Final = frozenset(("coi", "patient", "donor"))
"""A register entry that names one of these is not for everybody."""


class Wanted(Struct, frozen=True, kw_only=True):
    """Whose feed, and what of it.

    Attributes:
        organisation: Tag of the organisation; None for the operator, who hears of everything.
        tags: A fact must bear one of these; empty for any.
        types: A fact must be of one of these, or about a fact of one; empty for any.
        refusals: Refused reports too.
    """

    organisation: str | None = None
    tags: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    refusals: bool = False


class PartyGained(Struct, frozen=True, kw_only=True):
    """The organisation became party to a chain that has earlier facts, which it was not sent.

    Attributes:
        tag: Of the chain: replay it.
        position: Of the fact that did it, which follows.
    """

    tag: str
    position: int


Heard: TypeAlias = StoredFact | PartyGained


class FeedPage(Struct, frozen=True, kw_only=True):
    """A piece of a feed.

    Attributes:
        events: Facts and gains, in order of position; a gain stands before the fact that did it.
        through: There is nothing else up to here: go on after it.
        size: Of the log when it was read; when it is `through`, there is no more yet.
    """

    events: tuple[Heard, ...]
    through: int
    size: int


def listen(reading: Reading, book: PartyBook, after: int, wanted: Wanted, most_rows: int = MOST_ROWS) -> FeedPage:
    """Reads the next page of a feed after a position, from at most so many rows of the log."""
    found = page(reading, after, [], [], min(most_rows, MOST_ROWS))
    filed = _filed(reading, found.rows)
    chains = {row.tag for rows in filed.values() for row in rows if kind_of(row.tag) == "coi"}
    parties: dict[str, Parties] = {}
    houses: dict[str, int] = {}
    if wanted.organisation:
        parties = book.of(reading, sorted(chains), found.through, found.head)
        taken = predecessors(reading, [wanted.organisation], found.through)[wanted.organisation]
        houses = {wanted.organisation: 0, **taken}
    events = tuple(event for row in found.rows for event in _heard(row, filed[row.position], wanted, parties, houses))
    return FeedPage(events=events, through=found.through, size=found.head.size)


def _filed(reading: Reading, rows: Sequence[Stored]) -> dict[int, list[TagRow]]:
    """What each fact is found by."""
    filed: dict[int, list[TagRow]] = {row.position: [] for row in rows}
    if rows:
        for position, row in reading.tag_rows(rows[0].position - 1, rows[-1].position):
            if position in filed:  # where a fact was taken out of the log, verify names it and the feed goes on
                filed[position].append(row)
    return filed


def _heard(
    row: Stored, filed: list[TagRow], wanted: Wanted, parties: dict[str, Parties], houses: dict[str, int]
) -> Iterator[Heard]:
    """What a feed tells at one position; who took over another hears from then on what the other would."""
    mine = wanted.organisation
    if mine is None:
        entitled = True
    else:
        chains = sorted({one.tag for one in filed} & parties.keys())
        yield from _gained(row, mine, {chain: parties[chain] for chain in chains})
        ours = [one for one, since in houses.items() if since <= row.position]
        shared = any(parties[chain].includes(one, row.position) for chain in chains for one in ours)
        entitled = shared or f"organisation:{row.organisation}" in ours or _is_public(filed)
    if entitled and _is_wanted(row, filed, wanted):
        fact = stored_fact(row)
        if not wanted.types or wanted.types & {fact.type, *(one.type for one in filed)}:
            yield fact


def _gained(row: Stored, mine: str, chains: dict[str, Parties]) -> Iterator[PartyGained]:
    for chain, parties in chains.items():
        gain = parties.since.get(mine)
        if gain is not None and gain.position == row.position and gain.missed:
            yield PartyGained(tag=chain, position=row.position)


def _is_public(filed: list[TagRow]) -> bool:
    """An entry of a register, or a record about one, that names no chain, patient or donor."""
    return any(one.type in _REGISTERS for one in filed) and not any(kind_of(one.tag) in _OF_SOMEBODY for one in filed)


def _is_wanted(row: Stored, filed: list[TagRow], wanted: Wanted) -> bool:
    """Whether a fact passes what can be told without reading it."""
    if row.type == filing.REFUSED and not wanted.refusals:
        return False
    return not wanted.tags or any(one.tag in wanted.tags for one in filed)
