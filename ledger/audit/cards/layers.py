"""What further subjects add to the card of a thing: one function for each."""

import msgspec

from ledger.audit.cards.card import Card, States, clock
from ledger.domain.subjects.registers import SITE_STATUS


def suspended(states: States, card: Card) -> Card:
    """The site where a container or batch is may be suspended. What is given or used needs no warning any more."""
    if not card.conditions and not card.next:
        return card
    there = states.state(SITE_STATUS, card.place)
    words = (
        f"{card.place} is suspended by the licensing authority since {clock(one.at)}"
        for one in there.suspensions
        if one.at <= states.at
    )
    return msgspec.structs.replace(card, conditions=(*card.conditions, *words))
