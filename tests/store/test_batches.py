"""Several facts under one key, on every log: all or none, in order, one answer for ever."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest

from ledger.domain.facts import content as contents
from ledger.domain.facts.birth import Malformed
from ledger.domain.receipt import DraftBatch, KeyReused, Receipt, Refused, State, Unavailable
from ledger.domain.rules.catalogue import NUMBER
from ledger.store import answers, filing
from ledger.store.log import Log
from ledger.store.postgres_log import Patience, PostgresLog
from ledger.store.rows import KeyRow
from ledger.store.sequencer import BATCH
from tests.model import world
from tests.model.desk import Desk
from tests.store.watched_log import WatchedLog

AT = world.START
LATER = AT + timedelta(hours=12)
STARTING = AT + timedelta(minutes=111)
"""When the first patient's container may be started: released and checked."""


@pytest.fixture
def desk(log: Log) -> Iterator[Desk]:
    """A furnished desk with one patient."""
    with Desk(log) as opened:
        opened.furnish()
        yield opened


@contextmanager
def another_opening(log: Log) -> Iterator[Log]:
    """The same log as a second process would open it; memory is shared as it is."""
    if not isinstance(log, PostgresLog):
        yield log
        return
    opened = PostgresLog(log._dsn, patience=Patience(frozen_after_ms=60_000))
    yield opened
    opened.close()


def collected_and_sent(name: str = "000001A", validate_only: bool = False) -> DraftBatch:
    """A collection, and the dispatch of what was collected: the second is nothing without the first."""
    return world.as_batch(
        world.collection(1, [world.container(name, 100)], AT),
        world.dispatch("1", [name], origin=world.COLLECTION, to=world.CENTRAL, at=AT + timedelta(minutes=10)),
        validate_only=validate_only,
    )


def started_twice(validate_only: bool = False) -> DraftBatch:
    """One container started twice: the second is barred by the first (Q5)."""
    return world.as_batch(
        *(world.start("000001F", 1, where=world.POINT, at=STARTING + n * world.MINUTE) for n in (0, 1)),
        validate_only=validate_only,
    )


def key_rows(log: Log, batch: DraftBatch) -> list[KeyRow]:
    """What is stored of the keys of a batch: its own first, then those of its items."""
    organisation = filing.organisation_of(batch.organisation)
    wanted = [(organisation, batch.id), *((organisation, item.content.id) for item in batch.items)]
    with log.reading() as reading:
        found = reading.keys(wanted)
    return [found[key] for key in wanted if key in found]


def refusal(desk: Desk, batch: DraftBatch) -> Refused:
    """The refusal that a batch is answered with."""
    with pytest.raises(Refused) as caught:
        desk.record_batch(batch)
    return caught.value


# -------------------------------------------------------------------------------------------------------- all


def test_later_items_see_earlier_ones_and_all_are_recorded_in_order_in_one_commit(desk: Desk) -> None:
    batch, before = collected_and_sent(), len(desk.rows())
    receipts = desk.record_batch(batch, LATER)
    rows = desk.rows()[before:]
    assert [receipt.position for receipt in receipts] == [before + 1, before + 2]
    assert [receipt.findings for receipt in receipts] == [(), ()]
    assert [receipt.request_id for receipt in receipts] == [contents.item_id(batch.id, n) for n in (0, 1)]
    assert len({receipt.recorded_at for receipt in receipts}) == 1
    assert [receipt.leaf_hash for receipt in receipts] == [row.leaf for row in rows]
    assert answers.of_key(batch.id, rows) == tuple(msgspec.structs.replace(one, repeated_call=True) for one in receipts)
    assert desk.audit()[0].holds
    assert desk.audit()[1] is None


def test_the_key_of_a_batch_covers_every_item_and_each_item_has_a_key_of_its_own(desk: Desk, log: Log) -> None:
    batch = collected_and_sent()
    first, second = desk.record_batch(batch, LATER)
    whole, *each = key_rows(log, batch)
    assert (whole.position, whole.size, whole.hash) == (first.position, 2, batch.digest)
    assert [(row.position, row.size) for row in each] == [(first.position, 1), (second.position, 1)]
    assert [row.hash for row in each] == [contents.digest(item.octets) for item in batch.items]
    with log.reading() as reading:
        found = reading.key_rows(first.position - 1, second.position)
        assert (set(found), [row.position for row in found]) == (
            {whole, *each},
            [whole.position, *(row.position for row in each)],
        )
        assert reading.key_rows(second.position, 10**9) == []


