"""Rules E: is the record itself kept straight?"""

from collections.abc import Iterator

from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.records import Corrected, DidNotHappen, RecordedAsDeviation
from ledger.domain.facts.values import SignatureMeaning
from ledger.domain.finding import Outcome
from ledger.domain.rules.case import Case
from ledger.domain.rules.rule import Broken, Owner, Rule


def _kept_straight(case: Case) -> Iterator[Broken]:
    """E1: a record about a fact that is not there, is no original or in the wrong state; no reason, no signature."""
    fact = case.fact
    if not isinstance(fact, RecordedAsDeviation | DidNotHappen | Corrected):
        return
    me = tag_of("person", case.envelope.performed_by)
    if case.target is None:
        yield Broken(tag=me, found=f"no fact at position {fact.position}", must="the position of an original")
        return
    original = case.target.record
    about = TYPES.get(original.content.type)
    if about is None or about.about.kind is Kind.RECORD:
        yield Broken(
            tag=me, found=f"{fact.position} is itself a record about a fact", must="the position of an original"
        )
        return
    if isinstance(fact, RecordedAsDeviation):
        yield from _refused_happening(case, fact, about.about.kind)
        return
    if not _signed(case):
        yield Broken(
            tag=me,
            found="not signed by the person who did it",
            must="a reason and a signature",
            note=case.validate_only,
        )
    if isinstance(fact, Corrected):
        yield from _correctable(case, fact)


def _signed(case: Case) -> bool:
    performer = tag_of("person", case.envelope.performed_by)
    return any(
        tag_of("person", item.person) == performer and item.meaning is SignatureMeaning.PERFORMED
        for item in case.envelope.signatures
    )


def _refused_happening(case: Case, fact: RecordedAsDeviation, kind: Kind) -> Iterator[Broken]:
    target = case.target
    if target is None:
        return
    tag = tag_of("person", case.envelope.performed_by)
    if target.record.verdict.outcome is not Outcome.REFUSED:
        yield Broken(tag=tag, found=f"{fact.position} was not refused", must="the position of a refusal")
    elif kind is not Kind.HAPPENING:
        yield Broken(tag=tag, found=f"{fact.position} is a {kind.value}", must="only what happened can be a deviation")
    elif target.effect is not None:
        yield Broken(tag=tag, found=f"{fact.position} was settled by {target.by}", must="an unresolved refusal")


def _correctable(case: Case, fact: Corrected) -> Iterator[Broken]:
    target, tag = case.target, tag_of("person", case.envelope.performed_by)
    if target is None:
        return
    if target.record.verdict.outcome is Outcome.REFUSED and (target.effect is None or target.effect.content is None):
        yield Broken(
            tag=tag,
            found=f"{fact.position} was refused and does not count",
            must="record it as a deviation first, or send the right fact",
        )
    if fact.fact is not None and type(fact.fact.only()).__name__ != target.record.content.type:
        yield Broken(
            tag=tag,
            found=f"{fact.position} is a {target.record.content.type}",
            must="a correction of the same type; what did not happen is DidNotHappen",
        )


E1 = Rule(
    id="E1",
    revision=1,
    text="A stored fact is changed or deleted; a correction without reason and signature; a record about something "
    "that is no original fact, or is not in the state that it speaks of.",
    source="EU GMP Annex 11 section 9; MHRA GXP data integrity guidance 2018",
    owner=Owner.NOBODY,
    override="none",
    types=("RecordedAsDeviation", "DidNotHappen", "Corrected"),
    reads=(),
    judge=_kept_straight,
)
