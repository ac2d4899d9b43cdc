"""The subject of who took over from whom: what was one organisation's, and counts as another's since."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from msgspec import Struct

from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.succession import OrganisationSucceeded, SuccessionPart
from ledger.domain.subjects.subject import Entry, Subject

MOST: Final = 64
"""Successions that one organisation remembers."""


class Passage(Struct, frozen=True, kw_only=True):
    """One organisation took over from another.

    Attributes:
        giver: Who was taken over.
        taker: Who took over.
        at: From when.
        position: Of the fact.
        parts: What passed.
        sites: Sites that passed; none means all.
        licences: Licences that passed; none means all.
    """

    giver: str
    taker: str
    at: datetime
    position: int
    parts: tuple[SuccessionPart, ...]
    sites: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()

    def passes(self, part: SuccessionPart, thing: str = "") -> bool:
        """Whether a part passed, of one site or licence, or as a whole where none is named."""
        limited = {SuccessionPart.SITES: self.sites, SuccessionPart.LICENCES: self.licences}.get(part, ())
        return part in self.parts and (not limited or thing in limited)


class Succession(Struct, frozen=True, kw_only=True):
    """Successions in which one organisation gave or took, in the order of time."""

    passages: tuple[Passage, ...] = ()


def _succession(state: Succession, entry: Entry) -> Succession:
    fact = entry.content.fact
    if not isinstance(fact, OrganisationSucceeded):
        return state
    new = Passage(
        giver=tag_of("organisation", fact.predecessor),
        taker=tag_of("organisation", fact.successor),
        at=entry.at,
        position=entry.position,
        parts=fact.passes,
        sites=tuple(tag_of("site", item) for item in fact.sites),
        licences=tuple(tag_of("licence", item) for item in fact.licences),
    )
    return Succession(
        passages=(*state.passages, new)[-MOST:] if entry.tag in (new.giver, new.taker) else state.passages
    )


def _succession_links(state: Succession) -> Iterable[str]:
    return (tag for passage in state.passages for tag in (passage.giver, passage.taker))


SUCCESSION = Subject(
    name="Succession",
    kinds=("organisation",),
    types=frozenset(("OrganisationSucceeded",)),
    empty=Succession(),
    fold=_succession,
    links=_succession_links,
)


def heir(
    state: Callable[[str], Succession],
    organisation: str,
    part: SuccessionPart,
    thing: str = "",
    since: datetime | None = None,
) -> str:
    """Returns who stands where an organisation stood: its successor, and so on; itself where nobody took that over.

    Args:
        state: The successions of an organisation, by its tag.
        organisation: Its tag.
        part: Whether its sites, its licences or its records are asked for.
        thing: The site or licence; empty for the organisation as a whole.
        since: Only what passed after this moment.
    """
    seen: set[str] = set()
    while organisation and organisation not in seen:
        seen.add(organisation)
        passed = [
            item
            for item in state(organisation).passages
            if item.giver == organisation and item.passes(part, thing) and (since is None or item.at > since)
        ]
        if passed:
            organisation, since = passed[-1].taker, passed[-1].at
    return organisation
