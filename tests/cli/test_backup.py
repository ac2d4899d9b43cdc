"""`coi backup` and `coi restore`: what comes back is what was recorded, up to where it was asked, and is verified."""

import json
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest

from ledger import api
from ledger.operating import running
from ledger.postgres.backup import BackupError, tools
from ledger.postgres.restore import unreplayed
from tests.cli.conftest import COI, environment
from tests.support import world
from tests.support.waiting import until

pytestmark = pytest.mark.slow

STREAMED = "select sent_lsn = pg_current_wal_lsn() from pg_stat_replication"
PART = 5
"""Facts recorded before the base backup, after it, and after the moment that is restored."""


class Scene(NamedTuple):
    """A store with three parts, and its backups.

    Attributes:
        backups: base backup after the first part, and all that was recorded since.
        base: the base backup.
        told: what `coi backup --json` said of it.
        moment: after the second part.
        roots: by size.
    """

    backups: Path
    base: Path
    told: dict[str, Any]
    moment: datetime
    roots: dict[int, str]


def coi(*words: object) -> "subprocess.CompletedProcess[str]":
    """Runs the program."""
    return subprocess.run(
        [COI, *map(str, words)], capture_output=True, text=True, env=environment(), timeout=120, check=False
    )


def recorded(dsn: str, roots: dict[int, str]) -> None:
    """Records a part, and notes the root after each fact."""
    ledger = api.connect(dsn, clock=lambda: datetime.now(UTC))
    for _ in range(PART):
        ledger.submit(world.organisation()).result(10)
        info = ledger.info()
        roots[info.size] = info.root.hex()
    ledger.close()


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder, backups = tmp_path_factory.mktemp("store"), tmp_path_factory.mktemp("backups")
    roots: dict[int, str] = {}
    following = [COI, "backup", "--to", str(backups), "--data", str(folder), "--follow"]
    with (
        api.embedded(folder) as dsn,
        running(folder) as server,
        subprocess.Popen(following, stdout=subprocess.PIPE, text=True, env=environment()) as stream,
    ):
        assert stream.stdout is not None
        assert stream.stdout.readline() == f"streaming into {backups}/wal\n"
        recorded(dsn, roots)
        told = json.loads(coi("backup", "--to", backups, "--data", folder, "--json").stdout)
        recorded(dsn, roots)
        time.sleep(0.2)
        moment = datetime.now(UTC)
        with psycopg.connect(server.dsn(), autocommit=True) as owner:
            owner.execute("select pg_terminate_backend(pid) from pg_stat_replication")
        assert stream.stdout.readline() == f"streaming into {backups}/wal again\n"
        recorded(dsn, roots)
        with psycopg.connect(server.dsn(), autocommit=True) as owner:
            until(lambda: owner.execute(STREAMED).fetchone() == (True,))
        stream.send_signal(signal.SIGTERM)
        assert stream.wait(timeout=30) == 0
    yield Scene(backups, Path(told["folder"]), told, moment, roots)
    shutil.rmtree(backups, ignore_errors=True)


def restored(scene: Scene, data: Path, *words: object) -> dict[str, Any]:
    """Restores, and gives what was said to programs."""
    done = coi("restore", "--from", scene.backups, "--data", data, "--json", *words)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_a_base_backup_says_what_it_holds(scene: Scene) -> None:
    assert (scene.told["position"], scene.told["root"]) == (PART, scene.roots[PART])
    assert scene.base.parent == scene.backups
    assert re.fullmatch(r"\d{8}T\d{6}Z", scene.base.name)


def test_everything_that_was_recorded_comes_back_and_is_served_again(scene: Scene, tmp_path: Path) -> None:
    told = restored(scene, tmp_path / "new")
    assert (told["position"], told["root"], told["findings"]) == (3 * PART, scene.roots[3 * PART], [])
    assert told["seconds"]["total"] == pytest.approx(sum(told["seconds"].values()) / 2, abs=0.01)
    with api.embedded(tmp_path / "new") as dsn:
        roots: dict[int, str] = {}
        recorded(dsn, roots)
    assert sorted(roots) == list(range(3 * PART + 1, 4 * PART + 1))


def test_what_was_recorded_after_a_moment_is_left_out(scene: Scene, tmp_path: Path) -> None:
    told = restored(scene, tmp_path / "new", "--until", scene.moment.isoformat())
    assert (told["position"], told["root"]) == (2 * PART, scene.roots[2 * PART])


