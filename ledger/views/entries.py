"""What is kept of lists, as rows: an entry is a row with the positions between which it stood."""

from collections.abc import Iterable
from typing import Final, NamedTuple, TypeAlias

import msgspec
from msgspec import Struct

from ledger.store.moments import microseconds
from ledger.views.listing import Listing, Row

STANDS: Final = 2**63 - 1
"""The position at which what still stands is gone."""

FOR_EVER: Final = 2**63 - 1
"""After every moment, in microseconds since 1970."""

LONGEST_LABEL: Final = 200
"""Longest label in bytes, as that of a tag."""

LONGEST_PART: Final = 400
"""Longest name of a part of a root, in bytes."""

FLAWED: Final = "flawed"
"""Part of the one row of a root that this program could not work out."""

Key: TypeAlias = tuple[str, str]
"""A list and one of its roots."""

Touch: TypeAlias = tuple[str, str]
"""A tag, and what was looked at under it: a subject, or facts of a type."""


class Entry(Struct, frozen=True):
    """A row of a list, and from which position to which it stood.

    Attributes:
        list: Name of the list.
        root: What the row is about.
        part: Tells it apart from the other rows of its root.
        since: Position from which it stands.
        gone: First position at which it does not stand any more; STANDS while it does.
        at: Its time, in microseconds since 1970.
        begun: Start of its span; 0 where it has none.
        measure: What is added up.
        labels: By which it is found, in order, each once.
        cells: Values in the order of the columns, as JSON.
    """

    list: str
    root: str
    part: str
    since: int
    gone: int
    at: int
    begun: int
    measure: int | None
    labels: tuple[str, ...]
    cells: bytes

    def same(self, other: "Entry") -> bool:
        """Whether both say the same, whenever they stood."""
        return self.says() == other.says()

    def says(self) -> tuple[int, int, int | None, tuple[str, ...], bytes]:
        """What it says."""
        return self.at, self.begun, self.measure, self.labels, self.cells

    def stood(self, position: int) -> bool:
        """Whether it stood at a position."""
        return self.since <= position < self.gone


class Place(NamedTuple):
    """Where an entry stands in the order of its list; the next page begins after it."""

    at: int
    root: str
    part: str


class Wanted(Struct, frozen=True, kw_only=True):
    """Which entries are wanted.

    Attributes:
        list: Of which list.
        labels: They bear all of these.
        known: They stood at this position.
        start: Their time is not before this.
        end: Their time is before this.
        begun: Their span had begun by then.
        after: They stand after this place.
        limit: So many at most.
    """

    list: str
    labels: tuple[str, ...] = ()
    known: int
    start: int = -(2**63)
    end: int = FOR_EVER
    begun: int = FOR_EVER
    after: Place = Place(-(2**63), "", "")
    limit: int = 100


class Group(Struct, frozen=True):
    """Rows that have something in common, counted.

    Attributes:
        key: What they have in common: a label, or a month.
        count: How many they are.
        total: Their measures added up; None where none has one.
        least: The smallest measure.
        median: The middle one, rounded down.
        most: The largest one.
    """

    key: str
    count: int
    total: int | None = None
    least: int | None = None
    median: int | None = None
    most: int | None = None


class Progress(Struct, frozen=True):
    """How far a list is kept.

    Attributes:
        list: Its name.
        revision: Of the list that made its rows.
        position: Its rows are what the log says up to here.
    """

    list: str
    revision: int
    position: int


class Change(Struct, frozen=True, kw_only=True):
    """What one stretch of the log makes of some lists.

    Attributes:
        lists: Their names.
        after: The position that they stood at.
        through: The position that they stand at then.
        entries: New entries; some are gone already.
        closed: Entries that stood and are gone.
        rests: What the rows of a root rest on, for each root of which that changed.
    """

    lists: tuple[str, ...]
    after: int
    through: int
    entries: tuple[Entry, ...] = ()
    closed: tuple[Entry, ...] = ()
    rests: dict[Key, frozenset[Touch]] = {}


def entry(listing: Listing, root: str, row: Row, since: int) -> Entry:
    """Makes the entry of a row."""
    names = [column.name for column in listing.columns]
    if unknown := set(row.cells) - set(names):
        raise ValueError(f"{listing.name} has no column {', '.join(sorted(unknown))}")
    return Entry(
        list=listing.name,
        root=root,
        part=row.part,
        since=since,
        gone=STANDS,
        at=microseconds(row.at),
        begun=0 if row.begun is None else microseconds(row.begun),
        measure=row.measure,
        labels=_labels(row.labels),
        cells=msgspec.json.encode([row.cells.get(name) for name in names]),
    )


def flawed(listing: Listing, root: str, at: int, since: int) -> Entry:
    """Makes the entry of a root that cannot be worked out: it is shown, and stops nothing."""
    cells = msgspec.json.encode([None] * len(listing.columns))
    return Entry(listing.name, root, FLAWED, since, STANDS, at, 0, None, (FLAWED,), cells)


def _labels(labels: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({label for label in labels if label and len(label.encode()) <= LONGEST_LABEL}))
