"""Facts for tests of the store, which knows nothing of what they say."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ledger.evidence.leaf import LeafRecord, commitment
from ledger.store.log import Appending, Log
from ledger.store.rows import EdgeRow, FactRow, Head, KeyRow, Stored, TagRow

SALT = bytes(32)
ORGANISATION = "RR8"


@dataclass(frozen=True)
class Draft:
    """A fact that has no position yet."""

    type: str = "Made"
    tags: Sequence[str | TagRow] = ()
    edges: Sequence[EdgeRow] = ()
    record: bytes = b"{}"
    marks: Sequence[str] = ()
    organisation: str = ORGANISATION


def link(child: str, parent: str, *, kind: str = "from", source: int = 1, live: bool = True) -> EdgeRow:
    """An edge."""
    return EdgeRow(child, parent, kind, source, live)


def key_of(number: int, position: int, *, content: bytes = b"c") -> KeyRow:
    """A spent key with a number for its id."""
    return KeyRow(ORGANISATION, UUID(int=number), content.ljust(32, b"."), position, 1)


def put(block: Appending, drafts: Sequence[Draft], keys: Sequence[KeyRow] = ()) -> Head:
    """Append drafts as facts after the head; return the new head."""
    rows, head = following(block.head(), drafts)
    block.append(rows, keys, head)
    return head


def following(now: Head, drafts: Sequence[Draft]) -> tuple[list[FactRow], Head]:
    """Rows and the new head that follow a head."""
    at = now.recorded_at + 1
    rows = [_row(draft, now.size + number, at) for number, draft in enumerate(drafts, 1)]
    if not rows:
        return [], now
    return rows, Head(now.size + len(rows), now.frontier.extend(row.leaf for row in rows), at, now.epoch)


def store(log: Log, *drafts: Draft, keys: Sequence[KeyRow] = ()) -> Head:
    """Append drafts in a block of their own."""
    with log.appending() as block:
        return put(block, drafts, keys)


def positions(found: Sequence[Stored]) -> list[int]:
    """Positions of facts."""
    return [fact.position for fact in found]


def size_of(log: Log) -> int:
    """Size of the log."""
    with log.reading() as reading:
        return reading.head().size


def everything(log: Log) -> list[Stored]:
    """Every fact of the log."""
    with log.reading() as reading:
        return reading.scan(0, 10**9, 10**6)


def _row(draft: Draft, position: int, at: int) -> FactRow:
    commits = commitment(SALT, draft.record)
    leaf = LeafRecord(
        position=position, recorded_at=at, type="Made", organisation=draft.organisation, commitment=commits
    ).hash()
    tags = tuple(tag if isinstance(tag, TagRow) else TagRow(tag, draft.type) for tag in draft.tags)
    made = (position, draft.type, draft.organisation, at, draft.record, SALT, leaf)
    return FactRow(*made, tags, tuple(draft.edges), tuple(draft.marks))
