"""Container file, compose file and units name only what is there: files, commands, options, settings."""

import re
import shutil
import subprocess
from dataclasses import fields

import pytest
from click.testing import CliRunner

from services.cli import main
from services.settings import Settings
from tests.house.tree import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("coi-*.*"))
WRITTEN = [path for path in sorted(DEPLOY.rglob("*")) if path.is_file()]
KNOWN = {f"COI_{field.name.upper()}" for field in fields(Settings)}
OTHERS = {"COI_BACKUPS", *(f"COI_{role}_PASSWORD" for role in ("SUPERUSER", "OWNER", "WRITER", "BACKUP"))}
"""Names of our files' own, which the program does not read."""


def unit(name: str) -> dict[str, list[str]]:
    """Every key of a unit with its values."""
    found: dict[str, list[str]] = {}
    for line in (DEPLOY / "systemd" / name).read_text().splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


def test_everything_that_the_image_copies_is_there() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (DEPLOY / "Containerfile").read_text(), re.MULTILINE)
    named = [ROOT / name for line in copied for name in line.split()]
    assert len(named) > 8
    assert [path for path in named if not path.exists()] == []


def test_the_image_installs_by_hash_runs_as_nobody_special_and_is_asked_whether_it_lives() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    assert text.count("--require-hashes") == 1
    assert re.findall(r"^USER (.+)$", text, re.MULTILINE) == ["10001"]
    assert "127.0.0.1:9464/livez" in text


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.relative_to(DEPLOY).as_posix())
def test_every_setting_that_is_named_is_read(path: object) -> None:
    assert isinstance(path, type(DEPLOY))
    named = set(re.findall(r"\bCOI_[A-Z_]+\b", path.read_text(encoding="utf-8")))
    assert named - KNOWN - OTHERS == set()


@pytest.mark.parametrize("service", ["coi-ledger.service", "coi-wal.service", "coi-backup.service"])
def test_a_unit_runs_a_command_with_options_that_it_has(service: str) -> None:
    (told,) = unit(service)["ExecStart"]
    program, command, *words = told.split()
    assert program == "/opt/coi/bin/coi"
    told = CliRunner().invoke(main, [command, "--help"]).output
    assert [word for word in words if word.startswith("--") and word not in told] == []


@pytest.mark.parametrize("service", ["coi-ledger.service", "coi-wal.service", "coi-backup.service"])
def test_a_unit_may_do_no_more_than_it_needs(service: str) -> None:
    found = unit(service)
    assert (found["NoNewPrivileges"], found["ProtectSystem"], found["CapabilityBoundingSet"]) == (
        ["yes"],
        ["strict"],
        [""],
    )
    assert found["User"] != ["root"]


def test_a_server_has_longer_to_stop_than_it_takes() -> None:
    assert unit("coi-ledger.service")["TimeoutStopSec"] == ["90"]


def test_systemd_itself_reads_every_unit() -> None:
    tool = shutil.which("systemd-analyze")
    assert UNITS != []
    if tool is None:
        assert all(path.read_text().startswith("[Unit]\n") for path in UNITS)
        return
    done = subprocess.run(
        [tool, "verify", "--man=no", *map(str, UNITS)], capture_output=True, text=True, check=False, timeout=60
    )
    said = [line for line in done.stderr.splitlines() if "is not executable" not in line and "not found" not in line]
    assert [line for line in said if "/deploy/systemd/" in line] == []
