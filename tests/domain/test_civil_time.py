"""UK civil time, written out by hand, against the time zone tables of the system."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo  # noqa: TID251 - the other opinion that ours is held against

import pytest

from ledger.domain import civil_time

LONDON = ZoneInfo("Europe/London")
YEARS = range(1996, 2038)


@pytest.mark.parametrize("year", YEARS)
def test_every_hour_has_the_offset_of_the_tables(year: int) -> None:
    first = datetime(year, 1, 1, tzinfo=UTC)
    hours = [first + timedelta(hours=number) for number in range(366 * 24)]
    wrong = [hour for hour in hours if civil_time.offset(hour) != hour.astimezone(LONDON).utcoffset()]
    assert wrong == []


@pytest.mark.parametrize("year", YEARS)
def test_every_day_starts_and_ends_at_midnight_of_the_tables(year: int) -> None:
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(365)]
    wrong = [
        day
        for day in days
        if (civil_time.day_start(day.isoformat()), civil_time.day_end(day.isoformat()))
        != (_midnight(day), _midnight(day + timedelta(days=1)))
    ]
    assert wrong == []


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "ahead"),
    [
        ("2026-03-29T00:59:59.999999+00:00", 0),
        ("2026-03-29T01:00:00+00:00", 1),
        ("2026-10-25T00:59:59.999999+00:00", 1),
        ("2026-10-25T01:00:00+00:00", 0),
    ],
)
def test_clocks_change_at_one_in_the_morning(moment: str, ahead: int) -> None:
    assert civil_time.offset(datetime.fromisoformat(moment)) == timedelta(hours=ahead)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-02", "2026-02-01T00:00:00+00:00", "2026-03-01T00:00:00+00:00"),
        ("2024-02", "2024-02-01T00:00:00+00:00", "2024-03-01T00:00:00+00:00"),
        ("2026-06", "2026-05-31T23:00:00+00:00", "2026-06-30T23:00:00+00:00"),
        ("2026-12", "2026-12-01T00:00:00+00:00", "2027-01-01T00:00:00+00:00"),
        ("2026-02-30", "2026-02-28T00:00:00+00:00", "2026-03-01T00:00:00+00:00"),
        ("2026-04-31", "2026-04-29T23:00:00+00:00", "2026-04-30T23:00:00+00:00"),
        ("0000-01-01", "0001-01-01T00:00:00+00:00", "0001-01-02T00:00:00+00:00"),
        ("9999-12-31", "9999-12-31T00:00:00+00:00", "9999-12-31T23:59:59.999999+00:00"),
        ("9999-12", "9999-12-01T00:00:00+00:00", "9999-12-31T23:59:59.999999+00:00"),
    ],
)
def test_months_days_that_do_not_exist_and_the_ends_of_time(text: str, start: str, end: str) -> None:
    found = (civil_time.day_start(text), civil_time.day_end(text))
    assert found == (datetime.fromisoformat(start), datetime.fromisoformat(end))


def test_a_duration_ends_at_the_ends_of_time() -> None:
    now, day = datetime(2026, 4, 7, tzinfo=UTC), timedelta(days=1)
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert civil_time.moved(now, -day) == datetime(2026, 4, 6, tzinfo=UTC)
    assert (civil_time.moved(first, -day), civil_time.moved(last, day)) == (first, last)
