"""Every fact type that is built, by its permanent name."""

import re
from types import MappingProxyType
from typing import Final

from ledger.domain.facts import (
    administration,
    custody,
    enrolment,
    licensing,
    manufacture,
    procurement,
    records,
    registry,
    release,
)
from ledger.domain.facts.about import Fact, Kind

_ROOMS: Final = (
    registry,
    licensing,
    enrolment,
    procurement,
    custody,
    manufacture,
    release,
    administration,
    records,
)

TYPES: Final = MappingProxyType(
    dict(
        sorted(
            (
                (name, value)
                for room in _ROOMS
                for name, value in vars(room).items()
                if isinstance(value, type) and issubclass(value, Fact) and value.__module__ == room.__name__
            ),
            key=lambda item: item[1].about.no,
        )
    )
)
"""Type name to Struct, in the order of facts.md."""


def field_name(fact_type: str) -> str:
    """Returns the name of a type's field in `AnyFact`: `ApheresisPerformed` is `apheresis_performed`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", fact_type).lower()


def kind_of(fact_type: str) -> Kind:
    """Returns the kind of a built type.

    Raises:
        KeyError: No such type is built.
    """
    return TYPES[fact_type].about.kind
