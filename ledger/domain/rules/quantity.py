"""Rules Q: does it add up, and is every container used once?"""

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

from ledger.domain.facts.administration import AdministrationEnded, AdministrationStarted
from ledger.domain.facts.manufacture import CellsModified, ManufactureCompleted
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.procurement import ApheresisPerformed
from ledger.domain.facts.values import LotUsed, MaterialIn, MaterialOut, Quantity
from ledger.domain.rules.case import Case
from ledger.domain.rules.rule import Broken, Later, Owner, Rule
from ledger.domain.subjects import amount
from ledger.domain.subjects.amount import Amounts
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.registers import PRODUCT
from ledger.domain.subjects.settlement import PATIENT_LINKS

_VOLUMES: Final = frozenset(("L", "mL", "uL", "dL", "cL"))


def allowed(case: Case, unit: str, limit: Decimal) -> Decimal:
    """A limit with the tolerance of its unit: counts of containers are exact, volumes and cells have a percentage."""
    if unit.startswith("{"):
        return limit
    name = "tolerance-volume-percent" if unit in _VOLUMES else "tolerance-cells-percent"
    return limit * (1 + Decimal(case.parameters[name]) / 100)


def _activity(
    case: Case,
) -> tuple[tuple[MaterialIn, ...], tuple[MaterialOut, ...], Iterable[LotUsed], Iterable[Quantity]]:
    fact = case.fact
    if isinstance(fact, CellsModified):
        return fact.inputs, fact.outputs, fact.lots, fact.losses
    if isinstance(fact, ManufactureCompleted):
        return fact.inputs, fact.containers, fact.lots, fact.losses
    if isinstance(fact, ApheresisPerformed):
        return (), fact.bags, (), ()
    return (), (), (), ()


def _taken(inputs: tuple[MaterialIn, ...]) -> dict[str, Amounts | None]:
    """What was taken of each container, however often it is named; None for all that was left."""
    taken: dict[str, Amounts | None] = {}
    for item in inputs:
        tag = tag_of("material", item.material)
        before = taken.get(tag, amount.NOTHING)
        taken[tag] = amount.plus(before, amount.total(item.taken)) if item.taken and before is not None else None
    return taken


def _put_in(case: Case, inputs: tuple[MaterialIn, ...]) -> Amounts:
    sums: Amounts = amount.NOTHING
    for tag, taken in _taken(inputs).items():
        sums = amount.plus(sums, case.state(MATERIAL, tag).remaining if taken is None else taken)
    return sums


def _conserved(case: Case) -> Iterator[Broken]:
    """Q1: more out than in, or a negative quantity."""
    inputs, outputs, lots, losses = _activity(case)
    for out in outputs:
        if any(Decimal(item.value) < 0 for item in out.contents):
            yield Broken(tag=tag_of("material", out.material), found="a negative quantity", must="nothing below zero")
    taken = [quantity for item in inputs for quantity in item.taken]
    if any(Decimal(item.value) < 0 for item in (*taken, *losses)):
        yield Broken(tag=case.site, found="a negative quantity", must="nothing below zero")
    if not inputs:
        return
    into = _put_in(case, inputs)
    added = amount.total(used.quantity for used in lots if used.quantity is not None)
    out_of = amount.plus(amount.total(q for out in outputs for q in out.contents), amount.total(losses))
    for unit, of, number in out_of:
        there = amount.value(into, unit, of)
        if there is None:
            continue
        limit = there + (amount.value(added, unit, of) or Decimal(0))
        if number > allowed(case, unit, limit):
            yield Broken(
                tag=tag_of("material", outputs[0].material),
                found=f"{amount.spoken(number, unit, of)} out of {amount.spoken(limit, unit, of)}",
                must="outputs and losses not above inputs and additions",
            )


