"""Rules Q: does it add up, and is every container used once?"""

import dataclasses
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from ledger.domain.facts.about import Work
from ledger.domain.facts.administration import AdministrationEnded, AdministrationStarted
from ledger.domain.facts.catalogue import HANDLED, WORKS
from ledger.domain.facts.clinical_area import AdministrationResumed
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.processing import QuantityRecounted
from ledger.domain.facts.values import MaterialIn, Quantity
from ledger.domain.rules.case import Case
from ledger.domain.rules.custody import handled
from ledger.domain.rules.rule import Broken, Later, Owner, Rule
from ledger.domain.subjects import amount
from ledger.domain.subjects.amount import Amounts
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.containers import Material, completes
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.registers import PRODUCT
from ledger.domain.subjects.settlement import PATIENT_LINKS

VOLUMES: Final = frozenset(("L", "mL", "uL", "dL", "cL"))
"""UCUM units of volume."""


def allowed(case: Case, unit: str, limit: Decimal) -> Decimal:
    """A limit with the tolerance of its unit: counts of containers are exact, volumes and cells have a percentage."""
    if unit.startswith("{"):
        return limit
    name = "tolerance-volume-percent" if unit in VOLUMES else "tolerance-cells-percent"
    return limit * (1 + Decimal(case.parameters[name]) / 100)


def taken_of(inputs: tuple[MaterialIn, ...]) -> dict[str, Amounts | None]:
    """What was taken of each container, however often it is named; None for all that was left."""
    taken: dict[str, Amounts | None] = {}
    for item in inputs:
        tag = tag_of("material", item.material)
        before = taken.get(tag, amount.NOTHING)
        taken[tag] = amount.plus(before, amount.total(item.taken)) if item.taken and before is not None else None
    return taken


def put_in(case: Case, inputs: tuple[MaterialIn, ...]) -> Amounts:
    """What went in, in all: what was taken of each container, or all that was left in it.

    Only in the measures that are known of each of them: what was not measured in one is not known of the sum.
    """
    parts = [case.state(MATERIAL, tag).remaining if taken is None else taken for tag, taken in taken_of(inputs).items()]
    known = set.intersection(*({item[:2] for item in part} for part in parts)) if parts else set()
    sums: Amounts = amount.NOTHING
    for part in parts:
        sums = amount.plus(sums, tuple(item for item in part if item[:2] in known))
    return sums


def _conserved(case: Case) -> Iterator[Broken]:
    """Q1: more out than in, or a negative quantity."""
    fact, work = case.fact, case.fact.work()
    if isinstance(fact, QuantityRecounted):
        yield from _negative(fact.counted, tag_of("material", fact.material))
    elif isinstance(fact, AdministrationEnded):
        yield from _negative((*fact.given, *fact.not_given), tag_of("material", fact.material))
        yield from _all_of_it(case, fact)
    if work is None:
        return
    for out in work.outputs:
        yield from _negative(out.contents, tag_of("material", out.material))
    taken = (quantity for item in work.inputs for quantity in item.taken)
    yield from _negative((*taken, *work.losses, *work.growth), case.site)
    yield from _balanced(case, work) if work.inputs else _as_filled(case, work)


def _negative(quantities: tuple[Quantity, ...], tag: str) -> Iterator[Broken]:
    if any(Decimal(item.value) < 0 for item in quantities):
        yield Broken(tag=tag, found="a negative quantity", must="nothing below zero")


def _balanced(case: Case, work: Work) -> Iterator[Broken]:
    into = put_in(case, work.inputs)
    lots = (used.quantity for used in work.lots if used.quantity is not None)
    added = amount.plus(amount.total(lots), amount.total(work.growth))
    out_of = amount.plus(amount.total(q for out in work.outputs for q in out.contents), amount.total(work.losses))
    for unit, of, number in out_of:
        there = amount.value(into, unit, of)
        if there is None:
            continue
        limit = there + (amount.value(added, unit, of) or Decimal(0))
        if number > allowed(case, unit, limit):
            yield Broken(
                tag=tag_of("material", (work.outputs or work.inputs)[0].material),
                found=f"{amount.spoken(number, unit, of)} out of {amount.spoken(limit, unit, of)}",
                must="outputs and losses not above inputs and additions",
            )


