"""Packs for the bedside, over a real port: sealed, the same for the same key, refused before release (R1)."""

import hashlib
import json
from collections.abc import Iterator
from uuid import UUID

import grpc
import pytest
from google.protobuf import json_format

from coi.ledger.v1.administration_pb2 import IssueBedsidePackRequest
from ledger.domain.facts import record
from services.server import ServerThread
from tests.services.calls import Caller, ended
from tests.support import samples, world
from tests.support.judged import Asked, given


@pytest.fixture
def ledger() -> Iterator[Asked]:
    """The story up to the check at the bedside."""
    asked = given(*world.until("check"))
    yield asked
    asked.close()


@pytest.fixture
def caller(ledger: Asked) -> Iterator[Caller]:
    """A caller of a server in front of it."""
    with ServerThread(ledger.ledger) as server, grpc.insecure_channel(server.address) as channel:
        yield Caller(channel)


def asked(number: int, material: world.Data = world.FINAL) -> IssueBedsidePackRequest:
    """A request for a pack."""
    envelope = samples.parts(samples.of("CoiAssigned", minimal=True))["envelope"]
    fact = {"coi": world.CHAIN, "materials": [material]}
    data = {"request_id": str(UUID(int=(0xBED << 96) + number)), "envelope": envelope, "fact": fact}
    return json_format.ParseDict(data, IssueBedsidePackRequest())


def test_a_pack_is_sealed_by_the_hash_that_the_log_keeps(caller: Caller, ledger: Asked) -> None:
    given = caller("IssueBedsidePack", asked(1))
    kept = {item.name: item.value for item in record.decode(ledger.rows()[-1].record).verdict.resolved}
    assert hashlib.sha256(given.pack).hexdigest() == given.sha256 == kept["pack-sha256"]
    assert json.loads(given.pack)["valid_until"] == "2026-04-14T11:48:00Z"
    assert given.receipt.clearance.may_follow


def test_a_retry_gets_the_same_pack_later_too_and_another_key_a_new_one(caller: Caller, ledger: Asked) -> None:
    first = caller("IssueBedsidePack", asked(1))
    ledger.clock("2026-04-14T10:30Z")
    again, other = caller("IssueBedsidePack", asked(1)), caller("IssueBedsidePack", asked(2))
    assert (again.pack, again.sha256, again.receipt.repeated_call) == (first.pack, first.sha256, True)
    assert other.sha256 != first.sha256


def test_a_pack_for_what_nobody_released_is_refused_and_one_without_a_key_is_malformed(caller: Caller) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        caller("IssueBedsidePack", asked(1, world.name("isbt128-mpho", "A9996A0002A999926123456B00000")))
    code, parts = ended(refused.value)
    assert code is grpc.StatusCode.FAILED_PRECONDITION
    assert [one.type for one in parts["PreconditionFailure"].violations] == ["R1"]
    nameless = asked(2)
    nameless.ClearField("request_id")
    with pytest.raises(grpc.RpcError) as malformed:
        caller("IssueBedsidePack", nameless)
    assert ended(malformed.value)[0] is grpc.StatusCode.INVALID_ARGUMENT


def test_nobody_records_a_pack_of_his_own(caller: Caller) -> None:
    request = samples.any_request("CoiAssigned", minimal=True)
    request.fact.bedside_pack_issued.CopyFrom(asked(3).fact)
    with pytest.raises(grpc.RpcError) as refused:
        caller("Record", request)
    assert ended(refused.value)[0] is grpc.StatusCode.INVALID_ARGUMENT
