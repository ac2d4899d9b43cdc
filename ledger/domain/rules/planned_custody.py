"""Rules on custody and condition that are not live yet: transport and acceptance."""

from typing import Final

from ledger.domain.rules.planned_rule import Planned
from ledger.domain.rules.rule import Owner

CUSTODY: Final[tuple[Planned, ...]] = (
    Planned(
        id="C3",
        text=(
            "Material is dispatched between premises without a qualified shipper, defined conditions with a time "
            "limit, and an agreement with the carrier. An own vehicle needs a validated container and limits; a move "
            "inside the premises needs two people, or a scan at each end, and a time limit."
        ),
        source="Directive 2006/86/EC Annex II D",
        owner=Owner.QUALITY,
        override="none",
        reason="Comes with packing, shippers and carrier agreements.",
    ),
)
