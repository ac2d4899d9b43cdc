"""Over HTTP every unary method answers as over gRPC, whole: two equal ledgers, each asked over one of them."""

from collections.abc import Callable, Iterator
from typing import NamedTuple
from uuid import UUID

import grpc
import pytest
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from coi.ledger.v1 import inspection_pb2, records_pb2, values_pb2
from coi.ledger.v1.receipt_pb2 import Receipt
from coi_client.contract import METHODS
from ledger.domain.finding import Finding, Weight
from services.server import ServerThread
from tests.services.calls import Caller
from tests.services.fakes import FakeLedger
from tests.services.posts import JSON, PROTO, Poster
from tests.support import samples
from tests.support.wire import AnyMessage

RR8 = values_pb2.Identifier(scheme="ods", value="RR8")
BARS = (
    Finding(rule="I1", tag="patient:pseudonym:01KMZ8Y0", weight=Weight.BAR, found="band of another patient", must="µ"),
    Finding(rule="L1", tag="site:ods:RR813", weight=Weight.NOTE, found="licence ends soon", must="lasts"),
)
EXAMPLES: dict[str, list[AnyMessage]] = {
    "GetFact": [inspection_pb2.GetFactRequest(position=1), inspection_pb2.GetFactRequest(position=99_999)],
    "LookUp": [inspection_pb2.LookUpRequest(text="01KMZ8Y0TE5Q7V3H2D9C6B4A1X")],
    "GetReceipt": [
        records_pb2.GetReceiptRequest(request_id="019d6b00-0045-7000-8000-000000000001", organisation=RR8),
        records_pb2.GetReceiptRequest(request_id=str(UUID(int=77)), organisation=RR8),
        records_pb2.GetReceiptRequest(request_id="Mrs Miggins", organisation=RR8),
    ],
}
UNARY = [name for name, method in METHODS.items() if not method.streams]
RECORDING = [name for name in UNARY if METHODS[name].response is Receipt]
ASKING = [
    (name, number) for name in UNARY if name not in RECORDING for number in range(len(EXAMPLES.get(name, ())) + 1)
]
FORMS = pytest.mark.parametrize("form", [JSON, PROTO])


class Twins(NamedTuple):
    """Two equal ledgers, each behind a server; one is called over gRPC, the other over HTTP."""

    ledgers: tuple[FakeLedger, FakeLedger]
    grpc: Caller
    http: Poster

    def both(self, rpc: str, request: AnyMessage, form: str) -> tuple[AnyMessage, AnyMessage]:
        """Makes the same call on both."""
        return over_grpc(self.grpc, rpc, request), self.http.call(rpc, request, form)


def over_grpc(caller: Caller, rpc: str, request: AnyMessage) -> AnyMessage:
    """The answer, or the status that the call ended with."""
    try:
        return caller(rpc, request)
    except grpc.RpcError as error:
        told = rpc_status.from_call(error)  # type: ignore[arg-type]  # it is a call too
        assert told is not None
        return told


@pytest.fixture
def twins() -> Iterator[Twins]:
    """Two ledgers that know one fact each."""
    ledgers = FakeLedger(), FakeLedger()
    with (
        ServerThread(ledgers[0]) as left,
        ServerThread(ledgers[1], http="127.0.0.1:0") as right,
        grpc.insecure_channel(left.address) as channel,
    ):
        made = Twins(ledgers, Caller(channel), Poster(right.http))
        made.both("RecordApheresisPerformed", samples.request("ApheresisPerformed"), JSON)
        yield made


def each(change: Callable[[AnyMessage], object] = lambda _: None) -> Iterator[tuple[str, AnyMessage]]:
    """A request of every recording method, with a key of its own, after a change."""
    for number, rpc in enumerate(RECORDING):
        fact_type = rpc.removeprefix("Record")
        request = samples.request(fact_type) if fact_type else samples.any_request("DonorIdentified")
        bare = samples.unsigned(request)
        bare.request_id = str(UUID(int=1000 + number))
        change(bare)
        yield rpc, bare


