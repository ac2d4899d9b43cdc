"""Rules L3, L4: is the place in the master file, active, and the version the right one?"""

from collections.abc import Iterator

from ledger.domain.facts.changes import ChangeControlApproved
from ledger.domain.facts.licensing import BatchesInProcess, SuspensionScope
from ledger.domain.facts.manufacture import BatchOpened
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.registry import SiteKind
from ledger.domain.facts.sites import SiteAssessmentOutcome, SiteOnboarded
from ledger.domain.rules import frame
from ledger.domain.rules.case import Case
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.products import MASTER_FILE, PRODUCT, Listed
from ledger.domain.subjects.sites import SITE_STATUS, Stop, StoppedBy

RELEASING = ("PointOfCareReleased", "QpCertified", "QualityControllerReleased")
"""Fact types that release a batch."""

USING = ("ProductDispensed", "AdministrationStarted")
"""Fact types that use what was released."""


def listed(case: Case) -> tuple[Listed, ...]:
    """How the version that a fact follows lists its place; a home by the category under its control site."""
    version, tag = frame.version(case), frame.place(case)
    if version is None or version.product != frame.therapy(case):
        return ()
    site = case.state(SITE_STATUS, tag)
    home = site.kind == SiteKind.HOME
    return tuple(
        item for item in version.listed if item.site == tag or (home and item.homes and item.site == site.control_site)
    )


def _in_the_master_file(case: Case) -> Iterator[Broken]:
    """L3: no master file in force that lists the site, or the site is stopped or has ended its work."""
    tag = frame.place(case)
    if isinstance(case.fact, SiteOnboarded):
        yield from _listed(case, tag)
        yield from _suitable(case, tag)
        return
    making = frame.making(case)
    if making and case.state(SITE_STATUS, tag).control_site:
        yield from _listed(case, tag)
        yield from _ceased(case, tag)
    made_at = case.state(BATCH_RECORD, frame.batch(case)).site
    for site in sorted({tag} if making else {tag, made_at} - {""}):
        yield from _stopped(case, site, making=making)


def _suitable(case: Case, site: str) -> Iterator[Broken]:
    """The place was assessed by the control site and the healthcare provider, before it is accepted: a note."""
    status = case.state(SITE_STATUS, site)
    if status.kind == SiteKind.HOME:  # accepted by the category and the process that the master file has for homes
        return
    last = status.suitability(frame.masterfile(case))
    must = "its suitability assessed together with the healthcare provider"
    if last is None:
        yield Broken(tag=site, found="no assessment of its suitability is on record", must=must, note=True)
    elif last.outcome is SiteAssessmentOutcome.NOT_SUITABLE:
        yield Broken(tag=site, found=f"assessed as not suitable (fact {last.position})", must=must, note=True)


def _listed(case: Case, site: str) -> Iterator[Broken]:
    masterfile, version = frame.masterfile(case), frame.version(case)
    must = "a POC site or unit listed in the product's version in force"
    entries = listed(case)
    if version is None:
        yield Broken(tag=site, found="no master file of the product in force", must=must)
    elif not entries:
        of = version.version if version.product == frame.therapy(case) else f"for {version.product}"
        yield Broken(tag=site, found=f"not in {masterfile} {of}", must=must)
    elif frame.making(case) and all(item.steps and case.content.type not in item.steps for item in entries):
        found = f"{masterfile} {version.version} lists it for other steps"
        yield Broken(tag=site, found=found, must="a step that the master file has for this place")


def _ceased(case: Case, site: str) -> Iterator[Broken]:
    """Listed is enough, unless it ended its work: then it is accepted again first."""
    masterfile = frame.masterfile(case)
    standing = case.state(SITE_STATUS, site).standing(masterfile)
    if standing is not None and standing.ceased:
        found = f"ended its work under {masterfile} (fact {standing.position})"
        yield Broken(tag=site, found=found, must="onboarded again by the control site first")


def _stopped(case: Case, tag: str, *, making: bool) -> Iterator[Broken]:
    masterfile, product = frame.masterfile(case), frame.product(case)
    for stop in case.state(SITE_STATUS, tag).stops:
        if stop.stands(case.at, masterfile, product) and _bites(case, stop, making=making):
            lifted = "only an approved variation lifts it" if stop.by is StoppedBy.AUTHORITY else "it is resumed first"
            yield Broken(tag=tag, found=f"{stop.by.value} (fact {stop.position})", must=f"an active site; {lifted}")


