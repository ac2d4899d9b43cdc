"""What every call passes: deadlines that never cancel a commit, places, errors as statuses, a log without identity."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import grpc
import pytest
from structlog.testing import capture_logs

from coi.ledger.v1 import inspection_pb2 as wire
from ledger.domain.receipt import NotFound, Overloaded, Unavailable
from services.interceptors.observing import key
from services.server import Terms
from tests.services.calls import Caller, ended
from tests.services.fakes import FakeLedger
from tests.support import samples
from tests.support.wire import AnyMessage

COI = "coi:isbt128-coi:CHA999926000017"


def code_of(caller: Caller, request: AnyMessage, timeout: float | None = 5.0) -> grpc.StatusCode:
    """How a call ends that fails."""
    with pytest.raises(grpc.RpcError) as caught:
        caller.record(request, timeout)
    return ended(caught.value)[0]


def until(holds: Callable[[], bool], seconds: float = 5.0) -> None:
    """Waits until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def numbered(number: int, fact_type: str = "DonorIdentified") -> AnyMessage:
    """A request with a key of its own."""
    request = samples.request(fact_type)
    request.request_id = str(UUID(int=number + 1))
    return request


def test_a_deadline_ends_the_waiting_and_not_the_commit(caller: Caller, ledger: FakeLedger) -> None:
    go_on = threading.Event()
    ledger.committing = lambda: go_on.wait(5)
    assert code_of(caller, numbered(1), timeout=0.2) is grpc.StatusCode.DEADLINE_EXCEEDED
    assert ledger.stored == []
    go_on.set()
    until(lambda: len(ledger.stored) == 1)
    assert caller.record(numbered(1)).position == 1
    assert len(ledger.stored) == 1


def test_a_call_without_a_deadline_gets_one(caller: Caller, ledger: FakeLedger) -> None:
    go_on = threading.Event()
    ledger.committing = lambda: go_on.wait(5)
    started = time.monotonic()
    with pytest.raises(grpc.RpcError) as caught:
        caller.record(numbered(1), None)
    code, parts = ended(caught.value)
    go_on.set()
    assert code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert parts["ErrorInfo"].reason == "DEADLINE_EXCEEDED"
    assert time.monotonic() - started < 1.1
    until(lambda: len(ledger.stored) == 1)


def test_a_deadline_that_is_too_long_is_shortened(caller: Caller, ledger: FakeLedger) -> None:
    go_on = threading.Event()
    ledger.committing = lambda: go_on.wait(5)
    started = time.monotonic()
    assert code_of(caller, numbered(1), timeout=60) is grpc.StatusCode.DEADLINE_EXCEEDED
    go_on.set()
    assert time.monotonic() - started < 3
    until(lambda: len(ledger.stored) == 1)


def test_work_is_not_started_when_no_time_is_left(caller: Caller, ledger: FakeLedger) -> None:
    for number in range(20):
        assert code_of(caller, numbered(number), timeout=0.03) is grpc.StatusCode.DEADLINE_EXCEEDED
    time.sleep(0.1)
    assert ledger.stored == []


