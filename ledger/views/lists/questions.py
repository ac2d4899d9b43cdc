"""Open questions about containers: excursions, losses and unexpected arrivals that nobody assessed."""

from collections.abc import Iterator
from typing import Final

from ledger.domain.subjects.condition import CONDITION, STORAGE_POSITION, Condition
from ledger.domain.subjects.containers import MATERIAL
from ledger.domain.subjects.custody import CONSIGNMENT, CUSTODY
from ledger.domain.subjects.excursions import Excursion
from ledger.views.listing import CellKind, Column, Listing, Row, Seen
from ledger.views.lists.reaching import reached


def _met(seen: Seen, condition: Condition) -> Iterator[tuple[str, Excursion]]:
    for excursion in condition.excursions:
        yield "", excursion
    for journey in condition.journeys:
        for excursion in seen.state(CONSIGNMENT, journey).excursions:
            yield journey, excursion
    for stay in condition.stays:
        for excursion in seen.state(STORAGE_POSITION, stay.zone).excursions:
            if stay.met(excursion):
                yield stay.zone, excursion


def _open(seen: Seen, root: str) -> Iterator[Row]:
    condition, material = seen.state(CONDITION, root), seen.state(MATERIAL, root)
    if material.emptied_by:
        return
    custody, belongs = seen.state(CUSTODY, root), reached(seen, root)
    for where, excursion in _met(seen, condition):
        if condition.outcome(excursion) is not None:
            continue
        first = excursion.positions[0]
        yield Row(
            part=f"{excursion.what} {first}",
            at=excursion.at,
            cells={
                "container": root,
                "what": excursion.what,
                "position": first,
                "where": where or None,
                "site": custody.site or None,
                "coi": belongs.chain or None,
                "batch": belongs.batch or None,
            },
            labels=[root, where, custody.site, *belongs, f"what:{excursion.what}"],
        )


OPEN: Final = Listing(
    name="open-questions",
    means="Excursions, gaps in data, losses and unexpected arrivals that a container met and nobody has assessed.",
    columns=(
        Column("container", CellKind.TAG, "The container."),
        Column("what", CellKind.TEXT, "Excursion, loss, or unexpected arrival."),
        Column("position", CellKind.POSITION, "Fact that says so; an assessment names it."),
        Column("where", CellKind.TAG, "Consignment or storage position that it concerned; empty for the container."),
        Column("site", CellKind.TAG, "Where the container is."),
        Column("coi", CellKind.TAG, "Its chain."),
        Column("batch", CellKind.TAG, "Its batch."),
    ),
    rows=_open,
    kinds=("material",),
    subjects=(CONDITION, MATERIAL, CUSTODY),
    time="when it began",
    shown=("container", "what", "position", "site"),
)
