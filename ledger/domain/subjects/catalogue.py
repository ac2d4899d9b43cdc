"""Every subject there is."""

from typing import Final

from ledger.domain.subjects import (
    batches,
    donors,
    giving,
    holding,
    labelling,
    materials,
    people,
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
        starting_material,
        labelling,
        holding,
        giving,
        batches,
        testing,
        releases,
        registers,
        settlement,
    )
    for value in vars(room).values()
    if isinstance(value, Subject)
)
"""All subjects, once each."""
