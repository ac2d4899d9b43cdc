"""Rule Q6: is everything that was made accounted for?"""

from collections.abc import Iterator
from decimal import Decimal

from ledger.domain.facts.batches import BatchClosed
from ledger.domain.facts.naming import tag_of
from ledger.domain.rules.case import Case
from ledger.domain.rules.quantity import allowed
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects import amount
from ledger.domain.subjects.containers import Material
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.reconciliation import BATCH_RECONCILIATION


def _accounted_for(case: Case) -> Iterator[Broken]:
    """Q6: a batch closed while containers, or volumes in them, are open."""
    if not isinstance(case.fact, BatchClosed):
        return
    made = case.state(BATCH_RECONCILIATION, tag_of("batch", case.fact.batch))
    for container in made.containers:
        found = _open(case, case.state(MATERIAL, container))
        if found:
            yield Broken(
                tag=container,
                found=found,
                must="given, returned, destroyed, retained, sampled or used up, to the last millilitre",
                overridable=True,
            )


def _open(case: Case, material: Material) -> str:
    """Says what of a container is not accounted for; empty when all of it is."""
    if material.destroyed_by or material.returned_by or material.retained:
        return ""
    if material.under_way:
        return f"still being given (fact {material.starts[-1][0]})"
    unexplained = [
        amount.spoken(left, unit, of)
        for unit, of, left in material.remaining
        if _too_much(case, material, (unit, of), left)
    ]
    if unexplained:
        return f"{', '.join(unexplained)} of it not accounted for"
    return "" if material.emptied_by or material.ends else "what became of it is not on record"


def _too_much(case: Case, material: Material, place: tuple[str, str], left: Decimal) -> bool:
    """More than the tolerance is left, of a measure in which something was taken or given."""
    put = amount.value(material.contents, *place) or Decimal(0)
    return left != put and left > allowed(case, place[0], put) - put


Q6 = Rule(
    id="Q6",
    revision=1,
    text="A worklist with a clock rather than a refusal: a batch is closed while containers, or volumes within a "
    "container, are unreconciled, so that administered, returned, destroyed, retained and sampled do not add up to "
    "what was made. The closing is barred; nothing that happened to a container is.",
    source="Directive 2005/61/EC Annex I",
    owner=Owner.QUALITY,
    override="deviation approved by QA",
    types=("BatchClosed",),
    reads=(BATCH_RECONCILIATION, MATERIAL),
    judge=_accounted_for,
)
