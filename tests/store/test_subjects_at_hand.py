"""What of the batch disturbs an answer found ahead: what changes a state, or comes after what was asked about."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from ledger.domain.facts import content as contents
from ledger.domain.facts import record as records
from ledger.domain.facts.record import Record, Recorder, Stamp, Verdict
from ledger.domain.facts.tagging import own
from ledger.domain.facts.values import Identifier
from ledger.domain.finding import Outcome
from ledger.domain.identifiers.tag import tag
from ledger.domain.rules.context import Missing
from ledger.domain.subjects.equipment import EQUIPMENT
from ledger.domain.subjects.history import KEPT, History
from ledger.domain.subjects.subject import statement
from ledger.store.log import Reading
from ledger.store.memory_log import MemoryLog
from ledger.store.reading_back import PAGE
from ledger.store.subjects_cache import Reads, SubjectsCache
from tests.store.drafts import Draft, store
from tests.store.watched_log import watching
from tests.support import world

DEVICE = {"scheme": "serial.RR8", "value": "7"}
PLACE = (EQUIPMENT, tag("equipment", **DEVICE))
RUN = datetime(2026, 4, 14, 6, tzinfo=UTC)


def run(position: int, version: str, at: datetime) -> Record:
    """A run of the device, as recorded."""
    data = {"equipment": DEVICE, "software_version": version, "log": {"sha256": bytes(32), "media_type": "text/csv"}}
    frame = {
        "id": UUID(int=position),
        "at": at,
        "site": world.POC_SITE,
        "by": world.NURSE,
        "organisation": world.TREATING,
    }
    content = world.content_of("DeviceRunImported", data, frame)
    verdict = Verdict(outcome=Outcome.RECORDED, rulebook=0, tags=own(content))
    recorder = Recorder(organisation=Identifier(**world.TREATING))
    return Record(content=content, stamp=Stamp(position=position, recorded_at=at, recorder=recorder), verdict=verdict)


def advanced(cache: SubjectsCache, record: Record) -> None:
    """The batch decides one more."""
    cache.advance(record, statement(record), (), ())


def asked(reading: Reading) -> tuple[SubjectsCache, Reads]:
    """A cache that has one run of the device, and what an answer rests on that was found from it."""
    cache = SubjectsCache()
    cache.fetch(Missing(histories={PLACE}), reading, 0)
    advanced(cache, run(1, "4.2", RUN))
    cache.settle()
    reads = cache.watch()
    assert cache.history(*PLACE) is not None
    return cache, reads


@pytest.mark.parametrize(("version", "stands"), [("4.2", True), ("4.3", False)])
def test_what_leaves_a_shared_thing_as_it_was_disturbs_nobody(version: str, stands: bool) -> None:
    with MemoryLog("m").reading() as reading:
        cache, reads = asked(reading)
        later = RUN + timedelta(hours=1)
        advanced(cache, run(2, version, later))
        assert cache.unchanged(reads, (later, 3)) is stands


def test_who_asks_about_a_time_before_it_is_disturbed_all_the_same() -> None:
    with MemoryLog("m").reading() as reading:
        cache, reads = asked(reading)
        advanced(cache, run(2, "4.2", RUN + timedelta(hours=1)))
        assert not cache.unchanged(reads, (RUN, 3))
        assert not cache.unchanged(reads)


def test_a_run_that_came_to_be_known_late_disturbs_whoever_read_the_device() -> None:
    with MemoryLog("m").reading() as reading:
        cache, reads = asked(reading)
        advanced(cache, run(2, "4.2", RUN - timedelta(hours=1)))
        assert not cache.unchanged(reads, (RUN + timedelta(hours=1), 3))


def filed(record: Record) -> Draft:
    """A record as it is stored."""
    return Draft(
        record.content.type,
        tags=[PLACE[1]],
        record=records.encode(contents.encode(record.content), record.stamp, record.verdict),
    )


def test_what_is_asked_further_back_than_it_is_kept_keeps_twice_as_much_from_then_on() -> None:
    log = MemoryLog("m")
    runs = [run(number, "4.2", RUN + timedelta(minutes=number)) for number in range(1, 5 * KEPT)]
    store(log, *map(filed, runs))
    cache, back = SubjectsCache(), (RUN + timedelta(minutes=len(runs) - KEPT - 1), 0)

    def kept(missing: Missing) -> History:
        with log.reading() as reading:
            cache.fetch(missing, reading, len(runs))
        cache.settle()
        found = cache.history(*PLACE)
        assert found is not None
        return found

    assert (kept(Missing(histories={PLACE})).reaches(back), kept(Missing(whole={PLACE})).reaches(back)) == (False, True)
    assert kept(Missing()).weight == 2 * KEPT + 1


@pytest.mark.parametrize("late", [False, True], ids=["in order", "one that comes in late"])
def test_a_history_of_many_pages_is_read_page_by_page_and_tells_the_same(late: bool) -> None:
    log = MemoryLog("m")
    runs = [run(number, f"4.{number}", RUN + timedelta(minutes=number)) for number in range(1, 2 * PAGE + 300)]
    runs += [run(len(runs) + 1, "3.9", RUN)] if late else []
    store(log, *map(filed, runs))
    cache = SubjectsCache()
    with log.reading() as reading:
        watched, asked = watching(reading)
        cache.fetch(Missing(histories={PLACE}), watched, len(runs))
    history = cache.history(*PLACE)
    assert history is not None
    assert history.newest.software_version == f"4.{2 * PAGE + 299}"
    assert (asked["load"], history.whole) == ((5, True) if late else (3, False))