def test_the_same_key_and_content_gets_the_same_receipts_for_ever(desk: Desk, log: Log) -> None:
    batch = collected_and_sent()
    first = desk.record_batch(batch, LATER)
    size = len(desk.rows())
    with another_opening(log) as other, Desk(other) as second:
        for again in (desk.record_batch(batch), second.record_batch(batch, LATER + timedelta(days=9))):
            assert again == tuple(msgspec.structs.replace(one, repeated_call=True) for one in first)
    assert len(desk.rows()) == size


def test_an_item_sent_alone_under_its_own_id_gets_the_receipt_it_got_in_the_batch(desk: Desk) -> None:
    batch = collected_and_sent()
    _, second = desk.record_batch(batch, LATER)
    assert desk.record(batch.items[1]) == msgspec.structs.replace(second, repeated_call=True)


def test_the_same_key_with_other_content_is_told_where_it_was_used(desk: Desk, log: Log) -> None:
    batch = collected_and_sent()
    used = desk.record_batch(batch, LATER)[0].position
    fewer = msgspec.structs.replace(batch, items=batch.items[:1])
    swapped = world.as_batch(*reversed(batch.items), key=batch.id)
    with another_opening(log) as other, Desk(other) as second:
        second.now = LATER
        for each in (desk, second):
            for content in (fewer, swapped):
                with pytest.raises(KeyReused) as caught:
                    each.record_batch(content)
                assert (caught.value.request_id, caught.value.position) == (batch.id, used)
    alone = world.as_draft(msgspec.structs.replace(batch.items[0].content, id=batch.id))
    with pytest.raises(KeyReused):
        desk.record(alone)
    assert len(desk.rows()) == used + 1


def test_a_key_that_one_fact_was_sent_under_is_no_key_for_a_batch(desk: Desk) -> None:
    fact = world.collection(1, [world.container("000001A", 100)], AT)
    position = desk.record(fact, LATER).position
    with pytest.raises(KeyReused) as caught:
        desk.record_batch(world.as_batch(fact, key=fact.content.id))
    assert caught.value.position == position
    assert len(desk.rows()) == position


def test_a_batch_stores_nothing_when_the_id_of_an_item_was_used_before(desk: Desk) -> None:
    batch = collected_and_sent()
    used = desk.try_(batch.items[1], LATER)
    size = len(desk.rows())
    with pytest.raises(KeyReused) as caught:
        desk.record_batch(batch)
    assert caught.value.request_id == batch.items[1].content.id
    assert isinstance(used, Receipt | Refused)
    assert (caught.value.position, len(desk.rows())) == (used.position, size)


def test_a_batch_twice_in_one_commit_is_recorded_once(desk: Desk, log: Log) -> None:
    batch = collected_and_sent()
    other = world.as_batch(*reversed(batch.items), key=batch.id)
    before = len(desk.rows())
    desk.now = LATER
    with another_opening(log) as keeper, desk.stalled(keeper):
        sent = [desk.sequencer.submit_batch(one) for one in (batch, batch, other)]
        item = desk.sequencer.submit(batch.items[0])
    first = sent[0].result(20)
    assert sent[1].result(20) == tuple(msgspec.structs.replace(one, repeated_call=True) for one in first)
    assert isinstance(sent[2].exception(20), KeyReused)
    assert item.result(20) == msgspec.structs.replace(first[0], repeated_call=True)
    assert len(desk.rows()) == before + 3  # the plug and the two items


# ------------------------------------------------------------------------------------------------------- none


