"""Limits that somebody entitled extended, of a container or of a whole batch: expiry, in-use, storage, hold."""

from datetime import datetime

from msgspec import Struct

from ledger.domain.facts.certification import LimitKind, ShelfLifeExtended
from ledger.domain.subjects.subject import Entry, Subject


class Extended(Struct, frozen=True, kw_only=True):
    """Limits of a container or batch that somebody entitled extended: each with its new end."""

    limits: tuple[tuple[LimitKind, datetime], ...] = ()

    def end(self, limit: LimitKind) -> datetime | None:
        """The new end of a limit; None when it was not extended."""
        return next((until for kind, until in self.limits if kind is limit), None)


def _extended(state: Extended, entry: Entry) -> Extended:
    fact = entry.content.fact
    if not isinstance(fact, ShelfLifeExtended):
        return state
    others = tuple(item for item in state.limits if item[0] is not fact.limit)
    return Extended(limits=(*others, (fact.limit, fact.until)))


EXTENDED = Subject(
    name="Extended",
    kinds=("material", "batch"),
    types=frozenset(("ShelfLifeExtended",)),
    empty=Extended(),
    fold=_extended,
)
