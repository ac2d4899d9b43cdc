"""Rules Q2, Q3, Q4 and Q8: is it what it is said to come from, and of one person?"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from ledger.domain.facts.batches import RemakeStarted
from ledger.domain.facts.catalogue import WORKS
from ledger.domain.facts.certification import QpCertified, QualityControllerReleased
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.pooling import MaterialsPooled
from ledger.domain.facts.processing import CellsExpanded, MaterialSplit
from ledger.domain.facts.release import PointOfCareReleased
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules import pools
from ledger.domain.rules.case import Case
from ledger.domain.rules.custody import handled
from ledger.domain.rules.quantity import VOLUMES, allowed, put_in
from ledger.domain.rules.rule import Broken, Later, Owner, Rule
from ledger.domain.subjects import amount
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.materials import DONATION, MATERIAL
from ledger.domain.subjects.settlement import PATIENT_LINKS

RELEASES: Final = ("PointOfCareReleased", "QpCertified", "QualityControllerReleased")
"""Decisions by which a batch is released."""


def _growth_is_said(case: Case) -> Iterator[Broken]:
    """Q2: growth recorded as a split, or growth without a yield of what grew."""
    fact = case.fact
    if isinstance(fact, MaterialSplit):
        into = put_in(case, (fact.source,))
        for unit, of, number in amount.total(q for item in fact.divisions for q in item.container.contents):
            there = amount.value(into, unit, of)
            if there is not None and unit not in VOLUMES and number > allowed(case, unit, there):
                yield Broken(
                    tag=tag_of("material", fact.source.material),
                    found=f"{amount.spoken(number, unit, of)} divided out of {amount.spoken(there, unit, of)}",
                    must="growth recorded as expansion, with its yield",
                )
    elif isinstance(fact, CellsExpanded):
        for item in fact.growth:
            if item.unit in VOLUMES:
                yield Broken(
                    tag=tag_of("batch", fact.batch),
                    found=f"growth given in {item.unit}",
                    must="the yield of what grew: a number of cells, or a mass",
                )


Q2 = Rule(
    id="Q2",
    revision=1,
    text="Expansion, which is true biological growth, is recorded as a split. Growth needs a yield of its own.",
    source="reconciliation under EU GMP (our encoding)",
    owner=Owner.QUALITY,
    override="none",
    types=("CellsExpanded", "MaterialSplit"),
    reads=(MATERIAL,),
    judge=_growth_is_said,
    later=(Later.COUNTING, MATERIAL),
)


def _numbered(case: Case) -> Iterator[Broken]:
    """Q3: two parts of one container with one number; a pool without one, or without all its parents."""
    fact = case.fact
    if isinstance(fact, MaterialsPooled):
        yield from pools.numbered(case, fact)
    if not isinstance(fact, MaterialSplit):
        return
    tag = tag_of("material", fact.source.material)
    given = set(case.state(MATERIAL, tag).parts)
    for number, times in sorted(Counter(item.number for item in fact.divisions).items()):
        if times > 1:
            yield Broken(tag=tag, found=f"{times} parts with number {number}", must="a number of its own for each part")
        elif number in given:
            yield Broken(tag=tag, found=f"number {number} was given before", must="a number of its own for each part")


Q3 = Rule(
    id="Q3",
    revision=1,
    text="Material is split without a unique split number, or pooled without a new pool number and all its parents.",
    source="Directive 2006/86/EC art 10b(1)(b)",
    owner=Owner.TISSUE,
    override="none",
    types=("MaterialSplit", "MaterialsPooled"),
    reads=(MATERIAL, DONATION),
    over=(DONATION,),
    judge=_numbered,
)


def _of_one_person(case: Case) -> Iterator[Broken]:
    """Q4: cells that two people gave for themselves come together in one work; what was mixed before is said once."""
    work = case.fact.work()
    if isinstance(case.fact, MaterialsPooled):
        yield from pools.compatible(case, case.fact)
    if work is None:
        return
    apart = [_givers(case, lineage) for lineage in case.lineages.values()]
    together: dict[str, str] = {}
    for givers in apart:
        together.update(givers)
    if len(together) > max([1, *(len(givers) for givers in apart)]):
        donations = " and ".join(together[person] for person in sorted(together))
        yield Broken(
            tag=tag_of("batch", work.batch) or handled(case)[0],
            found=f"brings together what {len(together)} people gave for themselves: {donations}",
            must="autologous cells of one person only",
        )


def _givers(case: Case, lineage: frozenset[str]) -> dict[str, str]:
    """People whose cells, given for themselves, something holds; with the donation."""
    donations = ((tag, case.state(DONATION, tag)) for tag in sorted(lineage) if kind_of(tag) == "donation")
    return {case.patient(donation.person): tag for tag, donation in donations if donation.autologous}


Q4 = Rule(
    id="Q4",
    revision=1,
    text="Autologous material of two patients is pooled, or a pool joins material whose consent or eligibility is "
    "incompatible: given for different people, or from a donor decided not to be eligible (our reading; consent that "
    "was withdrawn is rule I5).",
    source="Directive 2006/86/EC Annex II E 1(d); HMR 2012 Sch 24 para 53",
    owner=Owner.NOBODY,
    override="none",
    types=tuple(sorted(WORKS - {"ApheresisPerformed", "ProcurementPerformed", "CollectionAbandoned"})),
    reads=(MATERIAL, BATCH_RECORD, PATIENT_LINKS),
    over=(DONATION,),
    judge=_of_one_person,
)


def _rooted(case: Case) -> Iterator[Broken]:
    """Q8: what came out went into what it was made of; or a release rests on material without known origin."""
    fact, work = case.fact, case.fact.work()
    if work is not None:
        kept = {tag_of("material", item.material) for item in work.inputs}
        for out in work.outputs:
            tag = tag_of("material", out.material)
            if tag in case.ancestors and tag not in kept:
                yield Broken(tag=tag, found="filled from what was made of it", must="parents that it did not make")
    elif isinstance(fact, RemakeStarted):
        if fact.batch == fact.failed:
            yield Broken(tag=tag_of("batch", fact.batch), found="made again in itself", must="a new batch number")
    elif isinstance(fact, PointOfCareReleased | QpCertified | QualityControllerReleased):
        yield from _known(case, tag_of("batch", fact.batch))


def _known(case: Case, batch: str) -> Iterator[Broken]:
    if case.state(BATCH_RECORD, batch).completed_at is not None and not case.ancestors:
        yield Broken(tag=batch, found="nothing is known that it was made of", must="what it took, recorded")
    for ancestor in sorted(case.ancestors):
        if kind_of(ancestor) == "material" and not case.known(MATERIAL, ancestor).origins:
            yield Broken(tag=ancestor, found="where this container came from is not known", must="its filling recorded")


Q8 = Rule(
    id="Q8",
    revision=1,
    text="The genealogy would become cyclic, or a decision rests on material whose parents are not known. A happening "
    "with an unknown parent is accepted as unregistered and listed.",
    source="HMR 2012 Sch 6 para 16 (our encoding)",
    owner=Owner.NOBODY,
    override="none",
    types=(*Q4.types, "RemakeStarted", *RELEASES),
    reads=(MATERIAL, BATCH_RECORD),
    over=(MATERIAL,),
    judge=_rooted,
)
