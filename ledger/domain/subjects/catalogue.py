"""Every subject there is."""

from typing import Final

from ledger.domain.subjects import (
    allocation,
    batches,
    cases,
    condition,
    donors,
    equipment,
    extensions,
    follow_up,
    giving,
    holding,
    issuing,
    keeping,
    labelling,
    lots,
    materials,
    organisations,
    packing,
    papers,
    people,
    premises,
    products,
    recalls,
    reconciliation,
    releases,
    reporting,
    routes,
    settlement,
    sides,
    sites,
    staff,
    starting_material,
    testing,
    treatment,
    zones,
)
from ledger.domain.subjects.subject import AnySubject, Subject

SUBJECTS: Final[tuple[AnySubject, ...]] = tuple(
    value
    for room in (
        people,
        donors,
        treatment,
        routes,
        staff,
        materials,
        condition,
        extensions,
        starting_material,
        labelling,
        holding,
        giving,
        allocation,
        packing,
        batches,
        testing,
        releases,
        reconciliation,
        zones,
        lots,
        recalls,
        cases,
        reporting,
        follow_up,
        keeping,
        sides,
        sites,
        papers,
        products,
        organisations,
        premises,
        equipment,
        settlement,
        issuing,
    )
    for value in vars(room).values()
    if isinstance(value, Subject)
)
"""All subjects, once each."""
