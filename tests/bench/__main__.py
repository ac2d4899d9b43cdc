"""`make bench`: measures, prints a table, writes build/bench/latest.json."""

import logging
import tempfile
from contextlib import closing
from pathlib import Path

import msgspec
import structlog
from rich.console import Console
from rich.table import Table

from ledger import api
from ledger.postgres.launcher import EmbeddedPostgres
from tests.bench.calibration import Calibration, calibrate
from tests.bench.echo import against_the_echo, streams_against_the_echo
from tests.bench.rows import Bench, Row

OUT = Path("build/bench/latest.json")


def measured() -> list[Row]:
    """Runs every row on one throw-away Postgres."""
    with (
        tempfile.TemporaryDirectory(prefix="coi-bench-", ignore_cleanup_errors=True) as folder,
        api.embedded(Path(folder) / "store") as writer,
        EmbeddedPostgres(Path(folder) / "store") as server,
        closing(Bench(server.dsn(), writer)) as bench,
    ):
        rows = [bench.against_the_library(), against_the_echo(bench), streams_against_the_echo(bench)]
        return [*rows, bench.busy_subject(), bench.replay(), bench.rejudge()]


def show(rows: list[Row], before: Calibration, after: Calibration) -> None:
    """Prints the table."""
    table = Table(title="Promises, measured here")
    for name in ("row", "measured", "promise", "holds", "how"):
        table.add_column(name)
    for row in rows:
        table.add_row(row.id, f"{row.value:g}", row.promise, "yes" if row.holds else "MISSED", row.how)
    console = Console()
    console.print(table)
    console.print(
        f"{before.cores} cores, spin {before.spin_ms}/{after.spin_ms} ms, fdatasync {before.fsync_us} µs, "
        f"stolen {after.stolen - before.stolen} jiffies"
    )


def main() -> None:
    """Measures and reports."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    before = calibrate()
    rows = measured()
    after = calibrate()
    show(rows, before, after)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_bytes(msgspec.json.format(msgspec.json.encode({"rows": rows, "before": before, "after": after})))


if __name__ == "__main__":
    main()
