"""What every fact type declares about itself: its kind, its stage, who signs, who checks.

These are the columns of facts.md; a test holds both against each other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from ledger.domain.facts.shape import Value
from ledger.domain.facts.values import SignatureMeaning


class Kind(StrEnum):
    """What sort of statement a fact type makes; decides what a broken rule does to it (ARCHITECTURE.md)."""

    DECISION = "decision"
    """Takes effect when recorded; refused, always, when a rule bars it."""
    HAPPENING = "happening"
    """Happened whatever we think of it: refused first, and may then be recorded as a deviation."""
    SAFETY_ACT = "safety act"
    """Never refused; what is missing is a note and becomes a task."""
    REGISTER = "register"
    """Takes effect from the dates that it carries."""
    RECORD = "record"
    """A fact about a fact; takes effect from its position."""


class Second(StrEnum):
    """Which second check a type asks for (rule I9)."""

    PERSON_OR_CHECK = "second person or validated electronic check"
    TWO_PEOPLE = "two people"


@dataclass(frozen=True, kw_only=True)
class About:
    """The row of facts.md for one type.

    Attributes:
        no: Its permanent number in `AnyFact`.
        stage: Stage of life, which is also the proto file and service.
        kind: See Kind.
        second: The second check it asks for, if any.
        signs: The meanings of the signatures it asks for.
        inherits: Where inherited tags come from, as letters of facts.md 3: m material, b batch, c consignment, k chain,
            s site, d case or deviation.
        server_made: Made by the ledger alone; no client may send it.
        never_barred: A register that must not be refused (an authority's act).
    """

    no: int
    stage: str
    kind: Kind
    second: Second | None = None
    signs: tuple[SignatureMeaning, ...] = ()
    inherits: str = ""
    server_made: bool = False
    never_barred: bool = False


@dataclass(frozen=True)
class Link:
    """One step of lineage that a fact states: `child` came from `parent`. Both are tags.

    Attributes:
        child: Nearer to the patient who receives.
        parent: Nearer to the donor.
        kind: Name of the relation, for example `collected`, `made-from`, `given-to`.
    """

    child: str
    parent: str
    kind: str


class Fact(Value, frozen=True, kw_only=True):
    """Something that happened or was decided, as one typed record."""

    about: ClassVar[About]

    def lineage(self) -> Iterator[Link]:
        """Yields the lineage that this fact's own fields state; none by default."""
        return iter(())
