"""The writer loop, on every log: what it answers, in which order, and what it does when a fact cannot be stored."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from ledger.domain.facts import content as contents
from ledger.domain.facts import record as records
from ledger.domain.facts import tagging
from ledger.domain.facts.birth import Malformed
from ledger.domain.facts.record import Stamp, Verdict
from ledger.domain.finding import Outcome
from ledger.domain.receipt import Draft, KeyReused, Overloaded, Receipt, Refused, State, Unavailable
from ledger.domain.rules.catalogue import NUMBER
from ledger.evidence import leaf as leaves
from ledger.store import answers
from ledger.store.log import Log
from ledger.store.memory_log import MemoryLog
from ledger.store.moments import moment_of
from ledger.store.postgres_log import Patience, PostgresLog
from ledger.store.rows import FactRow, Head, TagRow
from ledger.store.sequencer import QUEUE
from ledger.store.subjects_cache import SubjectsCache
from tests.model import world
from tests.model.desk import Desk, error_of
from tests.store.watched_log import WatchedLog
from tests.support.waiting import until

AT = world.START
LATER = AT + timedelta(hours=12)

MOST_QUESTIONS = 16
"""Questions to the store for one batch: keys, catch-up, rounds of context, originals, the append."""


@pytest.fixture
def desk(log: Log) -> Iterator[Desk]:
    """A furnished desk with one patient."""
    with Desk(log) as opened:
        opened.furnish()
        yield opened


@pytest.fixture
def second(log: Log, desk: Desk) -> Iterator[Desk]:
    """Another process's desk on the same log."""
    with another_opening(log) as other, Desk(other) as opened:
        opened.now = desk.now
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


def collecting(number: int = 1, name: str = "000001A", **more: Any) -> Draft:  # noqa: ANN401 - see world.draft
    return world.collection(number, [world.container(name, 100)], AT, **more)


def oversized() -> Draft:
    """A fact that is well formed for everybody but the store."""
    fine = collecting(name="000001Z").content
    envelope = msgspec.structs.replace(fine.envelope, sender_reference="x" * 300_000)
    return world.as_draft(msgspec.structs.replace(fine, envelope=envelope))


def adopted_by_a_newer_program(log: Log) -> int:
    """Append, as a newer program would, the adoption of a rulebook that this one does not have."""
    rules = [{"rule": "I1", "revision": 2}]
    fact = {"organisation": world.organisation("MPC"), "number": NUMBER + 1, "rules": rules}
    draft = world.draft("RulebookAdopted", fact, at=AT, where=world.CONTROL, checked=())
    return appended(log, draft, "RulebookAdopted")


def appended(log: Log, draft: Draft, filed: str) -> int:
    """Append a fact past the sequencer, filed under a type of its own; return its position."""
    with log.appending() as block:
        head = block.head()
        at = head.recorded_at + 1
        stamp = Stamp(position=head.size + 1, recorded_at=moment_of(at), recorder=draft.recorder)
        tags = tagging.own(draft.content)
        verdict = Verdict(outcome=Outcome.RECORDED, rulebook=NUMBER, tags=tags)
        octets = records.encode(draft.octets, stamp, verdict)
        leaf = leaves.LeafRecord(
            position=head.size + 1,
            recorded_at=at,
            type=filed,
            organisation="ods:MPC",
            commitment=leaves.commitment(bytes(32), octets),
        ).hash()
        rows = tuple(TagRow(tag, filed) for tag in tags)
        row = FactRow(head.size + 1, filed, "ods:MPC", at, octets, bytes(32), leaf, rows)
        after = Head(head.size + 1, head.frontier.append(leaf), at, head.epoch)
        block.append([row], [], after)
    return after.size


# ------------------------------------------------------------------------------------------------------ answers


def test_a_receipt_says_what_is_stored(desk: Desk) -> None:
    receipt = desk.record(collecting(), LATER)
    row = desk.rows()[-1]
    assert receipt == answers.answer(records.decode(row.record), row.leaf, repeated=False)
    assert (receipt.position, receipt.leaf_hash, receipt.state) == (row.position, row.leaf, State.RECORDED)


def test_what_was_sent_is_what_is_stored_byte_for_byte(desk: Desk) -> None:
    draft = collecting()
    desk.record(draft, LATER)
    assert records.content_octets(desk.rows()[-1].record) == draft.octets


def test_the_same_key_and_content_gets_the_same_answer_for_ever(desk: Desk, second: Desk) -> None:
    draft = collecting()
    first = desk.record(draft, LATER)
    for again in (desk.record(draft, LATER + timedelta(days=9)), second.record(draft, LATER + timedelta(days=10))):
        assert again == msgspec.structs.replace(first, repeated_call=True)
    assert len(desk.rows()) == first.position