Q1 = Rule(
    id="Q1",
    revision=1,
    text="Outputs, samples and recorded losses are more than all inputs (parents, added materials and recorded "
    "growth), per unit and beyond the tolerance; or a quantity is negative. A re-count starts a new basis.",
    source="Directive 2006/86/EC Annex VI (pool and split); EU GMP reconciliation (our encoding)",
    owner=Owner.QUALITY,
    override="none; the tolerance is a parameter of the rulebook",
    types=("ApheresisPerformed", "CellsModified", "ManufactureCompleted"),
    reads=(MATERIAL,),
    judge=_conserved,
    later=(Later.COUNTING, MATERIAL),
)


def _used_once(case: Case) -> Iterator[Broken]:
    """Q5: a container filled twice, emptied and used again, or given to a second patient."""
    fact = case.fact
    inputs, outputs, _, _ = _activity(case)
    named = Counter(tag_of("material", out.material) for out in outputs)
    for tag, times in sorted(named.items()):
        origins = case.state(MATERIAL, tag).origins
        if origins or times > 1:
            found = f"this id was filled before (fact {origins[0]})" if origins else f"named {times} times"
            yield Broken(tag=tag, found=found, must="a new id for a new container")
    for tag, taken in _taken(inputs).items():
        yield from _enough(case, tag, taken or amount.NOTHING)
    if isinstance(fact, AdministrationStarted):
        yield from _given_once(case, tag_of("material", fact.material), tag_of("patient", fact.patient))
    if isinstance(fact, AdministrationEnded):
        yield from _enough(case, tag_of("material", fact.material), amount.total(fact.given))
        yield from _same_patient(case, tag_of("material", fact.material), tag_of("patient", fact.patient))


def _enough(case: Case, tag: str, wanted: Amounts) -> Iterator[Broken]:
    material = case.state(MATERIAL, tag)
    if material.emptied_by:
        yield Broken(tag=tag, found=f"emptied before (fact {material.emptied_by[-1]})", must="used once")
        return
    for unit, of, number in wanted:
        left = amount.value(material.remaining, unit, of)
        if left is not None and number > allowed(case, unit, left):
            yield Broken(
                tag=tag,
                found=f"{amount.spoken(number, unit, of)} taken of {amount.spoken(left, unit, of)} left",
                must="not more than is left",
            )


def _same_patient(case: Case, tag: str, patient: str) -> Iterator[Broken]:
    material = case.state(MATERIAL, tag)
    if material.under_way and case.patient(material.starts[-1][1]) != case.patient(patient):
        found = f"begun for {material.starts[-1][1]} (fact {material.starts[-1][0]}), ended for {patient}"
        yield Broken(tag=tag, found=found, must="the patient for whom it was begun")


def _given_once(case: Case, tag: str, patient: str) -> Iterator[Broken]:
    material = case.state(MATERIAL, tag)
    if material.emptied_by:
        yield Broken(tag=tag, found=f"emptied before (fact {material.emptied_by[-1]})", must="given once")
    data = case.product(case.product_of(material.batch, case.chain_of(tag))).data
    if data is not None and data.multi_dose:
        return
    others = sorted({to for _, to in material.starts} - case.patients(patient))
    if others:
        yield Broken(tag=tag, found=f"already begun for {others[0]}", must="one patient per container")
    if material.under_way:
        yield Broken(
            tag=tag, found=f"already being given (fact {material.starts[-1][0]})", must="ended before begun again"
        )


Q5 = Rule(
    id="Q5",
    revision=1,
    text="More is taken from a container than remains, an emptied container is used again, an id is given to a second "
    "container, or a second patient receives from one that is not multi-dose. A pause and resumption is one "
    "administration.",
    source="Directive 2006/86/EC Annex VI (logic)",
    owner=Owner.NOBODY,
    override="none",
    types=(
        "ApheresisPerformed",
        "CellsModified",
        "ManufactureCompleted",
        "AdministrationStarted",
        "AdministrationEnded",
    ),
    reads=(MATERIAL, BATCH_RECORD, CHAIN, PRODUCT, PATIENT_LINKS),
    judge=_used_once,
    later=(Later.COUNTING, MATERIAL),
)
