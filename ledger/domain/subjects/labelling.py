"""The labels of a container: printed, applied, compared by a second person, or done without at its start."""

from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.administration import AdministrationStarted
from ledger.domain.facts.labels import LabelApplied, LabelItem, LabelRegime, LabelsPrinted, LabelVerified
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.storage import ContentsTransferred
from ledger.domain.facts.values import CheckOutcome
from ledger.domain.subjects.subject import Entry, Subject

_MOST: Final = 16
"""Print runs, labels and comparisons that a container keeps."""


class PrintRun(Struct, frozen=True, kw_only=True):
    """Labels that were printed at one time, for these containers."""

    position: int
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
        claimed: Position of the start that claimed the label exemption; 0 for none.
    """

    printed: tuple[PrintRun, ...] = ()
    applied: tuple[Label, ...] = ()
    verified: int = 0
    matched: CheckOutcome | None = None
    saved_from: str = ""
    claimed: int = 0

    @property
    def hazard(self) -> bool:
        """BIOLOGICAL HAZARD is on it."""
        return any(label.hazard for label in self.applied)


def hazardous(fact: LabelApplied) -> bool:
    """Whether a label says BIOLOGICAL HAZARD."""
    return bool(fact.hazard_label) or LabelItem.BIOLOGICAL_HAZARD in fact.items


def _labels(state: Labels, entry: Entry) -> Labels:
    fact = entry.content.fact
    if isinstance(fact, LabelsPrinted):
        tags = tuple(tag_of("material", item) for item in fact.materials)
        run = PrintRun(position=entry.position, materials=tags, copies=fact.copies)
        return msgspec.structs.replace(state, printed=(*state.printed, run)[-_MOST:])
    if isinstance(fact, LabelApplied):
        label = Label(position=entry.position, regime=fact.regime, hazard=hazardous(fact))
        return msgspec.structs.replace(state, applied=(*state.applied, label)[-_MOST:])
    if isinstance(fact, LabelVerified):
        return msgspec.structs.replace(state, verified=entry.position, matched=fact.outcome)
    if isinstance(fact, ContentsTransferred) and tag_of("material", fact.output.material) == entry.tag:
        return msgspec.structs.replace(state, saved_from=tag_of("material", fact.source.material))
    if isinstance(fact, AdministrationStarted):
        return msgspec.structs.replace(state, claimed=entry.position if fact.label_exemption_claimed else 0)
    return state


LABELS = Subject(
    name="Labels",
    kinds=("material",),
    types=frozenset(("LabelsPrinted", "LabelApplied", "LabelVerified", "ContentsTransferred", "AdministrationStarted")),
    empty=Labels(),
    fold=_labels,
)
