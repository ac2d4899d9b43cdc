"""Recalls: what they cover."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.safety import RecallOpened
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.subjects.subject import Entry, Subject

MOST_RECALLS: Final = 64
"""Recalls that one thing remembers: the first; of a further one, only that it was opened."""


class Recalls(Struct, frozen=True, kw_only=True):
    """Recalls that cover one lot, batch, donation or container, or what was worked on at one site or instrument.

    Attributes:
        opened: (position, case) of each.
        periods: (begin, end) of each, for a site or an instrument; None is without end, and both for other things.
        beyond: Position of the first that could not be kept beside them: it counts as open for ever.
    """

    opened: tuple[tuple[int, str], ...] = ()
    periods: tuple[tuple[datetime | None, datetime | None], ...] = ()
    beyond: int = 0


def _recalls(state: Recalls, entry: Entry) -> Recalls:
    fact = entry.content.fact
    if not isinstance(fact, RecallOpened) or not _covers(fact, kind_of(entry.tag)):
        return state
    if len(state.opened) >= MOST_RECALLS:
        return msgspec.structs.replace(state, beyond=state.beyond or entry.position)
    return msgspec.structs.replace(
        state,
        opened=(*state.opened, (entry.position, tag_of("case", fact.case))),
        periods=(*state.periods, (fact.worked_since, fact.worked_until)),
    )


def _covers(fact: RecallOpened, kind: str) -> bool:
    """A site or instrument beside a lot, batch, donation or container says more of these, and covers nothing itself.

    An instrument beside a site is that instrument.
    """
    if kind not in ("site", "equipment"):
        return True
    alone = not (fact.lot or fact.batch or fact.donation or fact.materials)
    return alone and (kind == "equipment" or fact.equipment is None)


def _recalls_links(state: Recalls) -> Iterable[str]:
    return (case for _, case in state.opened)


RECALLS = Subject(
    name="Recalls",
    kinds=("material", "donation", "batch", "lot", "site", "equipment"),
    types=frozenset(("RecallOpened",)),
    empty=Recalls(),
    fold=_recalls,
    links=_recalls_links,
)
