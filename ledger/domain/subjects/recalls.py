"""Recalls: what they cover."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.safety import RecallOpened
from ledger.domain.subjects.subject import Entry, Subject

MOST_RECALLS: Final = 64
"""Recalls that one thing remembers: the newest."""


class Recalls(Struct, frozen=True, kw_only=True):
    """Recalls that cover one lot, batch, donation or container: (position, case) of each."""

    opened: tuple[tuple[int, str], ...] = ()


def _recalls(state: Recalls, entry: Entry) -> Recalls:
    fact = entry.content.fact
    if not isinstance(fact, RecallOpened):
        return state
    recall = (entry.position, tag_of("case", fact.case))
    return Recalls(opened=(*state.opened, recall)[-MOST_RECALLS:])


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
