"""Rule E6: was it reported in time to whom it is owed, and is the start of its clock as it was first told?"""

import dataclasses
from collections.abc import Iterator
from datetime import datetime

import msgspec

from ledger.domain.facts import tagging
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.content import Content
from ledger.domain.facts.licensing import Authority
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.records import Corrected, DidNotHappen
from ledger.domain.facts.safety import CaseClosed, DeviationRaised
from ledger.domain.facts.terms import Route
from ledger.domain.facts.values import SignatureMeaning
from ledger.domain.facts.vigilance import AdverseReportConcluded, ReportKind, ReportSubmitted
from ledger.domain.rules.case import Case, Versions
from ledger.domain.rules.clocks import Clock, clock, clocks
from ledger.domain.rules.duties import after_use, duties, meets, owed_to
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.cases import CASE
from ledger.domain.subjects.containers import MATERIAL
from ledger.domain.subjects.reporting import REPORTING, Reporting, learnt, places
from ledger.domain.subjects.routes import CHAIN_ROUTE
from ledger.domain.subjects.staff import PERSON
from ledger.domain.subjects.subject import Entry
from ledger.domain.subjects.testing import FILLED, TESTS


def running(case: Case) -> tuple[Clock, ...]:
    """Returns the clocks that a fact starts: what has to be reported of it, and until when."""
    return tuple(clock(item, _route(case), case.parameters) for item in learnt(case.content, case.at))


def _route(case: Case) -> Route | None:
    """The legal route of the chain that a fact, or its case, is about."""
    fact = case.fact
    chain = tag_of("coi", getattr(fact, "coi", None))
    chain = chain or case.state(CASE, tag_of("case", getattr(fact, "case", None))).chain
    return case.state(CHAIN_ROUTE, chain).route


def _in_time(case: Case) -> Iterator[Broken]:
    """E6: told or sent after it was due, still owed when its case ends, or the start of its clock changed."""
    fact = case.fact
    if isinstance(fact, Corrected | DidNotHappen):
        yield from _changed(case, fact)
    elif isinstance(fact, ReportSubmitted):
        yield from _sent_to_itself(case, fact)
        yield from _sent_late(case)
    elif isinstance(fact, AdverseReportConcluded | CaseClosed):
        yield from _owed(case, tag_of("case", fact.case), closing=isinstance(fact, CaseClosed))
    else:
        yield from _told_late(case)


def _sent_to_itself(case: Case, fact: ReportSubmitted) -> Iterator[Broken]:
    recipient = tag_of("organisation", fact.recipient)
    if recipient == tag_of("organisation", case.envelope.organisation):
        must = "sent to another organisation: this meets no clock"
        yield Broken(tag=recipient, found="a report to the organisation that recorded it", must=must, note=True)


def _sent_late(case: Case) -> Iterator[Broken]:
    said: set[str] = set()
    for tag in places(case.fact):
        entry = Entry(tag=tag, position=case.position, at=case.at, content=case.content)
        after = REPORTING.fold(case.state(REPORTING, tag), entry)
        for one in clocks(after, _route(case), case.parameters):
            if one.by == case.position and one.late(case.at) and one.words not in said:
                said.add(one.words)
                yield Broken(tag=tag, found=f"the {one.words} report was due {_by(one)}", must=_ON_TIME, note=True)


def _told_late(case: Case) -> Iterator[Broken]:
    reports = (item for tag in places(case.fact) for item in case.state(REPORTING, tag).submitted)
    sent = {item.report for item in reports if not item.own}
    for one in running(case):
        if one.report not in sent and one.late(case.at):
            tag = places(case.fact)[0]
            yield Broken(tag=tag, found=f"the {one.words} report was due {_by(one)}", must=_ON_TIME, note=True)


def _owed(case: Case, tag: str, *, closing: bool) -> Iterator[Broken]:
    """What is not on record: reports may be sent from another system, so this never bars."""
    for one in clocks(case.state(REPORTING, tag), _route(case), case.parameters):
        if one.met is None and one.due is not None and (closing or one.late(case.at)):
            found = f"no {one.words} report on record, due {_by(one)}"
            yield Broken(tag=tag, found=found, must="the report sent and recorded", note=True)


_ON_TIME = "sent before it is due"


def _by(one: Clock) -> str:
    return f"before {one.due:%Y-%m-%dT%H:%M:%SZ}"


