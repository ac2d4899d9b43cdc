"""Recording with nothing but the proto files: no client of ours, no generated code, no reflection."""

import json
import subprocess

import pytest

from services.server import ServerThread
from tests.house.tree import ROOT, TOOLS
from tests.services.fakes import FakeLedger
from tests.support import samples

pytestmark = pytest.mark.xdist_group("protos")


def curl(address: str, rpc: str, data: object) -> subprocess.CompletedProcess[str]:
    """Calls an rpc with ProtoJSON, as a tool that has only the proto files."""
    command = [str(TOOLS / "buf"), "curl", "--schema", "protos", "--protocol", "grpc", "--http2-prior-knowledge"]
    return subprocess.run(
        [*command, "--data", json.dumps(data), f"http://{address}/coi.ledger.v1.{rpc}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_an_apheresis_is_recorded_from_the_proto_files_alone(ledger: FakeLedger) -> None:
    sent = samples.parts(samples.of("ApheresisPerformed"))
    with ServerThread(ledger) as server:
        done = curl(server.address, "ProcurementService/RecordApheresisPerformed", sent)
        assert done.returncode == 0, done.stderr
        receipt = json.loads(done.stdout)
        assert (receipt["state"], receipt["position"]) == ("RECEIPT_STATE_RECORDED", "1")
        assert samples.of("ApheresisPerformed") in ledger.stored[0].octets
        del sent["fact"]["donation"]
        refused = curl(server.address, "ProcurementService/RecordApheresisPerformed", sent)
    told = json.loads(refused.stderr)
    assert told["code"] == "invalid_argument"
    assert "fact.donation" in json.dumps(told)
