"""The examples of the README run as they stand, against a server of ours."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger import api
from services.server import ServerThread
from tests.house.tree import ROOT, TOOLS
from tests.support import samples

ADDRESS = "127.0.0.1:50051"


def blocks(language: str) -> list[str]:
    """The fenced examples in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture
def address() -> Iterator[str]:
    """A server on an empty ledger."""
    ledger = api.in_memory(clock=lambda: datetime.now(UTC))
    try:
        with ServerThread(ledger) as server:
            yield server.address
    finally:
        ledger.close()


def run(command: list[str], folder: Path) -> str:
    """Runs an example; it must not fail."""
    environment = {**os.environ, "PATH": f"{TOOLS}:{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_python_example_records_a_fact(address: str, tmp_path: Path) -> None:
    example, _ = blocks("python")
    assert run([sys.executable, "-c", example.replace(ADDRESS, address)], tmp_path) == "recorded at position 1\n"


def test_the_second_python_example_records_a_batch_and_what_a_device_built(address: str, tmp_path: Path) -> None:
    content = samples.of("ConsentWithdrawn", minimal=True)
    device = tmp_path / "device" / f"{json.loads(content)['id']}.json"
    device.parent.mkdir()
    device.write_bytes(content)
    program = "\n".join(blocks("python")).replace(ADDRESS, address)
    first, second, *result = run([sys.executable, "-c", program], tmp_path).splitlines()
    assert (first, second) == ("recorded at position 1", "recorded together at [2]")
    assert "position: 3" in result


def test_the_shell_example_records_a_fact_from_the_proto_files_alone(address: str) -> None:
    (example,) = blocks("sh")
    assert '"RECEIPT_STATE_RECORDED"' in run(["sh", "-c", example.replace(ADDRESS, address)], ROOT)
