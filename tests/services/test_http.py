"""HTTP as a wire: what is a call and what is none, the limits that hold on gRPC too, health, and how it stops."""

import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from google.protobuf import json_format
from structlog.testing import capture_logs

from ledger.api import LedgerInfo
from ledger.domain.receipt import Overloaded, Unavailable
from services.connect import listener
from services.connect.application import Application
from services.interceptors.admission import Admission
from services.interceptors.deadlines import Deadlines
from services.interceptors.gate import Gate
from services.interceptors.observing import Observer
from services.server import CannotListen, ServerThread, Terms
from services.servicers.contract import METHODS, SERVICES
from tests.services.fakes import FakeLedger
from tests.services.posts import JSON, Poster, Told, send, status
from tests.services.test_guard import until
from tests.support import samples
from tests.support.wire import AnyMessage

DONOR = "RecordDonorIdentified"
PATH = "/coi.ledger.v1.ProcurementService/RecordDonorIdentified"
CHECK = "/grpc.health.v1.Health/Check"
HERE = "127.0.0.1:0"


class SilentLedger(FakeLedger):
    """A ledger that can be made to answer no questions."""

    def __init__(self) -> None:
        super().__init__()
        self.silent = False

    def info(self) -> LedgerInfo:
        if self.silent:
            raise Unavailable("no store")
        return super().info()


@pytest.fixture
def ledger() -> SilentLedger:
    """A ledger that answers, until told otherwise."""
    return SilentLedger()


@pytest.fixture
def server(ledger: SilentLedger, terms: Terms) -> Iterator[ServerThread]:
    """A server of both wires."""
    with ServerThread(ledger, http=HERE, terms=terms) as running:
        yield running


@pytest.fixture
def poster(server: ServerThread) -> Poster:
    """A caller over HTTP."""
    return Poster(server.http)


def sent(number: int = 1, fact_type: str = "DonorIdentified") -> AnyMessage:
    """A request as JSON, with a key of its own."""
    return {**samples.parts(samples.of(fact_type)), "request_id": str(UUID(int=number))}


def refusal(told: Told) -> tuple[int, str]:
    """HTTP's code and Connect's."""
    return told.code, told.json()["code"]


# ---------------------------------------------------------------------------------------------------- what is a call


def test_field_names_may_be_written_either_way(poster: Poster, ledger: SilentLedger) -> None:
    request = samples.request("DonorIdentified")
    camel = json_format.MessageToDict(request)
    assert "requestId" in camel
    assert poster.post(DONOR, camel).json()["request_id"] == request.request_id
    assert ledger.stored[0].octets.count(samples.of("DonorIdentified")) == 1


def test_an_answer_has_the_field_names_of_the_contract(poster: Poster) -> None:
    told = poster.post(DONOR, sent(), content_type="application/json; charset=utf-8").json()
    assert {"state", "position", "recorded_at", "leaf_hash"} <= set(told)


