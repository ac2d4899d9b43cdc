"""2,000 runs: whatever the network, the clocks and the crashes do, nothing is lost, doubled, torn or given wrongly."""

import os
import re
import subprocess
import sys
from collections import Counter

import pytest

from tests.house.tree import ROOT

BLOCKS, RUNS = 20, 100

TO_BE_MET = (
    "COMMIT is lost on its way",
    "the answer to COMMIT is lost on its way back",
    "the server dies before it decides",
    "the server dies between deciding and appending",
    "the server dies between appending and COMMIT",
    "the server dies between COMMIT and answer",
    "the store cannot append now",
    "messages doubled",
    "messages lost",
    "facts an hour late",
    "facts refused",
    "facts restated by a record",
    "facts sent in a batch",
)
"""What every block of runs must have met in every tenth run on average, or it has shown nothing."""


def simulated(*arguments: str, hash_seed: str = "0") -> str:
    """What the simulator prints, in a process of its own: coverage would make it take twice as long."""
    command = [sys.executable, "-m", "tests.simulation", *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV_")}
    environment["PYTHONHASHSEED"] = hash_seed
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("block", range(BLOCKS))
def test_no_run_breaks_what_the_ledger_promises(block: int) -> None:
    first = block * RUNS + 1
    said = simulated("--seeds", f"{first}-{first + RUNS - 1}", hash_seed=str(block))
    met = Counter({what: int(count) for count, what in re.findall(r"^ *(\d+) (.*)$", said, re.MULTILINE)})
    assert {what: met[what] for what in TO_BE_MET if met[what] < RUNS // 10} == {}
    assert met["products given"] > RUNS // 2
    assert met["facts that had to be accepted"] > 5 * RUNS


@pytest.mark.slow
def test_a_seed_gives_the_same_log_and_the_same_trace_in_every_process() -> None:
    told = {simulated("--seed", "7", "--trace", hash_seed=hash_seed) for hash_seed in ("1", "4242")}
    assert len(told) == 1
    assert re.search(r"^seed 7: root [0-9a-f]{64}$", told.pop(), re.MULTILINE)


@pytest.mark.slow
def test_many_seeds_give_the_same_logs_in_every_process() -> None:
    assert len({simulated("--seeds", "1-12", hash_seed=hash_seed) for hash_seed in ("1", "4242")}) == 1


@pytest.mark.slow
def test_other_seeds_give_other_logs() -> None:
    assert len({simulated("--seed", str(seed)) for seed in range(1, 6)}) == 5
