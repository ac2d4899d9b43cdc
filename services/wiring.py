"""The parts list: which settings become which parts. It decides nothing; commands call it, nothing else does."""

import asyncio
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import uvloop

from ledger import api, operating, safekeeping
from ledger.domain.receipt import Unavailable
from ledger.postgres.launcher import EmbeddedPostgres
from services.operations.late_effects import LateEffects
from services.operations.list_keeper import ListKeeper
from services.server import Addresses, CannotListen, ServerThread, Terms
from services.server import serve as run_server
from services.settings import Settings, SettingsError

_AGAIN: Final = 1.0
"""Seconds until a broken stream of backups is taken up again."""

Ready = Callable[[Addresses], None]
"""Told where it listens once calls are answered."""


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
    with api.embedded(folder, origin=settings.origin) as dsn:
        ledger = api.connect(dsn, clock=clock, rehearsal=True)
        try:
            with ServerThread(ledger, f"{settings.host}:0") as server:
                yield Demonstration(server.address, ledger, clock.show)
        finally:
            ledger.close()


@contextmanager
def visiting(settings: Settings, *, dsn: str | None, data: Path | None) -> Iterator[str]:
    """Serves a store on a free port, by the real clock, and yields the address; an embedded one is made if need be."""
    if dsn is not None:
        with _served(dsn, settings) as address:
            yield address
        return
    with (
        api.embedded(data or settings.data, origin=settings.origin) as embedded,
        _served(embedded, settings) as address,
    ):
        yield address


@contextmanager
def _served(dsn: str, settings: Settings) -> Iterator[str]:
    ledger = api.connect(dsn, clock=system_clock)
    try:
        with ServerThread(ledger, f"{settings.host}:0") as server:
            yield server.address
    finally:
        ledger.close()


def serve(settings: Settings, ready: Ready, *, reflection: bool = False) -> None:
    """Serves until SIGTERM or SIGINT, then answers what was asked and stops.

    Args:
        settings: Where to listen, where the facts are.
        ready: Told where it listens once calls are answered.
        reflection: Let tools ask for the contract; for development.

    Raises:
        WiringError: An address cannot be had.
    """
    if settings.dsn is not None:
        _serve(settings.dsn, settings, ready, reflection=reflection)
        return
    with api.embedded(settings.data, origin=settings.origin) as dsn:
        _serve(dsn, settings, ready, reflection=reflection)


def migrated(settings: Settings, *, dsn: str | None, data: Path | None) -> list[str]:
    """Applies the migrations that a store lacks, and names them."""
    address = dsn or (settings.dsn if data is None else None)
    if address is not None:
        return api.migrate(address, origin=settings.origin)
    return api.migrate_embedded(data or settings.data, origin=settings.origin)


@contextmanager
def fillable(settings: Settings, *, dsn: str | None, data: Path | None) -> Iterator[str]:
    """The store that is to be filled for measurements; an embedded one is made. It is never the one in daily use.

    Raises:
        WiringError: Nobody said where.
    """
    if (dsn is None) == (data is None):
        raise WiringError("say which store is to be filled: --data DIR of a new one, or --dsn of an empty one")
    if dsn is not None:
        yield dsn
        return
    with api.embedded(data or settings.data, origin=settings.origin) as embedded:
        yield embedded


def examined(settings: Settings, *, dsn: str | None, data: Path | None, standbys: int | None = None) -> list[api.Check]:
    """Examines a Postgres; a throw-away one when there is none yet."""
    wanted = settings.standbys if standbys is None else standbys
    address = dsn or (settings.dsn if data is None else None)
    if address is None and data is None and not _holds_a_store(settings.data):
        with (
            tempfile.TemporaryDirectory(prefix="coi-doctor-", ignore_cleanup_errors=True) as folder,
            api.embedded(Path(folder)) as thrown_away,
        ):
            return api.doctor(thrown_away, clock=system_clock, standbys=wanted, folder=Path(folder))
    folder_of = None if address is not None else data or settings.data
    with _postgres(settings, dsn=dsn, data=data) as found:
        return api.doctor(found, clock=system_clock, standbys=wanted, folder=folder_of)


