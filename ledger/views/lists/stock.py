"""Stock: what lay where on a date, and what expires."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from ledger.domain import civil_time
from ledger.domain.subjects import amount
from ledger.domain.subjects.amount import Amounts
from ledger.domain.subjects.containers import MATERIAL, Material
from ledger.domain.subjects.custody import CONSIGNMENT, CUSTODY, Consignment, Custody
from ledger.domain.subjects.registers import PRODUCT
from ledger.views.listing import NEVER, CellKind, Column, Listing, Row, Seen, Timing
from ledger.views.lists.reaching import Reached, reached

_CONTAINER: Final = Column("container", CellKind.TAG, "The container.")
_SITE: Final = Column("site", CellKind.TAG, "Site where it is; empty on the way.")
_ZONE: Final = Column("zone", CellKind.TAG, "Storage position in which it lies.")
_CONSIGNMENT: Final = Column("consignment", CellKind.TAG, "Consignment in which it travels, or waits packed.")
_REMAINING: Final = Column("remaining", CellKind.TEXTS, "What is left in it, per unit.")
_BELONGS: Final = (
    Column("coi", CellKind.TAG, "Its chain."),
    Column("batch", CellKind.TAG, "Batch that made it."),
    Column("product", CellKind.TAG, "Product that it is, or is to become."),
)


class _Place(NamedTuple):
    site: str = ""
    zone: str = ""
    consignment: str = ""
    remaining: Amounts = ()


_Timeline = Sequence[tuple[datetime, Any]]


def _at(timeline: _Timeline, moment: datetime, empty: object) -> Any:  # noqa: ANN401 - each subject has its own state
    place = bisect_right([at for at, _ in timeline], moment)
    return timeline[place - 1][1] if place else empty


def _gone(material: Material) -> bool:
    return bool(material.emptied_by) or bool(material.ends and not material.under_way and not material.remaining)


def _places(seen: Seen, root: str) -> Iterator[tuple[datetime, _Place | None]]:
    """Where it was from which moment on; None where it was not there any more, or not yet."""
    held, filled = seen.timeline(CUSTODY, root), seen.timeline(MATERIAL, root)
    boxes = {state.consignment for _, state in held if state.consignment}
    travelled = {box: seen.timeline(CONSIGNMENT, box) for box in sorted(boxes)}
    moments = {at for timeline in (held, filled, *travelled.values()) for at, _ in timeline}
    for moment in sorted(moments):
        custody: Custody = _at(held, moment, CUSTODY.empty)
        material: Material = _at(filled, moment, MATERIAL.empty)
        box: Consignment = _at(travelled.get(custody.consignment, ()), moment, CONSIGNMENT.empty)
        if custody == CUSTODY.empty or _gone(material):
            yield moment, None
        else:
            site = custody.site or box.site
            way = custody.consignment if not custody.site and not box.receipts else ""
            yield moment, _Place(site, custody.zone, way, material.remaining)


def _stock(seen: Seen, root: str) -> Iterator[Row]:
    spans: list[tuple[datetime, _Place | None]] = []
    for moment, place in _places(seen, root):
        if not spans or spans[-1][1] != place:
            spans.append((moment, place))
    belongs = reached(seen, root)
    for number, (begun, place) in enumerate(spans):
        if place is None:
            continue
        until = spans[number + 1][0] if number + 1 < len(spans) else NEVER
        yield Row(
            part=str(number),
            at=until,
            begun=begun,
            cells={
                "container": root,
                "site": place.site or None,
                "zone": place.zone or None,
                "consignment": place.consignment or None,
                "remaining": _spoken(place.remaining),
                "since": begun,
                **_cells(belongs),
            },
            labels=_labels(root, place, belongs),
        )


def _spoken(amounts: Amounts) -> tuple[str, ...]:
    return tuple(amount.spoken(number, unit, of) for unit, of, number in amounts)


def _cells(belongs: Reached) -> dict[str, str | None]:
    return {"coi": belongs.chain or None, "batch": belongs.batch or None, "product": belongs.product or None}


def _labels(root: str, place: _Place, belongs: Reached) -> list[str]:
    return [root, place.site, place.zone, place.consignment, *belongs]


STOCK: Final = Listing(
    name="stock",
    means="Containers by site and storage position on a date, with what was left in each; on the way too.",
    columns=(
        _CONTAINER,
        _SITE,
        _ZONE,
        _CONSIGNMENT,
        _REMAINING,
        Column("since", CellKind.TIME, "From when on it was so."),
        *_BELONGS,
    ),
    rows=_stock,
    kinds=("material",),
    subjects=(CUSTODY, MATERIAL),
    timing=Timing.SPAN,
    time="until when it was so",
    shown=("container", "site", "zone", "remaining"),
)


def _expiring(seen: Seen, root: str) -> Iterator[Row]:
    material, custody = seen.state(MATERIAL, root), seen.state(CUSTODY, root)
    if _gone(material) or not material.origins:
        return
    belongs = reached(seen, root)
    limits = dict(_limits(seen, material, belongs.product))
    if not limits:
        return
    what = min(limits, key=lambda name: (limits[name], name))
    box = seen.state(CONSIGNMENT, custody.consignment)
    place = _Place(custody.site or box.site, custody.zone, custody.consignment if not custody.site else "")
    yield Row(
        at=limits[what],
        cells={
            "container": root,
            "limit": what,
            "site": place.site or None,
            "zone": place.zone or None,
            "consignment": place.consignment or None,
            "remaining": _spoken(material.remaining),
            **_cells(belongs),
        },
        labels=_labels(root, place, belongs),
    )


def _limits(seen: Seen, material: Material, product: str) -> Iterator[tuple[str, datetime]]:
    if material.expires_at is not None:
        yield "label", material.expires_at
    data = seen.state(PRODUCT, product).data
    if data is None or material.completed_at is None:
        return
    for name, seconds in (("shelf life", data.shelf_life_seconds), ("in-use limit", data.in_use_limit_seconds)):
        if seconds is not None:
            yield name, civil_time.moved(material.completed_at, timedelta(seconds=seconds))


EXPIRING: Final = Listing(
    name="expiring-stock",
    means="Containers that are not used up, in the order in which they expire, with the limit that comes first.",
    columns=(
        _CONTAINER,
        Column("limit", CellKind.TEXT, "Which limit comes first: label, shelf life, in-use limit."),
        _SITE,
        _ZONE,
        _CONSIGNMENT,
        _REMAINING,
        *_BELONGS,
    ),
    rows=_expiring,
    kinds=("material",),
    subjects=(CUSTODY, MATERIAL),
    timing=Timing.DUE,
    time="when it expires",
    shown=("container", "limit", "site", "remaining"),
)
