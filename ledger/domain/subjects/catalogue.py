"""Every subject there is."""

from typing import Final

from ledger.domain.subjects import batches, issuing, materials, people, registers, settlement
from ledger.domain.subjects.subject import AnySubject, Subject

SUBJECTS: Final[tuple[AnySubject, ...]] = tuple(
    value
    for room in (people, materials, batches, registers, settlement, issuing)
    for value in vars(room).values()
    if isinstance(value, Subject)
)
"""All subjects, once each."""