def _bites(case: Case, stop: Stop, *, making: bool) -> bool:
    """Whether a stop in force forbids this: unknown means all manufacture, not use of what was released before."""
    if stop.scope is SuspensionScope.ALSO_RELEASE_AND_USE:
        return True
    if not making or isinstance(case.fact, BatchOpened):
        return making
    opened = case.state(BATCH_RECORD, frame.batch(case)).opened_at
    finishing = stop.batches_in_process is BatchesInProcess.FINISH_UNDER_QA
    in_process = finishing and opened is not None and opened < stop.since
    return stop.scope is not SuspensionScope.NEW_BATCHES and not in_process


L3 = Rule(
    id="L3",
    revision=1,
    text="A POC site or modular unit works while no master file of the product in force lists it for that step, after "
    "it ended its work under it, or while it is paused or suspended in that scope; open batches are finished only "
    "where the stop says so. A batch follows the version in force when it was opened. A place that is onboarded while "
    "no assessment found it suitable is a note (our reading of the control site's duties).",
    source="HMR 2012 regs 17A, 17B, 27A; CTR 2004 Sch 7 Pt 2 paras 2A, 2B, reg 45(5)-(6)",
    owner=Owner.NOBODY,
    override="none",
    types=("SiteOnboarded", *sorted(frame.MAKING), *RELEASING, *USING),
    reads=(SITE_STATUS, MATERIAL, BATCH_RECORD, CHAIN, PRODUCT, MASTER_FILE),
    judge=_in_the_master_file,
    timed=True,
)


def _version(case: Case) -> Iterator[Broken]:
    """L4: the version cited is not the one that rules the batch; a change that leads to no new version of a file."""
    if isinstance(case.fact, ChangeControlApproved):
        yield from _changed(case, case.fact)
        return
    masterfile, version = frame.masterfile(case), frame.version(case)
    must = "the version in force when the batch was opened, or a newer one for batches in process"
    if version is None:
        return
    if isinstance(case.fact, BatchOpened):
        cited = case.fact.masterfile_version
        if cited is not None and cited != version.version:
            found = f"cites {masterfile} {cited}; {version.version} is in force"
            yield Broken(tag=masterfile, found=found, must=must)
        return
    opened_under = case.state(BATCH_RECORD, frame.batch(case)).masterfile_version
    first = case.state(MASTER_FILE, masterfile).at(frame.opened(case) or case.at)
    if opened_under and first is not None and opened_under not in (first.version, version.version):
        found = f"opened under {masterfile} {opened_under}; {first.version} was in force"
        yield Broken(tag=masterfile, found=found, must=must, note=True)
    cited, versions = case.envelope.procedure, case.state(MASTER_FILE, masterfile).versions
    if cited != version.version and any(cited == item.version for item in versions):
        found = f"follows {cited}; the batch is ruled by {masterfile} {version.version}"
        yield Broken(tag=masterfile, found=found, must=must, note=True)


def _changed(case: Case, fact: ChangeControlApproved) -> Iterator[Broken]:
    """A master file changes by a new version; of one that nobody knows nothing can be changed."""
    if fact.masterfile is None:
        return
    tag = tag_of("masterfile", fact.masterfile)
    versions = case.state(MASTER_FILE, tag).versions
    if not versions:
        yield Broken(tag=tag, found="no version of it is approved", must="a master file that is on record")
    for item in versions:
        if fact.version == item.version:
            found = f"leads to {item.version}, which was approved before (fact {item.approved})"
            yield Broken(tag=tag, found=found, must="a new version, approved after its change control", note=True)


L4 = Rule(
    id="L4",
    revision=1,
    text="The master file version cited is not the one that was effective when the batch was opened, unless the new "
    "version says that it applies to batches in process. What a later step or release shows of it is a note. A change "
    "control leads to a new version of a master file that is on record (our encoding).",
    source="HMR 2012 reg 37(6)(ab)-(ac)",
    owner=Owner.NOBODY,
    override="none",
    types=(*sorted(frame.MAKING), *RELEASING, "ChangeControlApproved"),
    reads=(MATERIAL, BATCH_RECORD, CHAIN, PRODUCT, MASTER_FILE),
    judge=_version,
    timed=True,
)
