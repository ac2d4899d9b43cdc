"""The cards of what moves and of what it came from: consignments, donations, batches, lots."""

from ledger.audit.cards.card import Card, States, clock
from ledger.audit.cards.folded import FILLED, JOURNEY, Journey
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.materials import CONSIGNMENT, DONATION
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.registers import SITE_STATUS
from ledger.domain.subjects.releases import BATCH_FOR_USE


def consignment(states: States, tag: str) -> Card:
    """The card of a consignment: for a carrier too, so it names no patient and no chain."""
    sent, journey = states.state(CONSIGNMENT, tag), states.state(JOURNEY, tag)
    count = f"{len(sent.materials)} container{'' if len(sent.materials) == 1 else 's'}"
    way = f"from {sent.origin} to {sent.destination}"
    if sent.site:
        arrived = f" on {clock(sent.received_at)}" if sent.received_at is not None else ""
        status, sentence = "received", f"It arrived at {sent.site}{arrived}; {count}."
        follows: tuple[str, ...] = ()
    elif sent.dispatches:
        left = f" since {clock(sent.dispatched_at)}" if sent.dispatched_at is not None else ""
        status, sentence, follows = "travelling", f"On its way {way}{left}; {count}.", ("ConsignmentReceived",)
    else:
        status, sentence = "unregistered", "No dispatch of it is known."
        follows = ("ConsignmentDispatched", "ConsignmentReceived")
    used_again = [f"its number was dispatched {len(sent.dispatches)} times"] if len(sent.dispatches) > 1 else []
    return Card(
        tag=tag,
        what="consignment",
        status=status,
        sentence=sentence,
        holder=states.state(SITE_STATUS, sent.site).organisation if sent.site else "",
        place=sent.site,
        conditions=(*used_again, *(terms(journey) if status == "travelling" else ())),
        holds=sent.materials,
        next=follows,
    )


def terms(journey: Journey) -> tuple[str, ...]:
    """Under which conditions a consignment travels, in short sentences."""
    low, high = journey.min_celsius, journey.max_celsius
    found = []
    if low and high:
        found.append(f"keep between {low} and {high} °C")
    elif low or high:
        found.append(f"keep above {low} °C" if low else f"keep below {high} °C")
    if journey.due_by is not None:
        found.append(f"due by {clock(journey.due_by)}")
    if journey.seals:
        found.append(f"seals: {', '.join(journey.seals)}")
    if journey.quarantine:
        found.append("sent before release for circulation: hold it on arrival")
    return tuple(found)


def donation(states: States, tag: str) -> Card:
    """The card of a donation: what was collected."""
    given, filled = states.state(DONATION, tag), states.state(FILLED, tag)
    if not given.collections:
        known = ("unregistered", "Facts name it, but no collection of it is known.")
    else:
        bags = len(filled.containers)
        known = ("collected", f"Collected into {bags} container{'' if bags == 1 else 's'}.")
    return Card(
        tag=tag,
        what="donation",
        status=known[0],
        sentence=known[1],
        conditions=("for the patient of its chain only",) if given.autologous else (),
        chain=given.coi,
        product=states.state(CHAIN, given.coi).product,
        holds=filled.containers,
        next=() if given.collections else ("ApheresisPerformed",),
    )


def batch(states: States, tag: str) -> Card:
    """The card of a batch: where it is made, for which chain, how far it is."""
    record, use = states.state(BATCH_RECORD, tag), states.state(BATCH_FOR_USE, tag)
    follows: tuple[str, ...] = ()
    if not record.openings and record.completed_at is None:
        status, sentence = "unregistered", "No opening of it is known."
        follows = ("BatchOpened",)
    elif use.releases:
        some = dict.fromkeys(material for release in use.releases for material in release.materials)
        scope = f": {', '.join(some)}" if some and all(release.materials for release in use.releases) else ""
        status, sentence, follows = "released", f"Released for use{scope}.", ("BedsideIdentityChecked",)
    elif record.terminated_at is not None:
        status, sentence = "terminated", f"Ended before completion at {clock(record.terminated_at)}."
        follows = () if record.remade else ("RemakeStarted",)
    elif record.completed_at is not None:
        status, sentence = "completed", f"Completed at {clock(record.completed_at)}; it waits for release."
        follows = ("PointOfCareReleased",)
    else:
        status, sentence = "open", f"Being made at {record.site or 'a site that is not known'}."
        follows = ("CellsModified", "ManufactureCompleted")
    more = len(record.openings)
    return Card(
        tag=tag,
        what="batch",
        status=status,
        sentence=sentence,
        holder=states.state(SITE_STATUS, record.site).organisation,
        place=record.site,
        conditions=(f"its number was opened {more} times: facts {', '.join(map(str, record.openings))}",)
        if more > 1
        else (),
        chain=record.coi,
        product=record.product,
        holds=record.containers,
        next=follows,
    )
