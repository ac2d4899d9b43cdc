"""Subjects of starting material until it is used: released, sent, accepted, stored until when, waiting how long."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.about import Fact, Work
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.collection import (
    AcceptanceDisposition,
    CollectionAbandoned,
    MaterialAccepted,
    MaterialReleasedForCirculation,
    ProcurementPerformed,
)
from ledger.domain.facts.custody import ConsignmentDispatched
from ledger.domain.facts.equipment import ZoneRegistered
from ledger.domain.facts.licensing import HoldLimit, MasterFileVersionApproved
from ledger.domain.facts.lots import SpecificationApproved
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.processing import SampleTaken
from ledger.domain.facts.procurement import ApheresisPerformed
from ledger.domain.facts.storage import MaterialStored
from ledger.domain.facts.terms import SegregationClass
from ledger.domain.subjects.subject import Entry, Subject

_MOST: Final = 16
"""Releases and acceptances that a container keeps."""

_WORKS: Final = frozenset(name for name, struct in TYPES.items() if struct.work is not Fact.work)


class Acceptance(Struct, frozen=True, kw_only=True):
    """One acceptance of a container by who received it."""

    position: int
    site: str
    disposition: AcceptanceDisposition


class Release(Struct, frozen=True, kw_only=True):
    """One release of a container for circulation, or for a transfer in quarantine only."""

    position: int
    donation: str
    quarantine: bool


class MaterialStatus(Struct, frozen=True, kw_only=True):
    """Whether a container may go and be used, before it is part of a medicine.

    Attributes:
        donation: Donation, for what was collected.
        batch: Batch that made it.
        parents: Containers that it was divided, frozen or filled over from.
        made_by: Type of the fact that filled it last.
        made_at: When that ended.
        sample: It is a sample, for tests or to be kept.
        releases: Releases for circulation, newest last.
        sent_at_risk: Fact that sent it in quarantine, 0 for none.
        acceptances: Acceptances, newest last.
        zone: Storage position where it was put last.
        segregation: What that storing said of it.
        until: End of the storage time; None for no limit.
    """

    donation: str = ""
    batch: str = ""
    parents: tuple[str, ...] = ()
    made_by: str = ""
    made_at: datetime | None = None
    sample: bool = False
    releases: tuple[Release, ...] = ()
    sent_at_risk: int = 0
    acceptances: tuple[Acceptance, ...] = ()
    zone: str = ""
    segregation: SegregationClass | None = None
    until: datetime | None = None


def _status(state: MaterialStatus, entry: Entry) -> MaterialStatus:
    fact = entry.content.fact
    if isinstance(fact, MaterialReleasedForCirculation):
        release = Release(
            position=entry.position,
            donation=tag_of("donation", fact.donation),
            quarantine=bool(fact.quarantine_transfer),
        )
        return msgspec.structs.replace(state, releases=(*state.releases, release)[-_MOST:])
    if isinstance(fact, MaterialAccepted):
        site = tag_of("site", entry.content.envelope.place.site)
        acceptance = Acceptance(position=entry.position, site=site, disposition=fact.disposition)
        return msgspec.structs.replace(state, acceptances=(*state.acceptances, acceptance)[-_MOST:])
    if isinstance(fact, ConsignmentDispatched):
        return msgspec.structs.replace(state, sent_at_risk=entry.position) if fact.quarantine_transfer else state
    if isinstance(fact, MaterialStored):
        zone = tag_of("zone", fact.zone)
        until = fact.until or state.until
        return msgspec.structs.replace(state, zone=zone, segregation=fact.segregation, until=until)
    work = fact.work()
    return state if work is None else _worked(state, entry, work)


def _worked(state: MaterialStatus, entry: Entry, work: Work) -> MaterialStatus:
    if all(tag_of("material", out.material) != entry.tag for out in work.outputs):
        return state
    fact = entry.content.fact
    donation = state.donation
    if isinstance(fact, ApheresisPerformed | ProcurementPerformed | CollectionAbandoned):
        donation = tag_of("donation", fact.donation)
    sources = dict.fromkeys((*state.parents, *(tag_of("material", item.material) for item in work.inputs)))
    return msgspec.structs.replace(
        state,
        donation=donation,
        batch=tag_of("batch", work.batch) or state.batch,
        parents=tuple(tag for tag in sources if tag != entry.tag)[:_MOST],
        made_by=entry.content.type,
        made_at=work.ended_at or entry.at,
        sample=isinstance(fact, SampleTaken),
    )


def _status_links(state: MaterialStatus) -> Iterable[str]:
    """Of what was only divided, frozen or filled over, the containers that it came from."""
    beyond = () if state.batch or state.donation else state.parents
    return filter(None, (state.donation, state.zone, *(item.site for item in state.acceptances), *beyond))


MATERIAL_STATUS = Subject(
    name="MaterialStatus",
    kinds=("material",),
    types=_WORKS | {"MaterialReleasedForCirculation", "MaterialAccepted", "ConsignmentDispatched", "MaterialStored"},
    empty=MaterialStatus(),
    fold=_status,
    links=_status_links,
)


class Waiting(Struct, frozen=True, kw_only=True):
    """How long cells of a product may wait, as its master files and specifications in force say.

    Attributes:
        limits: (the master file or specification, what waits, at most so many seconds).
    """

    limits: tuple[tuple[str, str, int], ...] = ()

    def seconds(self, what: str) -> int | None:
        """The shortest limit of something; None for none."""
        return min((limit for _, kind, limit in self.limits if kind == what), default=None)


def _waiting(state: Waiting, entry: Entry) -> Waiting:
    fact = entry.content.fact
    if isinstance(fact, MasterFileVersionApproved):
        return _replaced(state, tag_of("masterfile", fact.masterfile), fact.hold_limits)
    if isinstance(fact, SpecificationApproved):
        return _replaced(state, tag_of("specification", fact.specification), fact.hold_limits)
    return state


def _replaced(state: Waiting, source: str, limits: tuple[HoldLimit, ...]) -> Waiting:
    others = tuple(item for item in state.limits if item[0] != source)
    return Waiting(limits=(*others, *((source, item.what, item.limit_seconds) for item in limits)))


WAITING = Subject(
    name="Waiting",
    kinds=("product",),
    types=frozenset(("MasterFileVersionApproved", "SpecificationApproved")),
    empty=Waiting(),
    fold=_waiting,
)


class StorageClass(Struct, frozen=True, kw_only=True):
    """What may lie in a storage position, as it was registered."""

    registered: int = 0
    segregation: SegregationClass | None = None


def _storage_class(state: StorageClass, entry: Entry) -> StorageClass:
    fact = entry.content.fact
    if isinstance(fact, ZoneRegistered) and tag_of("zone", fact.zone) == entry.tag:
        return StorageClass(registered=entry.position, segregation=fact.segregation)
    return state


STORAGE_CLASS = Subject(
    name="StorageClass",
    kinds=("zone",),
    types=frozenset(("ZoneRegistered",)),
    empty=StorageClass(),
    fold=_storage_class,
)
