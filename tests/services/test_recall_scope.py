"""The scope of a recall over the wire: what a client reads is what the ledger says, whole."""

from collections.abc import Iterator

import grpc
import pytest

from coi.ledger.v1 import inspection_pb2 as wire
from coi_client import AsyncClient, Client
from ledger.api import Ledger, Scope
from services.cli.remote import asked
from services.server import ServerThread
from tests.services.calls import Caller, ended
from tests.support import following, making, vigilance, world
from tests.support.judged import Asked, given
from tests.support.world import TREATING, VECTOR_LOT, tag

CASE = tag("case", making.CASE)


@pytest.fixture
def recalled() -> Iterator[Asked]:
    """A patient treated, then lost; the vector lot recalled, the hospital told."""
    ledger = given(*world.registers(), *world.story(), following.schedule(), following.lost(at="2027-02-01T10:00Z"))
    ledger.given(making.recall(lot=VECTOR_LOT, at="2027-02-02T08:00Z", scope_position=3, scope_hash=bytes(32)))
    ledger.given(vigilance.notice(TREATING, case=making.CASE, answer_by="2027-02-04", at="2027-02-02T09:00Z"))
    yield ledger
    ledger.close()


def opened(ledger: Ledger) -> ServerThread:
    """A server on a ledger."""
    return ServerThread(ledger, "127.0.0.1:0")


def test_a_reading_command_gets_from_a_server_what_the_ledger_says(recalled: Asked) -> None:
    at_home: Scope = recalled.ledger.recall_scope(CASE)
    with opened(recalled.ledger) as server, asked(server.address) as ledger:
        assert ledger.recall_scope(CASE) == at_home
    assert ([one.reachable for one in at_home.patients], [one.matches for one in at_home.claims]) == ([False], [False])


def test_a_replay_brings_from_a_server_how_long_the_records_are_kept(recalled: Asked) -> None:
    chain = tag("coi", world.CHAIN)
    with opened(recalled.ledger) as server, asked(server.address) as ledger:
        for _ in range(2):
            assert ledger.replay(chain).retention == recalled.ledger.replay(chain).retention
            recalled.given(vigilance.hold(at="2027-02-03T08:30Z"))


async def test_both_clients_read_the_pieces_and_the_summary(recalled: Asked) -> None:
    with opened(recalled.ledger) as server:
        with Client(server.address) as client:
            told = client.recall_scope(CASE)
        async with AsyncClient(server.address) as other:
            assert await other.recall_scope(CASE) == told
    end = told.summary
    assert (end.things, end.patients, end.places) == (len(told.things), len(told.patients), len(told.places))
    assert (end.unreachable, [one.reachable for one in told.patients]) == (1, [False])


def test_a_question_without_a_subject_is_malformed_and_one_about_nothing_is_not_found(caller: Caller) -> None:
    for request, code in (
        (wire.RecallScopeRequest(), grpc.StatusCode.INVALID_ARGUMENT),
        (wire.RecallScopeRequest(subject="lot:lot.VEC:V999"), grpc.StatusCode.NOT_FOUND),
    ):
        with pytest.raises(grpc.RpcError) as caught:
            caller("RecallScope", request)
        assert ended(caught.value)[0] is code
