"""Subject of what is set aside: the patient or chain for whom a container is kept."""

from msgspec import Struct

from ledger.domain.facts.allocation import MaterialAllocated
from ledger.domain.facts.naming import tag_of
from ledger.domain.subjects.subject import Entry, Subject


class Allocation(Struct, frozen=True, kw_only=True):
    """The newest allocation of one container; the earlier ones are replaced by it.

    Attributes:
        position: The decision; 0 while it is for nobody.
        coi: Chain for which it is kept; empty where the patient is named.
        patient: Patient for whom it is kept; empty where the chain is named.
    """

    position: int = 0
    coi: str = ""
    patient: str = ""


def _allocation(state: Allocation, entry: Entry) -> Allocation:
    fact = entry.content.fact
    if not isinstance(fact, MaterialAllocated):
        return state
    return Allocation(position=entry.position, coi=tag_of("coi", fact.coi), patient=tag_of("patient", fact.patient))


ALLOCATION = Subject(
    name="Allocation",
    kinds=("material",),
    types=frozenset(("MaterialAllocated",)),
    empty=Allocation(),
    fold=_allocation,
    links=lambda state: filter(None, (state.coi, state.patient)),
)
