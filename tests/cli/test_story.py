"""The story file: every step is a request that could be sent, and hangs together with the others."""

from uuid import UUID

import msgspec
import pytest

from ledger.domain.facts.birth import born
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.envelope import Envelope
from ledger.domain.rules.catalogue import RULES
from ledger.domain.rules.rulebooks import RULEBOOKS
from services.cli import story
from services.cli.story import StoryStep
from tests.cli import samples

TOLD = story.load()
POSITIONS = {step.name: number for number, step in enumerate(TOLD.steps, 1)}


@pytest.mark.parametrize("step", TOLD.steps, ids=lambda step: step.name)
def test_a_step_is_the_protojson_of_a_fact_that_the_ledger_believes(step: StoryStep) -> None:
    content = samples.content_of(step, POSITIONS)
    assert born(type(content.fact), msgspec.structs.asdict(content.fact)) == content.fact
    assert born(Envelope, msgspec.structs.asdict(content.envelope)) == content.envelope


@pytest.mark.parametrize("step", TOLD.steps, ids=lambda step: step.name)
def test_a_step_is_sent_to_the_service_of_its_stage(step: StoryStep) -> None:
    assert step.rpc == f"{TYPES[step.type].about.stage.capitalize()}Service/Record{step.type}"


@pytest.mark.parametrize("step", TOLD.steps, ids=lambda step: step.name)
def test_what_asks_for_a_second_check_has_one_or_is_refused_for_it(step: StoryStep) -> None:
    envelope = samples.content_of(step, POSITIONS).envelope
    alone = TYPES[step.type].about.second is not None and not (envelope.verified_by or envelope.electronic_check)
    assert alone == ("I9" in step.expect.refused)


@pytest.mark.parametrize("step", TOLD.steps, ids=lambda step: step.name)
def test_nothing_is_reported_before_it_happened(step: StoryStep) -> None:
    assert samples.content_of(step, POSITIONS).envelope.occurred_at.time <= step.recorded_at


def test_the_ledgers_clock_only_goes_forward() -> None:
    times = [step.recorded_at for step in TOLD.steps]
    assert times == sorted(set(times))


def test_names_and_keys_are_unique() -> None:
    assert len(POSITIONS) == len(TOLD.steps)
    assert len({UUID(step.request["request_id"]) for step in TOLD.steps}) == len(TOLD.steps)


def test_only_earlier_steps_are_referred_to() -> None:
    known: dict[str, int] = {}
    for step in TOLD.steps:
        story.with_positions(step.request, known)
        known[step.name] = len(known) + 1


def test_the_rulebook_that_is_adopted_asks_every_rule_as_the_first_that_was_released_does() -> None:
    adopted = {rule["rule"]: rule["revision"] for rule in TOLD.steps[0].request["fact"]["rules"]}
    assert adopted == dict(RULEBOOKS[1].rules)
    assert set(adopted) == {rule.id for rule in RULES.values() if rule.live}


def test_it_has_everything_that_can_go_wrong() -> None:
    refused = {step.type: set(step.expect.refused) for step in TOLD.steps if step.expect.refused}
    assert refused == {
        "ConsignmentReceived": {"C1"},
        "MaterialStored": {"I9", "L11"},
        "BatchOpened": {"L3"},
        "AdministrationStarted": {"I1", "I8", "R9"},
    }
    assert {"RecordedAsDeviation", "DidNotHappen", "Corrected"} <= {step.type for step in TOLD.steps}


def test_no_organisation_of_it_is_a_real_companys_number() -> None:
    numbers = [value for value in _values(TOLD.steps) if value.isdigit() and len(value) in {13, 18}]
    assert numbers
    assert all(value.startswith(("9506000", "39506000")) for value in numbers)


def _values(steps: tuple[StoryStep, ...]) -> list[str]:
    found: list[str] = []
    waiting: list[object] = [step.request for step in steps]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += [value for name, value in item.items() if name != "value"]
            found += [value for name, value in item.items() if name == "value" and isinstance(value, str)]
            waiting += [value for name, value in item.items() if name == "value" and isinstance(value, dict)]
        elif isinstance(item, list):
            waiting += item
    return found
