"""Changes under change control."""

from typing import ClassVar

from ledger.domain.facts.about import About, Fact, Kind
from ledger.domain.facts.shape import Code, Date, OneOf, Text
from ledger.domain.facts.values import EquipmentId, MasterFileId, ProductId, SignatureMeaning, SpecificationId


class ChangeControlApproved(Fact, frozen=True, kw_only=True):
    """A change to a product, master file, specification or piece of equipment was approved."""

    about: ClassVar[About] = About(no=146, stage="safety", kind=Kind.DECISION, signs=(SignatureMeaning.APPROVED,))
    one_of: ClassVar[tuple[OneOf, ...]] = (
        OneOf("subject", ("product", "masterfile", "specification", "equipment"), required=True),
    )

    product: ProductId | None = None
    """A product is changed."""
    masterfile: MasterFileId | None = None
    """A master file is changed."""
    specification: SpecificationId | None = None
    """A specification is changed."""
    equipment: EquipmentId | None = None
    """A piece of equipment is changed."""
    change: Text
    """What changes."""
    reference: Code
    """Number of the change control."""
    version: Code | None = None
    """Version that the change leads to: of the master file or specification."""
    regulator_reference: Code | None = None
    """Reference of the variation or notification, where the law asks for one."""
    effective_from: Date
    """First day."""
