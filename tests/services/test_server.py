"""The server as a whole: its limits, the truth about its health, and how it stops."""

import asyncio
import threading
import time
from collections.abc import Iterator
from uuid import UUID

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from coi.ledger.v1 import inspection_pb2 as wire
from ledger.api import LedgerInfo
from ledger.domain.receipt import Unavailable
from services.server import Addresses, ServerThread, Terms, serve
from services.servicers.contract import SERVICES
from tests.services.calls import Caller, ended
from tests.services.fakes import FakeLedger
from tests.services.test_guard import until
from tests.support import samples
from tests.support.wire import AnyMessage

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class SilentLedger(FakeLedger):
    """A ledger that can be made to answer no questions."""

    def __init__(self) -> None:
        super().__init__()
        self.silent = False

    def info(self) -> LedgerInfo:
        if self.silent:
            raise Unavailable("no store")
        return super().info()


def health(channel: grpc.Channel, service: str = "") -> AnyMessage:
    """What the server says about its health."""
    stub: AnyMessage = health_pb2_grpc.HealthStub(channel)
    return stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=2).status


@pytest.fixture
def silent(terms: Terms) -> Iterator[tuple[SilentLedger, grpc.Channel]]:
    """A ledger that can fall silent, and a channel to its server."""
    ledger = SilentLedger()
    with ServerThread(ledger, terms=terms) as server, grpc.insecure_channel(server.address) as channel:
        yield ledger, channel


@pytest.mark.parametrize("service", ["", *SERVICES])
def test_health_is_told_for_every_service(caller: Caller, service: str) -> None:
    assert health(caller.channel, service) == SERVING


def test_health_tells_when_the_ledger_does_not_answer(silent: tuple[SilentLedger, grpc.Channel]) -> None:
    ledger, channel = silent
    ledger.silent = True
    until(lambda: bool(health(channel) == NOT_SERVING))
    ledger.silent = False
    until(lambda: bool(health(channel) == SERVING))


def test_health_is_not_serving_before_the_ledger_answered(terms: Terms) -> None:
    ledger = SilentLedger()
    ledger.silent = True
    with ServerThread(ledger, terms=terms) as server, grpc.insecure_channel(server.address) as channel:
        assert health(channel) == NOT_SERVING


def test_a_server_that_drains_answers_what_is_under_way_and_takes_nothing_new(ledger: FakeLedger, terms: Terms) -> None:
    go_on = threading.Event()
    ledger.committing = lambda: go_on.wait(5)
    with ServerThread(ledger, terms=terms) as server, grpc.insecure_channel(server.address) as channel:
        under_way = Caller(channel).later("RecordDonorIdentified", samples.request("DonorIdentified"), 1.1)
        until(lambda: terms.admission.running == 1)
        leaving = threading.Thread(target=server.drain)
        leaving.start()
        until(lambda: refuses(server.address))
        assert leaving.is_alive()
        go_on.set()
        assert under_way.result().position == 1
        leaving.join(timeout=5)
        assert not leaving.is_alive()


def raw(caller: Caller, rpc: str) -> AnyMessage:
    """A method that takes and gives bytes."""
    return caller.channel.unary_unary(f"/coi.ledger.v1.{rpc}")


def refuses(address: str) -> bool:
    """Whether nobody answers at an address."""
    with grpc.insecure_channel(address) as channel:
        try:
            Caller(channel)("GetLedger", wire.GetLedgerRequest(), 0.3)
        except grpc.RpcError as error:
            return ended(error)[0] is grpc.StatusCode.UNAVAILABLE
        return False


def test_two_servers_on_one_port_by_mistake_fail(server: ServerThread, ledger: FakeLedger) -> None:
    with pytest.raises(RuntimeError), ServerThread(ledger, server.address):
        raise AssertionError("it listens")


def test_a_request_that_is_too_large_is_refused_before_it_is_read(caller: Caller, ledger: FakeLedger) -> None:
    request = samples.apheresis()
    request.envelope.place.spot = "x" * 300_000
    with pytest.raises(grpc.RpcError) as caught:
        caller.record(request)
    assert ended(caught.value)[0] is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert ledger.stored == []


def test_metadata_that_is_too_large_is_refused(caller: Caller) -> None:
    stub = raw(caller, "InspectionService/GetLedger")
    with pytest.raises(grpc.RpcError) as caught:
        stub(b"", metadata=(("x-large", "x" * 20_000),), timeout=2)
    assert ended(caught.value)[0] is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_bytes_that_are_no_message_are_refused(caller: Caller, ledger: FakeLedger) -> None:
    stub = raw(caller, "ProcurementService/RecordDonorIdentified")
    with pytest.raises(grpc.RpcError):
        stub(b"\xff\xff\xff", timeout=2)
    assert ledger.stored == []


def test_a_method_that_is_not_there_is_unimplemented(caller: Caller) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        raw(caller, "ProcurementService/RecordMiracle")(b"", timeout=2)
    assert ended(caught.value)[0] is grpc.StatusCode.UNIMPLEMENTED


def test_tools_may_ask_for_the_contract_in_development(caller: Caller) -> None:
    told = ProtoReflectionDescriptorDatabase(caller.channel).get_services()
    assert set(told) >= set(SERVICES)


def test_tools_may_not_ask_for_the_contract_otherwise(silent: tuple[SilentLedger, grpc.Channel]) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        ProtoReflectionDescriptorDatabase(silent[1]).get_services()
    assert ended(caught.value)[0] is grpc.StatusCode.UNIMPLEMENTED


async def test_serving_says_where_and_stops_when_told(ledger: FakeLedger, terms: Terms) -> None:
    stop, told = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        serve(ledger, Addresses("127.0.0.1:0"), reflection=False, ready=told.set_result, stop=stop, terms=terms)
    )
    address = (await told).grpc
    async with grpc.aio.insecure_channel(address) as channel:
        stub: AnyMessage = channel.unary_unary(
            "/coi.ledger.v1.InspectionService/GetLedger", response_deserializer=wire.GetLedgerResponse.FromString
        )
        assert (await stub(b"", timeout=2)).origin == "localhost/fake"
    stop.set()
    await asyncio.wait_for(serving, 5)


def test_many_callers_at_once_get_their_own_answers(ledger: FakeLedger) -> None:
    with ServerThread(ledger) as server, grpc.insecure_channel(server.address) as channel:
        caller = Caller(channel)
        calls = []
        for number in range(64):
            request = samples.request("DonorIdentified")
            request.request_id = str(UUID(int=number + 1))
            calls.append((request.request_id, caller.later("RecordDonorIdentified", request)))
        assert all(call.result().request_id == key for key, call in calls)
        assert sorted(one.position for one in ledger.stored) == list(range(1, 65))


def test_starting_and_stopping_is_quick(ledger: FakeLedger) -> None:
    started = time.monotonic()
    with ServerThread(ledger):
        pass
    assert time.monotonic() - started < 2
