"""Rule L17: is genetically modified material worked on where that was approved?"""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from ledger.domain.facts.registry import Activity
from ledger.domain.finding import Weight
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules import frame
from ledger.domain.rules.bases import ABROAD
from ledger.domain.rules.case import Case
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.papers import LICENCE
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.products import PRODUCT
from ledger.domain.subjects.sites import SITE_STATUS
from ledger.domain.subjects.validity import in_force

_TYPES: Final = ("BatchOpened", "CellsModified")


def _contained(case: Case) -> Iterator[Broken]:
    """L17: a gene-modified product made, or cells modified, at a site here that registered no approval in force."""
    data, site = case.product(frame.product(case)).data, case.state(SITE_STATUS, case.site)
    if data is None or not data.gene_modified or site.nation in ABROAD:
        return
    registered = [
        item.basis
        for item in site.bases
        if item.activity is Activity.CONTAINED_USE and in_force(case.at, item.effective_from, item.effective_to)
    ]
    if not any(_approved(case, basis) for basis in registered):
        found = f"{registered[0]} does not cover it" if registered else "the site registered no basis for contained use"
        must = "notified premises and the approval of the genetic modification safety committee, as its basis"
        yield Broken(tag=case.site, found=found, must=must)


def _approved(case: Case, basis: str) -> bool:
    """What the site registered holds, unless the register of licences says otherwise."""
    licence = case.state(LICENCE, basis)
    if kind_of(basis) != "licence" or not licence.granted:
        return True
    named = case.site in licence.sites and Activity.CONTAINED_USE in licence.activities
    return named and licence.live(case.at) and licence.stopped(case.at, {case.site}) is None


L17 = Rule(
    id="L17",
    revision=1,
    text="A product registered as gene-modified is made, or cells are modified, at a site without approval for "
    "contained use and by its genetic modification safety committee. Always a note, since the text of the regulations "
    "is unverified; receiving and giving are not asked.",
    source="Genetically Modified Organisms (Contained Use) Regulations 2014 (unverified)",
    owner=Owner.NOBODY,
    override="none",
    types=_TYPES,
    reads=(SITE_STATUS, LICENCE, MATERIAL, BATCH_RECORD, CHAIN, PRODUCT),
    judge=_contained,
    weights=MappingProxyType(dict.fromkeys(_TYPES, Weight.NOTE)),
)
