"""Promises and what became of them: rows, and the arithmetic from pairs of measurements to a row."""

import statistics
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

ROUNDS: Final = 7
"""Pairs whose median counts; one more is run before them, to warm up."""

NONE: Final = "none asked"
"""In place of a promise: the figure is told, and kept or missed by nobody."""

GROWN: Final = 10_000_000
"""Facts at which growth is promised."""


class Row(Struct, frozen=True):
    """One promise measured.

    Attributes:
        id: As in the promises.
        value: What was measured.
        promise: What was promised.
        holds: Whether it does; None where it was measured on less than was promised, and nothing speaks against it.
        how: How it was measured, with the absolute figures.
    """

    id: str
    value: float
    promise: str
    holds: bool | None
    how: str


class Peer(Struct, frozen=True):
    """What somebody would use instead, measured in the same run.

    Attributes:
        name: What it is.
        per_second: Facts in a second, median.
        how: What was done for each fact, by how many callers.
    """

    name: str
    per_second: float
    how: str


class Point(Struct, frozen=True):
    """One measurement of a curve.

    Attributes:
        at: Callers, or facts in the store.
        value: What was measured there.
    """

    at: float
    value: float


def median_ratio(pairs: Sequence[tuple[float, float]]) -> float:
    """The median of the ratios of pairs, each taken within one moment of the machine.

    Raises:
        ValueError: There are no pairs.
    """
    if not pairs:
        raise ValueError("a ratio needs at least one pair")
    return statistics.median(ours / theirs for ours, theirs in pairs)


def median_of(pairs: Sequence[tuple[float, float]], side: int) -> float:
    """The median of one side of pairs."""
    return statistics.median(pair[side] for pair in pairs)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share of the values does not exceed.

    Raises:
        ValueError: There are no values, or the share is not above 0 and at most 1.
    """
    if not values or not 0 < share <= 1:
        raise ValueError(f"no percentile {share} of {len(values)} values")
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def holds_at(facts: int, *, kept: bool) -> bool | None:
    """Whether a promise about a grown store holds, when it was kept on one of so many facts."""
    if not kept:
        return False
    return True if facts >= GROWN else None


def rounded(value: float) -> float:
    """Three digits that count."""
    return float(f"{value:.3g}")
