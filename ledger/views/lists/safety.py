"""What recalls and look-backs have come to, and who was told and has not answered."""

from collections.abc import Iterator
from typing import Final

from ledger.domain import civil_time
from ledger.domain.subjects.cases import CASE
from ledger.views.listing import NEVER, CellKind, Column, Listing, Row, Seen, Timing


def _recalls(seen: Seen, root: str) -> Iterator[Row]:
    state = seen.state(CASE, root)
    if not state.tracing:
        return
    first = min((*state.recalls, *state.lookbacks))
    filed = seen.filed(first)
    if filed is None:
        return
    silent = state.silent()
    standing = "closed" if state.closed else "answers awaited" if silent else "open"
    yield Row(
        at=filed.record.content.envelope.occurred_at.time,
        cells={
            "case": root,
            "position": first,
            "state": standing,
            "covers": state.covers,
            "told": len({notice.organisation for notice in state.notices}),
            "silent": silent,
            "closed_by": state.closed or None,
        },
        labels=[root, *state.things, *(notice.organisation for notice in state.notices), f"what:{standing}"],
        measure=len(silent),
    )


RECALLS: Final = Listing(
    name="recall-cases",
    means="Cases under which a recall or a look-back was opened: what each covers, who was told, who has not answered.",
    columns=(
        Column("case", CellKind.TAG, "The case."),
        Column("position", CellKind.POSITION, "Fact that opened it."),
        Column("state", CellKind.TEXT, "Open, answers awaited, or closed."),
        Column("covers", CellKind.TEXTS, "Lots, batches, donations, containers and other things that it is about."),
        Column("told", CellKind.NUMBER, "Organisations that were told."),
        Column("silent", CellKind.TEXTS, "Those of them that have not answered."),
        Column("closed_by", CellKind.POSITION, "Fact that closed it."),
    ),
    rows=_recalls,
    kinds=("case",),
    subjects=(CASE,),
    time="when it was opened",
    measure="organisations that have not answered",
    shown=("case", "state", "covers", "told", "silent"),
)


def _unanswered(seen: Seen, root: str) -> Iterator[Row]:
    state = seen.state(CASE, root)
    for notice in state.notices:
        if state.answer_to(notice) is not None:
            continue
        yield Row(
            part=str(notice.position),
            at=civil_time.day_end(notice.answer_by) if notice.answer_by else NEVER,
            cells={
                "case": root,
                "position": notice.position,
                "told_at": notice.at,
                "organisation": notice.organisation or None,
                "site": notice.site or None,
                "coi": notice.coi or None,
                "recipient": notice.recipient.name.lower().replace("_", " "),
            },
            labels=[root, notice.organisation, notice.site, notice.coi],
        )


UNANSWERED: Final = Listing(
    name="notices-unanswered",
    means="Who was told of a recall, a look-back or another case and has not answered; late once the day set is over.",
    columns=(
        Column("case", CellKind.TAG, "The case."),
        Column("position", CellKind.POSITION, "The notice."),
        Column("told_at", CellKind.TIME, "When it was sent."),
        Column("organisation", CellKind.TAG, "Who was told."),
        Column("site", CellKind.TAG, "Site that was told."),
        Column("coi", CellKind.TAG, "Chain that it is about."),
        Column("recipient", CellKind.TEXT, "What they are."),
    ),
    rows=_unanswered,
    kinds=("case",),
    subjects=(CASE,),
    timing=Timing.DUE,
    time="by when an answer is in time",
    shown=("case", "position", "organisation", "coi", "recipient"),
)