def backed_up(
    settings: Settings, folder: Path, progress: safekeeping.Progress, *, dsn: str | None, data: Path | None
) -> safekeeping.BackedUp:
    """Takes a base backup of a store.

    Raises:
        WiringError: There is none where the settings point.
    """
    with _replicating(settings, dsn=dsn, data=data) as address:
        return safekeeping.backup(address, folder, system_clock, progress)


def followed(
    settings: Settings, folder: Path, *, dsn: str | None, data: Path | None, told: Callable[[str], None]
) -> None:
    """Streams what a store records into a folder of backups, until SIGTERM or SIGINT; takes a broken stream up again.

    Args:
        settings: Where the store is, unless the options say so.
        folder: Of backups.
        dsn: The option.
        data: The option.
        told: Told when the stream begins and why it broke.

    Raises:
        WiringError: There is no store where the settings point.
    """
    stopping = threading.Event()
    running: list[subprocess.Popen[bytes]] = []

    def stop(*_: object) -> None:
        stopping.set()
        for streaming in running:
            streaming.send_signal(signal.SIGINT)

    with _replicating(settings, dsn=dsn, data=data) as address:
        running.append(safekeeping.follow(address, folder))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        told(f"streaming into {folder}/wal")
        while True:
            running[0].wait()
            running.clear()
            while not running and not stopping.wait(_AGAIN):
                try:
                    running.append(safekeeping.follow(address, folder))
                except Unavailable as error:
                    told(f"the stream broke: {' '.join(str(error).split())}")
            if not running:
                return
            told(f"streaming into {folder}/wal again")


def restored(
    folder: Path, data: Path, until: datetime | int | None, progress: safekeeping.Progress
) -> safekeeping.Restored:
    """Makes an embedded store of a backup, and verifies it."""
    return safekeeping.restore(folder, data, until, progress)


@contextmanager
def _replicating(settings: Settings, *, dsn: str | None, data: Path | None) -> Iterator[str]:
    """As `_postgres`, with the owner of an embedded one, who may replicate."""
    address = dsn or (settings.dsn if data is None else None)
    if address is not None:
        yield address
        return
    folder = data or settings.data
    if not _holds_a_store(folder):
        raise WiringError(f"there is no store in {folder}: give --data DIR or --dsn")
    with operating.running(folder) as server:
        yield server.dsn()


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
    with api.embedded(folder, origin=settings.origin) as embedded:
        yield embedded


def _holds_a_store(folder: Path) -> bool:
    """Reading never makes a store where there was none."""
    return (EmbeddedPostgres(folder).data / "PG_VERSION").is_file()


def _serve(dsn: str, settings: Settings, ready: Ready, *, reflection: bool) -> None:
    terms = Terms(notice=settings.notice)
    late, lists = LateEffects(), ListKeeper()
    terms.figures.lists_kept(lambda: lists.position)

    def committed(commit: api.Commit) -> None:
        terms.figures.committed(commit)
        late.committed(commit)

    ledger = api.connect(dsn, clock=system_clock, standbys=settings.standbys, watch=committed)
    late.start(ledger)
    lists.start(ledger)
    addresses = Addresses(f"{settings.host}:{settings.port}", settings.http, settings.metrics)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_until_told(ledger, addresses, ready, terms, reflection=reflection))
    finally:
        lists.stop()
        late.stop()
        ledger.close()


async def _until_told(
    ledger: api.Ledger, addresses: Addresses, ready: Ready, terms: Terms, *, reflection: bool
) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await run_server(ledger, addresses, reflection=reflection, ready=ready, stop=stop, terms=terms)
    except CannotListen as error:
        option = {"gRPC": "--port, or 0", "HTTP": "--http, or port 0", "metrics": "--metrics, or port 0"}[error.wire]
        raise WiringError(f"cannot listen on {error.address}: give another {option} for any free one") from error
