"""Rules R9 and R10: is it prescribed for this patient, and does the patient still agree?"""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from ledger.domain.facts.administration import AdministrationStarted
from ledger.domain.facts.batches import ClinicalGoAheadGiven
from ledger.domain.facts.certification import ProductDispensed
from ledger.domain.facts.clinical_area import AdministrationResumed, ReadyToTreatConfirmed
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.patients import BestInterestsDecided, BestInterestsOutcome
from ledger.domain.facts.terms import Route
from ledger.domain.facts.values import Identifier, PrescriptionBasis
from ledger.domain.rules.case import Case
from ledger.domain.rules.exceptional import offered
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.registers import PRODUCT
from ledger.domain.subjects.routes import CHAIN_ROUTE
from ledger.domain.subjects.settlement import PATIENT_LINKS
from ledger.domain.subjects.treatment import (
    PRESCRIPTIONS,
    TREATMENT_CONSENT,
    WITHOUT_CAPACITY,
    Prescription,
    Said,
    Say,
    Standing,
)

WRITTEN: Final = frozenset((PrescriptionBasis.PRESCRIPTION, PrescriptionBasis.PATIENT_SPECIFIC_DIRECTION))
"""Written for one patient by a prescriber: where a prescription will do, so will a patient-specific direction."""

_UNWRITTEN: Final = frozenset(
    (PrescriptionBasis.PATIENT_GROUP_DIRECTION, PrescriptionBasis.NATIONAL_PROTOCOL, PrescriptionBasis.EMERGENCY)
)
"""Bases that need nothing written for the patient; the product says whether it may be given on them."""


def _bases(case: Case, product: str) -> frozenset[PrescriptionBasis]:
    """The bases on which a product may be given; every one for a product that is not registered."""
    data = case.product(product).data
    if data is None:
        return frozenset(PrescriptionBasis)
    bases = frozenset(data.prescription_bases or (PrescriptionBasis.PRESCRIPTION,))
    return bases | WRITTEN if PrescriptionBasis.PRESCRIPTION in bases else bases


class To(Struct, frozen=True, kw_only=True):
    """What is to be given: to whom, of which chain and product, on which basis or prescription as stated."""

    about: str
    patient: str
    chain: str
    product: str
    basis: PrescriptionBasis | None = None
    prescription: int | None = None


def to_be_given(case: Case) -> Iterator[To]:
    """Yields what a fact gives, hands out or makes ready, one for each container."""
    fact = case.fact
    if isinstance(fact, ReadyToTreatConfirmed):
        chain = tag_of("coi", fact.coi)
        patient, product = tag_of("patient", fact.patient), case.product_of("", chain)
        yield To(about=chain, patient=patient, chain=chain, product=product)
        return
    if not isinstance(fact, AdministrationStarted | ProductDispensed):
        return
    materials, patient = offered(case)
    said = tag_of("product", fact.product) if isinstance(fact, AdministrationStarted) else ""
    for material in materials:
        chain, batch = _chain_of(case, material, patient, fact.coi), tag_of("batch", fact.batch)
        yield To(
            about=material,
            patient=patient,
            chain=chain,
            product=case.product_of(case.batch_of(material) or batch, case.chain_of(material) or chain) or said,
            basis=fact.basis,
            prescription=fact.prescription,
        )


def _chain_of(case: Case, material: str, patient: str, coi: Identifier | None) -> str:
    """The patient's chain: the container's where it is theirs, else as named; that of a donor for all is nobody's."""
    chain = case.chain_of(material)
    theirs = case.state(CHAIN, chain).patient in case.patients(patient)
    return chain if theirs else tag_of("coi", coi)


def _prescribed(case: Case) -> Iterator[Broken]:
    """R9: no prescription, direction, trial or emergency basis for that patient and product."""
    for asked in to_be_given(case):
        yield from _on_a_basis(case, asked)


def prescribed(case: Case, to: To, bases: frozenset[PrescriptionBasis]) -> list[Prescription]:
    """Returns what is prescribed of it for the patient on one of some bases, and stands."""
    return [
        item
        for name in sorted(case.patients(to.patient))
        for item in case.state(PRESCRIPTIONS, name).standing
        if _fits(item, to) and item.basis in bases
    ]


def _on_a_basis(case: Case, asked: To) -> Iterator[Broken]:
    may, product = _bases(case, asked.product), asked.product or "it"
    standing = prescribed(case, asked, may)
    if asked.prescription is not None and asked.prescription not in {item.position for item in standing}:
        found = f"fact {asked.prescription} is no prescription of {product} for this patient that stands"
        yield Broken(tag=asked.about, found=found, must="a prescription or direction that stands")
        return
    if asked.basis is not None and asked.basis not in may:
        found = f"{product} is not given on the basis {_words(asked.basis)}"
        must = f"one of: {', '.join(sorted(_words(item) for item in may))}"
        yield Broken(tag=asked.about, found=found, must=must)
        return
    in_trial = case.state(CHAIN_ROUTE, asked.chain).route is Route.CLINICAL_TRIAL and PrescriptionBasis.TRIAL in may
    if not standing and asked.basis not in _UNWRITTEN and not in_trial:
        found = f"nothing prescribes {product} for this patient"
        must = "a prescription, a direction, a trial, or an emergency basis proper to the product"
        yield Broken(tag=asked.about, found=found, must=must)


def _fits(item: Prescription, asked: To) -> bool:
    return (not asked.product or item.product == asked.product) and (not asked.chain or item.coi in ("", asked.chain))


