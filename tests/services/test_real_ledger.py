"""The services on the ledger itself, in memory: what was sent is stored, refused, asked for, replayed and traced."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import grpc
import pytest

from coi.ledger.v1 import receipt_pb2, values_pb2
from coi.ledger.v1.inspection_pb2 import GetFactRequest
from coi_client import Client, FactRefused, KeyReused, NotFound
from ledger import api
from services.cli import story as stories
from services.cli.player import play
from services.cli.staging import Rehearsal
from services.server import ServerThread
from tests.services.calls import Caller, ended
from tests.support import samples

COI = "coi:isbt128-coi:CHA999926000017"
RR8 = values_pb2.Identifier(scheme="ods", value="RR8")
KEY = UUID("019d6b00-0045-7000-8000-00000000abcd")


class HandClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def show(self, moment: datetime) -> None:
        self.now = moment


@pytest.fixture
def clock() -> HandClock:
    """The ledger's clock."""
    return HandClock()


@pytest.fixture
def address(clock: HandClock) -> Iterator[str]:
    """A server with the real ledger behind it."""
    ledger = api.in_memory(clock=clock)
    try:
        with ServerThread(ledger) as server:
            yield server.address
    finally:
        ledger.close()


@pytest.fixture
def client(address: str) -> Iterator[Client]:
    """A client of it."""
    with Client(address) as made:
        yield made


@pytest.fixture
def caller(address: str) -> Iterator[Caller]:
    """A caller made of the contract alone."""
    with grpc.insecure_channel(address) as channel:
        yield Caller(channel)


@pytest.mark.parametrize("minimal", [False, True])
@pytest.mark.parametrize("name", samples.SENT)
def test_every_example_is_recorded_or_refused_and_kept_as_it_was_sent(caller: Caller, name: str, minimal: bool) -> None:
    try:
        position = caller.record(samples.request(name, minimal=minimal)).position
    except grpc.RpcError as error:
        code, parts = ended(error)
        assert code is grpc.StatusCode.FAILED_PRECONDITION, (code, parts)
        position = int(parts["ErrorInfo"].metadata["position"])
    told = caller("GetFact", GetFactRequest(position=position)).fact
    assert told.content == samples.of(name, minimal=minimal)
    assert told.fact == samples.any_request(name, minimal=minimal).fact


def test_a_bag_nobody_consented_to_is_refused_with_every_rule_and_its_answer_stays(client: Client) -> None:
    sent = samples.apheresis()
    with pytest.raises(FactRefused) as first:
        client.record(sent.fact, sent.envelope, key=KEY)
    assert "I4" in {one.rule for one in first.value.findings}
    assert first.value.unresolved
    with pytest.raises(FactRefused) as again:
        client.record(sent.fact, sent.envelope, key=KEY)
    with pytest.raises(FactRefused) as asked:
        client.get_receipt(KEY, RR8)
    for later in (again.value, asked.value):
        assert (later.position, later.findings) == (first.value.position, first.value.findings)
    whole = client.get_fact(first.value.position)
    assert whole.outcome == receipt_pb2.OUTCOME_REFUSED
    assert {one.rule for one in whole.findings} >= {one.rule for one in first.value.findings}
    sent.fact.cycles += 1
    with pytest.raises(KeyReused):
        client.record(sent.fact, sent.envelope, key=KEY)


def test_asking_stores_nothing_and_gives_the_hash_that_the_signers_sign(client: Client) -> None:
    registered = samples.request("OrganisationRegistered")
    bare = samples.unsigned(registered)
    judged = client.judge(bare.fact, bare.envelope, key=UUID(registered.request_id))
    assert judged.content_hash == registered.envelope.signatures[0].content_hash
    with pytest.raises(NotFound):
        client.get_receipt(judged.key, bare.envelope.organisation)
    receipt = client.record_signed(judged, list(registered.envelope.signatures))
    assert receipt.position == 1
    assert client.get_fact(1).content == samples.of("OrganisationRegistered")


def test_the_story_is_told_and_read_back(client: Client, clock: HandClock, address: str) -> None:
    story = stories.load("point_of_care.json")
    answers = list(play(story, address, Rehearsal(clock.show)))
    assert [(answer.step.name, answer.surprise) for answer in answers if answer.surprise] == []
    told = client.replay(story.coi, with_record=True)
    assert told.summary.through_position == client.get_ledger().size == len(answers)
    assert {fact.type for fact in told.facts} >= {"ApheresisPerformed", "AdministrationStarted", "Corrected"}
    assert {fact.standing for fact in told.facts} >= {"recorded", "corrected", "did not happen"}
    assert all(fact.content and fact.salt and fact.HasField("effective") for fact in told.facts)
    lineage = client.trace(story.coi)
    assert {node.tag.partition(":")[0] for node in lineage.nodes} >= {"material", "donation", "patient", "batch"}
    assert lineage.summary.complete
