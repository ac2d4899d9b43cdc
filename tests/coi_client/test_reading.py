"""Looking up and searching with the client, with both of its faces."""

from uuid import UUID

import pytest

from coi.ledger.v1 import inspection_pb2 as wire
from coi_client import Client, FactMalformed
from tests.services.fakes import FakeLedger, card_of
from tests.support import samples

CHAIN = "coi:isbt128-coi:CHA999926000017"
NAMES = ("DonorIdentified", "ApheresisPerformed", "ConsentWithdrawn")


@pytest.fixture(autouse=True)
def three(client: Client) -> None:
    """Three facts on record."""
    for name in NAMES:
        sent = samples.request(name)
        client.record(sent.fact, sent.envelope, exceptions=sent.exceptions, key=UUID(sent.request_id))


def test_a_text_and_scans_bring_tags_cards_and_the_position(client: Client) -> None:
    value = CHAIN.rpartition(":")[2]
    axes = wire.AsOf(position=2)
    for told in (client.look_up(value, as_of=axes), client.look_up(scans=[wire.Scan(content=value)], as_of=axes)):
        assert (list(told.tags), told.through_position, told.as_of) == ([CHAIN], 3, axes)
        assert told.cards[0].sentence == card_of(CHAIN).sentence
    assert list(client.look_up(scans=[value]).tags) == [CHAIN]


def test_neither_a_text_nor_scans_is_malformed(client: Client) -> None:
    with pytest.raises(FactMalformed) as caught:
        client.look_up()
    assert {one.path for one in caught.value.violations} == {"text"}


def test_a_page_is_asked_for_and_brings_the_token_of_the_next(client: Client) -> None:
    first = client.search_facts(wire.SearchFactsRequest(page_size=2))
    assert ([fact.type for fact in first.facts], first.through_position) == ([*NAMES[:2]], 3)
    second = client.search_facts(wire.SearchFactsRequest(page_size=2, page_token=first.next_page_token))
    assert ([fact.type for fact in second.facts], second.next_page_token) == ([NAMES[2]], "")


def test_all_pages_are_read_until_there_is_no_more_or_enough(client: Client) -> None:
    question = wire.SearchFactsRequest(page_size=1)
    everything = client.search_all(question)
    assert ([fact.position for fact in everything.facts], everything.complete) == ([1, 2, 3], True)
    assert everything.through_position == 3
    some = client.search_all(question, most=2)
    assert ([fact.position for fact in some.facts], some.complete) == ([1, 2], False)
    cut = client.search_all(wire.SearchFactsRequest(page_size=50), most=2)
    assert ([fact.position for fact in cut.facts], cut.complete) == ([1, 2], False)
    assert question.page_token == ""


def test_a_fact_is_read_once_a_position_is_there(client: Client, ledger: FakeLedger) -> None:
    assert client.get_fact(1, at_least_position=2).type == NAMES[0]
    assert ledger.waited_for == 2
