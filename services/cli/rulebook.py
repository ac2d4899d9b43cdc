"""The rulebook as a document: letter by letter, each rule with its text, source, owner, what it does to which fact.

One source: `coi rules --markdown` prints it, and the reference of the documents includes it, with links.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.finding import Weight
from ledger.domain.rules.case import COUNTRIES, DEFAULTS, LATE_ENTRY
from ledger.domain.rules.catalogue import LETTERS, NUMBER, RULES
from ledger.domain.rules.parameters import LIMITS, PARAMETERS
from ledger.domain.rules.planned import PLANNED, Planned
from ledger.domain.rules.rule import Rule
from ledger.domain.rules.rulebooks import RULEBOOKS
from services.cli.gaps import GAPS, Gap
from services.cli.markdown import items, paragraph, plain, told

Named = Callable[[str], str]
"""How the name of a fact type, or of a subject, is written."""

HEADINGS: Final = {
    "I": "identity and consent",
    "D": "donors and starting material",
    "L": "licences, sites and routes",
    "C": "custody and journeys",
    "Q": "quantity, making and quality",
    "R": "release and use",
    "E": "records, people and reports",
}
"""What each letter of the rulebook is about."""


def document(fact: Named = str, subject: Named = str) -> Iterator[str]:
    """Yields the blocks of the document, behind its title."""
    yield paragraph(
        f"Rulebook {NUMBER}: {len(RULES)} rules in force{f', {len(PLANNED)} to come' if PLANNED else ''}. "
        + " ".join(f"[{letter}: {words}](#{_anchor(letter, words)})" + " ·" for letter, words in HEADINGS.items())
        + " [Parameters](#parameters)"
    )
    yield "## How to read it"
    yield items(_HOW)
    for letter in LETTERS:
        yield f"## {letter}: {HEADINGS[letter]}"
        for rule in RULES.values():
            if rule.id.startswith(letter):
                yield from _live(rule, fact, subject)
        for planned in PLANNED:
            if planned.id.startswith(letter):
                yield from _planned(planned)
    yield "## Gaps of the law, and the safe default taken"
    yield items(map(gap, GAPS))
    yield "## Parameters"
    yield paragraph(
        f"The numbers that rules use: the default, and what {fact('RulebookAdopted')} may set instead. The bounds keep "
        "a rulebook from switching a rule off; the periods of reports are the law's own and can only be shortened."
    )
    yield items(parameter(name) for name in sorted({*DEFAULTS, *LIMITS}))


_HOW: Final = (
    (
        "A **decision** (certify, release, allocate, approve) and an entry of a **register** that break a rule are "
        "refused. A **happening** (collected, received, started) is refused first: the whole fact is kept, and may be "
        "recorded as a deviation, since what happened can always be told. A **safety act** (quarantine, stop, "
        "withdrawal) is never refused: what it lacks is a note."
    ),
    "**Owner of the risk:** who alone may take it on, as far as **override** says; with nobody, nothing lifts it.",
    (
        "A **note** is accepted, stored and listed. Where it says that a rule refuses, the rule may also find what is "
        "no more than a note; the finding says so."
    ),
    (
        "**Revision:** a rule is changed by a new revision beside the old one. Each fact is judged by the revisions of "
        "the rulebook that was in force when it was recorded, for ever. Rulebook 0 asks the newest revision of each "
        "and promises nothing."
    ),
    "Where a reading of the law is ours or not verified, the text or the source says so.",
)


def _anchor(letter: str, words: str) -> str:
    return f"{letter.lower()}-{words.replace(',', '').replace(' ', '-')}"


def _live(rule: Rule, fact: Named, subject: Named) -> Iterator[str]:
    yield f"### {rule.id}"
    yield paragraph(plain(rule.text))
    later = "" if rule.later is None else f"{rule.later[0]}, over {subject(rule.later[1].name)}"
    asking = ["0", *(str(number) for number, one in RULEBOOKS.items() if one.rules.get(rule.id) == rule.revision)]
    yield told(
        source=plain(rule.source),
        owner_of_the_risk=plain(" with ".join(map(str, (rule.owner, *rule.together)))),
        override=plain(rule.override),
        **{name: _named(types, fact) for name, types in effects(rule).items()},
        parameters="; ".join(parameter(name) for name, one in PARAMETERS.items() if rule.id in one.rules),
        revision=f"{rule.revision}, asked by rulebook {', '.join(asking)}",
        reads=_named((one.name for one in rule.reads), subject),
        reads_over_every_ancestor=_named((one.name for one in rule.over), subject),
        asked_at_both_ends_of_the_clock_uncertainty="yes" if rule.timed else "",
        asked_again_of_later_facts=later,
        cured_by_an_earlier_fact_that_comes_late="yes" if rule.curable else "no",
    )


def effects(rule: Rule) -> dict[str, list[str]]:
    """What a broken rule does to each fact type that it judges: effect, in words with underscores, to types."""
    found: dict[str, list[str]] = {"refuses": [], "refuses_first,_a_deviation_may_follow": [], "notes": []}
    for name in rule.types:
        about = TYPES[name].about
        noted = about.kind is Kind.SAFETY_ACT or about.never_barred or rule.weights.get(name) is Weight.NOTE
        first = about.kind is Kind.HAPPENING
        found["notes" if noted else "refuses_first,_a_deviation_may_follow" if first else "refuses"].append(name)
    return found


def _named(names: Iterable[str], how: Named) -> str:
    return ", ".join(how(name) for name in dict.fromkeys(names))


def _planned(rule: Planned) -> Iterator[str]:
    yield f"### {rule.id}"
    yield paragraph(f"*To come, and refuses nothing yet.* {plain(rule.text)}")
    yield told(
        source=plain(rule.source),
        owner_of_the_risk=plain(str(rule.owner)),
        override=plain(rule.override),
        not_live_because=plain(rule.reason),
    )


def gap(one: Gap) -> str:
    """A gap with the rules that meet it, its default, and where that is set."""
    asked = ", ".join(one.rules) or "told by the replay"
    return f"**{plain(one.gap)}** ({asked}): {plain(one.default)}. Set by: {one.where or 'the program'}."


def parameter(name: str) -> str:
    """A parameter with its default, its bounds and what it means."""
    low, high = LIMITS.get(name, ("", ""))
    limits = f"a whole number from {low} to {high}" if name in LIMITS else "not to be set by a rulebook"
    apart = f"; `{name}.Type` for one fact type alone" if name == LATE_ENTRY else ""
    if name == COUNTRIES:
        limits = f"`{name}.CODE` for one country alone: 1 approves it, 0 does not"
    words = f" {PARAMETERS[name].words}" if name in PARAMETERS else ""
    return f"`{name}`: {DEFAULTS.get(name, 'no default')} ({limits}{apart}).{words}"
