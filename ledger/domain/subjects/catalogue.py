"""Every subject there is."""

from typing import Final

from ledger.domain.subjects import (
    batches,
    donors,
    labelling,
    materials,
    people,
    registers,
    settlement,
    starting_material,
)
from ledger.domain.subjects.subject import AnySubject, Subject

SUBJECTS: Final[tuple[AnySubject, ...]] = tuple(
    value
    for room in (people, donors, materials, starting_material, labelling, batches, registers, settlement)
    for value in vars(room).values()
    if isinstance(value, Subject)
)
"""All subjects, once each."""
