"""A disk for Postgres that can lose power, fail, fill up and tell a wrong time, without privilege, mount or device.

`disk.c` stands before the calls that Postgres makes. What was written and not synced is kept aside as it stood before;
cutting the power puts back some or all of it, for each file what was written last first, as chance has it.
"""

import mmap
import os
import shutil
import signal
import struct
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from pathlib import Path
from random import Random
from typing import Final

from ledger.postgres.launcher import EmbeddedPostgres
from tests.support.waiting import until

_SOURCE: Final = Path(__file__).with_name("disk.c")
_CONTROL: Final = struct.Struct("=8iq")
_BEFORE: Final = struct.Struct("=3q")
_PAGE: Final = 4096


class Call(IntEnum):
    """A kind of call that can fail."""

    WRITE = 1
    SYNC = 2
    OPEN = 3
    RENAME = 4


class Where(IntEnum):
    """Which files."""

    WAL = 1
    DATA = 2
    ANY = 3


@dataclass(frozen=True)
class Failure:
    """One call that fails.

    Attributes:
        call: Of which kind.
        where: On which files.
        number: Which of the calls to come, from 1.
        error: The errno; 0 for being killed in it.
    """

    call: Call
    where: Where
    number: int
    error: int


@dataclass
class _State:
    cut: int = 0
    lies: int = 0
    full: int = 0
    call: int = 0
    where: int = 0
    error: int = 0
    countdown: int = 0
    fired: int = 0
    shift: int = 0


class Disk:
    """What a test does to the disk and the clock of one Postgres."""

    def __init__(self, folder: Path, binaries: Path) -> None:
        """Build it, with binaries that use it in `binaries`.

        Args:
            folder: Its own, not on the disk that fails.
            binaries: Those of the Postgres that will stand on it.
        """
        self._undo = folder / "undo"
        self._undo.mkdir(parents=True)
        library = folder / "disk.so"
        assert shutil.which("cc"), (
            "the disk that fails is a library in C: install a compiler (apt install gcc libc6-dev)"
        )
        build = ["cc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o", str(library), str(_SOURCE)]
        subprocess.run([*build, "-ldl"], check=True)
        (folder / "control").write_bytes(bytes(_PAGE))
        with (folder / "control").open("r+b") as file:
            self._page = mmap.mmap(file.fileno(), _PAGE)
        self.binaries = folder / "bin"
        self.binaries.mkdir()
        wrapped = self.binaries / "postgres"
        wrapped.write_text(
            f'#!/bin/sh\nexec env LD_PRELOAD="{library}" COI_DISK="{folder}" "{binaries}/postgres" "$@"\n'
        )
        wrapped.chmod(0o755)

    def lie(self) -> None:
        """From now on a sync says that it is done, and nothing becomes safe: the twin of a disk that keeps its word."""
        self._change(lies=1)

    def fill(self, where: Where) -> None:
        """Leave no room: none at all for WAL, none to grow for data."""
        self._change(full=int(where))

    def empty(self) -> None:
        """Give the room back."""
        self._change(full=0)

    def fail(self, failure: Failure) -> None:
        """Have one call fail."""
        self._change(call=failure.call, where=failure.where, error=failure.error, countdown=failure.number, fired=0)

    def failed(self) -> bool:
        """Whether it has; it will not any more if it has not."""
        fired = self._state().fired
        self._change(countdown=0)
        return fired > 0

    @property
    def has_failed(self) -> bool:
        """Whether the call has failed by now."""
        return self._state().fired > 0

    def shift_clock(self, by: timedelta) -> None:
        """Make the clock of Postgres wrong by so much."""
        self._change(shift=by // timedelta(microseconds=1))

    def cut_power(self, postgres: EmbeddedPostgres, chance: Random) -> None:
        """End all of Postgres in the middle of what it does, and lose what it had not synced, or some of it."""
        self._change(cut=1)
        if postgres._process is not None:
            postgres._process.kill()
            postgres._process.wait()
        until(lambda: not _killed(postgres), 20)
        self._change(cut=0, countdown=0)
        places = {str(path.stat().st_ino): path for path in postgres.data.rglob("*") if path.is_file()}
        for log in sorted(self._undo.iterdir()):
            if log.name in places:
                _put_back(places[log.name], list(_entries(log.read_bytes())), chance)
        shutil.rmtree(self._undo)
        self._undo.mkdir()

    def _state(self) -> _State:
        return _State(*_CONTROL.unpack_from(self._page))

    def _change(self, **fields: int) -> None:
        state = self._state()
        for name, value in fields.items():
            setattr(state, name, value)
        _CONTROL.pack_into(
            self._page,
            0,
            state.cut,
            state.lies,
            state.full,
            state.call,
            state.where,
            state.error,
            state.countdown,
            state.fired,
            state.shift,
        )


def _killed(postgres: EmbeddedPostgres) -> list[int]:
    """Kill what is left of Postgres, and return what was."""
    left = postgres._workers()
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return left


def _entries(log: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Offset, size of the file and bytes that stood there, of each write in order; a torn last entry never was."""
    at = 0
    while at + _BEFORE.size <= len(log):
        offset, size, kept = _BEFORE.unpack_from(log, at)
        at += _BEFORE.size
        if at + kept > len(log):
            return
        yield offset, size, log[at : at + kept]
        at += kept


def _put_back(path: Path, entries: list[tuple[int, int, bytes]], chance: Random) -> None:
    """Undo writes from the last to the first; now and then one reached the disk, and then the file stays as long."""
    survive = chance.choice((0.0, 0.0, 0.3, 0.9))
    whole = True
    with path.open("r+b") as file:
        for offset, size, kept in reversed(entries):
            if chance.random() < survive:
                whole = False
                continue
            file.seek(offset)
            file.write(kept)
            if whole:
                file.truncate(size)