def test_what_comes_on_top_is_told_when_to_come_back(caller: Caller, ledger: FakeLedger) -> None:
    go_on = threading.Event()
    ledger.committing = lambda: go_on.wait(5)
    calls = [caller.later("RecordDonorIdentified", numbered(number), 1.1) for number in range(4)]
    until(lambda: threading.active_count() > 4)
    time.sleep(0.1)
    with pytest.raises(grpc.RpcError) as caught:
        caller.record(numbered(9))
    code, parts = ended(caught.value)
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert parts["RetryInfo"].retry_delay.ToMilliseconds() == 250
    trailers: AnyMessage = caught.value.trailing_metadata()
    assert dict(trailers)["grpc-retry-pushback-ms"] == "250"
    bedside = caller.later("RecordAdministrationEnded", numbered(10, "AdministrationEnded"), 1.1)
    time.sleep(0.1)
    go_on.set()
    assert [call.result().position for call in calls]
    assert bedside.result().position


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Overloaded(0.5), grpc.StatusCode.RESOURCE_EXHAUSTED),
        (Unavailable("password=secret"), grpc.StatusCode.UNAVAILABLE),
        (NotFound("gone"), grpc.StatusCode.NOT_FOUND),
        (RuntimeError("SELECT secret"), grpc.StatusCode.INTERNAL),
        (TimeoutError("secret"), grpc.StatusCode.INTERNAL),
        (AssertionError("secret"), grpc.StatusCode.INTERNAL),
    ],
)
def test_what_the_ledger_raises_becomes_a_status_without_its_text(
    caller: Caller, ledger: FakeLedger, error: Exception, code: grpc.StatusCode
) -> None:
    ledger.committing = lambda: _raise(error)
    with pytest.raises(grpc.RpcError) as caught:
        caller.record(numbered(1))
    assert ended(caught.value)[0] is code
    assert "secret" not in str(caught.value)


def _raise(error: Exception) -> None:
    raise error


def test_an_error_in_the_middle_of_a_stream_ends_it_with_a_status(caller: Caller, ledger: FakeLedger) -> None:
    caller.record(numbered(1))
    ledger.committing = lambda: _raise(Unavailable("x"))
    with pytest.raises(grpc.RpcError) as caught:
        caller("Replay", wire.ReplayRequest(subject=COI))
    assert ended(caught.value)[0] is grpc.StatusCode.UNAVAILABLE


def test_long_reads_leave_room_for_records(caller: Caller, ledger: FakeLedger) -> None:
    caller.record(numbered(1))
    go_on = threading.Event()
    reading = threading.Semaphore(0)

    def slow() -> None:
        if threading.current_thread().name.startswith("coi-long-read"):
            reading.release()
            go_on.wait(5)

    ledger.committing = slow
    with ThreadPoolExecutor(3) as pool:
        stories = [pool.submit(caller, "Replay", wire.ReplayRequest(subject=COI), 1.1) for _ in range(3)]
        assert reading.acquire(timeout=2)
        assert reading.acquire(timeout=2)
        assert not reading.acquire(timeout=0.1)
        assert caller.record(numbered(2)).position == 2
        go_on.set()
        assert all(story.result() for story in stories)


def test_the_log_names_method_outcome_and_key_and_nothing_of_the_content(caller: Caller, ledger: FakeLedger) -> None:
    with capture_logs() as lines:
        caller.record(numbered(1))
        ledger.failing = [RuntimeError("98I0001E of Mrs Miggins")]
        assert code_of(caller, numbered(2)) is grpc.StatusCode.INTERNAL
        until(lambda: len(lines) >= 2)
    assert [(line["event"], line["log_level"]) for line in lines] == [("answered", "debug"), ("failed", "error")]
    assert lines[1]["request_id"] == str(UUID(int=3))
    assert lines[1]["error"][0] == "builtins.RuntimeError"
    assert not any(word in repr(lines) for word in ("01KMZ8Y0", "98I0001E", "CHA9999", "RR8", "Miggins"))


def test_a_key_that_is_none_is_not_logged() -> None:
    request = samples.request("DonorIdentified")
    request.request_id = "Mrs Miggins, 943 476 5919"
    assert key(request) is None
    assert key(wire.GetLedgerRequest()) is None


def test_calls_are_counted_by_method_and_outcome(caller: Caller, terms: Terms) -> None:
    caller.record(numbered(1))
    caller("GetLedger", wire.GetLedgerRequest())
    with pytest.raises(grpc.RpcError):
        caller("GetFact", wire.GetFactRequest())
    counted = terms.observer.calls
    path = "/coi.ledger.v1."
    assert counted[f"{path}ProcurementService/RecordDonorIdentified", "OK"] == 1
    assert counted[f"{path}InspectionService/GetFact", "INVALID_ARGUMENT"] == 1
    assert terms.admission.running == 0
