"""All lists, in the order in which they are told."""

from typing import Final

from ledger.views.listing import Listing
from ledger.views.lists import deviations, exceptions, refusals

LISTS: Final[tuple[Listing, ...]] = (
    refusals.UNRESOLVED,
    refusals.FOLLOWED,
    deviations.OPEN,
    deviations.ALL,
    exceptions.OVERRIDES,
    exceptions.NOTES,
    exceptions.LATE_ENTRIES,
    exceptions.CORRECTIONS,
)

BY_NAME: Final = {listing.name: listing for listing in LISTS}
