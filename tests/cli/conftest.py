"""The store that one `coi demo --keep` leaves, and a server on it: made once for all tests that read it."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

COI = str(Path(sys.executable).with_name("coi"))


class Demo(NamedTuple):
    """What a demonstration left: its folder, what it said, what it wrote for programs."""

    folder: Path
    said: str
    told: dict[str, Any]


def environment() -> dict[str, str]:
    """The environment of a narrow terminal without settings."""
    mine = os.environ
    kept = {name: value for name, value in mine.items() if not name.startswith("COI_")}
    return {**kept, "COLUMNS": "80", "NO_COLOR": "1"}


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Runs the demonstration, keeping its store."""
    folder = tmp_path_factory.mktemp("demo") / "kept"
    done = subprocess.run(
        [COI, "demo", "--json", "--keep", str(folder)],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Demo(folder, done.stderr, json.loads(done.stdout))


@pytest.fixture(scope="session")
def served(demo: Demo) -> Iterator[str]:
    """Serves that store and gives the address; told to stop, it must stop well."""
    command = [COI, "serve", "--data", str(demo.folder), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment()) as server:
        assert server.stderr is not None
        line = server.stderr.readline()
        found = re.search(r"serving on (\S+),", line)
        try:
            assert found is not None, line + server.stderr.read()
            yield found.group(1)
        finally:
            server.send_signal(signal.SIGTERM)
            rest = server.stderr.read()
        assert (server.wait(timeout=30), rest.splitlines()[-1:]) == (0, ["stopped"])
