"""Look-up, search and trace over a real port with the real ledger behind it."""

from collections.abc import Iterator

import grpc
import pytest
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from structlog.testing import capture_logs

from coi.ledger.v1 import inspection_pb2 as wire
from coi.ledger.v1 import receipt_pb2
from coi_client import Client, FactMalformed
from ledger import api
from services.cli import story as stories
from services.cli.player import play
from services.cli.staging import Rehearsal
from services.server import ServerThread
from services.wiring import StoryClock
from tests.services.calls import Caller

NHS = "9434765919"
FINAL = "material:isbt128-mpho:A9996A0002A999926123456A00000"
STEPS = {step.name: position for position, step in enumerate(stories.load().steps, 1)}
START, LAST = STEPS["start"], len(STEPS)
BEFORE_THE_START = Timestamp(seconds=1_776_160_800)  # 2026-04-14T10:00:00Z


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server on which the story was played."""
    clock = StoryClock()
    ledger = api.in_memory(clock=clock)
    try:
        with ServerThread(ledger) as server:
            assert not [
                answer for answer in play(stories.load(), server.address, Rehearsal(clock.show)) if answer.surprise
            ]
            yield server.address
    finally:
        ledger.close()


@pytest.fixture
def client(address: str) -> Iterator[Client]:
    """A client of it."""
    with Client(address) as made:
        yield made


def test_a_scanned_container_brings_its_card_as_of_any_moment(client: Client) -> None:
    value = FINAL.rpartition(":")[2]
    (now,) = client.look_up(value).cards
    assert (now.tag, now.status, now.what) == (FINAL, "given", "final container")
    (then,) = client.look_up(value, as_of=wire.AsOf(occurred=BEFORE_THE_START)).cards
    assert (then.status, [*then.next], then.holder) == ("released", ["BedsideIdentityChecked"], "organisation:ods:RXK")
    assert [(one.value, one.unit) for one in then.remaining] == [("0.58", "10*9"), ("50", "mL")]


def test_a_label_without_its_facility_finds_the_bag_that_is_recorded_with_one(client: Client) -> None:
    bag, donation = "material:isbt128-mpho:A9999S1128A999926123456B00000", "donation:isbt128-din:A999926123456"
    told = client.look_up(scans=["=A99992612345600", "=<S11281B0"])
    (mpho,) = (one for one in told.identifiers if one.scheme == "isbt128-mpho")
    assert (mpho.value, [*mpho.known], [*told.tags]) == ("00000S1128A999926123456B00000", [bag], [bag, donation])
    other = client.look_up(scans=["=A99992612345600", "=<S11281C0"])
    assert [*other.tags] == [donation]


def test_pages_of_a_search_join_to_the_whole_on_one_position(client: Client) -> None:
    question = wire.SearchFactsRequest(tags=["coi:isbt128-coi:CHA999926000017"], newest_first=True, page_size=4)
    found = client.search_all(question)
    whole = client.search_facts(wire.SearchFactsRequest(tags=question.tags, newest_first=True, page_size=200))
    assert [fact.position for fact in found.facts] == [fact.position for fact in whole.facts]
    assert (found.through_position, whole.next_page_token, len(found.facts) > 12) == (LAST, "", True)
    refused = client.search_all(wire.SearchFactsRequest(outcome=receipt_pb2.OUTCOME_REFUSED, rule="L3"))
    assert [fact.type for fact in refused.facts] == ["BatchOpened"]


def test_a_token_of_another_question_is_refused_by_its_path(client: Client) -> None:
    token = client.search_facts(wire.SearchFactsRequest(page_size=1)).next_page_token
    with pytest.raises(FactMalformed) as caught:
        client.search_facts(wire.SearchFactsRequest(page_size=1, page_token=token, rule="I1"))
    assert {one.path for one in caught.value.violations} == {"page_token"}


def test_a_trace_keeps_to_the_day_that_was_asked_for(client: Client) -> None:
    now, before = client.trace(FINAL), client.trace(FINAL, as_of=wire.AsOf(occurred=BEFORE_THE_START))
    assert [[edge.source for edge in told.edges if edge.source == START] for told in (now, before)] == [[START], []]
    assert {node.tag for node in before.nodes} <= {node.tag for node in now.nodes}
    assert before.edges


def test_a_persons_number_is_in_no_answer_and_no_log_line(address: str) -> None:
    with capture_logs() as lines, grpc.insecure_channel(address) as channel:
        caller = Caller(channel)
        band = wire.Scan(content="801850508989434765919291RJC,949724,93JORDAN,Dwayne,29-Nov-1949,", symbology="]d2")
        answers = [caller("LookUp", wire.LookUpRequest(text=NHS)), caller("LookUp", wire.LookUpRequest(scans=[band]))]
        with pytest.raises(grpc.RpcError) as caught:
            caller("LookUp", wire.LookUpRequest(text=NHS, scans=[wire.Scan(content=NHS)]))
    assert lines
    said = f"{answers} {lines} {caught.value.details()} {caught.value.trailing_metadata()}"
    assert [secret for secret in (NHS, "949724", "JORDAN", "Dwayne", "1949") if secret in said] == []
    assert {kind for told in answers for one in told.readings for kind in one.identity} >= {"NHS_NUMBER", "WRISTBAND"}


@pytest.mark.parametrize(
    ("rpc", "request_"),
    [
        ("Trace", wire.TraceRequest(start=NHS)),
        ("Replay", wire.ReplayRequest(subject=NHS)),
        ("SearchFacts", wire.SearchFactsRequest(tags=[NHS], types=[NHS], organisation=NHS, rule=NHS, page_token=NHS)),
    ],
    ids=["trace", "replay", "search"],
)
def test_a_refused_question_does_not_repeat_a_persons_number(address: str, rpc: str, request_: Message) -> None:
    with grpc.insecure_channel(address) as channel, pytest.raises(grpc.RpcError) as caught:
        Caller(channel)(rpc, request_)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert NHS not in f"{caught.value.details()} {caught.value.trailing_metadata()}"


def test_waiting_for_a_position_that_is_there_answers_at_once(client: Client) -> None:
    axes = wire.AsOf(at_least_position=LAST)
    assert client.look_up(FINAL, as_of=axes).through_position == LAST
    assert client.search_facts(wire.SearchFactsRequest(page_size=1, as_of=axes)).through_position == LAST
    assert client.get_fact(LAST, at_least_position=LAST).position == LAST


def test_verdicts_are_worked_out_again_page_by_page_on_one_end(client: Client) -> None:
    first = client.rejudge(wire.RejudgeRequest(page_size=60))
    assert (first.after_position, first.through_position, first.end_position, first.judged) == (0, 60, LAST, 60)
    request = wire.RejudgeRequest(after_position=60, end_position=LAST)
    rest = client.rejudge(request)
    assert (rest.through_position, first.judged + rest.judged, first.refused + rest.refused) == (LAST, LAST, 4)
    assert [first.HasField("first"), rest.HasField("first"), *rest.changes] == [False, False]
    chain = client.rejudge(wire.RejudgeRequest(subject="coi:isbt128-coi:CHA999926000017", under="today"))
    assert (chain.refused, chain.through_position == chain.end_position, [*chain.changes]) == (4, True, [])


@pytest.mark.parametrize(
    ("request_", "path"),
    [
        (wire.RejudgeRequest(under="99"), "under"),
        (wire.RejudgeRequest(subject="A9999"), "subject"),
        (wire.RejudgeRequest(page_size=501), "page_size"),
    ],
    ids=["under", "subject", "page"],
)
def test_a_judgement_that_cannot_be_asked_for_is_malformed(
    client: Client, request_: wire.RejudgeRequest, path: str
) -> None:
    with pytest.raises(FactMalformed) as caught:
        client.rejudge(request_)
    assert {one.path for one in caught.value.violations} == {path}
