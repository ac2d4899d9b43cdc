"""Going on against a refusal: what it may announce, and what nothing lifts.

The treating physician records the decision before the act. It permits nothing: the answer stays "do not give", and the
act that follows within the time, with this container for this patient, is a deviation that is linked to it.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from ledger.domain.facts.administration import AdministrationStarted
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.settling import ProceedingAgainstRefusal
from ledger.domain.facts.values import SignatureMeaning
from ledger.domain.finding import Outcome, Weight
from ledger.domain.rules.case import Case
from ledger.domain.rules.release import holds_role, scopes_of
from ledger.domain.rules.rule import ROLES_OF, Broken, Owner
from ledger.domain.subjects.settlement import PROCEEDING, Decided

NOTHING_LIFTS: Final = frozenset(("I1", "I2", "R4", "R10", "Q5"))
"""The wrong patient, a missing acceptance by the physician, a refusal by a patient with capacity, a container that is
used up or destroyed."""


def announcing(case: Case) -> Decided | None:
    """Returns the decision to go on that announced an act, still in its time; None for none."""
    fact = case.fact
    if not isinstance(fact, AdministrationStarted):
        return None
    patients = case.patients(tag_of("patient", fact.patient))
    valid = timedelta(seconds=case.whole("proceeding-valid-seconds"))
    for decided in reversed(case.state(PROCEEDING, tag_of("material", fact.material)).decisions):
        if decided.patient in patients and decided.at <= case.at <= decided.at + valid:
            return decided
    return None


def permitted(case: Case, fact: ProceedingAgainstRefusal) -> Iterator[Broken]:
    """E1, for a decision to go on: what it names is a refusal that may be gone against, by who may."""
    me, target = tag_of("person", case.envelope.performed_by), case.target
    if target is None or target.record.verdict.outcome is not Outcome.REFUSED:
        found = (
            f"fact {fact.position} was not refused" if target is not None else f"no fact at position {fact.position}"
        )
        yield Broken(tag=me, found=found, must="the position of a refusal")
        return
    material, patient = tag_of("material", fact.material), tag_of("patient", fact.patient)
    if material not in target.record.verdict.tags:
        yield Broken(tag=material, found=f"fact {fact.position} is not about it", must="the container that was refused")
    if not case.patients(patient) & set(target.record.verdict.tags):
        yield Broken(tag=patient, found=f"fact {fact.position} is not about them", must="the patient of that refusal")
    bars = {finding.rule for finding in target.record.verdict.findings if finding.weight is Weight.BAR}
    for rule in sorted(bars & NOTHING_LIFTS):
        yield Broken(tag=material, found=f"{rule} barred it", must="nothing lifts this: do not give")
    if missing := sorted(bars - set(fact.rules)):
        found = f"rules not shown: {', '.join(missing)}"
        yield Broken(tag=me, found=found, must="every rule of the refusal shown to who decides", note=True)
    if not holds_role(case, case.performer(), ROLES_OF[Owner.CLINICAL], scopes_of(case)):
        yield Broken(tag=me, found="holds no role of a treating physician here", must="the treating physician decides")
    if not signed(case, SignatureMeaning.PERFORMED):
        yield Broken(tag=me, found="not signed by who decides", must="a signature", note=case.validate_only)


def signed(case: Case, meaning: SignatureMeaning) -> bool:
    """Whether the person who did it signed with that meaning."""
    performer = tag_of("person", case.envelope.performed_by)
    return any(
        tag_of("person", item.person) == performer and item.meaning is meaning for item in case.envelope.signatures
    )
