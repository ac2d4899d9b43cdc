"""Subjects of things: what a container holds, where it came from, in which batch it was made; donations."""

from collections.abc import Iterable

from msgspec import Struct

from ledger.domain.facts.collection import CollectionAbandoned, ProcurementPerformed
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.procurement import ApheresisPerformed
from ledger.domain.subjects.containers import MATERIAL as MATERIAL  # noqa: PLC0414 - rules find it here
from ledger.domain.subjects.custody import CONSIGNMENT as CONSIGNMENT  # noqa: PLC0414 - read with MATERIAL
from ledger.domain.subjects.custody import CUSTODY as CUSTODY  # noqa: PLC0414 - read with MATERIAL
from ledger.domain.subjects.excursions import newest
from ledger.domain.subjects.subject import Entry, Subject


class Donation(Struct, frozen=True, kw_only=True):
    """One donation: whose, and for which chain."""

    collections: tuple[int, ...] = ()
    coi: str = ""
    person: str = ""
    autologous: bool = False


def _donation(state: Donation, entry: Entry) -> Donation:
    fact = entry.content.fact
    if isinstance(fact, ApheresisPerformed | ProcurementPerformed):
        autologous = fact.autologous is not None
    elif isinstance(fact, CollectionAbandoned):
        autologous = fact.patient is not None
    else:
        return state
    return Donation(
        collections=newest(state.collections, entry.position),
        coi=tag_of("coi", fact.coi),
        person=fact.person,
        autologous=autologous,
    )


def _donation_links(state: Donation) -> Iterable[str]:
    return filter(None, (state.coi, state.person))


DONATION = Subject(
    name="Donation",
    kinds=("donation",),
    types=frozenset(("ApheresisPerformed", "ProcurementPerformed", "CollectionAbandoned")),
    empty=Donation(),
    fold=_donation,
    links=_donation_links,
)
