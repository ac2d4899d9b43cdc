"""Which function makes the card of which kind of thing, and which layers are laid over it."""

from typing import Final

from ledger.audit.cards import containers, journeys, layers, registers
from ledger.audit.cards.card import Card, Layer, Maker, States
from ledger.domain.identifiers.tag import kind_of

MAKERS: Final[dict[str, Maker]] = {
    "material": containers.container,
    "consignment": journeys.consignment,
    "donation": journeys.donation,
    "batch": journeys.batch,
    "coi": registers.chain,
    "site": registers.site,
    "organisation": registers.organisation,
    "licence": registers.licence,
    "masterfile": registers.masterfile,
    "product": registers.product,
    "person": registers.person,
}
"""By kind of thing; any other kind is only named."""

LAYERS: Final[dict[str, tuple[Layer, ...]]] = {
    "material": (layers.suspended, layers.held),
    "batch": (layers.suspended,),
}
"""By kind of thing: what further subjects add to a card, in this order."""


def card(states: States, tag: str) -> Card:
    """Makes the card of a thing from the states of its subjects; pure."""
    made = MAKERS.get(kind_of(tag), registers.named)(states, tag)
    for layer in LAYERS.get(kind_of(tag), ()):
        made = layer(states, made)
    return made
