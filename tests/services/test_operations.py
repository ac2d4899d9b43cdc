"""What an operator's instruments are told: metrics without identity, and health that is true."""

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client.parser import text_string_to_metric_families

from coi.ledger.v1.feed_pb2 import FollowRequest
from ledger.api import Hold, Ledger
from ledger.domain.receipt import AppendsHeld
from ledger.store.memory_log import MemoryLog
from services.operations.health import Health
from services.operations.listener import STOOD_STILL
from services.server import ServerThread, Terms
from tests.services.calls import Caller, ended
from tests.services.fakes import FakeLedger
from tests.services.test_guard import until
from tests.support import samples
from tests.support.wire import AnyMessage

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
UNSAFE = Hold("unfit", "fsync is off: set it on and reload: an acknowledged fact could be lost")


class Told(NamedTuple):
    """An answer of the operator's listener."""

    status: int
    text: str


def get(server: ServerThread, path: str, method: str = "GET") -> Told:
    """Asks the operator's listener."""
    request = urllib.request.Request(f"http://{server.metrics}{path}", method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - the address is ours
            return Told(answer.status, answer.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Told(error.code, error.read().decode())


def samples_of(server: ServerThread) -> dict[tuple[str, ...], float]:
    """Every sample by its name and label values, but what the process and its Python say of themselves."""
    families = text_string_to_metric_families(get(server, "/metrics").text)
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in families
        if family.name.startswith("coi_")
        for sample in family.samples
    }


@pytest.fixture
def watched(ledger: FakeLedger, terms: Terms) -> Iterator[ServerThread]:
    """A server with an operator's listener, on a ledger that a test can hold."""
    with ServerThread(ledger, metrics="127.0.0.1:0", terms=terms) as server:
        yield server


def health(server: ServerThread) -> AnyMessage:
    """What the server says over gRPC."""
    with grpc.insecure_channel(server.address) as channel:
        stub: AnyMessage = health_pb2_grpc.HealthStub(channel)
        return stub.Check(health_pb2.HealthCheckRequest(), timeout=2).status


def test_a_hold_is_told_on_every_wire_until_it_is_over(watched: ServerThread, ledger: FakeLedger) -> None:
    assert get(watched, "/readyz") == (200, "serving, 0 facts\n")
    ledger.held = UNSAFE
    until(lambda: bool(health(watched) == NOT_SERVING))
    assert get(watched, "/readyz") == (503, f"not serving (unfit): {UNSAFE.reason}\n")
    assert get(watched, "/livez") == (200, "alive\n")
    told = samples_of(watched)
    assert (told["coi_serving",], told["coi_held", "unfit"], told["coi_held", "store"]) == (0, 1, 0)
    ledger.held = None
    until(lambda: bool(health(watched) == SERVING))
    assert samples_of(watched)["coi_held", "unfit"] == 0


def test_a_caller_of_a_held_ledger_is_told_why_and_may_come_back(watched: ServerThread, ledger: FakeLedger) -> None:
    ledger.failing = [AppendsHeld(UNSAFE.reason)]
    with grpc.insecure_channel(watched.address) as channel, pytest.raises(grpc.RpcError) as caught:
        Caller(channel).record(samples.request("DonorIdentified"))
    code, parts = ended(caught.value)
    assert (code, parts["ErrorInfo"].reason) == (grpc.StatusCode.UNAVAILABLE, "APPENDS_HELD")
    assert "fsync is off: set it on and reload" in str(caught.value.details())


def test_a_server_that_drains_is_alive_and_not_ready(ledger: FakeLedger, terms: Terms) -> None:
    go_on = threading.Event()
    ledger.committing = lambda: go_on.wait(5)
    with (
        ServerThread(ledger, metrics="127.0.0.1:0", terms=terms) as server,
        grpc.insecure_channel(server.address) as channel,
    ):
        under_way = Caller(channel).later("RecordDonorIdentified", samples.request("DonorIdentified"), 1.1)
        until(lambda: terms.admission.running == 1)
        leaving = threading.Thread(target=server.drain)
        leaving.start()
        until(lambda: get(server, "/readyz") == (503, "not serving (draining): the server stops\n"))
        assert get(server, "/livez").status == 200
        go_on.set()
        assert under_way.result().position == 1
        leaving.join()


async def test_a_server_whose_loop_stands_still_is_not_alive(ledger: FakeLedger) -> None:
    health = Health(ledger, 1.0)
    assert health.still_for() < 1
    health._turned -= STOOD_STILL + 1
    assert health.still_for() > STOOD_STILL


def test_nothing_else_is_answered(watched: ServerThread) -> None:
    assert get(watched, "/") == (404, "ask for /metrics, /livez, /readyz\n")
    assert get(watched, "/metrics", "HEAD") == (200, "")
    assert get(watched, "/metrics", "POST").status == 501


@pytest.fixture
def counted() -> Iterator[ServerThread]:
    """A server on a real ledger, both counted together."""
    terms = Terms(probe=0.05)
    log, watch = MemoryLog("ledger.test/chain"), terms.figures.committed
    ledger = Ledger(log, lambda: datetime.now(UTC), lambda size: b"s" * size, watch=watch)
    try:
        with ServerThread(ledger, metrics="127.0.0.1:0", terms=terms) as server:
            yield server
    finally:
        ledger.close()


def test_commits_verdicts_refusals_and_calls_are_counted(counted: ServerThread) -> None:
    with grpc.insecure_channel(counted.address) as channel:
        caller = Caller(channel)
        caller.record(samples.request("OrganisationRegistered"))
        with pytest.raises(grpc.RpcError) as caught:
            caller.record(samples.request("AdministrationStarted"))
    bars = ended(caught.value)[1]["PreconditionFailure"].violations
    refused = tuple(sorted({bar.type for bar in bars}))
    until(lambda: samples_of(counted)["coi_log_position",] == 2)
    told = samples_of(counted)
    assert (told["coi_verdicts_total", "recorded"], told["coi_verdicts_total", "refused"]) == (1, 1)
    assert tuple(sorted(name[1] for name in told if name[0] == "coi_refusals_total")) == refused
    assert (told["coi_commit_facts_sum",], told["coi_commit_seconds_count",], told["coi_answers_total",]) == (2, 2, 2)
    assert told["coi_calls_total", "OK", "RegistryService/RecordOrganisationRegistered"] == 1
    assert told["coi_queue_waiting",] == 0


def test_no_metric_names_anybody(counted: ServerThread) -> None:
    with grpc.insecure_channel(counted.address) as channel:
        caller = Caller(channel)
        for name in ("DonorIdentified", "OrganisationRegistered", "ConsentWithdrawn"):
            with suppress(grpc.RpcError):
                caller.record(samples.request(name))
    text = get(counted, "/metrics").text
    assert not any(word in text for word in ("01KMZ8", "98I0001E", "CHA9999", "RR8", "urn:", "A9999"))


def test_a_follower_that_is_behind_is_seen(counted: ServerThread) -> None:
    with grpc.insecure_channel(counted.address) as channel:
        caller = Caller(channel)
        caller.record(samples.request("OrganisationRegistered"))
    with grpc.insecure_channel(counted.address) as channel:
        feed: AnyMessage = channel.unary_stream(
            "/coi.ledger.v1.FeedService/Follow", request_serializer=FollowRequest.SerializeToString
        )
        listening = feed(FollowRequest(after_position=0), timeout=5)
        next(listening)
        until(lambda: samples_of(counted)["coi_calls_under_way", "feed"] == 1)
        until(lambda: samples_of(counted)["coi_follower_lag_facts",] == 0)
        listening.cancel()
    until(lambda: samples_of(counted)["coi_calls_under_way", "feed"] == 0)


def test_a_taken_address_is_named(ledger: FakeLedger, watched: ServerThread) -> None:
    with pytest.raises(RuntimeError, match="for metrics"), ServerThread(ledger, metrics=watched.metrics):
        raise AssertionError("it listens")
