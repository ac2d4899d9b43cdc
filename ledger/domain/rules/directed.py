"""Rule I2: cells that a donor gave for one named person go to that person."""

from collections.abc import Iterator
from types import MappingProxyType

from ledger.domain.facts.administration import AdministrationStarted, BedsideIdentityChecked
from ledger.domain.facts.allocation import MaterialAllocated
from ledger.domain.facts.certification import ProductDispensed
from ledger.domain.facts.clinical_area import AdministrationResumed
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.values import IntendedUse
from ledger.domain.finding import Weight
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules import allocated
from ledger.domain.rules.case import Case, tags_of
from ledger.domain.rules.named_on_licence import may
from ledger.domain.rules.rule import ROLES_OF, Broken, Owner, Rule
from ledger.domain.subjects.allocation import ALLOCATION
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.giving import RECIPIENT
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.registers import AGREEMENT, LICENCE, SITE_STATUS
from ledger.domain.subjects.settlement import PATIENT_LINKS
from ledger.domain.subjects.staff import PERSON


def _only_for_the_recipient(case: Case) -> Iterator[Broken]:
    """I2: directed material to anybody but the named recipient, or set aside anew for another."""
    fact = case.fact
    if isinstance(fact, MaterialAllocated):
        yield from _set_aside_anew(case, fact)
    if isinstance(fact, ProductDispensed | BedsideIdentityChecked):
        materials = tags_of("material", fact.materials)
    elif isinstance(fact, AdministrationStarted | AdministrationResumed):
        materials = (tag_of("material", fact.material),)
    else:
        return
    patient = tag_of("patient", fact.patient)
    for material in materials:
        if case.state(ALLOCATION, material).position:
            continue
        for named in sorted(_named(case, material, allocated.replaced(case, material, _donations(case, material)))):
            if case.patient(named) != case.patient(patient):
                found = f"given for {named}; offered to {patient}"
                yield Broken(tag=material, found=found, must="goes to the named recipient only")


def _set_aside_anew(case: Case, fact: MaterialAllocated) -> Iterator[Broken]:
    """Whom a donor named, or an earlier allocation, is replaced by name, and a donor's wish by the DI alone."""
    patient = allocated.recipient(case, fact)
    approved = may(case, case.performer(), ROLES_OF[Owner.TISSUE])
    for material in tags_of("material", fact.materials) if patient else ():
        yield from allocated.allocated_anew(case, fact, material, patient)
        for named in sorted(_named(case, material, set())):
            if case.patient(named) != case.patient(patient) and not approved:
                found = f"given for {named}; allocated to {patient}"
                must = "approved by the Designated Individual"
                yield Broken(tag=material, found=found, must=must, overridable=True)


def _named(case: Case, material: str, replaced: set[str]) -> set[str]:
    """Recipients named at the donations that a container came from, and by a chain of directed cells.

    Not those in whose place an allocation stands; the chain's counts until one stands for every donation.
    """
    donations = _donations(case, material)
    chain = case.state(CHAIN, case.chain_of(material))
    named = {case.state(RECIPIENT, donation).patient for donation in donations - replaced}
    if chain.intended_use is IntendedUse.DIRECTED and (donations - replaced or not donations):
        named.add(chain.patient)
    return named - {""}


def _donations(case: Case, material: str) -> set[str]:
    lineage = case.lineages.get(material, case.ancestors)
    return {case.state(MATERIAL, material).donation, *(tag for tag in lineage if kind_of(tag) == "donation")} - {""}


I2 = Rule(
    id="I2",
    revision=1,
    text="Directed material is dispensed or given to anybody but the named recipient; or it is allocated to another "
    "without the Designated Individual, or any material without naming the allocation that this one replaces.",
    source="Directive 2006/86/EC Annex II E 1(e)",
    owner=Owner.TISSUE,
    override="a new allocation that the Designated Individual (DI) makes or approves; at the bedside nothing",
    types=(
        "MaterialAllocated",
        "ProductDispensed",
        "BedsideIdentityChecked",
        "AdministrationStarted",
        "AdministrationResumed",
    ),
    reads=(MATERIAL, BATCH_RECORD, CHAIN, PATIENT_LINKS, ALLOCATION, PERSON, SITE_STATUS, LICENCE, AGREEMENT),
    over=(RECIPIENT, ALLOCATION, MATERIAL, BATCH_RECORD),
    judge=_only_for_the_recipient,
    weights=MappingProxyType({"BedsideIdentityChecked": Weight.NOTE}),
)
