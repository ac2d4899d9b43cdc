"""Subjects: state folded from the facts of certain types that bear one tag.

A subject folds the facts known, in the order of (effective time, position), and folds each fact's own fields only.
Folding is total: what cannot be is held and flagged, never raised.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from msgspec import Struct

from ledger.domain.facts import counting, renaming, tagging
from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.content import Content, UnknownFact
from ledger.domain.facts.historic import HistoricRecordImported
from ledger.domain.facts.record import Cure, Record, Recorder
from ledger.domain.finding import Outcome, Weight

S = TypeVar("S")

CURED: Final = "Cured"
"""The type under which a record is filed for the deviations that its verdict cures, beside that of its fact."""


class Statement(Struct, frozen=True, kw_only=True):
    """What one record says about one original fact: that it counts, so or otherwise, or that it does not.

    Attributes:
        known: Position of the record that says so.
        target: Position of the original.
        type: Type of the original.
        effective: Where it stands in time.
        content: The fact as it counts; None means that it does not.
        tags: Own tags of that content.
        recorder: Who recorded it.
        broken: Rules that it was recorded despite of; it is a deviation then.
        cures: What it cures.
    """

    known: int
    target: int
    type: str
    effective: datetime
    content: Content | None
    tags: tuple[str, ...]
    recorder: Recorder
    broken: tuple[str, ...] = ()
    cures: tuple[Cure, ...] = ()

    @property
    def key(self) -> tuple[datetime, int]:
        """The place in the order of folding."""
        return (self.effective, self.target)

    @property
    def cured(self) -> tuple[str, ...]:
        """Tags of the deviations that it cures."""
        return cured_tags(self.cures) if self.cures else ()


def cured_tags(cures: Iterable[Cure]) -> tuple[str, ...]:
    """Returns the tags of the deviations that are cured."""
    return tuple(dict.fromkeys(tagging.deviation(cure.deviation) for cure in cures))


def statement(record: Record) -> Statement | None:
    """Reads what a record says; None for a refusal, for what nobody here recorded, and for unknown types.

    Imported history says what the fact inside it says, though nobody judged that.
    """
    verdict, content, stamp = record.verdict, record.content, record.stamp
    imported = isinstance(content.fact, HistoricRecordImported)
    if verdict.outcome is Outcome.REFUSED or not (verdict.judged or imported):
        return None
    bars: tuple[str, ...] = ()
    if verdict.outcome is Outcome.RECORDED_AS_DEVIATION:
        bars = tuple(sorted({finding.rule for finding in verdict.findings if finding.weight is Weight.BAR}))
    effect = verdict.effect
    if effect is not None:
        kind = effect.content.type if effect.content is not None else ""
        return Statement(
            known=stamp.position,
            target=effect.target,
            type=kind,
            effective=effect.effective,
            content=effect.content,
            tags=effect.tags,
            recorder=stamp.recorder,
            broken=bars,
            cures=verdict.cures,
        )
    if content.type not in TYPES or isinstance(content.fact, UnknownFact):
        return None
    about = TYPES[content.type].about
    if about.kind is Kind.RECORD and not about.settles:
        return None
    if imported:
        return _imported(record)
    return Statement(
        known=stamp.position,
        target=stamp.position,
        type=content.type,
        effective=tagging.effective(content, about.kind, stamp.recorded_at),
        content=renaming.counted(record) if verdict.renamed else content,
        tags=verdict.tags,
        recorder=stamp.recorder,
        broken=bars,
        cures=verdict.cures,
    )


def _imported(record: Record) -> Statement:
    content, stamp = counting.inside(renaming.counted(record)), record.stamp
    return Statement(
        known=stamp.position,
        target=stamp.position,
        type=content.type,
        effective=counting.effective(record.content, stamp.recorded_at),
        content=content,
        tags=tagging.own(content, stamp.position),
        recorder=stamp.recorder,
    )


class Entry(Struct, frozen=True, kw_only=True):
    """One fact as a subject folds it.

    Attributes:
        tag: The subject's tag.
        position: Of the original.
        at: When it takes effect.
        content: The fact.
    """

    tag: str
    position: int
    at: datetime
    content: Content


def _no_links(_state: object) -> Iterable[str]:
    return ()


@dataclass(frozen=True)
class Subject(Generic[S]):
    """One kind of state.

    Attributes:
        name: Its name, as in facts.md 4.
        kinds: Tag kinds that it is folded for.
        types: Fact types that it folds.
        empty: State before anything is known.
        fold: Adds one fact to a state; pure.
        links: Tags that a state leads to: the next round of context.
        cure: Takes up the rules that a fact cured of the deviation of its tag, as its verdict says, whatever that fact
            is about; None for subjects that fold facts only.
    """

    name: str
    kinds: tuple[str, ...]
    types: frozenset[str]
    empty: S
    fold: Callable[[S, Entry], S]
    links: Callable[[S], Iterable[str]] = _no_links
    cure: Callable[[S, tuple[str, ...]], S] | None = None

    def __hash__(self) -> int:
        """Subjects are constants: their name is enough."""
        return hash(self.name)

    @property
    def filed(self) -> frozenset[str]:
        """Types under which the records are filed that it folds."""
        return self.types if self.cure is None else self.types | {CURED}

    def states(self, stated: Statement, tag: str) -> bool:
        """Whether a fact's own fields say something to this subject under a tag."""
        return tag in stated.tags and stated.type in self.types

    def folds(self, stated: Statement, tag: str) -> bool:
        """Whether a record counts here: by its fact's own fields, or by what it cures."""
        return self.states(stated, tag) or (self.cure is not None and tag in stated.cured)


AnySubject = Subject[Any]
