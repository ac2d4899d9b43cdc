"""Every subject there is."""

from typing import Final

from ledger.domain.subjects import (
    batches,
    equipment,
    materials,
    organisations,
    packing,
    papers,
    people,
    products,
    routes,
    sites,
    staff,
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
        sites,
        papers,
        products,
        organisations,
        equipment,
    )
    for value in vars(room).values()
    if isinstance(value, Subject)
)
"""All subjects, once each."""
