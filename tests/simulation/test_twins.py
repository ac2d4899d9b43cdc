"""The oracle is not blind: each broken twin is found, and so is a log that was touched."""

from collections.abc import Callable, Sequence

import msgspec
import pytest

from ledger.store.rows import Stored
from tests.model.desk import everything
from tests.simulation.__main__ import said
from tests.simulation.opening import opening
from tests.simulation.oracle import Oracle
from tests.simulation.run import Run
from tests.simulation.twins import TWINS, found

Touch = Callable[[Sequence[Stored]], list[Stored]]

SEEDS = range(1, 2_001)
"""Those that every change has to pass."""


@pytest.mark.slow
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("name", TWINS)
def test_a_broken_twin_is_found(name: str) -> None:
    result = found(TWINS[name], SEEDS)
    assert result is not None
    assert f'play it again: python -m tests.simulation --seed {result.seed} --twin "{name}"' in said(result, name)


def changed(rows: Sequence[Stored]) -> list[Stored]:
    """The last fact with another salt."""
    return [*rows[:-1], msgspec.structs.replace(rows[-1], salt=bytes(32))]


def cut(rows: Sequence[Stored]) -> list[Stored]:
    """Without the last fact."""
    return list(rows[:-1])


def swapped(rows: Sequence[Stored]) -> list[Stored]:
    """The last two facts in the other order."""
    return [*rows[:-2], rows[-1], rows[-2]]


def doubled(rows: Sequence[Stored]) -> list[Stored]:
    """The last fact once more."""
    return [*rows, msgspec.structs.replace(rows[-1], position=rows[-1].position + 1)]


@pytest.mark.parametrize(
    ("touch", "says"),
    [
        (changed, "is not that of its bytes"),
        (cut, "is not stored"),
        (swapped, "stands at"),
        (doubled, "is stored 2 times"),
    ],
)
def test_the_oracle_finds_a_log_that_was_touched(touch: Touch, says: str) -> None:
    run = Run(7)
    assert run.play().failures == ()
    with run.store.reading() as reading:
        root = reading.head().frontier.root
    touched = Oracle(touch(everything(run.store)), run.calls, opening())
    assert any(says in wrong for wrong in touched.all(run.store.commits, root))
