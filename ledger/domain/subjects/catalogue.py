"""Every subject there is."""

from typing import Final

from ledger.domain.subjects import (
    batches,
    equipment,
    issuing,
    lots,
    materials,
    organisations,
    packing,
    papers,
    people,
    products,
    recalls,
    reconciliation,
    routes,
    settlement,
    sites,
    staff,
    zones,
)
from ledger.domain.subjects.subject import AnySubject, Subject

SUBJECTS: Final[tuple[AnySubject, ...]] = tuple(
    value
    for room in (
        people,
        routes,
        staff,
        materials,
        packing,
        batches,
        reconciliation,
        zones,
        lots,
        recalls,
        sites,
        papers,
        products,
        organisations,
        equipment,
        settlement,
        issuing,
    )
    for value in vars(room).values()
    if isinstance(value, Subject)
)
"""All subjects, once each."""
