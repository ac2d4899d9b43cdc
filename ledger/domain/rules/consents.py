"""Rule I5: is what was given used as the donor consented, and disposed of as the donor asked?"""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from ledger.domain.facts.administration import AdministrationStarted
from ledger.domain.facts.clinical_area import MaterialDestroyed
from ledger.domain.facts.enrolment import ConsentKind
from ledger.domain.facts.follow_up import FollowUpVisitCompleted
from ledger.domain.facts.keeping import DisclosureMade, DisclosurePurpose
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.processing import ProcessStepPerformed
from ledger.domain.rules.case import Case, tags_of
from ledger.domain.rules.following_up import own_consents
from ledger.domain.rules.provenance import MAKING, known_donations
from ledger.domain.rules.pseudonyms import consent_of
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.rules.treating import decided_to_treat
from ledger.domain.subjects.donors import DONATION_STATUS
from ledger.domain.subjects.follow_up import OWN_CONSENT
from ledger.domain.subjects.people import CHAIN, CONSENT
from ledger.domain.subjects.settlement import PATIENT_LINKS
from ledger.domain.subjects.treatment import TREATMENT_CONSENT


def _as_consented(case: Case) -> Iterator[Broken]:
    """I5: used although consent to that is not in force, or disposed of against the donor's instruction."""
    fact = case.fact
    if isinstance(fact, MaterialDestroyed):
        yield from _disposed(case, fact)
        return
    if isinstance(fact, DisclosureMade):
        yield from _shared(case, fact)
        return
    if isinstance(fact, FollowUpVisitCompleted):
        yield from _followed_up(case, fact)
        return
    if isinstance(fact, ProcessStepPerformed) and fact.batch is None:
        return
    kind = ConsentKind.PROCUREMENT_STORAGE_USE
    for tag, donation in known_donations(case):
        consent = consent_of(case, donation.person)
        if not consent.covers(kind, donation.coi) and not _given_back_by_decision(case, donation.person, donation.coi):
            known = kind in consent.ever
            found = "consent to storage and use is not in force" if known else "no consent to its use is on record"
            yield Broken(tag=tag, found=found, must="used while that consent is in force", note=not known)


def _followed_up(case: Case, fact: FollowUpVisitCompleted) -> Iterator[Broken]:
    """Followed up although that consent is not in force, or by a parent's consent once own consent was due."""
    tag = tag_of("patient", fact.patient)
    consent = consent_of(case, tag)
    if not consent.covers(ConsentKind.FOLLOW_UP_AND_DATA_SHARING, tag_of("coi", fact.coi)):
        known = ConsentKind.FOLLOW_UP_AND_DATA_SHARING in consent.ever
        found = "consent to follow-up is not in force" if known else "no consent to follow-up is on record"
        yield Broken(tag=tag, found=found, must="followed up while that consent is in force", note=not known)
    for one in own_consents(case.state(OWN_CONSENT, tag)):
        if one.met is None and one.late(case.at):
            found = f"own consent is due since {one.due:%Y-%m-%dT%H:%MZ}; only another's is on record"
            yield Broken(tag=tag, found=found, must="the patient's own consent", note=True)


def _given_back_by_decision(case: Case, person: str, chain: str) -> bool:
    """Own cells given back to who lacks capacity: a best-interests decision to treat stands for the consent."""
    fact = case.fact
    if not isinstance(fact, AdministrationStarted):
        return False
    patient = tag_of("patient", fact.patient)
    return case.patient(person) == case.patient(patient) and decided_to_treat(case, patient, chain)


def _shared(case: Case, fact: DisclosureMade) -> Iterator[Broken]:
    """Data told on the strength of a consent that is not in force; what rests on law alone needs none."""
    kind = fact.consent or (_SHARING.get(fact.purpose) if fact.legal_basis is None else None)
    if kind is None:
        return
    chains = {chain: case.state(CHAIN, chain).patient for chain in tags_of("coi", fact.coi)}
    people = {person: "" for person in (tag_of("patient", fact.patient), tag_of("donor", fact.donor)) if person}
    people |= {person: chain for chain, person in chains.items() if person}
    for person, chain in people.items():
        consent = consent_of(case, person)
        if not consent.covers(kind, chain):
            known = kind in consent.ever
            words = kind.name.lower().replace("_", " ")
            found = f"consent to {words} is not in force" if known else f"no consent to {words} is on record"
            yield Broken(tag=person, found=found, must="that consent in force, or a legal basis", note=not known)


_SHARING: Final = MappingProxyType(
    {
        DisclosurePurpose.RESEARCH: ConsentKind.RESEARCH,
        DisclosurePurpose.REGISTRY: ConsentKind.FOLLOW_UP_AND_DATA_SHARING,
        DisclosurePurpose.MARKETING_AUTHORISATION_HOLDER: ConsentKind.FOLLOW_UP_AND_DATA_SHARING,
    }
)
"""Purposes that rest on a consent unless a law is named, with the kind of consent."""


def _disposed(case: Case, fact: MaterialDestroyed) -> Iterator[Broken]:
    """Only what the fact itself says can be compared: the instruction is in the donor's words."""
    if fact.instruction_honoured:
        return
    for tag, donation in known_donations(case):
        if consent_of(case, donation.person).disposal:
            against = fact.instruction_honoured is False
            found = "disposed of against the donor's instruction" if against else "not said whether it was honoured"
            must = "the donor's instruction honoured, or a decision of the DI where safety requires it"
            yield Broken(tag=tag, found=found, must=must, note=not against, overridable=True)


I5 = Rule(
    id="I5",
    revision=1,
    text="Material is used outside the kinds of consent in force or after that kind of consent was withdrawn, or is "
    "disposed of against the donor's instruction. Keeping what the law requires and disposing of it safely are not "
    "use; withdrawal of data sharing stops no dose. Data are disclosed, or a patient is followed up, on a consent that "
    "is not in force. Noted: somebody treated as a child is followed up after their own consent was due.",
    source="Directive 2006/17/EC Annex IV, donor documentation",
    owner=Owner.TISSUE,
    override="none for use; for disposal a decision of the DI where safety requires it, recorded",
    types=(
        *MAKING,
        "MaterialsPooled",
        "AdministrationStarted",
        "MaterialDestroyed",
        "DisclosureMade",
        "FollowUpVisitCompleted",
    ),
    reads=(DONATION_STATUS, CHAIN, CONSENT, OWN_CONSENT, TREATMENT_CONSENT, PATIENT_LINKS),
    over=(DONATION_STATUS,),
    judge=_as_consented,
)
