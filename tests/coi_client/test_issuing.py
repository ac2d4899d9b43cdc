"""Asking for blocks of Chain of Identity identifiers, and for packs, with the client, with both of its faces."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from google.protobuf import json_format

from coi.ledger.v1.administration_pb2 import BedsidePackIssued
from coi.ledger.v1.enrolment_pb2 import IdentifiersIssued, IssueIdentifiersRequest, IssueIdentifiersResponse
from coi.ledger.v1.envelope_pb2 import Envelope
from coi_client import Client, FactMalformed, FactRefused, KeyReused, LedgerUnavailable, MemoryJournal, Unsettled
from coi_client.contract import METHODS
from ledger import api
from services.server import ServerThread
from tests.coi_client.faces import make
from tests.support import samples

KEY = UUID("019d6b00-0045-7000-8000-00000000abcd")


@pytest.fixture
def address() -> Iterator[str]:
    """A server with a ledger in memory that judges."""
    ledger = api.in_memory(clock=lambda: datetime(2026, 6, 1, 12, tzinfo=UTC))
    try:
        with ServerThread(ledger) as server:
            yield server.address
    finally:
        ledger.close()


@pytest.fixture(params=["blocking", "asynchronous"])
def client(request: pytest.FixtureRequest, address: str, journal: MemoryJournal) -> Iterator[Client]:
    """A client of each face."""
    made = make(request.param, address, journal)
    try:
        yield made
    finally:
        made.close()


def asked(numbers: int = 20, facility: str = "A9999") -> tuple[IdentifiersIssued, Envelope]:
    """For whom, of which facility, how many; and who asks."""
    envelope = samples.parts(samples.of("CoiAssigned", minimal=True))["envelope"]
    block = {
        "organisation": envelope["organisation"],
        "facility": {"scheme": "isbt128-fin", "value": facility},
        "year": "26",
        "numbers": numbers,
    }
    return json_format.ParseDict(block, IdentifiersIssued()), json_format.ParseDict(envelope, Envelope())


def span(answer: IssueIdentifiersResponse) -> tuple[str, str]:
    """The first and the last of a block."""
    return answer.first, answer.last


def test_each_block_follows_the_one_before(client: Client) -> None:
    blocks = [client.issue_identifiers(*asked()) for _ in range(2)]
    assert [span(block) for block in blocks] == [
        ("CHA999926000000", "CHA99992600000J"),
        ("CHA99992600000K", "CHA999926000013"),
    ]
    assert [(block.receipt.position, block.receipt.type) for block in blocks] == [
        (1, "IdentifiersIssued"),
        (2, "IdentifiersIssued"),
    ]


def test_the_same_key_gets_the_same_block_and_nothing_else(client: Client) -> None:
    first, again = (client.issue_identifiers(*asked(), key=KEY) for _ in range(2))
    assert (span(again), again.receipt.repeated_call) == (span(first), True)
    with pytest.raises(KeyReused):
        client.issue_identifiers(*asked(numbers=21), key=KEY)


def test_a_block_that_was_asked_for_before_a_crash_is_given_once_by_resuming(
    client: Client, journal: MemoryJournal
) -> None:
    block, envelope = asked()
    request = IssueIdentifiersRequest(request_id=str(KEY), envelope=envelope, fact=block)
    journal.save(Unsettled(str(KEY), METHODS["IssueIdentifiers"].path, request.SerializeToString()))
    (given,) = client.resume()
    assert isinstance(given, IssueIdentifiersResponse)
    assert span(given) == ("CHA999926000000", "CHA99992600000J")
    assert list(journal.unsettled()) == []
    assert span(client.issue_identifiers(block, envelope, key=KEY)) == span(given)


def test_the_key_is_kept_while_no_ledger_answers(journal: MemoryJournal) -> None:
    with make("blocking", "127.0.0.1:1", journal) as away, pytest.raises(LedgerUnavailable):
        away.issue_identifiers(*asked(), key=KEY)
    assert [(entry.key, entry.method) for entry in journal.unsettled()] == [
        (str(KEY), METHODS["IssueIdentifiers"].path)
    ]


def test_a_block_that_nobody_can_have_is_refused_and_one_without_a_year_is_malformed(
    client: Client, journal: MemoryJournal
) -> None:
    with pytest.raises(FactRefused) as refused:
        client.issue_identifiers(*asked(facility="A9O99"))
    assert {broken.rule for broken in refused.value.findings} == {"I3"}
    block, envelope = asked()
    block.ClearField("year")
    with pytest.raises(FactMalformed) as malformed:
        client.issue_identifiers(block, envelope)
    assert [one.path for one in malformed.value.violations] == ["fact.year"]
    assert list(journal.unsettled()) == []


def packing() -> tuple[BedsidePackIssued, Envelope]:
    """A container that this ledger does not know."""
    pack = {
        "coi": {"scheme": "isbt128-coi", "value": "CHA999926000017"},
        "materials": [{"scheme": "isbt128-mpho", "value": "A9996A0002A999926123456A00000"}],
    }
    return json_format.ParseDict(pack, BedsidePackIssued()), asked()[1]


def test_a_pack_for_the_bedside_of_what_nobody_released_is_refused_and_its_key_settled(
    client: Client, journal: MemoryJournal
) -> None:
    with pytest.raises(FactRefused) as refused:
        client.issue_bedside_pack(*packing(), key=KEY)
    assert {broken.rule for broken in refused.value.findings} == {"R1"}
    assert list(journal.unsettled()) == []


def test_the_key_of_a_pack_is_kept_while_no_ledger_answers(journal: MemoryJournal) -> None:
    with make("blocking", "127.0.0.1:1", journal) as away, pytest.raises(LedgerUnavailable):
        away.issue_bedside_pack(*packing(), key=KEY)
    assert [(entry.key, entry.method) for entry in journal.unsettled()] == [
        (str(KEY), METHODS["IssueBedsidePack"].path)
    ]
