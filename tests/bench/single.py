"""Rows about one process and one thing: concurrent callers, a busy container, one chain, the whole log judged again."""

import resource
import secrets
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import uuid4

import msgspec

from ledger.audit.judgement import Again
from ledger.audit.judging_at_once import Run, cores, judge_all
from ledger.audit.rejudge import rejudge
from ledger.domain.facts.naming import tag_of
from ledger.domain.receipt import Draft
from ledger.store.loading import recorded
from ledger.store.postgres_log import PostgresLog
from services.cli.alike import Cohort, Phase
from tests.bench import peers
from tests.bench.row import Peer, Row, median_of, median_ratio, rounded
from tests.bench.stage import Chains, Stage, Store

_QUEUED: Final = 1_000
_CHECKS: Final = 512
_ONE_CHAIN: Final = 100


def beside_peers(stage: Stage, stores: dict[str, peers.Store], rounds: int) -> tuple[Row, list[Peer]]:
    """`inproc_vs_library`, and every peer: each round all of them store the same chains, one after the other."""
    told: dict[str, list[float]] = {name: [] for name in stores}
    ours: list[float] = []
    for _ in range(rounds + 1):
        chains = stage.chains()
        ours.append(stage.recorded(chains))
        whole = _whole(chains)
        for name, store in stores.items():
            told[name].append(store(whole[: peers.THREADS * 2]))
    library = next(iter(told))
    pairs = list(zip(ours[1:], told[library][1:], strict=True))
    ratio = median_ratio(pairs)
    how = (
        f"{stage.callers} coroutines {median_of(pairs, 0):.0f}/s, all rules on, "
        f"against {peers.THREADS} threads {median_of(pairs, 1):.0f}/s"
    )
    beside = [Peer(name, rounded(statistics.median(rates[1:])), peers.ALL[name][1]) for name, rates in told.items()]
    mine = Peer(
        "this ledger, in process", rounded(median_of(pairs, 0)), f"every rule, one proof; {stage.callers} coroutines"
    )
    return Row("inproc_vs_library", rounded(ratio), ">= 6", ratio >= 6, how), [mine, *beside]


def _whole(chains: Chains) -> list[list[Draft]]:
    return [[draft for phase in chain for draft in phase.drafts] for chain in chains]


def busy_subject(stage: Stage, rounds: int, many: int) -> Row:
    """`busy_subject`: checks of a container that has many of them, against one that has 10."""
    (quiet, busy) = (_checked(stage, times) for times in (10, many))
    pairs = [(_checks(stage, busy), _checks(stage, quiet)) for _ in range(rounds + 1)][1:]
    ratio = median_ratio(pairs)
    rates = f"{median_of(pairs, 0):.0f}/s against {median_of(pairs, 1):.0f}/s"
    how = f"bedside checks of a container that has {many:,}: {rates}"
    holds = False if ratio < 0.8 else True if many >= 10_000 else None
    return Row("busy_subject", rounded(ratio), ">= 0.8", holds, how)


def _checked(stage: Stage, times: int) -> Draft:
    (chain,) = stage.chains(1)
    stage.tell_at_once(chain)
    check = [draft for phase in chain for draft in phase.drafts if draft.content.type == "BedsideIdentityChecked"][-1]
    for done in range(0, times, _QUEUED):
        for waiting in [stage.ledger.submit(_again(check)) for _ in range(min(_QUEUED, times - done))]:
            waiting.result()
    return check


def _checks(stage: Stage, check: Draft) -> float:
    began = time.perf_counter()
    for waiting in [stage.ledger.submit(_again(check)) for _ in range(_CHECKS)]:
        waiting.result()
    return _CHECKS / (time.perf_counter() - began)


def _again(draft: Draft) -> Draft:
    """The same fact once more, as another request."""
    content = msgspec.structs.replace(draft.content, id=uuid4())
    octets = draft.octets.replace(str(draft.content.id).encode(), str(content.id).encode())
    return msgspec.structs.replace(draft, content=content, octets=octets)


def one_chain(stage: Stage, rounds: int) -> Row:
    """`replay_ms`: one chain of 100 facts replayed from the store, and judged again beside its registers."""
    (chain,) = stage.chains(1)
    told = _of_a_hundred(chain)
    stage.tell_at_once(told)
    coi = next(tag_of("coi", coi) for draft in told[0].drafts if (coi := getattr(draft.content.fact, "coi", None)))
    steps = len(stage.ledger.replay(coi).steps)
    replayed = statistics.median(timed(lambda: stage.ledger.replay(coi)) * 1e3 for _ in range(rounds))
    again = statistics.median(_judging_ms() for _ in range(rounds))
    value = replayed + again
    how = f"{steps} facts: replay over the store {replayed:.1f} ms, judging again {again:.1f} ms"
    return Row("replay_ms", rounded(value), "<= 50", value <= 50, how)


def _of_a_hundred(chain: list[Phase]) -> list[Phase]:
    """A chain with as many more tests of its batch as make it 100 facts."""
    drafts = [draft for phase in chain for draft in phase.drafts]
    test = [draft for draft in drafts if draft.content.type == "QualityTestResulted"][-1]
    more = [_again(test) for _ in range(_ONE_CHAIN - len(drafts))]
    return [*chain, Phase(chain[-1].clock + timedelta(seconds=1), more)]


def _judging_ms() -> float:
    """What a chain of 100 facts adds to judging the registers again."""
    story = Cohort()
    told = [story.registers(), story.shared(0)]
    registers = sum(len(phase.drafts) for phase in told)
    rows = [made.fact for made in recorded([*told, *_of_a_hundred(story.chain(0))], secrets.token_bytes)]
    return (timed(lambda: rejudge(rows)) - timed(lambda: rejudge(rows[:registers]))) * 1e3


def judged_again(store: Store) -> Row:
    """`rejudge_per_minute`: a whole log, by a process for each core, as `coi rejudge` does it."""
    log = PostgresLog(store.writer)
    workers, told = max(cores(), 2), list[int]()
    began, spent = time.perf_counter(), _of_children()
    try:
        run = Run(through=store.facts, workers=workers, progress=lambda done, _all: told.append(done))
        seen = judge_all(log, partial(PostgresLog, store.writer), Again(), run)
    finally:
        log.close()
    seconds, spent = time.perf_counter() - began, _of_children() - spent
    assert (seen.first, seen.judged, told[-1]) == (None, store.facts, store.facts), seen
    rate = seen.judged / spent * 60
    how = (
        f"{store.facts:,} facts of a nation's year, by {workers} processes with progress, in a minute of their "
        f"processor time, starting them included; by the clock {seen.judged / seconds * 60:,.0f} a minute together"
    )
    return Row("rejudge_per_minute", rounded(rate), ">= 20000", rate >= 20_000, how)


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def timed(work: Callable[[], object]) -> float:
    """Seconds that something takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
