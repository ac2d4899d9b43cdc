"""Listening over a real port: nothing is skipped, positions are kept, and no listener holds anybody up."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import grpc
import pytest

from coi.ledger.v1 import feed_pb2 as wire
from coi.ledger.v1 import inspection_pb2
from coi.ledger.v1.values_pb2 import Identifier
from coi_client.contract import METHODS
from ledger import api
from ledger.api import FeedPage, Ledger, Wanted
from ledger.domain.receipt import Unavailable
from ledger.store.memory_log import MemoryLog
from services.interceptors.admission import Admission
from services.server import ServerThread, Terms
from services.servicers.feed import LARGEST_PAGE, Hours
from tests.services.calls import Caller, ended
from tests.support import world
from tests.support.clusters import Database
from tests.support.judged import Asked
from tests.support.judged import _closed_ledgers as _closed_ledgers  # noqa: PLC0414 - pytest finds it here
from tests.support.waiting import until
from tests.support.wire import AnyMessage

CENTRAL = Identifier(**world.CENTRAL)
TREATING = Identifier(**world.TREATING)
COI = world.tag("coi", world.CHAIN)
REGISTERS = len(world.registers())
QUICK = Hours(beat=0.1, longest=60)


def brief(event: wire.FollowResponse) -> int | str:
    """A fact by its position, the rest in words."""
    if event.HasField("fact"):
        return event.fact.position
    return f"gained {event.party_gained.position}" if event.HasField("party_gained") else f"..{event.through_position}"


class Listener:
    """Follows a feed in a thread of its own, and keeps what it hears."""

    def __init__(self, caller: Caller, request: wire.FollowRequest) -> None:
        method = METHODS["Follow"]
        self.events: list[wire.FollowResponse] = []
        self.status: grpc.StatusCode | None = None
        self.stream: AnyMessage = caller.channel.unary_stream(
            method.path,
            request_serializer=method.request.SerializeToString,
            response_deserializer=method.response.FromString,
        )(request)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        try:
            self.events.extend(self.stream)
        except grpc.RpcError:
            self.status = self.stream.code()
        else:
            self.status = self.stream.code()

    def heard(self) -> list[int]:
        """Positions of the facts."""
        return [event.fact.position for event in self.events if event.HasField("fact")]

    def told(self) -> list[int | str]:
        """Everything, each piece of progress once."""
        return list(dict.fromkeys(map(brief, self.events)))

    def leave(self) -> None:
        """Hang up."""
        self.stream.cancel()
        self._thread.join(5)


@contextmanager
def serving(ledger: Ledger, hours: Hours = QUICK, **terms: Any) -> Iterator[Caller]:  # noqa: ANN401 - any terms
    """A server of a ledger, and a caller."""
    with ServerThread(ledger, terms=Terms(hours=hours, **terms)) as server, channel_to(server) as channel:
        yield Caller(channel)


def channel_to(server: ServerThread) -> grpc.Channel:
    """A connection."""
    return grpc.insecure_channel(server.address, options=[("grpc.enable_retries", 0)])


@pytest.fixture
def asked() -> Asked:
    """A ledger with the registers and a story up to the arrival of the cells."""
    return Asked().given(*world.until("second_receipt"))


def people(first: int, count: int) -> list[world.Draft]:
    """Register entries, each for another person."""
    return [world.person(world.name("staff.RXK", f"{number:05}")) for number in range(first, first + count)]


def test_nothing_is_skipped_or_told_twice_while_many_write(database: Database) -> None:
    ledger = api.connect(database.writer, clock=lambda: datetime.now(UTC))
    try:
        with serving(ledger) as caller, ThreadPoolExecutor(4) as writers:
            early = [Listener(caller, wire.FollowRequest(organisation=one)) for one in (None, TREATING)]
            drafts = [people(1_000 * writer, 100) for writer in range(4)]
            receipts = [
                writers.submit(lambda part: [ledger.submit(draft).result(30) for draft in part], part)
                for part in drafts
            ]
            until(lambda: len(early[0].heard()) > 50)
            late = Listener(caller, wire.FollowRequest(after_position=40))
            assert sum(len(receipt.result()) for receipt in receipts) == 400
            until(lambda: all(brief(one.events[-1]) == "..400" for one in (*early, late)))
            for one in (*early, late):
                one.leave()
        assert [one.heard() for one in early] == [list(range(1, 401))] * 2
        assert late.heard() == list(range(41, 401))
    finally:
        ledger.close()


def test_a_fact_comes_as_it_is_stored(asked: Asked) -> None:
    with serving(asked.ledger) as caller:
        *facts, end = caller("Follow", wire.FollowRequest(until_head=True))
        whole = caller("GetFact", inspection_pb2.GetFactRequest(position=REGISTERS + 1)).fact
    assert [event.fact.position for event in facts] == list(range(1, end.through_position + 1))
    assert facts[REGISTERS].fact == whole
    assert facts[REGISTERS].fact.record == asked.rows()[REGISTERS].record


def test_a_listener_is_told_how_far_it_is_though_nothing_is_for_it(asked: Asked) -> None:
    nothing = wire.FeedFilter(types=["RulebookAdopted"])
    with serving(asked.ledger) as caller:
        listener = Listener(caller, wire.FollowRequest(filter=nothing))
        size = len(asked.rows())
        until(lambda: len(listener.events) >= 3)
        assert set(listener.told()) == {f"..{size}"}, "again and again, while nothing happens"
        asked.tell(world.second_receipt())
        until(lambda: listener.told() == [f"..{size}", f"..{size + 1}"])
        listener.leave()


def test_who_becomes_party_late_is_told_of_the_gain_then_of_what_follows_and_replays_the_rest(asked: Asked) -> None:
    with serving(asked.ledger) as caller:
        listener = Listener(caller, wire.FollowRequest(after_position=REGISTERS, organisation=CENTRAL))
        own = [row.position for row in asked.rows() if row.organisation == "gs1-gln:9506000140018"]
        until(lambda: listener.heard() == own)
        asked.tell(world.second_receipt(origin=world.CENTRAL_SITE))
        gained = asked.position
        asked.tell(world.poc_batch())
        until(lambda: listener.heard() == [*own, gained, gained + 1])
        listener.leave()
        order = [one for one in listener.told() if not str(one).startswith("..")]
        assert order == [*own, f"gained {gained}", gained, gained + 1]
        gain = next(event.party_gained for event in listener.events if event.HasField("party_gained"))
        assert gain == wire.PartyGained(tag=COI, position=gained)
        *story, _ = caller("Replay", inspection_pb2.ReplayRequest(subject=gain.tag))
    assert {step.fact.position for step in story} >= set(range(REGISTERS + 1, gained))


def pages(caller: Caller, request: wire.ListFeedRequest) -> Iterator[wire.ListFeedResponse]:
    """Page after page, to the head."""
    more = True
    while more:
        answer: wire.ListFeedResponse = caller("ListFeed", request)
        yield answer
        assert answer.through_position > request.after_position
        request.after_position, more = answer.through_position, answer.more


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_pages_hold_no_more_than_was_asked_for_and_together_everything(asked: Asked, size: int) -> None:
    request = wire.ListFeedRequest(organisation=TREATING, page_size=size)
    with serving(asked.ledger) as caller:
        found = list(pages(caller, request))
        streamed = caller("Follow", wire.FollowRequest(organisation=TREATING, until_head=True))
    of_the_donor = [row for row in asked.rows() if row.type == "DonorTestsSampled"]
    assert len(of_the_donor) == 1, "before the collection, its donation is of no chain"
    for_it = len(asked.rows()) - len(of_the_donor) - REGISTERS + len(world.told_to_everybody())
    assert max(len(page.events) for page in found) == min(size, for_it)
    assert [event for page in found for event in page.events] == [one for one in streamed if one.HasField("fact")]


def test_a_page_of_large_facts_is_cut_before_a_client_would_refuse_it(asked: Asked) -> None:
    for number in range(12):
        asked.tell(world.consent(purposes=[f"{number} {'x' * 3990}"] * 20))
    with serving(asked.ledger) as caller:
        request = wire.ListFeedRequest(after_position=asked.position - 12, page_size=1000)
        found = list(pages(caller, request))
    positions = [event.fact.position for page in found for event in page.events]
    assert positions == list(range(asked.position - 11, asked.position + 1))
    assert len(found) > 1
    assert max(page.ByteSize() for page in found) < LARGEST_PAGE + 512 * 1024


def test_a_long_poll_ends_with_the_first_news_or_with_its_time(asked: Asked) -> None:
    at = len(asked.rows())
    request = wire.ListFeedRequest(after_position=at, wait_seconds=20)
    with serving(asked.ledger) as caller, ThreadPoolExecutor() as threads:
        waiting = threads.submit(caller, "ListFeed", request, 30)
        time.sleep(0.3)
        assert not waiting.done()
        asked.tell(world.second_receipt())
        told = waiting.result(5)
        assert ([event.fact.position for event in told.events], told.through_position, told.more) == (
            [at + 1],
            at + 1,
            False,
        )
        started = time.monotonic()
        idle = caller("ListFeed", wire.ListFeedRequest(after_position=at + 1, wait_seconds=1))
        assert 0.9 < time.monotonic() - started < 3
        assert idle == wire.ListFeedResponse(through_position=at + 1)


def test_a_long_poll_goes_on_waiting_past_what_is_not_for_it(asked: Asked) -> None:
    at = len(asked.rows())
    chosen = wire.FeedFilter(types=["BatchOpened"])
    with serving(asked.ledger) as caller, ThreadPoolExecutor() as threads:
        request = wire.ListFeedRequest(after_position=at, wait_seconds=20, filter=chosen)
        waiting = threads.submit(caller, "ListFeed", request, 30)
        asked.tell(world.second_receipt())
        asked.tell(world.poc_batch())
        assert [brief(event) for event in waiting.result(5).events] == [at + 2]


@pytest.mark.parametrize(
    ("request_", "path"),
    [
        (wire.FollowRequest(organisation=Identifier(scheme="ods")), "organisation.value"),
        (wire.FollowRequest(after_position=2**60), "after_position"),
        (wire.FollowRequest(filter=wire.FeedFilter(tags=[COI, "CHA9999"])), "filter.tags[1]"),
        (wire.FollowRequest(filter=wire.FeedFilter(types=["Apheresis"])), "filter.types[0]"),
        (wire.ListFeedRequest(filter=wire.FeedFilter(tags=[COI] * 65)), "filter.tags"),
        (wire.ListFeedRequest(page_size=0), "page_size"),
        (wire.ListFeedRequest(page_size=1001), "page_size"),
        (wire.ListFeedRequest(wait_seconds=61), "wait_seconds"),
    ],
    ids=range(8),
)
def test_what_cannot_be_listened_to_is_told_why(asked: Asked, request_: AnyMessage, path: str) -> None:
    rpc = request_.DESCRIPTOR.name.removesuffix("Request")
    with serving(asked.ledger) as caller, pytest.raises(grpc.RpcError) as caught:
        caller(rpc, request_)
    code, parts = ended(caught.value)
    assert (code, [one.field for one in parts["BadRequest"].field_violations]) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        [path],
    )


def test_a_stream_ends_in_good_order_when_its_time_is_over(asked: Asked) -> None:
    with serving(asked.ledger, Hours(beat=0.1, longest=0.4)) as caller:
        events = caller("Follow", wire.FollowRequest(after_position=2), timeout=5)
    assert brief(events[-1]) == f"..{len(asked.rows())}"


def test_listeners_outlast_the_deadlines_of_other_calls(asked: Asked, terms: Terms) -> None:
    with serving(asked.ledger, deadlines=terms.deadlines) as caller:
        listener = Listener(caller, wire.FollowRequest(after_position=len(asked.rows())))
        time.sleep(terms.deadlines.longest + 0.3)
        asked.tell(world.second_receipt())
        until(lambda: listener.heard() == [asked.position])
        assert listener.status is None
        listener.leave()


def test_listeners_take_no_places_of_those_who_record_and_only_so_many_are_let_in(asked: Asked) -> None:
    admission = Admission(most=2, reserved=1, most_listening=3)
    with serving(asked.ledger, admission=admission) as caller:
        listeners = [Listener(caller, wire.FollowRequest()) for _ in range(3)]
        until(lambda: admission.listening == 3)
        with pytest.raises(grpc.RpcError) as caught:
            caller("ListFeed", wire.ListFeedRequest())
        code, parts = ended(caught.value)
        assert (code, parts["RetryInfo"].retry_delay.seconds) == (grpc.StatusCode.RESOURCE_EXHAUSTED, 5)
        assert caller("GetLedger", inspection_pb2.GetLedgerRequest()).size == len(asked.rows())
        for listener in listeners:
            listener.leave()
        until(lambda: admission.listening == 0)
        assert caller("ListFeed", wire.ListFeedRequest(page_size=1)).through_position == 1


def test_a_server_that_drains_ends_streams_and_polls_at_once_and_in_good_order(asked: Asked) -> None:
    with ServerThread(asked.ledger) as server, channel_to(server) as channel, ThreadPoolExecutor() as threads:
        size = len(asked.rows())
        listener = Listener(Caller(channel), wire.FollowRequest())
        poll = threads.submit(
            Caller(channel), "ListFeed", wire.ListFeedRequest(after_position=size, wait_seconds=60), 70
        )
        until(lambda: len(listener.heard()) == size)
        time.sleep(0.2)
        started = time.monotonic()
        server.drain()
        assert time.monotonic() - started < 3
        until(lambda: listener.status is grpc.StatusCode.OK)
        assert brief(listener.events[-1]) == f"..{size}"
        assert poll.result(5) == wire.ListFeedResponse(through_position=size)


class CountingLedger(Ledger):
    """A ledger that counts the pages read from it."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(MemoryLog("ledger.test/feed"), clock, bytes)
        self.pages = 0

    def feed(self, after: int, wanted: Wanted, most_rows: int = 64) -> FeedPage:
        self.pages += 1
        return super().feed(after, wanted, most_rows)