def test_what_was_recorded_after_a_position_is_left_out(scene: Scene, tmp_path: Path) -> None:
    told = restored(scene, tmp_path / "new", "--until", PART + 2)
    assert (told["position"], told["root"]) == (PART + 2, scene.roots[PART + 2])


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("99", "position 99 is not in this backup, which ends at 15"),
        ("1", "every base backup in .* is newer than position 1"),
        ("2020-01-01", "every base backup in .* is newer than 2020-01-02T"),
        ("2999-01-01", "the log that was kept ends before 2999-01-02T.*: leave --until out"),
    ],
)
def test_what_cannot_be_reached_is_said_with_the_way_out(scene: Scene, tmp_path: Path, target: str, said: str) -> None:
    done = coi("restore", "--from", scene.backups, "--data", tmp_path / "new", "--until", target)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.search(f"^coi: {said}", done.stderr), done.stderr
    assert not (tmp_path / "new" / "postgres").exists()


def copied(scene: Scene, tmp_path: Path) -> Scene:
    """The backups once more, to be spoiled."""
    shutil.copytree(scene.backups, tmp_path / "copy")
    return scene._replace(backups=tmp_path / "copy", base=tmp_path / "copy" / scene.base.name)


def test_a_base_backup_of_which_a_byte_changed_is_refused(scene: Scene, tmp_path: Path) -> None:
    spoiled = copied(scene, tmp_path)
    files = (path for path in (spoiled.base / "base" / "base").rglob("*") if path.is_file())
    file = max(files, key=lambda path: path.stat().st_size)
    with file.open("r+b") as opened:
        opened.seek(100)
        opened.write(b"\xff\x00\xff")
    done = coi("restore", "--from", spoiled.backups, "--data", tmp_path / "new")
    assert done.returncode == 2
    assert "is not what was backed up" in done.stderr


def test_a_log_with_a_hole_is_a_finding(scene: Scene, tmp_path: Path) -> None:
    segments = sorted(path.name for path in (scene.backups / "wal").iterdir())
    spoiled = copied(scene, tmp_path)
    last = segments[-1].partition(".")[0]
    beyond = f"{last[:16]}{int(last[16:], 16) + 3:08X}"
    (spoiled.backups / "wal" / beyond).write_bytes(b"")
    done = coi("restore", "--from", spoiled.backups, "--data", tmp_path / "new")
    assert done.returncode == 1
    assert f"NOT as it was: the log was kept up to {beyond}" in done.stdout
    assert (tmp_path / "new" / "restoring" / "postgres").exists()
    assert not (tmp_path / "new" / "postgres").exists()


def test_a_backup_of_another_log_is_a_finding(scene: Scene, tmp_path: Path) -> None:
    spoiled = copied(scene, tmp_path)
    note = spoiled.base / "backup.json"
    note.write_text(json.dumps({**json.loads(note.read_text()), "root": "00" * 32}))
    done = coi("restore", "--from", spoiled.backups, "--data", tmp_path / "new")
    assert done.returncode == 1
    assert f"NOT as it was: at position {PART} the log is not the one that was backed up" in done.stdout


def test_a_store_is_never_written_over(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    done = coi("restore", "--from", scene.backups, "--data", tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        f"coi: {tmp_path} holds a store already: give another --data DIR\n",
    )


def test_a_folder_without_backups_is_named(tmp_path: Path) -> None:
    done = coi("restore", "--from", tmp_path, "--data", tmp_path / "new")
    assert (done.returncode, done.stderr) == (
        2,
        f"coi: there is no base backup in {tmp_path}: take one with `coi backup --to {tmp_path}`\n",
    )


def test_a_backup_of_no_store_makes_none(tmp_path: Path) -> None:
    done = coi("backup", "--to", tmp_path / "backups", "--data", tmp_path / "none")
    assert done.returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_a_tool_that_is_not_here_is_named() -> None:
    with pytest.raises(BackupError, match="no pg_basebackup of Postgres 99 or newer here"):
        tools("99", "pg_basebackup")


@pytest.mark.parametrize(
    ("kept", "replayed", "missed"),
    [
        ([], "", ""),
        (["000000010000000000000004"], "000000010000000000000004", ""),
        (["000000010000000000000004", "000000010000000000000005.partial"], "000000010000000000000004", ""),
        (["000000010000000000000006"], "000000010000000000000004", "000000010000000000000006"),
        (["000000010000000100000000"], "0000000200000000000000FF", ""),
    ],
)
def test_a_hole_is_seen_by_the_segments(tmp_path: Path, kept: list[str], replayed: str, missed: str) -> None:
    (tmp_path / "wal").mkdir()
    for name in kept:
        (tmp_path / "wal" / name).touch()
    assert unreplayed(tmp_path, replayed) == missed