@pytest.mark.parametrize("form", ["text/plain", "application/x-www-form-urlencoded", "application/grpc", ""])
def test_another_form_of_request_is_not_read(poster: Poster, ledger: SilentLedger, form: str) -> None:
    told = poster.post(DONOR, sent(), content_type=form)
    assert refusal(told) == (415, "invalid_argument")
    assert told.headers["accept-post"] == "application/json, application/proto"
    assert ledger.stored == []


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"connect_protocol_version": "2"}, (400, "invalid_argument")),
        ({"content_encoding": "gzip"}, (501, "unimplemented")),
        ({"connect_timeout_ms": "soon"}, (400, "invalid_argument")),
        ({"connect_timeout_ms": "12345678901"}, (400, "invalid_argument")),
        ({"connect_timeout_ms": "-1"}, (400, "invalid_argument")),
    ],
)
def test_a_call_that_the_protocol_does_not_know_is_refused(
    poster: Poster, ledger: SilentLedger, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    told = poster.post(DONOR, sent(), **headers)
    assert refusal(told) == expected
    assert not set(headers.values()) & set(told.json()["message"].split())
    assert ledger.stored == []


@pytest.mark.parametrize("verb", ["GET", "PUT", "OPTIONS", "DELETE"])
def test_methods_are_called_by_post_alone(poster: Poster, verb: str) -> None:
    told = send(poster.address, verb, PATH)
    assert (refusal(told), told.headers["allow"]) == ((405, "unimplemented"), "POST")


def test_nothing_tells_a_browser_that_other_sites_may_call(poster: Poster) -> None:
    told = send(
        poster.address, "OPTIONS", PATH, origin="https://elsewhere.example", access_control_request_method="POST"
    )
    assert [name for name in told.headers if name.startswith("access-control")] == []


@pytest.mark.parametrize("path", ["/", "/coi.ledger.v1.ProcurementService/RecordMiracle", f"{PATH}/", "/%00"])
def test_a_method_that_is_not_there_is_unimplemented(poster: Poster, path: str) -> None:
    assert refusal(send(poster.address, "POST", path, "{}", content_type=JSON)) == (404, "unimplemented")


@pytest.mark.parametrize("method", [one for one in METHODS if one.streams], ids=lambda one: one.name)
def test_a_method_that_streams_names_grpc(poster: Poster, method: AnyMessage) -> None:
    told = send(poster.address, "POST", method.path, "{}", content_type=JSON)
    assert refusal(told) == (501, "unimplemented")
    assert "gRPC" in told.json()["message"]
    streamed = send(poster.address, "POST", method.path, b"\0\0\0\0\2{}", content_type="application/connect+json")
    assert (streamed.code, streamed.headers["content-type"]) == (200, "application/connect+json")
    assert streamed.body[:5] == b"\2" + len(streamed.body[5:]).to_bytes(4, "big")
    assert json.loads(streamed.body[5:]) == {"error": told.json()}


def test_bytes_that_are_no_message_are_malformed(poster: Poster, ledger: SilentLedger) -> None:
    told = poster.raw(DONOR, b"\xff\xff\xff", content_type="application/proto")
    assert refusal(told) == (400, "invalid_argument")
    assert ledger.stored == []


def test_only_loopback_s_own_names_are_answered_there(poster: Poster) -> None:
    port = poster.address.rpartition(":")[2]
    for name in (f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}", "[::1]", "LOCALHOST"):
        assert poster.post(DONOR, sent(), host=name).code == 200
    for name in (
        "elsewhere.example",
        f"elsewhere.example:{port}",
        f"192.0.2.7:{port}",
        "127.0.0.1.example",
        "[x]",
        "a@localhost.example",
        "localhost.",
        "",
    ):
        assert refusal(poster.post(DONOR, sent(), host=name)) == (403, "permission_denied")


# ------------------------------------------------------------------------------------------------------------ limits


@pytest.mark.parametrize("chunked", [False, True])
def test_a_request_that_is_too_large_is_not_read(poster: Poster, ledger: SilentLedger, chunked: bool) -> None:
    octets = b"x" * (256 * 1024 + 1)
    connection = http.client.HTTPConnection(poster.address, timeout=10)
    body: AnyMessage = iter([octets]) if chunked else octets
    connection.request("POST", PATH, body, {"Content-Type": JSON}, encode_chunked=chunked)
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["code"]) == (413, "resource_exhausted")
    assert answer.getheader("connection") == "close"
    connection.close()
    assert ledger.stored == []


def test_the_largest_request_is_read(poster: Poster) -> None:
    request = sent()
    request["envelope"]["place"]["spot"] = ""
    request["envelope"]["place"]["spot"] = "x" * (256 * 1024 - len(json.dumps(request)))
    told = poster.post(DONOR, request)
    assert refusal(told) == (400, "invalid_argument")
    assert "256" not in told.json()["message"]


def test_a_head_that_is_too_large_is_refused(poster: Poster) -> None:
    assert refusal(poster.post(DONOR, sent(), x_large="x" * 20_000)) == (431, "resource_exhausted")


def closed(line: socket.socket, *parts: bytes) -> bool:
    """Whether the server closes a connection without a word while it is sent these parts, slowly."""
    with contextlib.suppress(ConnectionError):
        for part in parts:
            line.sendall(part)
            time.sleep(0.03)
        return line.recv(1) == b""
    return True


def answered(line: socket.socket) -> bytes:
    """A whole answer about health."""
    octets = b""
    while not octets.endswith(b"}\n"):
        octets += line.recv(4096)
    return octets


def test_a_connection_on_which_a_head_does_not_come_is_closed(
    ledger: SilentLedger, terms: Terms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "_HEAD_WITHIN", 0.1)
    whole = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with ServerThread(ledger, http=HERE, terms=terms) as server:
        host, _, port = server.http.rpartition(":")
        for parts in ([], [b"POST / HTT"], [whole[place : place + 1] for place in range(len(whole) - 1)]):
            with socket.create_connection((host, int(port)), timeout=5) as line:
                assert closed(line, *parts)
        with socket.create_connection((host, int(port)), timeout=5) as line:
            for _ in range(2):
                line.sendall(whole)
                assert answered(line).startswith(b"HTTP/1.1 200 OK")
                time.sleep(0.2)
            assert closed(line, b"GET /hea")