def test_a_refusal_answers_its_key_for_ever_though_the_fact_would_be_right_by_now(desk: Desk) -> None:
    too_early = world.receipt("1", where=world.CENTRAL, at=AT + timedelta(hours=3))
    with pytest.raises(Refused) as first:
        desk.record(too_early, LATER)
    desk.record(collecting(), LATER)
    desk.record(world.dispatch("1", ["000001A"], origin=world.COLLECTION, to=world.CENTRAL, at=AT + timedelta(hours=2)))
    with pytest.raises(Refused) as again:
        desk.record(too_early)
    assert (again.value.position, again.value.findings) == (first.value.position, first.value.findings)
    assert (first.value.repeated_call, again.value.repeated_call) == (False, True)
    assert desk.record(world.as_draft(msgspec.structs.replace(too_early.content, id=uuid4()))).position


def test_the_same_key_with_other_content_is_told_where_it_was_used(desk: Desk, second: Desk) -> None:
    draft = collecting()
    used = desk.record(draft, LATER).position
    other = world.as_draft(msgspec.structs.replace(collecting(name="000001B").content, id=draft.content.id))
    for answer in (desk.try_(other), second.try_(other, LATER)):
        assert isinstance(answer, KeyReused)
        assert (answer.position, answer.request_id) == (used, draft.content.id)
    assert len(desk.rows()) == used


def test_two_organisations_may_use_the_same_key(desk: Desk) -> None:
    key = uuid4()
    desk.record(collecting(key=key), LATER)
    opening = world.opening("C1", 1, where=world.CENTRAL, at=AT, key=key)
    assert desk.record(opening).repeated_call is False


def test_thirty_two_threads_with_one_key_store_one_fact(desk: Desk, second: Desk) -> None:
    draft, before = collecting(), len(desk.rows())
    desk.now = second.now = LATER
    together = threading.Barrier(32)

    def send(number: int) -> Receipt:
        together.wait(20)
        return (desk, second)[number % 2].record(draft)

    with ThreadPoolExecutor(32) as threads:
        receipts = list(threads.map(send, range(32)))
    assert {receipt.position for receipt in receipts} == {before + 1}
    assert sorted(receipt.repeated_call for receipt in receipts) == [False] + [True] * 31
    assert len(desk.rows()) == before + 1


def test_a_key_twice_in_one_batch_is_one_fact_and_other_content_is_told_so(desk: Desk, log: Log) -> None:
    draft = collecting()
    other = world.as_draft(msgspec.structs.replace(collecting(name="000001B").content, id=draft.content.id))
    refused = world.receipt("9", where=world.CENTRAL, at=AT)
    before = len(desk.rows())
    with another_opening(log) as keeper, desk.stalled(keeper):
        sent = desk.send([draft, other, draft, refused, refused], LATER)
    first, reused, again, no, still_no = (future.exception(20) or future.result() for future in sent)
    assert isinstance(first, Receipt)
    assert isinstance(reused, KeyReused)
    assert again == msgspec.structs.replace(first, repeated_call=True)
    assert isinstance(no, Refused)
    assert isinstance(still_no, Refused)
    assert (still_no.position, still_no.repeated_call) == (no.position, True)
    assert len(desk.rows()) == before + 3  # the plug, the fact, the refusal


# -------------------------------------------------------------------------------------------------- only asking


def test_only_asked_means_nothing_stored_no_key_spent_and_the_hash_to_sign(desk: Desk) -> None:
    draft = collecting()
    before = len(desk.rows())
    asked = desk.record(msgspec.structs.replace(draft, validate_only=True), LATER)
    assert (asked.state, asked.position, asked.leaf_hash, len(desk.rows())) == (State.JUDGED_ONLY, 0, b"", before)
    assert asked.content == contents.signed_octets(draft.content)
    assert asked.content_hash == contents.digest(asked.content)
    signed = world.as_draft(world.with_signature(draft.content, AT))
    assert contents.signed_octets(signed.content) == asked.content
    assert desk.record(signed).position == before + 1


def test_only_asked_is_refused_as_the_real_call_would_be_and_stores_no_refusal(desk: Desk) -> None:
    draft = world.receipt("9", where=world.CENTRAL, at=AT, validate_only=True)
    before = len(desk.rows())
    with pytest.raises(Refused) as asked:
        desk.record(draft, LATER)
    assert (asked.value.position, asked.value.unresolved, len(desk.rows())) == (0, False, before)
    assert asked.value.content_hash == contents.digest(contents.signed_octets(draft.content))
    with pytest.raises(Refused) as real:
        desk.record(msgspec.structs.replace(draft, validate_only=False))
    assert (real.value.position, real.value.findings) == (before + 1, asked.value.findings)


