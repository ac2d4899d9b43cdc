"""Reading lists with the client, with both of its faces, of the real ledger."""

from collections.abc import Iterator

import pytest

from coi.ledger.v1 import inspection_pb2 as wire
from coi_client import Client, FactMalformed
from ledger.api import LISTS
from services.mapping import lists
from services.server import ServerThread
from tests.coi_client.faces import make
from tests.support import world
from tests.support.judged import given
from tests.support.world import OTHER_PATIENT, tag, until

REFUSALS = wire.ListQuestion(name="unresolved-refusals")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server of a ledger with two starts that were refused."""
    ledger = given(*until("end"))
    for minute in (0, 1):
        ledger.when(world.start(at=f"2026-04-14T11:0{minute}Z", patient=OTHER_PATIENT))
    with ServerThread(ledger.ledger) as server:
        yield server.address


@pytest.fixture(params=["blocking", "asynchronous"])
def client(request: pytest.FixtureRequest, address: str) -> Iterator[Client]:
    """A client of either face."""
    made = make(request.param, address)
    yield made
    made.close()


def test_every_list_is_named_with_its_columns(client: Client) -> None:
    assert [lists.read_listing(one) for one in client.list_lists()] == [one.described for one in LISTS]


def test_a_page_is_read_and_brings_the_token_of_the_next(client: Client) -> None:
    first = client.read_list(wire.ReadListRequest(question=REFUSALS, page_size=1))
    second = client.read_list(wire.ReadListRequest(question=REFUSALS, page_size=1, page_token=first.next_page_token))
    roots = [row.root for page in (first, second) for row in page.rows]
    assert (len(set(roots)), first.list.name, second.next_page_token) == (2, "unresolved-refusals", "")
    assert first.through_position == second.through_position


def test_rows_are_counted_by_site(client: Client) -> None:
    counted = client.count_list(wire.CountListRequest(question=REFUSALS, by="site"))
    assert [(group.key, group.count) for group in counted.groups] == [(tag("site", world.POC_SITE), 2)]


def test_a_list_that_there_is_not_is_malformed(client: Client) -> None:
    with pytest.raises(FactMalformed) as caught:
        client.read_list(wire.ReadListRequest(question=wire.ListQuestion(name="sales")))
    assert {one.path for one in caught.value.violations} == {"name"}
