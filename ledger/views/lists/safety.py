"""What has to be reported and by when, and what recalls and look-backs have come to."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from ledger.domain import civil_time
from ledger.domain.facts.terms import Route
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules.clocks import Clock, after_use, clocks
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.cases import CASE
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.reporting import ABOUT, REPORTING
from ledger.domain.subjects.routes import CHAIN_ROUTE
from ledger.domain.subjects.testing import FILLED, TESTS
from ledger.views.listing import NEVER, CellKind, Column, Listing, Row, Seen, Timing


def _route(seen: Seen, root: str) -> Route | None:
    """The legal route of the chain that a thing is about, by which some reports have another time."""
    chain = root if kind_of(root) == "coi" else ""
    if kind_of(root) == "case":
        chain = seen.state(CASE, root).chain
    if kind_of(root) == "batch":
        chain = seen.state(BATCH_RECORD, root).coi
    return seen.state(CHAIN_ROUTE, chain).route


def _failed_after_use(seen: Seen, batch: str) -> Iterator[Clock]:
    """Clocks of what failed after it was given: of the batch and its samples, by its first use; of one container."""
    whole = seen.state(TESTS, batch)
    containers = seen.state(FILLED, batch).containers
    used = {container: _used(seen, container) for container in containers}
    first = min((moment for moment in used.values() if moment is not None), default=None)
    places = {batch: first, **dict.fromkeys(whole.samples, first), **used}
    if first is not None:
        for place, moment in places.items():
            yield from after_use(seen.state(TESTS, place), moment, seen.state(REPORTING, batch), seen.parameters)


def _used(seen: Seen, container: str) -> datetime | None:
    """When a container was first given; None while it was not."""
    if not seen.state(MATERIAL, container).starts:
        return None
    return min((moment for _, _, moment in seen.acts(container, "AdministrationStarted")), default=None)


def _reports(seen: Seen, root: str) -> Iterator[Row]:
    state = seen.state(REPORTING, root)
    found = list(clocks(state, _route(seen, root), seen.parameters)) if state.learnt else []
    if kind_of(root) == "batch":
        found += _failed_after_use(seen, root)
    for number, one in enumerate(found):
        if one.met is not None:
            continue
        things = seen.state(CASE, root).things if kind_of(root) == "case" else ()
        yield Row(
            part=f"{one.report.name} {number}",
            at=one.due or NEVER,
            cells={"about": root, "report": one.words, "started_at": one.start},
            labels=[root, *things, f"what:{one.words}"],
        )


REPORTS: Final = Listing(
    name="reports-due",
    means="Reports that somebody owes an authority and that are not sent: when each is due, and which are late; of a "
    "test that fails after the product was given too. Where the law gives no number, nothing is due and they stand at "
    "the end.",
    columns=(
        Column("about", CellKind.TAG, "Case, batch, deviation, site or trial that is to be reported."),
        Column("report", CellKind.TEXT, "Which report."),
        Column("started_at", CellKind.TIME, "From when the clock runs."),
    ),
    rows=_reports,
    kinds=ABOUT,
    subjects=(REPORTING, TESTS, FILLED),
    timing=Timing.DUE,
    time="when it is due",
    revision=2,
)


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
