"""Every subject there is."""

from typing import Final

from ledger.domain.subjects import (
    batches,
    condition,
    donors,
    giving,
    holding,
    labelling,
    materials,
    people,
    premises,
    registers,
    releases,
    settlement,
    starting_material,
    testing,
    treatment,
)
from ledger.domain.subjects.subject import AnySubject, Subject

SUBJECTS: Final[tuple[AnySubject, ...]] = tuple(
    value
    for room in (
        people,
        donors,
        treatment,
        materials,
        condition,
        starting_material,
        labelling,
        holding,
        giving,
        batches,
        testing,
        releases,
        registers,
        premises,
        settlement,
    )
    for value in vars(room).values()
    if isinstance(value, Subject)
)
"""All subjects, once each."""
