"""The labels of a container: printed, applied, compared by a second person, or done without at its start."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.administration import AdministrationStarted
from ledger.domain.facts.labels import (
    LabelApplied,
    LabelItem,
    LabelRegime,
    LabelsPrinted,
    LabelsReconciled,
    LabelVerified,
)
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.storage import ContentsTransferred
from ledger.domain.facts.values import CheckOutcome
from ledger.domain.subjects.subject import Entry, Subject

_MOST: Final = 16
"""Print runs, labels and comparisons that a container keeps."""


class PrintRun(Struct, frozen=True, kw_only=True):
    """Labels that were printed at one time, for these containers."""

    position: int
    at: datetime
    materials: tuple[str, ...]
    copies: int


class Label(Struct, frozen=True, kw_only=True):
    """A label on a container."""

    position: int
    regime: LabelRegime
    hazard: bool


class Labels(Struct, frozen=True, kw_only=True):
    """The labels of a container.

    Attributes:
        printed: Print runs.
        applied: Labels on it, newest last.
        verified: Position of the last comparison, 0 for none.
        matched: What it found.
        saved_from: Container whose contents were saved into this one; its labels stayed there.
        counted_at: When its printed labels were counted last; None while they were not.
        claimed: Position of the start that claimed the label exemption; 0 for none.
        begun: Position of its last start; 0 for none.
    """

    printed: tuple[PrintRun, ...] = ()
    applied: tuple[Label, ...] = ()
    verified: int = 0
    matched: CheckOutcome | None = None
    saved_from: str = ""
    counted_at: datetime | None = None
    claimed: int = 0
    begun: int = 0

    @property
    def hazard(self) -> bool:
        """BIOLOGICAL HAZARD is on it."""
        return any(label.hazard for label in self.applied)


def hazardous(fact: LabelApplied) -> bool:
    """Whether a label says BIOLOGICAL HAZARD."""
    return bool(fact.hazard_label) or LabelItem.BIOLOGICAL_HAZARD in fact.items


def _printed(state: Labels, entry: Entry, fact: LabelsPrinted) -> dict[str, Any]:
    tags = tuple(tag_of("material", item) for item in fact.materials)
    run = PrintRun(position=entry.position, at=entry.at, materials=tags, copies=fact.copies)
    return {"printed": (*state.printed, run)[-_MOST:]}


def _applied(state: Labels, entry: Entry, fact: LabelApplied) -> dict[str, Any]:
    label = Label(position=entry.position, regime=fact.regime, hazard=hazardous(fact))
    return {"applied": (*state.applied, label)[-_MOST:]}


def _verified(_state: Labels, entry: Entry, fact: LabelVerified) -> dict[str, Any]:
    return {"verified": entry.position, "matched": fact.outcome}


def _counted(_state: Labels, entry: Entry, _fact: LabelsReconciled) -> dict[str, Any]:
    return {"counted_at": entry.at}


def _saved(_state: Labels, entry: Entry, fact: ContentsTransferred) -> dict[str, Any]:
    filled = tag_of("material", fact.output.material) == entry.tag
    return {"saved_from": tag_of("material", fact.source.material)} if filled else {}


def _started(_state: Labels, entry: Entry, fact: AdministrationStarted) -> dict[str, Any]:
    return {"claimed": entry.position if fact.label_exemption_claimed else 0, "begun": entry.position}


_STEPS: Final[Mapping[str, Callable[[Labels, Entry, Any], dict[str, Any]]]] = MappingProxyType(
    {
        "LabelsPrinted": _printed,
        "LabelApplied": _applied,
        "LabelVerified": _verified,
        "LabelsReconciled": _counted,
        "ContentsTransferred": _saved,
        "AdministrationStarted": _started,
    }
)


def _labels(state: Labels, entry: Entry) -> Labels:
    step = _STEPS.get(entry.content.type)
    return state if step is None else msgspec.structs.replace(state, **step(state, entry, entry.content.fact))


LABELS = Subject(name="Labels", kinds=("material",), types=frozenset(_STEPS), empty=Labels(), fold=_labels)