# ------------------------------------------------------------------------------------------------- one by one


def test_what_cannot_be_stored_fails_alone(desk: Desk, log: Log) -> None:
    """store-trial W6: one bad fact failed a whole batch, six times over."""
    before = len(desk.rows())
    with another_opening(log) as keeper, desk.stalled(keeper):
        names = ("000001A", "000001B")
        fine = [world.opening(name, 1, where=world.CENTRAL, at=AT) for name in names]
        sent = desk.send([fine[0], oversized(), fine[1]], LATER)
    assert [sent[0].result(20).position, sent[2].result(20).position] == [before + 2, before + 3]
    assert isinstance(sent[1].exception(20), Malformed)
    assert desk.audit()[0].holds


def test_a_key_that_was_not_stored_is_not_spent(desk: Desk) -> None:
    bad = oversized()
    with pytest.raises(Malformed):
        desk.record(bad, LATER)
    mended = world.as_draft(msgspec.structs.replace(collecting().content, id=bad.content.id))
    assert desk.record(mended).repeated_call is False


def test_a_fault_of_our_own_fails_alone_and_the_loop_goes_on(desk: Desk, log: Log) -> None:
    broken = msgspec.structs.replace(collecting(), octets=None)
    before = len(desk.rows())
    with another_opening(log) as keeper, desk.stalled(keeper):
        sent = desk.send([broken, collecting()], LATER)
    assert isinstance(sent[0].exception(20), TypeError)
    assert sent[1].result(20).position == before + 2


def test_later_drafts_of_a_batch_see_earlier_ones(desk: Desk, log: Log) -> None:
    told = [draft for _, draft in world.therapy(1)]
    with another_opening(log) as keeper, desk.stalled(keeper):
        sent = desk.send(told, LATER)
    receipts = [future.result(20) for future in sent[:9]]
    assert [found for receipt in receipts for found in receipt.findings] == []
    # a release counts from its recording, which for a batch is after what it was meant to allow
    assert isinstance(sent[13].exception(20), Refused)
    assert desk.audit()[1] is None


def test_a_correction_is_seen_by_the_rest_of_its_batch(desk: Desk, log: Log) -> None:
    desk.record_all(world.enrolment(2, AT - timedelta(hours=25)), AT - timedelta(days=1))
    collected = desk.record(collecting(), LATER)
    told = world.collection_fact(2, [world.container("000001A", 100)], AT + world.MINUTE, giver=1)
    corrected = world.correction(collected.position, "apheresis_performed", told, where=world.COLLECTION, at=LATER)
    with another_opening(log) as keeper, desk.stalled(keeper):
        sent = desk.send(
            [
                corrected,
                world.dispatch("1", ["000001A"], origin=world.COLLECTION, to=world.CENTRAL, at=LATER),
                world.receipt("1", where=world.CENTRAL, at=LATER),
                world.opening("C1", 1, where=world.CENTRAL, at=LATER),
                world.modification(
                    "C1", [world.taken("000001A")], [world.container("000001B", 50)], where=world.CENTRAL, at=LATER
                ),
            ],
            LATER + timedelta(hours=1),
        )
    answer = sent[4].exception(20)
    if sent[0].exception(20) is None:
        assert isinstance(answer, Refused)
        assert "I1" in {found.rule for found in answer.findings}
    assert desk.audit()[1] is None


# ------------------------------------------------------------------------------------------ what others appended


def test_what_another_process_appended_is_taken_into_account(desk: Desk, second: Desk) -> None:
    desk.treat(1, steps=13)
    second.record(world.start("000001F", 1, where=world.POINT, at=AT + timedelta(minutes=111)), AT + timedelta(hours=2))
    answer = desk.try_(
        world.start("000001F", 1, where=world.POINT, at=AT + timedelta(minutes=112)), AT + timedelta(hours=2)
    )
    assert isinstance(answer, Refused)
    assert {found.rule for found in answer.findings} == {"Q5"}


def test_effects_that_another_process_appended_are_taken_into_account(desk: Desk, second: Desk) -> None:
    receipts = desk.treat(1, steps=14)
    when = AT + timedelta(hours=2, minutes=30)
    second.record(world.not_happened(receipts[-1].position, where=world.POINT, at=when), when)
    again = desk.record(world.start("000001F", 1, where=world.POINT, at=AT + timedelta(minutes=112)), when)
    assert again.findings == ()
    assert desk.audit() == (desk.audit()[0], None)


