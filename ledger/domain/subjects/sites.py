"""Subjects of places: what a site is, whether it may work, where a unit stands, which registers are kept for it."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.equipment import EquipmentKind, EquipmentRegistered
from ledger.domain.facts.licensing import BatchesInProcess, SiteSuspendedByLicensingAuthority, SuspensionScope
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.registry import Activity, Nation, SiteBasis, SiteRegistered
from ledger.domain.facts.sites import (
    SiteAssessed,
    SiteAssessmentOutcome,
    SiteAssessmentPurpose,
    SiteCeased,
    SiteOnboarded,
    SitePaused,
    SiteResumed,
    SiteSuspendedByHolder,
    UnitRelocated,
)
from ledger.domain.facts.staff import TrainingCompleted
from ledger.domain.subjects.subject import Entry, Subject
from ledger.domain.subjects.validity import between

MOST: Final = 64
"""Stops, approvals and endings of one site that are kept; older ones are long over."""


class StoppedBy(StrEnum):
    """Who stopped a site, in the words of a finding."""

    ANYBODY = "paused"
    HOLDER = "suspended by the licence holder"
    AUTHORITY = "suspended by the licensing authority"


class Basis(Struct, frozen=True, kw_only=True):
    """What a site relies on for one activity."""

    activity: Activity
    basis: str
    effective_from: str
    effective_to: str | None


class Stop(Struct, frozen=True, kw_only=True):
    """A pause or suspension of a site.

    Attributes:
        position: Of the fact that stopped it; what lifts it names this.
        by: Who did.
        masterfile: Limited to one master file; empty means all.
        product: Limited to one product; empty means all.
        scope: How far.
        batches_in_process: What becomes of open batches.
        since: From when.
        until: When it was lifted; None means that it stands.
        lifted_for: Master files for which it was lifted before that.
    """

    position: int
    by: StoppedBy
    masterfile: str = ""
    product: str = ""
    scope: SuspensionScope = SuspensionScope.ALL_MANUFACTURE
    batches_in_process: BatchesInProcess = BatchesInProcess.STOP
    since: datetime
    until: datetime | None = None
    lifted_for: tuple[str, ...] = ()

    def stands(self, moment: datetime, masterfile: str, product: str) -> bool:
        """Whether it concerns work under a master file, on a product, at a moment."""
        concerned = self.masterfile in ("", masterfile) and self.product in ("", product)
        return concerned and masterfile not in self.lifted_for and between(moment, self.since, self.until)


class Standing(Struct, frozen=True, kw_only=True):
    """Whether a site was accepted under a master file, or ended its work under it: what was said last.

    Attributes:
        masterfile: Under which.
        position: Of the fact.
        ceased: It ended; otherwise it was onboarded.
    """

    masterfile: str
    position: int
    ceased: bool


class Assessment(Struct, frozen=True, kw_only=True):
    """How a site was assessed: whether it is suitable, or in a review.

    Attributes:
        position: Of the fact.
        at: When.
        masterfile: For which master file; empty means all.
        purpose: Suitability, or a review.
        outcome: What it came to.
    """

    position: int
    at: datetime
    masterfile: str
    purpose: SiteAssessmentPurpose
    outcome: SiteAssessmentOutcome


class Spot(Struct, frozen=True, kw_only=True):
    """Where something stands, in decimal degrees."""

    latitude: Decimal
    longitude: Decimal


class SiteStatus(Struct, frozen=True, kw_only=True):
    """A site as it is registered, and whether it may work.

    Attributes:
        registered: Position of its newest registration.
        since: From when that counts.
        kind: Nature of the place.
        nation: Where.
        organisation: Who runs it.
        host: Whose premises, when not its own.
        control_site: The control site that supervises it, for a POC site or unit.
        homes: A home: chains of who lives there.
        bases: What it relies on.
        effective_to: Last day of its registration.
        stops: Pauses and suspensions, lifted ones too.
        standings: Under each master file, whether it was onboarded or ceased.
        assessments: Assessments of its suitability and reviews, oldest first.
        spot: Where it stands, as registered or after its last relocation.
        relocated: Position of its last relocation.
    """

    registered: int = 0
    since: datetime | None = None
    kind: str = ""
    nation: Nation | None = None
    organisation: str = ""
    host: str = ""
    control_site: str = ""
    homes: tuple[str, ...] = ()
    bases: tuple[Basis, ...] = ()
    effective_to: str | None = None
    stops: tuple[Stop, ...] = ()
    standings: tuple[Standing, ...] = ()
    assessments: tuple[Assessment, ...] = ()
    spot: Spot | None = None
    relocated: int = 0

    def standing(self, masterfile: str) -> Standing | None:
        """What was said last of its work under a master file."""
        return next((item for item in self.standings if item.masterfile == masterfile), None)

    def suitability(self, masterfile: str) -> Assessment | None:
        """The last assessment of whether it is suitable for work under a master file."""
        ours = (item for item in reversed(self.assessments) if item.masterfile in ("", masterfile))
        return next((item for item in ours if item.purpose is SiteAssessmentPurpose.SUITABILITY), None)


def spot(latitude: str | None, longitude: str | None) -> Spot | None:
    """A place from what a fact says; None when it says half of it or nothing."""
    if latitude is None or longitude is None:
        return None
    return Spot(latitude=Decimal(latitude), longitude=Decimal(longitude))


def _site(state: SiteStatus, entry: Entry) -> SiteStatus:
    fact = entry.content.fact
    if isinstance(fact, SiteRegistered) and tag_of("site", fact.site) == entry.tag:
        return _registered(state, entry, fact)
    if isinstance(fact, SiteResumed) and tag_of("site", fact.site) == entry.tag:
        masterfile = tag_of("masterfile", fact.masterfile)
        stops = (_lifted(stop, entry, masterfile) if stop.position == fact.stop else stop for stop in state.stops)
        return msgspec.structs.replace(state, stops=tuple(stops))
    if isinstance(fact, SiteOnboarded | SiteCeased) and tag_of("site", fact.site) == entry.tag:
        said = Standing(
            masterfile=tag_of("masterfile", fact.masterfile),
            position=entry.position,
            ceased=isinstance(fact, SiteCeased),
        )
        others = tuple(item for item in state.standings if item.masterfile != said.masterfile)
        return msgspec.structs.replace(state, standings=(*others, said)[-MOST:])
    if isinstance(fact, UnitRelocated | SiteAssessed) and tag_of("site", fact.site) == entry.tag:
        return _visited(state, entry, fact)
    stop = _stop(entry)
    return state if stop is None else msgspec.structs.replace(state, stops=(*state.stops, stop)[-MOST:])


def _visited(state: SiteStatus, entry: Entry, fact: UnitRelocated | SiteAssessed) -> SiteStatus:
    if isinstance(fact, UnitRelocated):
        here = spot(fact.latitude, fact.longitude)
        return msgspec.structs.replace(state, spot=here, relocated=entry.position)
    new = Assessment(
        position=entry.position,
        at=entry.at,
        masterfile=tag_of("masterfile", fact.masterfile),
        purpose=fact.purpose,
        outcome=fact.outcome,
    )
    return msgspec.structs.replace(state, assessments=(*state.assessments, new)[-MOST:])


def _registered(state: SiteStatus, entry: Entry, fact: SiteRegistered) -> SiteStatus:
    """A registration is the whole entry again; where a unit went since is kept, unless the entry gives its place."""
    return msgspec.structs.replace(
        state,
        registered=entry.position,
        since=entry.at,
        kind=fact.kind,
        nation=fact.nation,
        organisation=tag_of("organisation", fact.organisation),
        host=tag_of("organisation", fact.host),
        control_site=tag_of("site", fact.control_site),
        homes=tuple(tag_of("coi", item) for item in fact.home_of),
        bases=tuple(_basis(item) for item in fact.bases),
        effective_to=fact.effective_to,
        spot=spot(fact.latitude, fact.longitude) or state.spot,
    )


def _basis(item: SiteBasis) -> Basis:
    named = (
        tag_of("licence", item.licence)
        or tag_of("agreement", item.agreement)
        or tag_of("authorisation", item.authorisation)
    )
    return Basis(
        activity=item.activity, basis=named, effective_from=item.effective_from, effective_to=item.effective_to
    )


def _lifted(stop: Stop, entry: Entry, masterfile: str) -> Stop:
    if masterfile and masterfile != stop.masterfile:
        return msgspec.structs.replace(stop, lifted_for=(*stop.lifted_for, masterfile)[-MOST:])
    return msgspec.structs.replace(stop, until=entry.at)


def _stop(entry: Entry) -> Stop | None:
    fact = entry.content.fact
    if not isinstance(fact, SitePaused | SiteSuspendedByHolder | SiteSuspendedByLicensingAuthority):
        return None
    if tag_of("site", fact.site) != entry.tag:
        return None
    by, since = StoppedBy.HOLDER, entry.at
    if isinstance(fact, SitePaused):
        by = StoppedBy.ANYBODY
    if isinstance(fact, SiteSuspendedByLicensingAuthority):
        by, since = StoppedBy.AUTHORITY, fact.effective_from
    return Stop(
        position=entry.position,
        by=by,
        masterfile=tag_of("masterfile", fact.masterfile),
        product=tag_of("product", fact.product) if isinstance(fact, SitePaused) else "",
        scope=fact.scope or SuspensionScope.ALL_MANUFACTURE,
        batches_in_process=fact.batches_in_process or BatchesInProcess.STOP,
        since=since,
    )


def _site_links(state: SiteStatus) -> Iterable[str]:
    return filter(None, (state.organisation, state.host, state.control_site, *(item.basis for item in state.bases)))


SITE_STATUS = Subject(
    name="SiteStatus",
    kinds=("site",),
    types=frozenset(
        (
            "SiteRegistered",
            "SiteOnboarded",
            "SiteAssessed",
            "SitePaused",
            "SiteSuspendedByHolder",
            "SiteSuspendedByLicensingAuthority",
            "SiteResumed",
            "SiteCeased",
            "UnitRelocated",
        )
    ),
    empty=SiteStatus(),
    fold=_site,
    links=_site_links,
)


_TRAVELS: Final = (EquipmentKind.SHIPPER, EquipmentKind.LOGGER)


class SiteRegisters(Struct, frozen=True, kw_only=True):
    """Which registers are kept for a site in this ledger: only then does their silence mean anything.

    Attributes:
        training: Somebody's training there is on record.
        equipment: An instrument that stays there is on record; shippers and loggers travel.
    """

    training: bool = False
    equipment: bool = False


def _kept(state: SiteRegisters, entry: Entry) -> SiteRegisters:
    fact = entry.content.fact
    if isinstance(fact, TrainingCompleted) and tag_of("site", fact.site) == entry.tag:
        return msgspec.structs.replace(state, training=True)
    if isinstance(fact, EquipmentRegistered) and tag_of("site", fact.site) == entry.tag:
        return msgspec.structs.replace(state, equipment=state.equipment or fact.kind not in _TRAVELS)
    return state


SITE_REGISTERS = Subject(
    name="SiteRegisters",
    kinds=("site",),
    types=frozenset(("TrainingCompleted", "EquipmentRegistered")),
    empty=SiteRegisters(),
    fold=_kept,
)
