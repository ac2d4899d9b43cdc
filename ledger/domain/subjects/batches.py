"""Subjects of a batch: what was done in it, and who said that it may be used."""

from msgspec import Struct

from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.release import PointOfCareReleased
from ledger.domain.subjects.batch_records import BATCH_RECORD as BATCH_RECORD  # noqa: PLC0414 - rules find it here
from ledger.domain.subjects.subject import Entry, Subject


class BatchForUse(Struct, frozen=True, kw_only=True):
    """Who released a batch.

    Attributes:
        releases: (position, containers released); no containers means the whole batch.
    """

    releases: tuple[tuple[int, tuple[str, ...]], ...] = ()

    def released(self, material: str) -> bool:
        """Whether a container of the batch is released."""
        return any(not materials or material in materials for _, materials in self.releases)


def _batch_for_use(state: BatchForUse, entry: Entry) -> BatchForUse:
    fact = entry.content.fact
    if isinstance(fact, PointOfCareReleased):
        materials = tuple(tag_of("material", item) for item in fact.materials)
        return BatchForUse(releases=(*state.releases, (entry.position, materials)))
    return state


BATCH_FOR_USE = Subject(
    name="BatchForUse",
    kinds=("batch",),
    types=frozenset(("PointOfCareReleased",)),
    empty=BatchForUse(),
    fold=_batch_for_use,
)
