"""The scenarios of the law: each is played, its verdicts come back as stated, and it is told in the documents."""

from pathlib import Path

import msgspec
import pytest

from ledger.api import LISTS
from ledger.domain.rules.following_up import Standing
from services.cli import ending, story
from tests.house.tree import ROOT
from tests.scenarios.stage import told_to
from tests.support.reference import scenarios

ALL = story.library()

pytestmark = pytest.mark.no_cover
"""What these run is covered by others; the tracer would only make them longer."""


@pytest.mark.parametrize("name", ALL)
def test_a_scenario_ends_as_it_says(name: str) -> None:
    told = story.load(name)
    with told_to(told) as (answers, ledger):
        surprises = {answer.step.name: (answer.surprise, answer.said) for answer in answers}
        assert {step: found for step, found in surprises.items() if found[0]} == {}
        assert list(ending.differences(told, ledger)) == []


def test_a_scenario_that_ends_otherwise_is_named() -> None:
    told = story.load("18a_wrong_patient")
    chain, dose = told.coi, "material:isbt128-mpho:A9997A0002A999926100101A00000"
    state = {**told.state, chain: "closed as died", dose: "destroyed", "batch:batch.PCW:NONE": "open"}
    state["material:batch.PCW:NONE"] = "given"
    wrong = msgspec.structs.replace(told, state=state, open={"stock": 9, "open-deviations": 1})
    with told_to(told) as (_, ledger):
        assert list(ending.differences(wrong, ledger)) == [
            f"{chain}: expected closed as died, found closed as infused",
            f"{dose}: expected destroyed, found thawed, given",
            "batch:batch.PCW:NONE: expected open, found not known",
            "material:batch.PCW:NONE: expected given, found not known",
            "list open-deviations: expected 1, found 0",
            "list reports-due: expected 0, found 2",
            "list stock: expected 9, found 2",
        ]
        assert list(ending.differences(wrong, ledger, alone=False))[-1].startswith("material:")


def test_the_recall_of_a_lot_reaches_the_patient_of_2019_and_their_follow_up() -> None:
    with told_to(story.load("o_history_of_2019")) as (_, ledger):
        (one,) = ledger.recall_scope("case:case.PCW:RECALL-2027-1").patients
    assert (one.chain, one.imported, one.standing) == ("coi:isbt128-coi:CHA999919000004", True, Standing.FOLLOWED)


def test_the_recall_of_a_lot_after_fifteen_years_reaches_the_patient_whose_follow_up_is_over() -> None:
    with told_to(story.load("04_in_vivo_gene_therapy")) as (_, ledger):
        early = ledger.recall_scope("case:case.PCW:RC-2026-4").patients
        late = ledger.recall_scope("case:case.PCW:RC-2041-1").patients
    assert [one.chain for one in early] == [one.chain for one in late] == ["coi:isbt128-coi:CHA999926000104"]
    assert [one.standing for one in late] == [Standing.ENDED]


@pytest.mark.parametrize("name", ALL)
def test_a_scenario_says_what_it_is_about_and_how_it_ends(name: str) -> None:
    told = story.load(name)
    assert all((told.title, told.about, told.ends, told.coi, told.state))
    assert set(told.open) <= {listing.name for listing in LISTS}
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
