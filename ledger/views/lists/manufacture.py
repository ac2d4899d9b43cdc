"""Making and giving: the register of certifications, what became of what a batch made, and vein-to-vein times."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from ledger.domain.facts.administration import AdministrationStarted
from ledger.domain.facts.certification import QpCertified
from ledger.domain.facts.content import Content
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.record import Record
from ledger.domain.finding import Outcome
from ledger.domain.rules.case import Versions
from ledger.domain.subjects import amount
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.containers import MATERIAL, Material
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.reconciliation import BATCH_RECONCILIATION
from ledger.views.listing import Cell, CellKind, Column, Listing, Row, Seen, position_of
from ledger.views.lists import telling
from ledger.views.lists.reaching import reached

_BATCH: Final = Column("batch", CellKind.TAG, "The batch.")
_PRODUCT: Final = Column("product", CellKind.TAG, "Its product.")


def counted(versions: Versions) -> Content | None:
    """Returns a fact as it counts by the newest record about it; None where it does not."""
    if versions.effect is not None:
        return versions.effect.content
    return None if versions.record.verdict.outcome is Outcome.REFUSED else versions.record.content


def _certification(record: Record) -> bool:
    return isinstance(record.content.fact, QpCertified) and record.verdict.outcome is not Outcome.REFUSED


def _register(seen: Seen, root: str) -> Iterator[Row]:
    versions = seen.filed(position_of(root))
    if versions is None or not _certification(versions.record):
        return
    record, content = versions.record, counted(versions)
    fact = record.content.fact if content is None else content.fact
    if not isinstance(fact, QpCertified):
        return
    batch, licence = tag_of("batch", fact.batch), tag_of("licence", fact.licence)
    state = seen.state(BATCH_RECORD, batch)
    acts = seen.acts(batch, "QpCertificationConfirmed")
    confirmed = [known for target, known, _ in acts if target > position_of(root)]
    awaited = bool(fact.outstanding_tests) and not confirmed
    standing = "taken back" if content is None else "conditional" if awaited else "stands"
    yield Row(
        at=record.stamp.recorded_at,
        cells={
            "position": record.stamp.position,
            "certified_at": record.stamp.recorded_at,
            "batch": batch,
            "product": state.product or None,
            "licence": licence,
            "person": tag_of("person", record.content.envelope.performed_by),
            "register_number": fact.register_number,
            "containers": tuple(tag_of("material", one) for one in fact.materials),
            "state": standing,
            "confirmed": confirmed[0] if confirmed else None,
            "site": telling.site_of(record.content),
        },
        labels=[*telling.labels(record), licence, state.product, f"what:{standing}"],
    )


QP_REGISTER: Final = Listing(
    name="qp-register",
    means="Batches that a Qualified Person certified, by licence and period: the register that the law asks for (HMR "
    "2012 Schedule 7).",
    columns=(
        telling.POSITION,
        Column("certified_at", CellKind.TIME, "When it was certified, by the ledger's clock."),
        _BATCH,
        _PRODUCT,
        Column("licence", CellKind.TAG, "Licence on which the QP is named."),
        Column("person", CellKind.TAG, "The QP."),
        Column("register_number", CellKind.TEXT, "Number in the QP's own register."),
        Column("containers", CellKind.TEXTS, "Containers certified; none for the whole batch."),
        Column("state", CellKind.TEXT, "Stands, conditional, or taken back."),
        Column("confirmed", CellKind.POSITION, "Record that confirmed a conditional one."),
        telling.SITE,
    ),
    rows=_register,
    concerns=_certification,
    time="when it was certified",
    shown=("position", "batch", "person", "register_number", "state"),
)


def _became(material: Material) -> str:
    """What became of a container."""
    for word, true in (
        ("being given", material.under_way > 0),
        ("given", bool(material.ends)),
        ("destroyed", bool(material.destroyed_by)),
        ("used up", bool(material.emptied_by)),
        ("kept as reference", material.retained),
    ):
        if true:
            return word
    return "in stock"


def _balance(seen: Seen, root: str) -> Iterator[Row]:
    state, batch = seen.state(BATCH_RECONCILIATION, root), seen.state(BATCH_RECORD, root)
    if batch.opened_at is None:
        return
    made = {tag: seen.state(MATERIAL, tag) for tag in (*state.containers, *state.samples)}
    fates = Counter(_became(one) for one in made.values())
    short = [tag for tag, one in made.items() if any(number < 0 for _, _, number in one.remaining)]
    left = amount.NOTHING
    for one in made.values():
        left = amount.plus(left, one.remaining)
    open_ = fates["in stock"] + fates["being given"]
    balanced = "more taken than was there" if short else "open" if open_ else "balanced"
    yield Row(
        at=batch.completed_at or batch.terminated_at or batch.opened_at,
        cells={
            "batch": root,
            "product": batch.product or None,
            "site": batch.site or None,
            "made": len(state.containers),
            "samples": len(state.samples),
            "became": tuple(f"{count} {word}" for word, count in sorted(fates.items())),
            "remaining": tuple(amount.spoken(number, unit, of) for unit, of, number in left),
            "state": balanced,
            "short": tuple(short),
            "labels_counted_at": state.counted_at,
            "closed": batch.closed_at,
        },
        labels=[root, batch.product, batch.site, batch.coi, batch.licence, f"what:{balanced}"],
        measure=open_,
    )


MASS_BALANCE: Final = Listing(
    name="mass-balance",
    means="What each batch made, held against what became of it: containers and samples given, destroyed, used up, "
    "kept or in stock, and containers from which more was taken than was there.",
    columns=(
        _BATCH,
        _PRODUCT,
        Column("site", CellKind.TAG, "Where it was opened."),
        Column("made", CellKind.NUMBER, "Containers that were filled in it."),
        Column("samples", CellKind.NUMBER, "Samples taken in it."),
        Column("became", CellKind.TEXTS, "How many of them were given, destroyed, used up, kept, or are in stock."),
        Column("remaining", CellKind.TEXTS, "What is left in all of them, per unit."),
        Column("state", CellKind.TEXT, "Balanced, open, or more taken than was there."),
        Column("short", CellKind.TEXTS, "Containers from which more was taken than was there."),
        Column("labels_counted_at", CellKind.TIME, "When its printed labels were counted last."),
        Column("closed", CellKind.TIME, "When it was closed."),
    ),
    rows=_balance,
    kinds=("batch",),
    subjects=(BATCH_RECONCILIATION, BATCH_RECORD),
    time="when it was completed or ended, else opened",
    measure="containers and samples in stock",
    shown=("batch", "made", "samples", "became", "state"),
)


def _begins(record: Record) -> bool:
    """An administration that was recorded, or a refused one, which may be recorded as a deviation later."""
    return isinstance(record.content.fact, AdministrationStarted)


def _vein_to_vein(seen: Seen, root: str) -> Iterator[Row]:
    versions = seen.filed(position_of(root))
    content = None if versions is None else counted(versions)
    if versions is None or content is None or not isinstance(content.fact, AdministrationStarted):
        return
    belongs = reached(seen, tag_of("material", content.fact.material))
    chain = belongs.chain or tag_of("coi", content.fact.coi)
    collected = _collected(seen, chain)
    started = min(content.envelope.occurred_at.time, versions.record.stamp.recorded_at)
    if collected is None or not chain:
        return
    seconds, site = int((started - collected).total_seconds()), telling.site_of(content)
    cells: dict[str, Cell] = {
        "coi": chain,
        "position": position_of(root),
        "collected_at": collected,
        "started_at": started,
        "vein_to_vein_seconds": seconds,
        "site": site,
        "product": belongs.product or None,
        "container": tag_of("material", content.fact.material),
    }
    yield Row(at=started, cells=cells, labels=[chain, site or "", belongs.product, belongs.batch], measure=seconds)


def _collected(seen: Seen, chain: str) -> datetime | None:
    """The end of the first collection of a chain that counts."""
    found: list[datetime] = []
    for donation in seen.state(CHAIN, chain).collections:
        for kind in ("ApheresisPerformed", "ProcurementPerformed"):
            for target, _, effective in seen.acts(donation, kind):
                versions = seen.filed(target)
                content = None if versions is None else counted(versions)
                ended = getattr(content.fact, "ended_at", None) if content is not None else None
                found.append(ended if isinstance(ended, datetime) else effective)
    return min(found, default=None)


VEIN_TO_VEIN: Final = Listing(
    name="vein-to-vein",
    means="From the end of a chain's first collection to the start of each administration, by chain, site and product.",
    columns=(
        Column("coi", CellKind.TAG, "The chain."),
        Column("position", CellKind.POSITION, "Start of the administration."),
        Column("collected_at", CellKind.TIME, "End of the first collection."),
        Column("started_at", CellKind.TIME, "Start of the administration."),
        Column("vein_to_vein_seconds", CellKind.SECONDS, "Between the two, in seconds."),
        Column("site", CellKind.TAG, "Where it was given."),
        _PRODUCT,
        Column("container", CellKind.TAG, "The container given."),
    ),
    rows=_vein_to_vein,
    concerns=_begins,
    time="when the administration began",
    measure="seconds from vein to vein",
    shown=("coi", "vein_to_vein_seconds", "site", "product"),
    revision=2,
)
