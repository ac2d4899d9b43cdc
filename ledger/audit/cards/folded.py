"""Subjects that only cards read: what a dispatch says of the journey, and which containers a donation filled."""

from datetime import datetime

from msgspec import Struct

from ledger.domain.facts.custody import ConsignmentDispatched
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.procurement import ApheresisPerformed
from ledger.domain.subjects.subject import Entry, Subject


class Journey(Struct, frozen=True, kw_only=True):
    """Under which conditions a consignment travels, as its last dispatch says.

    Attributes:
        min_celsius: Lowest temperature allowed; empty when not said.
        max_celsius: Highest temperature allowed; empty when not said.
        due_by: Time limit.
        seals: Seal numbers.
        quarantine: Sent before release for circulation, to be held.
    """

    min_celsius: str = ""
    max_celsius: str = ""
    due_by: datetime | None = None
    seals: tuple[str, ...] = ()
    quarantine: bool = False


def _journey(state: Journey, entry: Entry) -> Journey:
    fact = entry.content.fact
    if not isinstance(fact, ConsignmentDispatched):
        return state
    return Journey(
        min_celsius=fact.min_celsius or "",
        max_celsius=fact.max_celsius or "",
        due_by=fact.due_by,
        seals=fact.seals,
        quarantine=fact.quarantine_transfer or False,
    )


JOURNEY = Subject(
    name="Journey",
    kinds=("consignment",),
    types=frozenset(("ConsignmentDispatched",)),
    empty=Journey(),
    fold=_journey,
)


class Filled(Struct, frozen=True, kw_only=True):
    """The containers that a donation filled."""

    containers: tuple[str, ...] = ()


def _filled(state: Filled, entry: Entry) -> Filled:
    fact = entry.content.fact
    if not isinstance(fact, ApheresisPerformed):
        return state
    bags = (tag_of("material", bag.material) for bag in fact.bags)
    return Filled(containers=tuple(dict.fromkeys((*state.containers, *bags))))


FILLED = Subject(
    name="Filled",
    kinds=("donation",),
    types=frozenset(("ApheresisPerformed",)),
    empty=Filled(),
    fold=_filled,
)
