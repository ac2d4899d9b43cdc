"""The card of a container: a bag, a vial, a final container."""

from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from ledger.audit.cards.card import Card, States, clock, quantities, spoken
from ledger.audit.cards.folded import JOURNEY
from ledger.audit.cards.journeys import terms
from ledger.audit.cards.layers import run_by
from ledger.domain.facts.administration import IdentityOutcome
from ledger.domain.subjects.amount import Amounts
from ledger.domain.subjects.batches import BATCH_RECORD, BatchRecord
from ledger.domain.subjects.containers import MATERIAL, Material
from ledger.domain.subjects.custody import CONSIGNMENT, CUSTODY, Consignment, Custody
from ledger.domain.subjects.materials import DONATION
from ledger.domain.subjects.people import BEDSIDE_CHECK, CHAIN, Check
from ledger.domain.subjects.registers import PRODUCT, Product
from ledger.domain.subjects.releases import BATCH_FOR_USE


class Held(Struct, frozen=True, kw_only=True):
    """Everything that subjects know of one container.

    Attributes:
        tag: Its tag.
        material: Its contents and use.
        custody: Where it was last made or put.
        consignment: The consignment that it last went into.
        batch: The batch that made it.
        product: The product of that batch, or of its chain.
        released: Its batch was released for it.
        checked: The last bedside check of it, where that was a match.
        chain: Tag of its chain.
        product_tag: Tag of its product.
        at: The moment asked about.
    """

    tag: str
    material: Material
    custody: Custody
    consignment: Consignment
    batch: BatchRecord
    product: Product
    released: bool
    checked: Check | None
    chain: str
    product_tag: str
    at: datetime

    @property
    def travels(self) -> bool:
        """It was dispatched and has not arrived."""
        return bool(self.custody.consignment) and not self.site

    @property
    def site(self) -> str:
        """Where it is; empty while it travels."""
        return self.custody.site or (self.consignment.site if self.custody.consignment else "")

    @property
    def limit(self) -> datetime | None:
        """The earliest of the limits on its use: the label, the shelf life, the in-use limit."""
        return min(filter(None, (self.material.expires_at, *(moment for _, moment in self.limits()))), default=None)

    def limits(self) -> list[tuple[str, datetime]]:
        """Limits that its product sets from the completion of manufacture."""
        data, completed = self.product.data, self.material.completed_at
        if data is None or completed is None:
            return []
        named = (("shelf life", data.shelf_life_seconds), ("in-use limit", data.in_use_limit_seconds))
        return [(name, completed + timedelta(seconds=seconds)) for name, seconds in named if seconds is not None]


def container(states: States, tag: str) -> Card:
    """The card of one container."""
    held = _held(states, tag)
    status, sentence, follows = _standing(held)
    material, done = held.material, status in _DONE
    held_at = "" if material.emptied_by else held.site  # nobody holds what is gone
    return Card(
        tag=tag,
        what=_what(held),
        status=status,
        sentence=sentence,
        holder=run_by(states, held_at) if held_at and not held.travels else "",
        place=held.custody.consignment if held.travels else held_at,
        remaining=quantities(_left(material)),
        expires_at=None if done else held.limit,
        conditions=() if done else _conditions(states, held),
        chain=held.chain,
        donation=material.donation,
        batch=material.batch,
        product=held.product_tag,
        holds=material.into,
        next=follows,
    )


def _left(material: Material) -> Amounts:
    """What is left. Of an emptied container only what cannot be is shown: more was taken than was there."""
    if not material.emptied_by:
        return material.remaining
    return tuple(row for row in material.remaining if row[2] < 0)


def _held(states: States, tag: str) -> Held:
    material, custody = states.state(MATERIAL, tag), states.state(CUSTODY, tag)
    batch, releases = states.state(BATCH_RECORD, material.batch), states.state(BATCH_FOR_USE, material.batch)
    chain = material.coi or batch.coi
    product = batch.product or states.state(CHAIN, chain).product
    checks = states.state(BEDSIDE_CHECK, tag).checks
    matched = checks and checks[-1].outcome == IdentityOutcome.MATCH and not checks[-1].differs
    return Held(
        tag=tag,
        material=material,
        custody=custody,
        consignment=states.state(CONSIGNMENT, custody.consignment),
        batch=batch,
        product=states.state(PRODUCT, product),
        released=bool(material.batch) and bool(releases.of(tag, material.completed_at)),
        checked=checks[-1] if matched else None,
        chain=chain,
        product_tag=product,
        at=states.at,
    )


