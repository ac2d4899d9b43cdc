"""What integrators have at hand: `curl` on JSON, and `buf curl` on each protocol; refusals of any size reach them."""

import base64
import json
import subprocess
from collections.abc import Iterator
from typing import Any, NamedTuple

import grpc
import pytest
from google.protobuf import json_format
from google.rpc.status_pb2 import Status

from ledger.domain.finding import Finding, Weight
from services import status
from services.server import ServerThread
from tests.house.tree import ROOT, TOOLS
from tests.services.calls import Caller, ended, unpacked
from tests.services.fakes import FakeLedger
from tests.support import samples
from tests.support.wire import AnyMessage

pytestmark = pytest.mark.xdist_group("protos")

RPC = "ProcurementService/RecordApheresisPerformed"
FORTY = 40
SHORT, LONG = "seen", "µ – “another patient's band”, " * 40


class Bar(NamedTuple):
    """One broken rule as a caller is told of it."""

    rule: str
    subject: str
    description: str


@pytest.fixture
def server(ledger: FakeLedger) -> Iterator[ServerThread]:
    """A server of both wires."""
    with ServerThread(ledger, http="127.0.0.1:0") as running:
        yield running


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Runs a tool at the root of the repository."""
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def curl(server: ServerThread, data: object) -> tuple[int, Any]:
    """Posts JSON with curl; gives HTTP's code and what came back."""
    url, form = f"http://{server.http}/coi.ledger.v1.{RPC}", "Content-Type: application/json"
    done = run("curl", "-sS", "--write-out", "%{stderr}%{http_code}", "-H", form, "--data", json.dumps(data), url)
    assert done.returncode == 0, done.stderr
    return int(done.stderr), json.loads(done.stdout)


def buf(server: ServerThread, protocol: str, data: object) -> tuple[int, Any]:
    """Calls with buf on a protocol, from the proto files alone; gives its exit code and what it says."""
    spoken = ["--http2-prior-knowledge", f"http://{server.address}"]
    wire = spoken if protocol == "grpc" else [f"http://{server.http}"]
    tool, schema = str(TOOLS / "buf"), ("--schema", "protos", "--protocol", protocol, "--data", json.dumps(data))
    done = run(tool, "curl", *schema, *wire[:-1], f"{wire[-1]}/coi.ledger.v1.{RPC}")
    return done.returncode, json.loads(done.stdout or done.stderr)


def sent() -> AnyMessage:
    """A request that is right."""
    return samples.parts(samples.of("ApheresisPerformed"))


def forty(text: str) -> tuple[Finding, ...]:
    """Forty broken rules."""
    return tuple(
        Finding(rule=f"I{number}", tag=f"material:local.RR8:{number}", weight=Weight.BAR, found=text, must="right")
        for number in range(FORTY)
    )


def told_by_grpc(server: ServerThread) -> tuple[str, dict[str, str], list[Bar]]:
    """The refusal as a program over gRPC gets it: code, what ErrorInfo adds, the rules."""
    with grpc.insecure_channel(server.address) as channel, pytest.raises(grpc.RpcError) as caught:
        Caller(channel).record(samples.request("ApheresisPerformed"))
    code, parts = ended(caught.value)
    bars = [Bar(one.type, one.subject, one.description) for one in parts["PreconditionFailure"].violations]
    return code.name.lower(), dict(parts["ErrorInfo"].metadata), bars


def told_by_json(error: AnyMessage) -> tuple[str, dict[str, str], list[Bar]]:
    """The same from Connect's JSON, and from buf's, which says the details of either protocol in the same way."""
    parts = details(error)
    bars = [Bar(one.type, one.subject, one.description) for one in parts["PreconditionFailure"].violations]
    return error["code"], dict(parts["ErrorInfo"].metadata), bars


def details(error: AnyMessage) -> dict[str, AnyMessage]:
    """The parts of a status in JSON by name, read from their bytes as programs do."""
    told = Status()
    for one in error["details"]:
        octets = base64.b64decode(one["value"] + "=" * (-len(one["value"]) % 4))
        told.details.add(type_url=f"type.googleapis.com/{one['type'].rpartition('/')[2]}", value=octets)
    return dict(unpacked(told.details))


