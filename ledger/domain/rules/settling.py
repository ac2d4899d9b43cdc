"""Rule E1 for deviations and second names: confirmed by a second person, assessed by who owns the risk."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from ledger.domain.facts.holding import QuarantineLifted
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.safety import DeviationRaised
from ledger.domain.facts.settling import DeviationAssessed, DeviationConfirmed, IdentifierLinked, RiskOwner
from ledger.domain.facts.values import Identifier, SignatureMeaning
from ledger.domain.finding import Outcome, Weight
from ledger.domain.rules.case import Case
from ledger.domain.rules.named_on_licence import may
from ledger.domain.rules.proceeding import signed
from ledger.domain.rules.rule import ROLES_OF, Broken, Owner
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.settlement import NAMES

OWNERS: Final[Mapping[RiskOwner, Owner]] = MappingProxyType(
    {
        RiskOwner.CLINICAL: Owner.CLINICAL,
        RiskOwner.QUALITY: Owner.QUALITY,
        RiskOwner.TISSUE: Owner.TISSUE,
    }
)


def is_a_deviation(case: Case, deviation: Identifier) -> Iterator[Broken]:
    """What is named must be a deviation."""
    target = case.target
    if target is None or not (
        target.record.verdict.outcome is Outcome.RECORDED_AS_DEVIATION
        or isinstance(target.record.content.fact, DeviationRaised)
    ):
        yield Broken(
            tag=tag_of("deviation", deviation),
            found=f"{deviation.scheme}:{deviation.value} is no deviation",
            must="the number that the ledger gave it: scheme ledger, its position",
        )


def confirmed(case: Case, fact: DeviationConfirmed) -> Iterator[Broken]:
    """By a second person, who signs."""
    yield from is_a_deviation(case, fact.deviation)
    me = tag_of("person", case.envelope.performed_by)
    if case.target is not None:
        first = case.person(tag_of("person", case.target.record.content.envelope.performed_by))
        if first == case.performer():
            yield Broken(tag=me, found="the person who recorded the deviation", must="a second person")
    if not signed(case, SignatureMeaning.VERIFIED):
        yield Broken(tag=me, found="not signed by who confirms", must="a signature", note=case.validate_only)


def assessed(case: Case, fact: DeviationAssessed, owner_of: Mapping[str, Owner]) -> Iterator[Broken]:
    """By the owner of the risk, who signs; what nobody may permit is judged for its quality."""
    yield from is_a_deviation(case, fact.deviation)
    me, owner = tag_of("person", case.envelope.performed_by), OWNERS[fact.owner]
    risks = _risks(case, owner_of)
    if risks and owner not in risks:
        wanted = " or ".join(sorted(risks))
        yield Broken(tag=me, found=f"assessed as a risk of the {owner.value}", must=f"the owner of the risk: {wanted}")
    if not may(case, case.performer(), ROLES_OF[owner]):
        yield Broken(tag=me, found="holds no role that owns this risk here", must=owner.value)
    if not signed(case, SignatureMeaning.APPROVED):
        yield Broken(tag=me, found="not signed by who assesses", must="a signature", note=case.validate_only)


def _risks(case: Case, owner_of: Mapping[str, Owner]) -> set[Owner]:
    """Owners of the risks that the deviation named is about; what nobody may permit is a risk of quality."""
    if case.target is None:
        return set()
    bars = {item.rule for item in case.target.record.verdict.findings if item.weight is Weight.BAR}
    return {owner_of[rule] for rule in bars if rule in owner_of} - {Owner.NOBODY} or {Owner.QUALITY}


def settled_with(case: Case, fact: QuarantineLifted, owner_of: Mapping[str, Owner]) -> Iterator[Broken]:
    """A deviation that is settled by lifting a quarantine: by who owns that risk too."""
    if fact.deviation is None:
        return
    yield from is_a_deviation(case, fact.deviation)
    risks = _risks(case, owner_of)
    roles = frozenset(role for owner in risks for role in ROLES_OF[owner])
    if risks and not may(case, case.performer(), roles):
        tag, wanted = tag_of("deviation", fact.deviation), " or ".join(sorted(risks))
        yield Broken(
            tag=tag, found="settled by who does not own its risk", must=f"assessed by the owner of the risk: {wanted}"
        )


def linked(case: Case, fact: IdentifierLinked) -> Iterator[Broken]:
    """Two names of one thing: not one name twice, not in a circle, and nothing is hidden by it."""
    first, other = fact.names()
    known = case.state(NAMES, other).first
    if first == other:
        yield Broken(tag=first, found="the same name twice", must="two names of one thing")
    elif known:
        yield Broken(tag=other, found=f"already linked to {known}", must="one first name")
    elif case.state(NAMES, first).first == other:
        yield Broken(tag=first, found=f"is itself a second name of {other}", must="the first name first")
    elif case.state(MATERIAL, other).origins:
        found = "facts stand under this name already; they stay there and are traced"
        yield Broken(tag=other, found=found, must="the name under which it was recorded first", note=True)
