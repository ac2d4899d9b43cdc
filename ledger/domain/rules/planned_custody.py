"""Rules on custody and condition that are not live yet: transport, acceptance, excursions, storage."""

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
    Planned(
        id="C5",
        text="Material is released or used while an excursion, or a gap in its temperature data, is unassessed.",
        source="Directive 2006/86/EC Annex II D (unverified for gaps in data)",
        owner=Owner.QUALITY,
        override="disposition by QA",
        reason="Comes with excursions and their assessment.",
    ),
    Planned(
        id="C6",
        text="Material is moved to a location whose temperature class or segregation class is incompatible with it.",
        source="Directive 2006/86/EC Annex II C (unverified for segregation classes)",
        owner=Owner.QUALITY,
        override="none",
        reason="Comes with storage and its zones.",
    ),
    Planned(
        id="C8",
        text=(
            "A consignment is received by, or handed over to, somebody other than the consignee, or at another place, "
            "without a recorded redirection."
        ),
        source="ISO 21973:2020 3.2 (our encoding)",
        owner=Owner.QUALITY,
        override="acceptance to quarantine",
        reason="Comes with the redirection of consignments.",
    ),
)
