"""What every log asks of the rows it is given; the memory twin also asks what Postgres asks by its constraints."""

from collections.abc import Iterator, Sequence

from ledger.evidence.leaf import SALT_SIZE
from ledger.evidence.merkle import HASH_SIZE
from ledger.store.errors import Misplaced, Rejected
from ledger.store.rows import (
    KIND_BYTES_MAX,
    MARK_BYTES_MAX,
    RECORD_BYTES_MAX,
    TAG_BYTES_MAX,
    TYPE_BYTES_MAX,
    FactRow,
    Head,
    KeyRow,
)


def check_following(now: Head, rows: Sequence[FactRow], head: Head) -> None:
    """Check that rows and the new head follow the head that was read under the lock.

    Raises:
        Misplaced: positions are not consecutive, times do not rise strictly from commit to commit or differ inside
            one, or size, frontier or epoch of the new head are not those that follow.
    """
    if not rows:
        if head != now:
            msg = f"no facts, so the head stays at {now.size}, not {head.size}"
            raise Misplaced(msg)
        return
    if [row.position for row in rows] != list(range(now.size + 1, now.size + len(rows) + 1)):
        msg = f"positions must follow {now.size} without a gap, are {[row.position for row in rows][:8]}"
        raise Misplaced(msg)
    if head.recorded_at <= now.recorded_at or any(row.recorded_at != head.recorded_at for row in rows):
        msg = f"one time per commit, later than {now.recorded_at}, not {head.recorded_at}"
        raise Misplaced(msg)
    if head.epoch < now.epoch:
        msg = f"the epoch is {now.epoch}, not {head.epoch}: another process was given the log"
        raise Misplaced(msg)
    if head.size != now.size + len(rows) or head.frontier != now.frontier.extend(row.leaf for row in rows):
        msg = f"size or frontier of {head.size} do not follow from {now.size} and {len(rows)} leaves"
        raise Misplaced(msg)


def check_bounds(rows: Sequence[FactRow], keys: Sequence[KeyRow]) -> None:
    """Check what Postgres checks by constraints and primary keys, so that the memory twin refuses the same.

    Raises:
        Rejected: with the SQLSTATE that Postgres would give.
    """
    for row in rows:
        _check_lengths(row)
        for text, most in _texts(row):
            _check_text(text, most)
        _check_once(row)
    for key in keys:
        _check_text(key.organisation, TYPE_BYTES_MAX)
        if len(key.hash) != HASH_SIZE or key.position < 1 or key.size < 1:
            raise Rejected(f"key {key.id} does not name stored facts", "23514")
    if len({(key.organisation, key.id) for key in keys}) != len(keys):
        raise Rejected("a key is spent twice", "23505")


def _check_lengths(row: FactRow) -> None:
    if len(row.salt) != SALT_SIZE or len(row.leaf) != HASH_SIZE:
        raise Rejected(f"salt and leaf of fact {row.position} must be 32 bytes each", "23514")
    if not 1 <= len(row.record) <= RECORD_BYTES_MAX:
        raise Rejected(f"the record of fact {row.position} has {len(row.record)} bytes", "23514")


def _check_once(row: FactRow) -> None:
    if len({(tag.tag, tag.type) for tag in row.tags}) != len(row.tags):
        raise Rejected(f"fact {row.position} bears a tag twice", "23505")
    if len({(edge.child, edge.parent, edge.kind, edge.source) for edge in row.edges}) != len(row.edges):
        raise Rejected(f"fact {row.position} states a link twice", "23505")
    if len(set(row.marks)) != len(row.marks):
        raise Rejected(f"fact {row.position} bears a mark twice", "23505")


def _texts(row: FactRow) -> Iterator[tuple[str, int]]:
    yield row.type, TYPE_BYTES_MAX
    yield row.organisation, TYPE_BYTES_MAX
    for tag in row.tags:
        yield tag.tag, TAG_BYTES_MAX
        yield tag.type, TYPE_BYTES_MAX
    for edge in row.edges:
        yield edge.child, TAG_BYTES_MAX
        yield edge.parent, TAG_BYTES_MAX
        yield edge.kind, KIND_BYTES_MAX
    for mark in row.marks:
        yield mark, MARK_BYTES_MAX


def _check_text(text: str, most: int) -> None:
    try:
        length = len(text.encode())
    except UnicodeEncodeError as cause:
        raise Rejected("a text is not Unicode", "22021") from cause
    if "\0" in text:
        raise Rejected("a text has a NUL", "22021")
    if not 1 <= length <= most:
        raise Rejected(f"a text must be 1 to {most} bytes, is {length}", "23514")
