"""The rules that judge what happens, by letter, and who owns the risk of each; rules on records read these."""

from collections.abc import Mapping
from types import MappingProxyType, ModuleType
from typing import Final

from ledger.domain.rules import (
    accounts,
    authority,
    blocking,
    borders,
    cell_lines,
    certifying,
    competence,
    condition,
    consents,
    consignments,
    contained_use,
    custody,
    decentralised,
    directed,
    disclosure,
    donor_review,
    donor_testing,
    exceptional,
    exemption,
    genealogy,
    handed_on,
    identity,
    instruments,
    issuing,
    keeping,
    labelling,
    labels,
    licences,
    limits,
    lots,
    masterfiles,
    matched,
    places,
    procurement,
    quantity,
    recall,
    reconciling,
    reporting,
    routes,
    signatures,
    specials,
    starting_material,
    stopping,
    timeliness,
    transport,
    treating,
    uk_wide,
    vigilance,
    waiting,
    workplaces,
)
from ledger.domain.rules.rule import Owner, Rule

ROOMS: Final[tuple[ModuleType, ...]] = (
    identity,
    directed,
    workplaces,
    issuing,
    licences,
    decentralised,
    masterfiles,
    places,
    stopping,
    specials,
    exemption,
    borders,
    uk_wide,
    contained_use,
    competence,
    instruments,
    custody,
    transport,
    condition,
    consignments,
    quantity,
    genealogy,
    reconciling,
    lots,
    matched,
    authority,
    certifying,
    exceptional,
    limits,
    routes,
    recall,
    blocking,
    handed_on,
    labelling,
    labels,
    treating,
    procurement,
    donor_testing,
    donor_review,
    cell_lines,
    starting_material,
    waiting,
    consents,
    signatures,
    timeliness,
    keeping,
    accounts,
    vigilance,
    reporting,
    disclosure,
)
"""The modules that hold them."""


def declared(rooms: tuple[ModuleType, ...]) -> tuple[Rule, ...]:
    """Returns the rules that modules declare, module by module, by id and revision."""
    return tuple(
        rule
        for room in rooms
        for rule in sorted(
            (item for item in vars(room).values() if isinstance(item, Rule)), key=lambda item: (item.id, item.revision)
        )
    )


OWNER_OF: Final[Mapping[str, Owner]] = MappingProxyType({rule.id: rule.owner for rule in declared(ROOMS)})
"""Rule id to the owner of its risk."""
