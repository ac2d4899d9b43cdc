"""The rulebook: every rule by its id, those in force and those to come."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from ledger.domain.rules import records
from ledger.domain.rules.case import DEFAULTS
from ledger.domain.rules.owners import ROOMS, declared
from ledger.domain.rules.rule import Rule
from ledger.domain.rules.rulebook import Released
from ledger.domain.rules.rulebooks import RULEBOOKS
from ledger.domain.subjects.subject import AnySubject

NUMBER: Final = max(RULEBOOKS, default=0)
"""Number of this program's newest rulebook. 0 promises nothing: revisions are frozen from 1 on."""

LETTERS: Final = "IDLCQRE"
"""The parts of the rulebook in its order: identity, donors, licences, custody, making, release, records."""


def place(rule_id: str) -> tuple[int, int]:
    """Returns where a rule stands in the rulebook: I1 before I2 before I10 before D1."""
    return LETTERS.index(rule_id[0]), int(rule_id[1:])


REVISIONS: Final[tuple[Rule, ...]] = tuple(
    sorted(declared((*ROOMS, records)), key=lambda rule: (*place(rule.id), rule.revision))
)
"""Every revision of every rule that this program has, the newest of each last."""

RULES: Final[Mapping[str, Rule]] = MappingProxyType({rule.id: rule for rule in REVISIONS})
"""The newest revision of each rule, in the order of the rulebook: what rulebook 0 asks."""


def _by_type(rules: Iterable[Rule]) -> Mapping[str, tuple[Rule, ...]]:
    found: dict[str, list[Rule]] = {}
    for rule in sorted(rules, key=lambda rule: rule.id):
        for name in rule.types:
            found.setdefault(name, []).append(rule)
    return {name: tuple(rules) for name, rules in found.items()}


def _later(rules: Iterable[Rule]) -> tuple[tuple[str, AnySubject], ...]:
    return tuple((rule.id, rule.later[1]) for rule in rules if rule.later is not None)


_NEWEST: Final = _by_type(RULES.values())
_LATER: Final = _later(RULES.values())
_KNOWN: Final = _by_type(REVISIONS)


class Asked(dict[str, str]):
    """The parameters of a rulebook by name, and with them which revision of each rule it asks. Never changed."""

    def __init__(self, parameters: Mapping[str, str], rules: Mapping[str, Rule]) -> None:
        """Takes both up."""
        super().__init__(parameters)
        self.rules = rules
        self.by_type = _by_type(rules.values())
        self.later = _later(rules.values())


def asked(number: int, revisions: Mapping[str, int], parameters: Mapping[str, str]) -> Asked:
    """Returns what a rulebook asks, as it was adopted.

    Args:
        number: Of the rulebook; 0, and one that this program does not have, stand for the newest revisions.
        revisions: Of the rules that the adoption names; the others are asked as the rulebook was released.
        parameters: That the adoption sets; the others are those of the rulebook.
    """
    newest = Released({rule.id: rule.revision for rule in RULES.values()}, DEFAULTS)
    released = RULEBOOKS.get(number, newest)
    wanted = {**released.rules, **revisions}
    rules = {rule.id: rule for rule in REVISIONS if wanted.get(rule.id) == rule.revision}
    return Asked({**DEFAULTS, **released.parameters, **parameters}, rules)


def rules_of(parameters: Mapping[str, str]) -> Mapping[str, Rule]:
    """Returns the rules, by id, that go with the parameters of a rulebook; the newest with any other parameters."""
    return parameters.rules if isinstance(parameters, Asked) else RULES


def rules_for(fact_type: str, parameters: Mapping[str, str] = DEFAULTS) -> tuple[Rule, ...]:
    """Returns the rules that judge a fact type by the rulebook with these parameters, by id."""
    return (parameters.by_type if isinstance(parameters, Asked) else _NEWEST).get(fact_type, ())


def later_rules(parameters: Mapping[str, str]) -> tuple[tuple[str, AnySubject], ...]:
    """Returns the rules that a late fact asks again of later history, each with the subject that it reads for that."""
    return parameters.later if isinstance(parameters, Asked) else _LATER


def known_for(fact_type: str) -> tuple[Rule, ...]:
    """Returns every revision of every rule that judges a fact type by some rulebook."""
    return _KNOWN.get(fact_type, ())
