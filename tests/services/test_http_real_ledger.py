"""HTTP on the ledger itself: the whole story told over it makes the very ledger that gRPC makes."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

import grpc
from google.protobuf import json_format

from coi.ledger.v1.enrolment_pb2 import IssueIdentifiersRequest
from coi.ledger.v1.feed_pb2 import ListFeedRequest
from coi.ledger.v1.inspection_pb2 import GetFactRequest
from ledger import api
from services.cli import story as stories
from services.cli.player import play
from services.cli.staging import Rehearsal
from services.server import ServerThread
from tests.services.calls import Caller
from tests.services.posts import Poster, status
from tests.services.test_real_ledger import HandClock
from tests.support import samples
from tests.support.wire import AnyMessage


@contextmanager
def served(clock: HandClock) -> Iterator[ServerThread]:
    """A server of both wires with a ledger in memory behind it."""
    ledger = api.in_memory(clock=clock)
    try:
        with ServerThread(ledger, http="127.0.0.1:0") as server:
            yield server
    finally:
        ledger.close()


def fact(poster: Poster, position: int) -> AnyMessage:
    """A stored fact without what differs from ledger to ledger: its salt, and the hash that covers it."""
    found = poster.call("GetFact", GetFactRequest(position=position)).fact
    found.ClearField("salt")
    found.ClearField("leaf_hash")
    return found


def tell(poster: Poster, content: bytes, clock: HandClock, moment: datetime) -> int:
    """Posts what was recorded once; gives the position of the record or of the refusal."""
    clock.show(moment)
    told = poster.post(f"Record{json.loads(content)['type']}", samples.parts(content))
    if told.code == 200:
        return int(told.json()["position"])
    assert status(told).message, told
    return int(told.json()["details"][0]["debug"]["metadata"]["position"])


def test_the_story_told_over_http_makes_the_ledger_that_grpc_makes() -> None:
    story, clock = stories.load("point_of_care.json"), HandClock()
    with served(clock) as first, served(clock) as second:
        answers = list(play(story, first.address, Rehearsal(clock.show)))
        assert [answer.surprise for answer in answers if answer.surprise] == []
        by_grpc, by_http = Poster(first.http), Poster(second.http)
        for answer in answers:
            known = fact(by_grpc, answer.position)
            assert tell(by_http, known.content, clock, answer.step.recorded_at) == answer.position
            assert fact(by_http, answer.position) == known
        assert {"", "RECORDED", "RECORDED_AS_DEVIATION"} == {answer.state for answer in answers}


def test_a_request_that_grpc_recorded_or_refused_gets_its_answer_again_over_http() -> None:
    story, clock = stories.load("point_of_care.json"), HandClock()
    with served(clock) as server:
        answers = list(play(story, server.address, Rehearsal(clock.show)))
        poster = Poster(server.http)
        for answer in answers:
            content = fact(poster, answer.position).content
            assert tell(poster, content, clock, answer.step.recorded_at) == answer.position
        assert poster.post("GetLedger", {}).json()["size"] == str(len(answers))


def test_a_block_of_identifiers_that_was_asked_for_over_one_wire_is_given_again_over_the_other() -> None:
    envelope = samples.parts(samples.of("CoiAssigned", minimal=True))["envelope"]
    fact = {
        "organisation": envelope["organisation"],
        "facility": {"scheme": "isbt128-fin", "value": "A9999"},
        "year": "26",
        "numbers": 20,
    }
    clock = HandClock()
    clock.show(datetime(2026, 6, 1, 12, tzinfo=UTC))
    with served(clock) as server, grpc.insecure_channel(server.address) as channel:
        poster, caller = Poster(server.http), Caller(channel)
        for number, first in ((1, "CHA999926000000"), (2, "CHA99992600000K")):
            data = {"request_id": str(UUID(int=number)), "envelope": envelope, "fact": fact}
            given = poster.post("IssueIdentifiers", data).json()
            assert (given["first"], given["receipt"]["position"]) == (first, str(number))
            again = caller("IssueIdentifiers", json_format.ParseDict(data, IssueIdentifiersRequest()))
            assert (again.first, again.last, again.receipt.repeated_call) == (given["first"], given["last"], True)


def test_a_page_of_the_feed_is_waited_for_over_http_and_is_the_one_that_grpc_gets() -> None:
    clock = HandClock()
    clock.show(datetime(2026, 6, 1, 12, tzinfo=UTC))
    consent = samples.unsigned(samples.request("ConsentWithdrawn", minimal=True))
    with (
        served(clock) as server,
        grpc.insecure_channel(server.address) as channel,
        ThreadPoolExecutor(1) as pool,
    ):
        poster, caller = Poster(server.http), Caller(channel)
        waiting = pool.submit(poster.call, "ListFeed", ListFeedRequest(wait_seconds=20))
        assert poster.call("ListFeed", ListFeedRequest()) == caller("ListFeed", ListFeedRequest())
        receipt = caller("RecordConsentWithdrawn", consent)
        heard = waiting.result(timeout=20)
        assert [event.fact.position for event in heard.events] == [receipt.position]
        assert heard == caller("ListFeed", ListFeedRequest())
