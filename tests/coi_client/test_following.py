"""Following with the client: from the last position on, however often the line breaks; the same with both faces."""

from collections.abc import Iterator
from itertools import islice

import grpc
import pytest

from coi.ledger.v1 import feed_pb2 as wire
from coi.ledger.v1.inspection_pb2 import StoredFact
from coi.ledger.v1.values_pb2 import Identifier
from coi_client import (
    AsyncClient,
    Client,
    FactMalformed,
    Heard,
    LedgerBusy,
    LedgerUnavailable,
    Retrying,
    Wanted,
)
from coi_client.errors import Failure
from coi_client.following import Following, heard
from services.server import ServerThread, Terms
from services.servicers.feed import Hours
from tests.coi_client.faces import QUICK, make
from tests.support import world
from tests.support.judged import Asked
from tests.support.judged import _closed_ledgers as _closed_ledgers  # noqa: PLC0414 - pytest finds it here

CENTRAL = Identifier(**world.CENTRAL)
CHAIN = world.tag("coi", world.CHAIN)
DOWN = Failure(grpc.StatusCode.UNAVAILABLE, "down")


@pytest.fixture
def asked() -> Asked:
    """A ledger whose central site became party to a chain by its last fact."""
    asked = Asked().given(*world.until("second_receipt"))
    asked.tell(world.second_receipt(origin=world.CENTRAL_SITE))
    return asked


@pytest.fixture
def address(asked: Asked) -> Iterator[str]:
    """A server of it."""
    with ServerThread(asked.ledger) as server:
        yield server.address


def facts(found: list[Heard]) -> list[int]:
    """Positions of the facts."""
    return [one.fact.position for one in found if one.fact is not None]


async def everything(address: str, face: str, after: int, wanted: Wanted | None) -> list[Heard]:
    """A feed to its head, with a face of the client."""
    if face == "blocking":
        with Client(address, retrying=QUICK) as client:
            return list(client.follow(after, wanted, until_head=True))
    async with AsyncClient(address, retrying=QUICK) as client_:
        return [one async for one in client_.follow(after, wanted, until_head=True)]


@pytest.mark.parametrize("face", ["blocking", "asynchronous"])
async def test_a_feed_is_told_to_its_head_with_the_positions_to_keep(asked: Asked, address: str, face: str) -> None:
    size = len(asked.rows())
    found = await everything(address, face, 3, None)
    assert [one.position for one in found] == [*range(4, size + 1), size]
    assert facts(found) == list(range(4, size + 1))
    gained = await everything(address, face, size - 1, Wanted(organisation=CENTRAL, types=["ConsignmentReceived"]))
    assert [(one.position, one.fact is not None) for one in gained] == [(size - 1, False), (size, True), (size, False)]
    assert gained[0].gained == wire.PartyGained(tag=CHAIN, position=size)


@pytest.mark.parametrize("face", ["blocking", "asynchronous"])
def test_a_page_is_read_with_the_position_to_keep(asked: Asked, address: str, face: str) -> None:
    client = make(face, address)
    try:
        page = client.list_feed(2, page_size=3)
        assert (facts(list(page.events)), page.position, page.more) == ([3, 4, 5], 5, True)
        size = len(asked.rows())
        tagged = client.list_feed(0, Wanted(tags=[CHAIN]), page_size=1000)
        chain = [row.position for row in asked.rows() if CHAIN in row.record.decode()]
        assert (facts(list(tagged.events)), tagged.position, tagged.more) == (chain, size, False)
        assert client.list_feed(size, wait_seconds=1).events == ()
    finally:
        client.close()


@pytest.mark.parametrize("face", ["blocking", "asynchronous"])
async def test_a_stream_that_ends_again_and_again_is_opened_again_where_it_ended(asked: Asked, face: str) -> None:
    size = len(asked.rows())
    with ServerThread(asked.ledger, terms=Terms(hours=Hours(beat=0.05, longest=0.1))) as server:
        found = await first(server.address, face, size + 5)
    assert facts(found) == list(range(1, size + 1))
    assert {one.position for one in found[size:]} == {size}


async def first(address: str, face: str, count: int) -> list[Heard]:
    """The first pieces of a feed."""
    if face == "blocking":
        with Client(address, retrying=QUICK) as client:
            return list(islice(client.follow(), count))
    found: list[Heard] = []
    async with AsyncClient(address, retrying=QUICK) as client_:
        following = client_.follow()
        async for one in following:
            found.append(one)
            if len(found) == count:
                break
        await following.aclose()
    return found


def test_a_server_that_comes_back_is_followed_from_the_last_position(asked: Asked) -> None:
    with ServerThread(asked.ledger) as server:
        address = server.address
        client = Client(address, retrying=Retrying(attempts=50, first_pause=0.02, longest_pause=0.1))
        following = client.follow(len(asked.rows()) - 1)
        assert next(following).position == len(asked.rows())
    asked.tell(world.poc_batch())
    with client, ServerThread(asked.ledger, address):
        later = (one for one in following if one.fact is not None)
        assert next(later).position == asked.position


def test_what_cannot_be_asked_is_said_at_once(address: str) -> None:
    with Client(address, retrying=QUICK) as client, pytest.raises(FactMalformed, match=r"filter\.types\[0\]"):
        next(client.follow(0, Wanted(types=["Apheresis"])))


def test_a_ledger_that_is_not_there_is_waited_for_only_so_long() -> None:
    with Client("127.0.0.1:1", retrying=QUICK) as client, pytest.raises(LedgerUnavailable):
        next(client.follow())


def place(*, until_head: bool = False) -> Following:
    """A listener after position 7, patient for three attempts."""
    patient = Retrying(attempts=3, first_pause=1.0, longest_pause=4.0, chance=lambda: 1.0)
    return Following(patient, 7, Wanted(organisation=CENTRAL), until_head=until_head)


def test_a_broken_line_is_tried_again_more_slowly_and_then_given_up() -> None:
    listener = place()
    assert [listener.broken(DOWN), listener.broken(DOWN)] == [1.0, 2.0]
    with pytest.raises(LedgerUnavailable):
        listener.broken(DOWN)


def test_whatever_is_heard_restores_patience_and_moves_the_place() -> None:
    listener = place()
    listener.broken(DOWN)
    listener.broken(DOWN)
    listener.take(wire.FollowResponse(through_position=12))
    assert listener.broken(DOWN) == 1.0
    assert listener.request() == wire.FollowRequest(
        after_position=12, organisation=CENTRAL, filter=wire.FeedFilter(refusals=False), until_head=False
    )


def test_a_place_never_moves_back() -> None:
    listener = place()
    listener.take(wire.FollowResponse(through_position=3))
    assert listener.position == 7


def test_what_waiting_cannot_mend_is_not_waited_for() -> None:
    with pytest.raises(LedgerBusy):
        place().broken(Failure(grpc.StatusCode.RESOURCE_EXHAUSTED, "too large"))


@pytest.mark.parametrize("until_head", [False, True])
def test_a_stream_that_ends_is_done_only_if_the_head_was_wanted(until_head: bool) -> None:
    listener = place(until_head=until_head)
    assert (listener.ended(), listener.done) == (1.0, until_head)


def test_after_a_gain_alone_the_fact_that_did_it_is_still_to_come() -> None:
    gain = wire.PartyGained(tag=CHAIN, position=9)
    assert heard(wire.FollowResponse(party_gained=gain)) == Heard(8, gained=gain)
    assert heard(wire.FollowResponse(fact=StoredFact(position=9))) == Heard(9, fact=StoredFact(position=9))
