"""Asking the rules: each that judges the type, at every end of the uncertainty, weighed as the fact's kind says."""

from datetime import datetime
from itertools import permutations

import msgspec

from ledger.domain import civil_time
from ledger.domain.facts import tagging
from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.envelope import FactException
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.values import SignatureMeaning
from ledger.domain.finding import Finding, Weight
from ledger.domain.rules.case import Case
from ledger.domain.rules.catalogue import rules_for
from ledger.domain.rules.release import holds_role, scopes_of
from ledger.domain.rules.rule import ROLES_OF, Broken, Owner, Rule


def judge(case: Case) -> list[Finding]:
    """Returns every finding on a fact: all broken rules, not only the first."""
    cases = _at(case, _moments(case))
    found: list[Finding] = []
    for rule in rules_for(case.content.type):
        for broken, always in _asked(rule, cases if rule.timed else cases[:1]):
            weight = _weight(rule, broken, case, always=always)
            found.append(Finding(rule=rule.id, tag=broken.tag, weight=weight, found=broken.found, must=broken.must))
    return found


def ask(rule: Rule, case: Case, moments: tuple[datetime, ...]) -> list[tuple[Broken, bool]]:
    """Asks one rule at some moments; says of each thing broken whether it is broken at all of them."""
    return _asked(rule, _at(case, moments))


def _at(case: Case, moments: tuple[datetime, ...]) -> tuple[Case, ...]:
    return tuple(case if moment == case.at else msgspec.structs.replace(case, at=moment) for moment in moments)


def _asked(rule: Rule, cases: tuple[Case, ...]) -> list[tuple[Broken, bool]]:
    if len(cases) == 1:
        found = tuple(rule.judge(cases[0]))
        return [(broken, True) for broken in {(one.tag, one.must): one for one in found}.values()] if found else []
    times: dict[tuple[str, str], int] = {}
    first: dict[tuple[str, str], Broken] = {}
    for case in cases:
        here = {(broken.tag, broken.must): broken for broken in rule.judge(case)}
        for place, broken in here.items():
            times[place] = times.get(place, 0) + 1
            first.setdefault(place, broken)
    return [(broken, times[place] == len(cases)) for place, broken in first.items()]


def holds(rule: Rule, case: Case) -> bool:
    """Whether a rule holds now, with certainty, on a fact that it barred before."""
    return not any(not broken.note for broken, _ in ask(rule, case, _moments(case) if rule.timed else (case.at,)))


def _moments(case: Case) -> tuple[datetime, ...]:
    """The claimed time and the ends of its uncertainty; none later than the recording. A decision has one time."""
    if case.kind not in (Kind.HAPPENING, Kind.SAFETY_ACT):
        return (case.at,)
    half = tagging.uncertainty(case.content)
    latest = min(civil_time.moved(case.at, half), max(case.at, case.recorded_at))
    ends = (case.at, civil_time.moved(case.at, -half), latest)
    return tuple(dict.fromkeys(ends))


def _weight(rule: Rule, broken: Broken, case: Case, *, always: bool) -> Weight:
    about = TYPES[case.content.type].about
    if broken.note or case.kind is Kind.SAFETY_ACT or about.never_barred:
        return Weight.NOTE
    weight = rule.weights.get(case.content.type, Weight.BAR)
    if weight is Weight.BAR and not always and case.kind is Kind.HAPPENING:
        return Weight.NOTE
    if weight is Weight.BAR and broken.overridable and _overridden(rule, case):
        return Weight.OVERRIDDEN
    return weight


def _overridden(rule: Rule, case: Case) -> bool:
    """Whether every owner of the risk took it on: as many people as owners."""
    owners = (rule.owner, *rule.together)
    return any(
        len({tag_of("person", item.approver) for item in chosen if item.approver is not None}) == len(owners)
        and all(_overrides(rule, owner, case, item) for owner, item in zip(owners, chosen, strict=True))
        for chosen in permutations(case.content.exceptions, len(owners))
    )


def _overrides(rule: Rule, owner: Owner, case: Case, item: FactException) -> bool:
    """Whether an owner of the risk took it on: an approver who holds the role there, and signed."""
    if item.kind != "EXCEPTION_KIND_OVERRIDE" or item.rule not in (None, rule.id) or item.approver is None:
        return False
    approver, signature = tag_of("person", item.approver), item.signature
    if signature is None or signature.meaning is not SignatureMeaning.APPROVED:
        return False
    signed = tag_of("person", signature.person) == approver
    return signed and holds_role(case, approver, ROLES_OF[owner], scopes_of(case))
