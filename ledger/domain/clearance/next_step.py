"""The step that would follow a fact, made up from it: the same thing, patient, site and, at a check, the same people.

What only the step itself will say (a donation number, a route, who does it) stands as UNNAMED, which no caller can
send; what a rule finds about that is no reason against the step.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct

from ledger.domain.facts.about import Fact
from ledger.domain.facts.administration import (
    AdministrationEnded,
    AdministrationIntent,
    AdministrationStarted,
    BedsideIdentityChecked,
    IdentityOutcome,
    RemainderDisposition,
)
from ledger.domain.facts.clinical_area import BedsidePackIssued
from ledger.domain.facts.content import Content
from ledger.domain.facts.custody import ConsignmentReceived, SealState
from ledger.domain.facts.envelope import Envelope
from ledger.domain.facts.manufacture import BatchOpened, CellsModified, ModificationMethod
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.procurement import Allogeneic, ApheresisPerformed, Autologous, Directed, DonorIdentified
from ledger.domain.facts.record import InHand
from ledger.domain.facts.release import PointOfCareReleased
from ledger.domain.facts.values import (
    CheckOutcome,
    FieldCheck,
    Identifier,
    IntendedUse,
    LotUsed,
    ManufacturingMode,
    MaterialIn,
    MaterialOut,
    Moment,
    Place,
    Quantity,
    TimeSource,
)
from ledger.domain.identifiers import tag as tags
from ledger.domain.rules.context import Lookup, Missing
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.materials import CONSIGNMENT, MATERIAL
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.settlement import PATIENT_LINKS
from ledger.domain.subjects.subject import Statement, Subject

S = TypeVar("S")

UNNAMED: Final = Identifier(scheme="to-come", value="\x00")
"""Stands for what only the next step will name. No caller can send a control character."""

MOST: Final = 64
"""Containers that one clearance looks at."""

_NO_ID: Final = UUID(int=0)
_NOTHING: Final = (Quantity(value="0", unit="mL"),)
_CHECK_COMES: Final = frozenset(("I8",))


class Step(Struct, frozen=True, kw_only=True):
    """One step that would follow.

    Attributes:
        content: The step as it would be sent.
        before: What would be recorded just before it, and is taken as given.
        after: What would be recorded at its end: only its time limits count.
        awaited: Rules that a step in between will answer.
        wrong: What the fact itself says is wrong; empty when nothing.
        way_out: What must be done about that.
        in_hand: The container; none for a person.
    """

    content: Content
    before: Content | None = None
    after: Content | None = None
    awaited: frozenset[str] = frozenset()
    wrong: str = ""
    way_out: str = ""
    in_hand: InHand | None = None


class Known(Struct, frozen=True, kw_only=True):
    """What is known of things by now, the fact included; what is not at hand is noted as missing."""

    look: Lookup
    missing: Missing

    def state(self, subject: Subject[S], tag: str) -> S:
        """A subject's newest state."""
        history = self.look.history(subject, tag) if tag else None
        if tag and history is None:
            self.missing.histories.add((subject, tag))
        found: S = subject.empty if history is None else history.newest
        return found


def named(label: str) -> Identifier:
    """The identifier of a tag; UNNAMED for none."""
    if not label:
        return UNNAMED
    _, scheme, value = tags.parts(label)
    return Identifier(scheme=scheme, value=value)


def made_up(text: str) -> bool:
    """Whether a sentence or tag speaks of what only the next step will name."""
    return UNNAMED.value in text or ":to-come:%00" in text


def follows(fact: Fact) -> bool:
    """Whether a fact is one after which somebody waits to be told to go on."""
    return type(fact) in _AFTER


def steps(stated: Statement, recorded_at: datetime, known: Known) -> list[Step]:
    """Returns what would follow a fact, one step per container, one more than MOST at most; none when nothing does."""
    content = stated.content
    make = _AFTER.get(type(content.fact)) if content is not None else None
    return [] if make is None else list(make(_Facing(stated, recorded_at, known)))[: MOST + 1]


