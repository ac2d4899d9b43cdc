"""Every subject there is."""

from typing import Final

from ledger.domain.subjects import (
    batches,
    issuing,
    lots,
    materials,
    people,
    recalls,
    reconciliation,
    registers,
    settlement,
    zones,
)
from ledger.domain.subjects.subject import AnySubject, Subject

SUBJECTS: Final[tuple[AnySubject, ...]] = tuple(
    value
    for room in (people, materials, batches, reconciliation, zones, lots, recalls, registers, settlement, issuing)
    for value in vars(room).values()
    if isinstance(value, Subject)
)
"""All subjects, once each."""
