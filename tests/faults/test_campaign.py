"""The campaign's evidence only grows, keeps what went wrong, and says what could not be played."""

import json
from dataclasses import replace
from pathlib import Path

from tests.faults.broken import EARLY
from tests.faults.evidence import Evidence, Run
from tests.faults.fault import Fault
from tests.faults.oracle import Judgement

FAULT = Fault(number="T0", name="nothing", play=lambda *_: (), times=1, twins={EARLY: 1}, release=9)
WELL = Judgement(acknowledged=7, faults=3)
LOST = replace(WELL, lost=("a", "b"))


def run_of(found: Judgement, twin: str = "", seed: int = 0) -> Run:
    return Run(
        fault=FAULT,
        seed=seed,
        commit="c0ffee",
        began="2026-01-05T12:00:00+00:00",
        seconds=1.0,
        twin=twin,
        found=found,
        measured={"memory": float(seed)},
    )


def test_evidence_is_added_up_over_campaigns(tmp_path: Path) -> None:
    path = tmp_path / "build" / "evidence.json"
    for seed in range(2):
        evidence = Evidence(path)
        assert evidence.seeds(FAULT) == 2 * seed
        evidence.add(run_of(WELL, seed=seed))
        evidence.add(run_of(LOST, twin=EARLY))
    told = json.loads(path.read_text())
    known = told["faults"]["T0 nothing"]
    assert (known["runs"], known["happened"], known["acknowledged"], known["lost"]) == (2, 6, 14, 0)
    assert known["twins"] == {EARLY: {"runs": 2, "caught": 2}}
    assert known["measured"] == {"memory": [0.0, 1.0]}
    assert (told["commits"]["c0ffee"]["runs"], told["failures"]) == (4, [])


def test_what_went_wrong_is_kept_with_its_seed(tmp_path: Path) -> None:
    evidence = Evidence(tmp_path / "evidence.json")
    evidence.add(run_of(LOST, seed=5))
    assert evidence.failures == 1
    (failure,) = json.loads((tmp_path / "evidence.json").read_text())["failures"]
    assert (failure["fault"], failure["seed"], failure["twin"]) == ("T0 nothing", 5, "")
    assert "lost=('a', 'b')" in failure["found"]


def test_a_broken_ledger_that_is_not_caught_is_a_failure(tmp_path: Path) -> None:
    evidence = Evidence(tmp_path / "evidence.json")
    evidence.add(run_of(WELL, twin=EARLY))
    assert (evidence.failures, evidence.of(FAULT)["twins"][EARLY]) == (1, {"runs": 1, "caught": 0})


def test_what_cannot_be_played_here_is_in_the_evidence_with_the_reason(tmp_path: Path) -> None:
    Evidence(tmp_path / "evidence.json").hindered(FAULT, "no loop device")
    told = json.loads((tmp_path / "evidence.json").read_text())
    assert told["faults"]["T0 nothing"]["not_run_here"] == "no loop device"