class _Facing:
    """The fact, at the moment when the next step is asked for."""

    def __init__(self, stated: Statement, recorded_at: datetime, known: Known) -> None:
        assert stated.content is not None, "only what counts leads to a next step"  # noqa: S101 - steps() asks before
        self.stated, self.at, self.known = stated, recorded_at, known
        self.fact: Any = stated.content.fact
        self.envelope: Envelope = stated.content.envelope

    def content(self, fact: Fact, *, strangers: bool = False, site: str = "") -> Content:
        """A made-up fact now, by the same people or, where they are not known yet, by strangers."""
        mine = self.envelope.occurred_at
        now = Moment(time=self.at, utc_offset=mine.utc_offset, uncertainty_ms=0, source=TimeSource.DEVICE)
        place = Place(site=named(site)) if site else self.envelope.place
        same = Envelope(
            occurred_at=now,
            place=place,
            performed_by=self.envelope.performed_by,
            verified_by=self.envelope.verified_by,
            electronic_check=self.envelope.electronic_check,
            organisation=self.envelope.organisation,
            licence=self.envelope.licence,
            agreement=self.envelope.agreement,
            authorisation=self.envelope.authorisation,
        )
        other = Envelope(occurred_at=now, place=place, performed_by=UNNAMED, organisation=self.envelope.organisation)
        return Content(id=_NO_ID, type=type(fact).__name__, envelope=other if strangers else same, fact=fact)

    def chain_of(self, material: str) -> str:
        """Chain of a container, of its collection or of its batch."""
        state = self.known.state(MATERIAL, material)
        return state.coi or self.known.state(BATCH_RECORD, state.batch).coi

    def product_of(self, material: str) -> str:
        """Product of a container, of its batch or of its chain."""
        batch = self.known.state(BATCH_RECORD, self.known.state(MATERIAL, material).batch)
        return batch.product or self.known.state(CHAIN, self.chain_of(material)).product

    def in_hand(self, material: str) -> InHand:
        """The container, for whoever holds it. No person is named."""
        state = self.known.state(MATERIAL, material)
        left = (Quantity(value=f"{number:f}", unit=unit, of=of or None) for unit, of, number in state.remaining)
        return InHand(
            material=material,
            product=self.product_of(material),
            batch=state.batch,
            coi=self.chain_of(material),
            remaining=tuple(left),
            expires_at=state.expires_at,
        )


# After an identity check


def _to_collect(facing: _Facing) -> Iterator[Step]:
    """May the collection begin?"""
    fact: DonorIdentified = facing.fact
    chain = facing.known.state(CHAIN, tag_of("coi", fact.coi))
    autologous = Autologous(patient=fact.patient) if fact.patient is not None else None
    directed = allogeneic = None
    if fact.donor is not None and chain.intended_use is IntendedUse.DIRECTED:
        directed = Directed(donor=fact.donor, recipient=named(chain.patient))
    elif fact.donor is not None:
        allogeneic = Allogeneic(donor=fact.donor)
    collection = ApheresisPerformed(
        coi=fact.coi,
        donation=UNNAMED,
        autologous=autologous,
        directed=directed,
        allogeneic=allogeneic,
        ended_at=facing.at,
        bags=(MaterialOut(material=UNNAMED, contents=_NOTHING),),
        lots=(LotUsed(lot=UNNAMED, item="set"),),
    )
    person = tag_of("patient", fact.patient) or tag_of("donor", fact.donor)
    differs = _differs(fact.checks) or _of_another(facing, fact.scanned_patient, person)
    yield Step(
        content=facing.content(collection),
        wrong="the identifiers do not all match" if differs else "",
        way_out="correct band or record, then identify again" if differs else "",
    )


def _differs(checks: tuple[FieldCheck, ...]) -> bool:
    return any(check.outcome is CheckOutcome.DIFFERS for check in checks)


def _of_another(facing: _Facing, scanned: Identifier | None, person: str) -> bool:
    """Whether the band that was scanned stands for somebody else: a linked pseudonym stands for the same patient."""
    label = tag_of("patient", scanned)
    todo, seen = [person], {person}
    while label and label not in seen and todo:
        links = facing.known.state(PATIENT_LINKS, todo.pop())
        fresh = {links.survivor, *links.superseded} - seen - {""}
        seen |= fresh
        todo += sorted(fresh)
    return bool(label) and label not in seen


def _to_give_now(facing: _Facing) -> Iterator[Step]:
    """May giving begin, for the patient at this bedside?"""
    fact: BedsideIdentityChecked = facing.fact
    other = _of_another(facing, fact.scanned_patient, tag_of("patient", fact.patient))
    mismatch = fact.outcome is IdentityOutcome.MISMATCH or _differs(fact.checks) or other
    for material in fact.materials:
        yield Step(
            content=facing.content(_start(material, fact.patient, fact.coi, facing.stated.target)),
            after=facing.content(_end(material, fact.patient)),
            wrong="the check found a mismatch" if mismatch else "",
            way_out="correct band, label or record, then check again" if mismatch else "",
            in_hand=facing.in_hand(tag_of("material", material)),
        )


