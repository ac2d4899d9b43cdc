"""Rules I: is it this patient's?"""

import math
from collections.abc import Iterator

from ledger.domain import civil_time
from ledger.domain.facts.about import Second
from ledger.domain.facts.administration import AdministrationStarted, BedsideIdentityChecked, IdentityOutcome
from ledger.domain.facts.allocation import MaterialAllocated
from ledger.domain.facts.batches import RemakeStarted
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.certification import ProductDispensed
from ledger.domain.facts.clinical_area import AdministrationResumed
from ledger.domain.facts.collection import ProcurementPerformed
from ledger.domain.facts.enrolment import ConsentKind
from ledger.domain.facts.manufacture import BatchOpened
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.procurement import ApheresisPerformed, DonorIdentified
from ledger.domain.facts.registry import PersonRegistered
from ledger.domain.facts.release import PointOfCareReleased
from ledger.domain.facts.values import Identifier, IntendedUse
from ledger.domain.finding import Weight
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules import allocated
from ledger.domain.rules.bedside import asked_of_a_check
from ledger.domain.rules.case import Case, tags_of
from ledger.domain.rules.custody import handled
from ledger.domain.rules.pseudonyms import consent_of
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.allocation import ALLOCATION
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.donors import DONOR
from ledger.domain.subjects.materials import CUSTODY, DONATION, MATERIAL
from ledger.domain.subjects.people import BEDSIDE_CHECK, CHAIN, CONSENT, Check
from ledger.domain.subjects.registers import PRODUCT
from ledger.domain.subjects.settlement import PATIENT_LINKS
from ledger.domain.subjects.staff import PERSON


def is_autologous(case: Case, chain: str, product: str) -> bool:
    """Whether a chain, or else a product, is for the donor alone."""
    data = case.product(product).data
    use = case.state(CHAIN, chain).intended_use or (data.intended_use if data is not None else None)
    return use is IntendedUse.AUTOLOGOUS


def _only_for_its_patient(case: Case) -> Iterator[Broken]:
    """I1: autologous material to anybody but the patient of its chain."""
    fact = case.fact
    if isinstance(fact, AdministrationStarted | AdministrationResumed):
        yield from _given_to(case, tag_of("material", fact.material), tag_of("patient", fact.patient), fact.coi)
    elif isinstance(fact, BedsideIdentityChecked | ProductDispensed):
        for item in fact.materials:
            yield from _given_to(case, tag_of("material", item), tag_of("patient", fact.patient), fact.coi)
    elif isinstance(fact, MaterialAllocated):
        yield from _set_aside(case, fact)
    elif isinstance(fact, BatchOpened):
        product, chain = tag_of("product", fact.product), tag_of("coi", fact.coi)
        if is_autologous(case, chain, product) and not case.state(CHAIN, chain).patient:
            yield Broken(
                tag=tag_of("batch", fact.batch),
                found="an autologous batch without a chain that leads to a patient",
                must="name the chain whose cells it is made of",
            )
    elif isinstance(fact, PointOfCareReleased):
        yield from _released(case, tag_of("batch", fact.batch))
    else:
        yield from _consumed_for(case)


def _set_aside(case: Case, fact: MaterialAllocated) -> Iterator[Broken]:
    patient = allocated.recipient(case, fact)
    if not patient:
        yield Broken(tag=tag_of("coi", fact.coi), found="leads to no patient", must="a chain that was assigned")
        return
    for item in fact.materials:
        yield from _given_to(case, tag_of("material", item), patient, fact.coi)


def _released(case: Case, batch: str) -> Iterator[Broken]:
    record = case.state(BATCH_RECORD, batch)
    if is_autologous(case, record.coi, record.product):
        yield from _of_other_cells(case, batch, record.coi, case.state(CHAIN, record.coi).patient)
        if record.completed_at is not None:
            yield from _of_no_collection(case, batch)


def _of_no_collection(case: Case, tag: str, *, note: bool = False) -> Iterator[Broken]:
    if not any(case.state(DONATION, ancestor).collections for ancestor in case.ancestors):
        yield Broken(
            tag=tag,
            found="no collection is known that its cells come from",
            must="the collection and each step from it recorded",
            note=note,
        )


