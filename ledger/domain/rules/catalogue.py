"""The rulebook: every rule by its id, those in force and those to come."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ledger.domain.rules import records
from ledger.domain.rules.owners import ROOMS, declared
from ledger.domain.rules.rule import Rule

NUMBER: Final = 0
"""Number of this program's rulebook. 0 promises nothing: revisions are frozen from 1 on."""

LETTERS: Final = "IDLCQRE"
"""The parts of the rulebook in its order: identity, donors, licences, custody, making, release, records."""


def place(rule_id: str) -> tuple[int, int]:
    """Returns where a rule stands in the rulebook: I1 before I2 before I10 before D1."""
    return LETTERS.index(rule_id[0]), int(rule_id[1:])


RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {rule.id: rule for rule in sorted(declared((*ROOMS, records)), key=lambda rule: place(rule.id))}
)
"""The rules in force, in the order of the rulebook."""


def rules_for(fact_type: str) -> tuple[Rule, ...]:
    """Returns the rules that judge a fact type, by id."""
    return _BY_TYPE.get(fact_type, ())


_BY_TYPE: Final = {
    name: tuple(sorted((rule for rule in RULES.values() if name in rule.types), key=lambda rule: rule.id))
    for name in {name for rule in RULES.values() for name in rule.types}
}
