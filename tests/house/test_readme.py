"""The examples of the README run as they stand, against a server of ours."""

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

ADDRESS = "127.0.0.1:50051"
HTTP = "127.0.0.1:8401"


def blocks(language: str) -> list[str]:
    """The fenced examples in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture
def server() -> Iterator[ServerThread]:
    """A server of both wires on an empty ledger."""
    ledger = api.in_memory(clock=lambda: datetime.now(UTC))
    try:
        with ServerThread(ledger, http="127.0.0.1:0") as running:
            yield running
    finally:
        ledger.close()


def run(command: list[str], folder: Path) -> str:
    """Runs an example; it must not fail."""
    environment = {**os.environ, "PATH": f"{TOOLS}:{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_python_example_records_a_fact(server: ServerThread, tmp_path: Path) -> None:
    (example,) = blocks("python")
    assert run([sys.executable, "-c", example.replace(ADDRESS, server.address)], tmp_path) == "recorded at position 1\n"


@pytest.mark.parametrize(("number", "tool"), [(0, "buf curl"), (1, "curl")])
def test_the_shell_examples_record_a_fact_with_nothing_of_ours(server: ServerThread, number: int, tool: str) -> None:
    examples = blocks("sh")
    assert len(examples) == 2
    example = examples[number].replace(ADDRESS, server.address).replace(HTTP, server.http)
    assert example.startswith(tool)
    assert '"RECEIPT_STATE_RECORDED"' in run(["sh", "-c", example], ROOT)