def _given_to(case: Case, material: str, patient: str, coi: Identifier | None) -> Iterator[Broken]:
    chain = case.chain_of(material)
    if not chain and coi is not None:
        yield from _labelled_for(case, material, patient, tag_of("coi", coi))
    product = case.product_of(case.batch_of(material), chain)
    if not is_autologous(case, chain, product):
        yield from _of_another_patient(case, material, patient)
        if not isinstance(case.fact, MaterialAllocated):
            yield from allocated.given_to(case, material, patient)
        return
    named = tag_of("coi", coi) or chain
    owner = case.state(CHAIN, chain).patient
    if not owner or case.patient(owner) != case.patient(patient):
        found = f"its chain is for {owner}" if owner else "whose cells these are is not known"
        yield Broken(tag=material, found=f"{found}; offered to {patient}", must="goes to the patient of its chain only")
    elif named != chain:
        yield Broken(
            tag=material, found=f"labelled {named}, its chain is {chain}", must="the chain on the label is its own"
        )
    yield from _of_other_cells(case, material, chain, owner)
    if isinstance(case.fact, AdministrationStarted):
        yield from _of_no_collection(case, material, note=True)


def _labelled_for(case: Case, material: str, patient: str, chain: str) -> Iterator[Broken]:
    """Nothing is known of the container itself: the chain on its label says whose it is."""
    owner = case.state(CHAIN, chain).patient
    if owner and case.patient(owner) != case.patient(patient) and is_autologous(case, chain, ""):
        found = f"labelled {chain}, which is for {owner}; offered to {patient}"
        yield Broken(tag=material, found=found, must="goes to the patient of its chain only")


def _of_other_cells(case: Case, material: str, chain: str, patient: str) -> Iterator[Broken]:
    for ancestor in sorted(case.ancestors):
        if kind_of(ancestor) != "donation":
            continue
        donation = case.state(DONATION, ancestor)
        others = patient and donation.person not in case.patients(patient)
        if donation.collections and (donation.coi != chain or others):
            yield Broken(
                tag=material,
                found=f"holds cells of {ancestor}, collected for {donation.coi or 'no chain'}",
                must=f"every collection in it is of {chain}",
            )


def _of_another_patient(case: Case, material: str, patient: str) -> Iterator[Broken]:
    """Cells given for the donor alone stay that, whatever is known of the batch and chain on the way."""
    for ancestor in sorted(case.ancestors):
        donation = case.state(DONATION, ancestor)
        if donation.autologous and donation.person not in case.patients(patient):
            yield Broken(
                tag=material,
                found=f"holds cells of {ancestor}, which {donation.person} gave for themself; offered to {patient}",
                must="goes to the patient of its chain only",
            )


def _consumed_for(case: Case) -> Iterator[Broken]:
    """Cells taken into a batch, or into the one that replaces a failed one."""
    fact, work = case.fact, case.fact.work()
    batch, inputs = tag_of("batch", work.batch if work is not None else None), handled(case)
    if isinstance(fact, RemakeStarted):
        batch, inputs = tag_of("batch", fact.failed), tags_of("material", fact.materials)
    record = case.state(BATCH_RECORD, batch)
    if not is_autologous(case, record.coi, record.product):
        return
    for material in inputs:
        chain = case.chain_of(material)
        if case.state(MATERIAL, material).origins and chain != record.coi:
            yield Broken(
                tag=material,
                found=f"of chain {chain or 'none'}, consumed in a batch for {record.coi}",
                must="the same chain",
            )


I1 = Rule(
    id="I1",
    revision=1,
    text="Autologous material is allocated, issued, consumed in a batch for, or administered to anybody but the "
    "patient of its chain of identity; or cells of somebody else, set aside for one patient, to anybody but that one.",
    source="Directive 2006/86/EC Annex II E 1(d); HMR 2012 Sch 24 para 53",
    owner=Owner.NOBODY,
    override="none",
    types=(
        "BatchOpened",
        "MaterialsConsumed",
        "ProcessStepPerformed",
        "CellsModified",
        "CellsExpanded",
        "ContainersFilled",
        "ManufactureCompleted",
        "RemakeStarted",
        "PointOfCareReleased",
        "MaterialAllocated",
        "ProductDispensed",
        "BedsideIdentityChecked",
        "AdministrationStarted",
        "AdministrationResumed",
    ),
    reads=(MATERIAL, BATCH_RECORD, CHAIN, PRODUCT, PATIENT_LINKS, ALLOCATION),
    over=(DONATION, ALLOCATION),
    judge=_only_for_its_patient,
    weights={"BedsideIdentityChecked": Weight.NOTE},
)


