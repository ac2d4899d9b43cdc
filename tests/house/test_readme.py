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
from tests.support.written_examples import says

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


def run(command: list[str], folder: Path, code: int = 0) -> str:
    """Runs an example; it must end with this code."""
    environment = {**os.environ, "PATH": f"{TOOLS}:{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == code, done.stderr
    return done.stdout


def test_the_python_example_records_a_fact(server: ServerThread, tmp_path: Path) -> None:
    recording, *_ = blocks("python")
    assert (
        run([sys.executable, "-c", recording.replace(ADDRESS, server.address)], tmp_path) == "recorded at position 1\n"
    )


def test_the_python_example_of_a_listener_hears_of_a_fact_once(server: ServerThread, tmp_path: Path) -> None:
    recording, _, following = (example.replace(ADDRESS, server.address) for example in blocks("python"))
    run([sys.executable, "-c", recording], tmp_path)
    assert run([sys.executable, "-c", following], tmp_path) == "1 ConsentWithdrawn\n"
    assert run([sys.executable, "-c", following], tmp_path) == ""


def test_the_second_python_example_records_a_batch_and_what_a_device_built(
    server: ServerThread, tmp_path: Path
) -> None:
    content = samples.of("ConsentWithdrawn", minimal=True)
    device = tmp_path / "device" / f"{json.loads(content)['id']}.json"
    device.parent.mkdir()
    device.write_bytes(content)
    recording, more, _ = (example.replace(ADDRESS, server.address) for example in blocks("python"))
    first, second, *result = run([sys.executable, "-c", f"{recording}\n{more}"], tmp_path).splitlines()
    assert (first, second) == ("recorded at position 1", "recorded together at [2]")
    assert "position: 3" in result


@pytest.mark.parametrize(("number", "tool"), [(0, "buf curl"), (1, "curl")])
def test_the_shell_examples_record_a_fact_with_nothing_of_ours(server: ServerThread, number: int, tool: str) -> None:
    examples = blocks("sh")
    assert len(examples) == 2
    example = examples[number].replace(ADDRESS, server.address).replace(HTTP, server.http)
    assert example.startswith(tool)
    assert '"RECEIPT_STATE_RECORDED"' in run(["sh", "-c", example], ROOT)


def test_the_node_example_records_a_fact_from_the_proto_files_alone(server: ServerThread) -> None:
    (example,) = blocks("js")
    command = ["node", "--input-type=module", "--eval", example.replace(ADDRESS, server.address)]
    assert run(command, ROOT / "clients" / "node") == "recorded at position 1\n"


def test_the_node_client_is_refused_as_the_readme_shows(server: ServerThread) -> None:
    example, _judged_again = blocks("console")
    command, said = example.removeprefix("$ ").split("\n", 1)
    assert says(said, run(["sh", "-c", command.replace(ADDRESS, server.address)], ROOT, code=1))
