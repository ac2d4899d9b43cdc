"""The rulebook: every rule by its id, those in force and those to come."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ledger.domain.rules import (
    competence,
    custody,
    decentralised,
    identity,
    instruments,
    licences,
    masterfiles,
    places,
    quantity,
    records,
    release,
    routes,
    stopping,
    transport,
)
from ledger.domain.rules.rule import Rule

NUMBER: Final = 0
"""Number of this program's rulebook. 0 promises nothing: revisions are frozen from 1 on."""

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        rule.id: rule
        for room in (
            identity,
            licences,
            decentralised,
            masterfiles,
            places,
            stopping,
            competence,
            instruments,
            custody,
            transport,
            quantity,
            release,
            routes,
            records,
        )
        for rule in sorted(
            (value for value in vars(room).values() if isinstance(value, Rule)), key=lambda rule: rule.id
        )
    }
)
"""The rules in force."""


def rules_for(fact_type: str) -> tuple[Rule, ...]:
    """Returns the rules that judge a fact type, by id."""
    return _BY_TYPE.get(fact_type, ())


_BY_TYPE: Final = {
    name: tuple(sorted((rule for rule in RULES.values() if name in rule.types), key=lambda rule: rule.id))
    for name in {name for rule in RULES.values() for name in rule.types}
}