def test_a_bar_in_one_item_stores_its_refusal_and_nothing_else(desk: Desk, log: Log) -> None:
    desk.treat(1, steps=13)
    batch, before = started_twice(), len(desk.rows())
    refused = refusal(desk, batch)
    assert (refused.item, refused.position, refused.unresolved) == (1, before + 1, True)
    assert {found.rule for found in refused.findings} == {"Q5"}
    assert len(desk.rows()) == before + 1
    stored = desk.records()[-1]
    assert (stored.content, stored.stamp.position) == (batch.items[1].content, before + 1)
    assert desk.rows()[-1].type == filing.REFUSED
    whole, own = key_rows(log, batch)
    assert (whole.position, whole.size, own.id) == (before + 1, 1, batch.items[1].content.id)


def test_what_a_refused_batch_would_have_done_never_happened(desk: Desk) -> None:
    desk.treat(1, steps=13)
    refusal(desk, started_twice())
    alone = desk.record(world.start("000001F", 1, where=world.POINT, at=STARTING))
    assert alone.findings == ()
    verified, difference = desk.audit()
    assert (verified.holds, verified.reason) == (True, "")
    assert difference is None


def test_a_refused_batch_takes_nothing_of_its_neighbours_in_the_same_commit(desk: Desk, log: Log) -> None:
    desk.treat(1, steps=13)
    before = len(desk.rows())
    start = world.start("000001F", 1, where=world.POINT, at=STARTING)
    ended = world.end("000001F", 1, 50, where=world.POINT, at=STARTING + 5 * world.MINUTE)
    with another_opening(log) as keeper, desk.stalled(keeper):
        first = desk.sequencer.submit(world.opening("L2", 1, where=world.POINT, at=STARTING))
        barred = desk.sequencer.submit_batch(started_twice())
        rest = desk.send([start, ended], STARTING + timedelta(hours=1))
    assert isinstance(barred.exception(20), Refused)
    assert [first.result(20).position, *(one.result(20).position for one in rest)] == [
        before + 2,
        before + 4,
        before + 5,
    ]
    assert [one.result(20).findings for one in rest] == [(), ()]
    assert desk.audit()[0].holds
    assert desk.audit()[1] is None


def test_the_refusal_of_a_batch_answers_its_key_for_ever_and_names_the_item(desk: Desk, log: Log) -> None:
    desk.treat(1, steps=13)
    batch = started_twice()
    first = refusal(desk, batch)
    desk.record(world.start("000001F", 1, where=world.POINT, at=STARTING))
    with another_opening(log) as other, Desk(other) as second:
        second.now = desk.now
        for each in (desk, second):
            again = refusal(each, batch)
            assert (again.position, again.findings, again.item) == (first.position, first.findings, first.item)
            assert (first.repeated_call, again.repeated_call) == (False, True)


def test_a_refused_item_says_that_it_was_judged_after_items_that_were_not_recorded(desk: Desk) -> None:
    desk.treat(1, steps=13)
    refusal(desk, started_twice())
    told = [(one.name, one.value) for one in desk.records()[-1].verdict.resolved]
    assert told[-1] == (filing.UNRECORDED, "1")
    refusal(desk, world.as_batch(world.start("000009F", 1, where=world.POINT, at=STARTING)))
    assert filing.UNRECORDED not in [one.name for one in desk.records()[-1].verdict.resolved]


def test_a_refused_item_can_be_recorded_as_the_deviation_that_it_was(desk: Desk) -> None:
    desk.treat(1, steps=13)
    desk.record(world.start("000001F", 1, where=world.POINT, at=STARTING), STARTING + timedelta(hours=1))
    refused = refusal(desk, started_twice())
    assert refused.item == 0
    receipt = desk.record(world.as_deviation(refused.position, where=world.POINT, at=desk.now))
    assert receipt.state is State.RECORDED_AS_DEVIATION


def test_what_no_program_can_store_keeps_the_whole_batch_out_and_its_key_unspent(desk: Desk) -> None:
    fine = collected_and_sent().items
    rules = [{"rule": "I1", "revision": 2}]
    fact = {"organisation": world.organisation("RR8"), "number": NUMBER + 1, "rules": rules}
    adopted = world.draft("RulebookAdopted", fact, at=AT, where=world.COLLECTION, checked=())
    batch, before = world.as_batch(fine[0], adopted), len(desk.rows())
    with pytest.raises(Malformed) as caught:
        desk.record_batch(batch, LATER)
    assert {one.path for one in caught.value.violations} == {"items[1].fact.number", "items[1].fact.rules[0]"}
    assert len(desk.rows()) == before
    assert [one.position for one in desk.record_batch(world.as_batch(*fine, key=batch.id))] == [before + 1, before + 2]