@pytest.fixture
def bulky() -> Iterator[CountingLedger]:
    """A ledger with 200 facts of a quarter of a megabyte each on the wire."""
    ledger = CountingLedger(lambda: datetime(2026, 4, 1, tzinfo=UTC))
    for number in range(200):
        draft = world.consent(purposes=[f"{number} {'x' * 3990}"] * 20)
        assert ledger.submit(draft).exception(30) is None
    yield ledger
    ledger.close()


def followed(caller: Caller) -> AnyMessage:
    """A stream that nobody reads yet."""
    method = METHODS["Follow"]
    return caller.channel.unary_stream(
        method.path,
        request_serializer=method.request.SerializeToString,
        response_deserializer=method.response.FromString,
    )(wire.FollowRequest())


def test_a_reader_that_stands_still_is_not_read_ahead_for_and_holds_nobody_up(bulky: CountingLedger) -> None:
    with serving(bulky) as caller:
        stream = followed(caller)
        assert next(stream).fact.position == 1
        time.sleep(0.7)
        read = bulky.pages
        assert read < 30, "of some 50 pages of 1 MiB"
        assert caller("ListFeed", wire.ListFeedRequest(page_size=1)).through_position == 1
        time.sleep(0.3)
        assert bulky.pages == read + 1
        rest = (event.fact.position for event in stream if event.HasField("fact"))
        assert list(islice(rest, 199)) == list(range(2, 201))
        stream.cancel()


