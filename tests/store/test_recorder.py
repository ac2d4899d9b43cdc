"""The library's own contract for DCB recorders, unmodified, and what the face adds to it."""

import json
import os
from itertools import count
from threading import Event
from uuid import uuid4

import pytest
from eventsourcing.dcb.api import DCBAppendCondition, DCBEvent, DCBQuery, DCBQueryItem
from eventsourcing.dcb.tests import DCBRecorderTestCase
from eventsourcing.persistence import DataError, IntegrityError, ProgrammingError

from ledger.evidence.leaf import LeafRecord, commitment
from ledger.store.log import Log
from ledger.store.recorder import LogRecorder
from tests.store.drafts import Draft, everything, size_of, store


@pytest.fixture
def recorder(log: Log) -> LogRecorder:
    ticks = count(1_700_000_000_000_000)
    return LogRecorder(log, now=lambda: next(ticks), new_id=uuid4, new_salt=lambda: os.urandom(32))


def test_the_librarys_contract_of_appending_and_reading_holds(recorder: LogRecorder) -> None:
    DCBRecorderTestCase()._test_append_read(recorder)


def test_the_librarys_contract_of_subscribing_holds(recorder: LogRecorder) -> None:
    DCBRecorderTestCase()._test_append_subscribe(recorder)


def test_the_librarys_contract_holds_after_other_facts(log: Log, recorder: LogRecorder) -> None:
    recorder.append([DCBEvent("first", b"")])
    DCBRecorderTestCase()._test_append_read(recorder, initial_position=1)


def test_no_events_store_nothing_and_return_the_head(log: Log, recorder: LogRecorder) -> None:
    assert recorder.append([]) == 0
    store(log, Draft())
    assert recorder.append([]) == size_of(log) == 1


def test_an_event_is_stored_unjudged_under_a_type_of_its_own(log: Log, recorder: LogRecorder) -> None:
    recorder.append([DCBEvent("Seen", b"\x00\xff", ["b", "a", "b", "é"])])
    (fact,) = everything(log)
    record = json.loads(fact.record)
    assert (fact.type, record["verdict"]) == ("dcb:Seen", {"judged": False})
    assert record["content"] == {"data": "AP8=", "tags": ["b", "a", "b", "é"], "type": "dcb:Seen"}
    assert record["stamp"]["recorded_at"] == "2023-11-14T22:13:20.000000Z"
    assert recorder.read().__next__().event == DCBEvent("Seen", b"\x00\xff", ["b", "a", "b", "é"])


def test_the_leaf_commits_to_the_stored_bytes(log: Log, recorder: LogRecorder) -> None:
    recorder.append([DCBEvent("Seen", b"x")])
    (fact,) = everything(log)
    leaf = LeafRecord(
        position=1,
        recorded_at=fact.recorded_at,
        type=fact.type,
        organisation=fact.organisation,
        commitment=commitment(fact.salt, fact.record),
    )
    assert leaf.hash() == fact.leaf


def test_facts_of_the_ledger_are_not_events_of_the_library(log: Log, recorder: LogRecorder) -> None:
    store(log, Draft("Made", ["m"]))
    recorder.append([DCBEvent("Made", b"", ["m"])], DCBAppendCondition(DCBQuery()))
    assert [event.position for event in recorder.read()] == [2]
    with recorder.subscribe(DCBQuery([DCBQueryItem(tags=["m"])])) as subscription:
        assert next(subscription).position == 2


def test_a_long_log_is_read_in_pages(recorder: LogRecorder) -> None:
    recorder.append([DCBEvent("Seen", b"", ["even" if at % 2 else "odd"]) for at in range(1203)])
    query = DCBQuery([DCBQueryItem(tags=["even"]), DCBQueryItem(types=["Seen"]), DCBQueryItem(tags=["odd"])])
    assert [event.position for event in recorder.read(query)] == list(range(1, 1204))


UNFIT = {
    "an empty tag": DCBEvent("T", b"", [""]),
    "a long tag": DCBEvent("T", b"", ["é" * 101]),
    "a NUL": DCBEvent("T", b"", ["\0"]),
    "half a surrogate": DCBEvent("T", b"", ["\ud800"]),
    "no type": DCBEvent("", b""),
    "a long type": DCBEvent("T" * 129, b""),
    "a type that is not ASCII": DCBEvent("É", b""),
    "data too large for a record": DCBEvent("T", b"x" * 300_000),
}


@pytest.mark.parametrize("event", UNFIT.values(), ids=UNFIT)
def test_what_cannot_be_stored_is_refused_before_anything_is(recorder: LogRecorder, event: DCBEvent) -> None:
    with pytest.raises(DataError):
        recorder.append([DCBEvent("T", b""), event])
    assert recorder.append([DCBEvent("T", b"")]) == 1


def test_a_failing_condition_is_the_librarys_error(recorder: LogRecorder) -> None:
    recorder.append([DCBEvent("T", b"", ["t"])])
    with pytest.raises(IntegrityError):
        recorder.append([DCBEvent("T", b"")], DCBAppendCondition(DCBQuery([DCBQueryItem(tags=["t"])])))


def test_a_stopped_subscription_ends(recorder: LogRecorder) -> None:
    with recorder.subscribe() as subscription:
        pass
    assert list(subscription) == []
    with pytest.raises(ProgrammingError), subscription:
        Event().set()
