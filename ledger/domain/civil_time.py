"""UK civil time as a pure function: what a bare date in a licence, an agreement or a label means in UTC.

Summer Time Act 1972 and the Summer Time Order 2002: an hour ahead from 01:00 UTC on the last Sunday of March to 01:00
UTC on the last Sunday of October. The rule is written out here because a verdict must be the same in thirty years, on a
machine whose time-zone tables have changed. Before 1996 it ended on other Sundays; there it is an approximation.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

_HOUR: Final = timedelta(hours=1)
_MARCH: Final = 3
_OCTOBER: Final = 10
_DAYS_KEPT: Final = 4_096
"""Days whose bounds stay worked out: registers and labels name the same few again and again."""


def _change(year: int, month: int) -> datetime:
    """01:00 UTC on the last Sunday of a month with 31 days."""
    last = date(year, month, 31)
    sunday = last - timedelta(days=(last.weekday() + 1) % 7)
    return datetime.combine(sunday, time(1), UTC)


def length(seconds: int) -> str:
    """A length of time as people say it: `6 d 22 h`, `39 min`, `12 s`."""
    if seconds < 0:
        return f"minus {length(-seconds)}"
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{seconds} s"


def offset(moment: datetime) -> timedelta:
    """Returns how far UK clocks are ahead of UTC at a moment."""
    summer = _change(moment.year, _MARCH) <= moment < _change(moment.year, _OCTOBER)
    return _HOUR if summer else timedelta()


@lru_cache(_DAYS_KEPT)
def day_start(day: str) -> datetime:
    """Returns the first moment of a UK civil day, in UTC.

    Args:
        day: `YYYY-MM-DD`, or `YYYY-MM` for the first day of a month. A day that no calendar has (30 February) counts as
            the day before the next one that exists, so that a stored fact always folds.
    """
    year, month = int(day[:4]), int(day[5:7])
    number = int(day[8:10]) if len(day) > len("YYYY-MM") else 1
    return _midnight(_real_day(year, month, number))


@lru_cache(_DAYS_KEPT)
def day_end(day: str) -> datetime:
    """Returns the first moment after a UK civil day or month, in UTC: the last day is included."""
    year, month = int(day[:4]), int(day[5:7])
    last = _real_day(year, month, int(day[8:10]) if len(day) > len("YYYY-MM") else 31)
    return _midnight(last + timedelta(days=1)) if last < date.max else datetime.max.replace(tzinfo=UTC)


def days_after(moment: datetime, days: int) -> datetime:
    """Returns the first moment after so many whole UK civil days that follow the day of a moment; 0 is its midnight."""
    today = moved(moment, offset(moment)).date()
    beyond = timedelta(days=days + 1)
    return _midnight(today + beyond) if beyond <= date.max - today else datetime.max.replace(tzinfo=UTC)


def years_after(moment: datetime, years: int) -> datetime:
    """Returns the first moment after the UK civil day that is so many years after the day of a moment.

    After a 29 February it is the 1 March of a year that has none: what is kept for years is kept no day too short.
    """
    today = moved(moment, offset(moment)).date()
    year = today.year + years
    if year >= date.max.year:
        return datetime.max.replace(tzinfo=UTC)
    leap = (today.month, today.day) == (2, 29) and (year % 4 or (not year % 100 and year % 400))
    return _midnight((date(year, 3, 1) if leap else today.replace(year=year)) + timedelta(days=1))


def moved(moment: datetime, by: timedelta) -> datetime:
    """Adds a duration; ends at the first or last moment that there is, so that any claimed time can be judged."""
    try:
        return moment + by
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if by > timedelta() else datetime.min.replace(tzinfo=UTC)


def _real_day(year: int, month: int, number: int) -> date:
    first = date(max(year, 1), month, 1)
    beyond = (first.replace(day=28) + timedelta(days=4)).replace(day=1) if (year, month) < (date.max.year, 12) else None
    last = (beyond - timedelta(days=1)).day if beyond is not None else date.max.day
    return first.replace(day=min(number, last))


def _midnight(day: date) -> datetime:
    utc = datetime.combine(day, time(), UTC)
    return utc if day == date.min else utc - offset(utc)
