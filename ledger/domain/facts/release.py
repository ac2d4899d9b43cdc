"""Who says that it may be used."""

from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind
from ledger.domain.facts.shape import ANY, Code, Position
from ledger.domain.facts.values import BatchId, MasterFileId, MaterialId, ReleaseModel, SignatureMeaning


class PointOfCareReleased(Fact, frozen=True, kw_only=True):
    """A batch finished at a point of care was released there under the master file's release model."""

    about: ClassVar[About] = About(
        no=121, stage="release", inherits="mb", kind=Kind.DECISION, signs=(SignatureMeaning.APPROVED,)
    )

    batch: BatchId
    """Batch."""
    materials: Annotated[tuple[MaterialId, ...], ANY] = ()
    """Containers released; absent means the whole batch."""
    masterfile: MasterFileId
    """Master file."""
    release_model: ReleaseModel
    """Model followed."""
    critical_parameters_met: bool
    """All critical parameters are met."""
    oversight: Code | None = None
    """Reference of the QP's oversight."""
    evidence: Annotated[tuple[Position, ...], ANY] = ()
    """Facts on which the release rests."""
    outstanding_tests: Annotated[tuple[Code, ...], ANY] = ()
    """Two-step release: tests whose results come later."""
