"""Taking a risk on: does what was sent beside a fact lift a broken rule, and if not, why not?

An exception is used only if a rule breaks; one that was sent in case is no fault. One that was meant to lift a bar and
does not is told to who sent it, with the bar.
"""

from collections.abc import Set as AbstractSet
from itertools import permutations
from typing import Final

from ledger.domain.facts.envelope import FactException
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.values import SignatureMeaning
from ledger.domain.rules.case import Case
from ledger.domain.rules.named_on_licence import may
from ledger.domain.rules.rule import ROLES_OF, Broken, Owner, Rule

_OVERRIDE: Final = "EXCEPTION_KIND_OVERRIDE"
_LATE: Final = "EXCEPTION_KIND_LATE"


def taken_on(rule: Rule, case: Case) -> bool:
    """Whether every owner of the risk took it on: as many people as owners."""
    owners = _owners(rule)
    return any(
        len({tag_of("person", item.approver) for item in chosen if item.approver is not None}) == len(owners)
        and all(_overrides(rule, owner, case, item) for owner, item in zip(owners, chosen, strict=True))
        for chosen in permutations(case.content.exceptions, len(owners))
    )


def in_vain(rule: Rule, broken: Broken, case: Case, broken_rules: AbstractSet[str]) -> str:
    """Why what was sent to lift a bar does not, to be added to what it asks for; empty when nothing was sent.

    Args:
        rule: The rule that bars.
        broken: What is broken.
        case: The fact, with what was sent beside it.
        broken_rules: Every rule that is broken: what is meant for another one of these is not in vain.
    """
    for item in case.content.exceptions:
        named = item.rule or rule.id
        if item.kind == _LATE and item.rule == rule.id != "E9":
            return "; a LATE entry lifts no rule"
        if item.kind == _OVERRIDE and named == rule.id:
            return f"; the OVERRIDE sent does not lift it: {_why(rule, broken, case, item)}"
        if item.kind == _OVERRIDE and named not in broken_rules:
            return f"; the OVERRIDE sent is for {named}"
    return ""


def _why(rule: Rule, broken: Broken, case: Case, item: FactException) -> str:
    owners = _owners(rule)
    if not broken.overridable:
        return "nobody may take this on so"
    if item.approver is None:
        return "it names no approver"
    if not _signed(item):
        return "its approver did not sign it as approved"
    if not any(_overrides(rule, owner, case, item) for owner in owners):
        return f"its approver is no {' or '.join(owners)} here"
    return f"{' and '.join(owners)} take it on together, each with their own"


def _owners(rule: Rule) -> tuple[Owner, ...]:
    return (rule.owner, *rule.together)


def _signed(item: FactException) -> bool:
    """Whether the approver signed with that meaning."""
    signature = item.signature
    if signature is None or item.approver is None or signature.meaning is not SignatureMeaning.APPROVED:
        return False
    return tag_of("person", signature.person) == tag_of("person", item.approver)


def _overrides(rule: Rule, owner: Owner, case: Case, item: FactException) -> bool:
    """Whether an owner of the risk took it on: an approver who holds the role there, and signed."""
    if item.kind != _OVERRIDE or item.rule not in (None, rule.id) or item.approver is None:
        return False
    approver = tag_of("person", item.approver)
    return _signed(item) and may(case, approver, ROLES_OF[owner])
