"""From a base backup and the write-ahead log to a data folder: copy, replay, and stop where it was asked.

All of it happens beside the place where the store will stand. Settings of the server that was backed up are kept as
`*.source` and not used: its addresses, standbys and archives are not ours.
"""

import shlex
import shutil
from datetime import datetime
from pathlib import Path
from typing import Final

from ledger.postgres.backup import WAL, BackupError, Progress
from ledger.postgres.launcher import EmbeddedPostgres, LaunchError

_PATIENCE: Final = 24 * 3600.0
_CONF: Final = "# Restored by coi restore; what the server that was backed up had is in the files *.source.\n"
_OURS: Final = {
    "postgresql.conf": f"{_CONF}timezone = 'UTC'\nlog_timezone = 'UTC'\n",
    "postgresql.auto.conf": _CONF,
    "pg_hba.conf": f"{_CONF}local all all trust\nlocal replication all trust\n",
    "pg_ident.conf": _CONF,
}
_SIGNALS: Final = ("standby.signal", "recovery.signal")
_PLAIN: Final = ("hot_standby=off", "archive_mode=off", "recovery_target_timeline=latest")
_TOO_EARLY: Final = "before consistent recovery point"
_NOT_REACHED: Final = "recovery ended before configured recovery target was reached"

Target = datetime | int | None
"""A moment of commit, the id of a transaction, or the end of the log."""


def lay_out(base: Path, data: Path, progress: Progress) -> None:
    """Copy a base backup to where its server will run, with settings of our own.

    Args:
        base: data folder as it was backed up.
        data: where to; must not exist.
        progress: told of files.
    """
    files = sum(1 for _ in base.rglob("*"))
    done = 0

    def copied(source: str, target: str) -> str:
        nonlocal done
        done += 1
        progress(done, files)
        return shutil.copy2(source, target)

    shutil.copytree(base, data, copy_function=copied, symlinks=True)
    data.chmod(0o700)
    for name, text in _OURS.items():
        file = data / name
        if file.exists():
            file.rename(file.with_name(f"{name}.source"))
        file.write_text(text, encoding="utf-8")
    for name in _SIGNALS:
        (data / name).unlink(missing_ok=True)
    (data / "recovery.signal").touch()


def recovering(folder: Path, backups: Path, target: Target) -> EmbeddedPostgres:
    """Return the server that replays the log when it is started, up to the target or the end; then it takes writes."""
    wal = shlex.quote(str((backups / WAL).resolve())).replace("%", "%%")
    fetch = f'cp {wal}/%f "%p" 2>/dev/null || cp {wal}/%f.partial "%p" 2>/dev/null'
    settings = [*_PLAIN, f"restore_command={fetch}", "recovery_target_action=promote"]
    if isinstance(target, datetime):
        settings.append(f"recovery_target_time={target.isoformat()}")
    elif target is not None:
        settings.append(f"recovery_target_xid={target}")
    return EmbeddedPostgres(folder, settings=tuple(settings), patience=_PATIENCE)


def started(server: EmbeddedPostgres, until: str) -> None:
    """Start a server that recovers, and say in words why it could not.

    Args:
        server: of `recovering`.
        until: the target, as it was asked for.

    Raises:
        BackupError: the target cannot be reached, or the server did not come up.
    """
    try:
        server.start()
    except LaunchError as error:
        said = str(error)
        if _TOO_EARLY in said:
            raise BackupError(
                f"this base backup already holds more than {until}: give an older one by --from"
            ) from error
        if _NOT_REACHED in said:
            raise BackupError(
                f"the log that was kept ends before {until}: leave --until out to restore all that there is"
            ) from error
        raise BackupError(f"the log cannot be replayed: {said}") from error


def unreplayed(backups: Path, replayed: str) -> str:
    """Return the newest segment that was kept although replaying had ended before it; empty when all was replayed.

    Args:
        backups: folder of backups.
        replayed: segment in which replaying ended, as `pg_walfile_name` gives it.
    """
    kept = (backups / WAL).glob("[0-9A-F]" * 24 + "*")
    newest = max((file.name[:24] for file in kept), key=lambda name: name[8:], default="")
    last, end = _number(newest), _number(replayed)
    return newest if last > end + 1 else ""


def _number(segment: str) -> int:
    """Where a segment of the usual 16 MiB lies in the log."""
    return int(segment[8:16], 16) * 256 + int(segment[16:24], 16) if segment else 0
