"""The eventsourcing library's DCB recorder as a thin face over a log.

Its events are data that nobody judged: stored as facts under `dcb:<type>`, folded by no subject, hashed like all.
The library gives no key, so the face makes one for each append and settles a lost answer with it.
It sees its own events only; positions are the log's, so they may have gaps where other facts lie between.
"""

import base64
import heapq
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice
from threading import Event
from typing import Any
from uuid import UUID

from eventsourcing.dcb.api import (
    DCBAppendCondition,
    DCBEvent,
    DCBQuery,
    DCBQueryItem,
    DCBReadResponse,
    DCBRecorder,
    DCBSequencedEvent,
    DCBSubscription,
)
from eventsourcing.persistence import DataError, IntegrityError, OperationalError

from ledger.evidence.leaf import LeafRecord, commitment
from ledger.store.errors import Held, NotStored, Unknown
from ledger.store.follow import Progress, follow
from ledger.store.log import Appending, Log, Reading
from ledger.store.rows import TAG_BYTES_MAX, FactRow, Head, KeyRow, Stored, TagRow

PREFIX = "dcb:"
"""What the types of these facts begin with, so that no subject folds them."""

TYPE_BYTES_MAX = 128
"""Longest type of an event, in ASCII."""

_ORGANISATION = "dcb"
_ATTEMPTS = 5
_PAGE = 500
_PAUSE = 0.2
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class LogRecorder(DCBRecorder):
    """Records the library's events in a log."""

    def __init__(
        self, log: Log, *, now: Callable[[], int], new_id: Callable[[], UUID], new_salt: Callable[[], bytes]
    ) -> None:
        """Bind to a log.

        Args:
            log: where the events go.
            now: microseconds since 1970 UTC.
            new_id: a fresh UUID for each append.
            new_salt: 32 random bytes for each event.
        """
        self._log, self._now, self._new_id, self._new_salt = log, now, new_id, new_salt

    def read(
        self, query: DCBQuery | None = None, *, after: int | None = None, limit: int | None = None
    ) -> "LogReadResponse":
        """Return the events after a position that match the query, in order.

        The head of the answer is the log's, or with a limit the position of the last event (None if there is none).

        Raises:
            OperationalError: the log cannot be read now.
        """
        try:
            with self._log.reading() as reading:
                size = reading.head().size
                found = list(islice(_matching(reading, query, after or 0, size), limit))
        except NotStored as error:
            raise OperationalError(str(error)) from error
        if limit is None:
            return LogReadResponse(found, size or None)
        return LogReadResponse(found, found[-1].position if found else None)

    def append(self, events: Sequence[DCBEvent], condition: DCBAppendCondition | None = None) -> int:
        """Store events unless the condition fails; return the position of the last one.

        No events store nothing and return the head.

        Raises:
            IntegrityError: an event matches the condition.
            DataError: a type or tag cannot be stored.
            OperationalError: the log cannot append now, or the outcome stayed unknown.
        """
        for event in events:
            _check(event)
        key = self._new_id()
        for _ in range(_ATTEMPTS):
            try:
                with self._log.appending() as block:
                    return self._append(block, events, condition, key)
            except Unknown:
                continue
            except Held as error:
                raise OperationalError(str(error)) from error
            except NotStored as error:
                raise DataError(str(error)) from error
        raise OperationalError(f"the outcome of append {key} is not known after {_ATTEMPTS} attempts")

    def subscribe(self, query: DCBQuery | None = None, *, after: int | None = None) -> "LogSubscription":
        """Return the events after a position that match the query, then those that come."""
        return LogSubscription(self, self._log, query, after)

    def _append(
        self, block: Appending, events: Sequence[DCBEvent], condition: DCBAppendCondition | None, key: UUID
    ) -> int:
        head = block.head()
        spent = block.keys([(_ORGANISATION, key)]).get((_ORGANISATION, key))
        if spent is not None:
            return spent.position + spent.size - 1
        if condition is not None:
            failing = _matching(block, condition.fail_if_events_match, condition.after or 0, head.size)
            if next(failing, None) is not None:
                raise IntegrityError(condition)
        if not events:
            return head.size
        recorded_at = max(self._now(), head.recorded_at + 1)
        rows = [
            _row(event, head.size + number, recorded_at, self._new_salt()) for number, event in enumerate(events, 1)
        ]
        frontier = head.frontier.extend(row.leaf for row in rows)
        digest = sha256(b"".join(row.leaf for row in rows)).digest()
        block.append(
            rows,
            [KeyRow(_ORGANISATION, key, digest, head.size + 1, len(rows))],
            Head(head.size + len(rows), frontier, recorded_at, head.epoch),
        )
        return head.size + len(rows)


