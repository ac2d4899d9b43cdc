"""Subjects of a product: its data, its designations, the master files under which it is made near its patient."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain import civil_time
from ledger.domain.facts.bases import AuthorisationGranted, DesignationEnded, DesignationGranted
from ledger.domain.facts.changes import ChangeControlApproved
from ledger.domain.facts.licensing import MasterFileSite, MasterFileVersionApproved
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.registry import ProductRegistered
from ledger.domain.facts.values import ManufacturingMode, ReleaseModel
from ledger.domain.subjects.sites import Spot, spot
from ledger.domain.subjects.subject import Entry, Subject

MOST: Final = 64
"""Versions of a master file, and papers of a product, that are kept."""


class Listed(Struct, frozen=True, kw_only=True):
    """One site of a version of a master file.

    Attributes:
        site: The site; for homes their control site.
        spot: Place of a unit.
        tolerance_metres: How far from the place it may stand; None means as the rulebook says.
        steps: Fact types that may be done there; none means all.
        homes: It stands for a category of homes.
    """

    site: str
    spot: Spot | None = None
    tolerance_metres: int | None = None
    steps: tuple[str, ...] = ()
    homes: bool = False


class Version(Struct, frozen=True, kw_only=True):
    """One version of a master file.

    Attributes:
        approved: Position of its approval.
        listed: Sites and units in it.
        in_process: It applies to batches in process too.
        since: First moment.
    """

    approved: int
    product: str
    licence: str
    designation: str
    version: str
    listed: tuple[Listed, ...]
    release_model: ReleaseModel
    in_process: bool
    since: datetime


class MasterFile(Struct, frozen=True, kw_only=True):
    """A master file: what its version in force says, and the versions before it."""

    approved: int = 0
    product: str = ""
    licence: str = ""
    version: str = ""
    sites: tuple[str, ...] = ()
    release_model: ReleaseModel | None = None
    versions: tuple[Version, ...] = ()

    def at(self, moment: datetime) -> Version | None:
        """The version in force at a moment; None before the first."""
        return next((item for item in reversed(self.versions) if item.since <= moment), None)

    def ruling(self, opened: datetime | None, moment: datetime) -> Version | None:
        """The version that a batch follows: the one in force when it was opened, or a newer one for batches in process.

        Args:
            opened: When the batch was opened; None means that it is opened now.
            moment: When it is asked.
        """
        first = self.at(moment if opened is None else min(opened, moment))
        if first is None or opened is None:
            return first
        newer = (item for item in reversed(self.versions) if opened < item.since <= moment and item.in_process)
        return next(newer, first)


def _masterfile(state: MasterFile, entry: Entry) -> MasterFile:
    fact = entry.content.fact
    if not isinstance(fact, MasterFileVersionApproved) or tag_of("masterfile", fact.masterfile) != entry.tag:
        return state
    version = Version(
        approved=entry.position,
        product=tag_of("product", fact.product),
        licence=tag_of("licence", fact.licence),
        designation=tag_of("designation", fact.designation),
        version=fact.version,
        listed=tuple(_listed(item) for item in fact.sites),
        release_model=fact.release_model,
        in_process=fact.applies_to_batches_in_process,
        since=civil_time.day_start(fact.effective_from),
    )
    return MasterFile(
        approved=entry.position,
        product=version.product,
        licence=version.licence,
        version=version.version,
        sites=tuple(item.site for item in version.listed),
        release_model=version.release_model,
        versions=(*state.versions, version)[-MOST:],
    )


def _listed(item: MasterFileSite) -> Listed:
    return Listed(
        site=tag_of("site", item.site),
        spot=spot(item.latitude, item.longitude),
        tolerance_metres=item.tolerance_metres,
        steps=item.steps,
        homes=item.category is not None,
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
    """A product's data, which decide the rules that apply, and the papers that name it.

    Attributes:
        masterfiles: Its master files, newest last.
        designations: Its designations, ended ones too.
        authorisations: Authorisations granted for it.
        changes: Positions of change controls of it, the newest 64.
    """

    registered: int = 0
    data: ProductRegistered | None = None
    masterfiles: tuple[str, ...] = ()
    designations: tuple[str, ...] = ()
    authorisations: tuple[str, ...] = ()
    changes: tuple[int, ...] = ()


_Named = ProductRegistered | MasterFileVersionApproved | DesignationGranted | AuthorisationGranted


def _product(state: Product, entry: Entry) -> Product:
    fact = entry.content.fact
    if isinstance(fact, ChangeControlApproved) and tag_of("product", fact.product) == entry.tag:
        return msgspec.structs.replace(state, changes=(*state.changes, entry.position)[-MOST:])
    if not isinstance(fact, _Named) or tag_of("product", fact.product) != entry.tag:
        return state
    if isinstance(fact, ProductRegistered):
        return msgspec.structs.replace(state, registered=entry.position, data=fact)
    if isinstance(fact, MasterFileVersionApproved):
        return msgspec.structs.replace(
            state, masterfiles=_with(state.masterfiles, tag_of("masterfile", fact.masterfile))
        )
    if isinstance(fact, DesignationGranted):
        granted = tag_of("designation", fact.designation)
        return msgspec.structs.replace(state, designations=_with(state.designations, granted))
    authorisation = tag_of("authorisation", fact.authorisation)
    return msgspec.structs.replace(state, authorisations=_with(state.authorisations, authorisation))


def _with(known: tuple[str, ...], new: str) -> tuple[str, ...]:
    return (*(item for item in known if item != new), new)[-MOST:]


def _product_links(state: Product) -> Iterable[str]:
    return (*state.masterfiles, *state.designations, *state.authorisations)


PRODUCT = Subject(
    name="Product",
    kinds=("product",),
    types=frozenset(
        (
            "ProductRegistered",
            "MasterFileVersionApproved",
            "DesignationGranted",
            "AuthorisationGranted",
            "ChangeControlApproved",
        )
    ),
    empty=Product(),
    fold=_product,
    links=_product_links,
)


class Designation(Struct, frozen=True, kw_only=True):
    """A designation of a product for manufacture at the point of care or in modular units.

    Attributes:
        granted: Position of the grant.
        product: Which product.
        mode: Which mode.
        since: First moment.
        until: First moment without it; None means that it lives.
    """

    granted: int = 0
    product: str = ""
    mode: ManufacturingMode | None = None
    since: datetime | None = None
    until: datetime | None = None


def _designation(state: Designation, entry: Entry) -> Designation:
    fact = entry.content.fact
    if isinstance(fact, DesignationGranted) and tag_of("designation", fact.designation) == entry.tag:
        product = tag_of("product", fact.product)
        return Designation(granted=entry.position, product=product, mode=fact.mode, since=entry.at)
    if isinstance(fact, DesignationEnded) and tag_of("designation", fact.designation) == entry.tag:
        return msgspec.structs.replace(state, until=entry.at)
    return state


DESIGNATION = Subject(
    name="Designation",
    kinds=("designation",),
    types=frozenset(("DesignationGranted", "DesignationEnded")),
    empty=Designation(),
    fold=_designation,
)
