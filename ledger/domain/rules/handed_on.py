"""Rule R6, second revision: what stands against a container goes along with what was in it.

Contents that are moved, divided, pooled, frozen, filled over or worked on carry what stood against them into the next
container, until that is lifted there or here. What was put against the old container only after they had left it is
told apart: a quarantine is a doubt about contents and binds what was merely moved or divided; what was made of them is
looked at by who owns the batch, and hears of it as a note; an emptied container that is sent back, damaged, rejected
or destroyed says nothing of what was taken out.
"""

import dataclasses
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final, Protocol, TypeVar

import msgspec
from msgspec import Struct

from ledger.domain.facts.allocation import MaterialAllocated
from ledger.domain.facts.certification import QpCertified, QualityControllerReleased
from ledger.domain.facts.clinical_area import AdministrationResumed, ClinicalAreaReceived
from ledger.domain.facts.holding import QuarantineLifted
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.release import PointOfCareReleased
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules import blocking
from ledger.domain.rules.case import Case, tags_of
from ledger.domain.rules.exceptional import offered
from ledger.domain.rules.rule import Broken
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.condition import CONDITION
from ledger.domain.subjects.holding import HOLDING, Holding, Why
from ledger.domain.subjects.materials import CUSTODY, MATERIAL
from ledger.domain.subjects.subject import Subject

S = TypeVar("S")


class Standing(Protocol):
    """Subjects as they stood: a case before a rule, or who asks for a card."""

    def state(self, subject: Subject[S], tag: str) -> S:
        """A subject's state; its empty state when nothing is known."""
        ...

    def linked(self, subject: Subject[S], tag: str) -> S:
        """The state whose links are followed."""
        ...


class Borne(Struct, frozen=True, kw_only=True):
    """What stands against one thing, and goes along with what was in it.

    Attributes:
        source: The container, or the consignment in which it travelled.
        position: The fact.
        what: In words.
        at: When; None means always.
        doubt: A doubt about what was in it, so that it binds what was moved out before.
        liftable: A decision lifts it.
        lifted_for: Patients for whom it was lifted.
    """

    source: str
    position: int
    what: str
    at: datetime | None
    doubt: bool
    liftable: bool = True
    lifted_for: frozenset[str] = frozenset()


Load = dict[tuple[str, int], Borne]
"""What one container bears, by what it comes from and the fact."""


class Carried(Struct, kw_only=True):
    """What was found on the way back from one container.

    Attributes:
        loads: What each container on the way bears; its own included.
        walked: Containers on the way.
        later: Things against which something was put after the contents had left them, and so is not borne.
    """

    loads: dict[str, Load] = msgspec.field(default_factory=dict)
    walked: set[str] = msgspec.field(default_factory=set)
    later: set[str] = msgspec.field(default_factory=set)


def carried(told: Standing, material: str, among: AbstractSet[str] | None = None) -> Carried:
    """Goes back from a container to all that its contents came from, the sources of each before the container.

    Args:
        told: The subjects.
        material: Tag of the container.
        among: What else than a step's own inputs can have gone into it; None when all that its batch took can.
    """
    found, todo = Carried(), [material]
    while todo:
        tag = todo[-1]
        sources = () if tag in found.walked else _sources(told, tag, among)
        fresh = [item for item, _ in sources if item not in found.walked]
        found.walked.add(tag)
        if fresh:
            todo += fresh
        else:
            todo.pop()
            found.loads[tag] = _load(told, tag, among, found)
    return found


def _sources(told: Standing, tag: str, among: AbstractSet[str] | None) -> list[tuple[str, datetime | None]]:
    """The containers from which one was filled, with when it last was; None where nobody knows.

    What a batch made without naming what went in came from all that the batch had taken.
    """
    state, times = told.linked(MATERIAL, tag), dict[str, datetime]()
    for parent, at in told.linked(CONDITION, tag).parents:
        times[parent] = max(at, times.get(parent, at))
    parents = tuple(dict.fromkeys((*state.parents, *times)))
    if parents or not state.batch:
        return [(parent, times.get(parent)) for parent in parents]
    took = (item for item in told.linked(BATCH_RECORD, state.batch).consumed if kind_of(item) == "material")
    return [(item, state.made_at) for item in took if among is None or item in among]


def _load(told: Standing, tag: str, among: AbstractSet[str] | None, found: Carried) -> Load:
    """What a container bears: its own, and what its contents brought along, without what was lifted for it."""
    state, load = told.linked(MATERIAL, tag), dict[tuple[str, int], Borne]()
    moved = not (state.coi or state.batch)  # divided, frozen, filled over: the same contents
    for source, when in _sources(told, tag, among):
        for place, item in found.loads.get(source, {}).items():
            if when is None or item.at is None or item.at <= when or (moved and item.doubt):
                load[place] = _either(load.get(place, item), item)
            else:
                found.later.add(item.source)
    for position, patient in told.state(HOLDING, tag).lifted:
        for place in [place for place, item in load.items() if item.liftable and item.position == position]:
            if patient:
                load[place] = msgspec.structs.replace(load[place], lifted_for=load[place].lifted_for | {patient})
            else:
                del load[place]
    for thing in (tag, *told.linked(CONDITION, tag).journeys):
        load |= {(item.source, item.position): item for item in own(told.state(HOLDING, thing), thing)}
    return load


