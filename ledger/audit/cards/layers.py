"""What further subjects add to the card of a thing: one function for each."""

import msgspec

from ledger.audit.cards.card import Card, States, clock
from ledger.domain.facts.succession import SuccessionPart
from ledger.domain.subjects.sites import SITE_STATUS, SiteStatus, Stop
from ledger.domain.subjects.succession import SUCCESSION, heir


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
