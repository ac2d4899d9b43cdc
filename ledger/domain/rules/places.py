"""Rule L5: does a unit stand where its master file says, and is a home that of the patient?"""

from collections.abc import Iterator
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.registry import SiteKind
from ledger.domain.facts.sites import UnitRelocated
from ledger.domain.finding import Weight
from ledger.domain.rules import frame
from ledger.domain.rules.case import Case
from ledger.domain.rules.masterfiles import listed
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.products import MASTER_FILE, PRODUCT, Listed
from ledger.domain.subjects.sites import SITE_STATUS, SiteStatus, Spot, spot

_METRES_PER_DEGREE: Final = Decimal(111_195)
"""Of latitude, on a sphere of the Earth's mean radius: 0.5 % off at most, which no tolerance in metres asks for."""

_RADIANS: Final = Decimal("0.017453292519943295")
_TERMS: Final = 12


def metres(one: Spot, other: Spot) -> int:
    """How far two places are apart, in whole metres; exact decimals, so that it is the same on every machine."""
    across = abs(one.longitude - other.longitude) % 360
    east = min(across, 360 - across) * _cosine((one.latitude + other.latitude) / 2)
    north = one.latitude - other.latitude
    return int((north * north + east * east).sqrt() * _METRES_PER_DEGREE)


def _cosine(degrees: Decimal) -> Decimal:
    """The cosine of a latitude; what lies beyond a pole counts as the pole."""
    angle = min(abs(degrees), Decimal(90)) * _RADIANS
    term, total = Decimal(1), Decimal(1)
    for number in range(1, _TERMS):
        term *= -angle * angle / ((2 * number - 1) * (2 * number))
        total += term
    return max(total, Decimal(0))


def _in_its_place(case: Case) -> Iterator[Broken]:
    """L5: outside the place of the master file, moved without a recorded relocation, or in another's home."""
    if isinstance(case.fact, UnitRelocated):
        yield from _moved(case, case.fact)
        return
    site = case.state(SITE_STATUS, case.site)
    if not frame.making(case) or not site.control_site:
        return
    if site.kind == SiteKind.HOME:
        yield from _at_home(case, site)
        return
    entries = [item for item in listed(case) if item.spot is not None]
    said = spot(case.envelope.place.latitude, case.envelope.place.longitude)
    if site.spot is not None and said is not None and metres(site.spot, said) > _tolerance(case, entries):
        found = f"{metres(site.spot, said)} m from where it was recorded to stand"
        yield Broken(tag=case.site, found=found, must="the relocation recorded first")
    if entries:
        yield from _against(case, case.site, said or site.spot, entries)


def _tolerance(case: Case, entries: list[Listed]) -> int:
    rulebook = case.whole("place-tolerance-metres")
    stated = [item.tolerance_metres for item in entries if item.tolerance_metres is not None]
    return max(stated, default=rulebook)


def _against(case: Case, site: str, here: Spot | None, entries: list[Listed]) -> Iterator[Broken]:
    must = "the place that the master file gives, within its tolerance"
    if here is None:
        yield Broken(tag=site, found="nobody recorded where it stands", must=must, note=True)
        return
    far = [(metres(item.spot, here), _tolerance(case, [item])) for item in entries if item.spot is not None]
    if all(distance > tolerance for distance, tolerance in far):
        distance, tolerance = min(far)
        yield Broken(tag=site, found=f"{distance} m from the nearest place, {tolerance} m allowed", must=must)


def _at_home(case: Case, site: SiteStatus) -> Iterator[Broken]:
    """The version lists the category of homes (L3); an approval names this one, and it is the patient's."""
    standing = site.standing(frame.masterfile(case))
    if standing is None:
        must = "this home approved by the control site (SiteOnboarded)"
        yield Broken(tag=case.site, found="no approval names this home", must=must)
    chain = frame.chain(case)
    if site.homes and chain and chain not in site.homes:
        yield Broken(tag=case.site, found=f"not a home of {chain}", must="the home of the patient of this chain")


def _moved(case: Case, fact: UnitRelocated) -> Iterator[Broken]:
    """A unit may stand anywhere on its way; what is said of the move is compared, and only noted."""
    tag = tag_of("site", fact.site)
    site, version = case.state(SITE_STATUS, tag), case.state(MASTER_FILE, tag_of("masterfile", fact.masterfile))
    before = spot(fact.previous_latitude, fact.previous_longitude)
    ruling = version.at(case.at)
    entries = [item for item in ruling.listed if item.site == tag and item.spot is not None] if ruling else []
    if site.spot is not None and before is not None and metres(site.spot, before) > _tolerance(case, entries):
        found = f"{metres(site.spot, before)} m from where it was recorded to stand"
        yield Broken(tag=tag, found=found, must="each relocation recorded")
    if not fact.requalified:
        yield Broken(tag=tag, found="not re-qualified at its new place", must="re-qualified before it works")
    if entries:
        yield from _against(case, tag, spot(fact.latitude, fact.longitude), entries)


L5 = Rule(
    id="L5",
    revision=1,
    text="A POC site or modular unit works outside the place, or the tolerance in metres, that the master file gives, "
    "or at a place that no relocation was recorded to. A home is named by the approval of the site, and is that of "
    "the patient; that the master file lists the category and its approval process is unverified.",
    source="HMR 2012 Sch 3 para 1A(2)(a)-(b)",
    owner=Owner.NOBODY,
    override="none; the relocation is recorded first",
    types=(*sorted(frame.MAKING), "UnitRelocated"),
    reads=(SITE_STATUS, MATERIAL, BATCH_RECORD, CHAIN, PRODUCT, MASTER_FILE),
    judge=_in_its_place,
    weights=MappingProxyType({"UnitRelocated": Weight.NOTE}),
)