def test_the_callers_own_deadline_is_kept_and_never_ends_the_commit(poster: Poster, ledger: SilentLedger) -> None:
    go_on = threading.Event()
    ledger.committing = lambda: go_on.wait(5)
    told = poster.post(DONOR, sent(), connect_timeout_ms="200")
    assert refusal(told) == (504, "deadline_exceeded")
    assert ledger.stored == []
    go_on.set()
    until(lambda: len(ledger.stored) == 1)
    assert poster.post(DONOR, sent()).json()["position"] == "1"
    assert len(ledger.stored) == 1


@pytest.mark.parametrize("headers", [{}, {"connect_timeout_ms": "60000"}])
def test_a_deadline_that_is_missing_or_too_long_is_set(
    poster: Poster, ledger: SilentLedger, headers: dict[str, str]
) -> None:
    go_on = threading.Event()
    ledger.committing = lambda: go_on.wait(5)
    started = time.monotonic()
    assert refusal(poster.post(DONOR, sent(), **headers)) == (504, "deadline_exceeded")
    go_on.set()
    assert time.monotonic() - started < 3
    until(lambda: len(ledger.stored) == 1)


def test_work_is_not_started_when_no_time_is_left(poster: Poster, ledger: SilentLedger) -> None:
    told = poster.post(DONOR, sent(), connect_timeout_ms="30")
    assert refusal(told) == (504, "deadline_exceeded")
    assert told.json()["details"][0]["debug"]["reason"] == "DEADLINE_TOO_SHORT"
    time.sleep(0.1)
    assert ledger.stored == []


def test_what_comes_on_top_is_told_when_to_come_back(poster: Poster, ledger: SilentLedger, terms: Terms) -> None:
    go_on = threading.Event()
    ledger.committing = lambda: go_on.wait(5)
    with ThreadPoolExecutor(5) as pool:
        calls = [pool.submit(poster.post, DONOR, sent(number), connect_timeout_ms="1100") for number in range(1, 5)]
        until(lambda: terms.admission.running == 4)
        told = poster.post(DONOR, sent(9))
        ended = sent(10, "AdministrationEnded")
        bedside = pool.submit(poster.post, "RecordAdministrationEnded", ended, connect_timeout_ms="1100")
        until(lambda: terms.admission.running == 5)
        go_on.set()
        assert [call.result().code for call in [*calls, bedside]] == [200] * 5
    assert refusal(told) == (429, "resource_exhausted")
    assert told.headers["retry-after"] == "1"
    assert {one["type"]: one["debug"] for one in told.json()["details"]}["google.rpc.RetryInfo"] == {
        "retry_delay": "0.250s"
    }
    assert terms.admission.running == 0


def test_places_are_shared_by_both_wires(ledger: SilentLedger) -> None:
    terms = Terms(deadlines=Deadlines(), admission=Admission(most=2, reserved=2))
    with ServerThread(ledger, http=HERE, terms=terms) as server:
        assert refusal(Poster(server.http).post(DONOR, sent())) == (429, "resource_exhausted")
        assert send(server.http, "POST", CHECK, "{}", content_type=JSON).code == 200


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Overloaded(1.5), (429, "resource_exhausted")),
        (Unavailable("password=secret"), (503, "unavailable")),
        (TimeoutError("secret"), (500, "internal")),
    ],
)
def test_what_the_ledger_raises_becomes_a_status_without_its_text(
    poster: Poster, ledger: SilentLedger, error: Exception, expected: tuple[int, str]
) -> None:
    ledger.failing = [error]
    told = poster.post(DONOR, sent())
    assert refusal(told) == expected
    assert b"secret" not in told.body + status(told).SerializeToString()


def test_the_log_names_method_outcome_and_key_and_nothing_of_the_content(poster: Poster, ledger: SilentLedger) -> None:
    with capture_logs() as lines:
        poster.post(DONOR, sent())
        ledger.failing = [Unavailable("x")]
        poster.post(DONOR, sent(2))
        poster.post(DONOR, {"Mrs Miggins": "943 476 5919"})
        until(lambda: len(lines) >= 3)
    assert [(line["event"], line["method"], line.get("code"), line.get("request_id")) for line in lines] == [
        ("answered", PATH, None, str(UUID(int=1))),
        ("failed", PATH, "UNAVAILABLE", str(UUID(int=2))),
        ("refused", PATH, "INVALID_ARGUMENT", None),
    ]
    assert not any(word in repr(lines) for word in ("Miggins", "5919", "01KMZ8Y0", "98I0001E"))


