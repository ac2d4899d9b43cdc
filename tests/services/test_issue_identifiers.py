"""Blocks of Chain of Identity identifiers, over a real port: each number once, however many ask at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID

import grpc
import pytest
from google.protobuf import json_format

from coi.ledger.v1.enrolment_pb2 import IssueIdentifiersRequest, IssueIdentifiersResponse
from ledger import api
from ledger.domain.identifiers.coi import Coi
from services.server import ServerThread
from tests.services.calls import Caller, ended
from tests.support import samples


@pytest.fixture
def caller() -> Iterator[Caller]:
    """A caller of a server with a ledger in memory behind it."""
    ledger = api.in_memory(clock=lambda: datetime(2026, 6, 1, 12, tzinfo=UTC))
    try:
        with ServerThread(ledger) as server, grpc.insecure_channel(server.address) as channel:
            yield Caller(channel)
    finally:
        ledger.close()


def asked(number: int, numbers: int = 20, facility: str = "A9999") -> IssueIdentifiersRequest:
    """A request for a block."""
    envelope = samples.parts(samples.of("CoiAssigned", minimal=True))["envelope"]
    fact = {
        "organisation": envelope["organisation"],
        "facility": {"scheme": "isbt128-fin", "value": facility},
        "year": "26",
        "numbers": numbers,
    }
    data = {"request_id": str(UUID(int=number)), "envelope": envelope, "fact": fact}
    return json_format.ParseDict(data, IssueIdentifiersRequest())


def test_blocks_asked_for_at_once_never_overlap_and_leave_no_gap(caller: Caller) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers: list[IssueIdentifiersResponse] = list(
            pool.map(lambda number: caller("IssueIdentifiers", asked(number), 20.0), range(1, 33))
        )
    spans = sorted((Coi(answer.first).number, Coi(answer.last).number) for answer in answers)
    assert spans == [(20 * block, 20 * block + 19) for block in range(32)]


def test_a_retry_gets_the_same_block_and_another_key_the_next(caller: Caller) -> None:
    first, again, other = (caller("IssueIdentifiers", asked(number)) for number in (1, 1, 2))
    assert (first.first, first.last) == (again.first, again.last) == ("CHA999926000000", "CHA99992600000J")
    assert again.receipt.repeated_call
    assert other.first == "CHA99992600000K"


def test_a_block_that_nobody_can_have_is_refused_and_a_block_without_a_key_is_malformed(caller: Caller) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        caller("IssueIdentifiers", asked(1, facility="A9O99"))
    assert ended(refused.value)[0] is grpc.StatusCode.FAILED_PRECONDITION
    nameless = asked(2)
    nameless.ClearField("request_id")
    with pytest.raises(grpc.RpcError) as malformed:
        caller("IssueIdentifiers", nameless)
    assert ended(malformed.value)[0] is grpc.StatusCode.INVALID_ARGUMENT


def test_nobody_records_a_block_of_his_own(caller: Caller) -> None:
    request = samples.any_request("CoiAssigned", minimal=True)
    request.fact.identifiers_issued.CopyFrom(asked(3).fact)
    with pytest.raises(grpc.RpcError) as refused:
        caller("Record", request)
    assert ended(refused.value)[0] is grpc.StatusCode.INVALID_ARGUMENT
