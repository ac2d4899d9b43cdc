"""What a batch made, to be held against what became of it."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import Struct

from ledger.domain.facts.batches import BatchClosed
from ledger.domain.facts.labels import LabelsReconciled
from ledger.domain.facts.naming import tag_of
from ledger.domain.subjects.excursions import newest
from ledger.domain.subjects.subject import Entry, Subject


class BatchReconciliation(Struct, frozen=True, kw_only=True):
    """The containers and samples of one batch; what became of each is in the container.

    Attributes:
        containers: Containers that were filled in it, in that order; what went into another was used up there.
        samples: Samples taken in the batch.
        counted_at: When its printed labels were counted last; None while they were not.
        closings: Positions of its closing.
    """

    containers: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    counted_at: datetime | None = None
    closings: tuple[int, ...] = ()


def _reconciliation(state: BatchReconciliation, entry: Entry) -> BatchReconciliation:
    fact = entry.content.fact
    if isinstance(fact, BatchClosed):
        return msgspec.structs.replace(state, closings=newest(state.closings, entry.position))
    if isinstance(fact, LabelsReconciled):
        return msgspec.structs.replace(state, counted_at=entry.at)
    work = fact.work()
    if work is None:
        return state
    filled = (tag_of("material", out.material) for out in work.outputs)
    if entry.content.type == "SampleTaken":
        return msgspec.structs.replace(state, samples=tuple(dict.fromkeys((*state.samples, *filled))))
    return msgspec.structs.replace(state, containers=tuple(dict.fromkeys((*state.containers, *filled))))


def _reconciliation_links(state: BatchReconciliation) -> Iterable[str]:
    return (*state.containers, *state.samples)


BATCH_RECONCILIATION = Subject(
    name="BatchReconciliation",
    kinds=("batch",),
    types=frozenset(
        (
            "CellsModified",
            "CellsExpanded",
            "ProcessStepPerformed",
            "ContainersFilled",
            "ManufactureCompleted",
            "SampleTaken",
            "LabelsReconciled",
            "BatchClosed",
        )
    ),
    empty=BatchReconciliation(),
    fold=_reconciliation,
    links=_reconciliation_links,
)
