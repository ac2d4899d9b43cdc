"""Backup and restore of a log: Postgres's own tools copy and replay; what came back is verified before it is used."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from ledger.audit import verify as verifying
from ledger.operating import told
from ledger.postgres import backup as backups
from ledger.postgres import restore as restoring
from ledger.postgres.backup import BackupError, Note
from ledger.postgres.connection import open_connection
from ledger.postgres.launcher import EmbeddedPostgres
from ledger.postgres.restore import Target
from ledger.store import kept
from ledger.store.postgres_log import PostgresLog

READER: Final = "coi_ledger_reader"
"""Role of every log that may read it."""

Progress = Callable[[str, int, int], None]
"""Told of (what is done, done, total)."""


class BackedUp(NamedTuple):
    """A base backup.

    Attributes:
        folder: Where it is.
        note: What it says of itself.
    """

    folder: Path
    note: Note


class Restored(NamedTuple):
    """What came back.

    Attributes:
        base: The base backup that it came from.
        origin: Name of the log.
        position: Last fact.
        root: Root rebuilt from the stored bytes.
        copied: Seconds to check and copy the base backup.
        replayed: Seconds to replay the log.
        verified: Seconds to verify every stored byte.
        findings: What is wrong; empty when all is well.
    """

    base: Path
    origin: str
    position: int
    root: bytes
    copied: float
    replayed: float
    verified: float
    findings: tuple[str, ...]


def backup(dsn: str, folder: Path, clock: Callable[[], datetime], progress: Progress) -> BackedUp:
    """Takes a base backup of the whole server that a log is on.

    Args:
        dsn: Of a role with REPLICATION that may read the log.
        folder: Of backups; made if missing.
        clock: Our clock.
        progress: Told how far it is.

    Raises:
        Unavailable: It could not be taken.
    """
    with told():
        with open_connection(dsn, application="coi backup", read_only=True) as connection:
            now = kept.state(connection)
        note = Note(
            origin=now.origin,
            position=now.size,
            root=now.root.hex(),
            begun_at=clock().isoformat().replace("+00:00", "Z"),
            seconds=0.0,
            bytes=0,
            major=now.major,
            database=now.database,
        )
        place, whole = backups.take(dsn, note, folder, clock, lambda *far: progress("copying kB", *far))
    return BackedUp(place, whole)


def follow(dsn: str, folder: Path) -> "subprocess.Popen[bytes]":
    """Streams the write-ahead log into a folder of backups, until its process gets SIGINT or the line breaks.

    Args:
        dsn: Of a role with REPLICATION that may read the log.
        folder: Of backups; made if missing.

    Raises:
        Unavailable: It cannot begin.
    """
    with told():
        with open_connection(dsn, application="coi backup", read_only=True) as connection:
            major = kept.state(connection).major
        return backups.follow(dsn, major, folder)


def restore(folder: Path, data: Path, until: datetime | int | None, progress: Progress) -> Restored:
    """Makes an embedded store of a base backup and the log after it, and verifies it.

    What does not verify stays in `restoring` in the folder, and never stands where it would be served.

    Args:
        folder: Of backups, or one base backup.
        data: Folder of the store to make; must hold none.
        until: Stop after the commits of this moment, or after the commit of this position; None for all there is.
        progress: Told how far it is.

    Raises:
        Unavailable: It cannot be restored.
    """
    with told():
        base = _chosen(folder, until)
        target = EmbeddedPostgres(data)
        if target.data.exists():
            raise BackupError(f"{data} holds a store already: give another --data DIR")
        work = target.folder / "restoring"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(mode=0o700, parents=True)
        found = _Restoring(base, work, progress).run(until)
        if not found.findings:
            (work / "postgres").rename(target.data)
            target.call_database(backups.read_note(base).database)
            shutil.rmtree(work)
    return found


class _Restoring:
    """One restore, step by step."""

    def __init__(self, base: Path, work: Path, progress: Progress) -> None:
        self._base, self._work, self._progress = base, work, progress
        self._note = backups.read_note(base)
        self._archive = base.parent
        self._copied = self._replayed = 0.0

    def run(self, until: datetime | int | None) -> Restored:
        began = time.monotonic()
        self._progress("checking the base backup", 0, 1)
        backups.check(self._base / "base", self._note.major)
        self._copied = time.monotonic() - began
        target: Target = until if isinstance(until, datetime) else None
        if isinstance(until, int):
            target = self._transaction_of(until)
        with self._replaying(target, _said(until)) as server:
            return self._verified(server, until)

    def _transaction_of(self, position: int) -> int:
        """Recovery stops at transactions: the one of a position is known to a server that has replayed it."""
        with (
            self._replaying(None, "the end") as server,
            open_connection(self._dsn(server), application="coi restore", read_only=True) as connection,
        ):
            found = kept.transaction_of(connection, position)
            size = kept.state(connection).size
        if found is None:
            raise BackupError(f"position {position} is not in this backup, which ends at {size}")
        return found

    @contextmanager
    def _replaying(self, target: Target, until: str) -> Iterator[EmbeddedPostgres]:
        began = time.monotonic()
        shutil.rmtree(self._work / "postgres", ignore_errors=True)
        restoring.lay_out(
            self._base / "base", self._work / "postgres", lambda *far: self._progress("copying files", *far)
        )
        self._copied += time.monotonic() - began
        began = time.monotonic()
        self._progress("replaying the log", 0, 1)
        server = restoring.recovering(self._work, self._archive, target)
        restoring.started(server, until)
        try:
            self._replayed += time.monotonic() - began
            yield server
        finally:
            server.stop()

    def _dsn(self, server: EmbeddedPostgres, user: str = READER) -> str:
        return server.dsn(user=user, database=self._note.database)

    def _verified(self, server: EmbeddedPostgres, until: datetime | int | None) -> Restored:
        began = time.monotonic()
        log = PostgresLog(self._dsn(server))
        try:
            found = verifying.verify(log, lambda *far: self._progress("verifying facts", *far))
            origin = log.origin
        finally:
            log.close()
        findings = [] if found.holds else [f"position {found.first_break} does not verify: {found.reason}"]
        with open_connection(self._dsn(server), application="coi restore", read_only=True) as connection:
            at = kept.root_at(connection, self._note.position)
            end = kept.replayed(connection)
        if at is None or at.hex() != self._note.root:
            findings.append(f"at position {self._note.position} the log is not the one that was backed up")
        if until is None and (missed := restoring.unreplayed(self._archive, end)):
            findings.append(f"the log was kept up to {missed} and replayed up to {end} only: a part is missing")
        return Restored(
            base=self._base,
            origin=origin,
            position=found.size,
            root=found.root,
            copied=self._copied,
            replayed=self._replayed,
            verified=time.monotonic() - began,
            findings=tuple(findings),
        )


def _chosen(folder: Path, until: datetime | int | None) -> Path:
    """The newest base backup from which the target can be reached: begun before it."""
    found = backups.bases(folder)
    if not found:
        raise BackupError(f"there is no base backup in {folder}: take one with `coi backup --to {folder}`")
    fitting = [base for base in found if _before(backups.read_note(base), until)]
    if not fitting:
        raise BackupError(f"every base backup in {folder} is newer than {_said(until)}: the oldest is {found[0].name}")
    return fitting[-1]


def _before(note: Note, until: datetime | int | None) -> bool:
    if isinstance(until, datetime):
        return datetime.fromisoformat(note.begun_at) <= until
    return until is None or note.position <= until


def _said(until: datetime | int | None) -> str:
    if until is None:
        return "the end"
    return until.isoformat() if isinstance(until, datetime) else f"position {until}"