# ------------------------------------------------------------------------------------------------- health, stopping


def health(address: str) -> tuple[int, str]:
    """What load balancers are told."""
    told = send(address, "GET", "/health")
    return told.code, told.json()["status"]


def test_health_tells_when_the_ledger_does_not_answer(server: ServerThread, ledger: SilentLedger) -> None:
    assert health(server.http) == (200, "SERVING")
    ledger.silent = True
    until(lambda: health(server.http) == (503, "NOT_SERVING"))
    assert send(server.http, "POST", CHECK, "{}", content_type=JSON).json() == {"status": "NOT_SERVING"}
    ledger.silent = False
    until(lambda: health(server.http) == (200, "SERVING"))
    assert send(server.http, "HEAD", "/health").code == 200


@pytest.mark.parametrize("service", ["", *SERVICES])
def test_health_is_told_for_every_service(server: ServerThread, service: str) -> None:
    told = send(server.http, "POST", CHECK, json.dumps({"service": service}), content_type=JSON)
    assert told.json() == {"status": "SERVING"}


def test_a_question_about_health_that_is_none_is_refused(server: ServerThread) -> None:
    asked = {'{"service": "Mrs Miggins"}': (404, "not_found"), '{"who": 1}': (400, "invalid_argument")}
    for body, expected in asked.items():
        told = send(server.http, "POST", CHECK, body, content_type=JSON)
        assert refusal(told) == expected
        assert b"Miggins" not in told.body


def test_a_server_that_drains_answers_what_is_under_way_and_takes_nothing_new(
    ledger: SilentLedger, terms: Terms
) -> None:
    go_on = threading.Event()
    ledger.committing = lambda: go_on.wait(5)
    with ServerThread(ledger, http=HERE, terms=terms) as server, ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(Poster(server.http).post, DONOR, sent(), connect_timeout_ms="1100")
        until(lambda: terms.admission.running == 1)
        leaving = threading.Thread(target=server.drain)
        leaving.start()
        until(lambda: refuses(server.http))
        assert leaving.is_alive()
        go_on.set()
        assert under_way.result().json()["position"] == "1"
        leaving.join(timeout=5)
        assert not leaving.is_alive()


def refuses(address: str) -> bool:
    """Whether nobody listens at an address."""
    try:
        send(address, "GET", "/health")
    except ConnectionError:
        return True
    return False


def test_a_connection_that_is_kept_open_does_not_hold_a_server_that_drains(ledger: SilentLedger) -> None:
    with ServerThread(ledger, http=HERE) as server:
        connection = http.client.HTTPConnection(server.http, timeout=5)
        for _ in range(2):
            connection.request("GET", "/health")
            assert connection.getresponse().read()
        started = time.monotonic()
        server.drain()
        assert time.monotonic() - started < 2
        connection.close()


def test_two_servers_on_one_address_by_mistake_fail(server: ServerThread, ledger: SilentLedger) -> None:
    with pytest.raises(CannotListen, match="HTTP"), ServerThread(ledger, http=server.http):
        raise AssertionError("it listens")
    with pytest.raises(CannotListen, match="gRPC"), ServerThread(ledger, server.address, http=HERE):
        raise AssertionError("it listens")


def test_without_an_address_nothing_listens_for_http(ledger: SilentLedger) -> None:
    with ServerThread(ledger) as server:
        assert server.http == ""


async def test_a_fault_outside_the_gate_is_logged_and_says_nothing() -> None:
    def faulty(_: str) -> int:
        raise RuntimeError("secret")

    gate = Gate(Admission(), Deadlines(), Observer())
    application = Application((), gate, faulty, largest=1, loopback=False)
    said: list[AnyMessage] = []

    async def send_back(part: AnyMessage) -> None:
        said.append(part)

    async def nothing() -> AnyMessage:
        return {"type": "http.request"}

    with capture_logs() as lines:
        await application({"path": "/health", "method": "GET", "headers": []}, nothing, send_back)
    assert (said[0]["status"], json.loads(said[1]["body"])["code"]) == (500, "internal")
    assert b"secret" not in said[1]["body"]
    assert [(line["event"], line["log_level"]) for line in lines] == [("failed", "error")]