def _as_filled(case: Case, work: Work) -> Iterator[Broken]:
    """A completion of containers that were filled before: not more in them than was left."""
    for out in work.outputs:
        tag = tag_of("material", out.material)
        state = case.state(MATERIAL, tag)
        for unit, of, number in amount.total(out.contents) if completes(state, work) else ():
            left = amount.value(state.remaining, unit, of)
            if left is not None and number > allowed(case, unit, left):
                found = f"{amount.spoken(number, unit, of)} out of {amount.spoken(left, unit, of)}"
                yield Broken(tag=tag, found=found, must="not more than was filled")


def _all_of_it(case: Case, fact: AdministrationEnded) -> Iterator[Broken]:
    """What was given in all holds what was given before a pause; with what was not, it is not more than there was."""
    tag = tag_of("material", fact.material)
    material, given = case.state(MATERIAL, tag), amount.total(fact.given)
    for unit, of, number in material.given:
        whole = amount.value(given, unit, of)
        if whole is not None and whole < number:
            found = f"{amount.spoken(whole, unit, of)} in all, {amount.spoken(number, unit, of)} before the pause"
            yield Broken(tag=tag, found=found, must="what was given in all, before and after a pause")
    if not fact.not_given:
        return
    for unit, of, number in amount.plus(given, amount.total(fact.not_given)):
        left = amount.value(material.remaining, unit, of)
        if left is not None and number > allowed(case, unit, left):
            found = f"{amount.spoken(number, unit, of)} given and not given, of {amount.spoken(left, unit, of)}"
            yield Broken(tag=tag, found=found, must="not more than there was")


Q1 = Rule(
    id="Q1",
    revision=1,
    text="Outputs, samples and recorded losses are more than all inputs (parents, added materials and recorded "
    "growth), per unit and beyond the tolerance; or a quantity is negative. A re-count starts a new basis.",
    source="Directive 2006/86/EC Annex VI (pool and split); EU GMP reconciliation (our encoding)",
    owner=Owner.QUALITY,
    override="none; the tolerance is a parameter of the rulebook",
    types=(*sorted(WORKS), "QuantityRecounted", "AdministrationEnded"),
    reads=(MATERIAL,),
    judge=_conserved,
    later=(Later.COUNTING, MATERIAL),
)


def _used_once(case: Case) -> Iterator[Broken]:
    """Q5: a container filled twice, emptied and used again, or given to a second patient."""
    fact, work = case.fact, case.fact.work()
    if work is not None:
        yield from _filled_once(case, work)
        for tag, taken in taken_of(work.inputs).items():
            yield from _enough(case, tag, taken or amount.NOTHING)
    elif isinstance(fact, AdministrationStarted):
        yield from _given_once(case, tag_of("material", fact.material), tag_of("patient", fact.patient))
    elif isinstance(fact, AdministrationResumed):
        yield from _same_patient(case, tag_of("material", fact.material), tag_of("patient", fact.patient))
    elif isinstance(fact, AdministrationEnded):
        yield from _enough(case, tag_of("material", fact.material), amount.total(fact.given))
        yield from _same_patient(case, tag_of("material", fact.material), tag_of("patient", fact.patient))
    else:
        yield from _not_destroyed(case)


def _filled_once(case: Case, work: Work) -> Iterator[Broken]:
    """An id is for one container; what is worked on and kept, or filled in the batch that completes it, is that one."""
    kept = {tag_of("material", item.material) for item in work.inputs}
    named = Counter(tag_of("material", out.material) for out in work.outputs)
    for tag, times in sorted(named.items()):
        state = case.state(MATERIAL, tag)
        again = state.origins if tag not in kept and not completes(state, work) else ()
        if again or times > 1:
            found = f"this id was filled before (fact {again[0]})" if again else f"named {times} times"
            yield Broken(tag=tag, found=found, must="a new id for a new container")
        elif tag in kept or not state.used_by or state.origins:
            continue
        elif case.content.type in _COLLECTIONS:
            found = f"used before anything was collected into it (fact {state.used_by})"
            yield Broken(tag=tag, found=found, must="a new id for a new container, or the time of the collection")
        elif state.contents and not completes(state, work):
            found = f"cells were worked on in it before it was filled (fact {state.used_by})"
            yield Broken(tag=tag, found=found, must="a new id for a new container, or the time of the filling")