def _words(basis: PrescriptionBasis) -> str:
    return basis.name.lower().replace("_", " ")


R9 = Rule(
    id="R9",
    revision=1,
    text="A product is dispensed or started without a prescription, patient-specific direction, patient group "
    "direction or national protocol, trial enrolment, or emergency exemption proper to that product.",
    source="HMR 2012 reg 167; HMR 2012 reg 214 (unverified)",
    owner=Owner.CLINICAL,
    override="none",
    types=("ProductDispensed", "ReadyToTreatConfirmed", "AdministrationStarted"),
    reads=(MATERIAL, BATCH_RECORD, CHAIN, CHAIN_ROUTE, PRODUCT, PRESCRIPTIONS, PATIENT_LINKS),
    judge=_prescribed,
)


def _agreed(case: Case) -> Iterator[Broken]:
    """R10: treatment consent withdrawn, and no best-interests decision that may lift it."""
    fact = case.fact
    if isinstance(fact, BestInterestsDecided):
        yield from _in_best_interests(case, fact)
    elif isinstance(fact, ClinicalGoAheadGiven):
        chain = tag_of("coi", fact.coi)
        yield from _still_agreed(case, case.state(CHAIN, chain).patient, chain)
    elif isinstance(fact, ReadyToTreatConfirmed):
        yield from _still_agreed(case, tag_of("patient", fact.patient), tag_of("coi", fact.coi))
    elif isinstance(fact, AdministrationStarted | AdministrationResumed):
        patient = tag_of("patient", fact.patient)
        yield from _still_agreed(case, patient, _chain_of(case, tag_of("material", fact.material), patient, fact.coi))


def _refusal(case: Case, patient: str, chain: str) -> Said | None:
    """What stands against treating a patient, of all that was said for this chain or for all, under every pseudonym.

    Where it is not known for which chain a dose is, whatever was said counts.
    """
    said = [item for name in case.patients(patient) for item in case.state(TREATMENT_CONSENT, name).said]
    refusal: Said | None = None
    for item in sorted(said, key=lambda item: (item.at, item.position)):
        if chain and item.coi not in ("", chain):
            continue
        if item.say is Say.CONSENTED:
            refusal = None
        elif item.say is Say.TREAT:
            refusal = None if refusal is None or refusal.overcome_by(assessed=item.assessed) else refusal
        elif refusal is None or item.standing >= refusal.standing:
            refusal = item
    return refusal


def decided_to_treat(case: Case, patient: str, chain: str) -> bool:
    """Whether a best-interests decision to treat stands, and nothing that was said goes before it."""
    said = (item for name in case.patients(patient) for item in case.state(TREATMENT_CONSENT, name).said)
    decided = any(item.say is Say.TREAT and item.coi in ("", chain) for item in said)
    return decided and _refusal(case, patient, chain) is None


def _still_agreed(case: Case, patient: str, chain: str) -> Iterator[Broken]:
    refusal = _refusal(case, patient, chain)
    if refusal is not None:
        found = f"{refusal.say.value} (fact {refusal.position})"
        yield Broken(tag=patient, found=found, must=f"a new consent{_LIFTING[refusal.standing]}")


_LIFTING: Final = {
    Standing.LACKING: ", or a best-interests decision under the law of the nation",
    Standing.PRESUMED: ", or a best-interests decision that records the assessment of capacity",
    Standing.CAPABLE: "",
}
"""What else lifts a refusal."""


def _in_best_interests(case: Case, fact: BestInterestsDecided) -> Iterator[Broken]:
    patient, chain = tag_of("patient", fact.patient), tag_of("coi", fact.coi)
    if fact.law not in WITHOUT_CAPACITY:
        found = f"decided under {fact.law.name.lower().replace('_', ' ')}"
        yield Broken(tag=patient, found=found, must="the law on people who lack capacity")
    refusal = _refusal(case, patient, chain)
    if fact.outcome is not BestInterestsOutcome.TREAT or refusal is None:
        return
    if refusal.standing is Standing.CAPABLE:
        found = f"consent to treatment was withdrawn with capacity (fact {refusal.position})"
        yield Broken(tag=patient, found=found, must="nothing goes against that but a new consent")
    elif not refusal.overcome_by(assessed=fact.assessment is not None):
        found = f"the withdrawal (fact {refusal.position}) says nothing of capacity, which is presumed"
        yield Broken(tag=patient, found=found, must="the assessment that capacity is lacking, with the decision")


R10 = Rule(
    id="R10",
    revision=1,
    text="Administration is started or resumed after treatment consent was withdrawn. Who withdraws is presumed to "
    "have capacity unless it is said to be lacking. Withdrawing consent to research or to sharing data stops no dose.",
    source="common law of consent; Mental Capacity Act 2005 s1(2), Adults with Incapacity (Scotland) Act 2000, Mental "
    "Capacity Act (Northern Ireland) 2016 (unverified)",
    owner=Owner.CLINICAL,
    override="the patient lacks capacity and a best-interests decision is recorded, with the assessment of capacity "
    "where the withdrawal says nothing of it; nothing against a refusal by a patient with capacity",
    types=(
        "BestInterestsDecided",
        "ClinicalGoAheadGiven",
        "ReadyToTreatConfirmed",
        "AdministrationStarted",
        "AdministrationResumed",
    ),
    reads=(MATERIAL, BATCH_RECORD, CHAIN, TREATMENT_CONSENT, PATIENT_LINKS),
    judge=_agreed,
)