def test_an_item_that_the_store_cannot_hold_keeps_the_whole_batch_out(desk: Desk) -> None:
    fine = collected_and_sent().items
    envelope = msgspec.structs.replace(fine[1].content.envelope, sender_reference="x" * 300_000)
    batch = world.as_batch(fine[0], world.as_draft(msgspec.structs.replace(fine[1].content, envelope=envelope)))
    before = len(desk.rows())
    with pytest.raises(Malformed):
        desk.record_batch(batch, LATER)
    assert len(desk.rows()) == before
    assert desk.record_batch(world.as_batch(*fine, key=batch.id))[1].position == before + 2


def test_a_rulebook_adopted_in_a_batch_that_is_refused_is_not_in_force(desk: Desk) -> None:
    desk.treat(1, steps=13)
    fact = {
        "organisation": world.organisation("RXK"),
        "number": 0,
        "rules": [{"rule": "I8", "revision": 1}],
        "parameters": [{"name": "bedside-check-identifiers", "value": "9"}],
    }
    adopted = world.draft("RulebookAdopted", fact, at=STARTING, where=world.POINT, checked=())
    start = world.start("000001F", 1, where=world.POINT, at=STARTING)
    refused = refusal(desk, world.as_batch(adopted, start))
    assert (refused.item, {found.rule for found in refused.findings}) == (1, {"I8"})
    assert desk.record(world.as_draft(msgspec.structs.replace(start.content, id=uuid4()))).findings == ()


def test_a_held_ledger_spends_no_key_of_a_batch(desk: Desk) -> None:
    desk.record(world.collection(1, [world.container("000001Z", 100)], AT), LATER)
    batch, size = collected_and_sent(), len(desk.rows())
    with pytest.raises(Unavailable):
        desk.record_batch(batch, LATER - timedelta(minutes=5))
    assert len(desk.rows()) == size
    assert desk.record_batch(batch, LATER)[0].repeated_call is False


# ------------------------------------------------------------------------------------------------- only asking


def test_only_asked_each_item_is_judged_after_those_before_it_and_nothing_is_stored(desk: Desk) -> None:
    batch, before = collected_and_sent(validate_only=True), len(desk.rows())
    asked = desk.record_batch(batch, LATER)
    assert [(one.state, one.position, one.findings) for one in asked] == [(State.JUDGED_ONLY, 0, ())] * 2
    assert [one.content_hash for one in asked] == [contents.digest(item.octets) for item in batch.items]
    assert len(desk.rows()) == before
    assert desk.record_batch(msgspec.structs.replace(batch, validate_only=False))[1].position == before + 2
    assert desk.audit()[1] is None


def test_only_asked_a_barred_batch_names_its_item_and_stores_no_refusal(desk: Desk) -> None:
    desk.treat(1, steps=13)
    before = len(desk.rows())
    asked = refusal(desk, started_twice(validate_only=True))
    assert (asked.position, asked.item, len(desk.rows())) == (0, 1, before)
    assert desk.record(world.start("000001F", 1, where=world.POINT, at=STARTING)).findings == ()


# ----------------------------------------------------------------------------------------------------- the loop


def test_a_commit_takes_no_further_request_once_it_has_facts_enough(desk: Desk, log: Log) -> None:
    watched = WatchedLog(log)
    openings = [world.opening(f"C{number}", 1, where=world.CENTRAL, at=AT) for number in range(100)]
    with Desk(watched) as busy:
        busy.now = LATER
        with another_opening(log) as keeper, busy.stalled(keeper):
            commits = len(watched.blocks)
            sent = [busy.sequencer.submit_batch(world.as_batch(*openings)) for _ in range(4)]
        times = {one.recorded_at for future in sent for one in future.result(60)}
    assert BATCH == 256
    assert (len(times), len(watched.blocks) - commits) == (2, 3)  # the plug; then three batches, then one
