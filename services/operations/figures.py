"""What is counted, for Prometheus: queue, batches, commits, verdicts, refusals by rule, calls, followers, holds.

Labels are methods, codes, outcomes, rule ids and kinds of hold. Never a tag, an organisation, a person or a key: what
can be counted here must say nothing about anybody.
"""

from collections.abc import Callable, Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ledger.api import HOLDS, Commit
from services.interceptors.admission import Admission
from services.interceptors.observing import Observer
from services.operations.health import DRAINING, STARTING, Standing

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_FACTS: Final = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
_OUTCOMES: Final = ("recorded", "recorded_as_deviation", "refused")


class Figures:
    """The counters of one server.

    Attributes:
        registry: What is asked for all of them.
    """

    def __init__(self) -> None:
        """Nothing was counted yet."""
        self.registry = CollectorRegistry()
        self._readers: tuple[Collector, ...] = ()
        self._kept: Callable[[], int] | None = None
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._facts = Histogram(
            "coi_commit_facts", "Facts of one commit, refusals included", buckets=_FACTS, registry=self.registry
        )
        self._seconds = Histogram(
            "coi_commit_seconds",
            "From taking a batch to its confirmed commit, the writers' lock included",
            buckets=_SECONDS,
            registry=self.registry,
        )
        here = self.registry
        self._answered = Counter("coi_answers", "Requests that a commit answered, repeated ones too", registry=here)
        self._verdicts = Counter("coi_verdicts", "Facts recorded, by outcome", ["outcome"], registry=self.registry)
        self._refusals = Counter("coi_refusals", "Facts that a rule barred, by rule", ["rule"], registry=self.registry)
        for outcome in _OUTCOMES:
            self._verdicts.labels(outcome)

    def committed(self, commit: Commit) -> None:
        """Counts a commit; called by the thread that commits."""
        self._facts.observe(commit.facts)
        self._seconds.observe(commit.seconds)
        self._answered.inc(commit.requests)
        for outcome, count in commit.verdicts.items():
            self._verdicts.labels(outcome).inc(count)
        for rule, count in commit.refusals.items():
            self._refusals.labels(rule).inc(count)

    def lists_kept(self, position: Callable[[], int]) -> None:
        """Says where to read how far the reading lists are kept; nothing is told of them otherwise."""
        self._kept = position

    def read_from(
        self,
        *,
        waiting: Callable[[], int],
        standing: Callable[[], Standing],
        behind: Callable[[int], int],
        calls: tuple[Observer, Admission],
    ) -> None:
        """Says where to read what is read when somebody asks; whatever was read before is not any more.

        Args:
            waiting: Requests in the sequencer's queue.
            standing: How the server stands.
            behind: Facts that the slowest follower is behind a log of this size.
            calls: Who counts calls, and who lets them in.
        """
        for reader in self._readers:
            self.registry.unregister(reader)
        self._readers = (_Standing(waiting, standing, behind, lambda: self._kept), _Calls(*calls))
        for reader in self._readers:
            self.registry.register(reader)


class _Standing(Collector):
    """How the server stands, whenever it is asked."""

    def __init__(
        self,
        waiting: Callable[[], int],
        standing: Callable[[], Standing],
        behind: Callable[[int], int],
        kept: Callable[[], Callable[[], int] | None],
    ) -> None:
        self._waiting, self._standing, self._behind, self._kept = waiting, standing, behind, kept

    def collect(self) -> Iterable[Metric]:
        now = self._standing()
        yield GaugeMetricFamily("coi_queue_waiting", "Requests in the queue", value=self._waiting())
        yield GaugeMetricFamily("coi_serving", "1 while a fact sent now would be recorded", value=now.serving)
        held = GaugeMetricFamily("coi_held", "1 for what keeps facts from being recorded", labels=["kind"])
        for kind in (*HOLDS, STARTING, DRAINING):
            held.add_metric([kind], kind == now.kind)
        yield held
        yield GaugeMetricFamily("coi_log_position", "Position of the last fact, as last read", value=now.size)
        lag = self._behind(now.size)
        yield GaugeMetricFamily("coi_follower_lag_facts", "Facts that the slowest open feed is behind", value=lag)
        if (kept := self._kept()) is not None:
            late = max(now.size - kept(), 0)
            yield GaugeMetricFamily("coi_lists_lag_facts", "Facts that the reading lists are behind", value=late)


class _Calls(Collector):
    """Calls that ended and calls under way, whenever it is asked."""

    def __init__(self, observer: Observer, admission: Admission) -> None:
        self._observer, self._admission = observer, admission

    def collect(self) -> Iterable[Metric]:
        ended = CounterMetricFamily("coi_calls", "Calls that ended, by method and code", labels=["method", "code"])
        for (method, code), count in self._observer.calls.copy().items():
            ended.add_metric([_short(method), code], count)
        yield ended
        seconds = CounterMetricFamily("coi_call_seconds", "Seconds that these calls took together", labels=["method"])
        for method, total in self._observer.seconds.copy().items():
            seconds.add_metric([_short(method)], total)
        yield seconds
        under_way = GaugeMetricFamily("coi_calls_under_way", "Calls under way", labels=["kind"])
        places = self._admission
        for kind, count in (("call", places.running), ("feed", places.listening), ("stream", places.streaming)):
            under_way.add_metric([kind], count)
        yield under_way
        yield CounterMetricFamily("coi_calls_shed", "Calls told to come back, before any work", value=places.shed)


def _short(method: str) -> str:
    """`ProcurementService/RecordApheresisPerformed` of a path."""
    return method.rpartition(".")[2]
