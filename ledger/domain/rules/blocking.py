"""Rule R6: what may not be used: held, gone, or resting on a deviation that is neither assessed nor cured."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from ledger.domain.facts import tagging
from ledger.domain.facts.allocation import MaterialAllocated
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.certification import QpCertified, QualityControllerReleased
from ledger.domain.facts.clinical_area import AdministrationResumed, ClinicalAreaReceived
from ledger.domain.facts.holding import QuarantineLifted
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.release import PointOfCareReleased
from ledger.domain.facts.storage import MaterialRetrieved
from ledger.domain.finding import Weight
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules.case import Case, tags_of
from ledger.domain.rules.exceptional import offered
from ledger.domain.rules.named_on_licence import may
from ledger.domain.rules.rule import ROLES_OF, Broken, Owner, Rule
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.holding import HOLDING, Hold, Why
from ledger.domain.subjects.materials import CONSIGNMENT, CUSTODY, MATERIAL
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.registers import AGREEMENT, LICENCE, SITE_STATUS
from ledger.domain.subjects.settlement import DEVIATION, PATIENT_LINKS
from ledger.domain.subjects.staff import PERSON
from ledger.domain.subjects.subject import AnySubject

_USES: Final = tuple(
    name
    for name in ("MaterialsConsumed", "ProcessStepPerformed", "CellsModified", "CellsExpanded", "ContainersFilled")
    if name in TYPES
)
"""Acts of making that take material for use; a sample or a transfer out of a damaged bag is none."""


Places = tuple[tuple[AnySubject, str], ...]


def deviations(case: Case, places: Places, patient: str) -> Iterator[int]:
    """Yields the numbers of deviations that stand against use: neither cured, nor assessed as fit for this patient."""
    seen: set[int] = set()
    for subject, tag in places:
        history = case.histories.get((subject.name, tag))
        for item in history.open_deviations() if history is not None else ():
            if item.target in (case.without, case.position) or item.effective > case.at or item.number in seen:
                continue
            seen.add(item.number)
            deviation = case.state(DEVIATION, tagging.deviation(item.number))
            if set(item.rules) <= set(deviation.cured):
                continue
            if not any(deviation.lifted(name) for name in case.patients(patient)):
                yield item.number


def _usable(case: Case) -> Iterator[Broken]:
    """R6: used although something stands against it."""
    fact = case.fact
    if isinstance(fact, PointOfCareReleased | QpCertified | QualityControllerReleased):
        batch = tag_of("batch", fact.batch)
        patient = case.state(CHAIN, case.state(BATCH_RECORD, batch).coi).patient
        yield from _blocked(case, batch, ((BATCH_RECORD, batch), *_before(case, batch)), patient)
        yield from _gone(case, batch, batch)
    elif isinstance(fact, QuarantineLifted):
        yield from _lifting(case, fact)
    elif isinstance(fact, ClinicalAreaReceived):
        for item in fact.materials:
            yield from _standing(case, tag_of("material", item), "")
    elif isinstance(fact, MaterialAllocated):
        for item in fact.materials:
            yield from _never_used(case, tag_of("material", item))
    elif isinstance(fact, AdministrationResumed):
        yield from _standing(case, tag_of("material", fact.material), tag_of("patient", fact.patient))
    else:
        yield from _used(case)


def _used(case: Case) -> Iterator[Broken]:
    materials, patient = offered(case)
    for material in materials or tags_of("material", case.fact.handles()):
        consignment = case.state(CUSTODY, material).consignment
        places: Places = ((MATERIAL, material), (CUSTODY, material))
        if materials:  # what was done to the batches after the release was in nobody's sight when it was released
            places = (*places, (BATCH_RECORD, case.batch_of(material)), *_before(case, material))
        yield from _blocked(case, material, (*places, (CONSIGNMENT, consignment)), patient)
        yield from _standing(case, material, patient)
    if not isinstance(case.fact, MaterialRetrieved):
        yield from _of_held_sources(case, patient)


def _standing(case: Case, material: str, patient: str) -> Iterator[Broken]:
    """What stands against a container: by itself, through its batch, its consignment, or a donation it came from."""
    for tag in _held_with(case, material):
        through = "" if tag == material else f"{tag} is "
        holding = case.state(HOLDING, tag)
        if holding.beyond:
            found = f"{through}held by more facts at once than are kept (the first is fact {holding.beyond})"
            yield Broken(tag=material, found=found, must="another container: nothing lifts what is not kept")
        for hold in holding.holds:
            if not _for_this_patient(case, hold, patient):
                found = f"{through}{hold.why.value} (fact {hold.position})"
                yield Broken(tag=material, found=found, must="a quarantine is lifted by the owner of the risk first")
        yield from _gone(case, material, tag)


def _held_with(case: Case, material: str) -> tuple[str, ...]:
    """What a container is held through: itself, its batch, its consignment, the donations and batches it came from."""
    consignment, batch = case.state(CUSTODY, material).consignment, case.batch_of(material)
    donation = case.state(MATERIAL, material).donation
    donations = {donation, *(tag for tag in case.ancestors if kind_of(tag) == "donation")}
    before = _made_in(case, material)
    return tuple(tag for tag in dict.fromkeys((material, batch, consignment, *sorted(donations | before))) if tag)


def _made_in(case: Case, material: str) -> set[str]:
    """Batches in which the containers were made that a container came from; one that was only remade is none."""
    lineage = case.lineages.get(material, case.ancestors)
    return {case.state(MATERIAL, tag).batch for tag in lineage if kind_of(tag) == "material"}


def _never_used(case: Case, material: str) -> Iterator[Broken]:
    """What is set aside for a patient may wait in quarantine for its tests; nothing rejected or destroyed is."""
    for tag in _held_with(case, material):
        yield from _gone(case, material, tag)


def _for_this_patient(case: Case, hold: Hold, patient: str) -> bool:
    return bool(patient) and case.patient(patient) in {case.patient(item) for item in hold.lifted_for}


def _gone(case: Case, about: str, tag: str) -> Iterator[Broken]:
    """Rejected or destroyed: nothing lifts that."""
    state, through = case.state(HOLDING, tag), "" if tag == about else f"{tag} was "
    if state.rejected:
        yield Broken(
            tag=about, found=f"{through}rejected (fact {state.rejected})", must="what was rejected is not used"
        )
    if state.destroyed:
        yield Broken(tag=about, found=f"{through}destroyed (fact {state.destroyed})", must="another container")


def _of_held_sources(case: Case, patient: str) -> Iterator[Broken]:
    """A lot, or a container, that was held after it had gone into the cells: to be looked at, and no bar by itself."""
    for tag in sorted(tag for tag in case.ancestors if kind_of(tag) in _SOURCES):
        state = case.state(HOLDING, tag)
        holds = [item for item in state.holds if _says_more(case, tag, item, patient)]
        if holds or state.rejected:
            fact = state.rejected or holds[-1].position
            found = f"touched these cells and is {'rejected' if state.rejected else 'quarantined'} (fact {fact})"
            yield Broken(tag=tag, found=found, must="assessed what that means for these cells", note=True)


_SOURCES: Final = frozenset(("lot", "material"))


def _says_more(case: Case, tag: str, hold: Hold, patient: str) -> bool:
    """That an emptied container was damaged or sent back says nothing of what was taken out of it."""
    return kind_of(tag) == "lot" or (hold.why is Why.QUARANTINED and not _for_this_patient(case, hold, patient))


def scope_of(fact: QuarantineLifted) -> tuple[str, ...]:
    """Tags of what a quarantine is lifted from."""
    if fact.containers is not None:
        return tags_of("material", fact.containers.materials)
    found = (
        tag_of("batch", fact.batch),
        tag_of("lot", fact.lot),
        tag_of("donation", fact.donation),
        tag_of("consignment", fact.consignment),
        tag_of("zone", fact.zone),
    )
    return tuple(tag for tag in found if tag)


def _lifting(case: Case, fact: QuarantineLifted) -> Iterator[Broken]:
    """Lifted by who owns the risk, and from what is held by the fact that is named."""
    for tag in scope_of(fact):
        if fact.quarantine not in {hold.position for hold in case.state(HOLDING, tag).holds}:
            found = f"fact {fact.quarantine} imposed no quarantine on it that stands"
            yield Broken(tag=tag, found=found, must="the fact that quarantined it")
    if not may(case, case.performer(), _LIFTERS):
        me = tag_of("person", case.envelope.performed_by)
        yield Broken(tag=me, found="holds no role that owns this risk here", must="QA, QP, quality controller or DI")


_LIFTERS: Final = ROLES_OF[Owner.QUALITY] | ROLES_OF[Owner.TISSUE]


def _before(case: Case, thing: str) -> Places:
    """The containers from which a container or batch came, and the batches in which those were made."""
    lineage = case.lineages.get(thing, case.ancestors)
    containers = tuple((MATERIAL, tag) for tag in sorted(lineage) if kind_of(tag) == "material")
    return (*containers, *((BATCH_RECORD, tag) for tag in sorted(_made_in(case, thing) - {""})))


def _blocked(case: Case, tag: str, places: Places, patient: str) -> Iterator[Broken]:
    histories = (case.histories.get((subject.name, place)) for subject, place in places)
    beyond = next((history.beyond for history in histories if history is not None and history.beyond), 0)
    if beyond:
        found = f"more deviations stand against it than are kept (the first beyond them is fact {beyond})"
        yield Broken(tag=tag, found=found, must="another container")
    numbers = tuple(deviations(case, places, patient))
    if numbers:
        named = ", ".join(str(number) for number in numbers)
        yield Broken(
            tag=tag,
            found=f"deviation {named} is open: neither assessed as fit for use nor cured",
            must="assessed by the owner of the risk, or the missing fact recorded",
        )


R6 = Rule(
    id="R6",
    revision=1,
    text="A container is used that is quarantined, rejected, returned, damaged or destroyed, by itself or through its "
    "batch, its consignment, or a donation or batch that it came from, or that rests on a deviation, of its own, of "
    "its batch or of a container or batch that it came from, that nobody has assessed as fit for use; or one that is "
    "rejected or destroyed is allocated to a patient. A quarantine is lifted by the owner of the risk, for all or for "
    "one patient. A lot or container that was held after it had gone into the cells is a note.",
    source="Directive 2006/86/EC Annex II C; EU GMP Part IV (ATMP), deviations (our encoding)",
    owner=Owner.QUALITY,
    override="documented lifting of the quarantine, assessment of the deviation; nothing for a rejected or destroyed "
    "container",
    types=(
        *_USES,
        "ManufactureCompleted",
        "PointOfCareReleased",
        "QpCertified",
        "QualityControllerReleased",
        "QuarantineLifted",
        "MaterialAllocated",
        "ProductDispensed",
        "MaterialRetrieved",
        "ClinicalAreaReceived",
        "AdministrationStarted",
        "AdministrationResumed",
    ),
    reads=(
        MATERIAL,
        CUSTODY,
        CONSIGNMENT,
        BATCH_RECORD,
        CHAIN,
        DEVIATION,
        HOLDING,
        PATIENT_LINKS,
        PERSON,
        SITE_STATUS,
        LICENCE,
        AGREEMENT,
    ),
    over=(HOLDING, MATERIAL, BATCH_RECORD),
    judge=_usable,
    weights=MappingProxyType({"MaterialRetrieved": Weight.NOTE, "ClinicalAreaReceived": Weight.NOTE}),
)