def _consented_and_identified(case: Case) -> Iterator[Broken]:
    """I4: procurement without consent and identification of the donor, how and by whom."""
    fact = case.fact
    if isinstance(fact, DonorIdentified):
        person = tag_of("patient", fact.patient) or tag_of("donor", fact.donor)
        yield from _consent(case, person, tag_of("coi", fact.coi))
    if not isinstance(fact, ApheresisPerformed | ProcurementPerformed):
        return
    person, coi = fact.person, tag_of("coi", fact.coi)
    yield from _consent(case, person, coi)
    yield from _identification(case, person, coi)
    expected = case.state(CHAIN, coi).patient
    if fact.autologous is not None and expected and case.patient(expected) != case.patient(person):
        yield Broken(
            tag=coi, found=f"the chain is for {expected}; the donor is {person}", must="the patient of the chain"
        )


def _consent(case: Case, person: str, coi: str) -> Iterator[Broken]:
    kind = ConsentKind.PROCUREMENT_STORAGE_USE
    if not consent_of(case, person).covers(kind, coi):
        yield Broken(
            tag=person,
            found=f"no consent to procurement, storage and use in force at {case.at:%Y-%m-%dT%H:%MZ}",
            must="a consent recorded before the start",
        )


def _identification(case: Case, person: str, coi: str) -> Iterator[Broken]:
    wanted = case.whole("donor-identifiers")
    known = [seen for name in case.patients(person) for seen in case.state(DONOR, name).identifications]
    for seen in sorted(known, key=lambda seen: (seen.at, seen.position), reverse=True):
        if seen.coi not in ("", coi):
            continue
        if seen.differs or seen.scanned not in {"", *case.patients(person)}:
            break
        if seen.matched >= wanted if seen.in_person else seen.establishment:
            return
    yield Broken(
        tag=person,
        found="no identification of the donor before the start",
        must=f"identified, at least {wanted} identifiers matching, or confirmed by the supplying establishment, named",
    )


I4 = Rule(
    id="I4",
    revision=1,
    text="Procurement starts without recorded consent and identification of the donor, how and by whom. Deceased, "
    "imported or referred donors: confirmed by the supplying establishment, named.",
    source="Directive 2006/17/EC Annex IV 1.1.1; Human Tissue Act 2004",
    owner=Owner.NOBODY,
    override="none",
    types=("DonorIdentified", "ApheresisPerformed", "ProcurementPerformed"),
    reads=(CONSENT, DONOR, CHAIN, PATIENT_LINKS),
    judge=_consented_and_identified,
    weights={"DonorIdentified": Weight.NOTE},
)


def _checked_at_the_bedside(case: Case) -> Iterator[Broken]:
    """I8: no good check of this container for this patient."""
    fact = case.fact
    if isinstance(fact, BedsideIdentityChecked):
        outcomes = {check.outcome for check in fact.checks}
        if fact.outcome is IdentityOutcome.MISMATCH or "CHECK_OUTCOME_DIFFERS" in outcomes:
            yield Broken(
                tag=tag_of("patient", fact.patient),
                found="the check found a mismatch: do not give",
                must="correct band, label or record, then check again",
                note=True,
            )
    if not isinstance(fact, AdministrationStarted | AdministrationResumed):
        return
    material, patient = tag_of("material", fact.material), tag_of("patient", fact.patient)
    said = tag_of("product", fact.product) if isinstance(fact, AdministrationStarted) else ""
    product = case.product_of(case.batch_of(material), case.chain_of(material)) or said
    data = case.product(product).data
    if data is not None and not data.patient_specific:
        return
    checks = [
        check
        for check in case.state(BEDSIDE_CHECK, material).checks
        if case.patients(patient) & {check.patient, check.scanned}
    ]
    if not checks:
        yield Broken(
            tag=material, found="no bedside check of this container for this patient", must="check, then start"
        )
        return
    yield from _good_check(case, material, patient, checks[-1], product)


