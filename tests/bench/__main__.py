"""`make bench`: measures the promises, prints a table, draws it, writes build/bench/latest.json."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import click
import msgspec
import structlog
from rich.console import Console
from rich.table import Table

from ledger.postgres.launcher import EmbeddedPostgres
from tests.bench import costs, echo, growth, peers, plots, reading, single
from tests.bench.calibration import Calibration, calibrate
from tests.bench.row import NONE, ROUNDS, Peer, Point, Row
from tests.bench.stage import CALLERS, Store, lived, made, staged

OUT: Final = Path("build/bench")
FAULTS: Final = Path("build/campaign/evidence.json")
"""What `make campaign` found in all its runs, if there were any: acknowledged facts that are gone, by fault."""

_CALLERS: Final = (1, 4, 16, 64, 256)
_FEW: Final = (1, 4)


class Report(msgspec.Struct, kw_only=True):
    """Everything that one run found.

    Attributes:
        before: The machine before.
        after: The machine after.
        stolen: Jiffies that the host took in between.
        rounds: Pairs whose median counts.
        quick: It was only tried: few callers and rounds, so that its figures are worth nothing.
        rows: The promises.
        peers: What somebody would use instead, and this ledger beside it.
        curves: Points of each plot.
        shares: Where a record's microseconds go.
        filled: Facts a second at which each store was filled by COPY.
        plans_at: Facts in the store on which every statement's plan was looked at; 0 for none.
        astray: Statements whose plan there is not the expected one.
    """

    before: Calibration
    after: Calibration | None = None
    stolen: int = 0
    rounds: int
    quick: bool = False
    rows: list[Row] = []
    peers: list[Peer] = []
    curves: dict[str, list[Point]] = {}
    shares: list[costs.Share] = []
    filled: dict[int, int] = {}
    plans_at: int = 0
    astray: list[str] = []


class Run:
    """One run over stores of several sizes; what is measured is shown and kept at once."""

    def __init__(self, console: Console, rounds: int, *, quick: bool) -> None:
        """Nothing is measured yet."""
        self.report = Report(before=calibrate(), rounds=rounds, quick=quick)
        self._console, self._rounds, self._quick = console, rounds, quick
        self._callers = 4 if quick else CALLERS

    def wire(self, store: Store) -> None:
        """Rows over gRPC, and the curve over callers."""
        with staged(store, self._callers) as stage, echo.wired(stage) as wire:
            self._row(echo.unary_row(wire, stage, self._rounds))
            self._row(echo.stream_row(wire, stage, self._rounds))
            self.report.curves |= echo.by_callers(wire, stage, _FEW if self._quick else _CALLERS)

    def process(self, store: Store, server: EmbeddedPostgres) -> None:
        """Rows in one process, and the peers."""
        with staged(store, self._callers) as stage, opened(server) as stores:
            if stores:
                row, self.report.peers = single.beside_peers(stage, stores, self._rounds)
                self._row(row)
            self._row(single.busy_subject(stage, self._rounds, 500 if self._quick else 10_000))
            self._row(single.one_chain(stage, self._rounds))
            self.report.shares = costs.where_they_go(stage)
            self._row(reading.beside_recording(stage, self._rounds))
        self._year(server)

    def _year(self, server: EmbeddedPostgres) -> None:
        """Rows on a nation's year, in which no two orders are alike."""
        store = lived(server, 60 if self._quick else 120)
        self._row(reading.year_told(store))
        self._row(single.judged_again(store))
        self._row(reading.listed_again(store, min(self._rounds, 3)))
        self._row(reading.year_traced(store))

    def grown(self, stores: list[Store]) -> None:
        """Rows about growth, and the curve over sizes."""
        smallest, *_, largest = stores
        with ExitStack() as opening:
            stages = [opening.enter_context(staged(store, self._callers)) for store in stores]
            row, (large, small) = growth.growth_row(stages[0], stages[-1], self._rounds)
            self._row(row)
            self._row(growth.trace_row(stages[-1]))
            between = [(stage.store.facts, growth.curve(stage)) for stage in stages[1:-1]]
        measured = [(smallest.facts, small), *between, (largest.facts, large)]
        self.report.curves |= growth.points(measured)
        self.report.plans_at, self.report.astray = largest.facts, growth.astray(largest)

    def lost(self) -> None:
        """The row of the crash tests, if they were run."""
        if FAULTS.exists():
            faults = msgspec.json.decode(FAULTS.read_bytes())["faults"].values()
            lost, acknowledged = (sum(fault[name] for fault in faults) for name in ("lost", "acknowledged"))
            self._row(Row("lost", lost, "0", lost == 0, f"of {acknowledged:,} acknowledged in all runs of {FAULTS}"))

    def keep(self) -> None:
        """Writes what is known by now."""
        self.report.after = calibrate()
        self.report.stolen = self.report.after.stolen - self.report.before.stolen
        OUT.mkdir(parents=True, exist_ok=True)
        (OUT / "latest.json").write_bytes(msgspec.json.format(msgspec.json.encode(self.report)))
        for name, drawing in drawings(self.report).items():
            (OUT / f"{name}.svg").write_text(drawing, "utf-8")

    def _row(self, row: Row) -> None:
        self.report.rows.append(row)
        self._console.print(f"{row.id}: {row.value:g} ({row.promise}) {said(row)}. {row.how}", highlight=False)


