"""Search: facts by what they say of themselves, in pages of one fixed log, with a token that fits its question only.

The first page fixes the position through which the log is searched; later pages stay on it, whatever others append. A
page is made of bounded steps: it may hold fewer facts than asked for, even none, while there is more to search.
"""

import base64
import binascii
import hashlib
import struct
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from ledger.audit.asked import AsOf, StoredFact, last_recorded, stored_fact, through
from ledger.domain.facts import counting
from ledger.domain.facts.birth import Malformed, Violation
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.record import Record
from ledger.domain.finding import Outcome
from ledger.store import filing
from ledger.store.log import Reading
from ledger.store.moments import microseconds
from ledger.store.rows import Wanted

MOST_FACTS: Final = 200
"""Facts of one page."""

DEFAULT_FACTS: Final = 50
"""Facts of a page when nobody says how many."""

_LOOKED_AT: Final = 1_000
"""Facts that one step looks at."""

_STEPS: Final = 4
"""Steps of one page."""


class Span(Struct, frozen=True, kw_only=True):
    """A half-open span of time; an open end is absent.

    Attributes:
        start: From here on.
        end: Before here.
    """

    start: datetime | None = None
    end: datetime | None = None


class Question(Struct, frozen=True, kw_only=True):
    """What is searched for: facts of which everything given here holds.

    Attributes:
        tags: They bear all of these tags, own or inherited.
        types: They are of one of these types, as sent, refused or not.
        occurred: When they happened, as they claimed; never later than their recording.
        recorded: When they were recorded.
        organisation: Tag of the organisation that recorded them; empty for any.
        outcome: What became of them when they were sent; None for anything.
        rule: A rule that was found on them, whatever its weight; empty for any.
        sender_reference: The sender's own reference; empty for any.
        newest_first: The newest position first; otherwise the oldest.
        as_of: The two axes.
    """

    tags: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    occurred: Span = Span()
    recorded: Span = Span()
    organisation: str = ""
    outcome: Outcome | None = None
    rule: str = ""
    sender_reference: str = ""
    newest_first: bool = False
    as_of: AsOf = AsOf()


class Page(Struct, frozen=True, kw_only=True):
    """One page of a search.

    Attributes:
        facts: In order of position, as asked.
        next_token: Brings the next page; empty at the end.
        through: The search is complete through this position, on every page of it.
        as_of: The axes as they were used.
    """

    facts: tuple[StoredFact, ...]
    next_token: str
    through: int
    as_of: AsOf


class Place(Struct, frozen=True):
    """Where a search stands: through which position it goes, and what is left of it.

    Attributes:
        through: Fixed by the first page.
        after: What is left lies after this position,
        last: and not after this one.
    """

    through: int
    after: int
    last: int


_PLACE: Final = struct.Struct(">QQQ")
_SEAL: Final = 16


def place_in(token: str, question: Question, origin: str) -> Place:
    """Reads a page token.

    Args:
        token: As the page before gave it.
        question: The question; it must be the same for every page.
        origin: Name of the log.

    Raises:
        Malformed: It is no token of this question in this log.
    """
    try:
        octets = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        octets = b""
    seal, packed = octets[:_SEAL], octets[_SEAL:]
    if len(packed) != _PLACE.size or seal != _seal(packed, question, origin):
        way_out = "send the token as it came, with the very question that it came from, or none to begin again"
        raise Malformed([Violation("page_token", f"is no token of this question: {way_out}")])
    return Place(*_PLACE.unpack(packed))


def token_of(place: Place, question: Question, origin: str) -> str:
    """Writes a page token."""
    packed = _PLACE.pack(place.through, place.after, place.last)
    return base64.urlsafe_b64encode(_seal(packed, question, origin) + packed).decode()


