"""`coi serve` on both wires, as a program: where it listens, what is said when it cannot, and how it stops."""

import json
import re
import signal
import socket
import subprocess
import urllib.request

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


@pytest.mark.slow
def test_an_operator_asks_the_program_for_figures_and_health(demo: Demo) -> None:
    command = [COI, "serve", "--data", str(demo.folder), "--port", "0", "--metrics", "127.0.0.1:0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment()) as server:
        assert server.stderr is not None
        try:
            said = [server.stderr.readline() for _ in range(2)][-1]
            assert said.startswith("metrics and health on "), said
            address = said.split()[4].removesuffix("/metrics,")
            with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:  # noqa: S310 - the address is ours
                ready = answer.read().decode()
            with urllib.request.urlopen(f"{address}/metrics", timeout=5) as answer:  # noqa: S310 - the same
                figures = answer.read().decode()
        finally:
            server.send_signal(signal.SIGTERM)
            server.stderr.read()
        assert server.wait(timeout=30) == 0
    assert ready == f"serving, {demo.told['position']} facts\n"
    assert f"coi_log_position {float(demo.told['position'])}\n" in figures


def test_a_server_of_an_unsafe_store_says_why_it_records_nothing(demo: Demo) -> None:
    command = [COI, "serve", "--data", str(demo.folder), "--port", "0", "--standbys", "1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment()) as server:
        assert server.stderr is not None
        told = json.loads(server.stderr.readline())
        server.send_signal(signal.SIGTERM)
        server.stderr.read()
        assert server.wait(timeout=30) == 0
    assert (told["event"], told["kind"]) == ("not serving", "unfit")
    assert told["reason"].startswith("synchronous_standby_names is '': make 1 confirm each commit")


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