class LogReadResponse(DCBReadResponse):
    """Events read, with the head that bounds them."""

    def __init__(self, events: Sequence[DCBSequencedEvent], head: int | None) -> None:
        """Hold the events."""
        self._events = iter(events)
        self._head = head

    @property
    def head(self) -> int | None:
        """Position through which the answer is complete; None if nothing was read."""
        return self._head

    def __next__(self) -> DCBSequencedEvent:
        """Return the next event."""
        return next(self._events)


class LogSubscription(DCBSubscription[LogRecorder]):
    """Events as they come; `next` blocks until one does or the subscription is stopped."""

    def __init__(self, recorder: LogRecorder, log: Log, query: DCBQuery | None, after: int | None) -> None:
        """Start after a position."""
        super().__init__(recorder, query, after)
        self._halt = Event()
        self._found = follow(log, self._last_position, (), (), self._halt, pause=_PAUSE)

    def stop(self) -> None:
        """Stop; a blocked `next` ends soon after."""
        super().stop()
        self._halt.set()

    def __next__(self) -> DCBSequencedEvent:
        """Return the next event that matches."""
        for news in self._found:
            if not isinstance(news, Progress) and news.type.startswith(PREFIX):
                event = _event(news)
                if _matches(event.event, self._query):
                    return event
        raise StopIteration


def _check(event: DCBEvent) -> None:
    if not (event.type.isascii() and 1 <= len(event.type) <= TYPE_BYTES_MAX):
        raise DataError(f"a type must be 1 to {TYPE_BYTES_MAX} ASCII characters: {event.type!r}")
    for tag in event.tags:
        try:
            length = len(tag.encode())
        except UnicodeEncodeError as cause:
            raise DataError(f"a tag must be Unicode: {tag!r}") from cause
        if "\0" in tag or not 1 <= length <= TAG_BYTES_MAX:
            raise DataError(f"a tag must be 1 to {TAG_BYTES_MAX} bytes without a NUL: {tag!r}")


def _row(event: DCBEvent, position: int, recorded_at: int, salt: bytes) -> FactRow:
    record = _record(event, position, recorded_at)
    type_ = PREFIX + event.type
    leaf = LeafRecord(
        position=position,
        recorded_at=recorded_at,
        type=type_,
        organisation=_ORGANISATION,
        commitment=commitment(salt, record),
    )
    return FactRow(
        position=position,
        type=type_,
        organisation=_ORGANISATION,
        recorded_at=recorded_at,
        record=record,
        salt=salt,
        leaf=leaf.hash(),
        tags=tuple(TagRow(tag, type_) for tag in dict.fromkeys(event.tags)),
    )


def _record(event: DCBEvent, position: int, recorded_at: int) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8, six digits of a second."""
    at = (_EPOCH + timedelta(microseconds=recorded_at)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    record = {
        "content": {"data": base64.b64encode(event.data).decode(), "tags": event.tags, "type": PREFIX + event.type},
        "stamp": {"organisation": _ORGANISATION, "position": position, "recorded_at": at},
        "verdict": {"judged": False},
    }
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _event(stored: Stored) -> DCBSequencedEvent:
    content: dict[str, Any] = json.loads(stored.record)["content"]
    data = base64.b64decode(content["data"])
    return DCBSequencedEvent(DCBEvent(stored.type.removeprefix(PREFIX), data, content["tags"]), stored.position)


def _matches(event: DCBEvent, query: DCBQuery | None) -> bool:
    if query is None or not query.items:
        return True
    return any(
        (not item.types or event.type in item.types) and set(item.tags) <= set(event.tags) for item in query.items
    )


def _matching(reading: Reading, query: DCBQuery | None, after: int, through: int) -> Iterator[DCBSequencedEvent]:
    items = query.items if query is not None and query.items else [DCBQueryItem()]
    last = after
    runs = [_run(reading, item, after, through) for item in items]
    for stored in heapq.merge(*runs, key=lambda stored: stored.position):
        if stored.position > last:
            last = stored.position
            yield _event(stored)


def _run(reading: Reading, item: DCBQueryItem, after: int, through: int) -> Iterator[Stored]:
    types = [PREFIX + type_ for type_ in item.types]
    while after < through:
        page = reading.search(item.tags, types, after, through, _PAGE)
        yield from (stored for stored in page if stored.type.startswith(PREFIX))
        after = page[-1].position if len(page) == _PAGE else through
