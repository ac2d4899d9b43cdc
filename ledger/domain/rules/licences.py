"""Rules L: is whoever does it entitled to, here, for this product?"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from ledger.domain import civil_time
from ledger.domain.facts.administration import AdministrationStarted
from ledger.domain.facts.licensing import BatchesInProcess, SuspensionScope
from ledger.domain.facts.manufacture import BatchOpened, CellsModified, ManufactureCompleted
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.registry import Activity, SiteKind
from ledger.domain.facts.release import PointOfCareReleased
from ledger.domain.facts.values import ManufacturingMode
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules.case import Case
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.registers import LICENCE, MASTER_FILE, PRODUCT, SITE_STATUS, SiteStatus, in_force

ACTIVITY: Final[Mapping[str, Activity]] = MappingProxyType(
    {
        "ApheresisPerformed": Activity.PROCUREMENT,
        "BatchOpened": Activity.MANUFACTURE,
        "CellsModified": Activity.MANUFACTURE,
        "ManufactureCompleted": Activity.MANUFACTURE,
    }
)
"""The licensed activity that a fact type is."""


def batch(case: Case) -> str:
    """Tag of the batch that a fact is about, or empty."""
    fact = case.fact
    if isinstance(fact, BatchOpened | CellsModified | ManufactureCompleted | PointOfCareReleased):
        return tag_of("batch", fact.batch)
    if isinstance(fact, AdministrationStarted):
        return case.batch_of(tag_of("material", fact.material)) or tag_of("batch", fact.batch)
    return ""


def product(case: Case) -> str:
    """Tag of the product that a fact is about, or empty."""
    if isinstance(case.fact, BatchOpened):
        return tag_of("product", case.fact.product)
    return case.state(BATCH_RECORD, batch(case)).product


def candidates(case: Case) -> tuple[str, ...]:
    """Tags of the bases that a fact can rest on: the one it names, else those its site registered for the activity."""
    named = _named(case)
    if named:
        return (named,)
    activity = ACTIVITY.get(case.content.type)
    bases = (item.basis for item in case.state(SITE_STATUS, case.site).bases if item.activity == activity)
    return tuple(dict.fromkeys(bases))


def _named(case: Case) -> str:
    envelope, fact = case.envelope, case.fact
    return (
        tag_of("licence", envelope.licence)
        or tag_of("agreement", envelope.agreement)
        or tag_of("authorisation", envelope.authorisation)
        or (tag_of("licence", fact.licence) if isinstance(fact, BatchOpened) else "")
    )


def _parties(case: Case) -> tuple[set[str], set[str]]:
    """Sites and organisations that a licence may name: the site's own and its control site's."""
    site = case.state(SITE_STATUS, case.site)
    control = case.state(SITE_STATUS, site.control_site)
    return {case.site, site.control_site} - {""}, {site.organisation, control.organisation} - {""}


def flaw(case: Case, basis: str) -> str:
    """Says why a basis does not carry the fact; empty when it does."""
    return next(_flaws(case, basis), "")


def _flaws(case: Case, basis: str) -> Iterator[str]:
    activity, here = ACTIVITY[case.content.type], case.state(SITE_STATUS, case.site)
    if here.effective_to is not None and case.at >= civil_time.day_end(here.effective_to):
        yield f"the site was registered until {here.effective_to}"
    if kind_of(basis) != "licence" or not _named(case):
        yield from _unregistered(case, basis, activity)
    if kind_of(basis) == "licence":
        yield from _licence_flaws(case, basis, activity)


def _unregistered(case: Case, basis: str, activity: Activity) -> Iterator[str]:
    registered = (
        item.activity == activity and in_force(case.at, item.effective_from, item.effective_to)
        for item in case.state(SITE_STATUS, case.site).bases
        if item.basis == basis
    )
    if not any(registered):
        yield f"{basis} is not registered by the site for {activity.name.lower()}"


def _licence_flaws(case: Case, basis: str, activity: Activity) -> Iterator[str]:
    licence = case.state(LICENCE, basis)
    sites, holders = _parties(case)
    if not licence.granted or not in_force(case.at, licence.effective_from, licence.effective_to):
        yield f"{basis} is not in force"
    if activity not in licence.activities:
        yield f"{basis} does not permit {activity.name.lower()}"
    if not sites & set(licence.sites):
        yield f"{basis} does not name the site or its control site"
    if holders and licence.holder not in holders:
        yield f"{basis} is held by {licence.holder}"
    lines = {line.product for line in licence.lines}
    if activity is Activity.MANUFACTURE and lines and product(case) not in lines:
        yield f"{product(case) or 'the product'} is not on {basis}"


def _held(case: Case) -> Iterator[Broken]:
    """L1: no basis held by that organisation, for that activity, product and site, valid at the time."""
    flaws = [flaw(case, basis) for basis in candidates(case)]
    if flaws and "" in flaws:
        return
    activity = ACTIVITY[case.content.type].name.lower()
    found = "; ".join(flaws) or f"the site registered no basis for {activity}"
    yield Broken(tag=case.site, found=found, must=f"a licence or agreement for {activity} at this site, in force then")


L1 = Rule(
    id="L1",
    revision=1,
    text="No licence or agreement is held by that organisation for that activity, product and site, valid when the "
    "activity started. At least one basis; the one relied on is named or registered by the site.",
    source="HMR 2012 reg 17; Human Tissue (Quality and Safety) Regulations 2007",
    owner=Owner.NOBODY,
    override="none",
    types=tuple(ACTIVITY),
    reads=(SITE_STATUS, LICENCE, BATCH_RECORD, PRODUCT),
    judge=_held,
    timed=True,
)


def _mode(case: Case, site: SiteStatus) -> ManufacturingMode | None:
    """The decentralised mode of a fact, or None when it is made centrally."""
    stated = case.fact.mode if isinstance(case.fact, BatchOpened) else case.state(BATCH_RECORD, batch(case)).mode
    if site.control_site:
        return ManufacturingMode.MODULAR if site.kind == SiteKind.MODULAR else ManufacturingMode.POINT_OF_CARE
    here = isinstance(case.fact, BatchOpened)
    return stated if here and stated is not ManufacturingMode.CENTRAL else None


def _on_the_licence(case: Case) -> Iterator[Broken]:
    """L2: decentralised manufacture of a product that the licence does not have for that mode."""
    site = case.state(SITE_STATUS, case.site)
    if site.control_site and isinstance(case.fact, BatchOpened) and case.fact.mode is ManufacturingMode.CENTRAL:
        found = f"opened as made centrally, at a site under {site.control_site}"
        yield Broken(tag=case.site, found=found, must="the mode in which the site works: point of care or modular")
    mode = _mode(case, site)
    if mode is None:
        return
    wanted = product(case)
    for basis in candidates(case):
        lines = case.state(LICENCE, basis).lines
        if any(line.product == wanted and mode in line.modes for line in lines):
            return
    name = mode.name.lower().replace("_", " ")
    yield Broken(
        tag=wanted or case.site,
        found=f"no licence relied on has this product for {name}",
        must=f"product and {name} on the control site's licence",
    )


L2 = Rule(
    id="L2",
    revision=1,
    text="A point-of-care or modular product is made or assembled at a POC site or unit while product and mode are not "
    "on the control site's licence.",
    source="HMR 2012 regs 17A, 17B (SI 2025/87 reg 6)",
    owner=Owner.NOBODY,
    override="none",
    types=("BatchOpened", "CellsModified", "ManufactureCompleted"),
    reads=(SITE_STATUS, LICENCE, BATCH_RECORD, PRODUCT),
    judge=_on_the_licence,
)


def _in_the_master_file(case: Case) -> Iterator[Broken]:
    """L3: no master file in force that lists the site, or the site is suspended."""
    fact = case.fact
    record = case.state(BATCH_RECORD, batch(case))
    making = isinstance(fact, BatchOpened | CellsModified | ManufactureCompleted)
    masterfile = _masterfile(case)
    sites = {case.site} if making else {case.site, record.site} - {""}
    for tag in sorted(sites):
        site = case.state(SITE_STATUS, tag)
        if making and site.control_site:
            yield from _listed(case, tag, masterfile)
        yield from _suspended(case, tag, site, masterfile, making)


def _listed(case: Case, site: str, masterfile: str) -> Iterator[Broken]:
    version = case.state(MASTER_FILE, masterfile)
    if version.product == product(case) and site in version.sites:
        return
    found = "no master file of the product in force"
    if version.approved:
        of = version.version if version.product == product(case) else f"for {version.product}"
        found = f"not in {masterfile} {of}"
    yield Broken(tag=site, found=found, must="a POC site or unit listed in the product's version in force")


def _masterfile(case: Case) -> str:
    fact = case.fact
    named = tag_of("masterfile", fact.masterfile) if isinstance(fact, BatchOpened | PointOfCareReleased) else ""
    of_product = case.product(product(case)).masterfiles
    return named or case.state(BATCH_RECORD, batch(case)).masterfile or (of_product[-1] if of_product else "")


def _suspended(case: Case, tag: str, site: SiteStatus, masterfile: str, making: bool) -> Iterator[Broken]:  # noqa: FBT001
    opened = case.state(BATCH_RECORD, batch(case)).opened_at
    for suspension in site.suspensions:
        if suspension.at > case.at or suspension.masterfile not in ("", masterfile):
            continue
        everything = suspension.scope is SuspensionScope.ALSO_RELEASE_AND_USE
        new = isinstance(case.fact, BatchOpened)
        finishing = suspension.batches_in_process is BatchesInProcess.FINISH_UNDER_QA
        in_process = finishing and opened is not None and opened < suspension.at
        stops_making = new or (suspension.scope is not SuspensionScope.NEW_BATCHES and not in_process)
        if everything or (making and stops_making):
            yield Broken(
                tag=tag,
                found=f"suspended by the licensing authority (fact {suspension.position})",
                must="an active site; only an approved variation lifts it",
            )


L3 = Rule(
    id="L3",
    revision=1,
    text="A POC site or modular unit works while no master file of the product in force lists it, or while it is "
    "suspended in that scope; open batches are finished only where the suspension says so.",
    source="HMR 2012 regs 17A, 17B, 27A; CTR 2004 Sch 7 Pt 2 paras 2A, 2B, reg 45(5)-(6)",
    owner=Owner.NOBODY,
    override="none",
    types=("BatchOpened", "CellsModified", "ManufactureCompleted", "PointOfCareReleased", "AdministrationStarted"),
    reads=(SITE_STATUS, MATERIAL, BATCH_RECORD, CHAIN, PRODUCT, MASTER_FILE),
    judge=_in_the_master_file,
    timed=True,
)
