"""Asking the rules: each that judges the type, at every end of the uncertainty, weighed as the fact's kind says."""

from datetime import datetime

from ledger.domain import civil_time
from ledger.domain.facts import tagging
from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.finding import Finding, Weight
from ledger.domain.rules import lifting
from ledger.domain.rules.case import Case, Watched, moved
from ledger.domain.rules.catalogue import rules_for
from ledger.domain.rules.rule import Broken, Rule


def judge(case: Case) -> list[Finding]:
    """Returns every finding on a fact: all broken rules, not only the first."""
    cases = _at(case, _moments(case))
    asked = [
        (rule, broken, _weight(rule, broken, case, always=always))
        for rule in rules_for(case.content.type, case.parameters)
        for broken, always in _asked(rule, cases if rule.timed else cases[:1])
    ]
    broken_rules = {rule.id for rule, _, _ in asked}
    return [
        Finding(
            rule=rule.id,
            tag=broken.tag,
            weight=weight,
            found=broken.found,
            must=broken.must + (lifting.in_vain(rule, broken, case, broken_rules) if weight is Weight.BAR else ""),
        )
        for rule, broken, weight in asked
    ]


def ask(rule: Rule, case: Case, moments: tuple[datetime, ...]) -> list[tuple[Broken, bool]]:
    """Asks one rule at some moments; says of each thing broken whether it is broken at all of them."""
    return _asked(rule, _at(case, moments))


def _at(case: Case, moments: tuple[datetime, ...]) -> tuple[Case, ...]:
    at, recorded_at = case.at, case.recorded_at
    return tuple(case if moment == at else moved(case, moment, recorded_at) for moment in moments)


def _asked(rule: Rule, cases: tuple[Case, ...]) -> list[tuple[Broken, bool]]:
    first, *others = cases
    before = first.watch.looks if isinstance(first, Watched) else -1
    found = _watching(rule, first) if isinstance(first, Watched) else tuple(rule.judge(first))
    if not others or (isinstance(first, Watched) and first.watch.looks == before):
        return [(broken, True) for broken in {(one.tag, one.must): one for one in found}.values()] if found else []
    times: dict[tuple[str, str], int] = {}
    told: dict[tuple[str, str], Broken] = {}
    for here in (found, *(rule.judge(case) for case in others)):
        for place, broken in {(one.tag, one.must): one for one in here}.items():
            times[place] = times.get(place, 0) + 1
            told.setdefault(place, broken)
    return [(broken, times[place] == len(cases)) for place, broken in told.items()]


def _watching(rule: Rule, case: Watched) -> tuple[Broken, ...]:
    """Asks a rule, and notes with the case if it has no need to be asked at another time."""
    before = case.watch.looks
    found = tuple(rule.judge(case))
    if not found and case.watch.looks == before:
        case.watch.steady.add(rule.id)
    return found


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
    if weight is Weight.BAR and broken.overridable and lifting.taken_on(rule, case):
        return Weight.OVERRIDDEN
    return weight
