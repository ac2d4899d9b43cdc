"""Long-term follow-up: visits that are due or were missed, and patients out of contact."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from ledger.domain.rules.following_up import Visit, followed
from ledger.domain.subjects.follow_up import AFTERWARDS, FOLLOW_UP, OWN_CONSENT, FollowUp
from ledger.views.listing import Cell, CellKind, Column, Listing, Row, Seen, Timing

_EARLY: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Asked about this moment, every visit is to come that was not made and is asked at all: when it is late, the list
tells by its clock."""

_CHAIN: Final = Column("coi", CellKind.TAG, "The chain.")
_CENTRE: Final = Column("centre", CellKind.TAG, "Centre responsible now.")
_PRODUCT: Final = Column("product", CellKind.TAG, "Product given.")
_PLAN: Final = Column("plan", CellKind.TEXT, "Which plan, with its version.")


def _cells(root: str, state: FollowUp) -> dict[str, Cell]:
    return {
        "coi": root,
        "centre": state.centre or None,
        "product": state.product or None,
        "plan": state.plan or None,
    }


def _due(seen: Seen, root: str) -> Iterator[Row]:
    state = seen.state(FOLLOW_UP, root)
    if not state.scheduled:
        return
    after, own = seen.state(AFTERWARDS, state.patient), seen.state(OWN_CONSENT, state.patient)
    told = followed(state, after, own, _EARLY)
    labels = [root, state.centre, state.product]
    for visit in told.visits:
        if _asked(visit, told.until, died=bool(after.died)):
            lost = "yes" if state.lost else "no"
            yield Row(
                part=visit.name,
                at=visit.closes,
                cells={
                    **_cells(root, state),
                    "visit": visit.name,
                    "opens": visit.opens,
                    "due": visit.due,
                    "lost": lost,
                },
                labels=labels,
            )
    for asked in told.own_consent:
        if asked.met is None and not after.died:
            cells: dict[str, Cell] = {**_cells(root, state), "visit": "own consent", "due": asked.due}
            yield Row(part=f"own consent {asked.by}", at=asked.due, cells=cells, labels=labels)


def _asked(visit: Visit, until: datetime | None, *, died: bool) -> bool:
    return visit.done is None and not died and (until is None or visit.opens < until)


DUE: Final = Listing(
    name="follow-up-due",
    means="Follow-up visits that were not made yet, by the end of their windows, and own consents of who was treated "
    "as a child: those past their time are late.",
    columns=(
        _CHAIN,
        Column("visit", CellKind.TEXT, "Its name in the plan, or own consent."),
        Column("opens", CellKind.TIME, "First moment of its window."),
        Column("due", CellKind.TIME, "First moment after the day on which it is due."),
        _CENTRE,
        _PRODUCT,
        _PLAN,
        Column("lost", CellKind.TEXT, "Whether the patient is out of contact."),
    ),
    rows=_due,
    kinds=("coi",),
    subjects=(FOLLOW_UP,),
    timing=Timing.DUE,
    time="when its window ends",
    shown=("coi", "visit", "opens", "centre", "lost"),
)


def _lost(seen: Seen, root: str) -> Iterator[Row]:
    state = seen.state(FOLLOW_UP, root)
    if not state.lost or state.lost_since is None or seen.state(AFTERWARDS, state.patient).died:
        return
    cause = "" if state.lost_for is None else state.lost_for.name.lower().replace("_", " ")
    yield Row(
        at=state.lost_since,
        cells={
            **_cells(root, state),
            "position": state.lost,
            "cause": cause or None,
            "last_seen": max((one.at for one in state.seen), default=None),
        },
        labels=[root, state.centre, state.product, f"what:{cause}"],
    )


LOST: Final = Listing(
    name="follow-up-lost",
    means="Patients who are lost to follow-up and with whom contact was not regained: since when, and why.",
    columns=(
        _CHAIN,
        Column("position", CellKind.POSITION, "Fact that says so."),
        Column("cause", CellKind.TEXT, "Why contact was lost."),
        Column("last_seen", CellKind.TIME, "Last visit that was made."),
        _CENTRE,
        _PRODUCT,
        _PLAN,
    ),
    rows=_lost,
    kinds=("coi",),
    subjects=(FOLLOW_UP,),
    time="since when they are lost",
    shown=("coi", "cause", "last_seen", "centre"),
)
