"""Subjects of what settles: deviations confirmed and assessed, decisions to proceed, second names, linked patients."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.holding import QuarantineLifted
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.patients import PatientRecordsLinked
from ledger.domain.facts.safety import DeviationClass, DeviationClosed, DeviationRaised
from ledger.domain.facts.settling import (
    DeviationAssessed,
    DeviationConfirmed,
    DeviationOutcome,
    IdentifierLinked,
    ProceedingAgainstRefusal,
)
from ledger.domain.subjects.subject import Entry, Subject

_MOST: Final = 16
"""Decisions to proceed that a container keeps, and pseudonyms that lead to one."""


class Deviation(Struct, frozen=True, kw_only=True):
    """A deviation, by the number that the ledger gave it.

    Attributes:
        raised: Position of the fact that raised it, when somebody raised it; a deviation that the ledger opened has 0.
        severity: How grave, when somebody raised it.
        owner: Who looks after it, when somebody was named.
        due: Last day on which it is closed in time, `YYYY-MM-DD`; empty when no day was set.
        confirmed: Position of the second person's confirmation; provisional until then.
        assessed: Position of the newest assessment.
        outcome: What it said.
        for_patient: The patient, for use for one patient only.
        closed: Position of the closure.
        closed_at: When it was closed.
        cured: Rules that hold since the missing fact came late, whatever that fact is about.
    """

    raised: int = 0
    severity: DeviationClass | None = None
    owner: str = ""
    due: str = ""
    confirmed: int = 0
    assessed: int = 0
    outcome: DeviationOutcome | None = None
    for_patient: str = ""
    closed: int = 0
    closed_at: datetime | None = None
    cured: tuple[str, ...] = ()

    def lifted(self, patient: str) -> bool:
        """Whether what depends on it may be used for a patient (design: assessment by the owner of the risk)."""
        if self.outcome is DeviationOutcome.USE_FOR_THIS_PATIENT_ONLY:
            return self.for_patient in ("", patient)
        return self.outcome is DeviationOutcome.USE


def _cured(state: Deviation, rules: tuple[str, ...]) -> Deviation:
    return msgspec.structs.replace(state, cured=tuple(sorted({*state.cured, *rules})))


def _deviation(state: Deviation, entry: Entry) -> Deviation:
    fact = entry.content.fact
    if isinstance(fact, DeviationRaised):
        owner, due = tag_of("person", fact.owner), fact.due or ""
        return msgspec.structs.replace(state, raised=entry.position, severity=fact.severity, owner=owner, due=due)
    if isinstance(fact, DeviationConfirmed):
        return msgspec.structs.replace(state, confirmed=entry.position)
    if isinstance(fact, DeviationAssessed):
        patient = tag_of("patient", fact.for_patient)
        return msgspec.structs.replace(state, assessed=entry.position, outcome=fact.outcome, for_patient=patient)
    if isinstance(fact, DeviationClosed):
        return msgspec.structs.replace(state, closed=entry.position, closed_at=entry.at)
    if isinstance(fact, QuarantineLifted) and tag_of("deviation", fact.deviation) == entry.tag:
        patient = tag_of("patient", fact.for_patient)
        outcome = DeviationOutcome.USE_FOR_THIS_PATIENT_ONLY if patient else DeviationOutcome.USE
        return msgspec.structs.replace(state, assessed=entry.position, outcome=outcome, for_patient=patient)
    return state


DEVIATION = Subject(
    name="Deviation",
    kinds=("deviation",),
    types=frozenset(
        ("DeviationRaised", "DeviationConfirmed", "DeviationAssessed", "DeviationClosed", "QuarantineLifted")
    ),
    empty=Deviation(),
    fold=_deviation,
    cure=_cured,
)


class Decided(Struct, frozen=True, kw_only=True):
    """One decision to go on against a refusal."""

    position: int
    at: datetime
    refusal: int
    patient: str
    rules: tuple[str, ...]


class Proceeding(Struct, frozen=True, kw_only=True):
    """Decisions to go on with one container, newest last."""

    decisions: tuple[Decided, ...] = ()


def _proceeding(state: Proceeding, entry: Entry) -> Proceeding:
    fact = entry.content.fact
    if not isinstance(fact, ProceedingAgainstRefusal):
        return state
    decided = Decided(
        position=entry.position,
        at=entry.at,
        refusal=fact.position,
        patient=tag_of("patient", fact.patient),
        rules=fact.rules,
    )
    return Proceeding(decisions=(*state.decisions, decided)[-_MOST:])


PROCEEDING = Subject(
    name="Proceeding",
    kinds=("material",),
    types=frozenset(("ProceedingAgainstRefusal",)),
    empty=Proceeding(),
    fold=_proceeding,
)


class PatientLinks(Struct, frozen=True, kw_only=True):
    """How one pseudonym is linked to others of the same patient.

    Attributes:
        survivor: The pseudonym to which this one leads; empty while it stands for itself.
        superseded: Pseudonyms that lead to this one.
    """

    survivor: str = ""
    superseded: tuple[str, ...] = ()


def _patient_links(state: PatientLinks, entry: Entry) -> PatientLinks:
    fact = entry.content.fact
    if not isinstance(fact, PatientRecordsLinked):
        return state
    survivor, superseded = tag_of("patient", fact.survivor), tag_of("patient", fact.superseded)
    if superseded == entry.tag:
        state = msgspec.structs.replace(state, survivor=survivor)
    if survivor == entry.tag:
        known = tuple(dict.fromkeys((*state.superseded, superseded)))
        state = msgspec.structs.replace(state, superseded=known[-_MOST:])
    return state


def _same_patient(state: PatientLinks) -> Iterable[str]:
    return filter(None, (state.survivor, *state.superseded))


PATIENT_LINKS = Subject(
    name="PatientLinks",
    kinds=("patient",),
    types=frozenset(("PatientRecordsLinked",)),
    empty=PatientLinks(),
    fold=_patient_links,
    links=_same_patient,
)


class Names(Struct, frozen=True, kw_only=True):
    """The first name of a thing that is known by another one too; empty for a first name."""

    first: str = ""


def _names(state: Names, entry: Entry) -> Names:
    fact = entry.content.fact
    if isinstance(fact, IdentifierLinked):
        first, other = fact.names()
        if other == entry.tag and first != other:
            return Names(first=first)
    return state


def _first(state: Names) -> Iterable[str]:
    return filter(None, (state.first,))


NAMES = Subject(
    name="Names",
    kinds=("material", "donation", "batch", "lot", "consignment"),
    types=frozenset(("IdentifierLinked",)),
    empty=Names(),
    fold=_names,
    links=_first,
)
