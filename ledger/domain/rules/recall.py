"""Rule R12: is anything that it came from recalled?"""

import dataclasses
from collections.abc import Iterator
from datetime import datetime

from ledger.domain.facts.custody import ConsignmentDispatched
from ledger.domain.rules.case import Case
from ledger.domain.rules.custody import handled, rests_on
from ledger.domain.rules.lots import open_recall
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.cases import CASE
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.recalls import RECALLS
from ledger.domain.subjects.whereabouts import WHEREABOUTS


def _not_recalled(case: Case) -> Iterator[Broken]:
    """R12: used while a recall is open on it, or on anything that it came from."""
    if _not_for_use(case):
        return
    things = rests_on(case.content)
    batches = {case.batch_of(thing) for thing in things if thing.startswith("material:")}
    for tag in sorted({*things, *batches, *case.ancestors} - {""}):
        recall = open_recall(case, tag)
        if recall:
            yield Broken(
                tag=tag,
                found=f"{recall} is open on it",
                must="the recall closed, or a decision for this patient by the treating physician together with QA",
                overridable=True,
            )


def _not_for_use(case: Case) -> bool:
    """Sent back, or sent to be held."""
    fact = case.fact
    if not isinstance(fact, ConsignmentDispatched):
        return False
    return bool(fact.quarantine_transfer) or all(case.state(MATERIAL, item).returned_by for item in handled(case))


R12 = Rule(
    id="R12",
    revision=1,
    text="Material, a batch or a product is consumed, certified, dispatched for use, dispensed or started, or its "
    "quarantine lifted, while a recall is open on it or on any lot, donation, batch or container that it came from. "
    "Returning, quarantining and destroying stay possible. A recall that names a site or an instrument alone bars "
    "nothing by itself: what it reached is recalled or quarantined by name.",
    source="MHRA, A guide to defective medicinal products (partly verified)",
    owner=Owner.CLINICAL,
    together=(Owner.QUALITY,),
    override="decision for that patient by the treating physician together with QA",
    types=(
        "ConsignmentDispatched",
        "MaterialsConsumed",
        "ProcessStepPerformed",
        "CellsModified",
        "CellsExpanded",
        "QpCertified",
        "QualityControllerReleased",
        "PointOfCareReleased",
        "QuarantineLifted",
        "ProductDispensed",
        "AdministrationStarted",
    ),
    reads=(MATERIAL, BATCH_RECORD, RECALLS, CASE),
    over=(MATERIAL, RECALLS),
    judge=_not_recalled,
)


def _nor_where_it_was(case: Case) -> Iterator[Broken]:
    """R12: as in the first revision, and a recall of where it, or what it came from, was made or handled."""
    yield from _not_recalled(case)
    if _not_for_use(case):
        return
    things = set(rests_on(case.content))
    batches = {case.batch_of(thing) for thing in things if thing.startswith("material:")}
    told: set[str] = set()
    for tag in sorted({*things, *batches, *case.ancestors} - {""}):
        still = tag in things and tag.startswith("material:")
        for place, since, until in case.state(WHEREABOUTS, tag).spans(still=still):
            recall = "" if place in told else _recalled_there(case, place, since, until)
            if recall:
                told.add(place)
                yield Broken(
                    tag=place,
                    found=f"{recall} is open on what was made or handled there, as {tag} was",
                    must="the recall closed, or a decision for this patient by the treating physician together with QA",
                    overridable=True,
                )


def _recalled_there(case: Case, place: str, since: datetime, until: datetime | None) -> str:
    """Names the open recall of a site or instrument whose period a stay or use falls into; empty when none does."""
    recalls = case.state(RECALLS, place)
    for (position, of), (begin, end) in zip(recalls.opened, recalls.periods, strict=True):
        outside = (end is not None and since > end) or (begin is not None and until is not None and until < begin)
        if not outside and not case.state(CASE, of).closed:
            return f"recall {of} (fact {position})"
    return f"a recall beyond those that are kept (fact {recalls.beyond})" if recalls.beyond else ""


R12_2 = dataclasses.replace(
    R12,
    revision=2,
    text="Material, a batch or a product is consumed, certified, dispatched for use, dispensed or started, or its "
    "quarantine lifted, while a recall is open on it or on any lot, donation, batch or container that it came from, or "
    "on a site or an instrument alone, where it or anything that it came from was made or handled, or with which, in "
    "the period that the recall names; without a period, ever. Returning, quarantining and destroying stay possible.",
    reads=(*R12.reads, WHEREABOUTS),
    over=(*R12.over, WHEREABOUTS),
    judge=_nor_where_it_was,
)
