"""Rule D6: was it stored, or did it wait, longer than it may?"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from ledger.domain import civil_time
from ledger.domain.facts.certification import LimitKind, ShelfLifeExtended
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.processing import ProcessStepPerformed
from ledger.domain.rules.case import Case, tags_of
from ledger.domain.rules.named_on_licence import may
from ledger.domain.rules.provenance import MAKING, is_sample, origins
from ledger.domain.rules.rule import ROLES_OF, Broken, Owner, Rule
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.extensions import EXTENDED
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.registers import AGREEMENT, LICENCE, PRODUCT, SITE_STATUS
from ledger.domain.subjects.staff import PERSON
from ledger.domain.subjects.starting_material import MATERIAL_STATUS, WAITING, MaterialStatus

COLLECTING: Final = frozenset(("ApheresisPerformed", "ProcurementPerformed", "CollectionAbandoned"))
_ONWARDS: Final = frozenset(("MaterialSplit", "ContentsTransferred"))
"""Dividing and saving start no new time."""

FRESH, INTERMEDIATE = "fresh-collection", "intermediate"
"""What waits, in the words of a master file or specification (`HoldLimit.what`); else a fact type that filled it."""


def _in_time(case: Case) -> Iterator[Broken]:
    """D6: used after the end of its storage, or after it waited too long."""
    fact = case.fact
    if isinstance(fact, ShelfLifeExtended):
        yield from _extended_by(case, fact)
        return
    using = case.content.type in MAKING and not (isinstance(fact, ProcessStepPerformed) and fact.batch is None)
    for material in dict.fromkeys(tags_of("material", fact.handles())):
        if is_sample(case, material):
            continue
        until = _earliest(case, material)
        if until is not None:
            yield from _late(case, material, "storage", _end(case, material, LimitKind.STORAGE, until))
        if using:
            yield from _waited(case, material)


def _earliest(case: Case, material: str) -> datetime | None:
    return min((status.until for _, status in origins(case, material) if status.until is not None), default=None)


def _waited(case: Case, material: str) -> Iterator[Broken]:
    filled = _filled(case, material)
    if filled is None or filled.made_at is None:
        return
    limits = case.state(WAITING, _product(case, material))
    kinds = [filled.made_by]
    if filled.made_by in COLLECTING:
        kinds.append(FRESH)
    elif filled.batch and filled.batch != _batch(case):
        kinds.append(INTERMEDIATE)
    seconds = min((most for kind in kinds if (most := limits.seconds(kind)) is not None), default=None)
    if seconds is not None:
        end = civil_time.moved(filled.made_at, timedelta(seconds=seconds))
        yield from _late(case, material, "hold", _end(case, material, LimitKind.HOLD, end))


def _filled(case: Case, material: str) -> MaterialStatus | None:
    """The container whose filling began the time: of parts, the one that was divided."""
    known = [status for _, status in origins(case, material) if status.made_by and status.made_by not in _ONWARDS]
    return min(known, key=lambda status: status.made_at or case.at) if known else None


def _batch(case: Case) -> str:
    work = case.fact.work()
    return tag_of("batch", work.batch) if work is not None else ""


def _product(case: Case, material: str) -> str:
    return case.product_of(_batch(case), "") or case.product_of(case.batch_of(material), case.chain_of(material))


def _end(case: Case, material: str, limit: LimitKind, end: datetime) -> datetime:
    """The end of a limit, with what QA, a QP or the DI decided for the container or its batch."""
    new = (case.state(EXTENDED, tag).end(limit) for tag in (material, case.state(MATERIAL_STATUS, material).batch))
    return max((end, *(moment for moment in new if moment is not None)))


def _late(case: Case, material: str, name: str, end: datetime) -> Iterator[Broken]:
    if case.at > end:
        found = f"{name} time ended at {end:%Y-%m-%dT%H:%M:%SZ}"
        must = f"used within its {name} time, or the limit extended by QA, a QP or the DI"
        yield Broken(tag=material, found=found, must=must, overridable=True)


def _extended_by(case: Case, fact: ShelfLifeExtended) -> Iterator[Broken]:
    """Storage and hold time are extended by who owns the risk."""
    roles = ROLES_OF[Owner.QUALITY] | ROLES_OF[Owner.TISSUE]
    waiting = fact.limit in (LimitKind.STORAGE, LimitKind.HOLD)
    if waiting and not may(case, case.performer(), roles):
        me = tag_of("person", case.envelope.performed_by)
        yield Broken(tag=me, found="holds no role that owns this risk here", must="QA, a QP or the DI")


D6 = Rule(
    id="D6",
    revision=1,
    text="The maximum storage time of the material, or the hold time of a fresh collection or an intermediate, is "
    "exceeded when it is used.",
    source="Directive 2006/86/EC Annex II C; hold time (our encoding)",
    owner=Owner.TISSUE,
    override="decision of QA, the QP or the DI with a risk assessment",
    types=(*MAKING, "MaterialThawed", "AdministrationStarted", "ShelfLifeExtended"),
    reads=(
        MATERIAL_STATUS,
        MATERIAL,
        BATCH_RECORD,
        CHAIN,
        PRODUCT,
        WAITING,
        EXTENDED,
        PERSON,
        SITE_STATUS,
        LICENCE,
        AGREEMENT,
    ),
    judge=_in_time,
    timed=True,
)
