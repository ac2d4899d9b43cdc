"""Subjects of a batch for use: who released it, under which conditions, and for whom out of specification."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.certification import QpCertificationConfirmed, QpCertified, QualityControllerReleased
from ledger.domain.facts.exceptional_supply import (
    OutOfSpecificationRiskEvaluated,
    OutOfSpecificationSupplyAccepted,
    OutOfSpecificationSupplyRequested,
)
from ledger.domain.facts.importing import ImportVerified
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.release import PointOfCareReleased
from ledger.domain.facts.values import Identifier
from ledger.domain.subjects.subject import Entry, Subject

MOST_RELEASES: Final = 256
"""Releases kept of one batch: a batch has at most so many containers, each of which may be released alone."""

_MOST: Final = 32
"""Requests, evaluations and acceptances kept of one batch, newest last."""


class Authority(StrEnum):
    """Who said that a batch may be used."""

    QUALIFIED_PERSON = "a QP's certification"
    QUALITY_CONTROLLER = "a quality controller's release"
    POINT_OF_CARE = "a release at the point of care"
    IMPORT = "a verified import"


class Release(Struct, frozen=True, kw_only=True):
    """One release of a batch.

    Attributes:
        position: The decision.
        at: When it took effect.
        authority: Who made it.
        materials: Containers released; none means the whole batch, as it was completed by then.
        outstanding: Tests whose results come later: it is conditional.
        licence: Licence on which the QP, or the responsible person (import), is named.
        specification: Specification that it meets.
        confirmed: Position of the confirmation of a conditional certification.
    """

    position: int
    at: datetime
    authority: Authority
    materials: tuple[str, ...] = ()
    outstanding: tuple[str, ...] = ()
    licence: str = ""
    specification: str = ""
    confirmed: int = 0

    def covers(self, material: str, completed: datetime | None) -> bool:
        """Whether a container of the batch, completed at a time, is among what was released."""
        if self.materials:
            return material in self.materials
        return completed is None or completed <= self.at


class BatchForUse(Struct, frozen=True, kw_only=True):
    """Who released a batch, oldest first."""

    releases: tuple[Release, ...] = ()

    def of(self, material: str, completed: datetime | None) -> tuple[Release, ...]:
        """Releases that cover a container; its completion, where that is known, was before that of a whole batch."""
        return tuple(release for release in self.releases if release.covers(material, completed))

    def conditional(self) -> Release | None:
        """The newest certification that waits for late results."""
        waiting = (item for item in reversed(self.releases) if item.outstanding and not item.confirmed)
        return next((item for item in waiting if item.authority is Authority.QUALIFIED_PERSON), None)


def _tags(items: tuple[Identifier, ...]) -> tuple[str, ...]:
    return tuple(tag_of("material", item) for item in items)


def _release(entry: Entry) -> Release | None:
    fact = entry.content.fact
    if isinstance(fact, PointOfCareReleased):
        return Release(
            position=entry.position,
            at=entry.at,
            authority=Authority.POINT_OF_CARE,
            materials=_tags(fact.materials),
            outstanding=fact.outstanding_tests,
        )
    if isinstance(fact, QpCertified):
        return Release(
            position=entry.position,
            at=entry.at,
            authority=Authority.QUALIFIED_PERSON,
            materials=_tags(fact.materials),
            outstanding=fact.outstanding_tests,
            licence=tag_of("licence", fact.licence),
            specification=tag_of("specification", fact.specification),
        )
    if isinstance(fact, ImportVerified):
        licence = tag_of("licence", fact.licence)
        return Release(position=entry.position, at=entry.at, authority=Authority.IMPORT, licence=licence)
    if isinstance(fact, QualityControllerReleased):
        return Release(
            position=entry.position,
            at=entry.at,
            authority=Authority.QUALITY_CONTROLLER,
            materials=_tags(fact.materials),
            specification=tag_of("specification", fact.specification),
        )
    return None


def _batch_for_use(state: BatchForUse, entry: Entry) -> BatchForUse:
    if isinstance(entry.content.fact, QpCertificationConfirmed):
        waiting = state.conditional()
        confirmed = tuple(
            msgspec.structs.replace(item, confirmed=entry.position) if item is waiting else item
            for item in state.releases
        )
        return BatchForUse(releases=confirmed)
    release = _release(entry)
    return state if release is None else BatchForUse(releases=(*state.releases, release)[-MOST_RELEASES:])


def _licences(state: BatchForUse) -> Iterable[str]:
    return dict.fromkeys(release.licence for release in state.releases if release.licence)


BATCH_FOR_USE = Subject(
    name="BatchForUse",
    kinds=("batch",),
    types=frozenset(
        (
            "PointOfCareReleased",
            "QpCertified",
            "QpCertificationConfirmed",
            "QualityControllerReleased",
            "ImportVerified",
        )
    ),
    empty=BatchForUse(),
    fold=_batch_for_use,
    links=_licences,
)


class Request(Struct, frozen=True, kw_only=True):
    """The treating physician asked for a product out of specification."""

    position: int
    coi: str
    patient: str
    materials: tuple[str, ...]


class Evaluation(Struct, frozen=True, kw_only=True):
    """The manufacturer evaluated the risk of the tests that fail."""

    position: int
    coi: str
    tests: tuple[str, ...]


class Acceptance(Struct, frozen=True, kw_only=True):
    """The treating physician accepted it; `informed` when the evaluation was read and the patient told."""

    position: int
    coi: str
    patient: str
    informed: bool


class ExceptionalSupply(Struct, frozen=True, kw_only=True):
    """Supply of a batch out of specification: the three facts, each for one patient (EU GMP Part IV 11.53)."""

    requests: tuple[Request, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()
    acceptances: tuple[Acceptance, ...] = ()


def _exceptional(state: ExceptionalSupply, entry: Entry) -> ExceptionalSupply:
    fact = entry.content.fact
    if isinstance(fact, OutOfSpecificationSupplyRequested):
        request = Request(
            position=entry.position,
            coi=tag_of("coi", fact.coi),
            patient=tag_of("patient", fact.patient),
            materials=_tags(fact.materials),
        )
        return msgspec.structs.replace(state, requests=(*state.requests, request)[-_MOST:])
    if isinstance(fact, OutOfSpecificationRiskEvaluated):
        evaluation = Evaluation(position=entry.position, coi=tag_of("coi", fact.coi), tests=fact.failing_tests)
        return msgspec.structs.replace(state, evaluations=(*state.evaluations, evaluation)[-_MOST:])
    if isinstance(fact, OutOfSpecificationSupplyAccepted):
        acceptance = Acceptance(
            position=entry.position,
            coi=tag_of("coi", fact.coi),
            patient=tag_of("patient", fact.patient),
            informed=fact.evaluation_read and fact.patient_informed,
        )
        return msgspec.structs.replace(state, acceptances=(*state.acceptances, acceptance)[-_MOST:])
    return state


EXCEPTIONAL_SUPPLY = Subject(
    name="ExceptionalSupply",
    kinds=("batch",),
    types=frozenset(
        ("OutOfSpecificationSupplyRequested", "OutOfSpecificationRiskEvaluated", "OutOfSpecificationSupplyAccepted")
    ),
    empty=ExceptionalSupply(),
    fold=_exceptional,
)
