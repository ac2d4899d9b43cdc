"""All lists, in the order in which they are told."""

from typing import Final

from ledger.views.listing import Listing
from ledger.views.lists import (
    clocks,
    deviations,
    exceptions,
    following,
    journeys,
    manufacture,
    questions,
    refusals,
    reporting,
    safety,
    stock,
)

LISTS: Final[tuple[Listing, ...]] = (
    refusals.UNRESOLVED,
    refusals.FOLLOWED,
    deviations.OPEN,
    journeys.OPEN,
    questions.OPEN,
    clocks.DUE,
    clocks.YEARLY,
    clocks.MADE,
    stock.EXPIRING,
    stock.STOCK,
    following.DUE,
    following.LOST,
    safety.RECALLS,
    safety.UNANSWERED,
    deviations.ALL,
    exceptions.OVERRIDES,
    exceptions.NOTES,
    exceptions.LATE_ENTRIES,
    exceptions.CORRECTIONS,
    manufacture.QP_REGISTER,
    reporting.CONTROL_SITE,
    journeys.CROSSINGS,
    manufacture.MASS_BALANCE,
    manufacture.VEIN_TO_VEIN,
)

BY_NAME: Final = {listing.name: listing for listing in LISTS}
