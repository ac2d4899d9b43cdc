"""Rules C: has every hand that held it been entitled to, and in an order that can be?"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from ledger.domain.facts.about import Kind
from ledger.domain.facts.administration import AdministrationEnded, AdministrationStarted
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.certification import ProductDispensed, QpCertified, QualityControllerReleased
from ledger.domain.facts.clinical_area import AdministrationResumed, ClinicalAreaReceived
from ledger.domain.facts.content import Content
from ledger.domain.facts.custody import ConsignmentDispatched, ConsignmentReceived
from ledger.domain.facts.manufacture import CellsModified, ManufactureCompleted
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.procurement import ApheresisPerformed
from ledger.domain.facts.release import PointOfCareReleased
from ledger.domain.rules.case import Case
from ledger.domain.rules.order_of_use import ORDER_OF_USE
from ledger.domain.rules.rule import Broken, Later, Owner, Rule
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.giving import DOSES
from ledger.domain.subjects.materials import CONSIGNMENT, CUSTODY, MATERIAL
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.registers import SITE_STATUS


def _matches_a_dispatch(case: Case) -> Iterator[Broken]:
    """C1: a receipt without a dispatch, or a second receipt."""
    fact = case.fact
    if not isinstance(fact, ConsignmentDispatched | ConsignmentReceived):
        return
    tag = tag_of("consignment", fact.consignment)
    consignment = case.state(CONSIGNMENT, tag)
    if isinstance(fact, ConsignmentDispatched):
        if consignment.dispatches:
            found = f"this number was dispatched before (fact {consignment.dispatches[-1]})"
            yield Broken(tag=tag, found=found, must="a new number for a new journey", note=True)
        return
    if not consignment.dispatches:
        yield Broken(tag=tag, found="no dispatch of this consignment is known", must="dispatched before it is received")
    elif consignment.receipts:
        yield Broken(tag=tag, found=f"already received (fact {consignment.receipts[-1]})", must="received once")


C1 = Rule(
    id="C1",
    revision=1,
    text="A consignment is received without a matching dispatch, or a second time. A number used again is a note.",
    source="Directive 2006/86/EC Annex VI; good distribution practice for tissues (our encoding)",
    owner=Owner.QUALITY,
    override="none; an unexpected arrival goes to quarantine, a happening is recorded as a deviation",
    types=("ConsignmentDispatched", "ConsignmentReceived"),
    reads=(CONSIGNMENT,),
    judge=_matches_a_dispatch,
    later=(Later.CUSTODY, CONSIGNMENT),
)


def handled_by(content: Content) -> tuple[str, ...]:
    """Tags of the containers that a fact physically handles."""
    return tuple(tag_of("material", item) for item in content.fact.handles())


def released_by(content: Content) -> tuple[str, ...]:
    """Tags of what a fact releases, hands out or goes on giving: what these came from counts."""
    fact = content.fact
    if isinstance(fact, PointOfCareReleased | QpCertified | QualityControllerReleased):
        return (tag_of("batch", fact.batch),)
    if isinstance(fact, ProductDispensed | ClinicalAreaReceived):
        return tuple(tag_of("material", item) for item in fact.materials)
    return (tag_of("material", fact.material),) if isinstance(fact, AdministrationResumed) else ()


def handled(case: Case) -> tuple[str, ...]:
    """The same, of the fact of a case."""
    return handled_by(case.content)


def _holds_it(case: Case) -> Iterator[Broken]:
    """C2: a party physically handles material that it does not hold."""
    here = case.party_at(case.site)
    for material in handled(case):
        custody = case.state(CUSTODY, material)
        if not custody.site and not custody.consignment:
            continue
        holder = case.holder_site(material)
        if not holder:
            yield Broken(
                tag=material, found=f"still in transit in {custody.consignment}", must="received before it is used"
            )
        elif case.party_at(holder) != here:
            yield Broken(
                tag=material, found=f"held by {case.party_at(holder)} at {holder}", must="handled by its holder"
            )
        elif holder != case.site:
            yield Broken(
                tag=material,
                found=f"last at {holder}, now at {case.site}",
                must="a hand-over recorded between",
                note=True,
            )


C2 = Rule(
    id="C2",
    revision=1,
    text="A party physically handles (packs, dispatches, consumes, splits, thaws, gives, destroys) material that it "
    "does not hold; custody is exactly one party at any instant. Decisions, results and safety acts need no "
    "custody. A missing hand-over inside one organisation is a custody gap, a note.",
    source="ISO 21973:2020 3.2; SCB chain of custody (our encoding)",
    owner=Owner.NOBODY,
    override="none",
    types=("ConsignmentDispatched", "CellsModified", "ManufactureCompleted", "AdministrationStarted"),
    reads=(CUSTODY, CONSIGNMENT, SITE_STATUS),
    judge=_holds_it,
    later=(Later.CUSTODY, CUSTODY),
)


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _in_order(case: Case) -> Iterator[Broken]:
    """C7: an order of events that cannot be."""
    check = _ORDER.get(case.content.type)
    if check is not None:
        yield from check(case, case.fact)
    for material in handled(case):
        made = case.linked(MATERIAL, material).made_at
        if made is not None and case.at < made:
            yield Broken(tag=material, found=f"used before it was filled at {_stamp(made)}", must="filled first")


def _collected(case: Case, fact: ApheresisPerformed) -> Iterator[Broken]:
    yield from _span(case, fact.ended_at, tag_of("donation", fact.donation))
    coi = tag_of("coi", fact.coi)
    if coi and not case.state(CHAIN, coi).assigned:
        yield Broken(
            tag=coi, found="collected for a chain that was not assigned then", must="assigned before collection"
        )


def _span(case: Case, ended: datetime, tag: str) -> Iterator[Broken]:
    if ended < case.envelope.occurred_at.time:
        yield Broken(tag=tag, found=f"ended at {_stamp(ended)}, before it started", must="the end after the start")


def _after_dispatch(case: Case, fact: ConsignmentReceived) -> Iterator[Broken]:
    tag = tag_of("consignment", fact.consignment)
    left = case.state(CONSIGNMENT, tag).dispatched_at or case.known(CONSIGNMENT, tag).dispatched_at
    if left is not None and case.at < left:
        yield Broken(tag=tag, found=f"received before it left at {_stamp(left)}", must="dispatched first")


def _inside_batch(case: Case, fact: CellsModified | ManufactureCompleted) -> Iterator[Broken]:
    tag = tag_of("batch", fact.batch)
    yield from _span(case, fact.ended_at if isinstance(fact, CellsModified) else fact.completed_at, tag)
    opened = case.state(BATCH_RECORD, tag).opened_at
    if opened is None or case.at < opened:
        found = "the batch was not opened then" if opened is None else f"the batch was opened at {_stamp(opened)}"
        yield Broken(tag=tag, found=found, must="the batch opened first")


def _ready(case: Case, fact: AdministrationStarted) -> Iterator[Broken]:
    tag = tag_of("material", fact.material)
    material = case.linked(MATERIAL, tag)
    if material.origins and (material.completed_at is None or case.at < material.completed_at):
        yield Broken(
            tag=tag, found="manufacture of this container is not completed", must="completed before it is given"
        )


def _started(case: Case, fact: AdministrationEnded) -> Iterator[Broken]:
    tag = tag_of("material", fact.material)
    material = case.state(MATERIAL, tag)
    if not material.under_way:
        yield Broken(tag=tag, found="no administration of it is under way", must="started before it is ended")


_ORDER: Final[Mapping[str, Callable[[Case, Any], Iterator[Broken]]]] = MappingProxyType(
    {
        "ApheresisPerformed": _collected,
        "ConsignmentReceived": _after_dispatch,
        "CellsModified": _inside_batch,
        "ManufactureCompleted": _inside_batch,
        **ORDER_OF_USE,
        "AdministrationStarted": _ready,
        "AdministrationEnded": _started,
    }
)

C7 = Rule(
    id="C7",
    revision=1,
    text="An order of events that cannot be: used before it was filled, received before it was dispatched, given "
    "before manufacture was completed, ended before it started; a decision about a thing that is not known.",
    source="traceability (logic); Directive 2006/86/EC Annex VI",
    owner=Owner.NOBODY,
    override="none; a late entry of the missing fact cures it",
    types=tuple(
        name
        for name, struct in TYPES.items()
        if (struct.about.kind in (Kind.DECISION, Kind.HAPPENING) and struct.about.stage != "enrolment")
        or name in ORDER_OF_USE
    ),
    reads=(MATERIAL, CONSIGNMENT, BATCH_RECORD, CHAIN, DOSES),
    judge=_in_order,
    timed=True,
    later=(Later.CUSTODY, MATERIAL),
)
