"""Every fact type that is built, by its permanent name."""

from types import MappingProxyType
from typing import Final

from ledger.domain.facts import historic, keeping, records, settling
from ledger.domain.facts.about import Fact, Kind
from ledger.domain.facts.originals import ORIGINALS, declared
from ledger.domain.facts.originals import field_name as field_name  # noqa: PLC0414 - callers find it here

TYPES: Final = MappingProxyType(
    dict(
        sorted(
            {**ORIGINALS, **declared((records, settling, keeping, historic))}.items(),
            key=lambda item: item[1].about.no,
        )
    )
)
"""Type name to Struct, in the order of facts.md."""

WORKS: Final = frozenset(name for name, struct in TYPES.items() if struct.work is not Fact.work)
"""Types of facts that fill or empty containers (`Fact.work`)."""

HANDLED: Final = WORKS | frozenset(name for name, struct in TYPES.items() if struct.handles is not Fact.handles)
"""Types of facts for which somebody had containers in hand (`Fact.handles`)."""


def kind_of(fact_type: str) -> Kind:
    """Returns the kind of a built type.

    Raises:
        KeyError: No such type is built.
    """
    return TYPES[fact_type].about.kind
