"""Verify: re-hash every stored byte, rebuild the tree, compare tag, edge and key rows; name the first that is wrong.

It trusts nothing that was computed before: leaves come from the stored records, the root from those leaves, the rows
from the records read again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct

from ledger.domain.facts import content as contents
from ledger.domain.facts import record as records
from ledger.domain.facts.record import Record
from ledger.domain.finding import Outcome
from ledger.domain.receipt import MOST_ITEMS
from ledger.domain.rules.case import Versions
from ledger.domain.subjects.subject import statement
from ledger.evidence import leaf as leaves
from ledger.evidence.merkle import Frontier
from ledger.store import filing
from ledger.store.log import Log, Reading
from ledger.store.moments import microseconds
from ledger.store.rows import EdgeRow, KeyRow, Stored, TagRow
from ledger.store.subjects_cache import with_statement

_PAGE: Final = 1_000
_BEYOND: Final = 2**62


class Verification(Struct, frozen=True, kw_only=True):
    """The result of `verify`.

    Attributes:
        size: Positions checked.
        root: Root rebuilt from the stored bytes.
        first_break: First position that does not match, or 0.
        reason: What does not match there.
    """

    size: int
    root: bytes
    first_break: int = 0
    reason: str = ""

    @property
    def holds(self) -> bool:
        """Nothing was found that does not match."""
        return not self.reason


def verify(log: Log, progress: Callable[[int, int], None] | None = None) -> Verification:
    """Checks a whole log up to its head when asked.

    Args:
        log: The log.
        progress: Told (positions checked, positions in all) after each page.
    """
    check = _Check()
    with log.reading() as reading:
        head = reading.head()
        for after in range(0, head.size, _PAGE):
            broken = check.page(reading, after, min(after + _PAGE, head.size))
            if broken is not None:
                return Verification(size=head.size, root=check.frontier.root, first_break=broken[0], reason=broken[1])
            if progress is not None:
                progress(min(after + _PAGE, head.size), head.size)
        ends = ((head.size, _BEYOND), (-1, 0))
        rows = (read(*end) for end in ends for read in (reading.tag_rows, reading.edge_rows, reading.mark_rows))
        beyond = [position for found in rows for position, _ in found]
        beyond += [key.position for end in ends for key in reading.key_rows(*end)]
    root = check.frontier.root
    if beyond:
        reason = f"there are tag, edge or key rows of position {beyond[0]}, where no fact is"
        return Verification(size=head.size, root=root, first_break=max(beyond[0], 1), reason=reason)
    if check.stray is not None:
        return Verification(size=head.size, root=root, first_break=check.stray[0], reason=check.stray[1])
    if root != head.frontier.root:
        reason = "the tree rebuilt from the stored facts has another root than the head"
        return Verification(size=head.size, root=root, first_break=max(head.size, 1), reason=reason)
    return Verification(size=head.size, root=root)


class _Check:
    """What is carried from page to page: the tree, the last time, and the effects met so far."""

    def __init__(self) -> None:
        self.frontier = Frontier()
        self._recorded_at = 0
        self._effects: dict[int, list[Record]] = {}
        self.stray: tuple[int, str] | None = None
        """First key that belongs to nothing: told when nothing else is wrong, since one that was moved is missed."""

    def page(self, reading: Reading, after: int, through: int) -> tuple[int, str] | None:
        rows = {row.position: row for row in reading.scan(after, through, through - after)}
        tags = _by_position(reading.tag_rows(after, through))
        edges = _by_position(reading.edge_rows(after, through))
        marks = _by_position(reading.mark_rows(after, through))
        spent = reading.keys([key for row in rows.values() if (key := _key(row)) is not None])
        for position in range(after + 1, through + 1):
            row = rows.get(position)
            if row is None:
                return position, "there is no fact at this position"
            reason = self._fact(row)
            try:
                filed = tags.get(position, []), edges.get(position, [])
                reason = reason or _key_reason(row, spent) or self._rows(reading, row, *filed)
                reason = reason or _marks_reason(row, marks.get(position, []))
            except Exception as error:  # noqa: BLE001 - whatever stands there, it is named and not raised
                reason = f"the stored record cannot be read: {type(error).__name__}"
            if reason:
                return position, reason
        self.stray = self.stray or self._foreign(reading, rows, after, through)
        return None

    def _foreign(self, reading: Reading, rows: dict[int, Stored], after: int, through: int) -> tuple[int, str] | None:
        """The first key of these positions that is neither a fact's own nor that of a batch whose items they are."""
        for key in reading.key_rows(after, through):
            first = rows[key.position]
            if _key(first) in (None, (key.organisation, key.id)):
                continue
            wanted = [at for at in range(key.position, key.position + key.size) if at not in rows]
            held = {**rows, **{row.position: row for row in reading.facts(wanted)}} if wanted else rows
            answered = [held.get(at) for at in range(key.position, key.position + key.size)]
            if reason := _batch_reason(key, [row for row in answered if row is not None]):
                return key.position, reason
        return None

    def _fact(self, row: Stored) -> str:
        """Leaf, stamp and time of one fact."""
        if row.recorded_at < self._recorded_at:
            return "it was recorded before the fact before it"
        self._recorded_at = row.recorded_at
        leaf_type = _leaf_type(row)
        if leaf_type is None:
            return "the stored bytes are no record"
        computed = leaves.LeafRecord(
            position=row.position,
            recorded_at=row.recorded_at,
            type=leaf_type,
            organisation=row.organisation,
            commitment=leaves.commitment(row.salt, row.record),
        ).hash()
        self.frontier = self.frontier.append(computed)
        return "" if computed == row.leaf else "the stored bytes do not hash to the leaf"

    def _rows(self, reading: Reading, row: Stored, tags: list[TagRow], edges: list[EdgeRow]) -> str:
        """Stamp against columns, and filed rows against what the record says."""
        if row.type.startswith(filing.UNJUDGED):
            return ""
        record = records.decode(row.record)
        if reason := _stamp_reason(record, row):
            return reason
        target = self._target(reading, record)
        if sorted(tags, key=_tag_key) != sorted(filing.tag_rows(record, target), key=_tag_key):
            return "its tag rows do not match the record"
        if sorted(edges, key=_edge_key) != sorted(filing.edge_rows(record, target), key=_edge_key):
            return "its edge rows do not match the record"
        if record.verdict.effect is not None:
            self._effects.setdefault(record.verdict.effect.target, []).append(record)
        return ""

    def _target(self, reading: Reading, record: Record) -> Versions | None:
        effect = record.verdict.effect
        if effect is None:
            return None
        found = reading.facts([effect.target])
        if not found:
            return None
        versions: Versions | None = Versions(record=records.decode(found[0].record))
        for earlier in self._effects.get(effect.target, []):
            if (stated := statement(earlier)) is not None:
                versions = with_statement(versions, stated)
        return versions


