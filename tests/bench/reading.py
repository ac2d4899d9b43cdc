"""Rows about what is read: reading lists kept beside recording, and a nation's year listed and traced."""

import statistics
import time
from typing import Final

from ledger import api
from ledger.domain.identifiers.tag import kind_of
from ledger.store.postgres_log import PostgresLog
from ledger.views.keeper import Keeper
from ledger.views.postgres_views import PostgresViews
from services.operations.list_keeper import ListKeeper
from services.wiring import StoryClock
from tests.bench.row import NONE, Row, median_of, median_ratio, percentile, rounded
from tests.bench.stage import Stage, Store

_TRACED: Final = 200
"""Facts of a year whose things are traced."""

_KINDS: Final = frozenset(("coi", "material", "batch", "consignment", "donation", "lot"))


def beside_recording(stage: Stage, rounds: int) -> Row:
    """`recording_with_lists`: facts a second while lists are kept, against the same without, by turns."""
    stage.ledger.lists.catch_up()
    rates, spent = list[tuple[float, float]](), list[tuple[float, float]]()
    for _ in range(rounds + 1):
        without = _recorded(stage)
        stage.ledger.lists.catch_up()
        keeper = ListKeeper()
        keeper.start(stage.ledger)
        try:
            beside = _recorded(stage, kept=True)
        finally:
            keeper.stop()
        rates.append((beside[0], without[0]))
        spent.append((beside[1], without[1]))
    ratio, dearer = median_ratio(rates[1:]), median_ratio(spent[1:])
    how = (
        f"{stage.callers} coroutines {median_of(rates[1:], 0):.0f}/s, {median_of(rates[1:], 1):.0f}/s without; "
        f"{len(api.LISTS)} lists; processor per fact until they are caught up x {dearer:.2f} "
        f"({median_of(spent[1:], 0) * 1e6:.0f} against {median_of(spent[1:], 1) * 1e6:.0f} µs)"
    )
    return Row("recording_with_lists", rounded(ratio), NONE, None, how)


def _recorded(stage: Stage, *, kept: bool = False) -> tuple[float, float]:
    """Facts a second, and our processor for each; that of lists until they are caught up too, if they are kept."""
    chains, before = stage.chains(), stage.ledger.info().size
    began = time.process_time()
    rate = stage.recorded(chains)
    head = stage.ledger.info().size
    while kept and stage.ledger.lists.position() < head:
        time.sleep(0.01)
    return rate, (time.process_time() - began) / (head - before)


def year_told(store: Store) -> Row:
    """`year_per_second`: a year told over gRPC by one caller, one fact after the other, as `coi cohort` does it."""
    rate = store.facts / store.seconds
    how = f"{store.facts:,} facts of a nation's year, one caller, each fact in a transaction of its own"
    return Row("year_per_second", rounded(rate), NONE, None, how)


def listed_again(store: Store, rounds: int) -> Row:
    """`lists_per_minute`: all lists of a year made from its first fact, as `coi rebuild` does it."""
    log, views = PostgresLog(store.writer), PostgresViews(store.writer)
    spent, took = list[float](), list[float]()
    try:
        for _ in range(rounds):
            processor, began = time.process_time(), time.perf_counter()
            assert Keeper(log, views).rebuild() == store.facts
            spent.append(time.process_time() - processor)
            took.append(time.perf_counter() - began)
    finally:
        views.close()
        log.close()
    rate = store.facts / statistics.median(spent) * 60
    how = (
        f"{store.facts:,} facts of a nation's year, {len(api.LISTS)} lists, in a minute of our processor's time; "
        f"by the clock, Postgres included, {store.facts / statistics.median(took) * 60:,.0f} a minute"
    )
    return Row("lists_per_minute", rounded(rate), NONE, None, how)


def year_traced(store: Store) -> Row:
    """`year_trace_p99_ms`: things of a year, no two orders alike, each traced both ways."""
    ledger, times, largest = api.connect(store.writer, clock=StoryClock(), rehearsal=True), list[float](), 0
    try:
        for name in _named(ledger, store.facts // _TRACED):
            began = time.perf_counter()
            found = ledger.trace(name)
            times.append((time.perf_counter() - began) * 1e3)
            largest = max(largest, len(found.nodes))
    finally:
        ledger.close()
    how = (
        f"{len(times)} identifiers of {store.facts:,} facts of a nation's year, answers of up to {largest} nodes, "
        f"median {statistics.median(times):.1f} ms"
    )
    return Row("year_trace_p99_ms", rounded(percentile(times, 0.99)), NONE, None, how)


def _named(ledger: api.Ledger, every: int) -> list[str]:
    """What facts from all over a store are about, each once: chains, containers, batches, journeys, donations, lots."""
    records = (ledger.fact(position).record for position in range(1, ledger.info().size + 1, every))
    tags = (tag for record in records if record is not None for tag in record.verdict.tags)
    return list(dict.fromkeys(tag for tag in tags if kind_of(tag) in _KINDS))
