"""What is asked of a check at the bedside; what a pack says of that and of limits: the strictest of its containers."""

from collections.abc import Iterator
from typing import Final

from ledger.domain.facts.clinical_area import BedsidePackIssued
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.record import Resolved
from ledger.domain.rules.authority import covering
from ledger.domain.rules.case import Case, tags_of

CHAIN: Final = "pack-chain"
"""Name under which a verdict holds the chain that a pack is issued for."""

IDENTIFIERS: Final = "check-identifiers"
PEOPLE: Final = "check-people"
HOLDS: Final = "check-valid-seconds"
"""Names under which a verdict holds the check to do: identifiers that must match, people, seconds that it holds."""

IN_USE: Final = "in-use-limit-seconds"
GIVING: Final = "giving-limit-seconds"
OUTSTANDING: Final = "outstanding-test"
"""Names under which it holds the limits: from completion or thaw to use, of giving, tests still to come."""


def asked_of_a_check(case: Case, product: str) -> tuple[int, int, int]:
    """What a product's policy, or else the rulebook, asks of a bedside check: identifiers, people, seconds it holds."""
    data = case.product(product).data
    policy = data.bedside_check if data is not None else None
    identifiers = (policy and policy.identifiers) or case.whole("bedside-check-identifiers")
    persons = (policy and policy.persons) or case.whole("bedside-check-people")
    valid = (policy and policy.valid_for_seconds) or case.whole("bedside-check-valid-seconds")
    return identifiers, persons, valid


def told_to_the_bedside(case: Case) -> Iterator[Resolved]:
    """Yields the checks to do and the limits of the containers that a pack is issued for."""
    fact = case.fact
    if not isinstance(fact, BedsidePackIssued):
        return
    yield Resolved(name=CHAIN, value=tag_of("coi", fact.coi))
    materials = tags_of("material", fact.materials)
    batches = {material: case.batch_of(material) for material in materials}
    products = sorted({case.product_of(batches[one], case.chain_of(one)) for one in materials})
    identifiers, people, holds = zip(*(asked_of_a_check(case, product) for product in products), strict=True)
    numbers = {IDENTIFIERS: max(identifiers), PEOPLE: max(people), HOLDS: min(holds)}
    known = [data for product in products if (data := case.product(product).data) is not None]
    in_use = [data.in_use_limit_seconds for data in known if data.in_use_limit_seconds is not None]
    giving = [data.administration_limit_seconds for data in known if data.administration_limit_seconds is not None]
    numbers |= {name: min(limits) for name, limits in ((IN_USE, in_use), (GIVING, giving)) if limits}
    yield from (Resolved(name=name, value=str(number)) for name, number in numbers.items())
    tests = {test for one in materials for item in covering(case, batches[one], one) for test in item.outstanding}
    yield from (Resolved(name=OUTSTANDING, value=test) for test in sorted(tests))
