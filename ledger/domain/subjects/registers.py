"""Subjects of the registers: sites, licences, master files, products, organisations, the rulebook."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import Struct

from ledger.domain import civil_time
from ledger.domain.facts.licensing import (
    BatchesInProcess,
    LicenceGranted,
    LicenceKind,
    MasterFileVersionApproved,
    SiteSuspendedByLicensingAuthority,
    SuspensionScope,
)
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.registry import Activity, Nation, OrganisationRegistered, ProductRegistered, SiteRegistered
from ledger.domain.facts.values import ManufacturingMode, ReleaseModel
from ledger.domain.subjects.subject import Entry, Subject


def in_force(moment: datetime, effective_from: str, effective_to: str | None) -> bool:
    """Whether a moment lies between two UK civil days, both included."""
    if moment < civil_time.day_start(effective_from):
        return False
    return effective_to is None or moment < civil_time.day_end(effective_to)


class Basis(Struct, frozen=True, kw_only=True):
    """What a site relies on for one activity."""

    activity: Activity
    basis: str
    effective_from: str
    effective_to: str | None


class Suspension(Struct, frozen=True, kw_only=True):
    """A suspension of a site by the licensing authority."""

    position: int
    masterfile: str
    scope: SuspensionScope
    batches_in_process: BatchesInProcess
    at: datetime


class SiteStatus(Struct, frozen=True, kw_only=True):
    """A site as it is registered, and whether it may work."""

    registered: int = 0
    kind: str = ""
    nation: Nation | None = None
    organisation: str = ""
    control_site: str = ""
    bases: tuple[Basis, ...] = ()
    effective_to: str | None = None
    suspensions: tuple[Suspension, ...] = ()


def _site(state: SiteStatus, entry: Entry) -> SiteStatus:
    fact = entry.content.fact
    if isinstance(fact, SiteRegistered) and tag_of("site", fact.site) == entry.tag:
        bases = tuple(
            Basis(
                activity=item.activity,
                basis=tag_of("licence", item.licence)
                or tag_of("agreement", item.agreement)
                or tag_of("authorisation", item.authorisation),
                effective_from=item.effective_from,
                effective_to=item.effective_to,
            )
            for item in fact.bases
        )
        return msgspec.structs.replace(
            state,
            registered=entry.position,
            kind=fact.kind,
            nation=fact.nation,
            organisation=tag_of("organisation", fact.organisation),
            control_site=tag_of("site", fact.control_site),
            bases=bases,
            effective_to=fact.effective_to,
        )
    if isinstance(fact, SiteSuspendedByLicensingAuthority) and tag_of("site", fact.site) == entry.tag:
        suspension = Suspension(
            position=entry.position,
            masterfile=tag_of("masterfile", fact.masterfile),
            scope=fact.scope or SuspensionScope.ALL_MANUFACTURE,
            batches_in_process=fact.batches_in_process or BatchesInProcess.STOP,
            at=fact.effective_from,
        )
        return msgspec.structs.replace(state, suspensions=(*state.suspensions, suspension))
    return state


def _site_links(state: SiteStatus) -> Iterable[str]:
    return filter(None, (state.control_site, *(item.basis for item in state.bases)))


SITE_STATUS = Subject(
    name="SiteStatus",
    kinds=("site",),
    types=frozenset(("SiteRegistered", "SiteSuspendedByLicensingAuthority")),
    empty=SiteStatus(),
    fold=_site,
    links=_site_links,
)


class Line(Struct, frozen=True, kw_only=True):
    """A product on a licence, with the modes in which it may be made."""

    product: str
    modes: tuple[ManufacturingMode, ...]


class Licence(Struct, frozen=True, kw_only=True):
    """A licence as last granted or varied."""

    granted: int = 0
    kind: LicenceKind | None = None
    holder: str = ""
    sites: tuple[str, ...] = ()
    activities: tuple[Activity, ...] = ()
    modes: tuple[ManufacturingMode, ...] = ()
    lines: tuple[Line, ...] = ()
    effective_from: str = ""
    effective_to: str | None = None


def _licence(state: Licence, entry: Entry) -> Licence:
    fact = entry.content.fact
    if not isinstance(fact, LicenceGranted) or tag_of("licence", fact.licence) != entry.tag:
        return state
    return Licence(
        granted=entry.position,
        kind=fact.kind,
        holder=tag_of("organisation", fact.organisation),
        sites=tuple(tag_of("site", item) for item in fact.sites),
        activities=fact.activities,
        modes=fact.modes,
        lines=tuple(
            Line(product=tag_of("product", item.product), modes=item.modes or fact.modes) for item in fact.product_lines
        ),
        effective_from=fact.effective_from,
        effective_to=fact.effective_to,
    )


LICENCE = Subject(
    name="Licence",
    kinds=("licence",),
    types=frozenset(("LicenceGranted",)),
    empty=Licence(),
    fold=_licence,
)


class MasterFile(Struct, frozen=True, kw_only=True):
    """The version of a master file in force."""

    approved: int = 0
    product: str = ""
    licence: str = ""
    version: str = ""
    sites: tuple[str, ...] = ()
    release_model: ReleaseModel | None = None


def _masterfile(state: MasterFile, entry: Entry) -> MasterFile:
    fact = entry.content.fact
    if not isinstance(fact, MasterFileVersionApproved):
        return state
    return MasterFile(
        approved=entry.position,
        product=tag_of("product", fact.product),
        licence=tag_of("licence", fact.licence),
        version=fact.version,
        sites=tuple(tag_of("site", item.site) for item in fact.sites),
        release_model=fact.release_model,
    )


def _masterfile_links(state: MasterFile) -> Iterable[str]:
    return filter(None, (state.licence,))


MASTER_FILE = Subject(
    name="MasterFile",
    kinds=("masterfile",),
    types=frozenset(("MasterFileVersionApproved",)),
    empty=MasterFile(),
    fold=_masterfile,
    links=_masterfile_links,
)


class Product(Struct, frozen=True, kw_only=True):
    """A product's data, which decide the rules that apply, and its master files."""

    registered: int = 0
    data: ProductRegistered | None = None
    masterfiles: tuple[str, ...] = ()


def _product(state: Product, entry: Entry) -> Product:
    fact = entry.content.fact
    if isinstance(fact, ProductRegistered):
        return msgspec.structs.replace(state, registered=entry.position, data=fact)
    if isinstance(fact, MasterFileVersionApproved):
        masterfile = tag_of("masterfile", fact.masterfile)
        known = (*(item for item in state.masterfiles if item != masterfile), masterfile)
        return msgspec.structs.replace(state, masterfiles=known)
    return state


def _product_links(state: Product) -> Iterable[str]:
    return state.masterfiles


PRODUCT = Subject(
    name="Product",
    kinds=("product",),
    types=frozenset(("ProductRegistered", "MasterFileVersionApproved")),
    empty=Product(),
    fold=_product,
    links=_product_links,
)


class Organisation(Struct, frozen=True, kw_only=True):
    """An organisation as registered."""

    registered: int = 0
    roles: tuple[str, ...] = ()


def _organisation(state: Organisation, entry: Entry) -> Organisation:
    fact = entry.content.fact
    if isinstance(fact, OrganisationRegistered) and tag_of("organisation", fact.organisation) == entry.tag:
        return Organisation(registered=entry.position, roles=fact.roles)
    return state


ORGANISATION = Subject(
    name="Organisation",
    kinds=("organisation",),
    types=frozenset(("OrganisationRegistered",)),
    empty=Organisation(),
    fold=_organisation,
)
