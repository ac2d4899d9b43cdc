"""From a container to its batch, its chain and its product, over what it was only divided, frozen or filled from."""

from typing import Final, NamedTuple

from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.containers import MATERIAL
from ledger.domain.subjects.people import CHAIN
from ledger.views.listing import Seen

_MOST: Final = 16
"""Containers on the way that are looked at."""


class Reached(NamedTuple):
    """What a container belongs to; empty where nobody knows."""

    batch: str = ""
    chain: str = ""
    product: str = ""


def reached(seen: Seen, material: str) -> Reached:
    """Returns what a container belongs to."""
    todo, known = [material], {material}
    while todo and len(known) <= _MOST:
        state = seen.state(MATERIAL, todo.pop(0))
        if state.coi or state.batch:
            batch = seen.state(BATCH_RECORD, state.batch)
            chain = state.coi or batch.coi
            return Reached(state.batch, chain, batch.product or seen.state(CHAIN, chain).product)
        todo += [parent for parent in state.parents if parent not in known]
        known.update(state.parents)
    return Reached()
