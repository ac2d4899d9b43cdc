"""The subject of a batch record: what was done in it."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import Struct

from ledger.domain.facts.manufacture import BatchOpened, CellsModified, ManufactureCompleted
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.values import ManufacturingMode, MaterialOut
from ledger.domain.subjects.subject import Entry, Subject


class BatchRecord(Struct, frozen=True, kw_only=True):
    """The record of one batch.

    Attributes:
        openings: Positions of its opening; more than one is a second use of the number.
        opened_at: When it was opened.
        site: Where.
        completed_at: Completion of manufacture; None until then.
        containers: Containers that were filled in it.
    """

    openings: tuple[int, ...] = ()
    opened_at: datetime | None = None
    site: str = ""
    product: str = ""
    coi: str = ""
    licence: str = ""
    masterfile: str = ""
    masterfile_version: str = ""
    mode: ManufacturingMode | None = None
    completed_at: datetime | None = None
    containers: tuple[str, ...] = ()


def _batch_record(state: BatchRecord, entry: Entry) -> BatchRecord:
    fact = entry.content.fact
    if isinstance(fact, BatchOpened):
        return msgspec.structs.replace(
            state,
            openings=(*state.openings, entry.position),
            opened_at=state.opened_at or entry.at,
            site=tag_of("site", entry.content.envelope.place.site),
            product=tag_of("product", fact.product),
            coi=tag_of("coi", fact.coi),
            licence=tag_of("licence", fact.licence),
            masterfile=tag_of("masterfile", fact.masterfile),
            masterfile_version=fact.masterfile_version or "",
            mode=fact.mode,
        )
    if isinstance(fact, ManufactureCompleted):
        containers = _with(state.containers, fact.containers)
        return msgspec.structs.replace(state, completed_at=fact.completed_at, containers=containers)
    if isinstance(fact, CellsModified):
        return msgspec.structs.replace(state, containers=_with(state.containers, fact.outputs))
    return state


def _with(known: tuple[str, ...], filled: tuple[MaterialOut, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *(tag_of("material", out.material) for out in filled))))


def _batch_links(state: BatchRecord) -> Iterable[str]:
    return filter(None, (state.product, state.coi, state.licence, state.masterfile, state.site))


BATCH_RECORD = Subject(
    name="BatchRecord",
    kinds=("batch",),
    types=frozenset(("BatchOpened", "CellsModified", "ManufactureCompleted")),
    empty=BatchRecord(),
    fold=_batch_record,
    links=_batch_links,
)
