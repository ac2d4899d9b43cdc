"""Subjects of patients, donors and chains: whose therapy, with whose consent, identified by whom."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.administration import BedsideIdentityChecked, IdentityOutcome
from ledger.domain.facts.collection import ProcurementPerformed
from ledger.domain.facts.enrolment import (
    CoiAssigned,
    ConsentKind,
    ConsentRecorded,
    ConsentWithdrawn,
    TherapyPrescribed,
)
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.ordering import (
    ChainClosed,
    ChainOutcome,
    DesignFileBound,
    OrderAccepted,
    OrderCancelled,
    OrderPlaced,
    PrescriptionCancelled,
    TreatingSiteChanged,
)
from ledger.domain.facts.procurement import ApheresisPerformed
from ledger.domain.facts.values import CheckOutcome, IntendedUse
from ledger.domain.subjects.excursions import newest
from ledger.domain.subjects.subject import Entry, Subject

MOST_DESIGNS: Final = 64
"""Design files that one chain remembers."""


class Order(Struct, frozen=True, kw_only=True):
    """One order, as placed or as accepted.

    Attributes:
        position: The fact.
        reference: Order reference.
        site: Where it was placed; empty for an acceptance.
    """

    position: int
    reference: str
    site: str = ""


class Chain(Struct, frozen=True, kw_only=True):
    """One chain of identity: one order, all its collections and planned doses.

    Attributes:
        assigned: Position of its assignment.
        prescriptions: Positions of the prescriptions that stand.
        collections: Donations collected for it.
        designs: (patient, SHA-256) of the design files bound to it.
        orders: Positions of the orders that stand, placed or accepted.
        eligible: Position of the confirmation of eligibility.
        treating_site: Site that took over the treatment; empty while nothing changed.
        go_ahead: Position of the newest go-ahead for the last step.
        ready: Position of the newest confirmation that the patient can be treated.
        closed: Position of its closure.
        outcome: How it ended.
    """

    assigned: int = 0
    patient: str = ""
    product: str = ""
    intended_use: IntendedUse | None = None
    prescriptions: tuple[int, ...] = ()
    collections: tuple[str, ...] = ()
    designs: tuple[tuple[str, bytes], ...] = ()
    orders: tuple[Order, ...] = ()
    eligible: int = 0
    treating_site: str = ""
    go_ahead: int = 0
    ready: int = 0
    closed: int = 0
    outcome: ChainOutcome | None = None


def _chain(state: Chain, entry: Entry) -> Chain:
    fact = entry.content.fact
    if isinstance(fact, CoiAssigned):
        return msgspec.structs.replace(
            state,
            assigned=state.assigned or entry.position,
            patient=state.patient or tag_of("patient", fact.patient),
            product=tag_of("product", fact.product) or state.product,
            intended_use=fact.intended_use,
        )
    if isinstance(fact, TherapyPrescribed):
        product = state.product or tag_of("product", fact.product)
        return msgspec.structs.replace(
            state, product=product, prescriptions=newest(state.prescriptions, entry.position)
        )
    if isinstance(fact, ApheresisPerformed | ProcurementPerformed):
        donation = tag_of("donation", fact.donation)
        return msgspec.structs.replace(state, collections=newest(state.collections, donation))
    if isinstance(fact, DesignFileBound):
        bound = (tag_of("patient", fact.patient), fact.design.sha256)
        return msgspec.structs.replace(state, designs=(*state.designs, bound)[-MOST_DESIGNS:])
    return _course(state, entry)


def _course(state: Chain, entry: Entry) -> Chain:
    """Orders, eligibility, readiness and the end."""
    fact, position = entry.content.fact, entry.position
    if isinstance(fact, PrescriptionCancelled):
        left = tuple(item for item in state.prescriptions if item != fact.prescription)
        return msgspec.structs.replace(state, prescriptions=left)
    if isinstance(fact, OrderPlaced | OrderAccepted):
        site = tag_of("site", entry.content.envelope.place.site) if isinstance(fact, OrderPlaced) else ""
        order = Order(position=position, reference=fact.order, site=site)
        state = msgspec.structs.replace(state, orders=(*state.orders, order)[-_MOST_ORDERS:])
    if isinstance(fact, OrderCancelled):
        orders = tuple(item for item in state.orders if fact.order not in (None, item.reference))
        state = msgspec.structs.replace(state, orders=orders)
    one = _LAST.get(entry.content.type)
    if one is not None:
        state = msgspec.structs.replace(state, **{one: position})
    if isinstance(fact, TreatingSiteChanged):
        return msgspec.structs.replace(state, treating_site=tag_of("site", fact.joining))
    if isinstance(fact, ChainClosed):
        return msgspec.structs.replace(state, outcome=fact.outcome)
    return state


_MOST_ORDERS: Final = 32

_LAST: Final[Mapping[str, str]] = MappingProxyType(
    {
        "EligibilityConfirmed": "eligible",
        "ClinicalGoAheadGiven": "go_ahead",
        "ReadyToTreatConfirmed": "ready",
        "ChainClosed": "closed",
    }
)
"""Fact types of which the newest position is kept, with the field that keeps it."""


def _chain_links(state: Chain) -> Iterable[str]:
    return filter(None, (state.patient, state.product, *(order.site for order in state.orders)))


CHAIN = Subject(
    name="Chain",
    kinds=("coi",),
    types=frozenset(
        (
            "CoiAssigned",
            "TherapyPrescribed",
            "PrescriptionCancelled",
            "ApheresisPerformed",
            "ProcurementPerformed",
            "DesignFileBound",
            "OrderPlaced",
            "OrderAccepted",
            "OrderCancelled",
            "TreatingSiteChanged",
            *_LAST,
        )
    ),
    empty=Chain(),
    fold=_chain,
    links=_chain_links,
)


class Said(Struct, frozen=True, kw_only=True):
    """One consent or withdrawal: of some kinds, for one chain or, where that is empty, for all."""

    at: datetime
    position: int
    consents: bool
    kinds: frozenset[ConsentKind]
    coi: str = ""
    disposal: bool = False


class Consent(Struct, frozen=True, kw_only=True):
    """Kinds of consent given and withdrawn; each for one chain (its tag) or for all (empty).

    Attributes:
        given: In force.
        withdrawn: Withdrawn for one chain.
        ever: Kinds that anything was ever said of; of the others the ledger knows nothing.
        disposal: The donor gave an instruction, or a wish on withdrawal, for what is to become of the rest.
        said: The newest consents and withdrawals, oldest first, to be told together with those under other pseudonyms.
    """

    given: frozenset[tuple[ConsentKind, str]] = frozenset()
    withdrawn: frozenset[tuple[ConsentKind, str]] = frozenset()
    ever: frozenset[ConsentKind] = frozenset()
    disposal: bool = False
    said: tuple[Said, ...] = ()

    def covers(self, kind: ConsentKind, coi: str) -> bool:
        """Whether a kind of consent is in force for a chain."""
        return bool({(kind, ""), (kind, coi)} & self.given) and (kind, coi) not in self.withdrawn


def told_together(states: Iterable[Consent]) -> Consent:
    """Returns what one patient said under several pseudonyms, in the order of time."""
    whole = Consent()
    for item in sorted((item for state in states for item in state.said), key=lambda item: (item.at, item.position)):
        whole = _after(whole, item)
    return whole


def _after(state: Consent, item: Said) -> Consent:
    coi, kinds = item.coi, item.kinds
    if item.consents:
        given = state.given | {(kind, coi) for kind in kinds}
        withdrawn = frozenset((kind, of) for kind, of in state.withdrawn if kind not in kinds or coi not in ("", of))
    else:
        given = frozenset((kind, of) for kind, of in state.given if kind not in kinds or coi not in ("", of))
        withdrawn = state.withdrawn | {(kind, coi) for kind in kinds if coi}
    return Consent(
        given=given,
        withdrawn=withdrawn,
        ever=state.ever | kinds,
        disposal=state.disposal or item.disposal,
        said=(*state.said, item)[-_MOST_SAID:],
    )


_MOST_SAID: Final = 256


def _consent(state: Consent, entry: Entry) -> Consent:
    fact = entry.content.fact
    if isinstance(fact, ConsentRecorded):
        kinds, disposal = fact.kinds, fact.disposal_instruction
    elif isinstance(fact, ConsentWithdrawn):
        kinds, disposal = fact.kinds or tuple(ConsentKind), fact.disposal_wish
    else:
        return state
    item = Said(
        at=entry.at,
        position=entry.position,
        consents=isinstance(fact, ConsentRecorded),
        kinds=frozenset(kinds),
        coi=tag_of("coi", fact.coi),
        disposal=disposal is not None,
    )
    return _after(state, item)


CONSENT = Subject(
    name="Consent",
    kinds=("patient", "donor"),
    types=frozenset(("ConsentRecorded", "ConsentWithdrawn")),
    empty=Consent(),
    fold=_consent,
)


class Check(Struct, frozen=True, kw_only=True):
    """One bedside identity check of a container."""

    position: int
    at: datetime
    patient: str
    scanned: str
    coi: str
    outcome: IdentityOutcome
    matched: int
    differs: bool
    people: tuple[str, ...]
    electronic: bool


class BedsideCheck(Struct, frozen=True, kw_only=True):
    """The last identity checks of one container."""

    checks: tuple[Check, ...] = ()


def _bedside(state: BedsideCheck, entry: Entry) -> BedsideCheck:
    fact = entry.content.fact
    if not isinstance(fact, BedsideIdentityChecked):
        return state
    envelope = entry.content.envelope
    outcomes = [check.outcome for check in fact.checks]
    check = Check(
        position=entry.position,
        at=entry.at,
        patient=tag_of("patient", fact.patient),
        scanned=tag_of("patient", fact.scanned_patient),
        coi=tag_of("coi", fact.coi),
        outcome=fact.outcome,
        matched=outcomes.count(CheckOutcome.MATCH),
        differs=CheckOutcome.DIFFERS in outcomes,
        people=tuple(tag_of("person", person) for person in (envelope.performed_by, *envelope.verified_by)),
        electronic=envelope.electronic_check is not None,
    )
    return BedsideCheck(checks=(*state.checks, check)[-8:])


def _bedside_links(state: BedsideCheck) -> Iterable[str]:
    return dict.fromkeys(person for check in state.checks for person in check.people)


BEDSIDE_CHECK = Subject(
    name="BedsideCheck",
    kinds=("material",),
    types=frozenset(("BedsideIdentityChecked",)),
    empty=BedsideCheck(),
    fold=_bedside,
    links=_bedside_links,
)
