"""The scenarios of the law: each is played, its verdicts come back as stated, and it is told in the documents."""

from pathlib import Path

import pytest

from services.cli import story
from tests.house.tree import ROOT
from tests.scenarios.stage import played
from tests.support.reference import scenarios

ALL = story.library()


@pytest.mark.parametrize("name", ALL)
def test_a_scenario_ends_as_it_says(name: str) -> None:
    surprises = {answer.step.name: (answer.surprise, answer.said) for answer in played(story.load(name))}
    assert {step: found for step, found in surprises.items() if found[0]} == {}


@pytest.mark.parametrize("name", ALL)
def test_a_scenario_says_what_it_is_about_and_how_it_ends(name: str) -> None:
    told = story.load(name)
    assert all((told.title, told.about, told.ends, told.coi))
    steps = [step.name for step in told.steps]
    assert len(set(steps)) == len(steps)


def test_a_scenario_is_played_from_where_it_lies(tmp_path: Path) -> None:
    kept = Path(story.__file__).parents[1] / "stories" / "library" / f"{ALL[0]}.json"
    copied = tmp_path / kept.name
    copied.write_bytes(kept.read_bytes())
    assert story.load(str(kept)) == story.load(str(copied)) == story.load(ALL[0])


def test_the_page_of_scenarios_is_current() -> None:
    kept = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
    assert kept == scenarios.written(), "make reference"
