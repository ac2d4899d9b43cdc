"""Rules E: is the record itself kept straight?"""

from collections.abc import Iterator

from ledger.domain.facts.about import Kind
from ledger.domain.facts.administration import AdministrationStarted
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.historic import HistoricRecordImported
from ledger.domain.facts.holding import QuarantineLifted
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.records import Corrected, DidNotHappen, RecordedAsDeviation
from ledger.domain.facts.safety import DeviationClosed
from ledger.domain.facts.settling import (
    DeviationAssessed,
    DeviationConfirmed,
    IdentifierLinked,
    ProceedingAgainstRefusal,
)
from ledger.domain.facts.values import SignatureMeaning
from ledger.domain.finding import Outcome
from ledger.domain.rules import history, proceeding, settling
from ledger.domain.rules.case import Case
from ledger.domain.rules.owners import OWNER_OF
from ledger.domain.rules.proceeding import signed
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.registers import AGREEMENT, LICENCE, SITE_STATUS
from ledger.domain.subjects.settlement import NAMES, PATIENT_LINKS, PROCEEDING
from ledger.domain.subjects.staff import PERSON


def _kept_straight(case: Case) -> Iterator[Broken]:
    """E1: a record about a fact that is not there, is no original or in the wrong state; no reason, no signature."""
    fact = case.fact
    if isinstance(fact, ProceedingAgainstRefusal):
        yield from proceeding.permitted(case, fact)
    elif isinstance(fact, DeviationConfirmed | DeviationAssessed | DeviationClosed | QuarantineLifted):
        yield from _of_a_deviation(case, fact)
    elif isinstance(fact, IdentifierLinked):
        yield from settling.linked(case, fact)
    elif isinstance(fact, AdministrationStarted):
        yield from _announced(case)
    elif isinstance(fact, HistoricRecordImported):
        yield from history.imported(case, fact)
    elif isinstance(fact, RecordedAsDeviation | DidNotHappen | Corrected):
        yield from _about_an_original(case, fact)


def _of_a_deviation(
    case: Case, fact: DeviationConfirmed | DeviationAssessed | DeviationClosed | QuarantineLifted
) -> Iterator[Broken]:
    if isinstance(fact, DeviationConfirmed):
        yield from settling.confirmed(case, fact)
    elif isinstance(fact, DeviationAssessed):
        yield from settling.assessed(case, fact, OWNER_OF)
    elif isinstance(fact, QuarantineLifted):
        yield from settling.settled_with(case, fact, OWNER_OF)
    else:
        yield from settling.is_a_deviation(case, fact.deviation)


def _announced(case: Case) -> Iterator[Broken]:
    """An act that names the decision to go on that announced it."""
    decided = proceeding.announcing(case)
    for item in case.content.exceptions:
        if item.proceeding is not None and (decided is None or decided.position != item.proceeding):
            yield Broken(
                tag=tag_of("person", case.envelope.performed_by),
                found=f"{item.proceeding} announces no act with this container for this patient now",
                must="the position of a decision to proceed, not older than its time",
                note=True,
            )


def _about_an_original(case: Case, fact: RecordedAsDeviation | DidNotHappen | Corrected) -> Iterator[Broken]:
    me = tag_of("person", case.envelope.performed_by)
    if case.target is None:
        yield Broken(tag=me, found=f"no fact at position {fact.position}", must="the position of an original")
        return
    original = case.target.record
    about = TYPES.get(original.content.type)
    if about is None or (about.about.kind is Kind.RECORD and not about.about.settles):
        yield Broken(
            tag=me, found=f"fact {fact.position} is itself a record about a fact", must="the position of an original"
        )
        return
    if isinstance(fact, RecordedAsDeviation):
        yield from _refused_happening(case, fact, about.about.kind)
        return
    if not signed(case, SignatureMeaning.PERFORMED):
        yield Broken(
            tag=me,
            found="not signed by the person who did it",
            must="a reason and a signature",
            note=case.validate_only,
        )
    if isinstance(fact, Corrected):
        yield from _correctable(case, fact)


def _refused_happening(case: Case, fact: RecordedAsDeviation, kind: Kind) -> Iterator[Broken]:
    target = case.target
    if target is None:
        return
    tag = tag_of("person", case.envelope.performed_by)
    if target.record.verdict.outcome is not Outcome.REFUSED:
        yield Broken(tag=tag, found=f"fact {fact.position} was not refused", must="the position of a refusal")
    elif kind is not Kind.HAPPENING:
        yield Broken(
            tag=tag, found=f"fact {fact.position} is a {kind.value}", must="only what happened can be a deviation"
        )
    elif target.effect is not None:
        yield Broken(tag=tag, found=f"fact {fact.position} was settled by {target.by}", must="an unresolved refusal")


def _correctable(case: Case, fact: Corrected) -> Iterator[Broken]:
    target, tag = case.target, tag_of("person", case.envelope.performed_by)
    if target is None:
        return
    if target.record.verdict.outcome is Outcome.REFUSED and (target.effect is None or target.effect.content is None):
        yield Broken(
            tag=tag,
            found=f"fact {fact.position} was refused and does not count",
            must="record it as a deviation first, or send the right fact",
        )
    if isinstance(target.record.content.fact, HistoricRecordImported):
        found = f"fact {fact.position} is imported history"
        yield Broken(tag=tag, found=found, must="taken back with DidNotHappen, and imported as it was")
    elif fact.fact is not None and type(fact.fact.only()).__name__ != target.record.content.type:
        yield Broken(
            tag=tag,
            found=f"fact {fact.position} is a {target.record.content.type}",
            must="a correction of the same type; what did not happen is DidNotHappen",
        )


E1 = Rule(
    id="E1",
    revision=1,
    text="A stored fact is changed or deleted; a correction without reason and signature; a record about something "
    "that is no original fact, or is not in the state that it speaks of. A deviation is assessed, or settled with a "
    "quarantine, by who does not own its risk. History is imported without a second person who read it against its "
    "source, or of what is too new to be history (30 days unless set otherwise; our reading).",
    source="EU GMP Annex 11 section 9; MHRA GXP data integrity guidance 2018",
    owner=Owner.NOBODY,
    override="none",
    types=(
        "RecordedAsDeviation",
        "DidNotHappen",
        "Corrected",
        "ProceedingAgainstRefusal",
        "DeviationConfirmed",
        "DeviationAssessed",
        "DeviationClosed",
        "QuarantineLifted",
        "IdentifierLinked",
        "HistoricRecordImported",
        "AdministrationStarted",
    ),
    reads=(PROCEEDING, PERSON, SITE_STATUS, LICENCE, AGREEMENT, NAMES, MATERIAL, PATIENT_LINKS),
    judge=_kept_straight,
)