def test_two_processes_that_take_turns_judge_as_one(desk: Desk, second: Desk) -> None:
    desk.record_all(world.enrolment(2, AT - timedelta(hours=25)), AT - timedelta(days=1))
    for number in (1, 2):
        for turn, (at, draft) in enumerate(world.therapy(number, AT + timedelta(hours=5 * number))):
            assert (desk, second)[turn % 2].record(draft, at + 2 * world.MINUTE).findings == ()
    verified, difference = desk.audit()
    assert verified.holds
    assert difference is None


def test_a_log_that_lost_its_last_facts_is_read_anew() -> None:
    """A standby that lacked the newest facts, of which nobody was told here, took over: what was folded is let go."""
    whole, short = MemoryLog("m"), MemoryLog("m")
    with Desk(whole) as desk, Desk(whole) as other:
        desk.furnish()
        rows = desk.rows()
        other.record(collecting(), LATER)
        asked = msgspec.structs.replace(collecting(), validate_only=True)
        assert isinstance(desk.try_(asked, LATER), Refused)
        for row in rows:
            with whole.reading() as reading, short.appending() as block:
                tags = tuple(tag for _, tag in reading.tag_rows(row.position - 1, row.position))
                head = block.head()
                after = msgspec.structs.replace(
                    head,
                    size=row.position,
                    frontier=head.frontier.append(row.leaf),
                    recorded_at=max(row.recorded_at, head.recorded_at + 1),
                )
                given = msgspec.structs.asdict(row) | {"recorded_at": after.recorded_at, "tags": tags}
                block.append([FactRow(**given)], [], after)
        desk.sequencer._log = short
        assert desk.record(collecting()).findings == ()


# ---------------------------------------------------------------------------------------------------------- time


def test_recorded_at_rises_strictly_and_each_commit_has_one(desk: Desk, log: Log) -> None:
    desk.now = LATER
    alone = [desk.record(collecting(name=f"00000{number}Q")) for number in range(2, 5)]
    with another_opening(log) as keeper, desk.stalled(keeper):
        sent = desk.send([world.opening(f"C{number}", 1, where=world.CENTRAL, at=AT) for number in range(5)])
    together = {future.result(20).recorded_at for future in sent}
    times = [receipt.recorded_at for receipt in alone]
    assert len(together) == 1
    assert sorted(set(times)) == times
    assert times[0] == LATER
    assert min(together) > times[-1]
    stamps = [row.recorded_at for row in desk.rows()]
    assert stamps == sorted(stamps)


def test_appends_are_held_when_our_clock_went_back_by_more_than_a_minute(desk: Desk) -> None:
    stored = collecting()
    receipt = desk.record(stored, LATER)
    answer = desk.try_(world.opening("C1", 1, where=world.CENTRAL, at=AT), LATER - timedelta(seconds=61))
    assert isinstance(answer, Unavailable)
    assert "held" in str(answer)
    assert desk.record(stored) == msgspec.structs.replace(receipt, repeated_call=True)
    soon = desk.record(world.opening("C1", 1, where=world.CENTRAL, at=AT), LATER - timedelta(seconds=59))
    assert soon.recorded_at == LATER + timedelta(microseconds=1)


def test_appends_are_held_once_a_newer_rulebook_is_adopted(desk: Desk, second: Desk, log: Log) -> None:
    stored = collecting(name="000001Z")
    receipt = desk.record(stored, LATER)
    adopted = adopted_by_a_newer_program(log)
    for each in (desk, second):
        answer = each.try_(collecting(), LATER)
        assert isinstance(answer, Unavailable)
        assert "upgrade" in str(answer)
        asked = each.try_(collecting(validate_only=True), LATER)
        assert isinstance(asked, Unavailable)
    assert desk.record(stored).position == receipt.position
    assert len(desk.rows()) == adopted


def test_a_fact_that_nobody_judged_is_folded_by_nobody_whatever_it_looks_like(
    desk: Desk, second: Desk, log: Log
) -> None:
    """store-trial: a raw fact with a bag's tag spoiled the bag. One process meets it while catching up, one loads."""
    desk.now = second.now = LATER
    desk.record(world.collection(1, [world.container("000001A", 100)], AT))
    emptied = world.modification(
        "C1", [world.taken("000001A")], [world.container("000001B", 50)], where=world.CENTRAL, at=AT
    )
    appended(log, emptied, "dcb:CellsModified")
    sent = desk.record(world.dispatch("1", ["000001A"], origin=world.COLLECTION, to=world.CENTRAL, at=LATER))
    assert sent.findings == ()
    withdrawn = world.not_happened(sent.position - 1, where=world.CENTRAL, at=LATER)
    for each in (desk, second):
        assert isinstance(each.try_(withdrawn), Refused)