def test_a_reader_that_stands_still_does_not_hold_up_the_end_of_a_server(bulky: CountingLedger) -> None:
    with ServerThread(bulky) as server, channel_to(server) as channel:
        stream = followed(Caller(channel))
        assert next(stream).fact.position == 1
        time.sleep(0.3)
        started = time.monotonic()
        server.drain()
        assert time.monotonic() - started < 6
        with pytest.raises(grpc.RpcError):
            list(stream)
        assert stream.code() is grpc.StatusCode.UNAVAILABLE, "what makes a client come back"


def test_a_store_that_cannot_be_read_ends_a_stream_so_that_the_listener_comes_back() -> None:
    asked = Asked().given(*people(1, 3))

    class Failing(CountingLedger):
        broken = False

        def feed(self, after: int, wanted: Wanted, most_rows: int = 64) -> FeedPage:
            if self.broken:
                raise Unavailable("no store")
            return asked.ledger.feed(after, wanted, most_rows)

        def wait(self, after: int, seconds: float) -> int:
            if self.broken:
                raise Unavailable("no store")
            return asked.ledger.wait(after, seconds)

    ledger = Failing(lambda: datetime(2026, 4, 1, tzinfo=UTC))
    try:
        with serving(ledger) as caller:
            listener = Listener(caller, wire.FollowRequest())
            until(lambda: listener.heard() == [1, 2, 3])
            ledger.broken = True
            until(lambda: listener.status is grpc.StatusCode.UNAVAILABLE)
            ledger.broken = False
            again = Listener(caller, wire.FollowRequest(after_position=3))
            asked.given(*people(7, 1))
            until(lambda: again.heard() == [4])
            again.leave()
    finally:
        ledger.close()
