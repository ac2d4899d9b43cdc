"""The rulebook as a document: one source for `coi rules --markdown` and the reference, with nothing left out."""

import re

from click.testing import CliRunner

from ledger.domain.facts.catalogue import TYPES
from ledger.domain.rules.case import DEFAULTS
from ledger.domain.rules.catalogue import LETTERS, RULES
from ledger.domain.rules.parameters import LIMITS, PARAMETERS
from services.cli import main, rulebook
from services.cli.gaps import GAPS
from services.cli.markdown import WIDTH
from tests.support.frozen import sources
from tests.support.reference.pages import FOLDER

SPELLED = {
    "approved-import-countries": "COUNTRIES",
    "historic-age-days": "HISTORIC_AGE",
    "late-entry-seconds": "LATE_ENTRY",
}
"""How checks spell the parameters that they do not write whole."""


def said() -> str:
    """What the command prints."""
    result = CliRunner().invoke(main, ["rules", "--markdown"], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def unlinked(text: str) -> str:
    """Words alone: without links, comments and line ends."""
    text = re.sub(r"<!--.*?-->", "", text)
    return " ".join(re.sub(r"(?<!\\)\[([^\]]*)\]\([^)]*\)", r"\1", text).split())


def test_the_reference_says_what_the_command_says() -> None:
    kept = (FOLDER / "rules.md").read_text("utf-8")
    assert unlinked(kept.replace("# Rules", "# The rulebook", 1)) == unlinked(said())


def test_each_rule_stands_under_its_letter_with_all_that_it_has() -> None:
    text = said()
    assert max(map(len, text.splitlines())) <= WIDTH
    parts = dict(zip(LETTERS, re.split(r"^## [A-Z]: .*$", text, flags=re.MULTILINE)[1:], strict=True))
    for rule in RULES.values():
        part = unlinked(parts[rule.id[0]].partition(f"### {rule.id}\n")[2].partition("\n### ")[0].partition("\n## ")[0])
        for words in (rule.text, f"**source:** {rule.source}", f"**revision:** {rule.revision}, asked by rulebook 0"):
            assert unlinked(words) in part.replace("\\", ""), rule.id
        assert all(name in part for name in rule.types), rule.id


def test_every_type_that_a_rule_judges_is_said_to_be_refused_or_noted_once() -> None:
    for rule in RULES.values():
        told = [name for names in rulebook.effects(rule).values() for name in names]
        assert sorted(told) == sorted(set(rule.types)), rule.id
    never = [name for name in RULES["E2"].types if TYPES[name].about.never_barred]
    assert {*never} <= {*rulebook.effects(RULES["E2"])["notes"]}


def test_every_parameter_has_words_bounds_and_the_rules_that_read_it() -> None:
    """Whoever adds a parameter says what it means in `rules/parameters.py`."""
    assert sorted(PARAMETERS) == sorted({*DEFAULTS, *LIMITS})
    read: dict[str, set[str]] = {name: set() for name in PARAMETERS}
    for rule, place in sources.revisions():
        text = sources.plain(place)
        for name in PARAMETERS:
            stem = "donor-tests-" if name.startswith("donor-tests-") else f'"{name}"'
            if SPELLED.get(name, stem) in text:
                read[name].add(rule.id)
    assert {name: set(one.rules) for name, one in PARAMETERS.items()} == read


def test_every_gap_of_the_law_is_told_with_rules_and_parameters_that_there_are() -> None:
    text = unlinked(said())
    for one in GAPS:
        assert unlinked(rulebook.gap(one)) in text
        assert set(one.rules) <= set(RULES)
        assert set(re.findall(r"`([a-z-]+)`", one.where)) <= set(PARAMETERS)
