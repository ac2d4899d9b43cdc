"""Subjects of patients, donors and chains: whose therapy, with whose consent, identified by whom."""

from collections.abc import Iterable
from datetime import datetime
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
from ledger.domain.facts.ordering import DesignFileBound
from ledger.domain.facts.procurement import ApheresisPerformed, DonorIdentified
from ledger.domain.facts.values import CheckOutcome, IntendedUse
from ledger.domain.subjects.subject import Entry, Subject

MOST_DESIGNS: Final = 64
"""Design files that one chain remembers."""


class Chain(Struct, frozen=True, kw_only=True):
    """One chain of identity: one order, all its collections and planned doses; designs are (patient, SHA-256)."""

    assigned: int = 0
    patient: str = ""
    product: str = ""
    intended_use: IntendedUse | None = None
    prescriptions: tuple[int, ...] = ()
    collections: tuple[str, ...] = ()
    designs: tuple[tuple[str, bytes], ...] = ()


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
        return msgspec.structs.replace(state, product=product, prescriptions=(*state.prescriptions, entry.position))
    if isinstance(fact, ApheresisPerformed | ProcurementPerformed):
        donation = tag_of("donation", fact.donation)
        return msgspec.structs.replace(state, collections=(*state.collections, donation))
    if isinstance(fact, DesignFileBound):
        bound = (tag_of("patient", fact.patient), fact.design.sha256)
        return msgspec.structs.replace(state, designs=(*state.designs, bound)[-MOST_DESIGNS:])
    return state


def _chain_links(state: Chain) -> Iterable[str]:
    return filter(None, (state.patient, state.product))


CHAIN = Subject(
    name="Chain",
    kinds=("coi",),
    types=frozenset(
        ("CoiAssigned", "TherapyPrescribed", "ApheresisPerformed", "ProcurementPerformed", "DesignFileBound")
    ),
    empty=Chain(),
    fold=_chain,
    links=_chain_links,
)


class Consent(Struct, frozen=True, kw_only=True):
    """Kinds of consent given and withdrawn; each for one chain (its tag) or for all (empty)."""

    given: frozenset[tuple[ConsentKind, str]] = frozenset()
    withdrawn: frozenset[tuple[ConsentKind, str]] = frozenset()

    def covers(self, kind: ConsentKind, coi: str) -> bool:
        """Whether a kind of consent is in force for a chain."""
        return bool({(kind, ""), (kind, coi)} & self.given) and (kind, coi) not in self.withdrawn


def _consent(state: Consent, entry: Entry) -> Consent:
    fact = entry.content.fact
    if isinstance(fact, ConsentRecorded):
        coi = tag_of("coi", fact.coi)
        kept = {(kind, of) for kind, of in state.withdrawn if kind not in fact.kinds or coi not in ("", of)}
        return Consent(given=state.given | {(kind, coi) for kind in fact.kinds}, withdrawn=frozenset(kept))
    if isinstance(fact, ConsentWithdrawn):
        coi, kinds = tag_of("coi", fact.coi), set(fact.kinds or ConsentKind)
        left = {(kind, of) for kind, of in state.given if kind not in kinds or coi not in ("", of)}
        return Consent(given=frozenset(left), withdrawn=state.withdrawn | {(kind, coi) for kind in kinds if coi})
    return state


CONSENT = Subject(
    name="Consent",
    kinds=("patient", "donor"),
    types=frozenset(("ConsentRecorded", "ConsentWithdrawn")),
    empty=Consent(),
    fold=_consent,
)


class Identification(Struct, frozen=True, kw_only=True):
    """One time that a donor was identified."""

    position: int
    coi: str
    at: datetime
    in_person: bool
    establishment: str
    matched: int
    differs: bool


class Donor(Struct, frozen=True, kw_only=True):
    """How and when a patient or donor was identified."""

    identifications: tuple[Identification, ...] = ()


def _donor(state: Donor, entry: Entry) -> Donor:
    fact = entry.content.fact
    if not isinstance(fact, DonorIdentified):
        return state
    outcomes = [check.outcome for check in fact.checks]
    scanned = tag_of("patient", fact.scanned_patient)
    seen = Identification(
        position=entry.position,
        coi=tag_of("coi", fact.coi),
        at=entry.at,
        in_person=fact.how == "IDENTIFICATION_METHOD_IN_PERSON",
        establishment=tag_of("organisation", fact.establishment),
        matched=outcomes.count(CheckOutcome.MATCH),
        differs=CheckOutcome.DIFFERS in outcomes or scanned not in ("", entry.tag),
    )
    return Donor(identifications=(*state.identifications, seen)[-16:])


DONOR = Subject(
    name="Donor",
    kinds=("patient", "donor"),
    types=frozenset(("DonorIdentified",)),
    empty=Donor(),
    fold=_donor,
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
