"""The subject of who stands on which side of a therapy: where cells were taken, and where they were given."""

from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.naming import tag_of
from ledger.domain.subjects.subject import Entry, Subject

_MOST: Final = 32
"""Places and organisations of one side that are kept: the newest."""

_COLLECTING: Final = frozenset(("DonorIdentified", "ApheresisPerformed", "ProcurementPerformed", "CollectionAbandoned"))
_TREATING: Final = frozenset(
    ("TherapyPrescribed", "ReadyToTreatConfirmed", "BedsideIdentityChecked", "AdministrationStarted")
)


class Sides(Struct, frozen=True, kw_only=True):
    """Who met the donor, and who treats the recipient, of one chain or person.

    Attributes:
        donor: Tags of sites and organisations that identified the donor or took the cells.
        recipient: Tags of those that prescribed for, checked or treated the recipient.
    """

    donor: tuple[str, ...] = ()
    recipient: tuple[str, ...] = ()


def _sides(state: Sides, entry: Entry) -> Sides:
    envelope, kind = entry.content.envelope, entry.content.type
    here = (tag_of("site", envelope.place.site), tag_of("organisation", envelope.organisation))
    if kind in _COLLECTING:
        return msgspec.structs.replace(state, donor=_with(state.donor, here))
    if kind in _TREATING:
        return msgspec.structs.replace(state, recipient=_with(state.recipient, here))
    return state


def _with(known: tuple[str, ...], here: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *filter(None, here))))[-_MOST:]


def _sides_links(state: Sides) -> Iterable[str]:
    """Sites, since who runs one stands on its side too."""
    return (tag for tag in (*state.donor, *state.recipient) if tag.startswith("site:"))


SIDES = Subject(
    name="Sides",
    kinds=("coi", "patient", "donor"),
    types=_COLLECTING | _TREATING,
    empty=Sides(),
    fold=_sides,
    links=_sides_links,
)