def test_curl_records_an_apheresis_and_is_refused(server: ServerThread, ledger: FakeLedger) -> None:
    code, receipt = curl(server, sent())
    assert (code, receipt["state"], receipt["position"]) == (200, "RECEIPT_STATE_RECORDED", "1")
    assert samples.of("ApheresisPerformed") in ledger.stored[0].octets
    ledger.bars = (Finding(rule="I4", tag="patient:pseudonym:1", weight=Weight.BAR, found="no consent", must="one"),)
    other = samples.apheresis()
    other.request_id = "019d6b00-0045-7000-8000-00000000ffff"
    code, refusal = curl(server, json_format.MessageToDict(other))
    assert code == 400
    assert told_by_json(refusal)[::2] == (
        "failed_precondition",
        [Bar("I4", "patient:pseudonym:1", "no consent; needed: one")],
    )
    code, malformed = curl(server, {"request_id": sent()["request_id"], "fact": {"donations": []}})
    assert (code, malformed["code"]) == (400, "invalid_argument")
    assert malformed["details"][1]["debug"] == {
        "field_violations": [
            {
                "field": "fact",
                "description": "name 1 in it is no field of ApheresisPerformed; did you mean donation?",
            }
        ]
    }


@pytest.mark.parametrize("protocol", ["grpc", "connect"])
def test_buf_records_an_apheresis_on_each_protocol(server: ServerThread, ledger: FakeLedger, protocol: str) -> None:
    assert buf(server, protocol, sent())[1]["state"] == "RECEIPT_STATE_RECORDED"
    assert samples.of("ApheresisPerformed") in ledger.stored[0].octets


@pytest.mark.parametrize("text", [SHORT, LONG], ids=["short", "long"])
def test_forty_broken_rules_reach_every_client_with_their_count(
    server: ServerThread, ledger: FakeLedger, text: str
) -> None:
    ledger.bars = forty(text)
    code, info, bars = told_by_grpc(server)
    assert (code, info["total"], info["position"]) == ("failed_precondition", "40", "1")
    assert bars == [
        Bar(
            f"I{number}",
            f"material:local.RR8:{number}",
            status.cut(f"{text}; needed: right", len(bars[0].description.encode())),
        )
        for number in range(len(bars))
    ]
    assert 1 <= len(bars) <= status.MOST_BARS
    if text == SHORT:
        assert (len(bars), bars[0].description) == (status.MOST_BARS, "seen; needed: right")
    http_code, by_curl = curl(server, sent())
    assert (http_code, told_by_json(by_curl)) == (400, (code, info, bars))
    for protocol in ("grpc", "connect"):
        exit_code, said = buf(server, protocol, sent())
        assert (exit_code != 0, told_by_json(said)) == (True, (code, info, bars))
    assert len(ledger.stored) == 1


@pytest.mark.parametrize("text", [SHORT, LONG], ids=["short", "long"])
def test_forty_broken_rules_stay_within_four_kibibytes(server: ServerThread, ledger: FakeLedger, text: str) -> None:
    ledger.bars = forty(text)
    with grpc.insecure_channel(server.address) as channel, pytest.raises(grpc.RpcError) as caught:
        Caller(channel).record(samples.request("ApheresisPerformed"))
    trailers: AnyMessage = caught.value.trailing_metadata()
    assert len(dict(trailers)["grpc-status-details-bin"]) <= status.LARGEST


def test_the_whole_of_forty_broken_rules_is_read_by_its_position(server: ServerThread, ledger: FakeLedger) -> None:
    ledger.bars = forty(LONG)
    position = told_by_json(curl(server, sent())[1])[1]["position"]
    url, form = f"http://{server.http}/coi.ledger.v1.InspectionService/GetFact", "Content-Type: application/json"
    done = run("curl", "-sS", "-H", form, "--data", json.dumps({"position": position}), url)
    findings = json.loads(done.stdout)["fact"]["findings"]
    assert [(one["rule"], one["found"]) for one in findings] == [(bar.rule, bar.found) for bar in forty(LONG)]


def test_many_violations_reach_every_client_with_their_count(server: ServerThread) -> None:
    request = samples.request("ApheresisPerformed")
    for _ in range(FORTY):
        request.fact.bags.add()
    data = json_format.MessageToDict(request, preserving_proto_field_name=True)
    totals = [details(curl(server, data)[1])["ErrorInfo"].metadata["total"]]
    for protocol in ("grpc", "connect"):
        said = buf(server, protocol, data)[1]
        assert said["code"] == "invalid_argument"
        totals.append(details(said)["ErrorInfo"].metadata["total"])
    assert (len(set(totals)), len(totals)) == (1, 3)
    assert int(totals[0]) >= FORTY
