"""Every subject there is."""

from typing import Final

from ledger.domain.subjects import (
    batches,
    giving,
    holding,
    materials,
    people,
    registers,
    releases,
    settlement,
    testing,
    treatment,
)
from ledger.domain.subjects.subject import AnySubject, Subject

SUBJECTS: Final[tuple[AnySubject, ...]] = tuple(
    value
    for room in (
        people,
        treatment,
        materials,
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
