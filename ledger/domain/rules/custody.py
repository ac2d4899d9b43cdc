"""Rules C: has every hand that held it been entitled to, and in an order that can be?"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from ledger.domain.facts.about import Fact, Kind
from ledger.domain.facts.administration import AdministrationEnded, AdministrationStarted
from ledger.domain.facts.allocation import MaterialAllocated
from ledger.domain.facts.batches import BatchClosed, IntermediateDeclared
from ledger.domain.facts.catalogue import HANDLED, TYPES, WORKS
from ledger.domain.facts.certification import ProductDispensed, QpCertified, QualityControllerReleased
from ledger.domain.facts.clinical_area import AdministrationResumed, ClinicalAreaReceived
from ledger.domain.facts.collection import ProcurementPerformed
from ledger.domain.facts.content import Content
from ledger.domain.facts.custody import ConsignmentDispatched, ConsignmentReceived
from ledger.domain.facts.holding import QuarantineLifted
from ledger.domain.facts.manufacture import BatchOpened
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.processing import SampleTaken
from ledger.domain.facts.procurement import ApheresisPerformed
from ledger.domain.facts.release import PointOfCareReleased
from ledger.domain.facts.storage import MaterialThawed, StockCounted
from ledger.domain.facts.transport import ConsignmentRedirected, CustodyTransferred
from ledger.domain.rules import stock
from ledger.domain.rules.case import Case
from ledger.domain.rules.consignments import between_hands
from ledger.domain.rules.order_of_use import ORDER_OF_USE
from ledger.domain.rules.rule import Broken, Later, Owner, Rule
from ledger.domain.rules.taken_out import out_of_order
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.condition import CONDITION
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
    if consignment.lost:
        found = f"reported as lost (fact {consignment.lost})"
        yield Broken(tag=tag, found=found, must="assessed before its contents are used", note=True)
    if not consignment.dispatches:
        yield Broken(tag=tag, found="no dispatch of this consignment is known", must="dispatched before it is received")
    elif consignment.receipts:
        yield Broken(tag=tag, found=f"already received (fact {consignment.receipts[-1]})", must="received once")


C1 = Rule(
    id="C1",
    revision=1,
    text="A consignment is received without a matching dispatch, or a second time. A number used again, and the "
    "arrival of what was reported as lost, are notes; an unexpected arrival needs no dispatch.",
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


def rests_on(content: Content) -> tuple[str, ...]:
    """Tags of what a fact uses, releases or sets free, and of the batch worked on: what these came from counts."""
    fact, work = content.fact, content.fact.work()
    if isinstance(fact, PointOfCareReleased | QpCertified | QualityControllerReleased):
        return (tag_of("batch", fact.batch),)
    if isinstance(fact, ProductDispensed | ClinicalAreaReceived | MaterialAllocated):
        return tuple(tag_of("material", item) for item in fact.materials)
    if isinstance(fact, AdministrationResumed):
        return (tag_of("material", fact.material),)
    if isinstance(fact, QuarantineLifted):
        scope = (tag_of("batch", fact.batch), tag_of("lot", fact.lot), tag_of("donation", fact.donation))
        containers = fact.containers.materials if fact.containers is not None else ()
        return (*filter(None, scope), *(tag_of("material", item) for item in containers))
    batch = () if work is None or work.batch is None else (tag_of("batch", work.batch),)
    return (*handled_by(content), *batch)


def handled(case: Case) -> tuple[str, ...]:
    """The same, of the fact of a case."""
    return handled_by(case.content)


def _in_hand(case: Case) -> tuple[str, ...]:
    """Containers handled; the contents of a consignment that was packed before it is dispatched."""
    fact = case.fact
    if isinstance(fact, ConsignmentDispatched) and not fact.materials:
        return case.state(CONSIGNMENT, tag_of("consignment", fact.consignment)).materials
    return handled(case)


def _holds_it(case: Case) -> Iterator[Broken]:
    """C2: a party physically handles material that it does not hold; or hands between which nothing is on record."""
    here = case.party_at(case.site)
    if isinstance(case.fact, StockCounted):
        yield from stock.gaps(case, case.fact)
        return
    yield from between_hands(case)
    yield from _taken_over(case, here)
    for material in _in_hand(case):
        custody = case.state(CUSTODY, material)
        if not custody.site and not custody.consignment:
            continue
        holder, site = case.holder(material), case.holder_site(material)
        if not holder:
            yield Broken(
                tag=material, found=f"still in transit in {custody.consignment}", must="received before it is used"
            )
        elif holder != here:
            found, must = f"held by {holder} at {site}", "handled by its holder"
            yield Broken(tag=material, found=found, must=must, note=custody.sampled)
        elif site != case.site:
            yield Broken(
                tag=material,
                found=f"last at {site}, now at {case.site}",
                must="a hand-over recorded between",
                note=True,
            )


def _taken_over(case: Case, here: str) -> Iterator[Broken]:
    """Containers handed over by, or received from, somebody who did not have them: a gap."""
    fact, giver = case.fact, ""
    sent: tuple[str, ...] = ()
    if isinstance(fact, CustodyTransferred) and fact.containers is not None:
        taken, giver = fact.containers.materials, tag_of("organisation", fact.giver)
    elif isinstance(fact, ClinicalAreaReceived):
        taken, giver = fact.materials, here
    elif isinstance(fact, ConsignmentReceived):
        taken, giver = fact.materials, tag_of("consignment", fact.consignment)
        sent = case.state(CONSIGNMENT, giver).materials
        if not sent:
            return  # Nobody has told what was sent in it: C1 is asked for that.
    else:
        return
    for item in taken:
        material = tag_of("material", item)
        custody = case.state(CUSTODY, material)
        holder = case.holder(material) or custody.consignment
        if holder and holder != giver and material not in sent:
            found = f"no hand-over from {holder} to {giver} is on record"
            yield Broken(tag=material, found=found, must="a hand-over recorded between", note=True)


C2 = Rule(
    id="C2",
    revision=1,
    text="A party physically handles (packs, moves, dispatches, consumes, splits, thaws, gives, destroys) material "
    "that it does not hold; custody is exactly one party at any instant. Decisions, results and safety acts need no "
    "custody. A missing hand-over inside one organisation, between two hands on the way, or of a tube for the "
    "donor's tests to the laboratory, is a custody gap, a note; so is each difference that a stock count finds.",
    source="ISO 21973:2020 3.2; SCB chain of custody (our encoding)",
    owner=Owner.NOBODY,
    override="none",
    types=(*sorted(HANDLED), "ConsignmentReceived", "CustodyTransferred", "ClinicalAreaReceived", "StockCounted"),
    reads=(CUSTODY, CONSIGNMENT, SITE_STATUS, MATERIAL),
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
        yield from out_of_order(case, material)


def _collected(case: Case, fact: ApheresisPerformed | ProcurementPerformed) -> Iterator[Broken]:
    yield from _span(case, fact.ended_at, tag_of("donation", fact.donation))
    coi = tag_of("coi", fact.coi)
    if coi and not case.state(CHAIN, coi).assigned:
        yield Broken(
            tag=coi, found="collected for a chain that was not assigned then", must="assigned before collection"
        )


def _span(case: Case, ended: datetime, tag: str) -> Iterator[Broken]:
    if ended < case.envelope.occurred_at.time:
        yield Broken(tag=tag, found=f"ended at {_stamp(ended)}, before it started", must="the end after the start")


def _sent(case: Case, fact: ConsignmentDispatched) -> Iterator[Broken]:
    yield from _after_packing(case, tag_of("consignment", fact.consignment), "dispatched")


def _after_dispatch(case: Case, fact: ConsignmentReceived) -> Iterator[Broken]:
    tag = tag_of("consignment", fact.consignment)
    left = case.state(CONSIGNMENT, tag).dispatched_at or case.known(CONSIGNMENT, tag).dispatched_at
    if left is not None and case.at < left:
        yield Broken(tag=tag, found=f"received before it left at {_stamp(left)}", must="dispatched first")
    yield from _after_packing(case, tag, "received")


def _after_packing(case: Case, tag: str, what: str) -> Iterator[Broken]:
    packed = case.state(CONSIGNMENT, tag).packed_at or case.known(CONSIGNMENT, tag).packed_at
    if packed is not None and case.at < packed:
        yield Broken(tag=tag, found=f"{what} before it was packed at {_stamp(packed)}", must="packed first")


def _redirected(case: Case, fact: ConsignmentRedirected) -> Iterator[Broken]:
    tag = tag_of("consignment", fact.consignment)
    consignment = case.state(CONSIGNMENT, tag)
    if not consignment.packings and not consignment.dispatches:
        yield Broken(tag=tag, found="no such consignment is known", must="packed or dispatched before it is redirected")
    elif consignment.receipts and consignment.site:
        found = f"received at {consignment.site} (fact {consignment.receipts[-1]})"
        yield Broken(tag=tag, found=found, must="redirected before it is received")


def _thawed(case: Case, fact: MaterialThawed) -> Iterator[Broken]:
    yield from _span(case, fact.ended_at, tag_of("material", fact.material))


def _worked(case: Case, fact: Fact) -> Iterator[Broken]:
    """Work with containers: its end after its start; in a batch, one that was opened and not ended early."""
    work = fact.work()
    if work is None:
        return
    tag = tag_of("batch", work.batch) or next(iter(handled(case)), case.site)
    if work.ended_at is not None:
        yield from _span(case, work.ended_at, tag)
    if work.batch is not None and not isinstance(fact, SampleTaken):  # samples are taken of an ended batch too
        yield from _inside_batch(case, tag)


def _inside_batch(case: Case, tag: str) -> Iterator[Broken]:
    record = case.state(BATCH_RECORD, tag)
    opened, ended = record.opened_at, record.terminated_at
    if opened is None or case.at < opened:
        found = "the batch was not opened then" if opened is None else f"the batch was opened at {_stamp(opened)}"
        yield Broken(tag=tag, found=found, must="the batch opened first")
    if ended is not None and case.at >= ended:
        yield Broken(tag=tag, found=f"the batch was ended early at {_stamp(ended)}", must="worked on before it ended")


def _declared(case: Case, fact: IntermediateDeclared) -> Iterator[Broken]:
    yield from _inside_batch(case, tag_of("batch", fact.batch))


def _opened(case: Case, fact: BatchOpened) -> Iterator[Broken]:
    tag = tag_of("batch", fact.batch)
    record = case.state(BATCH_RECORD, tag)
    if record.openings:
        alike = (record.product, record.coi) == (tag_of("product", fact.product), tag_of("coi", fact.coi))
        found = f"this number was opened before (fact {record.openings[0]})"
        yield Broken(tag=tag, found=found, must="a new number for a new batch", note=alike)


def _closed(case: Case, fact: BatchClosed) -> Iterator[Broken]:
    tag = tag_of("batch", fact.batch)
    if not case.state(BATCH_RECORD, tag).openings:
        yield Broken(tag=tag, found="the batch is not known", must="opened before it is closed")


def _ready(case: Case, fact: AdministrationStarted) -> Iterator[Broken]:
    tag = tag_of("material", fact.material)
    completed = case.standing(tag).completed_at
    if case.linked(MATERIAL, tag).origins and (completed is None or case.at < completed):
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
        **dict.fromkeys(WORKS, _worked),
        "ApheresisPerformed": _collected,
        "ProcurementPerformed": _collected,
        "IntermediateDeclared": _declared,
        "BatchOpened": _opened,
        "BatchClosed": _closed,
        "ConsignmentDispatched": _sent,
        "ConsignmentReceived": _after_dispatch,
        "ConsignmentRedirected": _redirected,
        "MaterialThawed": _thawed,
        **ORDER_OF_USE,
        "AdministrationStarted": _ready,
        "AdministrationEnded": _started,
    }
)

C7 = Rule(
    id="C7",
    revision=1,
    text="An order of events that cannot be: used before it was filled or taken out of storage, received before it was "
    "packed or dispatched, given before manufacture was completed or while it is frozen, ended before it started; a "
    "batch number opened again for another product or chain; a decision about a thing that is not known. A container "
    "that nobody recorded as taken out of storage, and a batch opened twice alike, are notes.",
    source="traceability (logic); Directive 2006/86/EC Annex VI",
    owner=Owner.NOBODY,
    override="none; a late entry of the missing fact cures it",
    types=tuple(
        name
        for name, struct in TYPES.items()
        if (struct.about.kind in (Kind.DECISION, Kind.HAPPENING) and struct.about.stage != "enrolment")
        or name in ORDER_OF_USE
    ),
    reads=(MATERIAL, CONDITION, CONSIGNMENT, BATCH_RECORD, CHAIN, DOSES),
    judge=_in_order,
    timed=True,
    later=(Later.CUSTODY, MATERIAL),
)
