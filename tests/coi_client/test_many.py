"""Both faces of the client recording many facts: batches, streams, breaks, and what the journal keeps meanwhile."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from coi.ledger.v1 import values_pb2
from coi.ledger.v1.receipt_pb2 import Receipt
from coi.ledger.v1.records_pb2 import Skipped
from coi_client import (
    Client,
    FactMalformed,
    FactRefused,
    FolderJournal,
    Item,
    KeyReused,
    LedgerFailed,
    LedgerUnavailable,
    MemoryJournal,
    Unsettled,
)
from coi_client.contract import METHODS
from coi_client.journal import KeyJournal
from coi_client.streams import MOST_UNANSWERED
from ledger.domain.finding import Finding, Weight
from ledger.domain.receipt import Overloaded, Unavailable
from services.server import ServerThread, Terms
from services.servicers.streaming import StreamLimits
from tests.coi_client.faces import make
from tests.services.fakes import FakeLedger
from tests.support import samples

FACES = ("blocking", "asynchronous")
RR8 = values_pb2.Identifier(scheme="ods", value="RR8")
KEY = UUID("019d6b00-0045-7000-8000-00000000abcd")
SENT = samples.unsigned(samples.request("DonorIdentified"))
BAR = Finding(rule="I4", tag="coi:isbt128-coi:1", weight=Weight.BAR, found="no consent", must="a live consent")


def key(number: int) -> UUID:
    """The key of an item."""
    return UUID(int=number + 1)


def item(number: int, after: int | None = None) -> Item:
    """An item with a key of its own."""
    return Item(
        fact=SENT.fact, envelope=SENT.envelope, key=key(number), only_after=None if after is None else key(after)
    )


def plain(*references: str) -> list[Item]:
    """Items as a batch takes them."""
    found = []
    for reference in references:
        envelope = type(SENT.envelope)()
        envelope.CopyFrom(SENT.envelope)
        envelope.sender_reference = reference
        found.append(Item(fact=SENT.fact, envelope=envelope))
    return found


def kept(journal: KeyJournal) -> list[str]:
    """The keys in a journal."""
    return [one.key for one in journal.unsettled()]


def recorded(results: Sequence[object]) -> list[UUID]:
    """The keys of what was recorded."""
    return [UUID(one.request_id) for one in results if isinstance(one, Receipt)]


# ------------------------------------------------------------------------------------------------------ batches


def test_a_batch_is_recorded_once_and_its_receipts_are_found_again(
    client: Client, ledger: FakeLedger, journal: MemoryJournal
) -> None:
    receipts = client.record_batch(plain("a", "b"), key=KEY)
    assert [one.position for one in receipts] == [1, 2]
    assert client.record_batch(plain("a", "b"), key=KEY) == receipts
    assert client.get_receipts(KEY, RR8) == receipts
    assert client.get_receipts(UUID(receipts[1].request_id), RR8) == (receipts[1],)
    assert journal.unsettled() == []
    with pytest.raises(KeyReused):
        client.record_batch(plain("b", "a"), key=KEY)


def test_the_key_of_a_batch_is_saved_before_it_is_sent_and_sent_again_after_a_crash(
    client: Client, ledger: FakeLedger, journal: MemoryJournal
) -> None:
    ledger.failing = [Unavailable("x")] * 4
    with pytest.raises(LedgerUnavailable):
        client.record_batch(plain("a", "b"), key=KEY)
    assert kept(journal) == [str(KEY)]
    (answer,) = client.resume()
    assert isinstance(answer, tuple)
    assert [one.position for one in answer] == [1, 2]
    assert journal.unsettled() == []


def test_a_barred_batch_says_which_item(client: Client, ledger: FakeLedger, journal: MemoryJournal) -> None:
    ledger.bars = (BAR,)
    with pytest.raises(FactRefused) as caught:
        client.record_batch(plain("a", "b"))
    assert caught.value.item == 0
    assert journal.unsettled() == []


def test_what_only_items_of_a_stream_have_is_no_part_of_a_batch(client: Client) -> None:
    for wrong in (item(1), Item(content=b"{}"), Item(fact=SENT.fact, envelope=SENT.envelope, only_after=KEY)):
        with pytest.raises(ValueError, match="batch"):
            client.record_batch([wrong])


# ------------------------------------------------------------------------------------------------------ streams


def test_each_item_of_a_stream_gets_its_result_in_order(
    client: Client, ledger: FakeLedger, journal: MemoryJournal
) -> None:
    results = list(client.record_stream(item(number) for number in range(MOST_UNANSWERED * 2)))
    assert recorded(results) == [key(number) for number in range(MOST_UNANSWERED * 2)]
    assert journal.unsettled() == []
    assert len(ledger.stored) == MOST_UNANSWERED * 2


def test_content_that_a_device_built_goes_out_as_it_is(client: Client, ledger: FakeLedger) -> None:
    octets = samples.of("ApheresisPerformed")
    own = UUID(samples.request("ApheresisPerformed").request_id)
    (result,) = client.record_stream([Item(content=octets, key=own)])
    assert isinstance(result, Receipt)
    assert octets in ledger.stored[0].octets


def test_a_refusal_is_a_result_and_ends_nothing(client: Client, ledger: FakeLedger, journal: MemoryJournal) -> None:
    ledger.bars = (BAR,)
    results = list(client.record_stream([item(0), item(1), item(2, after=0)]))
    assert [type(one) for one in results] == [FactRefused, FactRefused, Skipped]
    assert journal.unsettled() == []


def test_results_come_before_the_last_item_is_said(client: Client, ledger: FakeLedger) -> None:
    said: list[int] = []

    def items() -> Iterator[Item]:
        for number in range(2_000):
            said.append(number)
            yield item(number)

    with closing(client.record_stream(items())) as results:  # type: ignore[type-var]  # generators close
        assert isinstance(next(results), Receipt)
        assert len(said) < 2_000


def test_a_malformed_item_is_settled_and_what_waits_for_it_is_skipped(
    client: Client, ledger: FakeLedger, journal: MemoryJournal
) -> None:
    nothing = Item(envelope=SENT.envelope, key=key(0))
    results = list(client.record_stream([nothing, item(1, after=0), item(2)]))
    assert [type(one) for one in results] == [FactMalformed, Skipped, Receipt]
    assert journal.unsettled() == []


def test_what_is_no_fact_ends_the_stream_after_the_results_of_what_was_said(client: Client) -> None:
    results = client.record_stream([item(0), Item(fact=SENT.envelope, envelope=SENT.envelope)])
    assert recorded([next(results)]) == [key(0)]
    with pytest.raises(TypeError):
        next(results)


@pytest.mark.parametrize("error", [Unavailable("x"), Overloaded(0.001)], ids=["unavailable", "busy"])
def test_an_item_that_could_not_be_looked_at_is_said_again_and_its_followers_wait(
    client: Client, ledger: FakeLedger, error: Exception
) -> None:
    ledger.failing = [error, error]
    results = list(client.record_stream([item(0), item(1, after=0), item(2)]))
    assert recorded(results) == [key(0), key(1), key(2)]
    assert len(ledger.stored) == 3


def test_a_failure_that_nobody_foresaw_is_a_result_and_stays_in_the_journal(
    client: Client, ledger: FakeLedger, journal: MemoryJournal
) -> None:
    ledger.failing = [RuntimeError("x")]
    results = list(client.record_stream([item(0), item(1)]))
    assert [type(one) for one in results] == [LedgerFailed, Receipt]
    assert kept(journal) == [str(key(0))]


def test_keys_are_saved_before_items_are_sent_and_forgotten_with_their_results(
    client: Client, ledger: FakeLedger, journal: MemoryJournal
) -> None:
    seen: list[bool] = []

    def committing() -> None:
        seen.append(str(key(len(seen))) in kept(journal))

    ledger.committing = committing
    results = client.record_stream(item(number, after=number - 1 if number else None) for number in range(5))
    for number, result in enumerate(results):
        assert recorded([result]) == [key(number)]
        assert str(key(number)) not in kept(journal)
    assert seen == [True] * 5


@pytest.mark.parametrize("face", FACES)
def test_a_stream_that_ends_after_its_time_is_opened_again_unnoticed(face: str, ledger: FakeLedger) -> None:
    with ServerThread(ledger, terms=Terms(streams=StreamLimits(longest=0.05))) as server:
        client = make(face, server.address)

        def items() -> Iterator[Item]:
            for number in range(30):
                ledger.committing = lambda: threading.Event().wait(0.005)
                yield item(number, after=number - 1 if number else None)

        assert recorded(list(client.record_stream(items()))) == [key(number) for number in range(30)]
        client.close()
    assert len(ledger.stored) == 30


@pytest.mark.parametrize("face", FACES)
def test_what_a_stopped_server_did_not_answer_is_sent_to_the_next_one(face: str, ledger: FakeLedger) -> None:
    journal = MemoryJournal()
    first = ServerThread(ledger)
    with first:
        client = make(face, first.address, journal)
        stopped = _stopping_after(5, first, ledger)
        with pytest.raises(LedgerUnavailable):
            list(client.record_stream(item(number) for number in range(40)))
        assert stopped.is_set()
        left = kept(journal)
        assert left
        client.close()
    with ServerThread(ledger) as second:
        restarted = make(face, second.address, journal)
        assert [str(one) for one in recorded(restarted.resume())] == left
        restarted.close()
    assert journal.unsettled() == []
    ids = [one.record.content.id for one in ledger.stored if one.record is not None]
    assert len(ids) == len(set(ids))
    assert set(map(UUID, left)) <= set(ids)


def _stopping_after(count: int, server: ServerThread, ledger: FakeLedger) -> threading.Event:
    """Lets a server drain once so many facts are committed; later ones wait until it does."""
    stopped = threading.Event()

    def committing() -> None:
        if len(ledger.stored) >= count and not stopped.is_set():
            stopped.set()
            threading.Thread(target=server.drain, daemon=True).start()

    ledger.committing = committing
    return stopped


@pytest.mark.parametrize("face", FACES)
def test_nobody_there_ends_a_stream_when_patience_does_and_the_journal_keeps_it(face: str) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        journal = MemoryJournal()
        client = make(face, f"127.0.0.1:{held.getsockname()[1]}", journal)
        with pytest.raises(LedgerUnavailable):
            list(client.record_stream([item(0), item(1)]))
        assert kept(journal) == [str(key(0)), str(key(1))]
        client.close()


def entry(sent: Item) -> Unsettled:
    """An item as a program that crashed left it in its journal."""
    client = Client("127.0.0.1:9")
    found, _ = client._conversations.streamed(sent)
    client.close()
    return found


def test_what_a_crashed_stream_left_is_sent_again_and_waits_for_what_it_named(
    client: Client, ledger: FakeLedger, journal: MemoryJournal
) -> None:
    for one in (item(0), item(1, after=0), item(2, after=9)):
        journal.save(entry(one))
    assert {one.method for one in journal.unsettled()} == {METHODS["RecordStream"].path}
    ledger.failing = [Unavailable("x")] * 4
    failed, skipped = client.resume()
    assert isinstance(failed, LedgerUnavailable)
    assert isinstance(skipped, Skipped)
    assert kept(journal) == [str(key(0)), str(key(1))]
    assert recorded(list(client.resume())) == [key(0), key(1)]
    assert journal.unsettled() == []


@pytest.mark.parametrize("face", FACES)
def test_a_folder_keeps_the_items_of_a_stream(
    face: str, tmp_path: Path, server: ServerThread, ledger: FakeLedger
) -> None:
    folder = FolderJournal(tmp_path / "outbox")
    client = make(face, server.address, folder)
    assert recorded(list(client.record_stream(item(number) for number in range(20)))) == [key(n) for n in range(20)]
    assert folder.unsettled() == []
    client.close()
