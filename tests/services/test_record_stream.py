"""Streams of facts over a real port: each item on its own, in order, bounded, and ended so that nothing is in doubt."""

import queue
import threading
from collections.abc import Iterable, Iterator
from uuid import UUID

import grpc
import pytest
from structlog.testing import capture_logs

from coi.ledger.v1 import receipt_pb2, records_pb2
from coi.ledger.v1.inspection_pb2 import GetLedgerRequest
from coi.ledger.v1.values_pb2 import Identifier
from ledger.domain.finding import Finding, Weight
from ledger.domain.receipt import Overloaded, Unavailable
from services import status
from services.interceptors.admission import Admission
from services.server import ServerThread, Terms
from services.servicers.streaming import StreamLimits
from tests.services.calls import Caller, ended, unpacked
from tests.services.fakes import FakeLedger
from tests.services.test_guard import until
from tests.support import samples
from tests.support.wire import AnyMessage

BAR = Finding(rule="I4", tag="coi:isbt128-coi:1", weight=Weight.BAR, found="no consent", must="a live consent")
RR8 = Identifier(scheme="ods", value="RR8")


def key(number: int) -> str:
    """The key of an item."""
    return str(UUID(int=number + 1))


def item(number: int, fact_type: str = "DonorIdentified", **more: AnyMessage) -> records_pb2.RecordStreamRequest:
    """An item with a key of its own."""
    sent = samples.unsigned(samples.any_request(fact_type))
    return records_pb2.RecordStreamRequest(
        request_id=key(number), envelope=sent.envelope, fact=sent.fact, exceptions=sent.exceptions, **more
    )


def malformed(number: int) -> records_pb2.RecordStreamRequest:
    """An item that is no fact."""
    sent = item(number)
    sent.ClearField("fact")
    return sent


class Stream:
    """A stream in both directions, written to and read from by the test."""

    def __init__(self, caller: Caller, timeout: float | None = 20.0) -> None:
        self._items: queue.Queue[records_pb2.RecordStreamRequest | None] = queue.Queue()
        self.call = caller.streaming(iter(self._items.get, None), timeout)

    def send(self, *items: records_pb2.RecordStreamRequest) -> None:
        for one in items:
            self._items.put(one)

    def done(self) -> None:
        """Nothing more is said."""
        self._items.put(None)

    def next(self) -> AnyMessage:
        return next(self.call)

    def rest(self) -> list[AnyMessage]:
        """All further results, and then how it ended."""
        return list(self.call)


@pytest.fixture
def stream(caller: Caller) -> Iterator[Stream]:
    """A stream that is open."""
    opened = Stream(caller)
    yield opened
    opened.done()
    opened.call.cancel()


def together(caller: Caller, items: Iterable[records_pb2.RecordStreamRequest]) -> list[AnyMessage]:
    """The results of items that are all sent at once."""
    return list(caller.streaming(iter(items)))


def kinds(results: Iterable[AnyMessage]) -> list[str]:
    """What became of each item."""
    return [one.WhichOneof("result") for one in results]


def parts(result: AnyMessage) -> dict[str, AnyMessage]:
    """The parts of a result's status."""
    return dict(unpacked(result.status.details))


def test_each_item_gets_its_receipt_in_the_order_of_the_items(caller: Caller, ledger: FakeLedger) -> None:
    results = together(caller, [item(number) for number in range(20)])
    assert [one.request_id for one in results] == [key(number) for number in range(20)]
    assert kinds(results) == ["receipt"] * 20
    assert sorted(one.receipt.position for one in results) == list(range(1, 21))
    assert results[0].receipt == caller.record(samples_of(0))


def samples_of(number: int) -> AnyMessage:
    """The unary request that says what an item says."""
    request = samples.unsigned(samples.request("DonorIdentified"))
    request.request_id = key(number)
    return request


def test_a_result_comes_when_its_item_is_durable_and_not_when_the_stream_ends(stream: Stream) -> None:
    for number in range(3):
        stream.send(item(number))
        assert stream.next().receipt.position == number + 1


