"""`coi serve` on both wires, as a program: where it listens, what is said when it cannot, and how it stops."""

import re
import signal
import socket
import subprocess

import pytest
from click.testing import CliRunner

from services.cli import main
from tests.cli.conftest import COI, Demo, environment
from tests.services.posts import Poster


@pytest.mark.slow
def test_the_same_ledger_is_asked_over_http_when_an_address_is_given(demo: Demo) -> None:
    command = [COI, "serve", "--data", str(demo.folder), "--port", "0", "--http", "127.0.0.1:0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment()) as server:
        assert server.stderr is not None
        said = [server.stderr.readline() for _ in range(2)]
        try:
            found = re.search(r"over HTTP and JSON on http://(\S+)$", "".join(said).rstrip())
            assert found is not None, said
            told = Poster(found.group(1)).post("GetLedger", {}).json()
        finally:
            server.send_signal(signal.SIGTERM)
            rest = server.stderr.read()
        assert (server.wait(timeout=30), rest.splitlines()[-1:]) == (0, ["stopped"])
    assert (told["root"], told["size"]) != ("", "0")
    assert int(told["size"]) == demo.told["position"]


def test_an_address_that_is_taken_is_named_with_the_way_out(demo: Demo) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        command = [COI, "serve", "--data", str(demo.folder), "--port", "0", "--http", address]
        done = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=60, check=False)
    assert (done.returncode, done.stderr.splitlines()[-1:]) == (
        2,
        [f"coi: cannot listen on {address}: give another --http, or port 0 for any free one"],
    )


def test_an_address_that_is_none_is_named() -> None:
    result = CliRunner().invoke(main, ["serve", "--http", "8401"])
    assert (result.exit_code, result.stderr) == (
        2,
        "coi: --http is '8401': give HOST:PORT, such as 127.0.0.1:8401 or [::1]:8401\n",
    )
