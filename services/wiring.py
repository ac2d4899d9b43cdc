"""The parts list: which settings become which parts. It decides nothing; commands call it, nothing else does."""

import asyncio
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import uvloop

from ledger import api
from ledger.domain.receipt import LedgerError
from ledger.postgres.launcher import EmbeddedPostgres
from services.server import serve as run_server
from services.settings import Settings, SettingsError

T = TypeVar("T")

Ready = Callable[[str], None]
"""Told the address once calls are answered."""


class WiringError(SettingsError):
    """The parts cannot be put together; the message says what to do."""


class StoryClock:
    """A clock that is set by hand, so that a story of spring is recorded in spring; system time until it is set."""

    def __init__(self) -> None:
        """Shows system time."""
        self._shown: datetime | None = None

    def __call__(self) -> datetime:
        """What it shows."""
        return self._shown or system_clock()

    def show(self, moment: datetime) -> None:
        """Sets it."""
        self._shown = moment


@dataclass(frozen=True)
class Demonstration:
    """A server of one's own, with the ledger behind it.

    Attributes:
        target: Where it listens.
        ledger: The ledger that it serves.
        set_clock: Sets the ledger's clock.
    """

    target: str
    ledger: api.Ledger
    set_clock: Callable[[datetime], None]


def system_clock() -> datetime:
    """The time of this machine, in UTC."""
    return datetime.now(UTC)


@contextmanager
def library(settings: Settings, *, dsn: str | None, data: Path | None) -> Iterator[api.Ledger]:
    """Opens an existing store in this process, to read it.

    Raises:
        WiringError: There is none where the settings point.
    """
    with _postgres(settings, dsn=dsn, data=data) as address:
        ledger = api.connect(address, clock=system_clock)
        try:
            yield ledger
        finally:
            ledger.close()


@contextmanager
def demonstration(settings: Settings, folder: Path) -> Iterator[Demonstration]:
    """Runs a Postgres in a folder and a server on a free port, with a clock that is set by hand."""
    clock = StoryClock()
    with _embedded(settings, folder) as dsn:
        ledger = api.connect(dsn, clock=clock, rehearsal=True)
        try:
            with _served(ledger, f"{settings.host}:0") as target:
                yield Demonstration(target, ledger, clock.show)
        finally:
            ledger.close()


def serve(settings: Settings, ready: Ready) -> None:
    """Serves until SIGTERM or SIGINT, then answers what was asked and stops.

    Raises:
        WiringError: The address cannot be had.
    """
    if settings.dsn is not None:
        _serve(settings.dsn, f"{settings.host}:{settings.port}", ready)
        return
    with _embedded(settings, settings.data) as dsn:
        _serve(dsn, f"{settings.host}:{settings.port}", ready)


def migrated(settings: Settings, *, dsn: str | None, data: Path | None) -> list[str]:
    """Applies the migrations that a store lacks and names them; an embedded store is migrated by being opened."""
    address = dsn or (settings.dsn if data is None else None)
    if address is not None:
        return _reached(lambda: list(api.migrate(address, origin=settings.origin or api.DEFAULT_ORIGIN)))
    with _embedded(settings, data or settings.data):
        return []


def examined(settings: Settings, *, dsn: str | None, data: Path | None) -> list[api.Check]:
    """Examines a Postgres; a throw-away one when there is none yet."""
    address = dsn or (settings.dsn if data is None else None)
    if address is None and data is None and not _holds_a_store(settings.data):
        with tempfile.TemporaryDirectory(prefix="coi-doctor-", ignore_cleanup_errors=True) as folder:
            return examined(settings, dsn=None, data=Path(folder))
    with _postgres(settings, dsn=dsn, data=data) as found:
        return _reached(lambda: list(api.doctor(found)))


@contextmanager
def _postgres(settings: Settings, *, dsn: str | None, data: Path | None) -> Iterator[str]:
    """The Postgres that options and settings name; the embedded one is started, or attached to when it runs."""
    address = dsn or (settings.dsn if data is None else None)
    if address is not None:
        yield address
        return
    folder = data or settings.data
    if not _holds_a_store(folder):
        raise WiringError(f"there is no store in {folder}: give --data DIR or --dsn, or make one with `coi serve`")
    with _embedded(settings, folder) as embedded:
        yield embedded


def _holds_a_store(folder: Path) -> bool:
    """Reading never makes a store where there was none."""
    return (EmbeddedPostgres(folder).data / "PG_VERSION").is_file()


@contextmanager
def _embedded(settings: Settings, folder: Path) -> Iterator[str]:
    with ExitStack() as stack:
        yield _reached(lambda: stack.enter_context(api.embedded(folder, origin=settings.origin or api.DEFAULT_ORIGIN)))


def _reached(ask: Callable[[], T]) -> T:
    """Asks Postgres for something; whatever goes wrong, a person is told in one sentence."""
    try:
        return ask()
    except LedgerError:
        raise
    except Exception as error:
        raise WiringError(f"no Postgres to keep a ledger in: {' '.join(str(error).split())}") from error


def _serve(dsn: str, address: str, ready: Ready) -> None:
    ledger = api.connect(dsn, clock=system_clock)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_until_told(ledger, address, ready))
    finally:
        ledger.close()


async def _until_told(ledger: api.Ledger, address: str, ready: Ready) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await run_server(ledger, address, reflection=True, ready=ready, stop=stop)
    except RuntimeError as error:
        raise WiringError(f"cannot listen on {address}: give another --port, or 0 for any free one") from error


@contextmanager
def _served(ledger: api.Ledger, address: str) -> Iterator[str]:
    """Runs a server in a thread with a loop of its own."""
    started: Future[tuple[str, Callable[[], object]]] = Future()

    async def run() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()

        def ready(told: str) -> None:
            started.set_result((told, lambda: loop.call_soon_threadsafe(stop.set)))

        await run_server(ledger, address, reflection=False, ready=ready, stop=stop)

    def thread() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:  # noqa: BLE001 - told to whoever waits for the server
            if not started.done():
                started.set_exception(error)

    running = threading.Thread(target=thread, name="coi-server")
    running.start()
    target, stop = started.result()
    try:
        yield target
    finally:
        stop()
        running.join()