def _changed(case: Case, fact: Corrected | DidNotHappen) -> Iterator[Broken]:
    """The start of a clock that another person did not check; with one, what it was stays in sight."""
    target = case.target
    if target is None:
        return
    now = target.effect.content if target.effect is not None else target.record.content
    old = _start(now, target)
    new = _start(_corrected(now or target.record.content, fact), target) if isinstance(fact, Corrected) else None
    if old is None or new == old:
        return
    must = "the start of a clock as it was told, or a second person who verified the change"
    found = f"the reporting clock of {fact.position} started from {old:%Y-%m-%dT%H:%M:%SZ}; "
    found += f"now from {new:%Y-%m-%dT%H:%M:%SZ}" if new is not None else "now there is none"
    note = isinstance(fact, DidNotHappen) or _verified(case)
    yield Broken(tag=tag_of("person", case.envelope.performed_by), found=found, must=must, note=note)


def _start(content: Content | None, target: Versions) -> datetime | None:
    """The earliest moment of knowledge that a fact tells; None when it starts no clock, or does not count."""
    if content is None or content.type not in STARTING:
        return None
    kind = TYPES[content.type].about.kind
    at = tagging.effective(content, kind, target.record.stamp.recorded_at)
    return min((item.at for item in learnt(content, at)), default=None)


def _corrected(now: Content, fact: Corrected) -> Content:
    changed = fact.fact.only() if fact.fact is not None else now.fact
    return msgspec.structs.replace(now, envelope=fact.envelope or now.envelope, fact=changed)


def _verified(case: Case) -> bool:
    """Whether somebody else stands for the change."""
    signers = (
        case.person(tag_of("person", item.person))
        for item in case.envelope.signatures
        if item.meaning is SignatureMeaning.VERIFIED
    )
    return bool({*case.people(), *signers} - {case.performer()})


TELLING = (
    "AdverseReactionReported",
    "AdverseEventReported",
    "DefectReported",
    "UrgentSafetyMeasureTaken",
    "OutOfSpecificationSupplyAccepted",
)
"""Fact types by which somebody learns of what has to be reported."""

STARTING = (*TELLING, "ReportSubmitted")
"""Fact types that start reporting clocks."""

E6 = Rule(
    id="E6",
    revision=1,
    text="A clock rather than a refusal: reporting time runs from the day after knowledge where the law says so, and "
    "start, due, met and late are computed from the facts alone, which carry no due date. A report whose recipient is "
    "the organisation that recorded it meets none. Four clocks have no start of their own and run from the known_at of "
    "the report alone: serious breach, reportable issue, blood serious adverse, control site annual. A reaction that "
    "is not serious has the longer time under a marketing authorisation and as a special (for modular and point of "
    "care products, unverified; of other specials our safe default). Noted: told or sent after it was due, sent to "
    "itself, or not on record when its case ends. Refused: the start of a clock is changed by one person alone (that "
    "a second person may verify a true correction is our reading); taking the fact back is noted.",
    source="SI 2025/87 regs 23 and 27; HMR 2012 Sch 6 para 2; HTA guidance on serious adverse events and reactions; "
    "Clinical Trials Regulations 2004 regs 29A and 33 (unverified); the periods are parameters",
    owner=Owner.NOBODY,
    override="none",
    types=(*STARTING, "AdverseReportConcluded", "CaseClosed", "Corrected", "DidNotHappen"),
    reads=(REPORTING, CASE, CHAIN_ROUTE, PERSON),
    judge=_in_time,
)


def _in_time_2(case: Case) -> Iterator[Broken]:
    """E6, where a report meets the clock only of whom it was sent to, and more things start one."""
    fact = case.fact
    if isinstance(fact, Corrected | DidNotHappen):
        yield from _changed_2(case, fact)
    elif isinstance(fact, ReportSubmitted):
        yield from _sent_to_itself(case, fact)
        yield from _sent_elsewhere(case, fact)
        yield from _sent_late_2(case, fact)
    elif isinstance(fact, AdverseReportConcluded | CaseClosed):
        yield from _owed_2(case, tag_of("case", fact.case), closing=isinstance(fact, CaseClosed))
    else:
        yield from _told_late_2(case)


def _route_2(case: Case) -> Route | None:
    """As before; of what names neither a chain nor a case that has one, that of its batch."""
    batch = case.state(BATCH_RECORD, tag_of("batch", getattr(case.fact, "batch", None)))
    return _route(case) or case.state(CHAIN_ROUTE, batch.coi).route


def _sent_elsewhere(case: Case, fact: ReportSubmitted) -> Iterator[Broken]:
    """To an authority that it is not owed to, or to nobody knows which."""
    owed = owed_to(fact.report, _route_2(case))
    if owed is None or fact.authority is owed:
        return
    to = "no authority" if fact.authority is None else f"the {_named(fact.authority)}"
    found = f"sent to {to} by what it says, and owed to the {_named(owed)}"
    must = f"sent to the {_named(owed)}, and said so in `authority`: this meets no clock"
    yield Broken(tag=tag_of("organisation", fact.recipient), found=found, must=must, note=True)


def _named(authority: Authority) -> str:
    return authority.name.replace("_", " ")


