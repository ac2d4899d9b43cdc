"""Identity rules that are not live yet: who the material is for, and what says so on it."""

from typing import Final

from ledger.domain.rules.planned_rule import Planned
from ledger.domain.rules.rule import Owner

IDENTITY: Final[tuple[Planned, ...]] = (
    Planned(
        id="I3",
        text=(
            "A CoI identifier is used again for another patient or another therapy event, or is changed after the "
            "first procurement. One therapy event is one order with all its collections, remakes and planned doses; a "
            "new course has a new identifier, linked to the old one."
        ),
        source="ISBT 128 Chain of Identity Identifier (ST-028)",
        owner=Owner.NOBODY,
        override="none; a mistake is corrected by linking the identifiers",
        reason="Comes with the linking of identifiers and of courses.",
    ),
    Planned(
        id="I7",
        text=(
            "Two autologous batches are open in the same work zone without line clearance. The work zone is the open "
            "manipulation area or the device chamber named in the batch record, not the room; clearance is per zone "
            "and per change of batch."
        ),
        source="EU GMP Part IV (ATMP) s9 (unverified)",
        owner=Owner.QUALITY,
        override="none",
        reason="Comes with line clearance and work zones.",
    ),
    Planned(
        id="I10",
        text=(
            "A 3D-printed or patient-matched product is made, released or given although the hash of its design file "
            "is not bound to that patient."
        ),
        source="by analogy with Directive 2006/86/EC Annex II E 1(d) (our encoding)",
        owner=Owner.NOBODY,
        override="none",
        reason="Comes with printing steps and their design files.",
    ),
)
