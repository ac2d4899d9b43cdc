"""What every fact type declares about itself: its kind, its stage, who signs, who checks.

These are the columns of facts.md; a test holds both against each other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.shape import Value
from ledger.domain.facts.values import Identifier, LotUsed, MaterialIn, MaterialOut, Quantity, SignatureMeaning


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
        signs: The meanings of the signatures it asks for, every one; of a tuple, one of them.
        inherits: Where inherited tags come from, as letters of facts.md 3: m material, b batch, c consignment, k chain,
            n donation, s site, d case or deviation.
        server_made: Made by the ledger alone; no client may send it.
        never_barred: A register that must not be refused (an authority's act).
        settles: A record that changes no fact and is folded for itself, from its position on.
    """

    no: int
    stage: str
    kind: Kind
    second: Second | None = None
    signs: tuple[SignatureMeaning | tuple[SignatureMeaning, ...], ...] = ()
    inherits: str = ""
    server_made: bool = False
    never_barred: bool = False
    settles: bool = False

    @property
    def signatures(self) -> tuple[tuple[SignatureMeaning, ...], ...]:
        """The signatures it asks for: of each tuple, one with one of these meanings."""
        return tuple(sign if isinstance(sign, tuple) else (sign,) for sign in self.signs)


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


@dataclass(frozen=True, kw_only=True)
class Work:
    """What an activity did with containers: one view of every fact that fills or empties one.

    Attributes:
        inputs: What went in.
        outputs: Containers that it filled.
        lots: Lots that touched it.
        losses: Recorded losses and samples.
        growth: What came to be more than was put in.
        batch: Batch in which it was done.
        ended_at: Its end; None means that it had no length.
        final: The outputs are final containers of the batch, and manufacture is completed.
        how: Name of the relation from what came out to what went in.
    """

    inputs: tuple[MaterialIn, ...] = ()
    outputs: tuple[MaterialOut, ...] = ()
    lots: tuple[LotUsed, ...] = ()
    losses: tuple[Quantity, ...] = ()
    growth: tuple[Quantity, ...] = ()
    batch: Identifier | None = None
    ended_at: datetime | None = None
    final: bool = False
    how: str = "made"


def made(work: Work) -> Iterator[Link]:
    """Yields the lineage of an activity: what came out was made from what went in and from every lot.

    The batch, where there is one, took them all; what came out of a step that names nothing that went in was made from
    what the batch had taken. A container that was worked on and kept is not its own parent.
    """
    sources = [
        *(tag_of("material", item.material) for item in work.inputs),
        *(tag_of("lot", item.lot) for item in work.lots),
    ]
    outputs = [tag_of("material", out.material) for out in work.outputs]
    for source in sources:
        if work.batch is not None:
            yield Link(tag_of("batch", work.batch), source, "consumed")
        yield from (Link(out, source, work.how) for out in outputs if out != source)
    if work.batch is not None and not work.inputs:
        yield from (Link(out, tag_of("batch", work.batch), "made-in") for out in outputs)


class Fact(Value, frozen=True, kw_only=True):
    """Something that happened or was decided, as one typed record."""

    about: ClassVar[About]

    def work(self) -> Work | None:
        """What it did with containers, where it filled or emptied any; None for everything else."""
        return None

    def handles(self) -> tuple[Identifier, ...]:
        """Containers that somebody had in hand to do it (rule C2); those that went into the work by default."""
        work = self.work()
        return () if work is None else tuple(item.material for item in work.inputs)

    def lineage(self) -> Iterator[Link]:
        """Yields the lineage that this fact's own fields state: that of its work by default."""
        work = self.work()
        if work is not None:
            yield from made(work)