def _start(
    material: Identifier, patient: Identifier, coi: Identifier | None = None, check: int | None = None
) -> AdministrationStarted:
    """A start as it would be, so that nothing is kept: what has no label may be given only so (R7)."""
    return AdministrationStarted(
        material=material,
        patient=patient,
        coi=coi,
        route=UNNAMED.value,
        check=check,
        intent=AdministrationIntent.NONE_RETAINED,
    )


def _end(material: Identifier, patient: Identifier) -> AdministrationEnded:
    return AdministrationEnded(
        material=material, patient=patient, given=_NOTHING, remainder=RemainderDisposition.KEPT, no_incidents=True
    )


# After a release, and after an arrival: somebody else goes on, once the patient is checked


def _to_give(facing: _Facing, material: str, site: str = "") -> Step:
    patient = named(facing.known.state(CHAIN, facing.chain_of(material)).patient)
    container = named(material)
    return Step(
        content=facing.content(_start(container, patient), strangers=True, site=site),
        after=facing.content(_end(container, patient), strangers=True, site=site),
        awaited=_CHECK_COMES,
        in_hand=facing.in_hand(material),
    )


def _released(facing: _Facing) -> Iterator[Step]:
    """May what was released be given, where it was made?"""
    fact: PointOfCareReleased = facing.fact
    batch = facing.known.state(BATCH_RECORD, tag_of("batch", fact.batch))
    materials = tuple(tag_of("material", item) for item in fact.materials) or batch.containers
    for material in materials:
        yield _to_give(facing, material, batch.site)


def _packed(facing: _Facing) -> Iterator[Step]:
    """May what is carried be given, to the patient of the chain that the pack is for?"""
    fact: BedsidePackIssued = facing.fact
    patient = named(facing.known.state(CHAIN, tag_of("coi", fact.coi)).patient)
    for material in fact.materials:
        yield Step(
            content=facing.content(_start(material, patient, fact.coi), strangers=True),
            after=facing.content(_end(material, patient), strangers=True),
            awaited=_CHECK_COMES,
            in_hand=facing.in_hand(tag_of("material", material)),
        )


def _arrived(facing: _Facing) -> Iterator[Step]:
    """May what arrived be used here: given if it is finished, else worked on?"""
    fact: ConsignmentReceived = facing.fact
    carried = facing.known.state(CONSIGNMENT, tag_of("consignment", fact.consignment)).materials
    wrong = _seen(fact)
    for material in tuple(tag_of("material", item) for item in fact.materials) or carried:
        state = facing.known.state(MATERIAL, material)
        step = _to_give(facing, material) if state.completed_at is not None else _to_work(facing, material)
        unknown = "" if state.origins else "nothing is known of where it came from"
        yield msgspec.structs.replace(
            step, wrong=wrong or unknown, way_out="held until somebody has looked at it" if wrong or unknown else ""
        )


def _seen(fact: ConsignmentReceived) -> str:
    """What whoever received it saw."""
    if fact.contents is CheckOutcome.DIFFERS:
        return "the contents differ from the manifest"
    if fact.labels is CheckOutcome.DIFFERS:
        return "the labels differ from the chain"
    if fact.seals in (SealState.BROKEN, SealState.MISSING):
        return "the seals are broken or missing"
    return ""


def _to_work(facing: _Facing, material: str) -> Step:
    """Work on it in a batch of its chain that would be opened for it, since nothing is worked on outside of one."""
    chain = facing.chain_of(material)
    opened = BatchOpened(
        batch=UNNAMED,
        product=named(facing.product_of(material)),
        coi=named(chain) if chain else None,
        mode=ManufacturingMode.CENTRAL,
    )
    work = CellsModified(
        batch=UNNAMED,
        method=ModificationMethod.TRANSDUCTION,
        inputs=(MaterialIn(material=named(material)),),
        outputs=(MaterialOut(material=UNNAMED, contents=_NOTHING),),
        lots=(LotUsed(lot=UNNAMED, item="vector"),),
        ended_at=facing.at,
    )
    return Step(
        content=facing.content(work, strangers=True),
        before=facing.content(opened, strangers=True),
        in_hand=facing.in_hand(material),
    )


_AFTER: Final[Mapping[type[Fact], Callable[[_Facing], Iterator[Step]]]] = MappingProxyType(
    {
        DonorIdentified: _to_collect,
        BedsideIdentityChecked: _to_give_now,
        PointOfCareReleased: _released,
        ConsignmentReceived: _arrived,
        BedsidePackIssued: _packed,
    }
)
