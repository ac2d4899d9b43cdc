"""The times of a story: on which clock, when a fact counts from, and what is said when that is not what was claimed."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.api import Step, Story
from ledger.domain.facts import record as records
from ledger.domain.facts.content import encode
from ledger.domain.facts.record import Record, Resolved
from services.cli import screen, story, timeline, timing
from tests.cli import samples

TOLD = story.load()
REPLAYED = samples.story(TOLD)


def step_of(name: str) -> Step:
    """A step of the story, by its fact type."""
    return next(step for step in REPLAYED.steps if step.fact.type == name)


def told(step: Step) -> Record:
    """Its record."""
    assert step.fact.record is not None
    return step.fact.record


def with_offset(step: Step, utc_offset: str) -> Step:
    """The same fact, on a clock of this offset, as an old store could hold it."""
    record = told(step)
    moment = msgspec.structs.replace(record.content.envelope.occurred_at, utc_offset=utc_offset)
    envelope = msgspec.structs.replace(record.content.envelope, occurred_at=moment)
    content = msgspec.structs.replace(record.content, envelope=envelope)
    return stored(step, msgspec.structs.replace(record, content=content))


def stored(step: Step, record: Record) -> Step:
    """A step with another record."""
    octets = records.encode(encode(record.content), record.stamp, record.verdict)
    return msgspec.structs.replace(step, fact=msgspec.structs.replace(step.fact, record=record, octets=octets))


def with_steps(*steps: Step) -> Story:
    """The story with these steps."""
    return msgspec.structs.replace(REPLAYED, steps=steps)


@given(st.datetimes(timezones=st.just(UTC)), st.text() | st.from_regex(r"[+-]\d\d:\d\d", fullmatch=True))
def test_any_moment_is_shown_on_any_clock_that_may_be_stored(moment: datetime, utc_offset: str) -> None:
    assert screen.clock(moment, utc_offset) == moment
    assert screen.said(moment, utc_offset)


@pytest.mark.parametrize("utc_offset", ["+25:00", "BST", "", "+01:60", "\u00b2\u00b2", "+0\u0661:00"])
def test_an_offset_that_is_none_is_shown_in_utc_and_said(utc_offset: str) -> None:
    step = with_offset(step_of("AdministrationStarted"), utc_offset)
    (row,) = timeline.rows(with_steps(step))
    assert row.time == step.effective.strftime("%H:%M")
    assert "is none" in timeline.remarks(step).plain
    assert "in UTC where the offset stored is none" in timing.zone(with_steps(step))


def test_the_zone_is_said_only_when_it_is_true() -> None:
    assert timing.zone(REPLAYED) == (
        "Times are as clocks on site showed them, which is UK time; decisions and records count from their recording."
    )
    abroad = with_offset(step_of("CoiAssigned"), "+02:00")
    assert "own offset" in timing.zone(with_steps(*REPLAYED.steps, abroad))


def test_a_decision_stands_where_it_counts_and_says_what_it_claimed() -> None:
    step = step_of("PointOfCareReleased")
    record = told(step)
    late = record.content.envelope.occurred_at.time + timedelta(hours=3)
    shown = msgspec.structs.replace(step, effective=late)
    assert timeline.rows(with_steps(shown))[0].time == "13:58"
    assert timeline.remarks(shown).plain == "claimed 14 Apr 10:58, counts from its recording"
    assert "claimed" not in timeline.remarks(step).plain, "a minute is none"


def test_a_claim_after_the_recording_is_said_to_be_one_of_the_clock() -> None:
    step = step_of("AdministrationStarted")
    record = told(step)
    verdict = msgspec.structs.replace(record.verdict, resolved=(Resolved(name="clock", value="suspect"),))
    odd = stored(step, msgspec.structs.replace(record, verdict=verdict))
    assert "clock: claimed 14 Apr 11:" in timeline.remarks(odd).plain
    assert "after it was recorded" in timeline.remarks(odd).plain


def test_two_facts_of_one_minute_show_seconds_and_others_do_not() -> None:
    first, *rest = REPLAYED.steps[:3]
    twin = msgspec.structs.replace(first, effective=first.effective + timedelta(seconds=5))
    times = [row.time for row in timeline.rows(with_steps(first, twin, *rest))]
    assert times == ["10:14:00", "10:14:05", *(row.time for row in timeline.rows(with_steps(*rest)))]


def test_registers_of_one_day_show_no_seconds() -> None:
    step = samples.stored(TOLD.steps[0], 1, {})
    twins = [Step(fact=step, effective=REPLAYED.steps[0].effective, standing="recorded")] * 2
    assert [len(row.time) for row in timeline.rows(with_steps(*twins))] == [5, 5]


def test_a_fact_without_a_time_is_shown_without_one() -> None:
    never = datetime.max.replace(tzinfo=UTC)
    fact = msgspec.structs.replace(REPLAYED.steps[0].fact, record=None, octets=b"\xff")
    unread = msgspec.structs.replace(REPLAYED.steps[0], fact=fact, effective=never)
    (row,) = timeline.rows(with_steps(unread))
    assert (row.time, row.day) == ("?", "at a time that cannot be read")
