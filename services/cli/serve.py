"""`coi serve`: all services, on an embedded Postgres or on any other."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from services.server import Addresses
    from services.settings import Settings

EXAMPLES: Final = (
    "\b\nExamples:\n"
    "  coi serve\n"
    "  coi serve --data /srv/coi --port 50052\n"
    "  coi serve --http 127.0.0.1:8401\n"
    "  coi serve --dsn 'host=db dbname=coi user=coi' --host 0.0.0.0\n"
)


@click.command(name="serve", short_help="Run all services.", epilog=EXAMPLES)
@click.option("--dsn", metavar="DSN", help="Use this Postgres (15 or later), already migrated with `coi migrate`.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Keep an embedded Postgres in DIR, made if missing. Without --dsn: ./coi-data.",
)
@click.option("--host", help="Address to listen on; without it 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on, 0 for any free one; without it 50051.")
@click.option(
    "--http",
    metavar="HOST:PORT",
    help="Answer the same calls over HTTP/1.1 with JSON here, such as 127.0.0.1:8401; without it nowhere.",
)
@click.option(
    "--metrics",
    metavar="HOST:PORT",
    help="Answer an operator's instruments here: /metrics for Prometheus, /livez, /readyz; without it nowhere.",
)
@click.option(
    "--standbys",
    type=click.IntRange(0, 8),
    help="Record only while so many standbys must confirm each commit; without it, as the server is set.",
)
@click.option("--reflection", is_flag=True, help="Let tools such as buf curl ask for the contract. For development.")
def command(  # noqa: PLR0913 - one parameter per option
    *,
    dsn: str | None,
    data: Path | None,
    host: str | None,
    port: int | None,
    http: str | None,
    metrics: str | None,
    standbys: int | None,
    reflection: bool,
) -> None:
    """Serve the ledger over gRPC, and HTTP if asked, until told to stop; then answer what was asked, and stop.

    With nothing given, an embedded Postgres keeps the facts under ./coi-data; nothing has to be installed or set up.
    COI_DSN, COI_DATA, COI_HOST, COI_PORT, COI_HTTP, COI_METRICS, COI_STANDBYS and COI_ORIGIN set the same from the
    environment; COI_LOG=debug logs each call, as JSON where stderr is no terminal.
    """
    import dataclasses

    from services import settings

    settings.quieten_grpc()
    from services import wiring
    from services.cli import logs, screen
    from services.cli.failing import Failure, configured, explained

    if dsn is not None and data is not None:
        raise Failure("--dsn and --data name different stores: give one of them")
    read = configured()
    with explained():
        asked = settings.http_address(http, "--http") if http is not None else read.http
        instruments = settings.http_address(metrics, "--metrics") if metrics is not None else read.metrics
    chosen = dataclasses.replace(
        read,
        host=host if host is not None else read.host,
        port=port if port is not None else read.port,
        http=asked,
        metrics=instruments,
        standbys=read.standbys if standbys is None else standbys,
        dsn=None if data is not None else dsn or read.dsn,
        data=data or read.data,
    )
    logs.all_to_stderr(read.log)
    console = screen.err()

    def ready(addresses: "Addresses") -> None:
        kept = "the Postgres of the DSN" if chosen.dsn else str(chosen.data)
        screen.plain(console, f"serving on {addresses.grpc}, facts kept in {kept}", "bold")
        if addresses.http is not None:
            screen.plain(console, f"the same over HTTP and JSON on http://{addresses.http}", "bold")
        if addresses.metrics is not None:
            screen.plain(console, f"metrics and health on http://{addresses.metrics}/metrics, /livez, /readyz", "bold")
        screen.plain(console, "try it, in another terminal:", "dim")
        for line in ("rules --facts", f"verify {_store(chosen)}", f"replay COI --target {addresses.grpc}"):
            screen.plain(console, f"  {screen.me()} {line}")
        screen.plain(console, "stop with Ctrl-C; what was asked is still answered", "dim")

    with explained():
        wiring.serve(chosen, ready, reflection=reflection)
    console.print("stopped")


def _store(chosen: "Settings") -> str:
    """How a reader names the same store; a DSN may hold a password and is not repeated."""
    return "--dsn DSN" if chosen.dsn else f"--data {shlex.quote(str(chosen.data))}"
