"""Rule E3: may these records go? None can: what is judged is who lifts the hold that says so."""

from collections.abc import Iterator

from ledger.domain.facts.keeping import LegalHoldLifted, LegalHoldPlaced
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.records import DidNotHappen
from ledger.domain.facts.values import SignatureMeaning
from ledger.domain.rules.case import Case
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.keeping import HOLDS, held
from ledger.domain.subjects.staff import PERSON

_APPROVERS = 2


def _kept(case: Case) -> Iterator[Broken]:
    """E3: a hold that does not stand is lifted, or one that stands by fewer than two people, or by taking it back."""
    fact, me = case.fact, tag_of("person", case.envelope.performed_by)
    if isinstance(fact, LegalHoldPlaced) and not _approvers(case):
        yield Broken(tag=me, found="the hold is not signed", must="a signature: approved", note=True)
    elif isinstance(fact, LegalHoldLifted):
        tag = held(fact)
        if fact.hold not in case.state(HOLDS, tag).standing:
            yield Broken(tag=tag, found=f"no hold of position {fact.hold} stands on it", must="a hold that stands")
        if (people := len(_approvers(case))) < _APPROVERS:
            found = f"approved by {people} of {_APPROVERS} people"
            yield Broken(tag=tag, found=found, must="two people who approve and sign", note=case.validate_only)
    elif isinstance(fact, DidNotHappen) and case.target is not None:
        hold = case.target.record.content.fact
        if isinstance(hold, LegalHoldPlaced):
            must = "lifted by two people: LegalHoldLifted"
            yield Broken(tag=held(hold), found=f"fact {fact.position} is a legal hold", must=must)


def _approvers(case: Case) -> set[str]:
    """Those who signed that they approve, as people."""
    return {
        case.person(tag_of("person", item.person))
        for item in case.envelope.signatures
        if item.meaning is SignatureMeaning.APPROVED
    }


E3 = Rule(
    id="E3",
    revision=1,
    text="A record is purged before its retention has ended or while it is under legal hold. This ledger has no way to "
    "purge a record, at any time: the role it runs under may read and insert, and nothing else. So no period is "
    "judged, and the replay tells it; what is judged is the hold (our reading): one that does not stand "
    "is lifted, one that stands is lifted by fewer than two people who approve, or it is taken back as if "
    "it had never been placed.",
    source="HMR 2012 Sch 6 para 18; Directive 2006/86/EC art 9(2); Blood Safety and Quality Regulations 2005; "
    "Clinical Trials Regulations 2004 reg 31A",
    owner=Owner.NOBODY,
    override="none",
    types=("LegalHoldPlaced", "LegalHoldLifted", "DidNotHappen"),
    reads=(HOLDS, PERSON),
    judge=_kept,
    curable=False,
)
