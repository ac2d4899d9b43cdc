"""Rule R5: is it still within its expiry and its limits?"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

import msgspec

from ledger.domain import civil_time
from ledger.domain.facts.administration import AdministrationEnded, AdministrationStarted
from ledger.domain.facts.certification import LimitKind, ProductDispensed, ShelfLifeExtended
from ledger.domain.facts.clinical_area import AdministrationResumed, ClinicalAreaReceived
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.registry import LimitBinds, ProductRegistered, Role
from ledger.domain.facts.storage import MaterialThawed
from ledger.domain.finding import Weight
from ledger.domain.rules.case import Case, tags_of
from ledger.domain.rules.release import holds_role, scopes_of
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.condition import CONDITION, Condition
from ledger.domain.subjects.extensions import EXTENDED
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.registers import PRODUCT, SITE_STATUS
from ledger.domain.subjects.staff import PERSON

EXTENDERS: Final = frozenset((Role.QUALIFIED_PERSON, Role.QUALITY_CONTROLLER))
"""Who may extend shelf life or in-use limit: who certified it, or released it where no QP does."""

_MOST: Final = 64
"""Containers that one container is followed back through."""

_WEIGHTS: Final = MappingProxyType(
    dict.fromkeys(("MaterialThawed", "ClinicalAreaReceived", "AdministrationResumed"), Weight.NOTE)
)
"""Before it is given, and once it is being given, a limit that is over is told, not refused."""


def _within_limits(case: Case) -> Iterator[Broken]:
    """R5: use after expiry or after the in-use limit; a limit is kept when start equals limit."""
    fact = case.fact
    if isinstance(fact, ShelfLifeExtended):
        yield from _proper(case, fact)
    for tag in _concerned(case):
        yield from _of_one(case, tag)


def _concerned(case: Case) -> tuple[str, ...]:
    fact = case.fact
    if isinstance(fact, AdministrationStarted | AdministrationResumed | AdministrationEnded | MaterialThawed):
        return (tag_of("material", fact.material),)
    if isinstance(fact, ProductDispensed | ClinicalAreaReceived):
        return tags_of("material", fact.materials)
    return ()


def _of_one(case: Case, tag: str) -> Iterator[Broken]:
    completed_at = case.standing(tag).completed_at
    batch = case.batch_of(tag)
    data = case.product(case.product_of(batch, case.chain_of(tag))).data
    ending = isinstance(case.fact, AdministrationEnded)
    if not ending:
        expiries = [
            _later(case.state(MATERIAL, part).expires_at, _extended(case, LimitKind.SHELF_LIFE, tag, part))
            for part in _parts(case, tag)
        ]
        yield from _late(case, tag, "expiry", min(filter(None, expiries), default=None))
        if data is not None and completed_at is not None and data.shelf_life_seconds is not None:
            end = _after(completed_at, data.shelf_life_seconds)
            yield from _late(case, tag, "shelf life", _later(end, _extended(case, LimitKind.SHELF_LIFE, tag)))
    binds_end = data is not None and data.in_use_limit_binds is LimitBinds.END
    if binds_end is ending and not isinstance(case.fact, MaterialThawed):
        limits = [
            _later(_in_use(data, completed_at, condition), _extended(case, LimitKind.IN_USE, tag, part))
            for part, condition in _warmed(case, tag, None)
        ]
        yield from _late(case, tag, "in-use limit", min(filter(None, limits), default=None))
    started_at = case.state(CONDITION, tag).started_at
    if ending and data is not None and data.administration_limit_seconds is not None and started_at:
        end = _after(started_at, data.administration_limit_seconds)
        yield from _late(case, tag, "time for giving it", end)


def _extended(case: Case, limit: LimitKind, *tags: str) -> datetime | None:
    """The newest end of a limit that was extended for the batch or for one of some containers."""
    ends = (case.state(EXTENDED, tag).end(limit) for tag in (case.batch_of(tags[0]), *tags))
    return max(filter(None, ends), default=None)


def _parts(case: Case, tag: str) -> list[str]:
    """A container and those whose expiry binds it too: from which it was only divided or filled over.

    Freezing begins another shelf life.
    """
    found = [tag]
    for item in found:
        state = case.linked(MATERIAL, item)
        if not (state.coi or state.batch or case.state(CONDITION, item).frozen_at):
            found += [parent for parent in state.parents if parent not in found][: _MOST - len(found)]
    return found


def _warmed(case: Case, tag: str, before: datetime | None) -> Iterator[tuple[str, Condition]]:
    """Yields the condition that the contents of a container have from freezing and thawing, and whose it is.

    Its own; of what was neither frozen nor thawed itself, that of what it was divided or filled over from by then.
    """
    todo, seen = [(tag, before)], {tag}
    while todo and len(seen) <= _MOST:
        item, by = todo.pop(0)
        condition, state = _by(case.state(CONDITION, item), by), case.linked(MATERIAL, item)
        parents = [one for one in condition.parents if one[0] in state.parents and one[0] not in seen]
        if condition.frozen_at or condition.thawed_at or state.coi or state.batch or not parents:
            yield item, condition
        else:
            todo += parents
            seen.update(parent for parent, _ in parents)


def _by(condition: Condition, before: datetime | None) -> Condition:
    """What had become of it by a moment."""
    if before is None:
        return condition
    frozen = condition.frozen_at is not None and condition.frozen_at <= before
    thawed = condition.thawed_at is not None and condition.thawed_at <= before
    return msgspec.structs.replace(
        condition,
        frozen_at=condition.frozen_at if frozen else None,
        thawed_at=condition.thawed_at if thawed else None,
        in_use_until=condition.in_use_until if thawed else None,
    )


def _in_use(data: ProductRegistered | None, completed_at: datetime | None, condition: Condition) -> datetime | None:
    """The end of the in-use limit: from completion or the last thaw, whichever was later; none while it is frozen.

    What was told at the thaw binds too where it is earlier.
    """
    begun = max(filter(None, (completed_at, condition.thawed_at)), default=None)
    if begun is None or condition.frozen:
        return None
    of_product = data.in_use_limit_seconds if data is not None else None
    ends = (condition.in_use_until, _after(begun, of_product) if of_product is not None else None)
    return min(filter(None, ends), default=None)


def _after(moment: datetime, seconds: int) -> datetime:
    return civil_time.moved(moment, timedelta(seconds=seconds))


def _later(limit: datetime | None, extended: datetime | None) -> datetime | None:
    return max(limit, extended) if limit is not None and extended is not None else limit


def _late(case: Case, tag: str, name: str, limit: datetime | None) -> Iterator[Broken]:
    if limit is not None and case.at > limit:
        found = f"its {name} ended at {limit:%Y-%m-%dT%H:%M:%SZ}"
        yield Broken(tag=tag, found=found, must=f"used within its {name}")


def _proper(case: Case, fact: ShelfLifeExtended) -> Iterator[Broken]:
    if fact.limit not in (LimitKind.SHELF_LIFE, LimitKind.IN_USE):
        return
    containers = tags_of("material", fact.containers.materials) if fact.containers is not None else ()
    batch = tag_of("batch", fact.batch) or (case.batch_of(containers[0]) if containers else "")
    product = case.product_of(batch, "")
    licence = case.state(BATCH_RECORD, batch).licence
    person, scopes = case.performer(), scopes_of(case) | ({licence} - {""})
    if not holds_role(case, person, EXTENDERS, scopes, product):
        yield Broken(tag=person, found="holds no role that extends this limit", must="the QP, on stability data")


R5 = Rule(
    id="R5",
    revision=1,
    text="Start of use after expiry, after shelf life or after the in-use limit since completion or thaw; the limit is "
    "kept when start equals it. A part keeps the limits of what it was divided or filled over from. Where the "
    "product's limit binds the end, the end is judged, and so is how long giving may last. An expired product is not "
    "dispensed; in the clinical area or at the thaw it is a note.",
    source="HMR 2012 Sch 4 para 25(b); Directive 2006/86/EC Annex II E 1(c)",
    owner=Owner.CLINICAL,
    override="shelf-life extension by the certifying QP on stability data; otherwise only a decision to proceed",
    types=(
        "AdministrationStarted",
        "AdministrationResumed",
        "AdministrationEnded",
        "ProductDispensed",
        "ClinicalAreaReceived",
        "MaterialThawed",
        "ShelfLifeExtended",
    ),
    reads=(MATERIAL, CONDITION, EXTENDED, BATCH_RECORD, CHAIN, PRODUCT, PERSON, SITE_STATUS),
    judge=_within_limits,
    weights=_WEIGHTS,
    timed=True,
)
