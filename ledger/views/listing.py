"""What a list is: a name, what it means, its columns, and one pure function from what is known to its rows.

A list is made of *roots*: things (a tag) or single facts (`fact:POSITION`). Its function says which rows one root has,
given the subjects as they stand; it is asked again whenever something that it looked at has changed, and what differs
takes the place of what stood. So corrections, late facts and deviations come to a list as they come to every subject:
there is no code for them here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Protocol, TypeAlias, TypeVar

from msgspec import Struct

from ledger.domain.facts.record import Record
from ledger.domain.rules.case import Versions
from ledger.domain.subjects.subject import AnySubject, Subject

S = TypeVar("S")

Cell: TypeAlias = str | int | datetime | tuple[str, ...] | None
"""One value of a row; None for what is not known or does not apply."""

NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)
"""The time of a row that has none yet: it stands at the end of its list."""

FACT: Final = "fact:"
"""What the name of a root that is a fact begins with; its position follows."""


class CellKind(StrEnum):
    """What the values of a column are."""

    TEXT = "TEXT"
    """Words."""
    TAG = "TAG"
    """One tag."""
    TEXTS = "TEXTS"
    """Several words, tags or rule ids."""
    TIME = "TIME"
    """A moment, UTC."""
    POSITION = "POSITION"
    """Position of a fact."""
    NUMBER = "NUMBER"
    """A whole number."""
    SECONDS = "SECONDS"
    """A length of time in whole seconds."""


class Column(Struct, frozen=True):
    """One column of a list.

    Attributes:
        name: Its name, for ever.
        kind: What its values are.
        means: What it says, in the words of the field.
    """

    name: str
    kind: CellKind
    means: str


class Timing(StrEnum):
    """What the time of a row means, by which its list is ordered."""

    WHEN = "WHEN"
    """When it happened, or was recorded."""
    DUE = "DUE"
    """By when something has to be done: from that moment on it is late."""
    SPAN = "SPAN"
    """The row holds for a span of time: a question asks for one moment."""


class Row(Struct, frozen=True, kw_only=True):
    """One row of one root.

    Attributes:
        at: Its time; the list is in this order.
        cells: Values by column; a column that is left out is empty.
        labels: Tags by which it can be asked for, `rule:ID` among them; empty ones are left out.
        part: Tells it apart from the other rows of its root.
        begun: Start of its span, where the list is one of spans.
        measure: A number that can be added up over rows.
    """

    at: datetime
    cells: Mapping[str, Cell]
    labels: Sequence[str] = ()
    part: str = ""
    begun: datetime | None = None
    measure: int | None = None


class Seen(Protocol):
    """What is known at the position that a list has reached.

    Whatever is asked here is remembered: when it changes, the root is worked out again.
    """

    def state(self, subject: Subject[S], tag: str) -> S:
        """The newest state of a subject; its empty state where nothing is known, or where there is no tag."""
        ...

    def timeline(self, subject: Subject[S], tag: str) -> Sequence[tuple[datetime, S]]:
        """Every state of a subject with the moment from which it stands, in order."""
        ...

    def acts(self, tag: str, fact_type: str) -> Sequence[tuple[int, int, datetime]]:
        """Facts of one type that count under a tag, in the order of their effect.

        For each its position, the position of the record by which it counts as it does, and when it took effect.
        """
        ...

    def filed(self, position: int) -> Versions | None:
        """A fact with the newest record about it; None where there is none that can be read."""
        ...

    @property
    def parameters(self) -> Mapping[str, str]:
        """The numbers of the rulebook in force."""
        ...


Derive: TypeAlias = Callable[[Seen, str], Iterable[Row]]
"""Says which rows a root has; pure."""


class Described(Struct, frozen=True, kw_only=True):
    """A list as it is told to who reads it; see Listing."""

    name: str
    means: str
    columns: tuple[Column, ...]
    timing: Timing
    time: str
    measure: str = ""
    shown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listing:
    """One list.

    Attributes:
        name: Its name, for ever: what is typed after `coi list`.
        means: What it answers, in one sentence.
        columns: Its columns, in order.
        rows: Says which rows a root has.
        kinds: Kinds of things that are its roots.
        subjects: Subjects of a root that its rows come from: a fact that says something to one of them makes a root.
        concerns: For a list of facts: which records are its roots.
        timing: What the time of a row means.
        time: What the time of a row is, in words.
        measure: What is added up over rows, with its unit; empty for nothing.
        shown: Columns that a narrow table shows beside the time; the first ones where none are named.
        revision: Raised when its rows come out otherwise than before: it is then made anew.
    """

    name: str
    means: str
    columns: tuple[Column, ...]
    rows: Derive
    kinds: tuple[str, ...] = ()
    subjects: tuple[AnySubject, ...] = ()
    concerns: Callable[[Record], bool] | None = None
    timing: Timing = Timing.WHEN
    time: str = "when it happened"
    measure: str = ""
    shown: tuple[str, ...] = ()
    revision: int = 1

    @property
    def described(self) -> Described:
        """As it is told to who reads it."""
        return Described(
            name=self.name,
            means=self.means,
            columns=self.columns,
            timing=self.timing,
            time=self.time,
            measure=self.measure,
            shown=self.shown or tuple(column.name for column in self.columns[:4]),
        )


def fact_root(position: int) -> str:
    """Returns the root that is a fact."""
    return f"{FACT}{position}"


def position_of(root: str) -> int:
    """Returns the position of a root that is a fact; 0 for any other."""
    return int(root[len(FACT) :]) if root.startswith(FACT) else 0
