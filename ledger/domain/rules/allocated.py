"""What rules I1 and I2 ask of cells that are set aside for one patient."""

from collections.abc import Iterator

from ledger.domain.facts.allocation import MaterialAllocated
from ledger.domain.facts.naming import tag_of
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules.case import Case
from ledger.domain.rules.rule import Broken
from ledger.domain.subjects.allocation import ALLOCATION, Allocation
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.people import CHAIN


def standing(case: Case, material: str) -> tuple[Allocation, ...]:
    """Returns the allocations that hold for a container: its own, else those of the containers that it came from."""
    return tuple(case.state(ALLOCATION, tag) for tag in _set_aside(case, material))


def _set_aside(case: Case, material: str) -> tuple[str, ...]:
    if case.state(ALLOCATION, material).position:
        return (material,)
    ancestors = sorted(tag for tag in case.lineages.get(material, case.ancestors) if kind_of(tag) == "material")
    return tuple(tag for tag in ancestors if case.state(ALLOCATION, tag).position)


def replaced(case: Case, material: str, donations: set[str]) -> set[str]:
    """Returns those of some donations in whose recipient's place an allocation of what they became stands.

    In a pool an allocation of one part says nothing of the others.
    """
    return donations & {tag for part in _set_aside(case, material) for tag in _donations(case, part)}


def _donations(case: Case, container: str) -> Iterator[str]:
    """The donations that a container came from, through what it was filled from and what its batch took."""
    todo, seen = [container], {container}
    while todo:
        state = case.state(MATERIAL, todo.pop())
        if state.donation:
            yield state.donation
        took = case.state(BATCH_RECORD, state.batch).consumed if state.batch else ()
        fresh = {tag for tag in (*state.parents, *took) if kind_of(tag) == "material"} - seen
        seen |= fresh
        todo += sorted(fresh)


def patient_of(case: Case, allocation: Allocation) -> str:
    """Returns the patient for whom something is set aside; empty when its chain leads to nobody."""
    return allocation.patient or case.state(CHAIN, allocation.coi).patient


def recipient(case: Case, fact: MaterialAllocated) -> str:
    """Returns the patient for whom a fact sets containers aside; empty when the chain that it names leads to nobody."""
    return tag_of("patient", fact.patient) or case.state(CHAIN, tag_of("coi", fact.coi)).patient


def _others(case: Case, material: str, patient: str) -> Iterator[Allocation]:
    """The allocations of a container that stand for somebody else."""
    mine = case.patient(patient)
    yield from (item for item in standing(case, material) if case.patient(patient_of(case, item)) != mine)


def given_to(case: Case, material: str, patient: str) -> Iterator[Broken]:
    """I1: what is set aside for one patient is offered to another."""
    for item in _others(case, material, patient):
        named = patient_of(case, item) or item.coi
        found = f"allocated to {named} (fact {item.position}); offered to {patient}"
        yield Broken(tag=material, found=found, must="goes to the patient it is allocated to, or is allocated anew")


def allocated_anew(case: Case, fact: MaterialAllocated, material: str, patient: str) -> Iterator[Broken]:
    """I2: what is set aside for one patient is set aside for another by a fact that says which one it replaces."""
    for item in _others(case, material, patient):
        if item.position != fact.replaces:
            found = f"allocated to {patient_of(case, item) or item.coi} (fact {item.position})"
            yield Broken(tag=material, found=found, must=f"replaces: {item.position}, and why")