def test_a_refused_item_between_two_good_ones_gets_the_status_of_the_unary_call(
    stream: Stream, caller: Caller, ledger: FakeLedger
) -> None:
    stream.send(item(0))
    first = stream.next()
    ledger.bars = (BAR,)
    stream.send(item(1))
    refused = stream.next()
    ledger.bars = ()
    stream.send(item(2))
    last = stream.next()
    assert [first.receipt.position, last.receipt.position] == [1, 3]
    with pytest.raises(grpc.RpcError) as unary:
        caller.record(samples_of(1))
    code, unary_parts = ended(unary.value)
    assert (grpc.StatusCode.FAILED_PRECONDITION, unary_parts) == (code, parts(refused))
    assert (refused.status.code, refused.request_id) == (code.value[0], key(1))
    assert parts(refused)["ErrorInfo"].metadata["position"] == "2"


def test_a_malformed_item_ends_nothing_and_leaves_its_key_unused(caller: Caller, ledger: FakeLedger) -> None:
    unnamed = item(3)
    unnamed.request_id = "x" * 1_000
    results = together(caller, [item(0), malformed(1), unnamed, item(2)])
    assert kinds(results) == ["receipt", "status", "status", "receipt"]
    assert [one.field for one in parts(results[1])["BadRequest"].field_violations] == ["fact"]
    assert [one.field for one in parts(results[2])["BadRequest"].field_violations] == ["request_id"]
    assert len(results[2].request_id) < 100
    assert len(ledger.stored) == 2
    assert kinds(together(caller, [item(1)])) == ["receipt"]


def test_a_unary_call_is_tried_again_on_the_stream_and_the_other_way_round(caller: Caller, ledger: FakeLedger) -> None:
    receipt = caller.record(samples_of(0))
    (again,) = together(caller, [item(0)])
    assert again.receipt == receipt
    (first,) = together(caller, [item(1)])
    assert caller.record(samples_of(1)) == first.receipt
    other = item(0)
    other.envelope.sender_reference = "another"
    (reused,) = together(caller, [other])
    assert (reused.status.code, parts(reused)["ErrorInfo"].reason) == (6, "KEY_REUSED")
    assert len(ledger.stored) == 2


def test_what_was_not_answered_before_a_break_gets_its_answer_on_the_next_stream(
    caller: Caller, ledger: FakeLedger
) -> None:
    go_on = threading.Event()
    ledger.committing = lambda: go_on.wait(5)
    broken = Stream(caller)
    broken.send(*(item(number) for number in range(5)))
    until(lambda: ledger.submitted == 5)
    broken.call.cancel()
    go_on.set()
    until(lambda: len(ledger.stored) == 5)
    results = together(caller, [item(number) for number in range(6)])
    assert kinds(results) == ["receipt"] * 6
    assert len(ledger.stored) == 6


def test_only_asked_items_are_judged_and_nothing_is_stored(caller: Caller, ledger: FakeLedger) -> None:
    asked, after = together(caller, [item(0, validate_only=True), item(1, only_after=key(0))])
    assert asked.receipt.state == receipt_pb2.RECEIPT_STATE_JUDGED_ONLY
    assert after.skipped.only_after == key(0)
    assert ledger.stored == []


# ------------------------------------------------------------------------------------------------- only after


def test_an_item_is_recorded_only_after_the_one_that_it_names(caller: Caller, ledger: FakeLedger) -> None:
    go_on = threading.Event()
    ledger.committing = lambda: go_on.wait(5)
    opened = Stream(caller)
    opened.send(item(0), item(1, only_after=key(0)), item(2))
    until(lambda: ledger.submitted == 1)
    assert not go_on.wait(0.05)
    assert ledger.submitted == 1, "neither the item that waits nor the one behind it"
    go_on.set()
    opened.done()
    results = opened.rest()
    assert [one.receipt.position for one in results] == [1, 2, 3]


def test_an_item_is_skipped_when_the_one_that_it_names_is_not_recorded(stream: Stream, ledger: FakeLedger) -> None:
    ledger.bars = (BAR,)
    stream.send(item(0))
    assert kinds([stream.next()]) == ["status"]
    ledger.bars = ()
    stream.send(malformed(1), item(2, only_after=key(0)), item(3, only_after=key(1)), item(4, only_after=key(2)))
    stream.send(item(5, only_after=key(99)), item(6))
    stream.done()
    results = stream.rest()
    assert kinds(results) == ["status", "skipped", "skipped", "skipped", "skipped", "receipt"]
    assert [one.skipped.only_after for one in results[1:5]] == [key(0), key(1), key(2), key(99)]
    assert [one.position for one in ledger.stored] == [1, 2]


