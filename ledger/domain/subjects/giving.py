"""Subjects of giving: doses begun, paused, ended or not given; labels on the container; whom a donor gave it for.

Doses are told of a chain and of a container alike: both are named by the facts of an administration.
"""

from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.administration import AdministrationEnded, AdministrationStarted
from ledger.domain.facts.clinical_area import AdministrationPaused, AdministrationResumed, ProductNotAdministered
from ledger.domain.facts.collection import ProcurementPerformed
from ledger.domain.facts.licensing import MasterFileVersionApproved
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.procurement import ApheresisPerformed
from ledger.domain.subjects.subject import Entry, Subject

_MOST: Final = 64


class Doses(Struct, frozen=True, kw_only=True):
    """Doses of one chain, or of one container.

    Attributes:
        started: Positions of the starts.
        ended: Positions of the ends.
        not_given: Positions of what was not given.
        paused: Position of the pause that lasts; 0 while nothing is paused.
        patient: For whom the last one was begun.
    """

    started: tuple[int, ...] = ()
    ended: tuple[int, ...] = ()
    not_given: tuple[int, ...] = ()
    paused: int = 0
    patient: str = ""


def _doses(state: Doses, entry: Entry) -> Doses:
    fact, position = entry.content.fact, entry.position
    if isinstance(fact, AdministrationStarted):
        patient, started = tag_of("patient", fact.patient), (*state.started, position)[-_MOST:]
        return msgspec.structs.replace(state, started=started, paused=0, patient=patient)
    if isinstance(fact, AdministrationPaused):
        return msgspec.structs.replace(state, paused=position)
    if isinstance(fact, AdministrationResumed):
        return msgspec.structs.replace(state, paused=0)
    if isinstance(fact, AdministrationEnded):
        return msgspec.structs.replace(state, ended=(*state.ended, position)[-_MOST:], paused=0)
    if isinstance(fact, ProductNotAdministered):
        return msgspec.structs.replace(state, not_given=(*state.not_given, position)[-_MOST:])
    return state


DOSES = Subject(
    name="Doses",
    kinds=("coi", "material"),
    types=frozenset(
        (
            "AdministrationStarted",
            "AdministrationPaused",
            "AdministrationResumed",
            "AdministrationEnded",
            "ProductNotAdministered",
        )
    ),
    empty=Doses(),
    fold=_doses,
)


class LabelExemption(Struct, frozen=True, kw_only=True):
    """Seconds from completion to use that a master file allows an unlabelled container; None when it gives none."""

    limit_seconds: int | None = None


def _exemption(state: LabelExemption, entry: Entry) -> LabelExemption:
    fact = entry.content.fact
    if not isinstance(fact, MasterFileVersionApproved):
        return state
    return LabelExemption(limit_seconds=fact.label_exemption_limit_seconds)


LABEL_EXEMPTION = Subject(
    name="LabelExemption",
    kinds=("masterfile",),
    types=frozenset(("MasterFileVersionApproved",)),
    empty=LabelExemption(),
    fold=_exemption,
)


class Recipient(Struct, frozen=True, kw_only=True):
    """The one recipient of a directed donation; empty for every other donation."""

    patient: str = ""


def _recipient(state: Recipient, entry: Entry) -> Recipient:
    fact = entry.content.fact
    if not isinstance(fact, ApheresisPerformed | ProcurementPerformed):
        return state
    return Recipient(patient="" if fact.directed is None else tag_of("patient", fact.directed.recipient))


RECIPIENT = Subject(
    name="Recipient",
    kinds=("donation",),
    types=frozenset(("ApheresisPerformed", "ProcurementPerformed")),
    empty=Recipient(),
    fold=_recipient,
    links=lambda state: filter(None, (state.patient,)),
)
