"""The rulebook in force, as the log says: the newest one adopted that still counts."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from ledger.domain.facts.about import Fact
from ledger.domain.facts.birth import Violation
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.licensing import RulebookAdopted, RulebookParameter
from ledger.domain.facts.record import Record
from ledger.domain.finding import Outcome
from ledger.domain.rules.case import COUNTRIES, DEFAULTS, LATE_ENTRY
from ledger.domain.rules.catalogue import NUMBER, REVISIONS, RULES, asked
from ledger.domain.rules.parameters import LIMITS
from ledger.store import filing
from ledger.store.log import Reading

_COUNTRY: Final = re.compile("[A-Z]{2}")
_TYPE: Final = "RulebookAdopted"
_PAGE: Final = 1_000


class Rulebook:
    """The number, the rules and the parameters that facts are judged by."""

    def __init__(self) -> None:
        """Not read yet."""
        self.forget()

    def forget(self) -> None:
        """Reads it again next time."""
        self.read = False
        self.number = 0
        self.parameters: Mapping[str, str] = DEFAULTS
        self._adopted: dict[int, RulebookAdopted | None] = {}

    def mark(self) -> tuple[int, Mapping[str, str], dict[int, RulebookAdopted | None]]:
        """What it knows now, to go back to."""
        return self.number, self.parameters, dict(self._adopted)

    def back(self, mark: tuple[int, Mapping[str, str], dict[int, RulebookAdopted | None]]) -> None:
        """Forgets what it took since."""
        self.number, self.parameters, self._adopted = mark[0], mark[1], dict(mark[2])

    def load(self, reading: Reading, through: int) -> None:
        """Reads every adoption, and what corrections made of it."""
        after, tags = 0, set[str]()
        while rows := reading.types([_TYPE], after, through, _PAGE):
            decided = [record for row in rows if (record := filing.readable(row)) is not None]
            tags |= {tag for record in decided for tag in record.verdict.tags if tag.startswith("organisation:")}
            self.take(decided)
            after = rows[-1].position
        for tag in sorted(tags):
            found = reading.search([tag], [_TYPE], 0, through, _PAGE)
            self.take(record for row in found if (record := filing.readable(row)) is not None)
        self.read = True

    def take(self, decided: Iterable[Record]) -> None:
        """Takes up what some records adopt, or say about an adoption."""
        for record in decided:
            effect, fact = record.verdict.effect, record.content.fact
            if record.verdict.outcome is Outcome.REFUSED or not record.verdict.judged:
                continue
            if isinstance(fact, RulebookAdopted):
                self._adopted.setdefault(record.stamp.position, fact)
            elif effect is not None and effect.target in self._adopted:
                counts = effect.content.fact if effect.content is not None else None
                self._adopted[effect.target] = counts if isinstance(counts, RulebookAdopted) else None
            else:
                continue
            self._settle()

    def _settle(self) -> None:
        counts = [fact for _, fact in sorted(self._adopted.items()) if fact is not None]
        self.number = counts[-1].number if counts else 0
        if not counts:
            self.parameters = DEFAULTS
            return
        revisions = {item.rule: item.revision for item in counts[-1].rules}
        self.parameters = asked(self.number, revisions, {item.name: item.value for item in counts[-1].parameters})


def adoptable(fact: Fact) -> list[Violation]:
    """Says what keeps a rulebook from being adopted through this program; empty for any other fact.

    A rulebook that this program does not have would hold every append, the one included that takes it back; a parameter
    outside its limits would switch a rule off.
    """
    if not isinstance(fact, RulebookAdopted):
        return []
    found = []
    if fact.number > NUMBER:
        found.append(Violation("fact.number", f"{fact.number} is not in this program (it has {NUMBER}): upgrade first"))
    for place, item in enumerate(fact.rules):
        revisions = [rule.revision for rule in REVISIONS if rule.id == item.rule]
        if item.revision not in revisions:
            known = (
                f"{item.rule} in revision {' '.join(map(str, revisions))}" if revisions else ", ".join(sorted(RULES))
            )
            found.append(Violation(f"fact.rules[{place}]", f"{item.rule} {item.revision} is not live; known: {known}"))
    for place, parameter in enumerate(fact.parameters):
        if must := _limit(parameter):
            text = f"{parameter.name} {parameter.value}: must be {must}"
            found.append(Violation(f"fact.parameters[{place}]", text))
    return found


def _limit(parameter: RulebookParameter) -> str:
    """What a parameter must be; empty when it is."""
    name, _, one = parameter.name.partition(".")
    if name not in LIMITS:
        return f"one of {', '.join(sorted(LIMITS))}"
    if name == COUNTRIES and not _COUNTRY.fullmatch(one):
        return f"{COUNTRIES}.CODE, a country of two letters"
    if one and name != COUNTRIES and (name != LATE_ENTRY or one not in TYPES):
        return f"{LATE_ENTRY}.Type, the only one that can be set for a fact type alone"
    low, high = LIMITS[name]
    value = Decimal(parameter.value)
    return "" if low <= value <= high and value == int(value) else f"a whole number from {low} to {high}"
