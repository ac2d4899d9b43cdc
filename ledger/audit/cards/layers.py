"""What further subjects add to the card of a thing: one function for each."""

import msgspec

from ledger.audit.cards.card import Card, States, clock
from ledger.domain.subjects.sites import SITE_STATUS, SiteStatus, Stop


def standing_stops(site: SiteStatus, states: States) -> tuple[Stop, ...]:
    """Pauses and suspensions that stand at the time of the card."""
    return tuple(one for one in site.stops if one.since <= states.at and (one.until is None or states.at < one.until))


def suspended(states: States, card: Card) -> Card:
    """The site where a container or batch is may be suspended. What is given or used needs no warning any more."""
    if not card.conditions and not card.next:
        return card
    there = states.state(SITE_STATUS, card.place)
    words = (f"{card.place} is {one.by.value} since {clock(one.since)}" for one in standing_stops(there, states))
    return msgspec.structs.replace(card, conditions=(*card.conditions, *words))