def test_a_skipped_item_can_be_sent_again(caller: Caller, ledger: FakeLedger) -> None:
    (skipped,) = together(caller, [item(1, only_after=key(0))])
    assert kinds([skipped]) == ["skipped"]
    assert kinds(together(caller, [item(0), item(1, only_after=key(0))])) == ["receipt", "receipt"]


def test_an_item_finds_the_one_that_it_names_on_an_earlier_stream(caller: Caller, ledger: FakeLedger) -> None:
    together(caller, [item(0)])
    ledger.bars = (BAR,)
    together(caller, [item(1)])
    ledger.bars = ()
    results = together(caller, [item(2, only_after=key(0)), item(3, only_after=key(1))])
    assert kinds(results) == ["receipt", "skipped"]


def test_only_after_must_be_a_key(caller: Caller) -> None:
    (told,) = together(caller, [item(1, only_after="yesterday")])
    assert [one.field for one in parts(told)["BadRequest"].field_violations] == ["only_after"]


# ------------------------------------------------------------------------------------------------------ limits


def test_no_more_is_read_than_may_be_unanswered(ledger: FakeLedger) -> None:
    go_on = threading.Event()
    ledger.committing = lambda: go_on.wait(20)
    with ServerThread(ledger) as server, grpc.insecure_channel(server.address) as channel:
        opened = Stream(Caller(channel))
        opened.send(*(item(number) for number in range(600)))
        opened.done()
        until(lambda: ledger.submitted == 256)
        assert not go_on.wait(0.3)
        assert ledger.submitted == 256
        go_on.set()
        assert kinds(opened.rest()) == ["receipt"] * 600


def test_a_caller_who_reads_no_results_is_read_no_further(ledger: FakeLedger) -> None:
    narrow = [("grpc.http2.bdp_probe", 0)]
    with ServerThread(ledger) as server, grpc.insecure_channel(server.address, options=narrow) as channel:
        opened = Stream(Caller(channel))
        opened.send(*(item(number) for number in range(1_500)))
        until(lambda: len(ledger.stored) >= 256)
        seen = -1
        while seen != len(ledger.stored):
            seen = len(ledger.stored)
            assert not threading.Event().wait(0.5)
        assert seen < 1_500, "what is stored is what was read: the rest waits in the line"
        opened.done()
        assert len(opened.rest()) == 1_500


def test_all_streams_together_leave_room_in_the_queue(ledger: FakeLedger) -> None:
    go_on = threading.Event()
    ledger.committing = lambda: go_on.wait(20)
    terms = Terms(streams=StreamLimits(unanswered=8, together=12))
    with ServerThread(ledger, terms=terms) as server, grpc.insecure_channel(server.address) as channel:
        streams = [Stream(Caller(channel)) for _ in range(3)]
        for number, opened in enumerate(streams):
            opened.send(*(item(100 * number + n) for n in range(10)))
            opened.done()
        until(lambda: ledger.submitted == 12)
        assert not go_on.wait(0.2)
        assert ledger.submitted == 12
        streams[0].call.cancel()
        go_on.set()
        assert [kinds(opened.rest()) for opened in streams[1:]] == [["receipt"] * 10] * 2
        more = [item(1_000 + n) for n in range(20)]
        assert kinds(together(Caller(channel), more)) == ["receipt"] * 20, "every place was given back"


def test_a_stream_too_many_is_told_to_come_back_and_calls_go_on(ledger: FakeLedger) -> None:
    terms = Terms(admission=Admission(streams=1))
    with ServerThread(ledger, terms=terms) as server, grpc.insecure_channel(server.address) as channel:
        caller = Caller(channel)
        opened = Stream(caller)
        until(lambda: terms.admission.streaming == 1)
        with pytest.raises(grpc.RpcError) as caught:
            together(caller, [item(0)])
        code, told = ended(caught.value)
        assert (code, told["RetryInfo"].retry_delay.seconds) == (grpc.StatusCode.RESOURCE_EXHAUSTED, 5)
        assert caller.record(samples_of(1)).position == 1
        opened.done()
        assert opened.rest() == []
        until(lambda: terms.admission.streaming == 0)
        assert kinds(together(caller, [item(0)])) == ["receipt"]


def test_a_stream_outlives_the_deadline_of_a_call(stream: Stream, terms: Terms) -> None:
    stream.send(item(0))
    assert stream.next().receipt.position == 1
    assert not threading.Event().wait(terms.deadlines.longest + 0.3)
    stream.send(item(1))
    assert stream.next().receipt.position == 2