@contextmanager
def opened(server: EmbeddedPostgres) -> Iterator[dict[str, peers.Store]]:
    """Every peer that is installed."""
    with ExitStack() as opening:
        known = {
            name: how for name, how in peers.ALL.items() if how[0] in (peers.library, peers.raw) or peers.installed()
        }
        yield {name: opening.enter_context(open_peer(server)) for name, (open_peer, _) in known.items()}


def said(row: Row) -> str:
    """Whether a promise holds, in a word; where there is none the figure is told."""
    return "told" if row.promise == NONE else {True: "yes", False: "MISSED", None: "so far"}[row.holds]


def drawings(report: Report) -> dict[str, str]:
    """The plots for which there are points."""
    curves, found = report.curves, dict[str, str]()
    wanted = {
        "callers": ("Facts recorded a second", "callers (logarithmic)", "facts a second", ("rate", "rate_echo")),
        "lateness": ("How long the slowest of 100 wait", "callers (logarithmic)", "ms", ("p99_ms", "p99_ms_echo")),
        "append_growth": ("Recording one fact", "facts in the store (logarithmic)", "µs", ("append_us",)),
        "trace_growth": ("One trace", "facts in the store (logarithmic)", "ms", ("trace_ms",)),
    }
    names = {"rate": "recorded", "p99_ms": "recorded", "append_us": "append", "trace_ms": "trace"}
    for name, (title, across, up, shown) in wanted.items():
        if shown[0] in curves:
            lines = [plots.Line(names.get(key, "empty echo"), curves[key]) for key in shown]
            found[name] = plots.chart(plots.Axes(title, across, up), lines)
    if report.shares:
        found["microseconds"] = plots.bars("Where a record's microseconds go (writer's thread)", report.shares)
    return found


def show(console: Console, report: Report) -> None:
    """Prints the tables."""
    tried = " (tried only: few callers and rounds)" if report.quick else ""
    promises = Table(title=f"Promises, measured here{tried}")
    for name in ("row", "measured", "promise", "holds", "how"):
        promises.add_column(name)
    for row in report.rows:
        promises.add_row(row.id, f"{row.value:g}", row.promise, said(row), row.how)
    beside = Table(title="Beside what one would use instead")
    for name in ("store", "facts a second", "for each fact"):
        beside.add_column(name)
    for peer in report.peers:
        beside.add_row(peer.name, f"{peer.per_second:g}", peer.how)
    console.print(promises)
    if report.peers:
        console.print(beside)
    before, after = report.before, report.after or report.before
    console.print(
        f"{before.cores} cores, spin {before.spin_ms}/{after.spin_ms} ms, "
        f"fdatasync {before.fsync_us}/{after.fsync_us} µs, stolen {report.stolen} jiffies"
    )
    if report.filled:
        filled = ", ".join(f"{rate:,}/s to {size:,}" for size, rate in report.filled.items())
        console.print(f"stores filled by COPY: {filled}")
    if report.plans_at:
        console.print(
            f"plans at {report.plans_at:,} facts: {', '.join(report.astray) or 'every statement by its indexes'}"
        )


@click.command()
@click.option("--facts", default=1_000_000, show_default=True, help="Facts of the largest store.")
@click.option("--stores", type=click.Path(path_type=Path), help="Keep the stores here, and use those that are here.")
@click.option("--quick", is_flag=True, help="Few rounds and callers: whether it runs, not what it is worth.")
@click.option("--only", type=click.Choice(["wire", "process", "growth"]), multiple=True, help="These rows alone.")
def main(*, facts: int, stores: Path | None, quick: bool, only: tuple[str, ...]) -> None:
    """Measure the promises. Without options: all of them, on stores of up to a million facts."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    console, wanted = Console(), set(only or ("wire", "process", "growth"))
    run = Run(console, 2 if quick else ROUNDS, quick=quick)
    sizes = [growth.SMALL] + ([size for size in (100_000, 1_000_000) if size < facts] + [facts]) * ("growth" in wanted)
    with tempfile.TemporaryDirectory(prefix="coi-bench-", ignore_cleanup_errors=True) as folder:
        server = EmbeddedPostgres(stores or Path(folder) / "store")
        server.start()
        try:
            _measure(run, server, sizes, wanted)
        finally:
            server.stop()
            run.keep()
    show(console, run.report)


def _measure(run: Run, server: EmbeddedPostgres, sizes: list[int], wanted: set[str]) -> None:
    stores = [made(server, size) for size in sizes]
    run.report.filled = {store.facts: round(store.facts / store.seconds) for store in stores if store.seconds}
    if "growth" in wanted:
        run.grown(stores)
    if "wire" in wanted:
        run.wire(made(server, growth.SMALL - 1))
    if "process" in wanted:
        run.process(made(server, growth.SMALL - 2), server)
    run.lost()


if __name__ == "__main__":
    main()
