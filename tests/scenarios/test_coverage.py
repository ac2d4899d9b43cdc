"""Every fact type and every rule in force occurs in a scenario, as it is accepted and as it is refused."""

from typing import Final

from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.rules.catalogue import RULES, rules_for
from services.cli import story
from services.cli.story import StoryStep

STEPS: Final = tuple(step for name in story.library() for step in story.load(name).steps)

NOTED_AT_MOST: Final = {
    "AuthorisationGranted": "registering an authorisation for Great Britain alone is a note (L16)",
    "LegalHoldPlaced": "a hold that nobody approved protects all the same and is a note (E3)",
}
"""Types that rules judge and none refuses."""


ONLY_NOTES: Final = {
    "L17": "that nobody registered an approval of contained use is told, and bars nothing",
    "R11": "what fails after use is told, and nothing is undone by refusing it",
}
"""Rules that bar nothing: all that they find is a note."""


def found(step: StoryStep) -> set[str]:
    """Rules that find something on a step."""
    return {*step.expect.refused, *step.expect.notes}


def unrefusable(name: str) -> bool:
    """Whether its kind lets nothing refuse it: protective acts, what the ledger makes, and what only rule E2 judges.

    E2 refuses decisions alone; what else is unsigned owes its signature.
    """
    about = TYPES[name].about
    by_kind = about.kind is Kind.SAFETY_ACT or about.never_barred or about.server_made
    return by_kind or (about.kind is not Kind.DECISION and {rule.id for rule in rules_for(name)} <= {"E2"})


def test_every_fact_type_is_accepted_in_a_scenario() -> None:
    accepted = {step.type for step in STEPS if not step.expect.refused}
    assert {name for name, struct in TYPES.items() if not struct.about.server_made} - accepted == set()


def test_every_fact_type_that_can_be_refused_is_refused_in_a_scenario() -> None:
    refused = {step.type for step in STEPS if step.expect.refused}
    assert {name for name in TYPES if not unrefusable(name)} - refused == set(NOTED_AT_MOST)


def test_no_scenario_refuses_what_nothing_can_refuse() -> None:
    assert {step.type for step in STEPS if step.expect.refused and unrefusable(step.type)} == set()


def test_every_rule_in_force_refuses_something_in_a_scenario_or_notes_it_where_it_never_bars() -> None:
    live = {rule.id for rule in RULES.values() if rule.live}
    refused = {name for step in STEPS for name in step.expect.refused}
    noted = {name for step in STEPS for name in step.expect.notes}
    assert live - refused == set(ONLY_NOTES)
    assert set(ONLY_NOTES) - noted == set()


def test_every_rule_in_force_lets_a_fact_pass_that_it_judges() -> None:
    held = {
        rule.id
        for step in STEPS
        if not step.expect.refused
        for rule in rules_for(step.type)
        if rule.id not in found(step)
    }
    assert {rule.id for rule in RULES.values() if rule.live} - held == set()