# ---------------------------------------------------------------------------------------------------- the end


def over(opened: Stream) -> None:
    """It ends by telling the caller to open another."""
    with pytest.raises(grpc.RpcError) as caught:
        opened.rest()
    code, told = ended(caught.value)
    assert (code, told["ErrorInfo"].reason) == (grpc.StatusCode.UNAVAILABLE, "REOPEN_STREAM")


def test_a_stream_that_lasted_long_enough_answers_what_it_read_and_tells_the_caller_to_reopen(
    ledger: FakeLedger,
) -> None:
    go_on = threading.Event()
    ledger.committing = lambda: go_on.wait(5)
    terms = Terms(streams=StreamLimits(longest=0.3))
    with (
        capture_logs() as lines,
        ServerThread(ledger, terms=terms) as server,
        grpc.insecure_channel(server.address) as channel,
    ):
        opened = Stream(Caller(channel))
        opened.send(item(0), item(1))
        until(lambda: ledger.submitted == 2)
        assert not go_on.wait(0.5)
        opened.send(item(2))
        go_on.set()
        assert [opened.next().receipt.request_id for _ in range(2)] == [key(0), key(1)]
        over(opened)
        assert sorted(one.record.content.id.int for one in ledger.stored if one.record is not None) == [1, 2]
        again = Stream(Caller(channel))
        again.send(item(2))
        assert again.next().receipt.position == 3
        again.call.cancel()
    assert [line for line in lines if line["log_level"] in {"warning", "error"}] == []


def test_a_server_that_drains_answers_what_its_streams_have_read_and_ends_them(
    ledger: FakeLedger, terms: Terms
) -> None:
    go_on = threading.Event()
    ledger.committing = lambda: go_on.wait(5)
    with ServerThread(ledger, terms=terms) as server, grpc.insecure_channel(server.address) as channel:
        opened, idle = Stream(Caller(channel)), Stream(Caller(channel))
        opened.send(item(0), item(1))
        until(lambda: ledger.submitted == 2 and terms.admission.streaming == 2)
        leaving = threading.Thread(target=server.drain)
        leaving.start()
        over(idle)
        assert leaving.is_alive()
        go_on.set()
        assert [opened.next().receipt.request_id for _ in range(2)] == [key(0), key(1)]
        over(opened)
        leaving.join(timeout=5)
        assert not leaving.is_alive()


@pytest.mark.parametrize("error", [Overloaded(0.5), Unavailable("password=secret"), RuntimeError("secret")])
def test_what_the_ledger_raises_for_an_item_becomes_its_status_without_its_text(
    caller: Caller, ledger: FakeLedger, error: Exception
) -> None:
    ledger.failing = [error]
    results = together(caller, [item(0), item(1)])
    assert kinds(results) == ["status", "receipt"]
    assert results[0].status == status.of(error)
    assert "secret" not in str(results[0])
    assert kinds(together(caller, [item(0)])) == ["receipt"]


def test_an_item_that_nobody_foresaw_is_logged_by_its_kind_and_place(caller: Caller, ledger: FakeLedger) -> None:
    ledger.failing = [RuntimeError("Mrs Miggins")]
    with capture_logs() as lines:
        together(caller, [item(0)])
    told = [line for line in lines if line["log_level"] == "error"]
    assert [(line["event"], line["error"][0]) for line in told] == [("an item failed", "builtins.RuntimeError")]
    assert "Miggins" not in repr(lines)


def test_a_caller_who_goes_away_leaves_no_place_taken(caller: Caller, ledger: FakeLedger, terms: Terms) -> None:
    for _ in range(3):
        opened = Stream(caller)
        opened.send(item(0))
        opened.next()
        opened.call.cancel()
    until(lambda: terms.admission.streaming == 0)


def test_bytes_that_are_no_item_end_the_stream(caller: Caller, ledger: FakeLedger) -> None:
    stub: AnyMessage = caller.channel.stream_stream("/coi.ledger.v1.RecordsService/RecordStream")
    with pytest.raises(grpc.RpcError):
        list(stub(iter([b"\xff\xff\xff"]), timeout=2))
    assert ledger.stored == []
    assert caller("GetLedger", GetLedgerRequest()).size == 0