_COLLECTIONS: Final = frozenset(("ApheresisPerformed", "ProcurementPerformed", "CollectionAbandoned"))
"""What fills an empty bag. Other work may be the first to name a container in which cells were all along, until work
was done in it."""


def _not_destroyed(case: Case) -> Iterator[Broken]:
    for tag in handled(case):
        destroyed = case.state(MATERIAL, tag).destroyed_by
        if destroyed:
            yield Broken(tag=tag, found=f"destroyed before (fact {destroyed[-1]})", must="nothing after its end")


def _enough(case: Case, tag: str, wanted: Amounts) -> Iterator[Broken]:
    material = case.state(MATERIAL, tag)
    if gone := _gone(material):
        yield Broken(tag=tag, found=gone, must="used once")
        return
    for unit, of, number in wanted:
        left = amount.value(material.remaining, unit, of)
        if left is not None and number > allowed(case, unit, left):
            yield Broken(
                tag=tag,
                found=f"{amount.spoken(number, unit, of)} taken of {amount.spoken(left, unit, of)} left",
                must="not more than is left",
            )


def _gone(material: Material) -> str:
    """Says why nothing can be left in a container; empty when something may be."""
    if material.destroyed_by:
        return f"destroyed before (fact {material.destroyed_by[-1]})"
    return f"emptied before (fact {material.emptied_by[-1]})" if material.emptied_by else ""


def _same_patient(case: Case, tag: str, patient: str) -> Iterator[Broken]:
    material = case.state(MATERIAL, tag)
    if material.under_way and case.patient(material.starts[-1][1]) != case.patient(patient):
        found = f"begun for {material.starts[-1][1]} (fact {material.starts[-1][0]}), ended for {patient}"
        yield Broken(tag=tag, found=found, must="the patient for whom it was begun")


def _given_once(case: Case, tag: str, patient: str) -> Iterator[Broken]:
    material = case.state(MATERIAL, tag)
    if gone := _gone(material):
        yield Broken(tag=tag, found=gone, must="given once")
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
    "container, cells are put into a container that was used before, or a second patient receives from one that is not "
    "multi-dose. A pause and resumption is one administration.",
    source="Directive 2006/86/EC Annex VI (logic)",
    owner=Owner.NOBODY,
    override="none",
    types=(*sorted(HANDLED), "AdministrationResumed", "AdministrationEnded"),
    reads=(MATERIAL, BATCH_RECORD, CHAIN, PRODUCT, PATIENT_LINKS),
    judge=_used_once,
    later=(Later.COUNTING, MATERIAL),
)


def _something_left(case: Case) -> Iterator[Broken]:
    """Q5: as in the first revision, and begun from a container of which all that was counted is given or taken."""
    yield from _used_once(case)
    if isinstance(case.fact, AdministrationStarted):
        tag = tag_of("material", case.fact.material)
        state = case.state(MATERIAL, tag)
        spent = _spent(state)
        if spent and not _gone(state):
            yield Broken(
                tag=tag, found=f"{spent} left of it", must="something left in it, or a new count that finds it"
            )


def _spent(state: Material) -> str:
    """Says of which measure nothing is left; empty while something is, and where nobody counted."""
    none_left = [item for item in state.remaining if item[2] <= 0]
    for unit, of, number in none_left:
        put = amount.value(state.contents, unit, of)
        if len(none_left) == len(state.remaining) or (put is not None and put > 0):
            return amount.spoken(number, unit, of)
    return ""


Q5_2 = dataclasses.replace(
    Q5,
    revision=2,
    text="More is taken from a container than remains, an emptied container is used again, giving is begun from one of "
    "which nothing is left by what was counted, whatever was said of the rest, an id is given to a second container, "
    "cells are put into a container that was used before, or a second patient receives from one that is not "
    "multi-dose. A pause and resumption is one administration.",
    judge=_something_left,
)
