"""The service config that clients of any language load: which time and retries each method gets, and that it works."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from coi_client.contract import METHODS
from ledger.domain.receipt import Overloaded, Unavailable
from services.interceptors import deadlines
from services.interceptors.lasting import converses, listens
from services.mapping.listening import LONGEST_WAIT
from services.server import ServerThread, Terms
from tests.house.tree import ROOT
from tests.services.calls import Caller, ended
from tests.services.fakes import FakeLedger
from tests.services.test_guard import until
from tests.support import samples

TEXT = (ROOT / "protos" / "service_config.json").read_text("utf-8")
CONFIG = json.loads(TEXT)
ARGUMENTS = tuple(CONFIG["channelArguments"].items())
UNPROBED = Terms(probe=3600)
"""The errors that a test puts into the ledger are for its calls, not for the probe of the health."""
GROWING = ("maxAttempts", "initialBackoff", "maxBackoff", "backoffMultiplier")


def config_of(path: str) -> dict[str, Any]:
    """What applies to a method, by gRPC's rule: its own entry, else its service's, else the entry without a name."""
    service, method = path.removeprefix("/").split("/")
    by_name = {
        (name.get("service"), name.get("method")): entry for entry in CONFIG["methodConfig"] for name in entry["name"]
    }
    for wanted in ((service, method), (service, None)):
        if wanted in by_name:
            return dict(by_name[wanted])
    return dict(by_name[None, None])


def seconds(text: str) -> float:
    """A duration as ProtoJSON writes it."""
    assert text.endswith("s")
    return float(text.removesuffix("s"))


@pytest.fixture
def caller(ledger: FakeLedger) -> Iterator[Caller]:
    """A program that loads the file as it stands, and nothing else."""
    with ServerThread(ledger, terms=UNPROBED) as server:
        options = (("grpc.service_config", TEXT), *ARGUMENTS)
        with grpc.insecure_channel(server.address, options=options) as channel:
            yield Caller(channel)


def lasts(path: str) -> bool:
    """The server ends it by another time than that of calls."""
    return listens(path) or converses(path)


def policy_of(rpc: str) -> dict[str, Any]:
    """How a method is tried again; checked for what holds of every method."""
    policy: dict[str, Any] = config_of(METHODS[rpc].path)["retryPolicy"]
    assert policy["retryableStatusCodes"] == ["UNAVAILABLE", "CANCELLED"], (
        "a server that stops drops a call with the second"
    )
    assert set(policy) == {*GROWING, "retryableStatusCodes"}
    assert policy["maxAttempts"] in {2, 3, 4, 5}, "gRPC takes no more than five"
    assert 0 < seconds(policy["initialBackoff"]) < seconds(policy["maxBackoff"])
    return policy


@pytest.mark.parametrize("rpc", [rpc for rpc in METHODS if not lasts(METHODS[rpc].path)])
def test_every_method_has_a_time_within_the_server_s_and_retries_what_a_server_did_not_answer(rpc: str) -> None:
    found = config_of(METHODS[rpc].path)
    longest = deadlines.LONGEST if METHODS[rpc].streams else deadlines.MISSING
    assert seconds(found["timeout"]) == longest
    assert seconds(policy_of(rpc)["maxBackoff"]) < longest


@pytest.mark.parametrize("rpc", [rpc for rpc in METHODS if listens(METHODS[rpc].path)])
def test_a_method_that_listens_has_more_time_than_it_waits_and_a_stream_that_stays_open_has_no_end(rpc: str) -> None:
    found = config_of(METHODS[rpc].path)
    policy_of(rpc)
    if METHODS[rpc].streams:
        assert "timeout" not in found
    else:
        assert seconds(found["timeout"]) == LONGEST_WAIT + deadlines.MISSING


def test_a_stream_of_facts_has_no_end_and_is_opened_again_by_whoever_knows_what_was_not_answered() -> None:
    (rpc,) = (rpc for rpc in METHODS if converses(METHODS[rpc].path))
    assert set(config_of(METHODS[rpc].path)) == {"name"}


def test_every_method_that_is_named_is_there() -> None:
    health = {("grpc.health.v1.Health", "Watch")}
    ours = {tuple(method.path.removeprefix("/").split("/")) for method in METHODS.values()}
    named = [(one["service"], one["method"]) for entry in CONFIG["methodConfig"] for one in entry["name"] if one]
    assert set(named) <= health | ours
    assert len(named) == len(set(named))


def test_a_ledger_that_was_unavailable_is_tried_again_with_the_same_request(caller: Caller, ledger: FakeLedger) -> None:
    ledger.failing = [Unavailable("x"), Unavailable("x")]
    assert caller.record(samples.request("DonorIdentified")).position == 1
    assert (ledger.failing, len(ledger.stored)) == ([], 1)


def test_without_the_file_nothing_is_tried_again(ledger: FakeLedger) -> None:
    with ServerThread(ledger, terms=UNPROBED) as server, grpc.insecure_channel(server.address) as channel:
        ledger.failing = [Unavailable("x")]
        with pytest.raises(grpc.RpcError) as caught:
            Caller(channel).record(samples.request("DonorIdentified"))
    assert ended(caught.value)[0] is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize(
    ("error", "code"),
    [(Overloaded(0.1), grpc.StatusCode.RESOURCE_EXHAUSTED), (ValueError("x"), grpc.StatusCode.INTERNAL)],
)
def test_nothing_else_is_tried_again_by_the_channel(
    caller: Caller, ledger: FakeLedger, error: Exception, code: grpc.StatusCode
) -> None:
    ledger.failing = [error, error]
    with pytest.raises(grpc.RpcError) as caught:
        caller.record(samples.request("DonorIdentified"))
    assert ended(caught.value)[0] is code
    assert len(ledger.failing) == 1


def test_a_ledger_that_stays_away_is_given_up_after_the_last_attempt(caller: Caller, ledger: FakeLedger) -> None:
    ledger.failing = [Unavailable("x") for _ in range(9)]
    with pytest.raises(grpc.RpcError) as caught:
        caller.record(samples.request("DonorIdentified"))
    assert ended(caught.value)[0] is grpc.StatusCode.UNAVAILABLE
    assert len(ledger.failing) == 9 - config_of(METHODS["RecordDonorIdentified"].path)["retryPolicy"]["maxAttempts"]


@pytest.mark.slow
def test_the_time_of_a_method_ends_a_call_that_set_none(ledger: FakeLedger) -> None:
    # A channel of grpcio is up to two seconds early (grpc/grpc issue 34547), so no time in the file may be short.
    go_on = threading.Event()
    ledger.committing = lambda: go_on.wait(9)
    options = [("grpc.service_config", TEXT.replace('"10s"', '"4s"'))]
    with ServerThread(ledger, terms=UNPROBED) as server:
        with grpc.insecure_channel(server.address, options=options) as channel:
            started = time.monotonic()
            with pytest.raises(grpc.RpcError) as caught:
                Caller(channel).record(samples.request("DonorIdentified"), timeout=None)
            assert ended(caught.value)[0] is grpc.StatusCode.DEADLINE_EXCEEDED
            assert 1 < time.monotonic() - started < 5
        go_on.set()
        until(lambda: len(ledger.stored) == 1)