def _sent_late_2(case: Case, fact: ReportSubmitted) -> Iterator[Broken]:
    said: set[str] = set()
    for tag in places(fact):
        entry = Entry(tag=tag, position=case.position, at=case.at, content=case.content)
        after = REPORTING.fold(case.state(REPORTING, tag), entry)
        found = duties(after, _route_2(case), case.parameters)
        if tag == tag_of("batch", fact.batch):
            found += tuple(_failed_after_use(case, tag, after))
        for one in found:
            if one.by == case.position and one.late(case.at) and one.words not in said:
                said.add(one.words)
                yield Broken(tag=tag, found=f"the {one.words} report was due {_by(one)}", must=_ON_TIME, note=True)


def _failed_after_use(case: Case, batch: str, state: Reporting) -> Iterator[Clock]:
    """The clocks of what failed after it was given: of the batch and its samples by its first use; of a container."""
    whole = case.state(TESTS, batch)
    used = {container: case.state(MATERIAL, container).used for container in case.state(FILLED, batch).containers}
    first = min((moment for moment in used.values() if moment is not None), default=None)
    for place, moment in {batch: first, **dict.fromkeys(whole.samples, first), **used}.items():
        yield from after_use(case.state(TESTS, place), moment, state, _route_2(case), case.parameters)


def _told_late_2(case: Case) -> Iterator[Broken]:
    """What is told after it was due, and was not sent before; a deviation is not known before it is told."""
    places_of, route = places(case.fact), _route_2(case)
    sent = [item for tag in places_of for item in case.state(REPORTING, tag).submitted]
    for one in running(case):
        if places_of and one.late(case.at) and not any(meets(item, one.report, route) for item in sent):
            found = f"the {one.words} report was due {_by(one)}"
            yield Broken(tag=places_of[0], found=found, must=_ON_TIME, note=True)


def _owed_2(case: Case, tag: str, *, closing: bool) -> Iterator[Broken]:
    """What is not on record as sent to whom it is owed: reports may be sent from another system, so this never bars."""
    for one in duties(case.state(REPORTING, tag), _route_2(case), case.parameters):
        if one.met is None and one.due is not None and (closing or one.late(case.at)):
            found = f"no {one.words} report on record, due {_by(one)}"
            yield Broken(tag=tag, found=found, must="the report sent and recorded", note=True)


def _changed_2(case: Case, fact: Corrected | DidNotHappen) -> Iterator[Broken]:
    """As before; and what a deviation calls for is changed by one person alone."""
    target = case.target
    if target is None or not isinstance(target.record.content.fact, DeviationRaised):
        yield from _changed(case, fact)
        return
    now = (target.effect.content if target.effect is not None else None) or target.record.content
    old = _called_for(now, target)
    new = _called_for(_corrected(now, fact), target) if isinstance(fact, Corrected) else None
    if old is not None and new != old:
        found = f"deviation {fact.position} calls for a report that its change takes away, or moves the start of"
        must = "the start of a clock as it was told, or a second person who verified the change"
        note = isinstance(fact, DidNotHappen) or _verified(case)
        yield Broken(tag=tag_of("person", case.envelope.performed_by), found=found, must=must, note=note)


def _called_for(content: Content, target: Versions) -> tuple[datetime, ReportKind] | None:
    kind = TYPES[content.type].about.kind
    at = tagging.effective(content, kind, target.record.stamp.recorded_at)
    return min(((item.at, item.report) for item in learnt(content, at)), default=None)


E6_2 = dataclasses.replace(
    E6,
    revision=2,
    text="A clock rather than a refusal: reporting time runs from the day after knowledge where the law says so, and "
    "start, due, met and late are computed from the facts alone, which carry no due date. A report meets a clock "
    "where it says that it went to the authority that is owed it; one to the organisation that recorded it, to "
    "another authority or to none meets none. In a trial the sponsor is told of what is out of specification. A "
    "result that fails after the product was given starts one. A serious breach of a trial runs from the deviation "
    "that calls for its report, an issue that the control site notifies from that or from the holder's suspension "
    "of a site, without an end (our reading); the annual report of a control site from each year of its master file"
    " (the time is our safe default); that of a blood product from what is told of it too, without an end. A "
    "reaction that is not serious has the longer time under a marketing authorisation and as a special (for modular"
    " and point of care products, unverified; of other specials our safe default). Noted: told or sent after it was"
    " due, sent to whom it is not owed, or not on record when its case ends. Refused: the start of a clock is "
    "changed by one person alone (that a second person may verify a true correction is our reading); taking the "
    "fact back is noted.",
    source=f"{E6.source}; HMR 2012 regs 37A and 37B (unverified)",
    reads=(*E6.reads, BATCH_RECORD, TESTS, FILLED, MATERIAL),
    judge=_in_time_2,
)
