"""Recalls: what they cover."""

from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.safety import RecallOpened
from ledger.domain.subjects.subject import Entry, Subject

MOST_RECALLS: Final = 64
"""Recalls that one thing remembers: the first; of a further one, only that it was opened."""


class Recalls(Struct, frozen=True, kw_only=True):
    """Recalls that cover one lot, batch, donation or container.

    Attributes:
        opened: (position, case) of each.
        beyond: Position of the first that could not be kept beside them: it counts as open for ever.
    """

    opened: tuple[tuple[int, str], ...] = ()
    beyond: int = 0


def _recalls(state: Recalls, entry: Entry) -> Recalls:
    fact = entry.content.fact
    if not isinstance(fact, RecallOpened):
        return state
    if len(state.opened) >= MOST_RECALLS:
        return msgspec.structs.replace(state, beyond=state.beyond or entry.position)
    return msgspec.structs.replace(state, opened=(*state.opened, (entry.position, tag_of("case", fact.case))))


def _recalls_links(state: Recalls) -> Iterable[str]:
    return (case for _, case in state.opened)


RECALLS = Subject(
    name="Recalls",
    kinds=("material", "donation", "batch", "lot"),
    types=frozenset(("RecallOpened",)),
    empty=Recalls(),
    fold=_recalls,
    links=_recalls_links,
)