def _what(held: Held) -> str:
    if held.material.completed_at is not None:
        return "final container"
    if held.material.batch:
        return "cells in process"
    return "collected cells" if held.material.donation else "container"


Standing = tuple[str, str, tuple[str, ...]]
"""Status, sentence, and the fact types that naturally come next."""

_DONE: Final = ("given", "used")
"""When nothing more is to be done with it, limits and conditions have nothing to say."""

_USE: Final = ("BatchOpened", "CellsModified", "ManufactureCompleted")
_KEPT: Final = ("ConsignmentDispatched", *_USE)


def _standing(held: Held) -> Standing:
    """How it stands. What has happened to it comes first, what may be done with it after."""
    material = held.material
    if material.under_way or material.ends or material.emptied_by:
        return _spent(material)
    if held.travels:
        return "travelling", _travelling(held), ("ConsignmentReceived",)
    if held.limit is not None and held.at > held.limit:
        return "expired", f"It expired at {clock(held.limit)}: it is not to be used.", ()
    if not material.origins:
        unknown = "Facts name it, but where it came from was never recorded: no collection or manufacture filled it."
        return "unregistered", unknown, ()
    return _kept(held)


def _spent(material: Material) -> Standing:
    if material.under_way:
        return "started", "It is being given now.", ("AdministrationEnded",)
    if material.ends:
        return "given", _ended(material), ()
    return "used", f"Nothing is left of it: fact {material.emptied_by[-1]} used or destroyed it all.", ()


def _kept(held: Held) -> Standing:
    material, at = held.material, f"at {held.site}" if held.site else "at a site that is not known"
    if held.released and held.checked is not None:
        checked = f"Released, and checked against its patient in fact {held.checked.position}."
        return "checked", checked, ("AdministrationStarted",)
    if held.released:
        return "released", f"Released for use, {at}.", ("BedsideIdentityChecked",)
    if material.completed_at is not None:
        completed = f"Completed at {clock(material.completed_at)}, {at}; it waits for release."
        return "completed", completed, ("PointOfCareReleased",)
    if held.custody.consignment:
        return _in_a_box(held, at)
    made = f", at {clock(material.made_at)}" if material.made_at is not None else ""
    if material.batch:
        return "made", f"Made in {material.batch}{made}; it is {at}.", _KEPT
    return "collected", f"Collected as {material.donation}{made}; it is {at}.", _KEPT


def _in_a_box(held: Held, at: str) -> Standing:
    box = held.custody.consignment
    if not held.custody.site and not held.consignment.dispatches:
        return "packed", f"Packed in {box}, {at}.", ("ConsignmentDispatched",)
    return "received", f"Received from {box}, {at}.", _KEPT


def _ended(material: Material) -> str:
    left = spoken(material.remaining)
    kept = "" if material.emptied_by or not left else f" What is left of it: {left}."
    return f"It was given: fact {material.ends[-1]} ended it.{kept}"


def _travelling(held: Held) -> str:
    return (
        f"Travelling in {held.custody.consignment}, from {held.consignment.origin} to {held.consignment.destination}."
    )


def _conditions(states: States, held: Held) -> tuple[str, ...]:
    found = []
    if states.state(DONATION, held.material.donation).autologous or _for_one_patient(held):
        found.append("for the patient of its chain only")
    if held.travels:
        found += terms(states.state(JOURNEY, held.custody.consignment))
    if held.material.expires_at is not None:
        found.append(f"label: use by {clock(held.material.expires_at)}")
    found += [f"{name}: use by {clock(moment)}" for name, moment in held.limits()]
    if held.product.data is not None and held.product.data.gene_modified and held.material.batch:
        found.append("genetically modified: handle it as contained use asks")
    if held.custody.missing:
        found.append(f"missing at the stock count of fact {held.custody.missing}")
    if len(held.material.origins) > 1:
        numbers = ", ".join(map(str, held.material.origins))
        found.append(f"its number was used more than once: facts {numbers} each filled it")
    return tuple(found)


def _for_one_patient(held: Held) -> bool:
    return bool(held.material.batch) and held.product.data is not None and held.product.data.patient_specific