def _seal(packed: bytes, question: Question, origin: str) -> bytes:
    """Binds a place to its question and its log; how long the caller was ready to wait is no part of the question."""
    bare = msgspec.structs.replace(question, as_of=msgspec.structs.replace(question.as_of, at_least=None))
    said = msgspec.json.encode((origin, bare))
    return hashlib.sha256(len(said).to_bytes(8, "big") + said + packed).digest()[:_SEAL]


def search(reading: Reading, question: Question, size: int, place: Place | None, origin: str) -> Page:
    """Finds one page.

    Args:
        reading: The log.
        question: What is searched for.
        size: Facts of the page, at most.
        place: Where the page before ended; None for the first.
        origin: Name of the log, for the token.
    """
    left = place or _whole(reading, question)
    wanted = _wanted(question)
    facts: list[StoredFact] = []
    for _ in range(_STEPS):
        if left.after >= left.last or len(facts) >= size:
            break
        left = _step(reading, question, wanted, left, (facts, size))
    return Page(
        facts=tuple(facts),
        next_token=token_of(left, question, origin) if left.after < left.last else "",
        through=left.through,
        as_of=AsOf(occurred=question.as_of.occurred, recorded=question.as_of.recorded, position=left.through),
    )


def _whole(reading: Reading, question: Question) -> Place:
    """The stretch of the log that can hold what is wanted. What happened on a day was not recorded before it."""
    last = through(reading, question.as_of)
    after, end = 0, question.recorded.end
    for start in (question.recorded.start, question.occurred.start):
        if start is not None:
            after = max(after, last_recorded(reading, microseconds(start) - 1, last))
    return Place(last, after, last if end is None else last_recorded(reading, microseconds(end) - 1, last))


def _wanted(question: Question) -> Wanted:
    marks = [f"{filing.RULE}{question.rule}"] if question.rule else []
    marks += [f"{filing.SENDER}{question.sender_reference}"] if question.sender_reference else []
    unmarked: tuple[str, ...] = ()
    if question.outcome is Outcome.REFUSED:
        marks.append(filing.WAS_REFUSED)
    elif question.outcome is Outcome.RECORDED_AS_DEVIATION:
        marks.append(filing.DEVIATION)
    elif question.outcome is Outcome.RECORDED:
        unmarked = (filing.WAS_REFUSED, filing.DEVIATION)
    return Wanted(
        tags=question.tags,
        marks=tuple(marks),
        unmarked=unmarked,
        types=question.types,
        organisation=question.organisation.partition(":")[2],
    )


def _step(
    reading: Reading, question: Question, wanted: Wanted, left: Place, page: tuple[list[StoredFact], int]
) -> Place:
    """Looks at the next facts; takes those that are wanted, until the page is full."""
    facts, size = page
    newest = question.newest_first
    sifted = reading.sift(wanted, left.after, left.last, _LOOKED_AT, newest=newest)
    for start in range(0, len(sifted.positions), MOST_FACTS):
        rows = reading.facts(sifted.positions[start : start + MOST_FACTS])
        for row in rows[::-1] if newest else rows:
            fact = stored_fact(row)
            if not _in_time(fact.record, question):
                continue
            facts.append(fact)
            if len(facts) == size:
                after, last = (left.after, row.position - 1) if newest else (row.position, left.last)
                return Place(left.through, after, last)
    return Place(left.through, sifted.after, sifted.through)


def _in_time(record: Record | None, question: Question) -> bool:
    """Whether a fact happened in the span, and had taken effect on the day asked for."""
    span, day = question.occurred, question.as_of.occurred
    if span == Span() and day is None:
        return True
    if record is None:
        return False
    recorded_at = record.stamp.recorded_at
    happened = min(counting.inside(record.content).envelope.occurred_at.time, recorded_at)
    if (span.start is not None and happened < span.start) or (span.end is not None and happened >= span.end):
        return False
    return day is None or _effective(record) <= day


def _effective(record: Record) -> datetime:
    if record.content.type not in TYPES or record.verdict.effect is not None:
        return record.stamp.recorded_at
    return counting.effective(record.content, record.stamp.recorded_at)
