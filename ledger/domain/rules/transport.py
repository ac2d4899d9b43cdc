"""Rule C3: does it travel as cells must: in a qualified shipper, within limits, with somebody bound to it?"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from ledger.domain import civil_time
from ledger.domain.facts.bases import AgreementPurpose
from ledger.domain.facts.custody import ConsignmentDispatched, Transport
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.transport import ConsignmentPacked
from ledger.domain.rules.case import Case, tags_of
from ledger.domain.rules.instruments import unfit
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.equipment import EQUIPMENT
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.organisations import ORGANISATION
from ledger.domain.subjects.packing import PACKING
from ledger.domain.subjects.papers import AGREEMENT, Agreement
from ledger.domain.subjects.sites import SITE_STATUS


def _travels_well(case: Case) -> Iterator[Broken]:
    """C3: between premises without a qualified shipper, conditions with a time limit, or a carrier's agreement."""
    fact = case.fact
    if isinstance(fact, ConsignmentPacked):
        yield from _shippers(case, tags_of("equipment", fact.shippers))
    if isinstance(fact, ConsignmentDispatched):
        if fact.transport is Transport.INTERNAL:
            yield from _inside(case, fact)
        else:
            yield from _between(case, fact)


def _inside(case: Case, fact: ConsignmentDispatched) -> Iterator[Broken]:
    """A move inside the premises: two people or a scan, and a time limit; a corridor refuses nobody."""
    tag, envelope = tag_of("consignment", fact.consignment), case.envelope
    if not envelope.verified_by and envelope.electronic_check is None:
        yield Broken(tag=tag, found="one person, no scan", must="two people, or a scan at each end", note=True)
    if fact.due_by is None:
        yield Broken(tag=tag, found="no time limit", must="a time limit", note=True)


def _between(case: Case, fact: ConsignmentDispatched) -> Iterator[Broken]:
    tag = tag_of("consignment", fact.consignment)
    packing = case.state(PACKING, tag)
    cells = _cells(case, (*tags_of("material", fact.materials), *packing.materials))
    if cells is None:
        return
    shippers = tuple(dict.fromkeys((*tags_of("equipment", fact.shippers), *packing.shippers)))
    limits = packing.limits or fact.min_celsius is not None or fact.max_celsius is not None
    until = fact.due_by or packing.hold_until
    missing = {
        "a qualified shipper": not shippers,
        "defined conditions": not limits,
        "a time limit": until is None,
    }
    for what, absent in missing.items():
        if absent:
            yield Broken(tag=tag, found=f"sent without {what}", must=f"{what}, packed or sent with", note=not cells)
    yield from _shippers(case, shippers)
    yield from _holds(case, tag, shippers, fact.due_by)
    if fact.transport is Transport.CARRIER:
        yield from _bound(case, fact, cells=cells)


def _cells(case: Case, materials: Iterable[str]) -> bool | None:
    """Whether it carries cells or a medicine made of them; None when it carries no container at all."""
    states = [case.state(MATERIAL, item) for item in materials]
    return any(state.donation or state.batch for state in states) if states else None


def _shippers(case: Case, shippers: Iterable[str]) -> Iterator[Broken]:
    must = "a qualified shipper"
    for shipper in shippers:
        reasons = tuple(unfit(case, shipper))
        if reasons:
            yield Broken(tag=shipper, found="; ".join(reasons), must=must)
        elif not case.state(EQUIPMENT, shipper).qualifications:
            yield Broken(tag=shipper, found="no qualification of it is on record", must=must, note=True)


def _holds(case: Case, tag: str, shippers: Iterable[str], due: datetime | None) -> Iterator[Broken]:
    """A shipper holds its temperature for as long as the journey may last."""
    if due is None:
        return
    for shipper in shippers:
        equipment = case.state(EQUIPMENT, shipper)
        seconds = next((item.hold_seconds for item in equipment.qualifications if item.hold_seconds is not None), None)
        packed = case.state(PACKING, tag).hold_until or equipment.hold_until
        until = packed or (civil_time.moved(case.at, timedelta(seconds=seconds)) if seconds is not None else None)
        if until is not None and until < due:
            found = f"holds until {until:%Y-%m-%dT%H:%M:%SZ}, due by {due:%Y-%m-%dT%H:%M:%SZ}"
            yield Broken(tag=shipper, found=found, must="a shipper that holds for the journey")


def _bound(case: Case, fact: ConsignmentDispatched, *, cells: bool) -> Iterator[Broken]:
    """The carrier works under an agreement with the sender: the one named, or one that is on record."""
    tag, carrier = tag_of("consignment", fact.consignment), tag_of("organisation", fact.carrier)
    must = "an agreement with the carrier, in force then"
    named = tag_of("agreement", fact.agreement)
    if named and not case.state(AGREEMENT, named).signed:
        yield Broken(tag=tag, found=f"{named} is not on record", must=must, note=True)
        return
    known = (named,) if named else case.state(ORGANISATION, carrier).agreements
    agreements = [case.state(AGREEMENT, item) for item in known]
    if any(_carries(case, fact, item, carrier) for item in agreements):
        return
    found = (
        f"{named} does not bind this carrier now" if named else f"no agreement with {carrier or 'a carrier'} is known"
    )
    yield Broken(tag=tag, found=found, must=must, note=not cells)


def _carries(case: Case, fact: ConsignmentDispatched, agreement: Agreement, carrier: str) -> bool:
    """The carrier is bound to one end of the journey: a maker often sends its own carrier to collect."""
    sites = {case.site, tag_of("site", fact.destination)}
    parties = case.houses({case.state(SITE_STATUS, site).organisation for site in sites})
    ours = agreement.giver in parties or bool(sites & set(agreement.sites))
    theirs = agreement.acceptor == carrier or not carrier
    return ours and theirs and agreement.purpose is AgreementPurpose.CARRIER and agreement.live(case.at)


C3 = Rule(
    id="C3",
    revision=1,
    text="Material is dispatched between premises without a qualified shipper, defined conditions with a time "
    "limit, and an agreement with the carrier. An own vehicle needs a validated container and limits; a move "
    "inside the premises needs two people, or a scan at each end, and a time limit, which are notes.",
    source="Directive 2006/86/EC Annex II D",
    owner=Owner.QUALITY,
    override="none",
    types=("ConsignmentPacked", "ConsignmentDispatched"),
    reads=(MATERIAL, PACKING, EQUIPMENT, ORGANISATION, AGREEMENT, SITE_STATUS),
    judge=_travels_well,
    timed=True,
)
