"""Every original fact type that is built, by its permanent name: all that are no record about a fact."""

import re
from collections.abc import Iterable
from types import MappingProxyType, ModuleType
from typing import Final

from ledger.domain.facts import (
    administration,
    allocation,
    authorisations,
    bases,
    batches,
    certification,
    changes,
    clinical_area,
    collection,
    custody,
    donors,
    enrolment,
    equipment,
    exceptional_supply,
    excursions,
    follow_up,
    holding,
    importing,
    labels,
    licensing,
    lots,
    manufacture,
    notices,
    ordering,
    patients,
    pooling,
    processing,
    procurement,
    quality,
    registry,
    release,
    safety,
    sites,
    staff,
    storage,
    succession,
    transport,
    vigilance,
)
from ledger.domain.facts.about import Fact

_ROOMS: Final = (
    administration,
    allocation,
    authorisations,
    bases,
    batches,
    certification,
    changes,
    clinical_area,
    collection,
    custody,
    donors,
    enrolment,
    equipment,
    exceptional_supply,
    excursions,
    follow_up,
    holding,
    importing,
    labels,
    licensing,
    lots,
    manufacture,
    notices,
    ordering,
    patients,
    processing,
    pooling,
    procurement,
    quality,
    registry,
    release,
    safety,
    sites,
    staff,
    storage,
    succession,
    transport,
    vigilance,
)


def declared(rooms: Iterable[ModuleType]) -> dict[str, type[Fact]]:
    """Returns the fact types that modules declare, in the order of facts.md."""
    found = {
        name: value
        for room in rooms
        for name, value in vars(room).items()
        if isinstance(value, type) and issubclass(value, Fact) and value.__module__ == room.__name__
    }
    return dict(sorted(found.items(), key=lambda item: item[1].about.no))


def field_name(fact_type: str) -> str:
    """Returns the name of a type's field in `AnyFact`: `ApheresisPerformed` is `apheresis_performed`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", fact_type).lower()


ORIGINALS: Final = MappingProxyType(declared(_ROOMS))
"""Type name to Struct."""