def _good_check(case: Case, material: str, patient: str, check: Check, product: str) -> Iterator[Broken]:
    identifiers, persons, valid = asked_of_a_check(case, product)
    wrong_person = not case.patients(patient) >= {check.patient, check.scanned} - {""}
    if check.outcome is IdentityOutcome.MISMATCH or check.differs or wrong_person or check.matched < identifiers:
        yield Broken(
            tag=material,
            found=f"the check (fact {check.position}) was made for another patient"
            if wrong_person and check.outcome is IdentityOutcome.MATCH
            else f"the last check (fact {check.position}) did not match ({check.matched} of {identifiers} identifiers)",
            must="a new check in which all identifiers match",
        )
    people = len({case.person(person) for person in check.people}) + check.electronic
    if people < persons:
        yield Broken(
            tag=material,
            found=f"the check (fact {check.position}) was made by {people} of {persons} people",
            must=f"{persons} people, or one and a validated electronic check",
            overridable=True,
        )
    moved = case.state(CUSTODY, material).since
    if moved is not None and moved > check.at:
        yield Broken(
            tag=material,
            found=f"moved at {moved:%Y-%m-%dT%H:%MZ}, after the check (fact {check.position})",
            must="a new check where it is given",
            overridable=True,
        )
    age = (case.at - check.at).total_seconds()
    if age > valid:
        yield Broken(
            tag=material,
            found=f"the check (fact {check.position}) is {civil_time.length(60 * math.ceil(age / 60))} old",
            must=f"not older than {valid / 60:.0f} min at the start",
            note=isinstance(case.fact, AdministrationResumed),
            overridable=True,
        )


I8 = Rule(
    id="I8",
    revision=1,
    text="A patient-specific product is started or resumed without a check of this container for this patient by two "
    "people (or one and a validated electronic check, or as the product's policy says), all identifiers matching, "
    "within the policy time, or the container was moved since. A mismatch is cured only by correcting band, label or "
    "record and a new check.",
    source="FACT-JACIE standards, bedside verification (partly verified); periods and numbers are ours",
    owner=Owner.CLINICAL,
    override="a check that is stale, by one person, or older than a move: treating physician; a missing or mismatched "
    "check: none",
    types=("BedsideIdentityChecked", "AdministrationStarted", "AdministrationResumed"),
    reads=(MATERIAL, CUSTODY, BATCH_RECORD, CHAIN, PRODUCT, BEDSIDE_CHECK, PERSON, PATIENT_LINKS),
    judge=_checked_at_the_bedside,
    timed=True,
)


def _two_people(case: Case) -> Iterator[Broken]:
    """I9: performer and verifier are one person, or there is no second check."""
    fact, envelope = case.fact, case.envelope
    if isinstance(fact, PersonRegistered):
        yield from _registered_once(case, fact)
        return
    performer, others = case.performer(), case.people()
    me = tag_of("person", envelope.performed_by)
    if performer in others:
        yield Broken(tag=me, found="the same person did it and checked it", must="two people")
        return
    second = TYPES[case.content.type].about.second
    if second is None or others or (second is Second.PERSON_OR_CHECK and envelope.electronic_check is not None):
        return
    yield Broken(tag=me, found="nobody checked it", must=second.value)


def _registered_once(case: Case, fact: PersonRegistered) -> Iterator[Broken]:
    mine = tag_of("person", fact.person)
    for number in (fact.person, *fact.numbers):
        tag = tag_of("person", number)
        first = case.known(PERSON, tag).first
        if first and first != mine:
            yield Broken(tag=tag, found=f"already registered as {first}", must="one person is registered once")


I9 = Rule(
    id="I9",
    revision=1,
    text="Performer and verifier are the same person, or a step that asks for a second person or a validated "
    "electronic check has neither. Equal professional numbers are the same person.",
    source="EU GMP Annex 11 section 6; Directive 2006/17/EC Annex IV",
    owner=Owner.NOBODY,
    override="a validated electronic check in place of the second person, where the step allows it",
    types=("PersonRegistered", *(name for name, struct in TYPES.items() if struct.about.second is not None)),
    reads=(PERSON,),
    judge=_two_people,
    weights={"BedsideIdentityChecked": Weight.NOTE},
)
