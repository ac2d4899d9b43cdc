"""A Python program with nothing of ours but the proto files records an apheresis on the real ledger."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import grpc_tools
import msgspec
import pytest

from ledger import api
from services.cli import story as stories
from services.cli.player import play
from services.cli.staging import Rehearsal
from services.server import ServerThread
from tests.house.tree import ROOT

pytestmark = pytest.mark.xdist_group("protos")

PROGRAM = """
import sys, grpc
from google.protobuf import json_format
from coi.ledger.v1 import procurement_pb2, procurement_pb2_grpc

request = json_format.Parse(sys.stdin.read(), procurement_pb2.RecordApheresisPerformedRequest())
with grpc.insecure_channel(sys.argv[1]) as channel:
    receipt = procurement_pb2_grpc.ProcurementServiceStub(channel).RecordApheresisPerformed(request)
print(receipt.type, receipt.position)
"""


def generated(folder: Path) -> None:
    """Compiles the proto files as anybody would, with the stock compiler."""
    protos = [*(ROOT / "protos").rglob("*.proto"), *(ROOT / "third_party").rglob("*.proto")]
    roots = [ROOT / "protos", ROOT / "third_party" / "googleapis", Path(grpc_tools.__file__).parent / "_proto"]
    command = [sys.executable, "-m", "grpc_tools.protoc", *(f"-I{root}" for root in roots)]
    ours = [str(path) for path in protos if "coi" in path.parts]
    subprocess.run([*command, f"--python_out={folder}", f"--grpc_python_out={folder}", *ours], check=True)


def test_an_apheresis_is_recorded_by_a_program_that_has_only_the_proto_files(tmp_path: Path) -> None:
    generated(tmp_path)
    clock = [datetime(2026, 3, 1, tzinfo=UTC)]
    ledger = api.in_memory(clock=lambda: clock[0])
    story = stories.load()
    place = next(number for number, step in enumerate(story.steps) if step.type == "ApheresisPerformed")
    with ServerThread(ledger) as server:
        before = msgspec.structs.replace(story, steps=story.steps[:place])
        answers = list(play(before, server.address, Rehearsal(lambda moment: clock.__setitem__(0, moment))))
        clock[0] = story.steps[place].recorded_at
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, server.address],
            cwd=tmp_path,
            input=json.dumps(story.steps[place].request),
            capture_output=True,
            text=True,
            check=False,
        )
    ledger.close()
    assert done.stdout == f"ApheresisPerformed {len(answers) + 1}\n", done.stderr
