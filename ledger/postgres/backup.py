"""Base backups and the stream of the write-ahead log, by Postgres's own tools: `pg_basebackup`, `pg_receivewal`.

A folder of backups holds one folder for each base backup, named after its time, and `wal` with the log since the first.
A base backup stands there whole or not at all. Anybody can restore it without this program: `base` is a data folder.
"""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ledger.postgres.launcher import find_binaries, major_of

SLOT: Final = "coi_backup"
"""Name of the replication slot, and of the application, under which the log is streamed."""
NOTE: Final = "backup.json"
"""What a base backup says of itself."""
WAL: Final = "wal"

_DONE: Final = re.compile(rb"(\d+)/(\d+) kB")

Progress = Callable[[int, int], None]
"""Told of (done, total)."""


class BackupError(Exception):
    """A backup cannot be taken, read or restored; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Note:
    """What a base backup says of itself.

    Attributes:
        origin: name of the log.
        position: last fact when it was begun: it holds this one at least.
        root: root of the tree at that position, in hex.
        begun_at: when, ISO 8601 in UTC.
        seconds: how long it took.
        bytes: its size.
        major: of the server, which restoring needs too.
        database: in which the log is.
    """

    origin: str
    position: int
    root: str
    begun_at: str
    seconds: float
    bytes: int
    major: str
    database: str


def read_note(folder: Path) -> Note:
    """Read what a base backup says of itself.

    Raises:
        BackupError: it says nothing that can be read.
    """
    try:
        return Note(**json.loads((folder / NOTE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise BackupError(f"{folder} holds no base backup: {NOTE} cannot be read ({error})") from error


def bases(folder: Path) -> list[Path]:
    """Return the base backups in a folder, the oldest first; the folder itself if it is one."""
    if (folder / NOTE).is_file():
        return [folder]
    return sorted(path.parent for path in folder.glob(f"*/{NOTE}"))


def tools(major: str, name: str) -> Path:
    """Return the folder of a tool for a server of this major version: its own, or a newer one.

    Raises:
        BackupError: there is none here.
    """
    found = {int(major_of(path)): path for path in reversed(find_binaries()) if (path / name).exists()}
    fitting = [number for number in sorted(found) if number >= int(major)]
    if not fitting:
        raise BackupError(f"no {name} of Postgres {major} or newer here: install the client tools of that version")
    return found[fitting[0]]


def take(dsn: str, note: Note, folder: Path, now: Callable[[], datetime], progress: Progress) -> tuple[Path, Note]:
    """Take a base backup, check it, and put it into its place whole.

    Args:
        dsn: of a role with REPLICATION.
        note: what is known of it beforehand.
        folder: of backups; made if missing.
        now: our clock.
        progress: told of kilobytes.

    Returns:
        Where it is, and what it says of itself.

    Raises:
        BackupError: it could not be taken, or what was written is not what was sent.
    """
    began, binaries = time.monotonic(), tools(note.major, "pg_basebackup")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = folder / f"{now():%Y%m%dT%H%M%S}Z"
    if place.exists():
        raise BackupError(f"{place} is there already: wait a second")
    made = folder / f".{place.name}.part"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(mode=0o700)
    told = [str(binaries / "pg_basebackup"), "--wal-method=stream", "--checkpoint=fast", "--progress", "--no-password"]
    told += ["--manifest-checksums=SHA256", f"--pgdata={made / 'base'}"]
    _run(told, dsn, progress)
    check(made / "base", note.major)
    size = sum(file.stat().st_size for file in (made / "base").rglob("*") if file.is_file())
    whole = Note(**{**asdict(note), "seconds": round(time.monotonic() - began, 3), "bytes": size})
    (made / NOTE).write_text(json.dumps(asdict(whole), indent=2) + "\n", encoding="utf-8")
    os.sync()
    made.rename(place)
    return place, whole


def check(base: Path, major: str) -> None:
    """Hash every file of a base backup again and compare it with its manifest.

    Raises:
        BackupError: a file is missing, changed or not of it.
    """
    binaries = tools(major, "pg_verifybackup")
    told = [str(binaries / "pg_verifybackup"), "--quiet", str(base)]
    if major_of(binaries) != major:
        told.insert(1, "--no-parse-wal")
    done = subprocess.run(told, capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise BackupError(f"{base} is not what was backed up: {said[0] if said else 'no reason given'}; use another")


def follow(dsn: str, major: str, folder: Path) -> "subprocess.Popen[bytes]":
    """Begin to stream the write-ahead log into a folder of backups, until the process gets SIGINT or the line breaks.

    The slot keeps the log on the server until we have it, so nothing is missed while we are away; for the same reason
    it must be dropped when nobody streams any more, or the server's disk fills.

    Raises:
        BackupError: the slot cannot be made.
    """
    tool = str(tools(major, "pg_receivewal") / "pg_receivewal")
    into = folder / WAL
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    _run([tool, f"--slot={SLOT}", "--create-slot", "--if-not-exists", "--no-password"], dsn, lambda *_: None)
    address, environment = _told(dsn)
    command = [
        tool,
        f"--slot={SLOT}",
        "--synchronous",
        "--no-loop",
        "--no-password",
        f"--directory={into}",
        f"--dbname={address}",
    ]
    return subprocess.Popen(command, env=environment)


def _run(command: list[str], dsn: str, progress: Progress) -> None:
    """Run a tool, telling of its progress.

    Raises:
        BackupError: it failed; with the last that it said.
    """
    address, environment = _told(dsn)
    said = b""
    with subprocess.Popen([*command, f"--dbname={address}"], stderr=subprocess.PIPE, env=environment) as running:
        assert running.stderr is not None, "it was asked for"  # noqa: S101 - for the type checker
        for line in running.stderr:
            found = _DONE.search(line)
            if found is None:
                said = line
            else:
                progress(int(found[1]), max(int(found[1]), int(found[2])))
    if running.returncode:
        name = Path(command[0]).name
        raise BackupError(f"{name} failed: {said.decode(errors='replace').strip() or 'it gave no reason'}")


def _told(dsn: str) -> tuple[str, dict[str, str]]:
    """The address without its password, which other users of the machine could read, and the environment with it."""
    parts = conninfo_to_dict(dsn)
    password = parts.pop("password", None)
    environment = dict(os.environ)
    if password is not None:
        environment["PGPASSWORD"] = str(password)
    return make_conninfo("", **{**parts, "application_name": SLOT}), environment
