"""Faults that need a machine of one's own: a file system that is shut down under Postgres, calls that a tracer fails.

They show with the kernel's own means what `disk.c` shows without any privilege. The campaign plays them where it can,
and says why where it cannot.
"""

import errno
import fcntl
import os
import shutil
import signal
import struct
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Final

from ledger.postgres.launcher import EmbeddedPostgres, find_binaries
from tests.faults.broken import EARLY, UNFIT
from tests.faults.disk_faults import _checkpoint
from tests.faults.fault import Fault
from tests.faults.scene import SETTINGS, Scene, template
from tests.support.waiting import until

_SHUTDOWN: Final = 0x8004587D
_LOSE_THE_LOG: Final = struct.pack("I", 2)
_SIZE: Final = 512 * 1024 * 1024


class Mounted(Scene):
    """Postgres stands on a file system of its own, in a file."""

    def _postgres(self) -> EmbeddedPostgres:
        self._image, self._at = self.folder / "disk.img", self.folder / "pg" / "postgres"
        self._at.mkdir(parents=True)
        with self._image.open("wb") as file:
            file.truncate(_SIZE)
        _do("mkfs.ext4", "-q", "-F", str(self._image))
        self._mount()
        made = EmbeddedPostgres(self._at.parent, settings=(*SETTINGS, *self.cast.settings))
        self._at.chmod(0o700)
        shutil.copytree(template(), made.data, dirs_exist_ok=True)
        os.sync()
        return made

    def _mount(self) -> None:
        _do("mount", "-o", "loop", str(self._image), str(self._at))

    @contextmanager
    def over(self) -> Iterator[None]:
        """And take it away."""
        try:
            with super().over():
                yield
        finally:
            subprocess.run(["umount", "-l", str(self._at)], check=False, capture_output=True)

    def cut_power(self) -> None:
        """Shut the file system down as it is, without its journal's last words, and mount it again."""
        where = os.open(self._at, os.O_RDONLY)
        fcntl.ioctl(where, _SHUTDOWN, _LOSE_THE_LOG)
        os.close(where)
        assert self.postgres._process is not None
        self.postgres._process.kill()
        self.postgres._process.wait()
        for pid in self.postgres._workers():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        until(lambda: subprocess.run(["umount", str(self._at)], check=False, capture_output=True).returncode == 0, 20)
        self._mount()

    def fill(self) -> Path:
        """Take all the room that is left."""
        ballast = self._at / "ballast"
        with suppress(OSError), ballast.open("wb") as file:
            while True:
                file.write(bytes(1 << 16))
                file.flush()
        return ballast


class Traced(Scene):
    """Postgres runs under a tracer, which lets calls fail."""

    def _postgres(self) -> EmbeddedPostgres:
        made = super()._postgres()
        self._plan = self.folder / "plan"
        self._plan.write_text("")
        binaries = self.folder / "bin"
        binaries.mkdir()
        wrapped = binaries / "postgres"
        self._told = self.folder / "traced"
        tracer = f'strace -D -f -qq --seccomp-bpf -A -o "{self._told}" -e trace=none $(cat "{self._plan}")'
        wrapped.write_text(f'#!/bin/sh\nexec {tracer} "{find_binaries()[0]}/postgres" "$@"\n')
        wrapped.chmod(0o755)
        made._binaries = binaries
        return made

    def plan(self, call: str, how: str, number: int) -> None:
        """What the tracer does from the next start on."""
        self._plan.write_text(f"-e trace={call} -e inject={call}:{how}:when={number}")

    def failed(self) -> int:
        """How many calls the tracer let fail."""
        return self._told.read_text(errors="replace").count("(INJECTED)") if self._told.exists() else 0

    def no_plan(self) -> None:
        """Nothing any more."""
        self._plan.write_text("")


def _do(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


def shut_down(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """The file system under Postgres is shut down at work."""
    assert isinstance(scene, Mounted)
    for _ in range(times):
        scene.work()
        scene.cut_power()
        scene.revive_postgres()
    return ()


def no_room(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """The file system is full for a while, and has room again."""
    assert isinstance(scene, Mounted)
    for _ in range(times):
        scene.work()
        ballast = scene.fill()
        time.sleep(chance.uniform(0.3, 1.0))
        ballast.unlink()
        scene.work()
    return ()


_CALLS: Final = ("pwrite64", "fdatasync", "fsync", "openat", "rename")
_HOWS: Final = (f"error={errno.errorcode[errno.EIO]}", f"error={errno.errorcode[errno.ENOSPC]}", "signal=SIGKILL")


def traced(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """The n-th call of a kind fails in every process of Postgres from its start on; then it is started without."""
    assert isinstance(scene, Traced)
    for _ in range(times):
        scene.work()
        scene.plan(chance.choice(_CALLS), chance.choice(_HOWS), chance.randint(1, 60))
        scene.end_postgres()
        with suppress(Exception):  # it may not even start; that is what happens then
            scene.revive_postgres()
            _checkpoint(scene)
            time.sleep(0.5)
        scene.no_plan()
        scene.end_postgres()
        until(lambda: not scene.postgres._workers(), 30)
        scene.revive_postgres()
    scene.happened = scene.failed()
    return () if scene.happened else ["the tracer let no call fail"]


def no_mount() -> str:
    """Why a file system cannot be mounted here."""
    if os.geteuid() != 0:
        return "only root mounts file systems"
    for program in ("mkfs.ext4", "mount", "umount"):
        if shutil.which(program) is None:
            return f"{program} is missing"
    told = subprocess.run(["losetup", "-f"], capture_output=True, text=True, check=False)
    return "" if told.returncode == 0 else f"no loop device: {told.stderr.strip()}"


def no_tracer() -> str:
    """Why calls cannot be traced here."""
    if shutil.which("strace") is None:
        return "strace is missing"
    told = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False)
    return "" if told.returncode == 0 else f"strace may not trace: {told.stderr.strip()[:200]}"


PRIVILEGED: Final = (
    Fault(
        number="T22",
        name="the file system is shut down",
        play=shut_down,
        times=5,
        twins={UNFIT: 3, EARLY: 3},
        stage=Mounted,
        hindered=no_mount,
    ),
    Fault(
        number="T26",
        name="the file system is full",
        play=no_room,
        times=4,
        twins={EARLY: 3},
        stage=Mounted,
        hindered=no_mount,
        release=100,
    ),
    Fault(
        number="T23",
        name="the kernel fails a call",
        play=traced,
        times=6,
        twins={EARLY: 3},
        stage=Traced,
        hindered=no_tracer,
    ),
)