def _key(row: Stored) -> tuple[str, UUID] | None:
    """The request key that a record was stored under."""
    record = filing.readable(row)
    return None if record is None else (row.organisation, record.content.id)


def _key_reason(row: Stored, spent: Mapping[tuple[str, UUID], KeyRow]) -> str:
    """A key that answers with another fact, or with other content, gives a caller somebody else's receipt."""
    wanted = _key(row)
    if wanted is None:
        return ""
    key = spent.get(wanted)
    if key is None:
        return "its request key is gone: sent again, it would be recorded a second time"
    if (key.position, key.size) != (row.position, 1):
        return f"its request key answers with position {key.position}" + (" and more" if key.size != 1 else "")
    return (
        "" if key.hash == contents.digest(records.content_octets(row.record)) else "its request key is of other content"
    )


def _batch_reason(key: KeyRow, answered: Sequence[Stored]) -> str:
    """Why a key is not that of the batch that it answers with; empty when it is.

    The batch of a refused item left nothing but that refusal, so what the key is bound to can no longer be computed.
    """
    found = [(row, record) for row in answered if (record := filing.readable(row)) is not None]
    if len(found) != key.size or any(row.organisation != key.organisation for row, _ in found):
        return "a request key answers with it, and with what is not one batch"
    ids = [record.content.id for _, record in found]
    refused = found[0][1].verdict.outcome is Outcome.REFUSED
    if refused and key.size == 1 and any(ids[0] == contents.item_id(key.id, at) for at in range(MOST_ITEMS)):
        return ""
    if refused or ids != [contents.item_id(key.id, number) for number in range(key.size)]:
        return "a request key answers with it that is not its own"
    digest = contents.digest_of_batch(records.content_octets(row.record) for row, _ in found)
    return "" if digest == key.hash else "the request key of its batch is of other content"


def _stamp_reason(record: Record, row: Stored) -> str:
    stamp = record.stamp
    if (stamp.position, microseconds(stamp.recorded_at)) != (row.position, row.recorded_at):
        return "the stamp in the record is not that of its row"
    if filing.organisation_of(stamp.recorder.organisation) != row.organisation:
        return "the recorder in the record is not that of its row"
    return "" if filing.filed_type(record) == row.type else "it is filed under another type"


def _marks_reason(row: Stored, marks: list[str]) -> str:
    """What a fact is searched for against what its record says."""
    record = filing.readable(row)
    told = filing.marks(record) if record is not None else ()
    return "" if tuple(marks) == told else "its marks do not match the record"


def _leaf_type(row: Stored) -> str | None:
    """The type that the leaf names: the fact's own, which for a refusal is not the type of its row."""
    if row.type.startswith(filing.UNJUDGED):
        return row.type
    try:
        record = records.decode(row.record)
    except msgspec.MsgspecError:
        return None
    refused = record.verdict.outcome is Outcome.REFUSED
    return record.content.type if refused or record.content.type == row.type else row.type


def _tag_key(row: TagRow) -> tuple[str, str]:
    return (row.tag, row.type)


def _edge_key(row: EdgeRow) -> tuple[str, str, str, int]:
    return (row.child, row.parent, row.kind, row.source)


R = TypeVar("R", TagRow, EdgeRow, str)


def _by_position(rows: list[tuple[int, R]]) -> dict[int, list[R]]:
    found: dict[int, list[R]] = {}
    for position, row in rows:
        found.setdefault(position, []).append(row)
    return found


def pages(reading: Reading, through: int) -> Iterator[list[Stored]]:
    """Yields the whole log in pages, up to a position."""
    for after in range(0, through, _PAGE):
        yield reading.scan(after, min(after + _PAGE, through), _PAGE)
