"""Rules, those in force and those to come, and the parameters of the rulebook."""

from collections.abc import Iterable

from ledger.domain.rules.case import DEFAULTS, LATE_ENTRY
from ledger.domain.rules.catalogue import NUMBER, RULES
from ledger.domain.rules.planned import PLANNED, Planned
from ledger.domain.rules.rule import Rule
from ledger.store.rulebook import LIMITS
from tests.support.reference.facts import links
from tests.support.reference.markdown import items, page, paragraph, plain, told

_WEIGHTS = {"WEIGHT_BAR": "bars", "WEIGHT_NOTE": "notes"}


def _subjects(names: Iterable[str]) -> str:
    return ", ".join(f"[{name}](subjects.md#{name.lower()})" for name in dict.fromkeys(names))


def _live(rule: Rule) -> Iterable[str]:
    yield f"### {rule.id}"
    yield paragraph(plain(rule.text))
    weights: dict[str, list[str]] = {}
    for name, weight in rule.weights.items():
        weights.setdefault(_WEIGHTS[weight.value], []).append(name)
    later = "" if rule.later is None else f"{rule.later[0]}, over {_subjects([rule.later[1].name])}"
    yield told(
        source=plain(rule.source),
        owner_of_the_risk=plain(str(rule.owner)),
        override=plain(rule.override),
        revision=str(rule.revision),
        judges=links(rule.types),
        weighs_otherwise="; ".join(f"{how} {links(names)}" for how, names in sorted(weights.items())),
        reads=_subjects(subject.name for subject in rule.reads),
        reads_over_every_ancestor=_subjects(subject.name for subject in rule.over),
        asked_at_both_ends_of_the_clock_uncertainty="yes" if rule.timed else "",
        asked_again_of_later_facts=later,
        cured_by_an_earlier_fact_that_comes_late="yes" if rule.curable else "no",
    )


def _planned(rule: Planned) -> Iterable[str]:
    yield f"### {rule.id}"
    yield paragraph(plain(rule.text))
    yield told(
        source=plain(rule.source),
        owner_of_the_risk=plain(str(rule.owner)),
        override=plain(rule.override),
        not_live_because=plain(rule.reason),
    )


def _parameter(name: str) -> str:
    low, high = LIMITS.get(name, ("", ""))
    limits = f"a whole number from {low} to {high}" if name in LIMITS else "not to be set by a rulebook"
    apart = f"; `{name}.Type` for one fact type alone" if name == LATE_ENTRY else ""
    return f"`{name}`: {DEFAULTS.get(name, 'no default')} ({limits}{apart})"


def written() -> str:
    """The page."""
    live = [rule for rule in RULES.values() if rule.live]
    return page(
        "Rules",
        paragraph(
            f"Rulebook {NUMBER}: {len(live)} rules in force and {len(PLANNED)} to come. A rule that is broken bars: a "
            "decision is refused, a happening is refused first and may be recorded as a deviation, a safety act gets "
            'a note. "Weighs otherwise" names the types for which the rule does something else. A rule '
            "may also find what is no more than a note whatever the fact; the finding says so."
        ),
        paragraph("[In force](#in-force) · [To come](#to-come) · [Parameters](#parameters)"),
        "## In force",
        *(block for rule in live for block in _live(rule)),
        "## To come",
        paragraph("A rule to come refuses nothing yet; each says why."),
        *(block for rule in PLANNED for block in _planned(rule)),
        "## Parameters",
        paragraph(
            "The numbers that rules use: the default, and what [RulebookAdopted](facts/registry.md#rulebookadopted) "
            "may set instead."
        ),
        items(_parameter(name) for name in sorted({*DEFAULTS, *LIMITS})),
    )
