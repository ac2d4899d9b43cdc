"""Whatever goes wrong: what was acknowledged is there, as it was told, once, and work goes on.

Each fault is played on the ledger and on twins that are broken on purpose: an oracle that cannot go red shows nothing.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import broken
from tests.faults.catalogue import FAULTS
from tests.faults.fault import Fault, run

pytestmark = [pytest.mark.faults, pytest.mark.slow]

SEED = 1
TRIES = 3
TWINS = [(fault, twin) for fault in FAULTS for twin in fault.twins]


def group(number: int) -> pytest.MarkDecorator:
    """Half of them on one worker: each starts processes enough for a core."""
    return pytest.mark.xdist_group(f"faults-{number % 2}")


@pytest.fixture
def stage() -> Iterator[Path]:
    """A folder with a short name: sockets are in it."""
    with tempfile.TemporaryDirectory(prefix="coi-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "s"


@pytest.mark.parametrize(
    "fault", [pytest.param(fault, id=fault.id, marks=group(number)) for number, fault in enumerate(FAULTS)]
)
def test_nothing_acknowledged_is_lost_nothing_is_doubled_and_work_goes_on(fault: Fault, stage: Path) -> None:
    found = run(fault, stage, SEED)
    assert found.well, found
    assert found.acknowledged > 0


@pytest.mark.parametrize(
    ("fault", "twin"),
    [
        pytest.param(fault, twin, id=f"{fault.id}, and the ledger {twin}", marks=group(number))
        for number, (fault, twin) in enumerate(TWINS)
    ],
)
def test_a_ledger_that_is_broken_is_caught(fault: Fault, twin: str, stage: Path) -> None:
    """Within three runs: some of what is broken shows only where a kill or a cut meets it at the wrong moment."""
    runs = (
        run(fault, stage.with_name(f"s{seed}"), seed, twin, fault.twins[twin]) for seed in range(SEED, SEED + TRIES)
    )
    assert any(not found.well for found in runs)


def test_every_fault_has_a_twin_and_every_broken_ledger_a_fault() -> None:
    assert [fault.id for fault in FAULTS if not fault.twins] == []
    variants = {value for name, value in vars(broken).items() if name.isupper() and isinstance(value, str)}
    assert {twin for _, twin in TWINS} == variants - {broken.WHOLE}
