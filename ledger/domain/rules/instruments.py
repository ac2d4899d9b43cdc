"""Rule L11: was the instrument fit for it, and its software the qualified version?"""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from ledger.domain import civil_time
from ledger.domain.facts import tagging
from ledger.domain.facts.about import Kind
from ledger.domain.facts.batches import DeviceRunImported
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.custody import ConsignmentDispatched
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.transport import ConsignmentPacked
from ledger.domain.finding import Weight
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules.case import Case, tags_of
from ledger.domain.rules.competence import PERFORMED
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.equipment import EQUIPMENT, Qualification
from ledger.domain.subjects.sites import SITE_REGISTERS

_ON_A_PATIENT: Final = ("enrolment", "procurement", "administration")
"""Stages whose happenings are on a person: a note there."""

_NOTED: Final = {
    name: Weight.NOTE
    for name in PERFORMED
    if TYPES[name].about.kind is Kind.HAPPENING and TYPES[name].about.stage in _ON_A_PATIENT
}


def unfit(case: Case, tag: str) -> Iterator[str]:
    """Says why an instrument, store or shipper is not to be used now; nothing where the register says nothing."""
    equipment = case.state(EQUIPMENT, tag)
    if equipment.effective_to is not None and case.at >= civil_time.day_end(equipment.effective_to):
        yield f"in service until {equipment.effective_to}"
    for item in equipment.qualifications:
        yield from _out_of(case, item)
    wanted = next((item for item in equipment.qualifications if item.software_version), None)
    version = _version(case, tag) or equipment.software_version
    if wanted is not None and version and version != wanted.software_version:
        yield f"software {version}; {wanted.software_version} is qualified"


def _out_of(case: Case, item: Qualification) -> Iterator[str]:
    what = item.what.name.lower().replace("_", " ")
    if item.failed:
        yield f"{item.failed} {what} (fact {item.position})"
    elif item.effective_to is not None and case.at >= civil_time.day_end(item.effective_to):
        yield f"{what} was due after {item.effective_to}"


def _version(case: Case, tag: str) -> str:
    fact = case.fact
    if isinstance(fact, DeviceRunImported) and tag_of("equipment", fact.equipment) == tag:
        return fact.software_version or ""
    return ""


def _used(case: Case) -> list[str]:
    """Instruments named; shippers of a journey are asked with it (C3)."""
    fact = case.fact
    apart = (
        set(tags_of("equipment", fact.shippers))
        if isinstance(fact, ConsignmentPacked | ConsignmentDispatched)
        else set()
    )
    return [tag for tag in tagging.own(case.content) if kind_of(tag) == "equipment" and tag not in apart]


def _fit(case: Case) -> Iterator[Broken]:
    """L11: out of qualification, failed, withdrawn, or other software than was qualified."""
    kept = case.state(SITE_REGISTERS, case.site).equipment
    for tag in _used(case):
        reasons = tuple(unfit(case, tag))
        must = "calibrated and qualified for it at that time, with its qualified software"
        if reasons:
            yield Broken(tag=tag, found="; ".join(reasons), must=must, overridable=True)
        elif kept and not case.state(EQUIPMENT, tag).qualifications:
            yield Broken(tag=tag, found="no qualification of it on record here", must=must, note=True)


L11 = Rule(
    id="L11",
    revision=1,
    text="Equipment is out of calibration or qualification, has failed it, or the software of a device is not the "
    "qualified version. A note with a task at happenings on a patient, and where the site keeps an equipment register "
    "that has no qualification of it.",
    source="EU GMP (unverified)",
    owner=Owner.QUALITY,
    override="deviation approved by QA",
    types=PERFORMED,
    reads=(EQUIPMENT, SITE_REGISTERS),
    judge=_fit,
    weights=MappingProxyType(_NOTED),
    timed=True,
)