@FORMS
def test_what_is_recorded_is_receipted_alike(twins: Twins, form: str) -> None:
    for rpc, request in each():
        left, right = twins.both(rpc, request, form)
        assert left == right
        assert left.position, left
    assert twins.ledgers[0].stored == twins.ledgers[1].stored


@FORMS
def test_what_is_refused_is_refused_alike_and_kept(twins: Twins, form: str) -> None:
    for ledger in twins.ledgers:
        ledger.bars = BARS
    for rpc, request in each():
        left, right = twins.both(rpc, request, form)
        assert left == right
        assert left.code == grpc.StatusCode.FAILED_PRECONDITION.value[0]
    assert twins.ledgers[0].stored == twins.ledgers[1].stored


def mangle(request: AnyMessage) -> None:
    """Makes a request malformed in three places."""
    request.request_id = "Mrs Miggins"
    request.envelope.ClearField("place")
    request.ClearField("fact")


@FORMS
def test_what_is_malformed_has_the_same_violations(twins: Twins, form: str) -> None:
    for rpc, request in each(mangle):
        left, right = twins.both(rpc, request, form)
        assert left == right
        assert left.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
        assert b"Miggins" not in right.SerializeToString()
    assert len(twins.ledgers[1].stored) == 1


@FORMS
def test_the_same_request_again_gets_the_same_answer_whichever_wire_brings_it(twins: Twins, form: str) -> None:
    for bars in ((), BARS):
        twins.ledgers[1].bars = bars
        twins.http.call("RecordDonorIdentified", keyed(40 + len(bars)), form)
    with ServerThread(twins.ledgers[1]) as server, grpc.insecure_channel(server.address) as channel:
        for number in (40, 42):
            first = twins.http.call("RecordDonorIdentified", keyed(number), form)
            assert over_grpc(Caller(channel), "RecordDonorIdentified", keyed(number)) == first
    assert len(twins.ledgers[1].stored) == 3


def keyed(number: int) -> AnyMessage:
    """A request with this key."""
    request = samples.unsigned(samples.request("DonorIdentified"))
    request.request_id = str(UUID(int=number))
    return request


def by_another_nurse(request: AnyMessage) -> None:
    """Somebody else did it."""
    request.envelope.performed_by.scheme, request.envelope.performed_by.value = "nmc", "98I0077E"


@FORMS
def test_a_key_that_was_used_for_other_content_is_told_alike(twins: Twins, form: str) -> None:
    for rpc, request in each():
        twins.both(rpc, request, form)
    for rpc, request in each(by_another_nurse):
        left, right = twins.both(rpc, request, form)
        assert left == right
        assert left.code == grpc.StatusCode.ALREADY_EXISTS.value[0]


@FORMS
@pytest.mark.parametrize(("rpc", "number"), ASKING)
def test_every_question_is_answered_alike(twins: Twins, form: str, rpc: str, number: int) -> None:
    request = [METHODS[rpc].request(), *EXAMPLES.get(rpc, ())][number]
    left, right = twins.both(rpc, request, form)
    assert left == right


@pytest.mark.parametrize("rpc", EXAMPLES)
def test_a_question_with_an_answer_gets_it(twins: Twins, rpc: str) -> None:
    assert not isinstance(twins.http.call(rpc, EXAMPLES[rpc][0]), Status)


@FORMS
def test_what_nobody_foresaw_says_nothing_on_either_wire(twins: Twins, form: str) -> None:
    for ledger in twins.ledgers:
        ledger.failing = [RuntimeError("SELECT secret")]
    left, right = twins.both("RecordDonorIdentified", keyed(50), form)
    assert left == right
    assert left.code == grpc.StatusCode.INTERNAL.value[0]
    assert b"secret" not in right.SerializeToString()
