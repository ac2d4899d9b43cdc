"""The rules that judge what happens, by letter, and who owns the risk of each; rules on records read these."""

from collections.abc import Mapping
from types import MappingProxyType, ModuleType
from typing import Final

from ledger.domain.rules import (
    authority,
    blocking,
    certifying,
    condition,
    consents,
    consignments,
    custody,
    directed,
    donor_testing,
    exceptional,
    identity,
    labelling,
    labels,
    licences,
    limits,
    procurement,
    quantity,
    starting_material,
    treating,
    waiting,
)
from ledger.domain.rules.rule import Owner, Rule

ROOMS: Final[tuple[ModuleType, ...]] = (
    identity,
    directed,
    licences,
    custody,
    quantity,
    authority,
    certifying,
    exceptional,
    blocking,
    labelling,
    treating,
    procurement,
    donor_testing,
    starting_material,
    waiting,
    consents,
    labels,
    condition,
    consignments,
    limits,
)
"""The modules that hold them."""


def declared(rooms: tuple[ModuleType, ...]) -> tuple[Rule, ...]:
    """Returns the rules that modules declare, module by module, by id."""
    return tuple(
        rule
        for room in rooms
        for rule in sorted((item for item in vars(room).values() if isinstance(item, Rule)), key=lambda item: item.id)
    )


OWNER_OF: Final[Mapping[str, Owner]] = MappingProxyType({rule.id: rule.owner for rule in declared(ROOMS)})
"""Rule id to the owner of its risk."""