def _either(one: Borne, other: Borne) -> Borne:
    """The same by two ways: lifted only for whom it is lifted on both."""
    return msgspec.structs.replace(one, lifted_for=one.lifted_for & other.lifted_for)


def own(state: Holding, tag: str) -> Iterator[Borne]:
    """What stands against a container, or a consignment, by itself; a consignment's concerns all that was in it."""
    whole = kind_of(tag) == "consignment"
    for hold in state.holds:
        yield Borne(
            source=tag,
            position=hold.position,
            what=f"is {hold.why.value}",
            at=hold.at,
            doubt=whole or hold.why is Why.QUARANTINED,
            lifted_for=frozenset(hold.lifted_for),
        )
    for position, at, what, doubt in (
        (state.beyond, state.beyond_at, "is held by more facts at once than are kept", True),
        (state.rejected, state.rejected_at, "was rejected", whole),
        (state.destroyed, state.destroyed_at, "was destroyed", whole),
    ):
        if position:
            yield Borne(source=tag, position=position, what=what, at=at, doubt=doubt, liftable=False)


def inherited(told: Standing, material: str, back: Carried) -> list[Borne]:
    """What a container bears that is neither its own nor its present consignment's: R6 asks for these itself."""
    own = {material, told.state(CUSTODY, material).consignment}
    return [item for _, item in sorted(back.loads.get(material, {}).items()) if item.source not in own]


def _usable(case: Case) -> Iterator[Broken]:
    """R6: as in the first revision, and what stands against a container from which the contents came."""
    held = any(name == HOLDING.name and state != HOLDING.empty for (name, _), state in case.states.items())
    backs = {material: carried(case, material, case.ancestors) for material in _concerned(case)} if held else {}
    for broken in blocking.R6.judge(case):
        if not (_explained(broken, backs) or _lifted_here(case, broken, backs)):
            yield broken
    if isinstance(case.fact, QuarantineLifted):
        return  # nothing is used
    patient = _patient(case)
    for material, back in backs.items():
        for item in inherited(case, material, back):
            if item.liftable and isinstance(case.fact, MaterialAllocated):
                continue  # what is set aside may wait in quarantine
            if not (patient and case.patient(patient) in {case.patient(one) for one in item.lifted_for}):
                found = f"came from {item.source}, which {item.what} (fact {item.position})"
                yield Broken(tag=material, found=found, must=_MUST if item.liftable else _NEVER)


_MUST: Final = "lifted there, or for this container, by the owner of the risk first"
_NEVER: Final = "another container: nothing lifts that from what was in it"


def _explained(broken: Broken, backs: dict[str, Carried]) -> bool:
    """A note about a container on the way of which nothing is left to say: it is borne, or was lifted on the way."""
    walked = [back for material, back in backs.items() if broken.tag in back.walked - {material}]
    return broken.note and bool(walked) and not any(broken.tag in back.later for back in walked)


def _lifted_here(case: Case, broken: Broken, backs: dict[str, Carried]) -> bool:
    """What is borne from another container can be lifted for this one."""
    fact = case.fact
    if not isinstance(fact, QuarantineLifted) or broken.tag not in backs:
        return False
    borne = inherited(case, broken.tag, backs[broken.tag])
    return any(item.liftable and item.position == fact.quarantine for item in borne)


def _concerned(case: Case) -> tuple[str, ...]:
    """Containers that a fact uses, sets aside, goes on giving or sets free; none for the release of a batch."""
    fact = case.fact
    if isinstance(fact, PointOfCareReleased | QpCertified | QualityControllerReleased):
        return ()
    if isinstance(fact, QuarantineLifted):
        return tags_of("material", fact.containers.materials) if fact.containers is not None else ()
    if isinstance(fact, ClinicalAreaReceived | MaterialAllocated):
        return tags_of("material", fact.materials)
    if isinstance(fact, AdministrationResumed):
        return (tag_of("material", fact.material),)
    return offered(case)[0] or tags_of("material", fact.handles())


def _patient(case: Case) -> str:
    """The patient to whom a fact gives or hands out."""
    if isinstance(case.fact, AdministrationResumed):
        return tag_of("patient", case.fact.patient)
    return offered(case)[1]


R6_2 = dataclasses.replace(
    blocking.R6,
    revision=2,
    text="A container is used that is quarantined, rejected, returned, damaged or destroyed, by itself or through its "
    "batch, its consignment, a donation or batch that it came from, or a container or consignment out of which its "
    "contents came; or that rests on a deviation, of its own, of its batch or of a container or batch that it came "
    "from, that nobody has assessed as fit for use; or one that is rejected or destroyed, or came out of one that was, "
    "is allocated to a patient. What stood against a container goes along with what is moved, divided, pooled, frozen, "
    "filled over or made out of it; a quarantine imposed after that binds what was only moved or divided, and is a "
    "note for what was made. A quarantine is lifted by the owner of the risk, where it was imposed or for the "
    "container that bears it, for all or for one patient. A lot that was held after it had gone into the cells is a "
    "note.",
    reads=(*blocking.R6.reads, CONDITION),
    over=(*blocking.R6.over, CONDITION),
    judge=_usable,
)
