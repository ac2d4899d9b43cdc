"""What a large store costs against a small one: appends, traces, and the plans of every statement."""

import statistics
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from typing import Final, NamedTuple

import psycopg

from ledger.domain.identifiers.tag import tag
from ledger.postgres.connection import open_connection
from services.cli.alike import TOGETHER, Cohort
from tests.bench.row import GROWN, Point, Row, holds_at, median_ratio, percentile, rounded
from tests.bench.single import timed
from tests.bench.stage import Stage, Store
from tests.support.plans import Plan, custom, generic
from tests.support.read_statements import cases

SMALL: Final = 10_000
"""Facts in the store that larger ones are held against."""

_ALIKE: Final = SMALL // (TOGETHER * 60)
"""Whole blocks in the small store: from so many, names are taken to compare stores."""

_ALL_OVER: Final = 97
"""Blocks from which names are taken to see how long any trace takes."""

_TRACES: Final = 60
_SAMPLED: Final = 600
_TRACED: Final = frozenset(("coi", "donation", "material", "consignment", "patient", "batch", "lot"))


class Costs(NamedTuple):
    """What one pair of rounds took, in microseconds or milliseconds.

    Attributes:
        append_us: For one fact recorded, 64 callers at once.
        trace_ms: For one trace.
    """

    append_us: float
    trace_ms: float


def names_in(store: Store, blocks: int) -> Iterator[str]:
    """Identifiers of things in a filled store, of each kind: of chain after chain, from blocks that lie far apart.

    Chains of a block share their lots. Stores are asked alike only if what is asked of each has as much in common: a
    large one from as many blocks as a small one has, else each lot of the large one is met cold, and no other.
    """
    story, whole = Cohort(), max(1, store.facts // (TOGETHER * 60))
    chosen = [number * whole // blocks for number in range(blocks)] if whole > blocks else range(whole)
    for place in cycle(range(TOGETHER)):
        for block in chosen:
            for (kind, scheme, _), value in zip(story.named, story.names(block * TOGETHER + place), strict=True):
                if kind in _TRACED:
                    yield tag(kind, scheme, value)


def costs(stage: Stage, names: Iterator[str]) -> Costs:
    """One round on one store."""
    append = 1e6 / stage.recorded(stage.chains())
    traces = [timed(lambda name=name: stage.ledger.trace(name)) * 1e3 for name in islice(names, _TRACES)]  # type: ignore[misc]
    return Costs(append, statistics.mean(traces))


def checkpoint(store: Store) -> None:
    """Postgres writes everything out; what is changed next is logged whole."""
    with psycopg.connect(store.owner, autocommit=True) as owner:
        owner.execute("checkpoint")


def growth_row(small: Stage, large: Stage, rounds: int) -> tuple[Row, tuple[Costs, Costs]]:
    """`growth`: alternating pairs over two checkpoints; the worse of append and trace."""
    names = {stage.store.name: names_in(stage.store, _ALIKE) for stage in (small, large)}
    pairs = []
    for turn in range(rounds + 1):
        if turn in (1, (rounds + 1) // 2):
            checkpoint(large.store)
        pairs.append(tuple(costs(stage, names[stage.store.name]) for stage in (large, small)))
    counted = pairs[1:]
    append = median_ratio([(big.append_us, little.append_us) for big, little in counted])
    trace = median_ratio([(big.trace_ms, little.trace_ms) for big, little in counted])
    big, little = (
        Costs(*(statistics.median(column) for column in zip(*side, strict=True))) for side in zip(*counted, strict=True)
    )
    worse = max(append, trace)
    how = (
        f"at {large.store.facts:,} against {small.store.facts:,} facts, over two checkpoints: append {append:.2f} "
        f"({big.append_us:.0f} against {little.append_us:.0f} us), trace {trace:.2f} "
        f"({big.trace_ms:.1f} against {little.trace_ms:.1f} ms){_short_of(large.store)}"
    )
    holds = holds_at(large.store.facts, kept=worse <= 1.3)
    return Row("growth", rounded(worse), "<= 1.3", holds, how), (big, little)


def trace_row(stage: Stage) -> Row:
    """`trace_p99_ms`: identifiers of every kind from all over the store, each traced both ways."""
    times, largest = [], 0
    for name in islice(names_in(stage.store, _ALL_OVER), _SAMPLED):
        nodes = len(stage.ledger.trace(name).nodes)
        if nodes <= 1_000:
            times.append(timed(lambda name=name: stage.ledger.trace(name)) * 1e3)  # type: ignore[misc]
            largest = max(largest, nodes)
    value = percentile(times, 0.99)
    how = (
        f"{len(times)} identifiers of chains, containers, batches, journeys, donations, patients and lots at "
        f"{stage.store.facts:,} facts, answers of up to {largest} nodes, median {statistics.median(times):.1f} ms"
        f"{_short_of(stage.store)}"
    )
    return Row("trace_p99_ms", rounded(value), "<= 50", holds_at(stage.store.facts, kept=value <= 50), how)


def _short_of(store: Store) -> str:
    return "" if store.facts >= GROWN else f"; promised at {GROWN:,}"


def curve(stage: Stage) -> Costs:
    """Costs on one store, for the plot: the median of three rounds after one."""
    names = names_in(stage.store, _ALIKE)
    rounds = [costs(stage, names) for _ in range(4)][1:]
    return Costs(*(statistics.median(column) for column in zip(*rounds, strict=True)))


def points(measured: Sequence[tuple[int, Costs]]) -> dict[str, list[Point]]:
    """The curves of the plot."""
    return {
        "append_us": [Point(facts, rounded(cost.append_us)) for facts, cost in measured],
        "trace_ms": [Point(facts, rounded(cost.trace_ms)) for facts, cost in measured],
    }


def astray(store: Store) -> list[str]:
    """Statements whose plan, on this store, is not the one that is expected of them; empty is well."""
    found = []
    with open_connection(store.owner, application="coi bench plans") as session:
        for name, (text, given, indexes) in cases(store.facts).items():
            wanted = Plan(indexes, ())
            if (custom(session, text, given), generic(session, text)) != (wanted, wanted):
                found.append(name)
    return found
