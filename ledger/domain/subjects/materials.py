"""Subjects of things: what a container holds, where it came from, in which batch it was made; donations."""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from ledger.domain.facts.collection import CollectionAbandoned, ProcurementPerformed
from ledger.domain.facts.donors import DonorEligibility, DonorEligibilityDecided
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.procurement import ApheresisPerformed
from ledger.domain.subjects.containers import MATERIAL as MATERIAL  # noqa: PLC0414 - rules find it here
from ledger.domain.subjects.custody import CONSIGNMENT as CONSIGNMENT  # noqa: PLC0414 - read with MATERIAL
from ledger.domain.subjects.custody import CUSTODY as CUSTODY  # noqa: PLC0414 - read with MATERIAL
from ledger.domain.subjects.excursions import newest
from ledger.domain.subjects.subject import Entry, Subject


class Donation(Struct, frozen=True, kw_only=True):
    """One donation: whose, and for which chain or whom.

    Attributes:
        collections: Positions of the facts that it was taken by.
        recipient: Whom a donor named, for a directed donation.
        ineligible: The last decision on it was that its donor is not eligible.
    """

    collections: tuple[int, ...] = ()
    coi: str = ""
    person: str = ""
    autologous: bool = False
    recipient: str = ""
    ineligible: bool = False


def _donation(state: Donation, entry: Entry) -> Donation:
    fact, recipient = entry.content.fact, ""
    if isinstance(fact, DonorEligibilityDecided):
        return msgspec.structs.replace(state, ineligible=fact.outcome is DonorEligibility.INELIGIBLE)
    if isinstance(fact, ApheresisPerformed | ProcurementPerformed):
        autologous = fact.autologous is not None
        recipient = "" if fact.directed is None else tag_of("patient", fact.directed.recipient)
    elif isinstance(fact, CollectionAbandoned):
        autologous = fact.patient is not None
    else:
        return state
    return msgspec.structs.replace(
        state,
        collections=newest(state.collections, entry.position),
        coi=tag_of("coi", fact.coi),
        person=fact.person,
        autologous=autologous,
        recipient=recipient,
    )


def _donation_links(state: Donation) -> Iterable[str]:
    return filter(None, (state.coi, state.person, state.recipient))


DONATION = Subject(
    name="Donation",
    kinds=("donation",),
    types=frozenset(("ApheresisPerformed", "ProcurementPerformed", "CollectionAbandoned", "DonorEligibilityDecided")),
    empty=Donation(),
    fold=_donation,
    links=_donation_links,
)
