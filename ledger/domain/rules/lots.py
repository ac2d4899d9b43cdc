"""Rule Q7: may the lots that touched it be used?"""

from collections.abc import Iterator

from ledger.domain import civil_time
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.values import LotUsed
from ledger.domain.finding import Weight
from ledger.domain.rules.case import Case
from ledger.domain.rules.frame import batch, product
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.cases import CASE
from ledger.domain.subjects.lots import LOT, Lot, LotRelease
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.recalls import MOST_RECALLS, RECALLS
from ledger.domain.subjects.settlement import PATIENT_LINKS


def open_recall(case: Case, tag: str) -> str:
    """Names the recall that is open on a thing itself, for a person; empty when none is."""
    recalls = case.state(RECALLS, tag)
    for position, of in recalls.opened:
        if not case.state(CASE, of).closed:
            return f"recall {of} (fact {position})"
    return f"a recall beyond the {MOST_RECALLS} that are kept (fact {recalls.beyond})" if recalls.beyond else ""


def _usable(case: Case) -> Iterator[Broken]:
    """Q7: a lot that is not known, or not to be used."""
    work = case.fact.work()
    for used in work.lots if work is not None else ():
        tag = tag_of("lot", used.lot)
        lot = case.state(LOT, tag)
        for found in _flaws(case, tag, lot, used):
            yield Broken(tag=tag, found=found, must="a lot released for this use, in date", overridable=True)
        if lot.registered and not any(_fits(case, release) for release in lot.releases):
            yield _unreleased(case, tag, lot)
        if not lot.registered:
            found = "the ledger has no register entry of this lot"
            yield Broken(tag=tag, found=found, must="registered and released before it is used", note=True)


def _flaws(case: Case, tag: str, lot: Lot, used: LotUsed) -> Iterator[str]:
    for expiry in sorted({day for day in (used.expiry, lot.expiry) if day}):
        if case.at >= civil_time.day_end(expiry):
            yield f"expired after {expiry}"
    if lot.rejected:
        yield f"rejected (fact {lot.rejected})"
    patient = case.state(CHAIN, case.state(BATCH_RECORD, batch(case)).coi).patient
    held = [item.position for item in lot.quarantines if not case.patients(patient) & set(item.lifted_for)]
    if held:
        yield f"in quarantine (fact {held[-1]})"
    recall = open_recall(case, tag)
    if recall:
        yield f"{recall} is open"


def _unreleased(case: Case, tag: str, lot: Lot) -> Broken:
    """A release that came in after the use counts from its recording; who owns the risk may know that it is older."""
    for release in case.known(LOT, tag).releases:
        if release.claimed <= case.at and _fits(case, release):
            found = f"released by fact {release.position}, recorded later; it says {release.claimed:%Y-%m-%dT%H:%MZ}"
            must = "released on record first, or taken on by QA or the QP (OVERRIDE of Q7)"
            return Broken(tag=tag, found=found, must=must, overridable=True)
    found = "not released for this product and site" if lot.releases else "not released"
    return Broken(tag=tag, found=found, must="a lot released for this use, in date", overridable=True)


def _fits(case: Case, release: LotRelease) -> bool:
    """Whether a release is for this site and product, and not over."""
    return (
        release.site in ("", case.site)
        and (not release.products or product(case) in release.products)
        and (release.until is None or case.at < civil_time.day_end(release.until))
    )


Q7 = Rule(
    id="Q7",
    revision=1,
    text="A raw material, ancillary material or vector lot is consumed that is expired, rejected, in quarantine, "
    "recalled or not released; one that is missing from the register is a note. A month means its last day.",
    source="HMR 2012 Sch 6 para 16; release status under EU GMP (unverified)",
    owner=Owner.QUALITY,
    override="deviation approved by QA or the QP before use",
    types=(
        "MaterialCryopreserved",
        "ContentsTransferred",
        "MaterialsConsumed",
        "ProcessStepPerformed",
        "CellsModified",
        "CellsExpanded",
        "ContainersFilled",
        "ManufactureCompleted",
    ),
    reads=(LOT, RECALLS, CASE, MATERIAL, BATCH_RECORD, CHAIN, PATIENT_LINKS),
    judge=_usable,
    weights={"ContentsTransferred": Weight.NOTE},
    timed=True,
)
