"""Every subject there is."""

from typing import Final

from ledger.domain.subjects import batches, condition, materials, people, premises, registers, settlement
from ledger.domain.subjects.subject import AnySubject, Subject

SUBJECTS: Final[tuple[AnySubject, ...]] = tuple(
    value
    for room in (people, materials, condition, batches, registers, premises, settlement)
    for value in vars(room).values()
    if isinstance(value, Subject)
)
"""All subjects, once each."""