def test_parameters_of_an_adopted_rulebook_count_from_then_on(desk: Desk, second: Desk) -> None:
    fact = {
        "organisation": world.organisation("MPC"),
        "number": 0,
        "rules": [{"rule": "I8", "revision": 1}],
        "parameters": [{"name": "bedside-check-identifiers", "value": "3"}],
    }
    desk.treat(1, steps=13)
    when = AT + timedelta(minutes=111)
    second.record(world.draft("RulebookAdopted", fact, at=when, where=world.CONTROL, checked=()), when)
    answer = error_of(desk.try_(world.start("000001F", 1, where=world.POINT, at=when), when))
    assert isinstance(answer, Refused)
    assert {found.rule for found in answer.findings} == {"I8"}


# ------------------------------------------------------------------------------------------------- coming and going


def test_a_full_queue_refuses_at_once_and_what_waits_is_answered(desk: Desk, log: Log) -> None:
    draft = collecting()
    with another_opening(log) as keeper, desk.stalled(keeper):
        waiting = desk.send([draft] * QUEUE, LATER)
        with pytest.raises(Overloaded):
            desk.sequencer.submit(draft)
    assert {future.result(60).position for future in waiting} == {len(desk.rows())}


def test_closing_answers_what_is_queued_and_takes_nothing_more(desk: Desk, log: Log) -> None:
    with ThreadPoolExecutor(1) as closer, another_opening(log) as keeper, desk.stalled(keeper):
        sent = desk.send([world.opening(f"C{n}", 1, where=world.CENTRAL, at=AT) for n in range(300)], LATER)
        closer.submit(desk.sequencer.close)
        until(desk.sequencer._closing.is_set)
        with pytest.raises(Unavailable):
            desk.sequencer.submit(collecting())
    assert [future.done() for future in sent] == [True] * 300
    desk.sequencer.close()


def test_a_caller_who_no_longer_waits_changes_nothing(desk: Desk, log: Log) -> None:
    draft = collecting()
    with another_opening(log) as keeper, desk.stalled(keeper):
        (gone,) = desk.send([draft], LATER)
        assert gone.cancel()
    assert desk.record(draft).repeated_call


def test_an_answer_from_a_stored_key_waits_for_the_barrier_unless_its_batch_commits(log: Log) -> None:
    watched = WatchedLog(log)
    with Desk(watched) as desk:
        desk.furnish()
        draft = collecting()
        desk.record(draft, LATER)
        desk.try_(collecting(validate_only=True))
        assert watched.barriers == 0
        desk.record(draft)
        assert watched.barriers == 1
        with another_opening(log) as keeper, desk.stalled(keeper):
            sent = desk.send([draft, world.opening("C1", 1, where=world.CENTRAL, at=AT)])
        assert sent[0].result(20).repeated_call
        assert watched.barriers == 1


# -------------------------------------------------------------------------------------------------------- context


def in_one_batch(log: Log, patients: int) -> dict[str, int]:
    """Questions asked of the store for one batch in which several patients' whole ways are recorded."""
    watched = WatchedLog(log)
    with Desk(watched) as desk:
        desk.furnish(patients)
        drafts = [draft for number in range(1, patients + 1) for _, draft in list(world.therapy(number))[:9]]
        desk.sequencer._cache.clear()
        with another_opening(log) as keeper, desk.stalled(keeper):
            sent = desk.send(drafts, LATER)
        assert [found for future in sent for found in future.result(60).findings] == []
        return dict(watched.blocks[-1])


def test_a_batch_of_facts_about_each_other_is_decided_with_few_questions(log: Log) -> None:
    asked = in_one_batch(log, 3)
    assert sum(asked.values()) <= MOST_QUESTIONS


def test_more_patients_in_a_batch_ask_no_more_questions() -> None:
    asked = [in_one_batch(MemoryLog("m"), patients) for patients in (2, 25)]
    assert asked[0] == asked[1]
    assert sum(asked[0].values()) <= MOST_QUESTIONS


def test_the_cache_is_bounded_by_entries_and_forgets_what_was_used_least() -> None:
    with Desk(MemoryLog("m")) as desk:
        desk.sequencer._cache = SubjectsCache(most_entries=60)
        desk.furnish(patients=4)
        for number in range(1, 5):
            desk.treat(number, AT + timedelta(hours=5 * number))
        cache = desk.sequencer._cache
        kept = sum(history.weight for history in cache._histories.values())
        assert kept == cache._weight
        assert kept <= 60
        assert desk.audit()[1] is None
