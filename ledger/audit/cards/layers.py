"""What further subjects add to the card of a thing: one function for each."""

from collections.abc import Iterator
from typing import Final, TypeVar

import msgspec

from ledger.audit.cards.card import Card, States, clock
from ledger.domain.facts.succession import SuccessionPart
from ledger.domain.rules.handed_on import Borne, carried, inherited, own
from ledger.domain.subjects.containers import MATERIAL
from ledger.domain.subjects.custody import CUSTODY
from ledger.domain.subjects.holding import HOLDING
from ledger.domain.subjects.sites import SITE_STATUS, SiteStatus, Stop
from ledger.domain.subjects.subject import Subject
from ledger.domain.subjects.succession import SUCCESSION, heir

S = TypeVar("S")

MOST_WALKED: Final = 64
"""Containers that are looked at on the way back from the container of a card."""


def standing_stops(site: SiteStatus, states: States) -> tuple[Stop, ...]:
    """Pauses and suspensions that stand at the time of the card."""
    return tuple(one for one in site.stops if one.since <= states.at and (one.until is None or states.at < one.until))


def run_by(states: States, site: str) -> str:
    """The organisation that runs a site, as it is called at the time of the card; empty when it is not registered."""
    known = states.state(SITE_STATUS, site)
    return heir(lambda tag: states.state(SUCCESSION, tag), known.organisation, SuccessionPart.SITES, site, known.since)


def suspended(states: States, card: Card) -> Card:
    """The site where a container or batch is may be suspended. What is given or used needs no warning any more."""
    if not card.conditions and not card.next:
        return card
    there = states.state(SITE_STATUS, card.place)
    words = (f"{card.place} is {one.by.value} since {clock(one.since)}" for one in standing_stops(there, states))
    return msgspec.structs.replace(card, conditions=(*card.conditions, *words))


class _WayBack:
    """The states on the way back from a container, of so many containers at most."""

    def __init__(self, states: States) -> None:
        self._states = states
        self._seen: set[str] = set()
        self.cut = False

    def state(self, subject: Subject[S], tag: str) -> S:
        """The state of a subject."""
        return self._states.state(subject, tag)

    def linked(self, subject: Subject[S], tag: str) -> S:
        """The same; beyond the bound nothing is known, and that is noted."""
        if tag not in self._seen and len(self._seen) >= MOST_WALKED:
            self.cut = True
            return subject.empty
        self._seen.add(tag)
        return self._states.state(subject, tag)


_USABLE: Final = frozenset(("collected", "made", "packed", "received", "completed", "released", "checked"))
"""States in which a person with the scanner could go on to use it."""


def held(states: States, card: Card) -> Card:
    """What stands against using a container: by itself, through what it belongs to, or out of what it came from.

    That something is lifted for one patient alone is said, not for whom: only the rules judge whom it may be given.
    """
    if not card.conditions and not card.next:
        return card
    way = _WayBack(states)
    against = list(_against(way, card.tag))
    words = tuple(_told(item, card.tag) for item in against)
    if way.cut:
        words = (*words, f"came from more than {MOST_WALKED} containers: what stands against others is not told here")
    made = msgspec.structs.replace(card, conditions=(*card.conditions, *words))
    gone, standing = any(not item.liftable for item in against), any(not item.lifted_for for item in against)
    if card.status not in _USABLE or not standing:
        return made
    status, follows = ("rejected", ("MaterialDestroyed",)) if gone else ("quarantined", ("QuarantineLifted",))
    sentence = f"Not to be used: {'; '.join(words[:_SAID])}{'; and more' if len(words) > _SAID else ''}."
    return msgspec.structs.replace(made, status=status, sentence=sentence, next=follows)


_SAID: Final = 3
"""Reasons in the sentence of a card; all are among its conditions."""


def _against(way: _WayBack, material: str) -> Iterator[Borne]:
    """Everything that stands against a container, as rule R6 reads it."""
    back = carried(way, material)
    through = {way.state(CUSTODY, material).consignment}
    for tag in back.walked:
        state = way.state(MATERIAL, tag)
        through |= {state.batch, state.donation}
    for tag in (material, *sorted(through - {""})):
        yield from own(way.state(HOLDING, tag), tag)
    yield from inherited(way, material, back)


def _told(item: Borne, material: str) -> str:
    """In words; of what is not the container itself, with what it is."""
    words = item.what.partition(" ")[2] if item.source == material else f"{item.source} {item.what}"
    for_one = ", lifted for one patient only" if item.lifted_for else ""
    return f"{words} (fact {item.position}){for_one}"
