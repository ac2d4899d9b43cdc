"""Recalls: what they cover, and whether their case is closed."""

from collections.abc import Iterable
from typing import Final

import msgspec
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


class SafetyCase(Struct, frozen=True, kw_only=True):
    """One case: a recall, so far.

    Attributes:
        recalls: Positions of the recalls opened under it.
        closed: Position of its closing; 0 while it is open, and again when a recall is opened under it later.
    """

    recalls: tuple[int, ...] = ()
    closed: int = 0


def _case(state: SafetyCase, entry: Entry) -> SafetyCase:
    if entry.content.type == "CaseClosed":
        return msgspec.structs.replace(state, closed=entry.position)
    if entry.content.type == "RecallOpened":
        return SafetyCase(recalls=(*state.recalls, entry.position)[-MOST_RECALLS:])
    return state


CASE = Subject(
    name="Case",
    kinds=("case",),
    types=frozenset(("RecallOpened", "CaseClosed")),
    empty=SafetyCase(),
    fold=_case,
)
